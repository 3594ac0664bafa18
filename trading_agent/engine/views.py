"""Frozen views of the state, for strategies and for risk."""

from decimal import ROUND_CEILING
from typing import Final

from trading_agent.domain.decision import exit_price, ratio
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.money import ROUNDED
from trading_agent.domain.order import ENTRY, EXIT
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.market_sight import DeskSight
from trading_agent.engine.sight import best_bid
from trading_agent.risk.desk_view import DeskView, PairView
from trading_agent.signals.settings import ExecutionParameters
from trading_agent.strategies.strategy import StrategyView

_LARGEST_SIZE_FACTOR: Final = 10.0
"""That can be configured."""


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


def least_bid(state: DeskState, symbol: str) -> Ticks:
    """The lowest best bid at which an exit can sell what is held by the exchange's rules; 0 when
    there is none."""
    size, instrument = state.account.positions.size(symbol), state.account.instruments[symbol]
    reach = state.session().execution.slippage_limit_bps
    share, whole = ratio(reach)
    if size < instrument.min_size or size == 0 or share >= whole:
        return Ticks(0)
    worth = ROUNDED.divide(instrument.min_notional, instrument.notional(Ticks(1), size))
    price = max(int(worth.to_integral_value(ROUND_CEILING)), 1)
    bid = Ticks(max((price - 1) * whole // (whole - share), 1))
    while exit_price(bid, reach) < price:
        bid = Ticks(bid + 1)
    return bid


def open_positions(state: DeskState) -> int:
    """How many positions there are, dust not counted."""
    held = 0
    for position in state.account.positions.all():
        held += sellable(state, position.symbol) > 0
    return held


def strategy_view(
    state: DeskState, index: int, occasion: tuple[SignalRaised | None, str], allocation: float
) -> StrategyView:
    """`occasion`: the signal, or the timeframe that has closed, or neither when quotes are due."""
    session, columns, symbol = state.session(), state.columns, state.symbols[index]
    signal, closed = occasion
    execution, multiplier = session.execution, state.tuning.multiplier(symbol)
    if multiplier > 1:
        execution = _enlarged(execution, float(multiplier))
    return StrategyView(
        at=state.now,
        instrument=state.account.instruments[symbol],
        bid=columns.bid[index],
        ask=columns.ask[index],
        spread_bps=columns.spread_bps[index],
        position=sellable(state, symbol),
        held=state.account.positions.size(symbol),
        signal=signal,
        signal_parameters=session.signal,
        execution=execution,
        closed=closed,
        regime=state.charts[index].kind,
        allocation=allocation,
        sight=DeskSight(state, index),
    )


def _enlarged(execution: ExecutionParameters, multiplier: float) -> ExecutionParameters:
    """What makes entries larger is for strategies to use; risk makes them smaller."""
    factor = min(execution.size_factor * multiplier, _LARGEST_SIZE_FACTOR)
    return execution.model_copy(update={"size_factor": max(factor, execution.size_factor)})


def session_deadline(state: DeskState, at: Nanos) -> int:
    """When positions of the session that holds at `at` are to be closed, nanoseconds UTC; 0 for
    a session that never ends, or does not ask for it."""
    lead = state.sessions.session_at(at).execution.close_before_end_seconds
    end = state.sessions.end_at(at) if lead else None
    return 0 if end is None else end - lead * SECOND


def pair_view(state: DeskState, symbol: str) -> PairView:
    """A pair as risk sees it when a position is left, which a killed desk does when it was told
    to."""
    account, columns, index = state.account, state.columns, state.index[symbol]
    return PairView(
        instrument=account.instruments[symbol],
        killed="" if account.leaving else account.killed,
        book_ready=columns.book_ready[index] == 1,
        book_crossed=columns.book_crossed[index] == 1,
        position=account.positions.size(symbol),
        symbol_has_exit=account.orders.has_open(symbol, EXIT),
    )


def desk_view(state: DeskState, symbol: str) -> DeskView:
    """The desk as risk sees it when something is bought."""
    account = state.account
    instrument = account.instruments[symbol]
    columns, index = state.columns, state.index[symbol]
    session = state.session()
    execution = session.execution
    orders, breakers = account.orders, account.risk.breakers
    open_orders = len(orders)
    tripped = bool(breakers.tripped)
    session_ending = (
        execution.close_before_end_seconds > 0
        and 0 < session_deadline(state, state.now) <= state.now
    )
    # By place: a call with more than 15 names builds a dict of them, and takes six times as long.
    return DeskView(
        instrument,
        account.killed,
        columns.book_ready[index] == 1,
        columns.book_crossed[index] == 1,
        sellable(state, symbol),
        open_orders > 0 and orders.has_open(symbol, EXIT),
        state.now,
        account.paused,
        breakers.barred,
        state.settings.limits.breakers.soft_size_factor if tripped else 1.0,
        tripped,
        session_ending,
        columns.book_at[index],
        columns.bid[index],
        columns.ask[index],
        columns.tape_last_price[index],
        columns.spread_bps[index],
        session.signal.spread_limit_bps,
        open_positions(state),
        _pending_entries(state) if open_orders else 0,
        execution.max_open_positions,
        open_orders > 0 and orders.has_open(symbol, ENTRY),
        open_orders,
        account.last_order,
        account.ledger.free(instrument.quote),
        state.sights[index],
        state.tuning.halted,
        state.tuning.closed.get(symbol, ""),
        float(state.tuning.multiplier(symbol)),
        account.positions.size(symbol),
    )


def _pending_entries(state: DeskState) -> int:
    """Entries under way for symbols that hold nothing yet."""
    pending = 0
    for working in state.account.orders.all():
        sent = working.sent
        pending += sent.purpose is ENTRY and sellable(state, sent.symbol) == 0
    return pending
