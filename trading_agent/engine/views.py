"""Frozen views of the state, for strategies and for risk."""

from decimal import Decimal
from typing import Any

from trading_agent.domain.decision import Proposal, exit_price
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.risk.checks import DeskView
from trading_agent.strategies.strategy import StrategyView


def best_prices(market: Any) -> tuple[Ticks, Ticks]:
    """Best bid and ask in ticks, 0 where a side is empty."""
    bids = market["book"]["bids"]
    asks = market["book"]["asks"]
    bid = int(bids["base"]) + int(bids["best"]) if bids["best"] >= 0 else 0
    ask = -(int(asks["base"]) + int(asks["best"])) if asks["best"] >= 0 else 0
    return Ticks(bid), Ticks(ask)


def sellable(state: DeskState, symbol: str) -> Lots:
    """What is held and an exit could sell by the exchange's rules; dust counts as nothing."""
    size = state.account.positions.size(symbol)
    if size == 0:
        return Lots(0)
    instrument = state.instrument(symbol)
    bid, _ = best_prices(state.markets[state.index[symbol]])
    price = exit_price(bid, state.session().execution.slippage_limit_bps)
    if bid > 0 and instrument.notional(price, size) < instrument.min_notional:
        return Lots(0)
    return size if size >= instrument.min_size else Lots(0)


def open_positions(state: DeskState) -> int:
    """How many positions there are, dust not counted."""
    return sum(sellable(state, position.symbol) > 0 for position in state.account.positions.all())


def strategy_view(state: DeskState, symbol: str, signal: SignalRaised) -> StrategyView:
    session = state.session()
    features = state.markets[state.index[symbol]]["features"]
    return StrategyView(
        at=state.now,
        instrument=state.instrument(symbol),
        bid=signal.bid,
        ask=signal.ask,
        spread_bps=float(features["spread_bps"]),
        position=sellable(state, symbol),
        signal=signal,
        signal_parameters=session.signal,
        execution=session.execution,
    )


def desk_view(state: DeskState, proposal: Proposal, reserve: Decimal) -> DeskView:
    """The desk as risk sees it, for one proposal."""
    account = state.account
    symbol = proposal.symbol
    instrument = account.instruments[symbol]
    market = state.markets[state.index[symbol]]
    book = market["book"]
    session = state.session()
    orders = account.orders
    return DeskView(
        at=state.now,
        instrument=instrument,
        paused=account.paused,
        killed=account.killed,
        book_ready=bool(book["ready"]),
        book_crossed=bool(book["crossed"]),
        book_at=Nanos(int(book["at"])),
        spread_bps=float(market["features"]["spread_bps"]),
        spread_limit_bps=session.signal.spread_limit_bps,
        position=_held(state, proposal),
        open_positions=open_positions(state),
        pending_entries=_pending_entries(state),
        max_open_positions=session.execution.max_open_positions,
        symbol_has_entry=orders.has_open(symbol, OrderPurpose.ENTRY),
        symbol_has_exit=orders.has_open(symbol, OrderPurpose.EXIT),
        open_orders=len(orders),
        free_quote=account.ledger.free(instrument.quote),
        reserve=reserve,
    )


def _held(state: DeskState, proposal: Proposal) -> Lots:
    if proposal.side is Side.SELL:
        return state.account.positions.size(proposal.symbol)
    return sellable(state, proposal.symbol)


def _pending_entries(state: DeskState) -> int:
    """Entries under way for symbols that hold nothing yet."""
    return sum(
        working.sent.purpose is OrderPurpose.ENTRY and sellable(state, working.sent.symbol) == 0
        for working in state.account.orders.all()
    )
