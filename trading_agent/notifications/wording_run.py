"""Runs, pauses, breakers, refusals and the daily report in words. Pure: memory in, notice out."""

from decimal import Decimal
from typing import Final

from trading_agent.domain import facts
from trading_agent.domain.facts import BreakerLevel, ExitReason
from trading_agent.domain.units import Nanos
from trading_agent.notifications import figures
from trading_agent.notifications.late import length_of_time
from trading_agent.notifications.markup import Line, bold, foreign
from trading_agent.notifications.memory import Beginning, Earned, Memory, Tally
from trading_agent.notifications.notice import Lane, Level, Notice, Topic
from trading_agent.notifications.wording import EXIT_WORDS, Telling, counted, notice
from trading_agent.runtime.picture_ports import PictureKind, PictureWish

_BREAKER_WORDS: Final = {
    BreakerLevel.SOFT: "entries are made smaller",
    BreakerLevel.HARD: "exits only",
    BreakerLevel.KILL: "everything stops",
}
_BREAKER_LEVELS: Final = {
    BreakerLevel.SOFT: Level.WARNING,
    BreakerLevel.HARD: Level.CRITICAL,
    BreakerLevel.KILL: Level.CRITICAL,
}
_MOST_NAMED: Final = 8


def begun(memory: Memory, beginning: Beginning) -> Notice:
    """A run: new, again, or after a crash, and what it found."""
    title = "Restarted after a crash" if beginning.crashed else "Started"
    lines: list[Line] = [
        ("🚀 ", bold(title)),
        (f"version {foreign(beginning.version, 30)}, run {beginning.run}",),
        (f"{foreign(memory.venue, 30)}, {foreign(memory.source, 60)}",),
        (counted(len(memory.instruments), "pair"), _first_names(list(memory.instruments))),
    ]
    if beginning.since:
        lines.append((f"down for {length_of_time(beginning.at - beginning.since)}",))
    lines.extend((f"begins with {each}",) for each in beginning.deposits)
    lines.extend(_recovered(memory, beginning))
    telling = Telling(
        first=beginning.first,
        what="begun",
        at=beginning.at,
        topic=Topic.RUN,
        lane=Lane.RISK,
        level=Level.WARNING if beginning.crashed else Level.INFO,
    )
    return notice(memory, telling, lines)


def closed(memory: Memory, first: int, fact: facts.DeskClosed) -> Notice:
    lines: list[Line] = [
        ("🛑 ", bold("Stopped")),
        (f"ran {length_of_time(fact.at - memory.run_began)}, {fact.frames:,} messages",),
    ]
    held = list(memory.positions)
    if held:
        lines.append(("still held, unwatched until the next start:",))
        lines.append((_names(held),))
    else:
        lines.append(("nothing is held",))
    telling = Telling(
        first=first,
        what="closed",
        at=fact.at,
        topic=Topic.RUN,
        lane=Lane.RISK,
        level=Level.WARNING if held else Level.INFO,
    )
    return notice(memory, telling, lines)


def risk_told(memory: Memory, first: int, fact: facts.Fact) -> Notice | None:
    """Breakers, kills, pauses and refusals; None for every other fact."""
    match fact:
        case facts.BreakerTripped():
            level = _BREAKER_LEVELS[fact.level]
            lines: list[Line] = [
                ("🚨 ", bold(f"Breaker {foreign(fact.breaker, 60)}")),
                (f"{foreign(fact.why)}",),
                (f"{_BREAKER_WORDS[fact.level]}",),
                ("until somebody re-arms it",),
            ]
            return _risk(memory, first, fact, (Topic.BREAKER, level), lines)
        case facts.BreakerRearmed():
            lines = [("✅ ", bold(f"Breaker {foreign(fact.breaker, 60) or 'all'} re-armed"))]
            return _risk(
                memory, first, fact, (Topic.BREAKER, Level.INFO), _because(lines, fact.why)
            )
        case facts.DeskKilled():
            left = "everything held is sold" if fact.flatten else "nothing is sent any more"
            lines = [("🚨 ", bold("KILLED")), (foreign(fact.why) or "by command",), (left,)]
            held = list(memory.positions)
            lines.append((f"held: {_names(held)}" if held else "nothing is held",))
            return _risk(memory, first, fact, (Topic.BREAKER, Level.CRITICAL), lines)
        case facts.DeskRearmed():
            lines = [("✅ ", bold("The desk is re-armed"))]
            return _risk(
                memory, first, fact, (Topic.BREAKER, Level.INFO), _because(lines, fact.why)
            )
        case _:
            return desk_told(memory, first, fact)


def desk_told(memory: Memory, first: int, fact: facts.Fact) -> Notice | None:
    match fact:
        case facts.EntriesPaused():
            title = "Paused, everything is left" if fact.leaving else "Entries paused"
            lines: list[Line] = _because([("⏸ ", bold(title))], fact.why)
            return _risk(memory, first, fact, (Topic.BREAKER, Level.WARNING), lines)
        case facts.EntriesResumed():
            lines = [("▶️ ", bold("Entries allowed again"))]
            return _risk(memory, first, fact, (Topic.BREAKER, Level.INFO), lines)
        case facts.StrategyFailed():
            lines = [
                ("⚠️ ", bold(f"Strategy {foreign(fact.strategy, 40)} failed"), f" on {fact.symbol}"),
                (foreign(fact.why),),
                ("it is not asked again in this run;",),
                ("what it bought stays protected",),
            ]
            return _risk(memory, first, fact, (Topic.TROUBLE, Level.WARNING), lines)
        case facts.CommandRefused():
            about = f" {foreign(fact.about, 60)}" if fact.about else ""
            lines = [
                ("🚫 ", bold(f"Refused: {foreign(fact.command, 60)}"), about),
                (foreign(fact.why),),
            ]
            return _risk(memory, first, fact, (Topic.TROUBLE, Level.WARNING), lines)
        case _:
            return None


def report(memory: Memory, at: int, overseer_worth: str, *, picture: bool) -> Notice:
    """What there was since the report before; and whether the overseer helped, which is no matter
    of a day."""
    lines = report_lines(memory.tally, at, memory.quote)
    if overseer_worth:
        lines.append((f"overseer, since it began: {foreign(overseer_worth)}",))
    if memory.positions:
        lines.append((f"held: {_names(list(memory.positions))}",))
    days = max(round((at - memory.tally.since) / 86_400e9), 1)
    wish = PictureWish(kind=PictureKind.REPORT, days=days, until=Nanos(at))
    telling = Telling(
        first=0,
        what=f"report:{at}",
        at=at,
        topic=Topic.REPORT,
        lane=Lane.REPORTS,
        picture=wish if picture else None,
    )
    return notice(memory, telling, lines)


def report_lines(tally: Tally, at: int, quote: str) -> list[Line]:
    since = length_of_time(at - tally.since)
    lines: list[Line] = [("📊 ", bold("Report"), f", the last {since}")]
    if tally.equity:
        change = tally.equity - tally.first_equity
        share = figures.share(change, tally.first_equity)
        lines.append(
            (f"{figures.mark(change)} ", bold(f"{figures.gain(change)} {quote}"), f" {share}")
        )
        lines.append((f"equity {figures.money(tally.equity)} {quote}",))
        if tally.drawdown:
            fall = figures.share(-tally.drawdown, tally.fallen_from)
            lines.append((f"deepest fall {figures.money(-tally.drawdown)} ({fall})",))
    lines.extend(_trades(tally))
    lines.extend(_earned("by pair", tally.by_symbol))
    named = {_exit_name(name): earned for name, earned in tally.by_exit.items()}
    lines.extend(_earned("by exit", named))
    troubles = [
        counted(number, what)
        for number, what in ((tally.trips, "breaker trip"), (tally.feed_losses, "lost feed"))
        if number
    ]
    if troubles:
        lines.append((", ".join(troubles),))
    return lines


def _trades(tally: Tally) -> list[Line]:
    if not tally.closed and not tally.fills:
        return [("no trades",)]
    won = f", {100 * tally.won // tally.closed} % won" if tally.closed else ""
    lines: list[Line] = [
        (f"{counted(tally.closed, 'position')} closed{won}",),
        (f"realised {figures.gain(tally.profit)}, fees {figures.money(tally.fees)}",),
        (f"{counted(tally.fills, 'fill')}, volume {figures.money(tally.volume)}",),
    ]
    return lines


def _earned(title: str, earned: dict[str, Earned]) -> list[Line]:
    if not earned:
        return []
    ranked = sorted(earned.items(), key=lambda each: each[1].profit, reverse=True)
    lines: list[Line] = [(bold(title),)]
    lines.extend(
        (
            f"{figures.mark(each.profit)} {name} {figures.gain(each.profit)} "
            f"({each.won} of {each.closed})",
        )
        for name, each in ranked[:_MOST_NAMED]
    )
    if len(ranked) > _MOST_NAMED:
        rest = sum((each.profit for _, each in ranked[_MOST_NAMED:]), Decimal(0))
        lines.append((f"and {len(ranked) - _MOST_NAMED} more {figures.gain(rest)}",))
    return lines


def _recovered(memory: Memory, beginning: Beginning) -> list[Line]:
    if beginning.run == 1:
        return []
    lines: list[Line] = []
    for symbol, lots in list(beginning.held.items())[:_MOST_NAMED]:
        rules = memory.instruments[symbol]
        lines.append((f"holds {figures.size(rules, lots)} {rules.base} ({symbol})",))
    if len(beginning.held) > _MOST_NAMED:
        lines.append((f"and {len(beginning.held) - _MOST_NAMED} more positions",))
    if beginning.canceled:
        lines.append((f"{counted(beginning.canceled, 'open order')} called back",))
    if beginning.remarked:
        lines.append(("the simulated market began anew:",))
        lines.append(("what is held has its new prices",))
    return lines or [("nothing was open",)]


def _risk(
    memory: Memory,
    first: int,
    fact: facts.Fact,
    kind: tuple[Topic, Level],
    lines: list[Line],
) -> Notice:
    telling = Telling(
        first=first,
        what=type(fact).__name__,
        at=fact.at,
        topic=kind[0],
        lane=Lane.RISK,
        symbol=getattr(fact, "symbol", ""),
        level=kind[1],
    )
    return notice(memory, telling, lines)


def _because(lines: list[Line], why: str) -> list[Line]:
    return [*lines, (foreign(why),)] if why else lines


def _exit_name(name: str) -> str:
    return EXIT_WORDS[ExitReason(name)] if name else "sold"


def _names(symbols: list[str]) -> str:
    shown = ", ".join(symbols[:_MOST_NAMED])
    left = len(symbols) - _MOST_NAMED
    return f"{shown} and {left} more" if left > 0 else shown


def _first_names(symbols: list[str]) -> str:
    return f": {_names(symbols)}" if symbols else ""
