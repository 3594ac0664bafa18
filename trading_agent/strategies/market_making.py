"""Market making on spot: a purchase and a sale wait around a price that leans on what is held."""

import math
from typing import ClassVar, Final

from trading_agent.domain.decision import Proposal, Quotes
from trading_agent.domain.order import BUY, ENTRY, EXIT, SELL, OrderKind, Side
from trading_agent.domain.units import BASIS_POINTS, Lots, Nanos, Ticks
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.entries import (
    Barriers,
    barrier_parameters,
    quote_size,
    read_barriers,
    two_sided,
)
from trading_agent.strategies.strategy import Refresh, Requirements, StrategyView

_NONE: Final = Barriers(take_profit_bps=0.0, stop_bps=0.0, hold_for=Nanos(0))
_TICK: Final = 1


class MarketMakingStrategy:
    """Quotes both sides at once: a purchase while less than `max_inventory` full entries are held,
    a sale of all that is held.

    With m the middle of the book, s half its spread and v the volatility of one second, the last
    two as shares of m, and q what is held as a share of the most:

        h = max(half_spread_bps, maker fee, spread_share * s, volatility_factor * v)
        r = m * (1 - skew * (q - target_inventory) * h)
        bid = r - m * h,    ask = r + m * h

    r is the price at which holding more or less is worth the same, after Avellaneda and Stoikov
    (2008), in the form without an end that Gueant, Lehalle and Fernandez-Tapia (2013) give it:
    the half-spread h and the lean on inventory both grow in a straight line with volatility.
    With a `skew` of 1 and a target of 0, whoever holds the most sells at the middle and buys two
    half-spreads below it. Prices are rounded away from r, and moved so that they wait: the bid
    below the best ask, the ask above the best bid and above the own bid.

    Both are looked at again every `refresh_seconds`, when the middle has moved by more than
    `refresh_bps`, and after every fill; a quote whose price and size would be the same keeps its
    place. The session's `resting_seconds` ends those that nobody replaces. A fee that nobody has
    stated is left to `half_spread_bps`.
    """

    name: ClassVar[str] = "market_making"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("half_spread_bps", 2.0, 0.0, 1_000.0, whole=False),
        Parameter("spread_share", 1.0, 0.0, 10.0, whole=False),
        Parameter("volatility_factor", 2.0, 0.0, 100.0, whole=False),
        Parameter("skew", 1.0, 0.0, 10.0, whole=False),
        Parameter("target_inventory", 0.0, 0.0, 1.0, whole=False),
        Parameter("max_inventory", 3.0, 1.0, 100.0, whole=False),
        Parameter("refresh_seconds", 5.0, 0.1, 3_600.0, whole=False),
        Parameter("refresh_bps", 1.0, 0.0, 1_000.0, whole=False),
        *barrier_parameters(take_profit_bps=0.0, stop_bps=25.0, hold_seconds=900),
    )

    def __init__(self, values: Values) -> None:
        self._half_spread_bps: float = values["half_spread_bps"]
        self._spread_share: float = values["spread_share"]
        self._factor: float = values["volatility_factor"]
        self._skew: float = values["skew"]
        self._target: float = values["target_inventory"]
        self._most: float = values["max_inventory"]
        self._refresh = Refresh(values["refresh_seconds"], values["refresh_bps"])
        self._barriers = read_barriers(values)

    @property
    def requires(self) -> Requirements:
        return Requirements(refresh=self._refresh)

    def propose(self, view: StrategyView) -> Quotes:
        volatility = view.sight.volatility_bps()
        if not two_sided(view) or not math.isfinite(volatility):
            return Quotes()
        middle, away = (view.bid + view.ask) / 2, self._half_spread(view, volatility)
        most = quote_size(view, view.bid, self._most)
        share = min(view.held / most, 1.0) if most > 0 else 1.0
        lean = self._skew * (share - self._target) * away
        bid = math.floor(middle * (1.0 - (lean + away) / BASIS_POINTS))
        bid = Ticks(min(bid, view.ask - _TICK))
        ask = math.ceil(middle * (1.0 - (lean - away) / BASIS_POINTS))
        ask = Ticks(max(ask, view.bid + _TICK, bid + _TICK))
        words = (
            f"{away:.2f} bps around {-lean:+.2f} bps from the middle, volatility "
            f"{volatility:.2f} bps, {share:.0%} of the most is held"
        )
        return Quotes(self._purchase(view, bid, most, words), self._sale(view, ask, words))

    def _half_spread(self, view: StrategyView, volatility: float) -> float:
        """Basis points."""
        fee = view.instrument.maker_fee
        half = (view.ask - view.bid) / (view.ask + view.bid) * BASIS_POINTS
        return max(
            self._half_spread_bps,
            0.0 if fee is None else float(fee) * BASIS_POINTS,
            self._spread_share * half,
            self._factor * volatility,
        )

    def _purchase(self, view: StrategyView, price: Ticks, most: Lots, why: str) -> Proposal | None:
        """Nothing where the exchange would not take what there is room for."""
        instrument = view.instrument
        size = Lots(min(quote_size(view, price), most - view.held)) if price > 0 else Lots(0)
        if size < max(instrument.min_size, 1):
            return None
        if instrument.notional(price, size) < instrument.min_notional:
            return None
        return self._quote(view, BUY, price, size, f"quote to buy {why}", most)

    def _sale(self, view: StrategyView, price: Ticks, why: str) -> Proposal | None:
        if view.position <= 0:
            return None
        return self._quote(view, SELL, price, view.position, f"quote to sell {why}", Lots(0))

    def _quote(
        self, view: StrategyView, side: Side, price: Ticks, size: Lots, reason: str, most: Lots
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
            inventory_limit=most,
        )
