"""What the overseer's door is given, and what it shows of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from trading_agent.domain.facts import EquityMarked
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.applications import Application
from trading_agent.interfaces.oversight.briefs import Resolved
from trading_agent.interfaces.oversight.outcomes import Decided, Outcome
from trading_agent.interfaces.oversight.settings import OversightSettings
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.door_ports import DeskPort
from trading_agent.runtime.offer import Offer
from trading_agent.runtime.oversight_ports import Outside, OverlayLimits, Provider


class Harm(Struct, frozen=True):
    """Why it should do less."""

    why: str


class TrialsPort(Protocol):
    """Desks beside the desk: what would have been otherwise. Any thread; never waits."""

    def begin(self, decided: Decided) -> None:
        """What this decision applies to the desk, or ends at it, is measured."""
        ...

    def try_out(
        self,
        decided: Decided,
        arm: str,
        applications: tuple[Application, ...],
        *,
        held_out: bool = False,
    ) -> None:
        """Beside the desk only. `arm`: whose idea it is; `held_out`: it would have been applied,
        had a lot not been drawn."""
        ...

    def stand_still(self, decided: Decided, arm: str) -> None:
        """Whose idea it was that nothing should change."""
        ...

    def truth(self, mark: EquityMarked) -> None:
        """What the desk itself said it is worth."""
        ...

    def finished(self) -> tuple[Outcome, ...]:
        """Since this was last asked."""
        ...

    def resolved(self) -> tuple[Resolved, ...]:
        """The latest that came to an end, of the overseer itself; newest first."""
        ...

    def running(self) -> dict[str, float]:
        """Effects so far of what holds at the desk, percent of its worth, by decision."""
        ...

    def harm(self) -> Harm | None: ...

    def words(self) -> str:
        """Whether it helped, in one line."""
        ...

    def report(self) -> tuple[str, ...]:
        """The same by arms, in lines."""
        ...


class Tell(Protocol):
    def __call__(
        self, words: str, /, *, rings: bool = False, offers: tuple[Offer, ...] = ()
    ) -> None:
        """People hear of it; any thread. `rings`: they should look at once. `offers`: what they
        may do about it with one touch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OversightParts:
    """`provider` is asked for once, on the overseer's thread; None where there is none, and
    raises TradingError. `simulated`: its models are. `say` tells console and log, from any
    thread."""

    settings: OversightSettings
    limits: OverlayLimits
    desk: DeskPort
    folder: Path
    clock: Clock
    has_provider: bool
    simulated: bool
    provider: Callable[[], Provider | None]
    trials: TrialsPort | None
    say: Callable[[str], None]
    tell: Tell
    outside: Callable[[], Outside] = Outside
    first_pause: float = 1.0
    """Seconds in which the start of the run comes first."""


class OversightState(Struct, frozen=True, kw_only=True):
    """As a board shows it."""

    mode: str = "starting"
    who: str = ""
    last: str = ""
    last_at: Nanos = Nanos(0)
    spent: str = ""
    worth: str = ""
    waiting: int = 0
    alarms: tuple[str, ...] = ()
