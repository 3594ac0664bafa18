"""A market as a strategy sees it, written down by hand.

A tick is 0.01 and a lot 0.01: a lot at 10,000 ticks is worth one USDC.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from trading_agent.domain.decision import Proposal
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.units import MINUTE, Lots, Nanos, Ticks
from trading_agent.signals.indicators.bars import Bars, make_bars
from trading_agent.signals.settings import ExecutionParameters, SignalParameters
from trading_agent.strategies.standard import make
from trading_agent.strategies.strategy import MarketSight, Need, Strategy, StrategyView

START: Final = Nanos(1_717_588_800_000_000_000)
BID: Final = 10_000
ASK: Final = 10_001
NAN: Final = math.nan


class WrittenSight:
    """`now` and `earlier`: outputs by the indicator's name, or by the need itself."""

    def __init__(
        self,
        now: Mapping[str | Need, Sequence[float]] | None = None,
        earlier: Mapping[str | Need, Sequence[float]] | None = None,
        *,
        bars: Bars | None = None,
        moves: Mapping[str, float] | None = None,
        volatility: float = NAN,
    ) -> None:
        self._now = now or {}
        self._earlier = earlier or {}
        self._bars = bars_closing_at(100.0) if bars is None else bars
        self._moves = moves or {}
        self._volatility = volatility
        self.seconds: list[float] = []

    def value(self, need: Need) -> tuple[float, ...]:
        return _written(self._now, need)

    def before(self, need: Need) -> tuple[float, ...]:
        return _written(self._earlier, need)

    def last(self, timeframe: str, count: int) -> Bars:
        return Bars(*(column[-count:] for column in self._bars))

    def whole(self, timeframe: str, count: int) -> NDArray[np.bool_]:
        return np.ones(min(count, len(self._bars.close)), np.bool_)

    def move_bps(self, symbol: str, seconds: float) -> float:
        self.seconds.append(seconds)
        return self._moves.get(symbol, NAN)

    def volatility_bps(self) -> float:
        return self._volatility


def _written(outputs: Mapping[str | Need, Sequence[float]], need: Need) -> tuple[float, ...]:
    return tuple(outputs[need] if need in outputs else outputs[need.indicator])


def bars_closing_at(close: float, volumes: Sequence[float] = (1.0,)) -> Bars:
    """As many candles as volumes; all of them stand still at one price."""
    prices = [close] * len(volumes)
    at = [START + index * MINUTE for index in range(len(volumes))]
    return make_bars(at, (prices, prices, prices, prices), volumes)


def no_bars() -> Bars:
    return make_bars([], ([], [], [], []), [])


def an_instrument(symbol: str = "ETHUSDC") -> Instrument:
    return Instrument(
        symbol=symbol,
        base=symbol[:-4],
        quote=symbol[-4:],
        price_decimals=2,
        size_decimals=2,
        min_size=Lots(1),
        min_notional=Decimal(1),
        max_notional=Decimal(4_000_000),
        maker_fee=Decimal(0),
        taker_fee=Decimal("0.0005"),
        tradable=True,
    )


def a_signal(direction: Side = Side.BUY) -> SignalRaised:
    return SignalRaised(
        at=START,
        symbol="ETHUSDC",
        session="US",
        direction=direction,
        strength=0.5,
        reasons=(),
        sequence=1,
        bid=Ticks(BID),
        ask=Ticks(ASK),
        imbalance=0.5,
        momentum_bps=1.0,
        volatility_bps=1.0,
    )


def a_view(sight: MarketSight | None = None, position: int = 0, **changes: Any) -> StrategyView:
    """`changes` to the view, `execution` among them as a dict of its own."""
    execution = changes.pop("execution", {})
    symbol = changes.pop("symbol", "ETHUSDC")
    plain: dict[str, Any] = {
        "at": START,
        "instrument": an_instrument(symbol),
        "bid": Ticks(BID),
        "ask": Ticks(ASK),
        "spread_bps": 1.0,
        "position": Lots(position),
        "held": Lots(position),
        "signal": None,
        "signal_parameters": SignalParameters(spread_full_size_bps=2.0, spread_limit_bps=12.0),
        "execution": ExecutionParameters(**({"order_notional": 100.0} | execution)),
        "closed": "1m",
        "regime": None,
        "allocation": 1.0,
        "sight": WrittenSight() if sight is None else sight,
    }
    return StrategyView(**(plain | changes))


def a_strategy(name: str, **given: float) -> Strategy:
    return make(name, given, {})


def bought(strategy: Strategy, view: StrategyView) -> Proposal:
    """The entry that is proposed; there must be one."""
    proposal = strategy.propose(view)
    assert proposal is not None
    assert (proposal.side, proposal.purpose) == (Side.BUY, OrderPurpose.ENTRY)
    assert proposal.strategy == strategy.name
    return proposal


def left(strategy: Strategy, view: StrategyView) -> Proposal:
    """The exit of all that is held; there must be one."""
    proposal = strategy.propose(view)
    assert proposal is not None
    assert (proposal.side, proposal.purpose) == (Side.SELL, OrderPurpose.EXIT)
    assert proposal.size == view.position
    return proposal
