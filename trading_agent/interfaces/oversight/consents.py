"""What waits for a person's yes or no."""

from dataclasses import dataclass

from msgspec.structs import replace

from trading_agent.domain.errors import CommandError
from trading_agent.domain.overlays import Overlay
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.oversight.applications import Application


@dataclass(frozen=True, slots=True)
class Consent:
    """`name`: decision and proposal, as in `d12.1`. No other question ever has it, so that the
    button of an old message cannot answer a new one."""

    name: str
    decision: str
    application: Application
    until: Nanos
    words: str


class Consents:
    """The overseer's thread; `waiting`: any thread."""

    def __init__(self, minutes: int) -> None:
        self._minutes = minutes
        self._open: dict[str, Consent] = {}

    def ask(self, decision: str, application: Application, words: str, now: Nanos) -> Consent:
        until = Nanos(now + self._minutes * MINUTE)
        consent = Consent(application.name, decision, application, until, words)
        self._open[consent.name] = consent
        return consent

    def waiting(self, now: Nanos) -> tuple[Consent, ...]:
        return tuple(each for each in list(self._open.values()) if now < each.until)

    def expired(self, now: Nanos) -> tuple[Consent, ...]:
        """Nobody answered; they are forgotten."""
        late = tuple(each for each in self._open.values() if now >= each.until)
        for each in late:
            del self._open[each.name]
        return late

    def take(self, name: str, now: Nanos) -> Consent:
        """Answered, once. Raises CommandError."""
        consent = self._open.pop(name, None)
        if consent is None or now >= consent.until:
            raise CommandError(f"nothing waits under {name[:24]}; it was answered or too late")
        return consent


def renewed(overlay: Overlay, baseline: str, now: Nanos) -> Overlay:
    """A person has looked at the desk as it is now. Raises CommandError when its settings have
    been changed since it was proposed."""
    if overlay.baseline != baseline:
        raise CommandError("the settings were changed since it was proposed: it is void")
    return replace(overlay, snapshot_at=now)
