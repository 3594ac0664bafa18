"""What has been changed at the desk, for people."""

from decimal import Decimal

from msgspec.structs import replace

from trading_agent.domain.change_views import (
    ChangesView,
    LockView,
    OverlayView,
    ParameterView,
    StrategyStateView,
)
from trading_agent.domain.units import Nanos
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.parameters import Parameter, most_of
from trading_agent.engine.tuning import value_in


def changes_view(state: DeskState, at: Nanos) -> ChangesView:
    """Drawn anew when something was changed; what remains of locks and overlays at every look."""
    tuning, failed = state.tuning, len(state.table.failed)
    drawn, changes = state.changes_drawn, state.account.changes
    if drawn is None or drawn[0] is not tuning or drawn[1] != failed:
        drawn = state.changes_drawn = tuning, failed, _drawn(state)
    view = drawn[2]
    if not changes.overlays and not changes.locks:
        return view
    return replace(view, overlays=_overlays(state, at), locks=_locks(state, at))


def _drawn(state: DeskState) -> ChangesView:
    tuning, changes = state.tuning, state.account.changes
    return ChangesView(
        baseline=tuning.baseline,
        parameters=tuple(_parameter(state, *each) for each in state.baseline.keys),
        undoable=changes.undoable[-1].key if changes.undoable else "",
        strategies=tuple(
            StrategyStateView(
                strategy=seat.strategy.name,
                on=seat.strategy.name not in tuning.off,
                failed=state.table.failed.get(seat.strategy.name, ""),
                symbols=tuple(symbol for symbol in state.symbols if seat.trades(symbol)),
            )
            for seat in state.table.seats
        ),
        halted=tuning.halted,
        risk_multiplier=tuning.risk,
        risk_multipliers=dict(tuning.risk_of),
        entry_thresholds=dict(tuning.thresholds),
    )


def _parameter(state: DeskState, parameter: Parameter, configured: Decimal) -> ParameterView:
    row = parameter.row
    value = value_in(state.account.changes, parameter, configured)
    return ParameterView(
        key=parameter.key,
        session=parameter.session,
        value=value,
        configured=configured,
        changed=value != configured,
        unit=row.unit,
        least=row.least,
        most=most_of(row, state.baseline.limits),
        whole=row.whole,
        tighter=row.tighter,
        what=row.what,
    )


def _overlays(state: DeskState, at: Nanos) -> tuple[OverlayView, ...]:
    return tuple(
        OverlayView(
            overlay=each.overlay.overlay,
            kind=each.overlay.kind,
            scope=each.overlay.scope,
            value=each.overlay.value,
            preset=each.overlay.preset,
            loosens=each.loosens,
            origin=each.origin,
            applied_at=each.at,
            until=each.until,
            remaining=Nanos(max(each.until - at, 0)),
            why=each.overlay.why,
        )
        for each in state.account.changes.overlays.values()
    )


def _locks(state: DeskState, at: Nanos) -> tuple[LockView, ...]:
    return tuple(
        LockView(
            symbol=each.symbol,
            until=each.until,
            remaining=Nanos(max(each.until - at, 0) if each.until else 0),
            origin=each.origin,
            why=each.why,
        )
        for each in state.account.changes.locks.values()
    )
