"""What people and the overseer have changed: a fold over facts, owned by the account."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct, field

from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayReverted,
    ParameterSet,
    ParameterUndone,
    StrategySwitched,
    SymbolLocked,
    SymbolUnlocked,
)
from trading_agent.domain.commands import Origin
from trading_agent.domain.overlays import OverlayKind
from trading_agent.domain.units import DAY

REMEMBERED_CHANGES: Final = 50
"""Of parameters, that can be undone."""
REMEMBERED_NAMES: Final = 256
"""Of overlays: one of a forgotten name was made from a picture that is too old by then."""


class ParameterChange(Struct, frozen=True):
    """`before`: what an undo makes it again; empty for as configured."""

    key: str
    before: str


class Changes(Struct):
    """`parameters`: plain numbers by key. `locks` by symbol, `off` by strategy, `overlays` by
    name; all in the order they came in. `applied` and `halted`: overlays of the overseer itself on
    UTC day `day`, and how many seconds it has asked to halt entries then."""

    parameters: dict[str, str] = field(default_factory=dict)
    undoable: list[ParameterChange] = field(default_factory=list)
    locks: dict[str, SymbolLocked] = field(default_factory=dict)
    off: dict[str, StrategySwitched] = field(default_factory=dict)
    overlays: dict[str, OverlayApplied] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    day: int = 0
    applied: int = 0
    halted: int = 0

    def value_of(self, key: str) -> Decimal | None:
        """None for as configured."""
        text = self.parameters.get(key, "")
        return Decimal(text) if text else None

    def add(self, fact: Any) -> None:
        """One of the facts of `ADDED`."""
        ADDED[type(fact)](self, fact)

    def _lock(self, fact: SymbolLocked) -> None:
        self.locks[fact.symbol] = fact

    def _unlock(self, fact: SymbolUnlocked) -> None:
        self.locks.pop(fact.symbol, None)

    def _switch(self, fact: StrategySwitched) -> None:
        if fact.on:
            self.off.pop(fact.strategy, None)
        else:
            self.off[fact.strategy] = fact

    def _set(self, fact: ParameterSet) -> None:
        self._hold(fact.key, fact.value)
        if fact.why:
            # Nobody asked for it: what it was cannot be any more.
            self.undoable = [each for each in self.undoable if each.key != fact.key]
            return
        self.undoable.append(ParameterChange(fact.key, fact.before))
        if len(self.undoable) > REMEMBERED_CHANGES:
            del self.undoable[0]

    def _undo(self, fact: ParameterUndone) -> None:
        self._hold(fact.key, fact.value)
        del self.undoable[-1]

    def _hold(self, key: str, value: str) -> None:
        if value:
            self.parameters[key] = value
        else:
            self.parameters.pop(key, None)

    def _apply(self, fact: OverlayApplied) -> None:
        overlay = fact.overlay
        self.overlays[overlay.overlay] = fact
        self.names.append(overlay.overlay)
        if len(self.names) > REMEMBERED_NAMES:
            del self.names[0]
        if fact.origin is not Origin.OVERSEER:
            return
        day = fact.at // DAY
        if day != self.day:
            self.day, self.applied, self.halted = day, 0, 0
        self.applied += 1
        if overlay.kind is OverlayKind.HALT_ENTRIES:
            self.halted += overlay.ttl_seconds

    def _end(self, fact: OverlayExpired | OverlayReverted) -> None:
        self.overlays.pop(fact.overlay, None)


ADDED: Final[dict[type[Any], Callable[[Changes, Any], None]]] = {
    SymbolLocked: Changes._lock,
    SymbolUnlocked: Changes._unlock,
    StrategySwitched: Changes._switch,
    ParameterSet: Changes._set,
    ParameterUndone: Changes._undo,
    OverlayApplied: Changes._apply,
    OverlayExpired: Changes._end,
    OverlayReverted: Changes._end,
}
"""How each kind of fact is added."""
