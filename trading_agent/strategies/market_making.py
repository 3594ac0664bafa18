"""Market making on spot: a purchase that waits below the middle, a sale that waits above it."""

import math
from typing import ClassVar, Final

from trading_agent.domain.decision import Proposal
from trading_agent.domain.order import BUY, ENTRY, EXIT, SELL, OrderKind, Side
from trading_agent.domain.units import BASIS_POINTS, Lots, Nanos, Ticks
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.candle_reading import asked, read_timeframe, timeframe_parameter
from trading_agent.strategies.entries import (
    Barriers,
    barrier_parameters,
    entry_size,
    read_barriers,
)
from trading_agent.strategies.strategy import Requirements, StrategyView

_NONE: Final = Barriers(take_profit_bps=0.0, stop_bps=0.0, hold_for=Nanos(0))


class MarketMakingStrategy:
    """Quotes at each close of its timeframe, one side at a time: what is not held cannot be sold.

    Each quote stands `spread_bps` from the middle of the book, or `volatility_factor` times the
    volatility of one second where that is farther. What is held, as a share of a full entry,
    moves the sale `skew_bps` towards the middle, never into the bid. A quote that is not filled
    ends by the session's `resting_seconds`, which should be shorter than the timeframe: while one
    stands, risk refuses the next.
    """

    name: ClassVar[str] = "market_making"
    timeframe: ClassVar[str] = "15s"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        timeframe_parameter(timeframe),
        Parameter("spread_bps", 2.0, 0.0, 1_000.0, whole=False),
        Parameter("skew_bps", 1.0, 0.0, 1_000.0, whole=False),
        Parameter("volatility_factor", 2.0, 0.0, 100.0, whole=False),
        *barrier_parameters(take_profit_bps=0.0, stop_bps=25.0, hold_seconds=900),
    )

    def __init__(self, values: Values) -> None:
        self._spread: float = values["spread_bps"]
        self._skew: float = values["skew_bps"]
        self._factor: float = values["volatility_factor"]
        self._timeframe = read_timeframe(values)
        self._barriers = read_barriers(values)

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe=self._timeframe)

    def propose(self, view: StrategyView) -> Proposal | None:
        volatility = view.sight.volatility_bps()
        if not asked(view, self._timeframe) or not math.isfinite(volatility):
            return None
        middle = (view.bid + view.ask) / 2
        away = max(self._spread, self._factor * volatility)
        words = f"{away:.2f} bps from the middle, volatility {volatility:.2f} bps"
        if view.position > 0:
            skew = self._skew * self._inventory(view)
            price = math.ceil(middle * (1.0 + (away - skew) / BASIS_POINTS))
            price = Ticks(max(price, view.bid + 1))
            reason = f"quote to sell {words}, {skew:.2f} bps closer for what is held"
            return self._quote(view, SELL, price, view.position, reason)
        price = Ticks(min(math.floor(middle * (1.0 - away / BASIS_POINTS)), view.ask - 1))
        if price <= 0:
            return None
        return self._quote(view, BUY, price, entry_size(view, price), f"quote to buy {words}")

    def _inventory(self, view: StrategyView) -> float:
        """What is held as a share of a full entry, at most 1."""
        full = entry_size(view, view.bid)
        return min(view.position / full, 1.0) if full > 0 else 1.0

    def _quote(
        self, view: StrategyView, side: Side, price: Ticks, size: Lots, reason: str
    ) -> Proposal:
        barriers = self._barriers if side is BUY else _NONE
        return Proposal(
            strategy=self.name,
            symbol=view.instrument.symbol,
            side=side,
            kind=OrderKind.LIMIT_MAKER,
            price=price,
            size=size,
            purpose=ENTRY if side is BUY else EXIT,
            take_profit_bps=barriers.take_profit_bps,
            stop_bps=barriers.stop_bps,
            hold_for=barriers.hold_for,
            reason=reason,
        )
