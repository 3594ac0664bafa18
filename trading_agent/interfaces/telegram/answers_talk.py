"""What is told without being asked, and what can be asked: /subscribe, /quiet, /help."""

import re
from collections.abc import Sequence
from typing import Final

from trading_agent.domain.errors import CommandError
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import Answer, Ask, CommandRow, Group, page
from trading_agent.interfaces.telegram.answer import CommandRow as Row
from trading_agent.interfaces.telegram.answers_desk import known_symbol
from trading_agent.interfaces.telegram.people import Role
from trading_agent.notifications.notice import Level, Mode, Topic
from trading_agent.notifications.wishes import QuietHours, Wish

_HOURS: Final = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", re.ASCII)
_MARKS: Final = {Mode.ON: "🔔", Mode.SILENT: "🔕", Mode.OFF: "✖"}


def subscribe(ask: Ask) -> Answer:
    """`/subscribe TOPIC [SYMBOL] [on|silent|off] [info|warning|critical]`."""
    _refuse_in_groups(ask)
    if not ask.words:
        return _wishes(ask)
    if ask.word(0).lower() == "reset":
        ask.sources.store.wishes.forget(ask.destination)
        return page("Back to what is usual, quiet hours included.")
    topic = _topic(ask.word(0))
    symbol, mode, least = "", Mode.ON, Level.INFO
    for text in ask.words[1:]:
        lowered = text.lower()
        if lowered in list(Mode):
            mode = Mode(lowered)
        elif lowered in list(Level):
            least = Level(lowered)
        else:
            symbol = known_symbol(ask.desk, text)
    wish = Wish(topic=topic, symbol=symbol, mode=mode, least=least)
    ask.sources.store.wishes.subscribe(ask.destination, wish)
    return page(f"{_MARKS[mode]} {words.safe(_said(wish))}")


def _said(wish: Wish) -> str:
    what = "everything" if wish.topic is None else wish.topic.value.replace("_", " ")
    where = f" of {wish.symbol}" if wish.symbol else ""
    least = "" if wish.least is Level.INFO else f", from {wish.least} on"
    return f"{what}{where}: {wish.mode}{least}"


def _topic(text: str) -> Topic | None:
    lowered = text.lower().replace("-", "_")
    if lowered in ("all", "everything"):
        return None
    if lowered in list(Topic):
        return Topic(lowered)
    names = ", ".join(Topic)
    raise CommandError(f"{text[:24]} is no topic; there are all, {names}")


def _wishes(ask: Ask) -> Answer:
    wishes, me = ask.sources.store.wishes, ask.destination
    shown = [
        f"{_MARKS[mode]} {topic.value.replace('_', ' ')}"
        for topic in Topic
        for mode in (wishes.mode_of_topic(me, topic),)
    ]
    special = [
        f"{_MARKS[each.mode]} {words.safe(_said(each))}"
        for each in wishes.of(me)
        if each.symbol or each.least is not Level.INFO
    ]
    hours = wishes.quiet_hours(me)
    quiet = "" if hours is None else f"🌙 quiet {_hours(hours)}"
    usage = "/subscribe TOPIC [SYMBOL] [on|silent|off] [warning|critical]"
    legend = "🔔 with sound · 🔕 without · ✖ not told"
    return page(words.lines((*shown, *special, quiet, f"<i>{legend}</i>", words.safe(usage))))


def quiet(ask: Ask) -> Answer:
    """`/quiet 22:00-07:00 [Europe/Berlin]`, `/quiet off`."""
    _refuse_in_groups(ask)
    wishes = ask.sources.store.wishes
    if not ask.words:
        hours = wishes.quiet_hours(ask.destination)
        shown = "No quiet hours." if hours is None else f"🌙 Quiet {_hours(hours)}"
        return page(f"{shown}\n/quiet 22:00-07:00 Europe/Berlin sets them, /quiet off ends them.")
    if ask.word(0).lower() == "off":
        wishes.keep_quiet(ask.destination, None)
        return page("No quiet hours any more.")
    match = _HOURS.fullmatch(ask.word(0))
    if match is None:
        raise CommandError("quiet hours are written as 22:00-07:00")
    begins, ends = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
    hours = QuietHours(begins=begins, ends=ends, zone=ask.word(1) or "UTC")
    wishes.keep_quiet(ask.destination, hours)
    return page(f"🌙 Quiet {_hours(hours)}. What is critical still rings.")


def _refuse_in_groups(ask: Ask) -> None:
    if ask.chat < 0:
        raise CommandError("alerts go to private chats alone; write this to the bot itself")


def _hours(hours: QuietHours) -> str:
    def shown(minute: int) -> str:
        return f"{minute // 60:02d}:{minute % 60:02d}"

    return words.safe(f"{shown(hours.begins)}-{shown(hours.ends)} {hours.zone}")


def help_of(rows: Sequence[CommandRow], ask: Ask) -> Answer:
    """Chapters of what this role may; with a command: that one."""
    if ask.words:
        return _one(rows, ask.word(0))
    chapters = []
    for group in Group:
        mine = [each for each in rows if each.group is group and each.role <= ask.role]
        if mine:
            listed = "\n".join(f"/{each.name}: {words.safe(each.does)}" for each in mine)
            chapters.append(f"<b>{words.safe(group.value)}</b>\n{listed}")
    tail = "/help COMMAND tells more of one."
    return Answer(pages=("\n\n".join((*chapters, tail)),), keyboard=True)


def _one(rows: Sequence[CommandRow], name: str) -> Answer:
    wanted = name.lower().lstrip("/")
    row = next((each for each in rows if wanted in (each.name, *each.aliases)), None)
    if row is None:
        raise CommandError(f"/{wanted[:32]} is no command; /help lists all")
    also = ", ".join(f"/{each}" for each in row.aliases)
    return page(
        words.lines(
            (
                f"<b>/{row.name}</b> {words.safe(row.usage)}",
                words.safe(row.does),
                f"also {also}" if also else "",
                f"<i>for {row.role.name.lower()}s</i>" if row.role > Role.VIEWER else "",
            )
        )
    )


ROWS: Final = (
    Row(
        name="subscribe",
        aliases=("notify",),
        group=Group.TALK,
        usage="[TOPIC [SYMBOL] [on|silent|off]]",
        does="what is told, and how",
        answer=subscribe,
    ),
    Row(
        name="quiet",
        group=Group.TALK,
        usage="[22:00-07:00 [ZONE]|off]",
        does="hours without sound",
        answer=quiet,
    ),
)
