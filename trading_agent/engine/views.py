"""Frozen views of the state, for strategies and for risk."""

from decimal import Decimal

from trading_agent.domain.decision import Proposal, exit_price
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.order import BUY, ENTRY, EXIT
from trading_agent.domain.units import Lots, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.risk.checks import DeskView
from trading_agent.strategies.strategy import StrategyView


def best_bid(state: DeskState, symbol: str) -> Ticks:
    """In ticks; 0 when there is none."""
    columns, index = state.columns, state.index[symbol]
    best = columns.bid_best.item(index)
    return Ticks(columns.bid_base.item(index) + best if best >= 0 else 0)


def best_ask(state: DeskState, symbol: str) -> Ticks:
    """In ticks; 0 when there is none."""
    columns, index = state.columns, state.index[symbol]
    best = columns.ask_best.item(index)
    return Ticks(-(columns.ask_base.item(index) + best) if best >= 0 else 0)


def sellable(state: DeskState, symbol: str) -> Lots:
    """What is held and an exit could sell by the exchange's rules; dust counts as nothing."""
    account = state.account
    size = account.positions.size(symbol)
    if size == 0:
        return size
    instrument = account.instruments[symbol]
    bid = best_bid(state, symbol)
    price = exit_price(bid, state.session().execution.slippage_limit_bps)
    if bid > 0 and instrument.notional(price, size) < instrument.min_notional:
        return Lots(0)
    return size if size >= instrument.min_size else Lots(0)


def open_positions(state: DeskState) -> int:
    """How many positions there are, dust not counted."""
    held = 0
    for position in state.account.positions.all():
        held += sellable(state, position.symbol) > 0
    return held


def strategy_view(state: DeskState, symbol: str, signal: SignalRaised) -> StrategyView:
    session = state.session()
    return StrategyView(
        at=state.now,
        instrument=state.account.instruments[symbol],
        bid=signal.bid,
        ask=signal.ask,
        spread_bps=state.columns.spread_bps.item(state.index[symbol]),
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
    columns, index = state.columns, state.index[symbol]
    session = state.session()
    orders = account.orders
    buys = proposal.side is BUY
    return DeskView(
        at=state.now,
        instrument=instrument,
        paused=account.paused,
        killed=account.killed,
        book_ready=columns.book_ready.item(index) == 1,
        book_crossed=columns.book_crossed.item(index) == 1,
        book_at=columns.book_at.item(index),
        spread_bps=columns.spread_bps.item(index),
        spread_limit_bps=session.signal.spread_limit_bps,
        position=sellable(state, symbol) if buys else account.positions.size(symbol),
        open_positions=open_positions(state) if buys else 0,
        pending_entries=_pending_entries(state) if buys else 0,
        max_open_positions=session.execution.max_open_positions,
        symbol_has_entry=orders.has_open(symbol, ENTRY),
        symbol_has_exit=orders.has_open(symbol, EXIT),
        open_orders=len(orders),
        free_quote=account.ledger.free(instrument.quote),
        reserve=reserve,
    )


def _pending_entries(state: DeskState) -> int:
    """Entries under way for symbols that hold nothing yet."""
    pending = 0
    for working in state.account.orders.all():
        sent = working.sent
        pending += sent.purpose is ENTRY and sellable(state, sent.symbol) == 0
    return pending
