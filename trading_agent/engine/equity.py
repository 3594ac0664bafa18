"""What the compiled loop needs to watch what the desk is worth."""

from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.engine.desk_state import DeskState


def begin_watching(state: DeskState) -> None:
    """At the opening: everything held is watched, the first mark is due with the next minute."""
    columns = state.columns
    columns.watch.last_symbol[0] = len(state.symbols) - 1
    columns.watch.mark_due[0] = state.now - state.now % MINUTE + MINUTE
    for symbol in state.symbols:
        know_units(state, symbol)
        _write_worth(state, state.index[symbol])
    lower_floor(state)
    _look_at(state, _next_look(state))


def know_units(state: DeskState, symbol: str) -> None:
    """What a lot is worth at one tick, as the instrument says now."""
    instrument = state.account.instruments[symbol]
    decimals = instrument.price_decimals + instrument.size_decimals
    state.columns.watch.unit[state.index[symbol]] = 10.0**-decimals


def watch_fill(state: DeskState, index: int) -> None:
    """A fill changed cash and one position: the desk is weighed at once."""
    _write_worth(state, index)
    _look_at(state, state.now)


def watch_minute(state: DeskState, at: Nanos) -> None:
    """The next mark is due a minute after the one at `at`."""
    state.columns.watch.mark_due[0] = at - at % MINUTE + MINUTE
    _look_at(state, _next_look(state))


def lower_floor(state: DeskState) -> None:
    """What the desk may be worth before somebody has to look; with room for rounding."""
    floor = state.account.risk.breakers.floor(state.gate.breakers)
    state.columns.watch.floor[0] = floor + abs(floor) * 1e-9 if floor > 0.0 else floor


def _next_look(state: DeskState) -> Nanos:
    columns = state.columns
    mark: int = columns.watch.mark_due[0]
    if columns.watch.held[0]:
        mark = min(mark, state.now - state.now % SECOND + SECOND)
    return Nanos(mark)


def _look_at(state: DeskState, at: Nanos) -> None:
    columns = state.columns
    columns.watch.due[0] = at
    if at < columns.next_deadline[0]:
        columns.next_deadline[0] = at


def _write_worth(state: DeskState, index: int) -> None:
    """What is held of a symbol, and the cash."""
    account, watch = state.account, state.columns.watch
    watch.stake[index] = account.positions.size(state.symbols[index])
    watch.held[0] = len(account.positions)
    watch.cash[0] = float(account.ledger.total(state.quote))
