"""One pair as the overseer sees it: how its market differs from what is usual."""

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from trading_agent.domain.snapshot import SymbolView
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.interfaces.oversight.settings import DetectorSettings
from trading_agent.interfaces.oversight.usual import Usual

_MINUTES_KEPT: Final = 61
_DECAY: Final = 0.97
"""Weight of the past in the usual move of a minute, a half-life of 23 minutes."""
_MINUTES_LEARNT: Final = 20
_MOST_SIGMAS: Final = 4.0


class PairWatch:
    """Fed with views, the latest of which it keeps."""

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        usual = settings.learn_minutes, settings.window_minutes
        self._volatility, self._spread, self._depth = Usual(*usual), Usual(*usual), Usual(*usual)
        self._minutes: deque[float] = deque(maxlen=_MINUTES_KEPT)
        self._recent: deque[tuple[Nanos, float]] = deque()
        self._minute = 0
        self._variance = 0.0
        self._moves = 0
        self._ready_at = Nanos(0)
        self.view: SymbolView | None = None
        self.volatility_rank: float | None = None
        self.spread_rank: float | None = None
        self.depth_rank: float | None = None
        self.minute_move: float | None = None
        """Of the last sixty seconds, a log return."""
        self.extreme: bool | None = None
        """Whether what was usual before does not explain it."""

    def see(self, at: Nanos, view: SymbolView) -> None:
        self.view = view
        if not view.book_ready or view.bid is None or view.ask is None:
            return
        self._ready_at = at
        self.volatility_rank = _ranked(self._volatility, at, view.volatility_bps)
        self.spread_rank = _ranked(self._spread, at, view.spread_bps)
        depth = _depth(view)
        if depth is not None:
            self.depth_rank = _ranked(self._depth, at, depth)
        self._move(at, float(view.bid + view.ask) / 2)

    @property
    def sigma(self) -> float | None:
        """The usual move of a minute; None while too few were seen."""
        return math.sqrt(self._variance) if self._moves >= _MINUTES_LEARNT else None

    def gap_seconds(self, at: Nanos) -> float:
        """How long its book has been away; 0 before it was ever there."""
        return (at - self._ready_at) / SECOND if self._ready_at else 0.0

    def _is_extreme(self) -> bool | None:
        move = self.minute_move
        if move is None:
            return None
        if abs(move) * 100 > self._settings.swan_percent:
            return True
        sigma = self.sigma
        return None if sigma is None else abs(move) > self._settings.swan_sigmas * sigma > 0.0

    def moved(self, minutes: int) -> float | None:
        """Percent over whole minutes."""
        if len(self._minutes) <= minutes:
            return None
        return 100.0 * (self._minutes[-1] / self._minutes[-1 - minutes] - 1.0)

    def path(self, minutes: int, points: int) -> Sequence[float]:
        """Percent moved in each of the last steps, oldest first."""
        closes = list(self._minutes)[::-1][:: max(minutes, 1)][: points + 1][::-1]
        return [100.0 * (after / before - 1.0) for before, after in pairwise(closes)]

    def _move(self, at: Nanos, mid: float) -> None:
        recent = self._recent
        recent.append((at, mid))
        while recent[0][0] <= at - MINUTE:
            _, then = recent.popleft()
            self.minute_move = math.log(mid / then)
        self.extreme = self._is_extreme()
        minute = at // MINUTE
        if minute == self._minute:
            return
        if self._minutes and minute == self._minute + 1:
            self._learn(math.log(mid / self._minutes[-1]))
        self._minute = minute
        self._minutes.append(mid)

    def _learn(self, move: float) -> None:
        """An extreme move is not what the next one is compared with."""
        sigma = self.sigma
        if sigma:
            move = max(-_MOST_SIGMAS * sigma, min(_MOST_SIGMAS * sigma, move))
        weight = max(1.0 - _DECAY, 1.0 / (self._moves + 1))
        self._variance += weight * (move * move - self._variance)
        self._moves += 1


def _ranked(usual: Usual, at: Nanos, number: float) -> float | None:
    rank = usual.rank(number)
    usual.see(at, number)
    return rank


def _depth(view: SymbolView) -> float | None:
    """What stands near the price, the thinner side; None where nobody looks."""
    liquidity = view.evidence.liquidity if view.evidence else None
    if liquidity is None or not liquidity.depths:
        return None
    return min(liquidity.depths[0].bids, liquidity.depths[0].asks)
