"""How the desk trades now: the configured settings, what people have set, and overlays on top.

A function of these alone. Nothing is ever written back, so the end of an overlay leaves what would
have been without it, in whatever order overlays came and went. Of all overlays that concern an
entry the most careful holds: what loosens counts where nothing tightens.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from trading_agent.domain.command_facts import OverlayApplied
from trading_agent.domain.overlays import Overlay, OverlayKind, Preset
from trading_agent.engine.changes import Changes
from trading_agent.engine.parameters import (
    ENTRY_THRESHOLD,
    ONE,
    RISK_MULTIPLIER,
    TABLE,
    Parameter,
    Place,
    Row,
    configured,
)
from trading_agent.engine.settings import OverlayBounds
from trading_agent.execution.venue import NEVER
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.sessions import Session, TradingSessionManager

PRESETS: Final[Mapping[Preset, tuple[Decimal, Decimal]]] = {
    Preset.DEFENSIVE: (Decimal("0.25"), Decimal("1.5")),
    Preset.CONSERVATIVE: (Decimal("0.5"), Decimal("1.25")),
    Preset.AGGRESSIVE: (Decimal("1.1"), Decimal("0.9")),
}
"""Factors on the size of entries, and on the imbalance at which signals fire."""
_MOST_IMBALANCE: Final = 1.0
_DIGEST: Final = 16


@dataclass(frozen=True)
class Baseline:
    """What overlays lie on. `settings`: all those the core works by, as one text."""

    settings: str
    manager: TradingSessionManager
    limits: RiskLimits
    bounds: OverlayBounds

    @property
    def sessions(self) -> tuple[Session, ...]:
        return self.manager.sessions

    @cached_property
    def keys(self) -> tuple[tuple[Parameter, Decimal], ...]:
        """Every parameter of the desk and of each session, with what is configured."""
        first = self.sessions[0]
        of_desk = [
            (Parameter(row, ""), first) for row in TABLE.values() if not row.place.of_session
        ]
        of_sessions = [
            (Parameter(row, session.name), session)
            for session in self.sessions
            for row in TABLE.values()
            if row.place.of_session
        ]
        return tuple(
            (parameter, configured(parameter, session, self.limits))
            for parameter, session in (*of_desk, *of_sessions)
        )


@dataclass(frozen=True, slots=True)
class Tuning:
    """`baseline`: name of what overlays lie on, changed by people included. `risk` of the whole
    desk, `risk_of` symbols that have another; `thresholds` by session. `halted`: why there are no
    entries, or empty; `closed`: why a symbol has none. `off`: strategies that are not asked.
    `ends_at`: when the next lock or overlay is over, nanoseconds UTC."""

    baseline: str
    sessions: TradingSessionManager
    limits: RiskLimits
    risk: Decimal
    risk_of: Mapping[str, Decimal]
    thresholds: Mapping[str, Decimal]
    halted: str
    closed: Mapping[str, str]
    off: frozenset[str]
    ends_at: int

    def multiplier(self, symbol: str) -> Decimal:
        return self.risk_of.get(symbol, self.risk)

    def no_entries(self, symbol: str) -> str:
        """Why there are none of this symbol; empty when there may be."""
        return self.halted or self.closed.get(symbol, "")


def tune(baseline: Baseline, changes: Changes) -> Tuning:
    overlays = tuple(changes.overlays.values())
    return Tuning(
        baseline=_digest_of(baseline, changes),
        sessions=_sessions(baseline, changes, overlays),
        limits=_limits(baseline, changes),
        risk=_risk(changes, overlays, ""),
        risk_of={symbol: _risk(changes, overlays, symbol) for symbol in _scoped(overlays)},
        thresholds={
            session.name: _threshold(changes, overlays, session.name)
            for session in baseline.sessions
        },
        halted=next(iter(_reasons(overlays, OverlayKind.HALT_ENTRIES).values()), ""),
        closed=_reasons(overlays, OverlayKind.PAUSE_SYMBOL)
        | {
            symbol: f"locked by {lock.origin.value}" + (f": {lock.why}" if lock.why else "")
            for symbol, lock in changes.locks.items()
        },
        off=frozenset(changes.off),
        ends_at=_ends_at(changes),
    )


def factors_of(overlay: Overlay) -> tuple[Decimal, Decimal]:
    """On the size of entries, and on the imbalance at which signals fire."""
    value = ONE if overlay.value is None else overlay.value
    match overlay.kind:
        case OverlayKind.RISK_MULTIPLIER:
            return value, ONE
        case OverlayKind.ENTRY_THRESHOLD:
            return ONE, value
        case OverlayKind.PRESET if overlay.preset is not None:
            return PRESETS[overlay.preset]
        case _:
            return ONE, ONE


def value_in(changes: Changes, parameter: Parameter, otherwise: Decimal) -> Decimal:
    """What people made a parameter: a session's own before that of all sessions."""
    own = changes.value_of(parameter.key)
    if own is None and parameter.session:
        own = changes.value_of(parameter.row.name)
    return otherwise if own is None else own


def _digest_of(baseline: Baseline, changes: Changes) -> str:
    said = (baseline.settings, sorted(changes.parameters.items()), sorted(changes.off))
    return sha256(repr(said).encode()).hexdigest()[:_DIGEST]


def _risk(changes: Changes, overlays: Iterable[OverlayApplied], symbol: str) -> Decimal:
    row = TABLE[RISK_MULTIPLIER]
    factors = [
        factors_of(each.overlay)[0]
        for each in overlays
        if each.overlay.kind in _OF_RISK and each.overlay.scope in ("", symbol)
    ]
    return _bounded(row, value_in(changes, Parameter(row, ""), ONE), min(factors, default=ONE))


def _threshold(changes: Changes, overlays: Iterable[OverlayApplied], session: str) -> Decimal:
    row = TABLE[ENTRY_THRESHOLD]
    factors = [
        factors_of(each.overlay)[1]
        for each in overlays
        if each.overlay.kind in _OF_THRESHOLD and each.overlay.scope in ("", session)
    ]
    own = value_in(changes, Parameter(row, session), ONE)
    return _bounded(row, own, max(factors, default=ONE))


def _bounded(row: Row, own: Decimal, factor: Decimal) -> Decimal:
    """An overlay loosens no further than people may; tightening has no such end."""
    value = own * factor
    if row.name == RISK_MULTIPLIER:
        return min(value, max(own, row.most or own))
    return max(value, min(own, row.least))


def _scoped(overlays: Iterable[OverlayApplied]) -> list[str]:
    """Symbols that have overlays of their own."""
    return list(
        dict.fromkeys(
            each.overlay.scope
            for each in overlays
            if each.overlay.kind is OverlayKind.RISK_MULTIPLIER and each.overlay.scope
        )
    )


def _reasons(overlays: Iterable[OverlayApplied], kind: OverlayKind) -> dict[str, str]:
    """By scope, why."""
    return {
        each.overlay.scope: f"overlay {each.overlay.overlay}"
        + (f": {each.overlay.why}" if each.overlay.why else "")
        for each in overlays
        if each.overlay.kind is kind
    }


def _ends_at(changes: Changes) -> int:
    ends = [each.until for each in changes.overlays.values()]
    ends += [lock.until for lock in changes.locks.values() if lock.until]
    return min(ends, default=NEVER)


def _limits(baseline: Baseline, changes: Changes) -> RiskLimits:
    found = {
        parameter.row.name: _typed(parameter.row, own)
        for parameter, _ in baseline.keys
        if parameter.row.place is Place.LIMIT
        and (own := changes.value_of(parameter.key)) is not None
    }
    return baseline.limits.model_copy(update=found) if found else baseline.limits


def _sessions(
    baseline: Baseline, changes: Changes, overlays: Iterable[OverlayApplied]
) -> TradingSessionManager:
    """The configured manager itself while nothing is changed."""
    tuned = tuple(_tuned(session, changes, overlays) for session in baseline.sessions)
    if tuned == baseline.sessions:
        return baseline.manager
    return baseline.manager.with_sessions(tuned)


def _tuned(session: Session, changes: Changes, overlays: Iterable[OverlayApplied]) -> Session:
    signal = _set_in(changes, session, Place.SIGNAL)
    execution = _set_in(changes, session, Place.EXECUTION)
    threshold = _threshold(changes, overlays, session.name)
    if threshold != ONE:
        own = signal.get("imbalance_threshold", session.signal.imbalance_threshold)
        signal["imbalance_threshold"] = _scaled(own, threshold)
    return Session(
        session.name,
        session.signal.model_copy(update=signal),
        session.execution.model_copy(update=execution),
    )


def _set_in(changes: Changes, session: Session, place: Place) -> dict[str, Any]:
    """What people made a session's parameters of one place."""
    found = {}
    for row in TABLE.values():
        if row.place is place:
            own = changes.value_of(f"{session.name}.{row.name}")
            own = changes.value_of(row.name) if own is None else own
            if own is not None:
                found[row.name] = _typed(row, own)
    return found


def _typed(row: Row, value: Decimal) -> Decimal | float:
    if row.whole:
        return int(value)
    return value if row.place is Place.LIMIT else float(value)


def _scaled(imbalance: float, factor: Decimal) -> float:
    """There is no imbalance above all of it."""
    return min(float(Decimal(repr(imbalance)) * factor), _MOST_IMBALANCE)


_OF_RISK: Final = (OverlayKind.RISK_MULTIPLIER, OverlayKind.PRESET)
_OF_THRESHOLD: Final = (OverlayKind.ENTRY_THRESHOLD, OverlayKind.PRESET)
