"""Overlays come and go: applied by the overseer or a person, ended by time, by whoever may, or by
what has changed since."""

from decimal import Decimal
from typing import Final

from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayRefused,
    OverlayReverted,
)
from trading_agent.domain.commands import (
    LONGEST_WHY,
    PERSONS,
    ApplyOverlay,
    Origin,
    RevertLoosening,
    RevertOverlay,
)
from trading_agent.domain.order import ENTRY
from trading_agent.domain.overlays import Overlay, OverlayKind, OverlayRefusal
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.engine.change_flow import change, retune
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.overlay_rules import Asked, Refusal, in_bounds, loosens, refusal_of
from trading_agent.engine.routing import call_back
from trading_agent.engine.sight import known_equity

_LONGEST_NAME: Final = 64


def apply(state: DeskState, command: ApplyOverlay) -> None:
    overlay, origin = command.overlay, command.origin
    refusal = _refusal(state, overlay, origin)
    if refusal is not None:
        _refuse(state, overlay.overlay, origin, refusal)
    elif overlay.kind is OverlayKind.RESTORE:
        _restore(state, overlay, origin)
    else:
        _begin(state, overlay, origin)


def revert(state: DeskState, command: RevertOverlay) -> None:
    name, origin = command.overlay, command.origin
    active = state.account.changes.overlays
    if name and name not in active:
        _refuse(state, name, origin, (OverlayRefusal.NOT_ACTIVE, "it does not hold"))
        return
    ending = [each for each in active.values() if name in ("", each.overlay.overlay)]
    yours = [each for each in ending if _may_end(origin, each)]
    if yours:
        _end(state, yours, origin, command.why)
    elif ending:
        _refuse(state, name, origin, (OverlayRefusal.NOT_YOURS, "only a person may end it"))
    else:
        _refuse(state, name, origin, (OverlayRefusal.NOT_ACTIVE, "no overlay holds"))


def revert_loosening(state: DeskState, command: RevertLoosening) -> None:
    end_loosening(state, command.origin, command.why or "the overseer does not answer")


def end_loosening(state: DeskState, origin: Origin, why: str) -> None:
    """What loosened was for the desk as it was; what tightens goes on."""
    _end(state, [each for each in _active(state) if each.loosens], origin, why)


def on_marked(state: DeskState, equity: Decimal) -> None:
    """The desk has been weighed: what loosens and has cost too much since ends."""
    percent = state.baseline.bounds.revert_drawdown_percent
    if not percent or not state.account.changes.overlays:
        return
    left = 1 - Decimal(repr(percent)) / 100
    costly = [
        each
        for each in _active(state)
        if each.loosens and each.equity is not None and equity < each.equity * left
    ]
    why = f"the desk has lost more than {percent:g} percent since"
    _end(state, costly, Origin.SYSTEM, why)


def expire(state: DeskState, at: Nanos) -> None:
    """Those whose time is over; the desk is retuned by whoever asks."""
    for each in _active(state):
        if each.until <= at:
            state.emit(OverlayExpired(at=at, overlay=each.overlay.overlay))


def reopen(state: DeskState, at: Nanos) -> None:
    """At a start, when time has passed and the settings may be others."""
    expire(state, at)
    for each in _active(state):
        if not in_bounds(each.overlay, state.baseline.bounds):
            _tell_end(state, each, Origin.SYSTEM, "beyond the bounds of the settings now")
        elif each.loosens and each.overlay.baseline != state.tuning.baseline:
            _tell_end(state, each, Origin.SYSTEM, "the settings are others now")
    retune(state)


def _begin(state: DeskState, overlay: Overlay, origin: Origin) -> None:
    equity = known_equity(state)
    change(
        state,
        OverlayApplied(
            at=state.now,
            origin=origin,
            overlay=overlay,
            until=Nanos(state.now + overlay.ttl_seconds * SECOND),
            loosens=loosens(overlay),
            equity=equity if equity is not None and equity.is_finite() else None,
        ),
    )
    if overlay.kind is OverlayKind.HALT_ENTRIES:
        call_back(state, None, ENTRY)
    elif overlay.kind is OverlayKind.PAUSE_SYMBOL:
        call_back(state, overlay.scope, ENTRY)


def _restore(state: DeskState, overlay: Overlay, origin: Origin) -> None:
    yours = [
        each
        for each in _active(state)
        if overlay.scope in ("", each.overlay.scope) and _may_end(origin, each)
    ]
    if yours:
        _end(state, yours, origin, overlay.why or f"restored by {overlay.overlay}")
    else:
        nothing = OverlayRefusal.NOT_ACTIVE, "nothing holds that it could end"
        _refuse(state, overlay.overlay, origin, nothing)


def _may_end(origin: Origin, applied: OverlayApplied) -> bool:
    if origin in PERSONS or applied.loosens:
        return True
    return applied.origin is Origin.OVERSEER


def _end(state: DeskState, ending: list[OverlayApplied], origin: Origin, why: str) -> None:
    for each in ending:
        _tell_end(state, each, origin, why)
    if ending:
        retune(state)


def _tell_end(state: DeskState, applied: OverlayApplied, origin: Origin, why: str) -> None:
    name, why = applied.overlay.overlay, why[:LONGEST_WHY]
    state.emit(OverlayReverted(at=state.now, origin=origin, overlay=name, why=why))


def _active(state: DeskState) -> tuple[OverlayApplied, ...]:
    return tuple(state.account.changes.overlays.values())


def _refusal(state: DeskState, overlay: Overlay, origin: Origin) -> Refusal | None:
    if state.account.killed:
        return OverlayRefusal.DESK_KILLED, "the desk is killed until a person re-arms it"
    return refusal_of(
        Asked(
            overlay=overlay,
            origin=origin,
            at=state.now,
            baseline=state.tuning.baseline,
            bounds=state.baseline.bounds,
            changes=state.account.changes,
            symbols=state.index,
            sessions=state.tuning.thresholds,
        )
    )


def _refuse(state: DeskState, overlay: str, origin: Origin, refusal: Refusal) -> None:
    reason, detail = refusal
    state.emit(
        OverlayRefused(
            at=state.now,
            origin=origin,
            overlay=overlay[:_LONGEST_NAME],
            reason=reason,
            detail=detail,
        )
    )
