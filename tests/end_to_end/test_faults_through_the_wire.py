"""Bad days at the exchange, as the desk lives through them: the whole system over real sockets.

No order and no fill on a book that is not ready is a law of `fact_laws`; here every fact of
the journal is held to it while the exchange misbehaves.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from tests.fact_laws import assert_lawful
from trading_agent.adapters.mexc.stream_counters import StreamCounters
from trading_agent.adapters.storage.journal import JournalReader
from trading_agent.config.loading import load
from trading_agent.domain.decision import RefusalReason
from trading_agent.domain.facts import (
    BookLost,
    BookReady,
    ExitReason,
    ExitTriggered,
    Fact,
    InstrumentListed,
    PositionOpened,
    ProposalRefused,
)
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order_facts import EndReason, OrderFilled, OrderRejected, OrderSent
from trading_agent.domain.snapshot import PositionView
from trading_agent.domain.units import SECOND
from trading_agent.embedded_exchange.faults import (
    AnswerFault,
    AnswerFaultKind,
    FrameFault,
    RulesChange,
)
from trading_agent.embedded_exchange.frame_damage import FrameFaultKind
from trading_agent.embedded_exchange.server import EmbeddedExchange, serve
from trading_agent.flash_trading import JOURNAL_NAME, FlashTradingSystem
from trading_agent.run_terms import RunOptions
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.subscription import Subscription, SubscriptionRule

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "flash_trading_config.json"
PATIENCE_SECONDS = 40.0
LEAST_VALUE = Decimal("1.01")
RESYNC = 2 * SECOND
"""How long a book may be missed once a snapshot is to be had; nanoseconds."""
TOLD_TO_WAIT_SECONDS = 1
BITCOIN, ETHER = "BTCUSDC", "ETHUSDC"
DEPTH = "/api/v3/depth"
EVERYWHERE = ("", "SESSIONS__ASIA__", "SESSIONS__EUROPE__", "SESSIONS__US__")
EAGER = {
    "SIGNAL__BOOK_LEVELS": "1",
    "SIGNAL__IMBALANCE_THRESHOLD": "0.02",
    "SIGNAL__MOMENTUM_THRESHOLD_BPS": "0",
    "SIGNAL__MOMENTUM_WINDOW_MS": "100",
    "SIGNAL__TRADE_FLOW_THRESHOLD": "0",
    "SIGNAL__TRADE_FLOW_WINDOW_MS": "100",
    "SIGNAL__VOLATILITY_MIN_BPS": "0",
    "SIGNAL__HYSTERESIS": "1",
    "SIGNAL__COOLDOWN_MS": "100",
    "EXECUTION__HOLD_SECONDS": "1",
}
"""Something is always about to happen, so that a fault meets it."""

Told = TypeVar("Told", bound=Fact)


@dataclass
class Scene:
    """An exchange that can be spoilt, and a desk that trades on it."""

    exchange: EmbeddedExchange
    system: FlashTradingSystem
    listener: Subscription
    clock: SystemClock = field(default_factory=SystemClock)
    facts: list[Fact] = field(default_factory=list)

    @property
    def feed(self) -> StreamCounters:
        return self.system.status().feed

    @property
    def tops_equal(self) -> int:
        """How often a book's top was the exchange's own best quote."""
        return sum(view.top_equal for view in self.system.desk.snapshot().symbols)

    def until(self, found: Callable[[], bool]) -> None:
        """Reads facts as they are committed until it is so."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while not found():
            assert time.monotonic() < ends, "\n".join(map(str, (*self.facts[-20:], self.feed)))
            published = self.listener.get(0.02)
            if published is not None:
                self.facts.append(published.fact)

    def until_ready(self) -> None:
        self.until(lambda: all(self._is_ready(symbol) for symbol in (BITCOIN, ETHER)))

    def _is_ready(self, symbol: str) -> bool:
        snapshot = self.system.desk.snapshot()
        return any(view.symbol == symbol and view.book_ready for view in snapshot.symbols)

    def next(self, kind: type[Told], wanted: Callable[[Told], bool] = lambda _: True) -> Told:
        """The next fact of a kind from now on."""
        place = len(self.facts)

        def found() -> list[Told]:
            return [it for it in self.facts[place:] if isinstance(it, kind) and wanted(it)]

        self.until(lambda: bool(found()))
        return found()[0]

    def lost_and_found(self, symbol: str) -> tuple[LossReason, int]:
        """Why the book is lost next, and after how many nanoseconds it is back."""
        lost = self.next(BookLost, lambda fact: fact.symbol == symbol)
        ready = self.next(BookReady, lambda fact: fact.symbol == symbol)
        return lost.reason, ready.at - lost.at


@contextmanager
def scene(folder: Path, **changes: str) -> Iterator[Scene]:
    """The desk as shipped, but eager. Afterwards the journal has obeyed every law."""
    exchange = serve(load(CONFIG, (), {}).config.embedded)
    environment = {
        "VENUE": "mexc",
        "MEXC__REST_URL": exchange.rest_url,
        "MEXC__STREAM_URL": exchange.stream_url,
        "MEXC__STOP_SECONDS": str(TOLD_TO_WAIT_SECONDS),
        "MEXC__FIREWALL_STOP_SECONDS": str(TOLD_TO_WAIT_SECONDS),
        **{f"TRADING__{where}{name}": it for where in EVERYWHERE for name, it in EAGER.items()},
        **changes,
    }
    named = {f"FLASH_TRADING__{name}": value for name, value in environment.items()}
    words: list[str] = []
    system = FlashTradingSystem(
        load(CONFIG, (), named), RunOptions(data_directory=folder), words.append
    )
    try:
        system.start()
        listener = system.desk.subscribe(SubscriptionRule(name="test", capacity=100_000))
        it = Scene(exchange, system, listener)
        it.until(lambda: system.status().snapshot is not None)
        it.until_ready()
        yield it
    finally:
        system.end("the test is over")
        stuck = system.stop()
        exchange.stop()
    assert stuck == ()
    assert_lawful([fact for _, fact in JournalReader(folder / JOURNAL_NAME).read()])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("desk")) as it:
        yield it


@pytest.mark.parametrize(
    ("kind", "reason", "counted"),
    [
        (FrameFaultKind.DROP, LossReason.GAP, None),
        (FrameFaultKind.REORDER, LossReason.GAP, None),
        (FrameFaultKind.GARBAGE, LossReason.INVALID_FRAME, "garbage"),
        (FrameFaultKind.TRUNCATED, LossReason.INVALID_FRAME, "garbage"),
        (FrameFaultKind.WRONG_SYMBOL, LossReason.GAP, "unsubscribed"),
        (FrameFaultKind.OFF_TICK, LossReason.INVALID_FRAME, "off_tick"),
        (FrameFaultKind.CROSSED, LossReason.CROSSED, None),
        (FrameFaultKind.HUGE, LossReason.DISCONNECTED, "oversize"),
    ],
)
def test_a_bad_frame_costs_its_book_which_is_back_within_two_seconds(
    desk: Scene, kind: FrameFaultKind, reason: LossReason, counted: str | None
) -> None:
    desk.until_ready()
    before = desk.feed
    desk.exchange.faults.script(FrameFault(kind=kind, symbol=BITCOIN))
    lost, missed = desk.lost_and_found(BITCOIN)
    assert lost is reason
    assert missed < RESYNC
    after = desk.feed
    word = reason.name.lower()
    assert after.losses[word] > before.losses.get(word, 0)
    assert after.books.resyncs > before.books.resyncs
    assert after.books.gaps - before.books.gaps == (reason is LossReason.GAP)
    if counted is not None:
        assert after.invalid[counted] == before.invalid.get(counted, 0) + 1
    assert sum(after.invalid.values()) - sum(before.invalid.values()) == (counted is not None)


def test_a_repeated_frame_is_counted_and_costs_nothing(desk: Scene) -> None:
    desk.until_ready()
    before = desk.feed
    desk.exchange.faults.script(FrameFault(kind=FrameFaultKind.DUPLICATE, symbol=BITCOIN, count=5))
    desk.until(lambda: desk.feed.books.duplicates == before.books.duplicates + 5)
    assert desk.feed.losses == before.losses


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (AnswerFault(kind=AnswerFaultKind.UNWELL, status=500, count=2), False),
        (AnswerFault(kind=AnswerFaultKind.HTML), False),
        (AnswerFault(kind=AnswerFaultKind.TRUNCATED), False),
        (AnswerFault(kind=AnswerFaultKind.LATE, seconds=0.3), False),
        (AnswerFault(kind=AnswerFaultKind.HANGING, seconds=60.0), False),
        (AnswerFault(kind=AnswerFaultKind.THROTTLED, retry_after=TOLD_TO_WAIT_SECONDS), True),
        (AnswerFault(kind=AnswerFaultKind.THROTTLED), True),
        (AnswerFault(kind=AnswerFaultKind.FORBIDDEN), True),
    ],
    ids=["500", "html", "truncated", "late", "hanging", "429 named", "429", "403"],
)
def test_a_book_waits_for_its_snapshot_and_no_longer(
    desk: Scene, fault: AnswerFault, *, waits: bool
) -> None:
    desk.until_ready()
    before = desk.feed
    desk.exchange.faults.script(fault.model_copy(update={"path": DEPTH}))
    desk.exchange.faults.script(FrameFault(kind=FrameFaultKind.DROP, symbol=BITCOIN))
    lost = desk.next(BookLost)
    assert lost.reason is LossReason.GAP
    desk.until(lambda: desk.exchange.faults.pending == 0)
    to_be_had = desk.clock.now() + (TOLD_TO_WAIT_SECONDS * SECOND if waits else 0)
    ready = desk.next(BookReady)
    assert ready.at - to_be_had < RESYNC
    assert not waits or ready.at - lost.at > 0.9 * TOLD_TO_WAIT_SECONDS * SECOND
    failures = desk.feed.failed_snapshots - before.failed_snapshots
    assert failures == (0 if fault.kind is AnswerFaultKind.LATE else fault.count)


def test_closed_sockets_are_opened_again(desk: Scene) -> None:
    desk.until_ready()
    before = desk.feed
    desk.exchange.faults.close_sockets(1011)
    lost, missed = desk.lost_and_found(BITCOIN)
    assert lost is LossReason.DISCONNECTED
    assert missed < RESYNC
    desk.until_ready()
    assert desk.feed.disconnected == before.disconnected + 1


def test_the_desk_traded_in_between(desk: Scene) -> None:
    desk.until_ready()
    sent = desk.next(OrderSent)
    desk.next(OrderFilled, lambda fact: fact.order == sent.order)


def test_a_stream_that_falls_silent_costs_its_book_until_it_speaks_again(tmp_path: Path) -> None:
    with scene(tmp_path, MEXC__SILENT_AFTER_SECONDS="1.5") as it:
        it.exchange.faults.silent = True
        lost = it.next(BookLost)
        assert lost.reason is LossReason.SILENT
        assert it.feed.silent_books >= 1
        it.exchange.faults.silent = False
        it.until_ready()
        equal = it.tops_equal
        it.until(lambda: it.tops_equal > equal + 5)


def test_an_order_under_way_does_not_meet_a_book_that_was_lost(tmp_path: Path) -> None:
    with scene(tmp_path, PAPER__LATENCY_MS="800", PAPER__LATENCY_JITTER_MS="0") as it:
        sent = it.next(OrderSent)
        break_book(it, sent.symbol)
        rejected = it.next(OrderRejected)
        assert (rejected.order, rejected.reason) == (sent.order, EndReason.BOOK_NOT_READY)
        assert rejected.at >= sent.arrives_at
        mend(it)
        it.until_ready()
        it.next(OrderFilled)


def test_an_exit_that_is_due_waits_for_the_book(tmp_path: Path) -> None:
    # The next signal, which could be one to sell, comes only after all this.
    calm = {f"TRADING__{where}SIGNAL__COOLDOWN_MS": "4000" for where in EVERYWHERE}
    with scene(tmp_path, **calm) as it:
        opened = it.next(PositionOpened)
        break_book(it, opened.symbol)
        overdue = opened.at + 2 * SECOND
        it.until(lambda: it.system.desk.snapshot().at > overdue)
        exits = [fact for fact in it.facts if isinstance(fact, ExitTriggered)]
        assert opened.symbol not in [fact.symbol for fact in exits if fact.at > opened.at]
        mend(it)
        triggered = it.next(ExitTriggered, lambda fact: fact.symbol == opened.symbol)
        assert triggered.reason is ExitReason.TIME
        assert triggered.at > overdue


def not_tradable(refused: ProposalRefused) -> bool:
    """Whatever else speaks against buying."""
    return refused.reason is RefusalReason.SYMBOL_NOT_TRADABLE


def test_a_pair_that_is_free_no_longer_is_paid_for_and_one_that_closes_is_left(
    tmp_path: Path,
) -> None:
    # Evidence against an entry is no concern of this.
    quick = {
        "MEXC__RULES_REFRESH_SECONDS": "2",
        "MEXC__RULES_TTL_SECONDS": "0.1",
        "ENHANCED__ENABLED": "false",
    }
    with scene(tmp_path, **quick) as it:
        it.next(OrderFilled, lambda fact: fact.fee == 0)
        for symbol in (BITCOIN, ETHER):
            it.exchange.faults.change_rules(RulesChange(symbol=symbol, taker_fee=Decimal("0.001")))
        it.next(InstrumentListed)
        it.next(InstrumentListed)
        paid = it.next(OrderFilled)
        listed = [fact.instrument for fact in it.facts if isinstance(fact, InstrumentListed)]
        pair = [instrument for instrument in listed if instrument.symbol == paid.symbol][-1]
        exactly = pair.notional(paid.price, paid.size) * Decimal("0.001")
        assert exactly <= paid.fee < exactly + Decimal("0.00000001")
        for symbol in (BITCOIN, ETHER):
            it.exchange.faults.change_rules(RulesChange(symbol=symbol, side_type=3))
        it.next(ProposalRefused, not_tradable)
        it.until(lambda: not any(map(worth_selling, it.system.desk.snapshot().positions)))


def worth_selling(view: PositionView) -> bool:
    """A rest below the exchange's least order value stays until it is worth that much."""
    return view.mark_price is None or view.size * view.mark_price >= LEAST_VALUE


def break_book(it: Scene, symbol: str) -> None:
    """Its next frame is garbage, and there is no snapshot to be had."""
    it.exchange.faults.script(AnswerFault(kind=AnswerFaultKind.UNWELL, path=DEPTH, count=1_000_000))
    it.exchange.faults.script(FrameFault(kind=FrameFaultKind.TRUNCATED, symbol=symbol))
    it.next(BookLost)


def mend(it: Scene) -> None:
    it.exchange.faults.clear()
