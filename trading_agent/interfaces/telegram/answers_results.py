"""What was earned: /profit, /daily, /weekly, /monthly, /trades, /performance, /entries, /exits,
/stats, /report. Read from the records."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, Literal

from trading_agent.domain.errors import CommandError
from trading_agent.domain.units import DAY, Nanos
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import Answer, Ask, Group, needed, page
from trading_agent.interfaces.telegram.answer import CommandRow as Row
from trading_agent.interfaces.telegram.answers_desk import known_symbol
from trading_agent.runtime.door_ports import (
    ClosedTrade,
    GroupProfit,
    PeriodProfit,
    PeriodUnit,
    ProfitSummary,
    RecordsPort,
)
from trading_agent.runtime.picture_ports import PictureKind, PictureWish, ReportData

_MOST: Final = 200
_TRADES_ON_A_PAGE: Final = 15
_LONGEST_WORTH: Final = 240
_EVER: Final = Nanos(0)


def profit(ask: Ask) -> Answer:
    """Of closed trades, since ever or for so many days."""
    if (days := ask.word(0)) and not days.isdecimal():
        raise CommandError(f"{days[:16]} is no number of days; write /profit 7")
    since = Nanos(ask.now - int(days[:5]) * DAY) if days else _EVER
    summary = _records(ask).profit(since)
    shown = f"In the last {days} days" if days else "Since the beginning"
    if not summary.trades:
        return page(f"{words.safe(shown)}: no trade was closed.\n{_open(ask)}", live=True)
    head = words.lines(
        (
            f"<b>{words.safe(shown)}</b>",
            f"Closed {words.profit(summary.profit, ask.desk.quote)}{_of_start(summary)}",
            _open(ask),
        )
    )
    return page(f"{head}\n{words.pairs(_summary_rows(summary, ask))}", live=True)


def _open(ask: Ask) -> str:
    return f"Open {words.profit(ask.desk.unrealised_profit, ask.desk.quote)}"


def _of_start(summary: ProfitSummary) -> str:
    if not summary.start_equity:
        return ""
    return f" ({words.percent(summary.profit / summary.start_equity)})"


def _summary_rows(summary: ProfitSummary, ask: Ask) -> list[tuple[str, str]]:
    mean = summary.profit / summary.trades
    factor = "∞" if not summary.lost else f"{summary.gained / -summary.lost:.2f}"
    rows = [
        ("trades", f"{summary.trades:,}"),
        ("won / lost", f"{summary.wins} / {summary.losses}"),
        ("win rate", f"{summary.wins / summary.trades:.1%}"),
        ("mean a trade", words.signed(mean)),
        ("profit factor", factor if summary.gained or summary.lost else words.NOTHING),
        ("fees", words.money(summary.fees)),
        ("volume", words.money(summary.volume)),
        ("held, mean", _held(summary.mean_held_for)),
    ]
    if summary.best is not None:
        rows.append((f"best {summary.best.name}", words.signed(summary.best.profit)))
    if summary.worst is not None and summary.worst != summary.best:
        rows.append((f"worst {summary.worst.name}", words.signed(summary.worst.profit)))
    if summary.drawdown is not None:
        rows.append(("deepest fall", words.percent(-summary.drawdown)))
    if summary.drawdown_from is not None and summary.drawdown_to is not None:
        rows.append(("from", words.day_and_time(summary.drawdown_from)))
        rows.append(("to", words.day_and_time(summary.drawdown_to)))
    if summary.first_closed_at is not None:
        rows.append(("first closed", words.day_and_time(summary.first_closed_at)))
    if summary.last_closed_at is not None:
        ago = words.length(ask.now - summary.last_closed_at)
        rows.append(("last closed", f"{ago} ago"))
    if summary.running_since is not None:
        rows.append(("first started", words.day_and_time(summary.running_since)))
    return rows


def by_period(unit: PeriodUnit, usual: int) -> Callable[[Ask], Answer]:
    """/daily and its like, of so many periods unless a number is given."""

    def answer(ask: Ask) -> Answer:
        found = _records(ask).periods(unit, _count(ask, usual), ask.now)
        rows = [_period_row(unit, each) for each in found]
        total = sum((each.profit for each in found), start=Decimal(0))
        tail = f"Together {words.profit(total, ask.desk.quote)}"
        head = (unit.capitalize(), ask.desk.quote, "%", "n")
        return Answer(
            pages=tuple(
                f"{words.table(head, rows[at : at + 31])}\n{tail}"
                for at in range(0, max(len(rows), 1), 31)
            ),
            live=True,
        )

    return answer


def _period_row(unit: PeriodUnit, period: PeriodProfit) -> tuple[str, str, str, str]:
    start = words.moment(period.starts_at)
    name = f"{start:%b %Y}" if unit == "month" else f"{start:%d %b}"
    share = words.NOTHING
    if period.start_equity:
        share = words.percent(period.profit / period.start_equity)
    return name, words.signed(period.profit), share, str(period.trades)


def trades(ask: Ask) -> Answer:
    found = _records(ask).trades(_count(ask, 10))
    if not found:
        return page("No trade was closed yet.", live=True)
    rows = [_trade_row(each) for each in found]
    head = ("Pair", "P&L", "why", "UTC")
    return Answer(
        pages=tuple(
            words.table(head, rows[at : at + _TRADES_ON_A_PAGE])
            for at in range(0, len(rows), _TRADES_ON_A_PAGE)
        ),
        live=True,
    )


_SHORT_REASONS: Final = {
    "take_profit": "target",
    "break_even": "even",
    "session_end": "session",
    "trailing": "trail",
}


def _trade_row(trade: ClosedTrade) -> tuple[str, str, str, str]:
    reason = _SHORT_REASONS.get(trade.exit_reason, trade.exit_reason) or words.NOTHING
    when = f"{words.moment(trade.closed_at):%d.%m %H:%M}"
    return trade.symbol, words.signed(trade.profit), reason, when


def performance(ask: Ask) -> Answer:
    return _groups(_records(ask).by_symbol(), "Pair", ask)


def entries(ask: Ask) -> Answer:
    return _groups(_records(ask).by_strategy(_symbol(ask)), "Strategy", ask)


def exits(ask: Ask) -> Answer:
    return _groups(_records(ask).by_exit_reason(_symbol(ask)), "Exit", ask)


def _symbol(ask: Ask) -> str:
    return known_symbol(ask.desk, ask.word(0)) if ask.words else ""


def _groups(found: Sequence[GroupProfit], name: str, ask: Ask) -> Answer:
    if not found:
        return page("No trade was closed yet.", live=True)
    rows = [
        (
            words.spoken(each.name) if name == "Exit" else each.name,
            words.signed(each.profit),
            words.percent(each.profit / each.spent) if each.spent else words.NOTHING,
            str(each.trades),
        )
        for each in found
    ]
    head = (name, ask.desk.quote, "%", "n")
    return Answer(
        pages=tuple(words.table(head, rows[at : at + 30]) for at in range(0, len(rows), 30)),
        live=True,
    )


def stats(ask: Ask) -> Answer:
    """Wins and losses by the reason of the exit, and how long they were held."""
    records = _records(ask)
    found = records.by_exit_reason("")
    if not found:
        return page("No trade was closed yet.", live=True)
    rows = [
        (words.spoken(each.name), str(each.trades), str(each.wins), str(each.losses))
        for each in found
    ]
    summary = records.profit(_EVER)
    held = words.pairs(
        (
            ("winners held", _held(summary.win_held_for)),
            ("losers held", _held(summary.loss_held_for)),
        )
    )
    return page(f"{words.table(('Exit', 'all', 'won', 'lost'), rows)}\n{held}", live=True)


def report(ask: Ask) -> Answer:
    """A day or a week in words and a picture."""
    unit = _report_unit(ask.word(0))
    wish = PictureWish(kind=PictureKind.REPORT, days=1 if unit == "day" else 7)
    data = needed(ask.sources.picture_data, "the report").gather(wish)
    if not isinstance(data, ReportData):
        raise CommandError("there is nothing to report yet")
    drawn = ask.sources.pictures
    picture = None if drawn is None else drawn.draw(wish)
    return Answer(pages=(_report_text(data, ask),), picture=picture)


def _report_unit(text: str) -> Literal["day", "week"]:
    if text.lower() in ("", "day", "daily"):
        return "day"
    if text.lower() in ("week", "weekly"):
        return "week"
    raise CommandError("a report is of a day or a week: /report week")


def _report_text(data: ReportData, ask: Ask) -> str:
    rate = f"{data.won / data.closed:.0%}" if data.closed else words.NOTHING
    rows = [
        ("trades closed", str(data.closed)),
        ("won", f"{data.won} ({rate})"),
        ("fees", words.money(data.fees)),
        ("equity now", words.money(ask.desk.equity)),
    ]
    parts = [words.title(data.title), words.profit(data.profit, ask.desk.quote), words.pairs(rows)]
    if data.by_symbol:
        earned = [
            (each.symbol, words.signed(Decimal(str(each.profit))), str(each.closed))
            for each in data.by_symbol[:20]
        ]
        parts.append(words.table(("Pair", "P&L", "n"), earned))
    if data.by_exit:
        left = [
            (words.spoken(reason), words.signed(Decimal(str(gain))))
            for reason, gain in data.by_exit
        ]
        parts.append(words.table(("Exit", "P&L"), left))
    worth = "" if ask.sources.overseer is None else ask.sources.overseer.worth()
    if worth:
        parts.append(f"overseer, since it began: {words.safe(worth, _LONGEST_WORTH)}")
    return words.lines(parts)


def _records(ask: Ask) -> RecordsPort:
    return needed(ask.sources.records, "the records database")


def _held(nanos: Nanos | None) -> str:
    return words.NOTHING if nanos is None else words.length(nanos)


def _count(ask: Ask, usual: int) -> int:
    text = ask.word(0)
    if not text:
        return usual
    if not text.isdecimal() or not 1 <= int(text[:6]) <= _MOST:
        raise CommandError(f"{text[:16]} is no number from 1 to {_MOST}")
    return int(text)


def _row(
    name: str,
    does: str,
    answer: Callable[[Ask], Answer],
    usage: str = "",
    aliases: tuple[str, ...] = (),
) -> Row:
    return Row(
        name=name,
        aliases=aliases,
        group=Group.RESULTS,
        usage=usage,
        does=does,
        answer=answer,
        slow=True,
    )


ROWS: Final = (
    _row("profit", "what was earned in all", profit, usage="[DAYS]"),
    _row("daily", "profit by day", by_period("day", 7), usage="[N]"),
    _row("weekly", "profit by week", by_period("week", 8), usage="[N]"),
    _row("monthly", "profit by month", by_period("month", 6), usage="[N]"),
    _row("trades", "the last closed trades", trades, usage="[N]"),
    _row("performance", "profit by pair", performance),
    _row("entries", "profit by strategy", entries, usage="[SYMBOL]", aliases=("buys",)),
    _row("exits", "profit by reason to leave", exits, usage="[SYMBOL]", aliases=("sells",)),
    _row("stats", "wins, losses, time held", stats),
    _row("report", "a day or week, with a picture", report, usage="[day|week]"),
)
