"""How the run is and what it may: /risk, /latency, /health, /logs, /version, /config,
/reload_config, /overseer, /ask."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Final

from trading_agent.domain.errors import CommandError
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import (
    Answer,
    Ask,
    Button,
    Group,
    Reply,
    Wish,
    needed,
    page,
)
from trading_agent.interfaces.telegram.answer import CommandRow as Row
from trading_agent.interfaces.telegram.answers_desk import mood
from trading_agent.interfaces.telegram.people import Role
from trading_agent.runtime.door_ports import BreakerBounds, EquityLevels
from trading_agent.runtime.health import complaints
from trading_agent.runtime.latency import LatencyView

_BAR: Final = 10
_MOST_QUESTIONS: Final = 8
_PREVIEWS: Final = {
    "mode": "Change how much the overseer may do by itself?",
    "revert": "End what holds at the desk by the overseer's word or a person's? It then trades as "
    "it was configured.",
}
"""What asks twice; the preview of what would be done."""
_CODE: Final = re.compile(r"/start\s+[0-9A-Z]{6,}")
_MOST_LINES: Final = 100
_LINES_ON_A_PAGE: Final = 10
_LEVEL_MARKS: Final = {"error": "🔴", "critical": "🔴", "warning": "🟡"}


def risk(ask: Ask) -> Answer:
    """Every limit, and how much of it is used."""
    desk, limits = ask.desk, needed(ask.sources.limits, "the table of limits")
    held = {view.symbol: _worth(ask, view.symbol) for view in desk.positions}
    largest = max(held.values(), default=Decimal(0))
    parts = [
        mood(desk),
        _use(
            "positions",
            Decimal(len(desk.positions)),
            Decimal(limits.max_open_positions),
            whole=True,
        ),
        _use(
            "open orders",
            Decimal(len(desk.open_orders)),
            Decimal(limits.max_open_orders),
            whole=True,
        ),
        _use("exposure", sum(held.values(), start=Decimal(0)), limits.max_exposure),
        _use("largest pair", largest, limits.max_position_notional),
    ]
    records = ask.sources.records
    levels = None if records is None else records.equity_levels()
    if levels is not None:
        parts += _losses(desk.equity, levels, limits.breakers)
    parts.append(f"one order at most {words.money(limits.max_order_notional, desk.quote)}")
    multiplier = desk.changes.risk_multiplier
    if multiplier != 1:
        parts.append(f"entries are multiplied by {multiplier.normalize():f}")
    parts += [
        f"🔒 {words.safe(each.symbol)}: {words.safe(each.why)}" for each in desk.changes.locks
    ]
    return page(words.lines(parts), live=True)


def _worth(ask: Ask, symbol: str) -> Decimal:
    view = next(each for each in ask.desk.positions if each.symbol == symbol)
    return view.size * (view.average_price if view.mark_price is None else view.mark_price)


def _use(name: str, used: Decimal, most: Decimal, *, whole: bool = False) -> str:
    shown = f"{used} of {most}" if whole else f"{used:,.0f} of {most:,.0f}"
    return f"<code>{_bar(float(used / most) if most else 1.0)}</code> {name} {shown}"


def _bar(share: float) -> str:
    full = round(min(max(share, 0.0), 1.0) * _BAR)
    return "█" * full + "░" * (_BAR - full)


def _losses(equity: Decimal, levels: EquityLevels, bounds: BreakerBounds) -> list[str]:
    """Against the breakers that are on, the day's loss and the fall from the highest equity."""
    day = _fall(equity, levels.day_start)
    deep = _fall(equity, levels.high_water)
    soft, hard, kill = (
        bounds.daily_loss_soft_percent,
        bounds.daily_loss_hard_percent,
        bounds.daily_loss_kill_percent,
    )
    below = (
        bounds.drawdown_soft_percent,
        bounds.drawdown_hard_percent,
        bounds.drawdown_kill_percent,
    )
    return [
        _against("loss today", day, (soft, hard, kill)),
        _against("below the high", deep, below),
    ]


def _fall(equity: Decimal, from_level: Decimal) -> float:
    """Percent, at least 0."""
    return max(float(1 - equity / from_level) * 100.0, 0.0) if from_level > 0 else 0.0


def _against(name: str, percent: float, levels: tuple[float, float, float]) -> str:
    first = min((each for each in levels if each > 0), default=0.0)
    shown = " / ".join(f"{each:g}" if each else "off" for each in levels)
    bar = _bar(percent / first) if first else "░" * _BAR
    return f"<code>{bar}</code> {name} {percent:.2f}%\n<i>soft / hard / kill at {shown} %</i>"


def latency(ask: Ask) -> Answer:
    found = ask.sources.run.latency()
    rows = [
        _latency_row("tick to decision", found.decision),
        _latency_row("socket to step", found.socket),
        _latency_row("socket, decided", found.decided),
    ]
    return page(words.table(("Latency", "p50", "p99"), rows), live=True)


def _latency_row(name: str, view: LatencyView) -> tuple[str, str, str]:
    if not view.count:
        return name, words.NOTHING, words.NOTHING
    return name, words.microseconds(view.p50), words.microseconds(view.p99)


def health(ask: Ask) -> Answer:
    run = ask.sources.run
    found = run.health()
    wrong = complaints(found, 0.0)
    state = "✅ <b>Well</b>" if not wrong else "⚠️ <b>Not well</b>"
    rows = [
        ("running for", words.length(ask.now - run.started_at)),
        ("process", str(found.process)),
        ("books ready", f"{found.books_ready} of {found.books}"),
        ("snapshot age", words.length(ask.now - ask.desk.at)),
        *run.feed(),
    ]
    notes = run.notes()[-5:]
    return page(
        words.lines(
            (
                state,
                *(f"• {words.safe(each)}" for each in wrong),
                mood(ask.desk),
                words.pairs(rows),
                *(f"<i>{words.safe(without_code(each))}</i>" for each in notes),
            )
        ),
        live=True,
    )


def logs(ask: Ask) -> Answer:
    text = ask.word(0)
    count = int(text[:4]) if text.isdecimal() else 10
    found = needed(ask.sources.logs, "the log").tail(max(1, min(count, _MOST_LINES)))
    if not found:
        return page("Nothing was logged yet.", live=True)
    shown = [
        f"{_LEVEL_MARKS.get(each.level, '▫️')} <code>{words.clock(each.at)}</code> "
        f"{words.safe(without_code(each.words), 300)}"
        for each in reversed(found)
    ]
    return Answer(
        pages=tuple(
            "\n".join(shown[at : at + _LINES_ON_A_PAGE])
            for at in range(0, len(shown), _LINES_ON_A_PAGE)
        ),
        live=True,
    )


def without_code(text: str) -> str:
    """The code that pairs an owner is for whoever sees the console alone."""
    return _CODE.sub("/start …", text)


def version(ask: Ask) -> Answer:
    desk = ask.desk
    rows = (
        ("Flash Trading", ask.sources.run.version),
        ("venue", desk.venue),
        ("market", desk.source),
    )
    return page(words.pairs(rows))


def config(ask: Ask) -> Answer:
    found = needed(ask.sources.settings, "reading the configuration").describe(ask.word(0))
    pages = tuple(words.pairs(found[at : at + 40]) for at in range(0, max(len(found), 1), 40))
    return Answer(pages=pages)


def reload_config(ask: Ask) -> Wish:
    port = needed(ask.sources.settings, "reading the configuration")

    def deed() -> str:
        return "\n".join(port.reload()) or "nothing has changed"

    return Wish(
        what="read the configuration files anew",
        deed=deed,
        preview="Read the configuration files anew? Faulty files change nothing.",
    )


def question(ask: Ask) -> Reply:
    """`/ask TEXT` is `/overseer ask TEXT`."""
    return overseer(replace(ask, words=("ask", *ask.words)))


def overseer(ask: Ask) -> Reply:
    port = needed(ask.sources.overseer, "the overseer")
    verb, wanted = ask.word(0).lower(), " ".join(ask.words)
    preview = _PREVIEWS.get(verb, "") if len(ask.words) > 1 else ""
    if preview:
        if verb == "mode" and ask.role < Role.OWNER:
            raise CommandError("an owner alone chooses how much the overseer may do")
        return Wish(
            what=f"overseer: {wanted[:60]}",
            deed=lambda: port.answer(wanted, ask.person),
            preview=f"{preview}\n<code>/overseer {words.safe(wanted, 60)}</code>",
        )
    said = port.answer(wanted, ask.person)
    buttons = tuple(
        (
            Button(f"✔ {each.name}", f"/overseer approve {each.name}"),
            Button(f"✖ {each.name}", f"/overseer reject {each.name}"),
        )
        for each in port.consents()[:_MOST_QUESTIONS]
    )
    return page(f"<blockquote>{words.safe(said, 3_000)}</blockquote>", buttons=buttons)


ROWS: Final = (
    Row(
        name="risk",
        group=Group.LIMITS,
        does="limits and how much is used",
        answer=risk,
        slow=True,
    ),
    Row(name="latency", group=Group.RUN, does="how fast it decides", answer=latency),
    Row(name="health", group=Group.RUN, does="threads, feed, notes", answer=health),
    Row(
        name="logs",
        aliases=("log",),
        group=Group.RUN,
        role=Role.TRADER,
        usage="[N]",
        does="the last lines of the log",
        answer=logs,
        slow=True,
    ),
    Row(name="version", group=Group.RUN, does="what runs here", answer=version),
    Row(
        name="config",
        aliases=("show_config", "show_conf"),
        group=Group.RUN,
        role=Role.TRADER,
        usage="[KEY]",
        does="settings as they are",
        answer=config,
        slow=True,
    ),
    Row(
        name="reload_config",
        aliases=("reload_conf",),
        group=Group.RUN,
        role=Role.OWNER,
        does="read the settings anew",
        answer=reload_config,
    ),
    Row(
        name="overseer",
        group=Group.RUN,
        role=Role.TRADER,
        usage="[…]",
        does="what the overseer did and may",
        answer=overseer,
        slow=True,
        asks_models=True,
    ),
    Row(
        name="ask",
        group=Group.RUN,
        role=Role.TRADER,
        usage="TEXT",
        does="ask the overseer",
        answer=question,
        slow=True,
        asks_models=True,
    ),
)
