"""What overlays the core lets in. It asks nothing of whoever proposes them: bounds, times, counts
and the right to loosen are judged here, once more and last."""

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Final

from msgspec import Struct

from trading_agent.domain.commands import LONGEST_WHY, PERSONS, Origin
from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.overlays import Overlay, OverlayKind, OverlayRefusal
from trading_agent.domain.units import DAY, SECOND, Nanos
from trading_agent.engine.changes import Changes
from trading_agent.engine.parameters import ONE
from trading_agent.engine.settings import OverlayBounds
from trading_agent.engine.tuning import factors_of

Refusal = tuple[OverlayRefusal, str]

_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_LONGEST_SCOPE: Final = 32
_MOST_DIGITS: Final = 4
_LARGEST: Final = 1_000
_OF_SYMBOL: Final = (OverlayKind.RISK_MULTIPLIER, OverlayKind.PAUSE_SYMBOL)
_WITH_VALUE: Final = (OverlayKind.RISK_MULTIPLIER, OverlayKind.ENTRY_THRESHOLD)


class Asked(Struct, frozen=True):
    """An overlay, who applies it, and what it has to fit."""

    overlay: Overlay
    origin: Origin
    at: Nanos
    baseline: str
    bounds: OverlayBounds
    changes: Changes
    symbols: Collection[str]
    sessions: Collection[str]


def refusal_of(asked: Asked) -> Refusal | None:
    """The first no; None when it may be applied."""
    if asked.overlay.kind is OverlayKind.RESTORE:
        return _first(_RESTORING, asked)
    return _first(_RULES, asked)


def loosens(overlay: Overlay) -> bool:
    """Whether it makes the desk bolder in any way: by its numbers, whatever it says of itself."""
    risk, threshold = factors_of(overlay)
    return risk > ONE or threshold < ONE


def in_bounds(overlay: Overlay, bounds: OverlayBounds) -> bool:
    risk, threshold = factors_of(overlay)
    return (
        bounds.least_risk_multiplier <= risk <= bounds.most_risk_multiplier
        and bounds.least_entry_threshold <= threshold <= bounds.most_entry_threshold
    )


def longest(overlay: Overlay, bounds: OverlayBounds) -> int:
    """Seconds it may be given."""
    if overlay.kind is OverlayKind.HALT_ENTRIES:
        return bounds.most_halt_seconds
    if overlay.kind is OverlayKind.PAUSE_SYMBOL:
        return bounds.most_pause_seconds
    return bounds.most_loosening_seconds if loosens(overlay) else bounds.most_tightening_seconds


def _is_well_formed(asked: Asked) -> Refusal | None:
    overlay = asked.overlay
    faults = (
        (_NAME.fullmatch(overlay.overlay) is None, "its name is 1 to 64 letters, digits and ._:-"),
        (len(overlay.scope) > _LONGEST_SCOPE, f"its scope has more than {_LONGEST_SCOPE} letters"),
        (len(overlay.why) > LONGEST_WHY, f"its reason has more than {LONGEST_WHY} letters"),
        (not _has_what_it_needs(overlay), f"{overlay.kind.value} needs and allows other fields"),
    )
    words = next((words for fault, words in faults if fault), "")
    return (OverlayRefusal.MALFORMED, words) if words else None


def _has_what_it_needs(overlay: Overlay) -> bool:
    kind = overlay.kind
    if (overlay.value is not None) != (kind in _WITH_VALUE):
        return False
    if (overlay.preset is not None) != (kind is OverlayKind.PRESET):
        return False
    if kind in (OverlayKind.HALT_ENTRIES, OverlayKind.PRESET) and overlay.scope:
        return False
    return kind is not OverlayKind.PAUSE_SYMBOL or overlay.scope != ""


def _is_a_number(asked: Asked) -> Refusal | None:
    value = asked.overlay.value
    if value is None:
        return None
    if not value.is_finite() or not -_LARGEST < value < _LARGEST:
        return OverlayRefusal.OUT_OF_BOUNDS, "its value is no number that could be meant"
    if value == ONE:
        return OverlayRefusal.MALFORMED, "its value changes nothing"
    _, digits, exponent = value.as_tuple()
    idle = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    if int(exponent) + idle < -_MOST_DIGITS:
        return OverlayRefusal.MALFORMED, f"its value has more than {_MOST_DIGITS} decimals"
    return None


def _is_new(asked: Asked) -> Refusal | None:
    name = asked.overlay.overlay
    if name in asked.changes.names:
        return OverlayRefusal.KNOWN, "there is or was one of this name"
    return None


def _scope_is_known(asked: Asked) -> Refusal | None:
    overlay = asked.overlay
    if overlay.scope == "":
        return None
    if overlay.kind is OverlayKind.RESTORE:
        known = overlay.scope in asked.symbols or overlay.scope in asked.sessions
    else:
        known = overlay.scope in (asked.symbols if overlay.kind in _OF_SYMBOL else asked.sessions)
    if known:
        return None
    return OverlayRefusal.UNKNOWN_SCOPE, f"{overlay.scope} is not of this run"


def _value_is_in_bounds(asked: Asked) -> Refusal | None:
    if in_bounds(asked.overlay, asked.bounds):
        return None
    bounds = asked.bounds
    of_risk = _range(bounds.least_risk_multiplier, bounds.most_risk_multiplier)
    of_threshold = _range(bounds.least_entry_threshold, bounds.most_entry_threshold)
    return (
        OverlayRefusal.OUT_OF_BOUNDS,
        f"sizes may be multiplied by {of_risk}, thresholds by {of_threshold}",
    )


def _time_is_in_bounds(asked: Asked) -> Refusal | None:
    least, most = asked.bounds.least_ttl_seconds, longest(asked.overlay, asked.bounds)
    if least <= asked.overlay.ttl_seconds <= most:
        return None
    return OverlayRefusal.OUT_OF_BOUNDS, f"it may hold {least} to {most} seconds"


def _baseline_still_holds(asked: Asked) -> Refusal | None:
    if asked.overlay.baseline == asked.baseline:
        return None
    return OverlayRefusal.STALE_BASELINE, f"the baseline is {asked.baseline} now"


def _picture_is_fresh(asked: Asked) -> Refusal | None:
    age = asked.at - asked.overlay.snapshot_at
    most = asked.bounds.most_snapshot_age_seconds
    if 0 <= age <= most * SECOND:
        return None
    return OverlayRefusal.STALE_SNAPSHOT, f"its picture of the desk is not of the last {most} s"


def _has_consent(asked: Asked) -> Refusal | None:
    """A person may do it; the overseer by itself may tighten, within a day's halts."""
    if asked.origin in PERSONS:
        return None
    overlay, bounds = asked.overlay, asked.bounds
    if loosens(overlay):
        room = Decimal(repr(bounds.overseer_loosens_percent)) / 100
        risk, threshold = factors_of(overlay)
        if risk > ONE + room or threshold < ONE - room:
            return OverlayRefusal.NEEDS_CONSENT, "only a person may apply what loosens so far"
    if overlay.kind is OverlayKind.HALT_ENTRIES:
        asked_today = _today(asked)[1] + overlay.ttl_seconds
        if asked_today > bounds.most_halted_seconds_a_day:
            return (
                OverlayRefusal.NEEDS_CONSENT,
                f"the overseer has asked for {asked_today} s of halts today, at most "
                f"{bounds.most_halted_seconds_a_day} without a person",
            )
    return None


def _there_are_few(asked: Asked) -> Refusal | None:
    bounds, scope = asked.bounds, asked.overlay.scope
    active = [each.overlay for each in asked.changes.overlays.values()]
    of_symbol = sum(each.scope == scope and each.kind in _OF_SYMBOL for each in active)
    if len(active) >= bounds.most_at_once:
        return (
            OverlayRefusal.TOO_MANY,
            f"{len(active)} overlays hold, at most {bounds.most_at_once}",
        )
    if scope and asked.overlay.kind in _OF_SYMBOL and of_symbol >= bounds.most_a_symbol:
        return OverlayRefusal.TOO_MANY, f"{of_symbol} hold for {scope}"
    if asked.origin not in PERSONS and _today(asked)[0] >= bounds.most_changes_a_day:
        return OverlayRefusal.TOO_MANY, f"{bounds.most_changes_a_day} were applied today"
    return None


def _today(asked: Asked) -> tuple[int, int]:
    """Overlays that the overseer has applied on this UTC day, and its seconds of halts."""
    changes = asked.changes
    return (changes.applied, changes.halted) if changes.day == asked.at // DAY else (0, 0)


def _range(least: Decimal, most: Decimal) -> str:
    return f"{plain_text(least)} to {plain_text(most)}"


def _first(rules: tuple[Callable[[Asked], Refusal | None], ...], asked: Asked) -> Refusal | None:
    for rule in rules:
        refusal = rule(asked)
        if refusal is not None:
            return refusal
    return None


_RULES: Final = (
    _is_well_formed,
    _is_a_number,
    _is_new,
    _scope_is_known,
    _value_is_in_bounds,
    _time_is_in_bounds,
    _baseline_still_holds,
    _picture_is_fresh,
    _has_consent,
    _there_are_few,
)
_RESTORING: Final = (
    _is_well_formed,
    _scope_is_known,
    _baseline_still_holds,
    _picture_is_fresh,
)
