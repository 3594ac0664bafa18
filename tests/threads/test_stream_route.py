"""What frames do to books and rows, by bytes alone: no socket, no thread."""

from dataclasses import dataclass

import pytest

from tests.fake_mexc_market import (
    TrueBook,
    depth_frame,
    instrument,
    kline_frame,
    quotes_frame,
    trade_frame,
)
from tests.fakes import ManualClock
from tests.market_reader import MarketReader
from trading_agent.adapters.mexc.answers import book_snapshot
from trading_agent.adapters.mexc.codec import FrameDecoder
from trading_agent.adapters.mexc.connection_plan import plan_connections
from trading_agent.adapters.mexc.frame_route import FrameRoute, channel_of
from trading_agent.adapters.mexc.json_reader import read_json
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.snapshot_wishes import FetchedSnapshot, SnapshotWish
from trading_agent.domain.errors import FeedError
from trading_agent.domain.market_rows import LossReason, RowKind
from trading_agent.domain.message import MarketRows
from trading_agent.domain.units import SECOND
from trading_agent.runtime.inbox import Inbox

SYMBOLS = ("BTCUSDC", "ETHUSDC", "XRPUSDC")
UNREADABLE = b"\xff\xff\xff\xff"


@dataclass
class Bench:
    clock: ManualClock
    inbox: Inbox
    route: FrameRoute
    wishes: list[SnapshotWish]
    missed: list[int]
    books: list[TrueBook]
    reader: MarketReader
    channels: tuple[str, ...]

    def grant_all(self) -> None:
        for channel in self.channels:
            self.route.granted(channel, self.clock.monotonic())

    def send(self, frame: bytes) -> None:
        self.route.frame(frame, self.clock.monotonic())

    def fulfil(self, wish: SnapshotWish) -> None:
        document = read_json(self.books[wish.symbol].snapshot().body)
        pair = instrument(SYMBOLS[wish.symbol])
        snapshot = book_snapshot(document, wish.symbol, pair)
        self.route.snapshot(FetchedSnapshot(wish, snapshot), self.clock.monotonic())

    def fulfil_all(self) -> None:
        waiting, self.wishes[:] = list(self.wishes), []
        for wish in waiting:
            self.fulfil(wish)

    def take(self) -> MarketReader:
        """What the core has been told by now."""
        while self.inbox.waiting:
            body = self.inbox.take(None).stamped.body
            assert isinstance(body, MarketRows)
            self.reader.read(body.rows)
        return self.reader

    def expect_true(self, *symbols: int) -> None:
        reader = self.take()
        for symbol in symbols:
            book = reader.book(symbol)
            assert book.ready
            assert (book.bids, book.asks) == self.books[symbol].in_ticks()

    def lost(self, symbol: int) -> list[LossReason]:
        return self.take().book(symbol).losses


def make_bench(symbols: int = 2, capacity: int = 1_000) -> Bench:
    pairs = [instrument(symbol) for symbol in SYMBOLS[:symbols]]
    (plan,) = plan_connections(MexcSettings(), pairs)
    clock, wishes = ManualClock(), list[SnapshotWish]()
    inbox = Inbox(clock)
    lane = inbox.feed(plan.name, capacity)
    decoder = FrameDecoder(pairs, tuple(plan.channels))
    missed: list[int] = []
    route = FrameRoute(plan, decoder, lane, clock, wishes.append, missed.append)
    books = [TrueBook(pair.symbol) for pair in pairs]
    return Bench(clock, inbox, route, wishes, missed, books, MarketReader(), tuple(plan.channels))


@pytest.fixture
def bench() -> Bench:
    return make_bench()


@pytest.fixture
def ready(bench: Bench) -> Bench:
    """Two books, both ready and steady for a while."""
    bench.grant_all()
    bench.fulfil_all()
    bench.expect_true(0, 1)
    bench.clock.advance(10 * SECOND)
    return bench


def test_no_snapshot_is_asked_for_before_the_stream_is_granted(bench: Bench) -> None:
    bench.send(bench.books[0].change({"98.00": "1"}))
    assert bench.wishes == []
    bench.grant_all()
    assert bench.wishes == [SnapshotWish(0, 1, 0), SnapshotWish(1, 1, 0)]


def test_changes_before_the_snapshot_are_kept_and_applied_once(bench: Bench) -> None:
    bench.grant_all()
    bench.send(bench.books[0].change({"98.00": "1"}, span=5))
    early = bench.wishes[0]
    bench.send(bench.books[0].change({"98.00": "7"}, {"101.00": "0"}))
    assert bench.take().counts == {}
    bench.fulfil(early)
    bench.send(bench.books[0].change({"97.00": "0.00000000"}, {"110.00": "4"}))
    bench.expect_true(0)


def test_the_same_frame_twice_is_passed_on_once(ready: Bench) -> None:
    frame = ready.books[0].change({"98.00": "1"})
    ready.send(frame)
    ready.send(frame)
    ready.expect_true(0)
    assert ready.route.books[0].duplicates == 1


def test_a_gap_loses_that_book_alone_and_asks_for_one_snapshot(ready: Bench) -> None:
    ready.books[0].change({"98.00": "1"})
    ready.send(ready.books[0].change({"97.00": "1"}))
    assert ready.lost(0) == [LossReason.GAP]
    assert ready.lost(1) == []
    assert ready.wishes == [SnapshotWish(0, 2, 0)]
    ready.send(ready.books[0].change({"96.00": "1"}))
    assert len(ready.wishes) == 1
    ready.fulfil_all()
    ready.expect_true(0, 1)
    assert ready.route.books[0].gaps == 1
    assert ready.route.books[0].resyncs == 1


def test_a_snapshot_older_than_the_changes_is_asked_for_again_with_patience(
    ready: Bench,
) -> None:
    stale = ready.books[0].snapshot()
    ready.books[0].change({"98.00": "1"})
    ready.send(ready.books[0].change({"97.00": "1"}))
    (wish,) = ready.wishes
    old = book_snapshot(read_json(stale.body), 0, instrument("BTCUSDC"))
    ready.wishes.clear()
    ready.route.snapshot(FetchedSnapshot(wish, old), ready.clock.monotonic())
    assert ready.wishes == [SnapshotWish(0, 3, 1)]
    assert not ready.take().book(0).ready
    ready.fulfil_all()
    ready.expect_true(0)


def test_an_answer_to_an_earlier_wish_is_ignored(ready: Bench) -> None:
    ready.books[0].change({"98.00": "1"})
    ready.send(ready.books[0].change({"97.00": "1"}))
    (first,) = ready.wishes
    ready.route.disconnected()
    ready.fulfil(first)
    assert not ready.take().book(0).ready
    ready.grant_all()
    ready.fulfil(first)
    assert not ready.take().book(0).ready
    ready.fulfil(ready.wishes[1])
    ready.expect_true(0)


def test_a_snapshot_nobody_asked_for_changes_nothing(ready: Bench) -> None:
    ready.fulfil(SnapshotWish(0, 1, 0))
    ready.fulfil(SnapshotWish(0, 99, 0))
    assert ready.take().book(0).snapshots == 1


def test_disconnected_books_are_lost_and_built_anew_when_granted(ready: Bench) -> None:
    ready.route.disconnected()
    assert ready.lost(0) == ready.lost(1) == [LossReason.DISCONNECTED]
    assert ready.route.tally.losses == {"disconnected": 2}
    assert ready.wishes == []
    ready.books[0].change({"98.00": "1"})
    ready.grant_all()
    ready.fulfil_all()
    ready.expect_true(0, 1)


def test_books_that_end_with_the_run_are_lost_but_not_counted(ready: Bench) -> None:
    ready.route.lose(0, LossReason.SILENT)
    ready.route.disconnected(for_good=True)
    assert ready.lost(1) == [LossReason.DISCONNECTED]
    assert ready.route.tally.losses == {"silent": 1}


def test_a_pair_is_told_of_once_it_is_back_when_trades_of_it_may_have_gone(ready: Bench) -> None:
    ready.route.disconnected()
    ready.grant_all()
    assert ready.missed == []
    ready.fulfil_all()
    assert ready.missed == [0, 1]
    ready.books[0].change({"98.00": "1"})
    ready.send(ready.books[0].change({"97.00": "1"}))
    assert ready.lost(0)[-1] == LossReason.GAP
    ready.fulfil_all()
    ready.expect_true(0)
    assert ready.missed == [0, 1], "the depth alone had a gap"


def test_trades_that_go_while_a_book_is_being_rebuilt_are_told_of_once(ready: Bench) -> None:
    ready.books[0].change({"98.00": "1"})
    ready.send(ready.books[0].change({"97.00": "1"}))
    ready.route.disconnected()
    ready.route.disconnected()
    assert ready.lost(0) == [LossReason.GAP, LossReason.DISCONNECTED]
    assert ready.route.tally.losses == {"gap": 1, "disconnected": 1}
    ready.grant_all()
    ready.fulfil_all()
    ready.expect_true(0, 1)
    assert sorted(ready.missed) == [0, 1]


def test_a_start_that_takes_several_connections_has_missed_nothing(bench: Bench) -> None:
    bench.grant_all()
    bench.route.disconnected()
    assert bench.lost(0) == []
    bench.grant_all()
    bench.fulfil_all()
    bench.expect_true(0, 1)
    assert bench.missed == []


def test_what_an_ended_connection_had_buffered_does_not_matter_to_the_next(bench: Bench) -> None:
    bench.grant_all()
    bench.send(depth_frame("BTCUSDC", (5_000, 5_001), {"98.00": "1"}, {}))
    bench.route.disconnected()
    bench.wishes.clear()
    bench.grant_all()
    bench.fulfil_all()
    bench.expect_true(0)


def test_a_book_that_is_not_believed_outside_is_built_anew(ready: Bench) -> None:
    ready.route.lose(1, LossReason.CROSSED)
    assert ready.lost(1) == [LossReason.CROSSED]
    ready.route.lose(1, LossReason.CROSSED)
    assert len(ready.wishes) == 1
    ready.fulfil_all()
    ready.expect_true(0, 1)


def test_trades_quotes_and_candles_are_passed_on_even_without_a_book(bench: Bench) -> None:
    bench.send(trade_frame("BTCUSDC", "100.00", "0.5"))
    bench.send(trade_frame("BTCUSDC", "100.00", "0.5", bought=False))
    bench.send(quotes_frame("BTCUSDC", ("99.00", "1"), ("101.00", "2"), 7))
    bench.send(kline_frame("BTCUSDC", 1_755_973_860))
    counts = bench.take().counts
    assert counts[RowKind.BUY] == counts[RowKind.SELL] == 1
    assert counts[RowKind.BEST_BID] == counts[RowKind.BEST_ASK] == 1
    assert counts[RowKind.KLINE_CLOSE] == 1
    assert bench.route.tally.rows == 9


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (depth_frame("BTCUSDC", (1_001, 1_001), {"98.001": "1"}, {}), "off_tick"),
        (depth_frame("BTCUSDC", (1_001, 1_001), {"98.00": "1.0000001"}, {}), "off_tick"),
        (depth_frame("BTCUSDC", (1_001, 1_001), {"98.00": "-1"}, {}), "garbage"),
        (depth_frame("BTCUSDC", (1_001, 1_001), {"NaN": "1"}, {}), "garbage"),
        (depth_frame("BTCUSDC", (1_001, 1_000), {"98.00": "1"}, {}), "garbage"),
        (depth_frame("BTCUSDC", (1_001, 1_001), {"98.00": "1"}, {})[:-9], "garbage"),
        (
            depth_frame(
                "ETHUSDC",
                (1_001, 1_001),
                {"98.00": "1"},
                {},
                channel="spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDC",
            ),
            "wrong_symbol",
        ),
    ],
)
def test_a_bad_depth_frame_loses_its_book_alone(ready: Bench, frame: bytes, code: str) -> None:
    ready.send(frame)
    assert ready.lost(0) == [LossReason.INVALID_FRAME]
    assert ready.lost(1) == []
    assert ready.route.tally.invalid == {code: 1}
    ready.fulfil_all()
    ready.expect_true(0, 1)


@pytest.mark.parametrize("frame", [UNREADABLE, b"", b"\x0a", b"\x0a\x7fspot", b"\x0a\xff\x01"])
def test_a_frame_of_nobody_knows_what_loses_every_book(ready: Bench, frame: bytes) -> None:
    ready.send(frame)
    assert ready.lost(0) == ready.lost(1) == [LossReason.INVALID_FRAME]
    assert sum(ready.route.tally.invalid.values()) == 1
    ready.fulfil_all()
    ready.expect_true(0, 1)


@pytest.mark.parametrize(
    "frame",
    [
        trade_frame("BTCUSDC", "100.001", "1"),
        trade_frame("BTCUSDC", "0", "1"),
        trade_frame("BTCUSDC", "100.00", "1")[:-20],
        quotes_frame("BTCUSDC", ("99.001", "1"), ("101.00", "2"), 7),
    ],
)
def test_a_bad_frame_that_is_not_depth_is_only_counted(ready: Bench, frame: bytes) -> None:
    ready.send(frame)
    assert sum(ready.route.tally.invalid.values()) == 1
    assert ready.lost(0) == ready.lost(1) == []
    assert ready.wishes == []


def test_a_frame_nobody_subscribed_is_only_counted(ready: Bench) -> None:
    ready.send(depth_frame("BTCUSDC", (1_001, 1_001), {"98.00": "1"}, {}, pace_ms=10))
    ready.send(depth_frame("SOLUSDC", (1_001, 1_001), {"98.00": "1"}, {}))
    assert ready.route.tally.invalid == {"unsubscribed": 2}
    assert ready.lost(0) == ready.lost(1) == []


def test_a_connection_that_brings_nothing_readable_is_given_up(ready: Bench) -> None:
    for _ in range(49):
        ready.send(UNREADABLE)
    ready.send(trade_frame("BTCUSDC", "100.00", "1"))
    for _ in range(49):
        ready.send(UNREADABLE)
    with pytest.raises(FeedError, match="50 unreadable"):
        ready.send(UNREADABLE)


def test_a_full_lane_loses_every_book_of_the_connection_and_says_so_at_once() -> None:
    bench = make_bench(capacity=10)
    bench.grant_all()
    bench.fulfil_all()
    bench.expect_true(0, 1)
    for _ in range(10):
        bench.send(bench.books[0].change({"98.00": "1"}))
    bench.send(bench.books[1].change({"98.00": "1"}))
    assert bench.route.tally.overflows == 1
    assert bench.lost(0) == bench.lost(1) == [LossReason.OVERFLOW]
    bench.fulfil_all()
    bench.expect_true(0, 1)


def test_a_loss_on_a_full_lane_takes_the_other_books_with_it() -> None:
    """Their rows are in the backlog that is thrown away for it."""
    bench = make_bench(symbols=3, capacity=10)
    bench.grant_all()
    bench.fulfil_all()
    bench.expect_true(0, 1, 2)
    for _ in range(10):
        bench.send(bench.books[1].change({"98.00": "1"}))
    bench.books[0].change({"98.00": "1"})
    bench.send(bench.books[0].change({"98.00": "2"}))
    assert bench.lost(0) == [LossReason.GAP]
    assert bench.lost(1) == bench.lost(2) == [LossReason.OVERFLOW]
    bench.fulfil_all()
    bench.expect_true(0, 1, 2)


def test_trades_that_find_no_room_cost_the_books_too() -> None:
    bench = make_bench(capacity=10)
    bench.grant_all()
    bench.fulfil_all()
    bench.take()
    for _ in range(11):
        bench.send(trade_frame("ETHUSDC", "100.00", "1"))
    assert bench.lost(0) == bench.lost(1) == [LossReason.OVERFLOW]


def test_overflow_again_and_again_never_shows_a_row_of_a_lost_book() -> None:
    bench = make_bench(capacity=7)
    bench.grant_all()
    for step in range(400):
        bench.send(bench.books[step % 2].change({"98.00": str(1 + step)}))
        if step % 5 == 0:
            bench.fulfil_all()
        if step % 30 == 0:
            bench.take()
    bench.take()
    bench.fulfil_all()
    bench.expect_true(0, 1)
    assert bench.route.tally.overflows > 0


def test_a_silent_depth_stream_loses_its_book_until_it_is_granted_again(ready: Bench) -> None:
    ready.clock.advance(51 * SECOND)
    ready.send(ready.books[1].change({"98.00": "1"}))
    ready.clock.advance(SECOND)
    now = ready.clock.monotonic()
    (channel,) = ready.route.silent(now, 60 * SECOND)
    assert channel == "spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDC"
    assert ready.lost(0) == [LossReason.SILENT]
    assert ready.lost(1) == []
    assert ready.wishes == []
    assert ready.route.silent(now, 60 * SECOND) == []
    ready.route.granted(channel, now)
    ready.fulfil_all()
    ready.expect_true(0, 1)
    assert ready.route.tally.silent_books == 1


def test_a_book_lost_soon_after_it_was_ready_is_asked_for_with_patience(ready: Bench) -> None:
    attempts = []
    for _ in range(4):
        ready.route.lose(0, LossReason.CROSSED)
        attempts.append(ready.wishes[0].attempt)
        ready.fulfil_all()
        ready.clock.advance(SECOND)
    ready.clock.advance(10 * SECOND)
    ready.route.lose(0, LossReason.CROSSED)
    assert attempts == [0, 1, 2, 3]
    assert ready.wishes[0].attempt == 0


def test_rows_of_a_frame_carry_when_it_came(bench: Bench) -> None:
    bench.route.frame(trade_frame("BTCUSDC", "100.00", "1"), 123)
    arrival = bench.inbox.take(None)
    assert arrival.received == 123
    assert arrival.decode_ns == 0


def test_the_channel_of_a_frame_is_read_without_the_rest() -> None:
    frame = trade_frame("BTCUSDC", "100.00", "1")
    assert channel_of(frame[:60]) == "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDC"
    assert channel_of(b"\x0a\x02\xff\xff") == "��"
    assert channel_of(b"\x0a\x05ab") is None
