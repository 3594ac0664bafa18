"""What `/overseer` answers, on a phone and on the command line."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from llm_overseer.brief import Mode
from llm_overseer.records import Record
from llm_overseer.words import in_words
from trading_agent.domain.commands import Origin, RevertOverlay
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.domain.units import SECOND
from trading_agent.interfaces.oversight.modes import LADDER
from trading_agent.interfaces.oversight.outcomes import Kept, read_outcomes
from trading_agent.interfaces.oversight.parts import OversightParts, OversightState
from trading_agent.interfaces.oversight.phrases import asked_because, dollars, proposed, said_of
from trading_agent.interfaces.oversight.reckoning import OVERSEER
from trading_agent.interfaces.oversight.verdict_of_trials import (
    ATTRIBUTED,
    OUTCOMES_NAME,
    came_to,
)
from trading_agent.runtime.oversight_ports import ConsentView

if TYPE_CHECKING:
    from llm_overseer.main import LLMOverseer
    from llm_overseer.records import DecisionRecords, Event
    from trading_agent.interfaces.oversight.service import Oversight


class Asked(Protocol):
    """`door.OversightDoor`: each raises CommandError while the overseer is away."""

    @property
    def parts(self) -> OversightParts: ...

    @property
    def state(self) -> OversightState: ...

    @property
    def service(self) -> "Oversight": ...

    @property
    def library(self) -> "LLMOverseer": ...

    @property
    def records(self) -> "DecisionRecords": ...

    def consents(self) -> tuple[ConsentView, ...]: ...


Told = str | Coroutine[Any, Any, str]
_MOST_DECISIONS: Final = 20
_LONGEST_QUESTION: Final = 500
USAGE: Final = (
    "status | notes | mode [MODE] | budget | decisions [N] | why ID | revert ID|all | ask TEXT | "
    "approve ID | reject ID"
)


def answer(door: Asked, arguments: str, person: str) -> Told:
    """Words, or an errand for the overseer's thread that brings them. Raises CommandError."""
    verb, _, rest = arguments.strip().partition(" ")
    row = _VERBS.get(verb.lower() or "status")
    if row is None:
        raise CommandError(f"/overseer {verb[:24]}: there are {USAGE}")
    return row(door, rest.strip(), person)


def decision_line(record: Record) -> str:
    clock = datetime.fromtimestamp(record.verdict.at / SECOND, UTC)
    asked = asked_because(record.brief.trigger)
    return f"{clock:%d %b %H:%M} {asked}: {said_of(record.verdict)}"


def decision_lines(records: "DecisionRecords", kept: Kept, count: int) -> list[str]:
    """The latest, newest first, with what they came to."""
    latest = records.latest(min(max(count, 1), _MOST_DECISIONS))
    lines = []
    for record in latest:
        found = kept.of_decision(record.verdict.id)
        own = [it for it in found if it.arm == OVERSEER and not it.stood_still]
        lines.append("; ".join((decision_line(record), *map(came_to, own))))
    return lines


def _kept(door: Asked) -> Kept:
    """Raises CommandError."""
    try:
        return read_outcomes(door.parts.folder / OUTCOMES_NAME)
    except StorageError as error:
        raise CommandError(f"what decisions came to cannot be read: {error}") from error


def _status(door: Asked, _rest: str, _person: str) -> str:
    state, standing = door.state, door.service.modes.standing
    lines = [f"mode {state.mode} ({standing.why})"]
    if door.parts.has_provider:
        where = "the simulated provider" if door.parts.simulated else "models"
        lines.append(f"asks {where}, spent {state.spent}")
    lines.append(f"alarms: {', '.join(state.alarms) or 'none'}")
    lines += [f"last: {state.last}"] if state.last else []
    lines += [
        f"waits for you: {each.words} (/overseer approve {each.name})" for each in door.consents()
    ]
    trials = door.parts.trials
    return "\n".join((*lines, *(() if trials is None else trials.report())))


def _notes(door: Asked, _rest: str, _person: str) -> str:
    mark = "by SIMULATED models\n" if door.parts.simulated else ""
    return mark + ("\n".join(door.service.notes()) or "nothing was written yet")


def _mode(door: Asked, rest: str, person: str) -> Told:
    if not rest:
        standing = door.service.modes.standing
        names = ", ".join(mode.value for mode in LADDER)
        return f"mode {standing.mode.value} ({standing.why}); there are {names}"
    name = rest.lower().replace("-", "_")
    if name not in list(Mode):
        raise CommandError(f"{rest[:24]} is no mode; there are {', '.join(Mode)}")

    async def choose() -> str:
        door.service.modes.choose(Mode(name), person, door.parts.clock.now())
        return f"mode {name} from now on"

    return choose()


def _budget(door: Asked, _rest: str, _person: str) -> str:
    standing = door.library.standing(door.parts.clock.now())
    slices = ", ".join(
        f"{each.value} {dollars(spent)}" for each, spent in standing.by_slice.items()
    )
    return "\n".join(
        (
            f"today {dollars(standing.day)} of {dollars(standing.day_cap)}"
            + (" (simulated: nobody pays it)" if door.parts.simulated else ""),
            door.service.usual_day(),
            f"this hour {dollars(standing.hour)}, {standing.tokens} tokens today",
            *((slices,) if slices else ()),
            f"{standing.unresolved} calls of unknown cost, {standing.disputed} disputed",
        )
    )


def _decisions(door: Asked, rest: str, _person: str) -> str:
    count = int(rest) if rest.isdigit() else 5
    return "\n".join(decision_lines(door.records, _kept(door), count)) or "no decision yet"


def _why(door: Asked, rest: str, _person: str) -> str:
    name = rest.partition(".")[0].lower()
    record = door.records.find(name)
    if record is None:
        raise CommandError(f"there is no decision {name[:24]!r}; /overseer decisions lists them")
    return "\n".join(explained(record, door.records.events(name), _kept(door)))


def explained(record: Record, events: "tuple[Event, ...]", kept: Kept) -> list[str]:
    verdict, brief = record.verdict, record.brief
    lights = ", ".join(f"{it.id} {it.light.value}" for it in brief.detectors if it.light != "green")
    lines = [
        decision_line(record),
        f"mode {verdict.mode.value}, tier {verdict.tier}, cost {dollars(verdict.cost_nano)}, "
        f"{verdict.latency_ms} ms",
        f"saw: {lights or 'all green'}",
    ]
    if verdict.regime:
        against = ", against what the desk sees" if verdict.regime_conflict else ""
        lines.append(f"regime: {verdict.regime} ({verdict.confidence} confidence){against}")
    lines += [f"says: {verdict.summary}"] if verdict.summary else []
    lines += [
        f"wanted: {proposed(it)} (because of {', '.join(it.evidence)})" for it in verdict.proposals
    ]
    lines += [
        f"refused: {it.kind.value} of {it.scope}: {in_words(it.code)}" for it in verdict.refusals
    ]
    lines += [f"then: {_became(event)}" for event in events if event.what != ATTRIBUTED]
    found = kept.of_decision(verdict.id)
    return [*lines, *(came_to(it) for it in found if not (it.arm == OVERSEER and it.stood_still))]


def _became(event: "Event") -> str:
    details = (f"{key}={value}" for key, value in event.detail.items() if value)
    return " ".join((event.what, *details))


def _revert(door: Asked, rest: str, person: str) -> str:
    active = [view.overlay for view in door.parts.desk.snapshot().changes.overlays]
    chosen = rest.lower()
    wanted = [each for each in active if chosen in ("all", each, each.partition(".")[0])]
    if not wanted:
        raise CommandError(
            f"{rest[:24] or 'nothing'} does not hold; {', '.join(active) or 'nothing'} does"
        )
    for name in wanted:
        command = RevertOverlay(origin=Origin.PERSON, overlay=name, why=f"by {person}")
        door.parts.desk.submit(command)
    return f"told the desk to end {', '.join(wanted)}"


def _ask(door: Asked, rest: str, _person: str) -> Told:
    if not rest:
        raise CommandError("/overseer ask TEXT: a question is missing")

    async def asked() -> str:
        verdict = await door.service.question(rest[:_LONGEST_QUESTION])
        words = verdict.summary or said_of(verdict)
        return f"SIMULATED: {words}" if verdict.simulated else words

    return asked()


def _answered(*, yes: bool) -> Callable[[Asked, str, str], Told]:
    def row(door: Asked, rest: str, person: str) -> Told:
        if not rest:
            raise CommandError("which one? /overseer status lists what waits, by name")

        async def take() -> str:
            now = door.parts.clock.now()
            return door.service.carrying.answer(rest.lower(), person, now, yes=yes)

        return take()

    return row


_VERBS: Final[dict[str, Callable[[Asked, str, str], Told]]] = {
    "status": _status,
    "notes": _notes,
    "mode": _mode,
    "budget": _budget,
    "decisions": _decisions,
    "why": _why,
    "revert": _revert,
    "ask": _ask,
    "approve": _answered(yes=True),
    "reject": _answered(yes=False),
}
