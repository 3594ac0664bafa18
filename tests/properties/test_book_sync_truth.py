"""However the stream is cut, repeated, shuffled, lost: a ready book is the true one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from hypothesis import given, settings
from hypothesis import strategies as st

from trading_agent.adapters.mexc.book_sync import BookSnapshot, BookSync
from trading_agent.adapters.mexc.decoded_frame import DecodedFrame, FrameKind
from trading_agent.domain.market_rows import LossReason, RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.units import Lots, Nanos, Ticks

Level = tuple[RowKind, int]
Book = dict[Level, int]

PROPERTY = settings(max_examples=250, deadline=None)
VERSIONS = 24


@dataclass(frozen=True)
class Truth:
    """What the exchange did: one level a version, from version 1 on."""

    changes: tuple[tuple[RowKind, int, int], ...]

    @cached_property
    def books(self) -> list[Book]:
        """The book at every version; it is empty at version 0."""
        books: list[Book] = [{}]
        for kind, price, size in self.changes:
            book = {**books[-1], (kind, price): size}
            books.append({level: held for level, held in book.items() if held})
        return books

    def frame(self, first: int, last: int) -> DecodedFrame:
        """Levels changed in these versions, as they are at the last of them."""
        changed = sorted({(kind, price) for kind, price, _ in self.changes[first - 1 : last]})
        rows = empty_rows(len(changed))
        rows["kind"] = [kind for kind, _ in changed]
        rows["price"] = [price for _, price in changed]
        rows["size"] = [self.books[last].get(level, 0) for level in changed]
        rows["sequence"] = last
        rows["flags"][-1:] = RowFlag.LAST
        return DecodedFrame(FrameKind.DEPTH, 0, first, last, Nanos(last), rows)

    def snapshot(self, version: int) -> BookSnapshot:
        def side(kind: RowKind, sign: int) -> tuple[tuple[Ticks, Lots], ...]:
            held = [(p, s) for (k, p), s in self.books[version].items() if k is kind]
            return tuple((Ticks(p), Lots(s)) for p, s in sorted(held, key=lambda x: sign * x[0]))

        return BookSnapshot(0, version, side(RowKind.BID, -1), side(RowKind.ASK, 1))


class Reader:
    """Builds a book from rows alone, as the engine does."""

    def __init__(self) -> None:
        self.book: Book | None = None

    def read(self, rows: Rows) -> None:
        for kind, price, size in zip(
            rows["kind"].tolist(), rows["price"].tolist(), rows["size"].tolist(), strict=True
        ):
            if kind == RowKind.LOST:
                assert self.book is not None, "a book was lost that nobody had"
                self.book = None
            elif kind == RowKind.CLEAR:
                self.book = {}
            else:
                assert self.book is not None, "a level of a book nobody has"
                level = (RowKind(kind), price)
                self.book.pop(level, None)
                if size:
                    self.book[level] = size


truths = st.lists(
    st.tuples(st.sampled_from((RowKind.BID, RowKind.ASK)), st.integers(1, 6), st.integers(0, 3)),
    min_size=VERSIONS,
    max_size=VERSIONS,
).map(lambda changes: Truth(tuple(changes)))
ranges = st.tuples(st.integers(1, VERSIONS), st.integers(0, 6)).map(
    lambda pair: (pair[0], min(pair[0] + pair[1], VERSIONS))
)
snapshot_versions = st.integers(0, VERSIONS)


def cut(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Versions 1 to the last, in frames of these lengths, what is left in a last one."""
    frames, first = [], 1
    for length in lengths:
        if first + length > VERSIONS:
            break
        frames.append((first, first + length - 1))
        first += length
    return [*frames, (first, VERSIONS)]


def assert_true(book: BookSync, reader: Reader, truth: Truth) -> None:
    assert book.ready != book.needs_snapshot
    if book.ready:
        assert book.version is not None
        assert reader.book == truth.books[book.version]
    else:
        assert reader.book is None


def assert_whole_messages(rows: Rows) -> None:
    """Every message ends with LAST and has one sequence; versions rise."""
    if len(rows) == 0:
        return
    assert rows["flags"][-1] & RowFlag.LAST
    starts = [0, *(place + 1 for place in range(len(rows) - 1) if rows["flags"][place] & 1)]
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        assert len(set(rows["sequence"][start:end].tolist())) == 1
    versions = [int(rows["sequence"][start]) for start in starts]
    assert versions == sorted(set(versions))


@PROPERTY
@given(
    truths,
    st.lists(
        st.one_of(
            ranges,
            snapshot_versions,
            st.sampled_from((LossReason.DISCONNECTED, LossReason.OVERFLOW)),
        ),
        max_size=60,
    ),
)
def test_any_frames_and_snapshots_in_any_order_never_make_a_false_book(
    truth: Truth, happenings: list[tuple[int, int] | int | LossReason]
) -> None:
    book, reader = BookSync(0), Reader()
    for happening in happenings:
        if isinstance(happening, tuple):
            rows = book.admit(truth.frame(*happening))
        elif isinstance(happening, LossReason):
            if not book.ready:
                continue
            rows = book.lose(happening)
        else:
            rows = book.snapshot(truth.snapshot(happening))
        assert_whole_messages(rows)
        reader.read(rows)
        assert_true(book, reader, truth)


@PROPERTY
@given(st.data(), truths, st.lists(st.integers(1, 6), max_size=VERSIONS))
def test_a_damaged_stream_never_makes_a_false_book(
    data: st.DataObject, truth: Truth, lengths: list[int]
) -> None:
    frames: list[tuple[int, int]] = []
    fates = data.draw(st.lists(st.sampled_from(("pass", "pass", "drop", "repeat", "swap"))))
    for versions, fate in zip_longest(cut(lengths), fates[: len(cut(lengths))]):
        if fate != "drop":
            frames.insert(len(frames) - (fate == "swap" and bool(frames)), versions)
        if fate == "repeat":
            frames.append(versions)
    snapshots = data.draw(st.dictionaries(st.integers(0, len(frames)), snapshot_versions))
    book, reader = BookSync(0), Reader()
    for place, versions in enumerate(frames):
        if place in snapshots:
            reader.read(book.snapshot(truth.snapshot(snapshots[place])))
            assert_true(book, reader, truth)
        reader.read(book.admit(truth.frame(*versions)))
        assert_true(book, reader, truth)


@PROPERTY
@given(st.data(), truths, st.lists(st.integers(1, 6), max_size=VERSIONS))
def test_a_whole_stream_and_one_snapshot_at_any_moment_reach_the_end(
    data: st.DataObject, truth: Truth, lengths: list[int]
) -> None:
    frames = cut(lengths)
    start = data.draw(st.integers(0, len(frames) - 1))
    heard = frames[start:]
    moment = data.draw(st.integers(0, len(heard)))
    version = data.draw(st.integers(heard[0][0] - 1, VERSIONS))
    book, reader = BookSync(0), Reader()
    for place, versions in enumerate(heard):
        if place == moment:
            reader.read(book.snapshot(truth.snapshot(version)))
        reader.read(book.admit(truth.frame(*versions)))
        assert_true(book, reader, truth)
    if moment == len(heard):
        reader.read(book.snapshot(truth.snapshot(version)))
    assert book.ready
    assert book.version == VERSIONS
    assert reader.book == truth.books[VERSIONS]
    assert book.gaps == 0


@PROPERTY
@given(truths, st.lists(st.integers(1, 6), max_size=VERSIONS), st.integers(0, VERSIONS))
def test_one_frame_missing_from_a_ready_book_is_always_noticed(
    truth: Truth, lengths: list[int], missing: int
) -> None:
    frames = cut(lengths)
    missing %= len(frames)
    book, reader = BookSync(0), Reader()
    reader.read(book.snapshot(truth.snapshot(0)))
    for place, versions in enumerate(frames):
        if place != missing:
            reader.read(book.admit(truth.frame(*versions)))
            assert_true(book, reader, truth)
    lost = missing < len(frames) - 1
    assert book.ready != lost
    assert book.gaps == lost
