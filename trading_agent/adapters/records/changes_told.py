"""What people and the overseer changed, as an incident: what it is about, and in words."""

from collections.abc import Callable
from typing import Any, Final

from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayRefused,
    OverlayReverted,
    ParameterSet,
    ParameterUndone,
    StrategySwitched,
    SymbolLocked,
    SymbolUnlocked,
)
from trading_agent.domain.units import SECOND

_AS_CONFIGURED: Final = "as configured"


def subject_and_words(fact: Any) -> tuple[str, str]:
    """Of one of the facts of `TOLD`."""
    return TOLD[type(fact)](fact)


def _lock(fact: SymbolLocked) -> tuple[str, str]:
    seconds = (fact.until - fact.at) // SECOND
    how_long = f"for {seconds} s" if fact.until else "until it is unlocked"
    return fact.symbol, _joined(f"{fact.origin.value}: {how_long}", fact.why)


def _unlock(fact: SymbolUnlocked) -> tuple[str, str]:
    return fact.symbol, _joined(fact.origin.value, fact.why)


def _switch(fact: StrategySwitched) -> tuple[str, str]:
    return fact.strategy, f"{fact.origin.value}: {'on' if fact.on else 'off'}"


def _parameter(fact: ParameterSet | ParameterUndone) -> tuple[str, str]:
    before, value = fact.before or _AS_CONFIGURED, fact.value or _AS_CONFIGURED
    why = fact.why if isinstance(fact, ParameterSet) else ""
    return fact.key, _joined(f"{fact.origin.value}: {before} to {value}", why)


def _applied(fact: OverlayApplied) -> tuple[str, str]:
    overlay = fact.overlay
    parts = [overlay.kind.value]
    parts += [overlay.scope] if overlay.scope else []
    parts += [f"{overlay.value:f}"] if overlay.value is not None else []
    parts += [overlay.preset.value] if overlay.preset is not None else []
    parts += [f"for {overlay.ttl_seconds} s", "loosens" if fact.loosens else "tightens"]
    return overlay.overlay, _joined(f"{fact.origin.value}: {' '.join(parts)}", overlay.why)


def _refused(fact: OverlayRefused) -> tuple[str, str]:
    return fact.overlay, f"{fact.origin.value}: {fact.reason.value}: {fact.detail}"


def _expired(fact: OverlayExpired) -> tuple[str, str]:
    return fact.overlay, "its time is over"


def _reverted(fact: OverlayReverted) -> tuple[str, str]:
    return fact.overlay, _joined(fact.origin.value, fact.why)


def _joined(words: str, why: str) -> str:
    return f"{words}: {why}" if why else words


TOLD: Final[dict[type[Any], Callable[[Any], tuple[str, str]]]] = {
    SymbolLocked: _lock,
    SymbolUnlocked: _unlock,
    StrategySwitched: _switch,
    ParameterSet: _parameter,
    ParameterUndone: _parameter,
    OverlayApplied: _applied,
    OverlayRefused: _refused,
    OverlayExpired: _expired,
    OverlayReverted: _reverted,
}
"""By the kind of fact."""
