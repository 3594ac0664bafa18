"""What waits for a person's yes or no."""

from dataclasses import dataclass

from msgspec.structs import replace

from trading_agent.domain.errors import CommandError
from trading_agent.domain.overlays import Overlay
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.oversight.applications import Application


@dataclass(frozen=True, slots=True)
class Consent:
    number: int
    decision: str
    application: Application
    until: Nanos
    words: str


class Consents:
    """Numbers are never used twice in a run. The overseer's thread; `waiting`: any thread."""

    def __init__(self, minutes: int) -> None:
        self._minutes = minutes
        self._last = 0
        self._open: dict[int, Consent] = {}

    def ask(self, decision: str, application: Application, words: str, now: Nanos) -> Consent:
        self._last += 1
        until = Nanos(now + self._minutes * MINUTE)
        consent = Consent(self._last, decision, application, until, words)
        self._open[self._last] = consent
        return consent

    def waiting(self, now: Nanos) -> tuple[Consent, ...]:
        return tuple(each for each in list(self._open.values()) if now < each.until)

    def expired(self, now: Nanos) -> tuple[Consent, ...]:
        """Nobody answered; they are forgotten."""
        late = tuple(each for each in self._open.values() if now >= each.until)
        for each in late:
            del self._open[each.number]
        return late

    def take(self, number: int, now: Nanos) -> Consent:
        """Answered, once. Raises CommandError."""
        consent = self._open.pop(number, None)
        if consent is None or now >= consent.until:
            raise CommandError(f"nothing waits under number {number}; it was answered or too late")
        return consent


def renewed(overlay: Overlay, baseline: str, now: Nanos) -> Overlay:
    """A person has looked at the desk as it is now. Raises CommandError when its settings have
    been changed since it was proposed."""
    if overlay.baseline != baseline:
        raise CommandError("the settings were changed since it was proposed: it is void")
    return replace(overlay, snapshot_at=now)
