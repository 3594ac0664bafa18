"""What people and the overseer have changed, in words. Pure: memory in, notice out."""

from typing import Final

from trading_agent.domain import command_facts, facts
from trading_agent.domain.commands import Origin
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import Nanos
from trading_agent.notifications.late import length_of_time, time_of_day
from trading_agent.notifications.markup import Line, bold, foreign
from trading_agent.notifications.memory import Memory
from trading_agent.notifications.notice import Lane, Level, Notice, Topic
from trading_agent.notifications.wording import Telling, notice

_WHO: Final = {
    Origin.PERSON: "a person",
    Origin.OVERSEER: "the overseer",
    Origin.CLI: "a person at the console",
    Origin.SYSTEM: "the system",
}
_WHAT: Final = {
    OverlayKind.RISK_MULTIPLIER: "sizes",
    OverlayKind.ENTRY_THRESHOLD: "entry threshold",
    OverlayKind.PAUSE_SYMBOL: "no entries",
    OverlayKind.HALT_ENTRIES: "no entries at all",
    OverlayKind.PRESET: "preset",
    OverlayKind.RESTORE: "restore",
}
_CONFIGURED: Final = "as configured"

Words = tuple[Topic, Level, list[Line]]


def change_told(memory: Memory, first: int, fact: facts.Fact) -> Notice | None:
    """None for what is no such change."""
    words = _by_people(fact) or _by_overlay(fact)
    if words is None:
        return None
    topic, level, lines = words
    telling = Telling(
        first=first,
        what=type(fact).__name__,
        at=fact.at,
        topic=topic,
        lane=Lane.RISK,
        symbol=getattr(fact, "symbol", ""),
        level=level,
    )
    return notice(memory, telling, lines)


def _by_people(fact: facts.Fact) -> Words | None:
    match fact:
        case command_facts.SymbolLocked():
            until = f"until {time_of_day(fact.until)} UTC" if fact.until else "until it is unlocked"
            lines: list[Line] = [("🔒 ", bold(fact.symbol), " locked"), (f"no entries {until}",)]
            words = Topic.BREAKER, Level.INFO, _signed(lines, fact.origin, fact.why)
        case command_facts.SymbolUnlocked():
            lines = [("🔓 ", bold(fact.symbol), " unlocked")]
            words = Topic.BREAKER, Level.INFO, _signed(lines, fact.origin, fact.why)
        case command_facts.StrategySwitched():
            state = "on" if fact.on else "off"
            lines = [("🎛 ", bold(f"Strategy {foreign(fact.strategy, 40)} {state}"))]
            words = Topic.RUN, Level.INFO, _signed(lines, fact.origin, "")
        case command_facts.ParameterSet():
            lines = [("🎛 ", bold(foreign(fact.key, 80))), (_moved(fact.before, fact.value),)]
            words = Topic.RUN, Level.INFO, _signed(lines, fact.origin, fact.why)
        case command_facts.ParameterUndone():
            lines = [
                ("↩️ ", bold(foreign(fact.key, 80)), " taken back"),
                (_moved(fact.before, fact.value),),
            ]
            words = Topic.RUN, Level.INFO, _signed(lines, fact.origin, "")
        case _:
            return None
    return words


def _by_overlay(fact: facts.Fact) -> Words | None:
    match fact:
        case command_facts.OverlayApplied():
            level = Level.WARNING if fact.loosens else Level.INFO
            way = "looser" if fact.loosens else "more careful"
            lines: list[Line] = [
                ("🧠 ", bold(_effect(fact.overlay))),
                (f"{way}, for {length_of_time(fact.until - fact.at)}",),
                (f"until {time_of_day(Nanos(fact.until))} UTC",),
            ]
            words = Topic.OVERSEER, level, _signed(lines, fact.origin, fact.overlay.why)
        case command_facts.OverlayRefused():
            lines = [
                ("🚫 ", bold("Overlay refused: "), foreign(fact.overlay, 64)),
                (fact.reason.value.replace("_", " "),),
            ]
            words = Topic.OVERSEER, Level.WARNING, _signed(lines, fact.origin, fact.detail)
        case command_facts.OverlayExpired():
            lines = [("⌛ ", bold("Overlay over: "), foreign(fact.overlay, 64))]
            words = Topic.OVERSEER, Level.INFO, lines
        case command_facts.OverlayReverted():
            lines = [("↩️ ", bold("Overlay ended: "), foreign(fact.overlay, 64))]
            words = Topic.OVERSEER, Level.INFO, _signed(lines, fact.origin, fact.why)
        case _:
            return None
    return words


def _effect(overlay: Overlay) -> str:
    what = _WHAT[overlay.kind]
    if overlay.preset is not None:
        what = f"{what} {overlay.preset.value}"
    if overlay.value is not None:
        what = f"{what} × {overlay.value.normalize():f}"  # noqa: RUF001 - the sign of the trade
    return f"{what}, {foreign(overlay.scope, 32)}" if overlay.scope else what


def _moved(before: str, now: str) -> str:
    return f"{foreign(before, 40) or _CONFIGURED} → {foreign(now, 40) or _CONFIGURED}"


def _signed(lines: list[Line], origin: Origin, why: str) -> list[Line]:
    """Who did it, and why."""
    return [*lines, *([(foreign(why),)] if why else []), (f"by {_WHO[origin]}",)]
