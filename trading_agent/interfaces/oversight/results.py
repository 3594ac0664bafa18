"""How trading has gone of late: trades that were closed, what the desk was worth, what orders
cost against what the book promised."""

import math
from collections import deque
from decimal import Decimal
from typing import Final

from trading_agent.domain.facts import EquityMarked, PositionClosed
from trading_agent.domain.snapshot import DeskSnapshot, ShortfallView
from trading_agent.domain.units import BASIS_POINTS
from trading_agent.interfaces.oversight.settings import DetectorSettings

_KEPT: Final = 500
_UNLIKELY: Final = 0.05


class Results:
    """Of this run; the equity's highs are those of the journal."""

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        self._won: deque[bool] = deque(maxlen=_KEPT)
        self._profits: deque[float] = deque(maxlen=_KEPT)
        self.closed = 0
        self.streak = 0
        """Losing trades in a row."""
        self._marked: EquityMarked | None = None
        self._base: ShortfallView | None = None
        self._promised: deque[float] = deque(maxlen=_KEPT)
        self.slippage: float | None = None
        """What orders cost, as a multiple of what the book promised."""

    def hear(self, fact: PositionClosed | EquityMarked) -> None:
        if isinstance(fact, EquityMarked):
            self._marked = fact
            return
        won = fact.profit > 0
        self.closed += 1
        self.streak = 0 if won else self.streak + 1
        self._won.append(won)
        self._profits.append(float(fact.profit))

    def see(self, desk: DeskSnapshot) -> None:
        """What the book promises now, and what the orders of this run have cost."""
        for view in desk.symbols:
            if view.book_ready and view.spread_bps > 0.0:
                self._promised.append(view.spread_bps / 2)
        whole = desk.shortfall
        base = self._base = self._base or whole
        traded = float(whole.notional - base.notional)
        paid = float(whole.spread + whole.impact - base.spread - base.impact)
        enough = whole.orders - base.orders >= self._settings.least_trades
        if traded > 0.0 and self._promised and enough:
            promised = sum(self._promised) / len(self._promised)
            self.slippage = paid / traded * BASIS_POINTS / promised if promised else None

    @property
    def trades(self) -> int:
        return len(self._won)

    @property
    def hit_rate(self) -> float | None:
        return sum(self._won) / len(self._won) if self._won else None

    def mean_profit(self) -> tuple[float, float] | None:
        """And its standard error."""
        count = len(self._profits)
        if count < 2:
            return None
        mean = sum(self._profits) / count
        variance = sum((each - mean) ** 2 for each in self._profits) / (count - 1)
        return mean, math.sqrt(variance / count)

    def unlucky(self) -> bool | None:
        """Lately fewer trades won than the earlier ones make likely; None with too few of them."""
        least = self._settings.least_trades
        if len(self._won) < 2 * least:
            return None
        won = list(self._won)
        earlier, lately = won[:-least], won[-least:]
        rate = (sum(earlier) + 1) / (len(earlier) + 2)
        return _at_most(sum(lately), least, rate) < _UNLIKELY

    def fall_percent(self, equity: Decimal) -> float | None:
        """From the most it was ever worth."""
        marked = self._marked
        if marked is None or marked.high_water <= 0:
            return None
        return float(100 * (1 - equity / max(marked.high_water, equity)))

    def day_loss_percent(self, equity: Decimal) -> float | None:
        marked = self._marked
        if marked is None or marked.day_start <= 0:
            return None
        return float(100 * (1 - equity / marked.day_start))


def _at_most(wins: int, trades: int, rate: float) -> float:
    """Chance of so few."""
    return sum(
        math.comb(trades, each) * rate**each * (1 - rate) ** (trades - each)
        for each in range(wins + 1)
    )
