"""A desk behind a Telegram door: real snapshots and facts, everything else made by hand."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any, Literal

from msgspec.structs import replace

from tests.run_statuses import NOW, busy_snapshot
from tests.telegram_api.api import TelegramApi
from tests.telegram_api.server import TelegramServer
from tests.threads.waiting import PATIENCE
from trading_agent.domain.change_views import (
    ChangesView,
    LockView,
    ParameterView,
    StrategyStateView,
    Tighter,
)
from trading_agent.domain.command_facts import (
    ParameterSet,
    ParameterUndone,
    StrategySwitched,
    SymbolLocked,
    SymbolUnlocked,
)
from trading_agent.domain.commands import (
    CancelEntries,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Command,
    EnterPosition,
    Kill,
    LockSymbol,
    Origin,
    PauseEntries,
    Rearm,
    SetParameter,
    StartTrading,
    SwitchStrategy,
    UndoParameter,
    UnlockSymbol,
)
from trading_agent.domain.decision import BY_HAND
from trading_agent.domain.errors import CommandError
from trading_agent.domain.facts import (
    DeskKilled,
    DeskRearmed,
    EntriesPaused,
    EntriesResumed,
    ExitReason,
    ExitTriggered,
    Fact,
)
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import EndReason, OrderCanceled, OrderSent
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import DAY, HOUR, MINUTE, Lots, Nanos, Ticks
from trading_agent.interfaces.telegram.answer import Sources
from trading_agent.interfaces.telegram.door import TelegramDoor
from trading_agent.interfaces.telegram.door_parts import DoorParts, Patience
from trading_agent.interfaces.telegram.settings import TelegramSettings
from trading_agent.notifications.store import NoticeStore
from trading_agent.risk.settings import RiskLimits
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.door_ports import (
    ClosedTrade,
    EquityLevels,
    GroupProfit,
    LogLine,
    PeriodProfit,
    PeriodUnit,
    ProfitSummary,
    SessionFacts,
)
from trading_agent.runtime.health import Health
from trading_agent.runtime.latency import LatencyReport, LatencyView
from trading_agent.runtime.oversight_ports import ConsentView
from trading_agent.runtime.picture_ports import (
    BookData,
    BookLevel,
    EquityData,
    EquityPoint,
    PictureData,
    PictureKind,
    PictureWish,
    ReportData,
    SymbolProfit,
)
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule
from trading_agent.runtime.worker import Heartbeats, RestartRule, Worker

TOKEN = "123456789:AAFakeFakeFakeFakeFakeFakeFakeFakeFake"
OWNER, TRADER, VIEWER, STRANGER = 7, 8, 9, 666
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
QUICK = Patience(
    first=0.05,
    longest=0.2,
    refused=0.2,
    contested=0.1,
    settled=0.3,
    burst=200.0,
    messages_per_second=200.0,
)


class DeskFake:
    """Answers the usual commands with their facts, and remembers all it was told."""

    def __init__(self, snapshot: DeskSnapshot | None) -> None:
        self.shown = snapshot
        self.heard: list[Command] = []
        self.changed = threading.Condition()
        self._listeners: list[Subscription] = []
        self.answers: Callable[[Command], Fact | None] = usual_answer

    def submit(self, command: Command) -> None:
        with self.changed:
            self.heard.append(command)
            self.changed.notify_all()
        if (fact := self.answers(command)) is not None:
            self.tell(fact)

    def snapshot(self) -> DeskSnapshot:
        if self.shown is None:
            raise CommandError("the desk is still opening; try again shortly")
        return self.shown

    def subscribe(self, rule: SubscriptionRule) -> Subscription:
        subscription = Subscription(rule, rule.capacity or 1_000)
        self._listeners.append(subscription)
        return subscription

    def tell(self, fact: Fact) -> None:
        for each in self._listeners:
            each.offer((Published(sequence=1, fact=fact),))


def order_sent(order: int, symbol: str) -> OrderSent:
    return OrderSent(
        at=NOW,
        order=OrderId(order),
        symbol=symbol,
        strategy=BY_HAND,
        side=Side.BUY,
        kind=OrderKind.IOC,
        purpose=OrderPurpose.ENTRY,
        price=Ticks(1),
        size=Lots(1),
        arrives_at=NOW,
        reserved_asset="USDC",
        reserved=Decimal(100),
        take_profit_bps=0.0,
        stop_bps=0.0,
        hold_for=Nanos(0),
    )


def usual_answer(command: Command) -> Fact | None:
    """What a desk that obeys says."""
    kind = type(command)
    made = _ANSWERS.get(kind)
    return _PLAIN_ANSWERS.get(kind) if made is None else made(command)


_WHO = Origin.PERSON
_ANSWERS: dict[type[Command], Callable[[Any], Fact]] = {
    PauseEntries: lambda it: EntriesPaused(at=NOW, why=it.why),
    ClosePosition: lambda it: ExitTriggered(at=NOW, symbol=it.symbol, reason=ExitReason.COMMAND),
    Kill: lambda it: DeskKilled(at=NOW, why=it.why),
    EnterPosition: lambda it: order_sent(1, it.symbol),
    CancelOrder: lambda it: OrderCanceled(
        at=NOW, order=OrderId(it.order), unfilled=Lots(1), reason=EndReason.BY_REQUEST
    ),
    LockSymbol: lambda it: SymbolLocked(
        at=NOW, origin=_WHO, symbol=it.symbol, until=it.until, why=it.why
    ),
    UnlockSymbol: lambda it: SymbolUnlocked(at=NOW, origin=_WHO, symbol=it.symbol),
    SwitchStrategy: lambda it: StrategySwitched(
        at=NOW, origin=_WHO, strategy=it.strategy, on=it.on
    ),
    SetParameter: lambda it: ParameterSet(
        at=NOW, origin=_WHO, key=it.key, before="0.25", value=it.value
    ),
}
_PLAIN_ANSWERS: dict[type[Command], Fact] = {
    StartTrading: EntriesResumed(at=NOW),
    CloseAll: EntriesPaused(at=NOW, why="everything was closed by command", leaving=True),
    Rearm: DeskRearmed(at=NOW, why="by a person"),
    CancelEntries: OrderCanceled(
        at=NOW, order=OrderId(3), unfilled=Lots(1), reason=EndReason.BY_REQUEST
    ),
    UndoParameter: ParameterUndone(
        at=NOW, origin=Origin.PERSON, key="US.imbalance_threshold", before="0.3", value="0.25"
    ),
}


class RunFake:
    version = "1.2.3"
    started_at = Nanos(NOW - 3 * HOUR)

    def latency(self) -> LatencyReport:
        return LatencyReport(
            decision=LatencyView(count=9, p50=3.42, p99=9.87, largest=55.0),
            socket=LatencyView(count=9, p50=38.4, p99=312.6, largest=2_000.0),
            decided=LatencyView(count=0, p50=0.0, p99=0.0, largest=0.0),
        )

    def health(self) -> Health:
        return Health(
            process=4242,
            silent=(),
            snapshot_age=0.1,
            trading=True,
            why_not_trading="",
            books=2,
            books_ready=2,
            positions=1,
            orders=1,
            equity="10001.2786",
            quote="USDC",
            simulated=True,
        )

    def feed(self) -> tuple[tuple[str, str], ...]:
        return (("connections", "1 of 1"), ("gaps, resyncs", "1, 3"))

    def notes(self) -> tuple[str, ...]:
        return ("the fee of ETHUSDC rose to 5 bps",)


def group(name: str, profit: str, trades: int, wins: int) -> GroupProfit:
    return GroupProfit(
        name=name,
        trades=trades,
        wins=wins,
        losses=trades - wins,
        profit=Decimal(profit),
        spent=Decimal(250 * trades),
        held_for=Nanos(95 * MINUTE),
    )


class RecordsFake:
    def __init__(self) -> None:
        self.trouble: Exception | None = None

    def _meet(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def trades(self, count: int) -> tuple[ClosedTrade, ...]:
        self._meet()
        return tuple(
            ClosedTrade(
                number=40 - at,
                symbol="BTCUSDC" if at % 2 else "ETHUSDC",
                strategy="flash",
                opened_at=Nanos(NOW - (at + 1) * HOUR),
                closed_at=Nanos(NOW - at * HOUR),
                entry_value=Decimal(250),
                profit=Decimal("1.25") if at % 3 else Decimal("-12.5"),
                exit_reason=("take_profit", "stop", "time")[at % 3],
            )
            for at in range(min(count, 40))
        )

    def profit(self, since: Nanos) -> ProfitSummary:
        self._meet()
        return ProfitSummary(
            trades=40,
            wins=25,
            losses=15,
            profit=Decimal("12.3456"),
            fees=Decimal("1.25"),
            volume=Decimal(20000),
            gained=Decimal(30),
            lost=Decimal("-17.6544"),
            first_closed_at=Nanos(NOW - 2 * DAY),
            last_closed_at=Nanos(NOW - 5 * MINUTE),
            mean_held_for=Nanos(95 * MINUTE),
            win_held_for=Nanos(80 * MINUTE),
            loss_held_for=Nanos(120 * MINUTE),
            best=group("ETHUSDC", "14.2", 22, 15),
            worst=group("BTCUSDC", "-1.8544", 18, 10),
            drawdown=Decimal("0.0123"),
            drawdown_from=Nanos(NOW - 30 * HOUR),
            drawdown_to=Nanos(NOW - 26 * HOUR),
            start_equity=Decimal(10_000),
            running_since=Nanos(NOW - 3 * DAY),
        )

    def periods(self, unit: PeriodUnit, count: int, now: Nanos) -> tuple[PeriodProfit, ...]:
        self._meet()
        days = {"day": 1, "week": 7, "month": 30}[unit]
        return tuple(
            PeriodProfit(
                starts_at=Nanos(NOW - at * days * DAY),
                trades=at,
                profit=Decimal(at - 2),
                start_equity=Decimal(10_000) if at else None,
            )
            for at in range(count)
        )

    def by_symbol(self) -> tuple[GroupProfit, ...]:
        return (group("ETHUSDC", "14.2", 22, 15), group("BTCUSDC", "-1.8544", 18, 10))

    def by_strategy(self, symbol: str) -> tuple[GroupProfit, ...]:
        return (group("flash", "12.3456", 40, 25),)

    def by_exit_reason(self, symbol: str) -> tuple[GroupProfit, ...]:
        return (group("take_profit", "22", 25, 25), group("stop", "-9.6544", 15, 0))

    def equity_levels(self) -> EquityLevels | None:
        return EquityLevels(day_start=Decimal(10050), high_water=Decimal(10200))


class LogsFake:
    def __init__(self) -> None:
        self.lines: list[str] = ["the book of ETHUSDC was lost: gap", "reconnected"]

    def tail(self, count: int) -> tuple[LogLine, ...]:
        return tuple(
            LogLine(at=NOW, level="warning", logger="feed", words=each)
            for each in self.lines[-count:]
        )


class SettingsFake:
    def __init__(self) -> None:
        self.reloads = 0

    def describe(self, key: str) -> tuple[tuple[str, str], ...]:
        if key == "nonsense":
            raise CommandError("there is no setting nonsense; near it: none")
        return (("venue", "embedded"), ("symbols", "BTCUSDC, ETHUSDC"))

    def reload(self) -> tuple[str, ...]:
        self.reloads += 1
        return ("risk.max_order_notional is 500 at the next start",)


class PairsFake:
    def __init__(self) -> None:
        self.done: list[str] = []

    def add(self, symbol: str) -> str:
        self.done.append(f"add {symbol}")
        return f"{symbol} is traded from the next start on"

    def remove(self, symbol: str) -> str:
        self.done.append(f"remove {symbol}")
        return f"{symbol} is not traded from the next start on"

    def preview(self, action: Literal["add", "remove"], symbol: str) -> str:
        return "from the next start on"


class SessionsFake:
    def at(self, at: Nanos) -> SessionFacts:
        return SessionFacts(
            name="EUROPE",
            ends_at=Nanos(at + 55 * MINUTE),
            next_name="US",
            parameters=(("imbalance_threshold", "0.2"), ("take_profit_bps", "20")),
        )


class OverseerFake:
    def answer(self, arguments: str, person: str) -> str:
        return f"{person} asked <{arguments}>"

    def worth(self) -> str:
        return "helped by 12.40 ± 5.10 USDC after 31 decisions, spent $0.84"

    def consents(self) -> tuple[ConsentView, ...]:
        return (ConsentView(name="d3.1", words="sizes x 1.1", until=Nanos(NOW + MINUTE)),)


class PicturesFake:
    """Draws nothing, and gives the data of books and reports."""

    def __init__(self) -> None:
        self.wishes: list[PictureWish] = []
        self.ready = Event()
        """Cleared: drawing takes until it is set."""
        self.ready.set()

    def draw(self, wish: PictureWish) -> bytes:
        self.wishes.append(wish)
        assert self.ready.wait(PATIENCE)
        if wish.timeframe == "7m":
            raise CommandError("there is no timeframe 7m; there are 1m, 5m, 15m, 1h, 4h, 1d")
        return PNG

    def gather(self, wish: PictureWish) -> PictureData:
        if wish.kind is PictureKind.BOOK:
            levels = tuple(BookLevel(61_234.0 - at, 0.5 + at) for at in range(20))
            return BookData(
                symbol=wish.symbol,
                at=NOW,
                price_decimals=2,
                bids=levels,
                asks=tuple(BookLevel(61_235.0 + at, 0.25) for at in range(20)),
            )
        equity = EquityData(quote="USDC", base=10_000.0, points=(EquityPoint(NOW, 10_001.0),))
        return ReportData(
            title="20 Nov 2025",
            equity=equity,
            profit=Decimal("12.3456"),
            fees=Decimal("1.25"),
            closed=40,
            won=25,
            by_symbol=(SymbolProfit(symbol="ETHUSDC", profit=14.2, closed=22, won=15),),
            by_exit=(("take_profit", 22.0), ("stop", -9.6544)),
        )


def changes() -> ChangesView:
    """Two parameters, a lock, two strategies."""

    def parameter(key: str, session: str, value: str, tighter: Tighter) -> ParameterView:
        return ParameterView(
            key=key,
            session=session,
            value=Decimal(value),
            configured=Decimal("0.2"),
            changed=value != "0.2",
            unit="ratio",
            least=Decimal("0.05"),
            most=Decimal("0.9"),
            whole=False,
            tighter=tighter,
            what="least absolute book imbalance",
        )

    return ChangesView(
        baseline="abc",
        parameters=(
            parameter("EUROPE.imbalance_threshold", "EUROPE", "0.2", Tighter.MORE),
            parameter("US.imbalance_threshold", "US", "0.25", Tighter.MORE),
        ),
        undoable="US.imbalance_threshold",
        locks=(
            LockView(
                symbol="ETHUSDC",
                until=Nanos(0),
                remaining=Nanos(0),
                origin=Origin.PERSON,
                why="news <today>",
            ),
        ),
        strategies=(
            StrategyStateView(strategy="flash", on=True, failed="", symbols=()),
            StrategyStateView(strategy="momentum", on=False, failed="", symbols=("BTCUSDC",)),
        ),
    )


def desk_snapshot(**more: Any) -> DeskSnapshot:
    return replace(busy_snapshot(), changes=changes(), **more)


class SkippingClock(SystemClock):
    """The real one, which jumps ahead when told to."""

    def __init__(self) -> None:
        super().__init__()
        self._skipped = 0

    def now(self) -> Nanos:
        return Nanos(super().now() + self._skipped)

    def monotonic(self) -> int:
        return super().monotonic() + self._skipped

    def skip(self, nanos: int) -> None:
        self._skipped += nanos


@dataclass
class Scene:
    """A door at work: what it talks to, and what it said to the console."""

    api: TelegramApi
    server: TelegramServer
    desk: DeskFake
    store: NoticeStore
    sources: Sources
    door: TelegramDoor
    workers: list[Worker]
    records: RecordsFake
    pictures: PicturesFake
    pairs: PairsFake
    settings_port: SettingsFake
    logs: LogsFake
    clock: SkippingClock
    said: list[str] = field(default_factory=list)

    def ask(self, text: str, holds: str = "", user: int = OWNER) -> Any:
        """Sends it, and returns the answer that holds those words."""
        mark = self.api.mark()
        self.api.send(text, user)
        return self.api.reply(mark, holds, chat=user)

    def yes(self, question: Any, holds: str = "", user: int = OWNER) -> Any:
        mark = self.api.mark()
        self.api.press(question, "Yes", user)
        return self.api.reply(mark, holds)


def all_sources(store: NoticeStore) -> dict[str, Any]:
    pictures = PicturesFake()
    return {
        "run": RunFake(),
        "store": store,
        "records": RecordsFake(),
        "logs": LogsFake(),
        "settings": SettingsFake(),
        "pairs": PairsFake(),
        "sessions": SessionsFake(),
        "limits": RiskLimits(),
        "overseer": OverseerFake(),
        "pictures": pictures,
        "picture_data": pictures,
    }


@contextmanager
def scene(
    directory: Path,
    *,
    snapshot: DeskSnapshot | None = None,
    token: str = TOKEN,
    patience: Patience = QUICK,
    server: TelegramServer | None = None,
    opening: bool = False,
    **settings: Any,
) -> Iterator[Scene]:
    """A started door; nobody is on its lists unless `settings` say so."""
    own = TelegramServer(TelegramApi(TOKEN)) if server is None else None
    bot_api = own or server
    assert bot_api is not None
    clock = SkippingClock()
    store = NoticeStore(directory / "notices.sqlite", clock)
    store.open()
    desk = DeskFake(None if opening else snapshot or desk_snapshot())
    parts = all_sources(store)
    sources = Sources(**parts)
    said: list[str] = []
    rules = {"base_url": bot_api.base_url, "poll_seconds": 5, **settings}
    heard = threading.Condition()

    def say(words: str) -> None:
        with heard:
            said.append(words)
        with bot_api.api.changed:
            bot_api.api.changed.notify_all()

    door = TelegramDoor(
        DoorParts(
            token=token,
            settings=TelegramSettings(**rules),
            desk=desk,
            sources=sources,
            clock=clock,
            simulated=True,
            say=say,
            patience=patience,
        )
    )
    heartbeats = Heartbeats(clock)
    workers = [
        Worker(name, body, restart=RestartRule(first=0.05), heartbeats=heartbeats)
        for name, body in door.bodies
    ]
    if own is not None:
        own.__enter__()
    bot_api.api.clock = clock
    bot_api.api.known_chats.update((OWNER, TRADER, VIEWER))
    for worker in workers:
        worker.start()
    try:
        yield Scene(
            api=bot_api.api,
            server=bot_api,
            desk=desk,
            store=store,
            sources=sources,
            door=door,
            workers=workers,
            records=parts["records"],
            pictures=parts["pictures"],
            pairs=parts["pairs"],
            settings_port=parts["settings"],
            logs=parts["logs"],
            clock=clock,
            said=said,
        )
    finally:
        for worker in workers:
            worker.ask_to_stop()
        stuck = [worker.name for worker in workers if not worker.join(10.0)]
        store.close()
        if own is not None:
            own.__exit__()
        assert stuck == []


PEOPLE = {"owners": (OWNER,), "traders": (TRADER,), "viewers": (VIEWER,)}
