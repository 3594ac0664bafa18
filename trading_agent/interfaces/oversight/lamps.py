"""Lamps: conditions that must hold for a while to count, and be away for a while to be over."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from llm_overseer.brief import Detector, Light, Severity, Trigger, TriggerKind
from trading_agent.domain.units import SECOND, Nanos

_NEVER: Final = Nanos(0)


@dataclass(frozen=True, slots=True)
class LampKind:
    """`on`: its light when it is lit. `asks`: what a lamp that lights up is a reason for; None:
    for nothing by itself."""

    id: str
    on: Light
    asks: TriggerKind | None
    severity: Severity = Severity.ELEVATED
    on_seconds: float = 0.0
    off_seconds: float = 0.0


@dataclass(slots=True)
class Lamp:
    kind: LampKind
    scope: str
    light: Light = Light.UNKNOWN
    changed_at: Nanos = _NEVER
    _turning: Nanos | None = None

    def see(self, at: Nanos, condition: bool | None) -> bool:
        """Whether it has just lit up. None: nobody knows, and what was known stays."""
        if condition is None:
            return False
        lit = self.light is self.kind.on
        if condition == lit:
            self._turning = None
            if self.light is Light.UNKNOWN:
                self.light = Light.GREEN
            return False
        if self.light is Light.UNKNOWN and not condition:
            self.light = Light.GREEN
            return False
        self._turning = at if self._turning is None else self._turning
        needed = self.kind.on_seconds if condition else self.kind.off_seconds
        if at - self._turning < needed * SECOND:
            return False
        self.light = self.kind.on if condition else Light.GREEN
        self.changed_at, self._turning = at, None
        return condition

    def detector(self) -> Detector:
        name = self.kind.id if self.scope == "portfolio" else f"{self.kind.id}.{self.scope}"
        return Detector(name, self.light, self.scope)


class LampBoard:
    """All lamps by kind and scope, made when first seen."""

    def __init__(self) -> None:
        self._lamps: dict[tuple[str, str], Lamp] = {}
        self._reasons: list[Trigger] = []

    def see(self, kind: LampKind, scope: str, at: Nanos, condition: bool | None) -> None:
        lamp = self._lamps.get((kind.id, scope))
        if lamp is None:
            lamp = self._lamps[kind.id, scope] = Lamp(kind, scope)
        if lamp.see(at, condition) and kind.asks is not None:
            self._reasons.append(Trigger(kind.asks, kind.severity, scope))

    def reasons(self) -> tuple[Trigger, ...]:
        """Of lamps that lit up since this was last asked."""
        new, self._reasons = tuple(self._reasons), []
        return new

    def detectors(self) -> tuple[Detector, ...]:
        return tuple(lamp.detector() for _, lamp in sorted(self._lamps.items()))

    def lit(self) -> Iterator[Lamp]:
        for _, lamp in sorted(self._lamps.items()):
            if lamp.light is lamp.kind.on:
                yield lamp
