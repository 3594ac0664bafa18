"""What a phone shows: a day of the embedded exchange's market through the whole core, and minutes
beside a running desk.

Run as `python -m tests.telegram_day` it writes the table of commands, the transcript and the
pictures of docs/telegram.md anew. The day comes out the same every time, after some twenty minutes
of work; the minutes are live.
"""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from tests.end_to_end.test_telegram_run import OWNER, PATIENCE, TOKEN, code_in, running
from tests.synthetic_day import SyntheticDay
from tests.telegram_api.api import Message, TelegramApi
from tests.telegram_api.server import TelegramServer
from trading_agent import __version__
from trading_agent.config.engine_parts import engine_settings
from trading_agent.config.loading import load
from trading_agent.domain.chart_facts import PatternSeen
from trading_agent.domain.facts import EquityMarked, Fact
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import PRINT_KINDS, Rows
from trading_agent.domain.message import Closing, MarketRows, Stamped
from trading_agent.domain.order import BUY
from trading_agent.domain.order_facts import OrderFilled
from trading_agent.domain.units import HOUR, MINUTE, SECOND, Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.engine.opening import Opening
from trading_agent.interfaces.telegram.command_table import COMMANDS
from trading_agent.notifications.late import SIMULATED
from trading_agent.notifications.memory import Memory, Tally
from trading_agent.notifications.narrator import Informants, Narrator, ReportTime
from trading_agent.notifications.notice import Mode, Notice, Topic
from trading_agent.notifications.settings import NotificationSettings
from trading_agent.notifications.teller import pace_of
from trading_agent.pictures.settings import PictureSettings
from trading_agent.pictures.studio import Studio
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.picture_ports import (
    Candle,
    ChartData,
    EquityData,
    EquityPoint,
    FillMark,
    PatternShape,
    PictureData,
    PictureKind,
    PictureWish,
    ReportData,
    SymbolProfit,
)
from trading_agent.signals.sessions import TradingSessionManager

PROJECT: Final = Path(__file__).resolve().parents[1]
DOCUMENT: Final = PROJECT / "docs" / "telegram.md"
PICTURES: Final = PROJECT / "docs" / "telegram"
FIRST: Final = Nanos(1_795_132_800 * SECOND)
"""20 November 2026, midnight."""
HOURS: Final = 24
REPORT_AT: Final = 23 * 60 + 59
"""Minute of the day."""
CANDLES: Final = 90
LENGTHS: Final = {"1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR}
LARGEST: Final = 200_000
"""Bytes of a picture."""
CLOCK: Final = SystemClock()
LINES_AN_HOUR: Final = 1
LONGEST: Final = 12
"""Lines of a message; of a longer one the first are shown."""
MARGIN: Final = " " * 10
_CLOSED: Final = "closed"
TRADES: Final = (Topic.ENTRY, Topic.FILL, Topic.EXIT)
ALWAYS_WHOLE: Final = (Topic.SESSION, Topic.REPORT, Topic.RUN, Topic.BREAKER, Topic.FEED)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """`mark`: the picture's name, empty for none."""

    at: int
    text: str
    topic: str = ""
    mine: bool = False
    buttons: tuple[str, ...] = ()
    picture: str = ""


# The day.


@dataclass(kw_only=True)
class MarketDay:
    """The facts of the day, and what a phone was told of them when. Rows count `instruments`."""

    facts: list[Fact]
    prints: Rows
    instruments: Sequence[Instrument]
    told: list[tuple[int, Notice]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    """As the report knew it."""


def market_day() -> MarketDay:
    config = load(PROJECT / "flash_trading_config.json", (), {}).config
    settings, market = engine_settings(config), SyntheticDay(config.embedded, FIRST)
    opening = Opening(
        at=FIRST,
        venue="embedded",
        source="synthetic",
        simulated=True,
        seed=config.embedded.seed,
        settings_digest="",
        version=__version__,
        instruments=tuple(market.instruments),
        history=(),
    )
    core = assemble(settings, opening, batch=True)
    facts = list(core.open())
    prints: list[Rows] = []
    for number, rows in enumerate(market.hours(HOURS), 1):
        facts += core.step(Stamped(number, Nanos(int(rows["at"][0])), MarketRows(rows)))
        prints.append(rows[np.isin(rows["kind"], PRINT_KINDS)])
    facts += core.step(Stamped(HOURS + 1, Nanos(FIRST + HOURS * HOUR), Closing()))
    day = MarketDay(facts=facts, prints=np.concatenate(prints), instruments=market.instruments)
    sessions = TradingSessionManager(settings.plan)
    _narrate(day, sessions, config.notifications)
    return day


def _narrate(
    day: MarketDay, sessions: TradingSessionManager, settings: NotificationSettings
) -> None:
    """Facts one by one, and a look at the clock every second between them."""
    narrator = Narrator(
        Memory(),
        pace_of(settings),
        ReportTime(REPORT_AT),
        frozenset(settings.pictures),
        Informants(session_ends=sessions.end_at),
    )
    now = day.facts[0].at

    def take(notices: Iterable[Notice]) -> None:
        for notice in notices:
            if settings.topics.get(notice.topic, Mode.ON) is not Mode.OFF:
                day.told.append((int(now), notice))

    def pass_until(moment: int) -> None:
        nonlocal now
        while now < moment:
            now = Nanos(min(now // SECOND * SECOND + SECOND, moment))
            before = narrator.memory.tally
            take(narrator.pass_time(now))
            if narrator.memory.tally is not before:
                day.tally = before
            take(narrator.see_session(sessions.session_at(now).name, now))

    for sequence, fact in enumerate(day.facts, 1):
        pass_until(fact.at)
        take(narrator.hear(sequence, fact))
    pass_until(now + 10 * SECOND)


def drawn(day: MarketDay, wish: PictureWish) -> PictureData:
    if wish.kind is PictureKind.REPORT:
        return _report(day, wish)
    return _chart(day, wish)


def _chart(day: MarketDay, wish: PictureWish) -> ChartData:
    length, until = LENGTHS[wish.timeframe], int(wish.until)
    since = until // length * length - CANDLES * length
    names = [each.symbol for each in day.instruments]
    place = names.index(wish.symbol)
    instrument = day.instruments[place]
    tick, lot = float(instrument.tick), float(instrument.lot)
    inside_chart = (day.prints["at"] >= since) & (day.prints["at"] <= until)
    rows = day.prints[inside_chart & (day.prints["symbol"] == place)]
    candles: list[Candle] = []
    for opened in range(since, until, length):
        inside = rows[rows["at"] // length * length == opened]
        prices = inside["price"] * tick
        if not len(inside) and not candles:
            continue
        if not len(inside):
            # As exchanges tell of a minute without a trade.
            prices = np.array([candles[-1].close])
        candles.append(
            Candle(
                at=Nanos(int(opened)),
                open=float(prices[0]),
                high=float(prices.max()),
                low=float(prices.min()),
                close=float(prices[-1]),
                volume=float(inside["size"].sum() * lot),
            )
        )
    past = [
        fact
        for fact in day.facts
        if since <= fact.at <= until and getattr(fact, "symbol", "") == wish.symbol
    ]
    shapes = [
        fact
        for fact in past
        if isinstance(fact, PatternSeen)
        and fact.timeframe == wish.timeframe
        and all(point.at >= since for point in fact.points)
    ]
    return ChartData(
        symbol=wish.symbol,
        timeframe=wish.timeframe,
        price_decimals=instrument.price_decimals,
        candles=tuple(candles),
        fills=tuple(
            FillMark(at=fact.at, side=fact.side, price=fact.price * tick, entry=fact.side is BUY)
            for fact in past
            if isinstance(fact, OrderFilled)
        ),
        patterns=tuple(
            PatternShape(
                name=each.name,
                direction=each.direction,
                points=each.points,
                target=each.target,
                invalidation=each.invalidation,
            )
            for each in shapes[-3:]
        ),
        simulated=True,
    )


def _report(day: MarketDay, wish: PictureWish) -> ReportData:
    marks = [fact for fact in day.facts if isinstance(fact, EquityMarked) and fact.at <= wish.until]
    points = [EquityPoint(fact.at, float(fact.equity)) for fact in marks]
    tally = day.tally
    return ReportData(
        title="the last day",
        equity=EquityData(quote="USDC", base=10_000.0, points=tuple(points), simulated=True),
        profit=tally.profit,
        fees=tally.fees,
        closed=tally.closed,
        won=tally.won,
        by_symbol=tuple(
            SymbolProfit(symbol=symbol, profit=float(each.profit), closed=each.closed, won=each.won)
            for symbol, each in tally.by_symbol.items()
        ),
        by_exit=tuple((name, float(each.profit)) for name, each in tally.by_exit.items()),
    )


def shown_day(day: MarketDay) -> list[Shown]:
    """With the pictures of the report and of the best chart pattern after a trade, as files."""
    chosen = _best_pattern(day)
    shown = []
    with TemporaryDirectory() as cache:
        studio = Studio(PictureSettings(), Path(cache))
        try:
            for at, notice in day.told:
                name = ""
                if notice.topic is Topic.REPORT:
                    name = "day-report"
                elif notice is chosen:
                    name = "day-pattern"
                if name and notice.picture is not None:
                    save(name, studio.draw(drawn(day, notice.picture)))
                shown.append(
                    Shown(
                        at=at,
                        text=notice.plain,
                        topic=notice.topic,
                        picture=name,
                    )
                )
        finally:
            studio.close()
    return shown


def _best_pattern(day: MarketDay) -> Notice | None:
    """Of one-minute patterns with a shape and a target, one with few trades on its chart: many
    hide it."""
    fills = [fact.at for fact in day.facts if isinstance(fact, OrderFilled)]

    def worth(notice: Notice) -> int:
        return sum(0 < notice.at - at < CANDLES * MINUTE for at in fills)

    found = [
        notice
        for _, notice in day.told
        if notice.picture is not None
        and notice.picture.timeframe == "1m"
        and "points to" in notice.plain
    ]
    return min((each for each in found if worth(each)), key=worth, default=None)


# The minutes.


class Clocked(list[Message]):
    """Messages, with what each said when it came and when that was."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Shown] = []

    def append(self, message: Message) -> None:
        super().append(message)
        self.shown.append(seen(message))


def seen(message: Message, picture: str = "") -> Shown:
    return Shown(
        at=CLOCK.now(),
        text=message.text,
        topic=topic_of(message.text),
        buttons=tuple(each["text"] for row in message.buttons for each in row),
        picture=picture,
    )


def topic_of(text: str) -> str:
    """Of an alert about a trade, by its words; empty for everything else."""
    first = text.partition("\n")[0]
    for words, topic in (
        (" bought ", Topic.ENTRY),
        (" sold ", Topic.FILL),
        (" closed ", Topic.EXIT),
    ):
        if words in first:
            return topic
    if first.startswith(("▲", "▼", "📐", "🧭")):
        return Topic.PATTERN
    return Topic.ANOMALY if first.startswith("🔍") else ""


class Phone:
    def __init__(self, api: TelegramApi) -> None:
        self.api = api
        self.messages = Clocked()
        api.messages = self.messages

    @property
    def shown(self) -> list[Shown]:
        return self.messages.shown

    def ask(self, text: str, holds: str, picture: str = "") -> Message:
        time.sleep(1.5)
        mark = self.api.mark()
        self._mine(text)
        self.api.send(text, OWNER, name="Ada")
        message = self.api.reply(mark, holds, chat=OWNER)
        if picture:
            save(picture, message.photo)
            index = next(at for at, each in enumerate(self.shown) if each.text == message.text)
            self.shown[index] = replace(self.shown[index], picture=picture)
        return message

    def press(self, message: Message, label: str, holds: str) -> None:
        edits = message.edits
        time.sleep(2.0)
        self._mine(f"[{label}]")
        self.api.press(message, label, OWNER)
        self.api.wait(lambda: message.edits > edits and holds in message.text)
        self.shown.append(seen(message))

    def holds_something(self) -> bool:
        """Whether the last word of some pair was that it was bought, a moment ago."""
        last = next((each for each in reversed(self.shown) if each.topic in TRADES), None)
        return last is not None and last.topic == Topic.ENTRY and "stop " in last.text

    def remark(self, text: str) -> None:
        """What no phone shows."""
        self.shown.append(Shown(at=CLOCK.now(), text=f"({text})"))

    def _mine(self, text: str) -> None:
        self.shown.append(Shown(at=CLOCK.now(), text=text, mine=True))


def shown_minutes() -> list[Shown]:
    with TemporaryDirectory() as folder, TelegramServer(TelegramApi(TOKEN)) as server:
        api, data = server.api, Path(folder)
        phone = Phone(api)
        with running(data, server.base_url) as process:
            code = api.wait(lambda: code_in(data), PATIENCE)
            api.wait(lambda: api.polls > 0, PATIENCE)
            phone.ask(f"/start {code}", "Paired")
            api.wait(phone.holds_something, 120)
            phone.ask("/status", "Equity")
            phone.ask("/why", "BTCUSDC")
            time.sleep(30)
            phone.ask("/chart BTCUSDC 1m", "BTCUSDC · 1m", picture="live-chart")
            phone.ask("/book BTCUSDC", "imbalance", picture="live-book")
            phone.ask("/risk", "exposure")
            phone.ask("/pause for lunch", "paused")
            time.sleep(3)
            phone.press(phone.ask("/resume", "Open for"), "Yes", "allowed again")
            time.sleep(5)
            api.wait(phone.holds_something, 120)
            phone.remark("on the desk's machine: Ctrl-C, and a new start")
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        time.sleep(8)
        told = len(api.messages)
        with running(data, server.base_url):
            api.wait(lambda: any("🚀" in each.text for each in api.messages[told:]), PATIENCE)
            time.sleep(20)
            phone.ask("/equity", "Equity", picture="live-equity")
            phone.ask("/kill something is odd", "Killed")
            time.sleep(3)
            phone.ask("/rearm", "flash-trading rearm")
            time.sleep(3)
        time.sleep(3)
        phone.remark("on the desk's machine: flash-trading rearm, and a new start")
        command = [sys.executable, "-m", "trading_agent", "rearm", "--data-dir", str(data), "--yes"]
        subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
        told = len(api.messages)
        with running(data, server.base_url):
            api.wait(lambda: any("🚀" in each.text for each in api.messages[told:]), PATIENCE)
            time.sleep(2)
        return list(phone.shown)


# On paper.


def save(name: str, picture: bytes) -> None:
    assert len(picture) < LARGEST, f"{name}: {len(picture)} bytes"
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.png").write_bytes(picture)


def written(shown: Sequence[Shown], known_before: Sequence[Shown] = ()) -> list[str]:
    """Everything once in full; of what comes again and again the beginnings, some an hour, and
    how many more there were. `known_before`: what of the charts and oddities needs no showing."""
    lines: list[str] = ["```"]
    known = {_kind(each) for each in known_before if each.topic and each.topic not in TRADES}
    an_hour: Counter[int] = Counter()
    left_out: list[Shown] = []

    def catch_up() -> None:
        if left_out:
            lines.append(f"{MARGIN}({_counted(left_out)})")
            left_out.clear()

    for each in shown:
        kind = _kind(each)
        again = each.topic and each.topic not in ALWAYS_WHOLE and kind in known
        if again and not each.picture:
            hour = each.at // HOUR
            if kind != _CLOSED or an_hour[hour] >= LINES_AN_HOUR:
                left_out.append(each)
                continue
            an_hour[hour] += 1
        known.add(kind)
        catch_up()
        lines += _short(each) if again and not each.picture else _whole(each)
        if each.picture:
            lines += ["```", "", f"![{each.picture}](telegram/{each.picture}.png)", "", "```"]
    catch_up()
    return [*lines, "```"]


def _kind(each: Shown) -> str:
    if each.topic == Topic.EXIT and " closed " in each.text:
        return _CLOSED
    if each.text.startswith(("▲", "▼")):
        return Topic.PATTERN
    return f"{each.topic}{each.text.split(maxsplit=1)[0]}"


def _counted(left_out: Sequence[Shown]) -> str:
    names = {
        Topic.ENTRY: ("entry", "entries"),
        Topic.FILL: ("fill", "fills"),
        Topic.EXIT: ("exit", "exits"),
        Topic.PATTERN: ("pattern", "patterns"),
        Topic.ANOMALY: ("oddity", "oddities"),
    }
    counts = Counter(each.topic for each in left_out)
    parts = [f"{count} {names[Topic(topic)][count > 1]}" for topic, count in counts.most_common()]
    return f"… {', '.join(parts)} of the same kind …"


def _head(each: Shown) -> str:
    clock = f"{datetime.fromtimestamp(each.at // SECOND, UTC):%H:%M:%S}"
    sign = "▶ " if each.mine else ""
    return f"{clock}  {sign}"


def _body(each: Shown) -> list[str]:
    return [line for line in each.text.split("\n") if line and line != SIMULATED]


def _short(each: Shown) -> list[str]:
    first, second, *_ = [*_body(each), ""]
    return [f"{_head(each)}{first}, {second} …".rstrip()]


def _whole(each: Shown) -> list[str]:
    first, *others = _body(each)
    shown = [f"{_head(each)}{first}"]
    if len(others) > LONGEST and each.topic not in ALWAYS_WHOLE:
        left = len(others) - LONGEST + 1
        others = [*others[:-left], f"(… {left} more lines …)"]
    shown += [f"{MARGIN}{line}".rstrip() for line in others]
    if each.buttons:
        shown.append(MARGIN + " ".join(f"[{label}]" for label in each.buttons))
    return shown


def command_table() -> list[str]:
    lines = ["| command | also | does | who |", "|---|---|---|---|"]
    for row in COMMANDS:
        usage = f" {row.usage}".rstrip().replace("|", "\\|")
        also = ", ".join(f"/{each}" for each in row.aliases)
        lines.append(f"| /{row.name}{usage} | {also} | {row.does} | {row.role.name.lower()} |")
    return lines


def put(text: str, name: str, lines: Iterable[str]) -> str:
    """Between the markers of that name."""
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = text.partition(first)
    _, found, after = rest.partition(last)
    assert found, f"{DOCUMENT.name} has no place for {name}"
    return "\n".join((f"{before}{first}", "", *lines, "", f"{last}{after}"))


def transcripts(arguments: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    yield "commands", command_table()
    if "commands" in arguments:
        return
    day = shown_day(market_day())
    if "minutes" not in arguments:
        yield "day", written(day)
    if "day" not in arguments:
        yield "minutes", written(shown_minutes(), day)


def main(arguments: Sequence[str]) -> None:
    """`commands`, `day`, `minutes`: that part alone."""
    for name, lines in transcripts(arguments):
        DOCUMENT.write_text(put(DOCUMENT.read_text(), name, lines))
        sys.stdout.write(f"{name}: {len(lines)} lines\n")


if __name__ == "__main__":
    main(sys.argv[1:])
