"""Trades flash signals: buys on a buy signal when flat, sells out on a sell signal."""

from decimal import Decimal
from functools import lru_cache

from trading_agent.domain.decision import Proposal, sell_all, ticks_of
from trading_agent.domain.order import BUY, ENTRY, SELL, OrderKind
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.strategies.strategy import StrategyView


class FlashStrategy:
    """Spot only: a sell signal closes what is held and is otherwise ignored."""

    name = "flash"

    def propose(self, view: StrategyView) -> Proposal | None:
        if view.signal.direction is SELL:
            return leave(view) if view.position > 0 else None
        if view.position > 0:
            return None
        price = entry_price(view)
        return Proposal(
            strategy=self.name,
            symbol=view.instrument.symbol,
            side=BUY,
            kind=OrderKind[view.execution.order_kind],
            price=price,
            size=entry_size(view, price),
            purpose=ENTRY,
            take_profit_bps=view.execution.take_profit_bps,
            stop_bps=view.execution.stop_bps,
            hold_for=Nanos(view.execution.hold_seconds * SECOND),
            reason="buy signal",
        )


def leave(view: StrategyView) -> Proposal:
    return sell_all(
        view.instrument.symbol,
        view.position,
        view.bid,
        view.execution.slippage_limit_bps,
        "sell signal",
    )


def entry_price(view: StrategyView) -> Ticks:
    """The ask plus the slippage limit for orders that may take; the bid for one that may not."""
    if view.execution.order_kind == "LIMIT_MAKER":
        return view.bid
    return Ticks(view.ask + ticks_of(view.ask, view.execution.slippage_limit_bps))


def entry_size(view: StrategyView, price: Ticks) -> Lots:
    """Order value by session, cut in a straight line as the spread nears its limit."""
    full = view.signal_parameters.spread_full_size_bps
    most = view.signal_parameters.spread_limit_bps
    share = 1.0 if view.spread_bps <= full else (most - view.spread_bps) / (most - full)
    notional = view.execution.order_notional * view.execution.size_factor * max(share, 0.0)
    return view.instrument.lots_for(_exact(notional), price)


@lru_cache(64)
def _exact(number: float) -> Decimal:
    """As it was configured."""
    return Decimal(repr(number))
