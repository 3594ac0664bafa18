"""A run without sockets: a scripted market fed to a core, recorded as a live run is."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from tests.fakes import ManualClock
from trading_agent import __version__
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.adapters.storage.recording import RecordingWriter
from trading_agent.adapters.storage.recording_opening import manifest_of
from trading_agent.adapters.storage.settings import StorageSettings
from trading_agent.domain.commands import CloseAll, Origin, PauseEntries, StartTrading
from trading_agent.domain.errors import TradingError
from trading_agent.domain.facts import Fact
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.message import Closing, Input, MarketRows, Stamped, Woke
from trading_agent.domain.units import MILLISECOND, Lots, Nanos
from trading_agent.engine.account import Account
from trading_agent.engine.account_image import AccountImage, image_of
from trading_agent.engine.assembly import assemble
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.opening import Opening
from trading_agent.engine.settings import OverlayBounds
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import RiskLimits
from trading_agent.runtime.digest import FactsDigest
from trading_agent.runtime.worker import Stop
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.settings import ExecutionParameters, SessionPlan, SignalParameters
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.settings import StrategySettings

STARTED = 1_700_000_000_000_000_000
IDENTITY = JournalIdentity("embedded", "scripted")
INSTRUMENTS = tuple(
    Instrument(
        symbol=f"{base}USDC",
        base=base,
        quote="USDC",
        price_decimals=2,
        size_decimals=4,
        min_size=Lots(1),
        min_notional=Decimal(1),
        max_notional=Decimal(1_000_000),
        maker_fee=Decimal(0),
        taker_fee=Decimal("0.0005"),
        tradable=True,
    )
    for base in ("AAA", "BBB")
)
SETTINGS = EngineSettings(
    SessionPlan(
        signal=SignalParameters(
            imbalance_threshold=0.1,
            momentum_threshold_bps=0.5,
            momentum_window_ms=500,
            trade_flow_threshold=0.0,
            volatility_max_bps=10_000.0,
            cooldown_ms=700,
        ),
        execution=ExecutionParameters(hold_seconds=3, take_profit_bps=8.0, stop_bps=8.0),
        sessions={},
    ),
    RiskLimits(),
    PaperSettings(latency_ms=12.0, latency_jitter_ms=9.0),
    PortfolioSettings(),
    StrategySettings(),
    TimeframeSettings(),
    PatternSettings(),
    EnhancedSettings(),
    OverlayBounds(least_ttl_seconds=1),
)


class ScriptedBook:
    """A book that walks at random and leans the way it goes."""

    def __init__(self, symbol: int, dice: random.Random) -> None:
        self._symbol = symbol
        self._dice = dice
        self._middle = 10_000
        self._version = 0
        self._shown: dict[tuple[RowKind, int], int] = {}

    def message(self) -> Rows:
        """A print, then every level that changed; the first time a snapshot."""
        drift = self._dice.choice((-6, -2, 0, 2, 6))
        self._middle += drift
        self._version += 1
        target = self._levels(drift)
        gone = [(kind, price, 0) for kind, price in self._shown if (kind, price) not in target]
        changed = [
            (kind, price, size)
            for (kind, price), size in target.items()
            if self._shown.get((kind, price)) != size
        ]
        opening = [(RowKind.CLEAR, 0, 0)] if not self._shown else []
        aggressor = RowKind.BUY if drift >= 0 else RowKind.SELL
        prints = [(aggressor, self._middle, self._dice.randint(1, 50_000))]
        self._shown = target
        depth = self._rows([*opening, *gone, *changed])
        return depth if opening else _joined(self._rows(prints), depth)

    def _levels(self, drift: int) -> dict[tuple[RowKind, int], int]:
        lean = 4 if drift > 0 else 1
        against = 4 if drift < 0 else 1
        levels = {}
        for depth in range(1, 8):
            size = self._dice.randint(1_000, 9_000)
            levels[RowKind.BID, self._middle - depth] = size * lean
            levels[RowKind.ASK, self._middle + depth] = size * against
        return levels

    def _rows(self, entries: Sequence[tuple[RowKind, int, int]]) -> Rows:
        rows = empty_rows(len(entries))
        for row, (kind, price, size) in zip(rows, entries, strict=True):
            row["kind"], row["price"], row["size"] = kind, price, size
        rows["symbol"] = self._symbol
        rows["sequence"] = self._version
        rows["flags"][-1] = RowFlag.LAST
        return rows


def _joined(first: Rows, second: Rows) -> Rows:
    rows = empty_rows(len(first) + len(second))
    rows[: len(first)], rows[len(first) :] = first, second
    return rows


def inputs(
    messages: int = 1_500, seed: int = 7, asked: Callable[[Nanos], dict[int, Input]] | None = None
) -> Iterator[Stamped]:
    """A market of two symbols with wake-ups and commands in between, then the end. `asked`: what
    else is asked after which message, given the time."""
    dice = random.Random(seed)
    books = [ScriptedBook(symbol, dice) for symbol in range(len(INSTRUMENTS))]
    sequence = 0
    at = STARTED

    def stamped(body: Input) -> Stamped:
        nonlocal sequence
        sequence += 1
        if isinstance(body, MarketRows):
            body.rows["at"] = at
            body.rows["venue_at"] = at - 3 * MILLISECOND
        return Stamped(sequence, Nanos(at), body)

    commands: dict[int, Input] = {
        messages // 3: PauseEntries(origin=Origin.PERSON, why="a look around"),
        messages // 2: StartTrading(origin=Origin.PERSON),
        messages - 40: CloseAll(origin=Origin.CLI),
    }
    for number in range(messages):
        at += dice.randint(5, 45) * MILLISECOND
        yield stamped(MarketRows(books[number % len(books)].message()))
        for more in (commands, {} if asked is None else asked(Nanos(at))):
            if number in more:
                yield stamped(more[number])
        if number % 10 == 0:
            at += MILLISECOND
            yield stamped(Woke())
    yield stamped(Closing())


@dataclass(frozen=True)
class RecordedRun:
    recording: Path
    facts: tuple[Fact, ...]
    digest: str


def record(
    path: Path,
    feed: Sequence[Stamped],
    *,
    history: tuple[Fact, ...] = (),
    finish: bool = True,
    digest: str | None = None,
    journal: Path | None = None,
    folded: int = 0,
    version: str = __version__,
) -> RecordedRun:
    """Run the core over the feed and record it. `digest`: what the last word claims, where it
    is not the truth; without `finish` there is no last word, as after a power cut. The `folded`
    first facts of the history are known by an image alone."""
    opening = Opening(
        at=Nanos(STARTED),
        venue=IDENTITY.venue,
        source=IDENTITY.source,
        simulated=True,
        seed=5,
        settings_digest="d1",
        version=version,
        instruments=INSTRUMENTS,
        history=history[folded:],
        image=_image_of(history[:folded]) if folded else None,
        folded=folded,
    )
    manifest = manifest_of(opening, SETTINGS)
    broken: list[TradingError] = []
    writer = RecordingWriter(path, manifest, StorageSettings(), ManualClock(), broken.append)
    core = assemble(SETTINGS, opening, batch=False)
    facts = [*core.open()]
    for stamped in feed:
        writer.put(stamped)
        facts += core.step(stamped)
    told = FactsDigest()
    told.add(facts)
    if finish:
        writer.finish(told.count, digest or told.hexdigest())
    stop = Stop()
    stop.set()
    writer.run(stop)
    assert broken == []
    if journal is not None:
        _write_journal(journal, (*history, *facts))
    return RecordedRun(path, tuple(facts), told.hexdigest())


def _image_of(facts: Sequence[Fact]) -> AccountImage:
    account = Account()
    for fact in facts:
        account.apply(fact)
    return image_of(account)


def with_one_larger_print(feed: Sequence[Stamped], at_input: int) -> list[Stamped]:
    """The feed with one print made a lot larger, at the first market input from there."""
    changed = list(feed)
    while not isinstance(changed[at_input].body, MarketRows):
        at_input += 1
    body = changed[at_input].body
    assert isinstance(body, MarketRows)
    rows = body.rows.copy()
    assert rows["kind"][0] in (RowKind.BUY, RowKind.SELL)
    rows["size"][0] += 1
    changed[at_input] = replace(changed[at_input], body=MarketRows(rows))
    return changed


def _write_journal(path: Path, facts: Sequence[Fact]) -> None:
    journal = Journal.open(path, IDENTITY, Nanos(STARTED))
    journal.append(list(enumerate(facts, 1)))
    journal.close()
