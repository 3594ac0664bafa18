"""One book's snapshot and changes, case by case."""

import gc
import weakref

import pytest

from trading_agent.adapters.mexc.book_sync import BookSnapshot, BookSync
from trading_agent.adapters.mexc.decoded_frame import DecodedFrame, FrameKind
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.market_rows import LossReason, RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.units import Lots, Nanos, Ticks

SYMBOL = 3


def frame(first: int, last: int, sent_at: int | None = None, levels: int = 1) -> DecodedFrame:
    """Bids priced at the last version, so that rows tell which frame they come from."""
    rows = empty_rows(levels)
    rows["kind"] = RowKind.BID
    rows["price"] = last
    rows["size"] = 1
    rows["sequence"] = last
    rows["symbol"] = SYMBOL
    if levels:
        rows["flags"][-1] = RowFlag.LAST
    sent = Nanos(last if sent_at is None else sent_at)
    return DecodedFrame(FrameKind.DEPTH, SYMBOL, first, last, sent, rows)


def snapshot(version: int, bids: int = 1, asks: int = 1) -> BookSnapshot:
    return BookSnapshot(
        SYMBOL,
        version,
        tuple((Ticks(100 - step), Lots(5)) for step in range(bids)),
        tuple((Ticks(200 + step), Lots(7)) for step in range(asks)),
    )


def ready_at(version: int) -> BookSync:
    book = BookSync(SYMBOL)
    book.snapshot(snapshot(version))
    assert book.ready
    return book


def prices(rows: Rows) -> list[int]:
    return [int(price) for price in rows["price"]]


def assert_lost(rows: Rows, reason: LossReason, version: int) -> None:
    assert rows["kind"].tolist() == [RowKind.LOST]
    assert rows["size"].tolist() == [reason]
    assert rows["flags"].tolist() == [RowFlag.LAST]
    assert rows["symbol"].tolist() == [SYMBOL]
    assert rows["sequence"].tolist() == [version]


def test_a_new_book_needs_a_snapshot_and_emits_nothing() -> None:
    book = BookSync(SYMBOL)
    assert book.needs_snapshot
    assert not book.ready
    assert len(book.admit(frame(1, 5))) == 0
    assert book.version is None


def test_a_snapshot_is_one_message_and_each_buffered_change_another() -> None:
    book = BookSync(SYMBOL)
    for change in (frame(1, 5), frame(6, 10), frame(11, 12, levels=2)):
        book.admit(change)

    rows = book.snapshot(snapshot(7, bids=2, asks=1))

    assert rows["kind"].tolist() == [
        RowKind.CLEAR,
        *(RowKind.BID, RowKind.BID, RowKind.ASK),
        *(RowKind.BID, RowKind.BID, RowKind.BID),
    ]
    last, snap = RowFlag.LAST, RowFlag.SNAPSHOT
    assert rows["flags"].tolist() == [snap, snap, snap, snap | last, last, 0, last]
    assert rows["sequence"].tolist() == [7, 7, 7, 7, 10, 12, 12]
    assert prices(rows) == [0, 100, 99, 200, 10, 12, 12]
    assert rows["size"].tolist() == [0, 5, 5, 7, 1, 1, 1]
    assert set(rows["symbol"].tolist()) == {SYMBOL}
    assert book.version == 12
    assert (book.resyncs, book.stale, book.gaps) == (0, 1, 0)


def test_an_empty_book_is_a_snapshot_too() -> None:
    rows = BookSync(SYMBOL).snapshot(snapshot(7, bids=0, asks=0))
    assert rows["kind"].tolist() == [RowKind.CLEAR]
    assert rows["flags"].tolist() == [RowFlag.SNAPSHOT | RowFlag.LAST]


def test_a_one_sided_book_keeps_its_side() -> None:
    rows = BookSync(SYMBOL).snapshot(snapshot(7, bids=0, asks=2))
    assert rows["kind"].tolist() == [RowKind.CLEAR, RowKind.ASK, RowKind.ASK]


def test_changes_of_a_ready_book_pass_through_as_they_are() -> None:
    book = ready_at(5)
    change = frame(6, 9)
    assert book.admit(change) is change.rows
    assert book.version == 9


def test_a_change_without_levels_still_advances() -> None:
    book = ready_at(5)
    assert len(book.admit(frame(6, 9, levels=0))) == 0
    assert prices(book.admit(frame(10, 11))) == [11]


def test_a_repeated_change_is_counted_and_dropped() -> None:
    book = ready_at(5)
    book.admit(frame(6, 9))
    for old in (frame(6, 9), frame(1, 3), frame(9, 9)):
        assert len(book.admit(old)) == 0
    assert book.duplicates == 3
    assert book.version == 9


def test_a_change_that_begins_earlier_but_ends_later_is_taken() -> None:
    book = ready_at(5)
    assert prices(book.admit(frame(3, 8))) == [8]
    assert book.version == 8


def test_a_hole_loses_the_book_and_keeps_the_change_behind_it() -> None:
    book = ready_at(5)
    rows = book.admit(frame(7, 9))
    assert_lost(rows, LossReason.GAP, 5)
    assert rows["venue_at"].tolist() == [9]
    assert book.needs_snapshot
    assert book.gaps == 1
    assert len(book.admit(frame(10, 11))) == 0
    assert prices(book.snapshot(snapshot(6))) == [0, 100, 200, 9, 11]
    assert book.version == 11


def test_a_snapshot_older_than_what_is_buffered_is_not_enough() -> None:
    book = BookSync(SYMBOL)
    book.admit(frame(10, 12))
    book.admit(frame(13, 14))
    assert len(book.snapshot(snapshot(8))) == 0
    assert book.needs_snapshot
    assert prices(book.snapshot(snapshot(9))) == [0, 100, 200, 12, 14]


def test_a_hole_between_buffered_changes_needs_a_snapshot_from_behind_it() -> None:
    book = BookSync(SYMBOL)
    for change in (frame(1, 5), frame(8, 9), frame(10, 11)):
        book.admit(change)
    assert len(book.snapshot(snapshot(3))) == 0
    assert len(book.snapshot(snapshot(5))) == 0
    assert not book.ready
    assert prices(book.snapshot(snapshot(8))) == [0, 100, 200, 9, 11]


def test_a_snapshot_newer_than_everything_waits_for_the_changes_to_catch_up() -> None:
    book = BookSync(SYMBOL)
    book.admit(frame(1, 5))
    assert prices(book.snapshot(snapshot(20))) == [0, 100, 200]
    assert len(book.admit(frame(6, 12))) == 0
    assert len(book.admit(frame(13, 20))) == 0
    assert book.duplicates == 2
    assert prices(book.admit(frame(21, 22))) == [22]
    assert book.gaps == 0


def test_a_ready_book_ignores_another_snapshot() -> None:
    book = ready_at(5)
    for version in (3, 5, 9):
        assert len(book.snapshot(snapshot(version))) == 0
    assert book.version == 5
    assert (book.stale, book.resyncs) == (3, 0)


@pytest.mark.parametrize("reason", list(LossReason))
def test_a_book_can_be_lost_from_outside(reason: LossReason) -> None:
    book = ready_at(5)
    assert_lost(book.lose(reason), reason, 5)
    assert book.needs_snapshot
    assert book.gaps == 0
    assert_lost(book.lose(reason), reason, 0)


def test_losing_a_book_forgets_what_was_buffered() -> None:
    book = BookSync(SYMBOL)
    book.admit(frame(6, 9))
    book.lose(LossReason.DISCONNECTED)
    assert prices(book.snapshot(snapshot(5))) == [0, 100, 200]
    assert_lost(book.admit(frame(10, 12)), LossReason.GAP, 5)


def test_versions_that_start_anew_lose_the_book() -> None:
    book = ready_at(1_000)
    book.admit(frame(1_001, 1_010, sent_at=50))
    assert_lost(book.admit(frame(1, 4, sent_at=60)), LossReason.GAP, 1_010)
    assert book.gaps == 1
    assert len(book.admit(frame(5, 6, sent_at=70))) == 0
    assert prices(book.snapshot(snapshot(2))) == [0, 100, 200, 4, 6]


def test_versions_that_start_anew_while_waiting_drop_the_old_ones() -> None:
    book = BookSync(SYMBOL)
    book.admit(frame(1_000, 1_010, sent_at=50))
    book.admit(frame(1, 4, sent_at=60))
    assert prices(book.snapshot(snapshot(2))) == [0, 100, 200, 4]
    assert book.version == 4


def test_too_many_buffered_frames_start_over() -> None:
    book = BookSync(SYMBOL)
    for version in range(1, 10_002):
        book.admit(frame(version, version, levels=0))
    assert book.overflows == 1
    assert len(book.snapshot(snapshot(9_999))) == 0
    assert len(book.snapshot(snapshot(10_000))) == 3
    assert book.version == 10_001


def test_too_many_buffered_rows_start_over() -> None:
    book = BookSync(SYMBOL)
    for version in range(1, 12):
        book.admit(frame(version, version, levels=100_000))
    assert book.overflows == 1
    assert len(book.snapshot(snapshot(10))) == 3 + 100_000


def test_rows_dropped_before_a_hole_make_room() -> None:
    book = BookSync(SYMBOL)
    book.admit(frame(1, 1, levels=600_000))
    book.admit(frame(3, 3, levels=300_000))
    book.snapshot(snapshot(0))
    book.admit(frame(4, 4, levels=600_000))
    assert book.overflows == 0


def test_rows_handed_on_are_not_kept() -> None:
    book = BookSync(SYMBOL)
    change = frame(6, 9)
    rows = weakref.ref(change.rows)
    book.admit(change)
    book.snapshot(snapshot(5))
    del change
    gc.collect()
    assert rows() is None


def test_another_pairs_frames_are_our_fault() -> None:
    book = BookSync(SYMBOL + 1)
    with pytest.raises(InvariantError):
        book.admit(frame(1, 1))
    with pytest.raises(InvariantError):
        book.snapshot(snapshot(1))
    trades = DecodedFrame(FrameKind.TRADES, SYMBOL, 0, 0, Nanos(0), empty_rows(0))
    with pytest.raises(InvariantError):
        BookSync(SYMBOL).admit(trades)
