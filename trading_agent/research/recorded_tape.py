"""Recordings as depth and prints by the exchange's own time, to judge fills and signals on."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.adapters.mexc.book_sync import BookSnapshot, BookSync
from trading_agent.adapters.mexc.decoded_frame import DecodedFrame, FrameKind
from trading_agent.adapters.storage.recording_reader import RecordingReader
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import PRINT_KINDS, RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.message import MarketRows
from trading_agent.domain.units import Lots
from trading_agent.embedded_exchange.recorded_bytes import begins_with
from trading_agent.embedded_exchange.recorded_formats import (
    Decimals,
    RecordedDiff,
    RecordedQuote,
    RecordedSnapshot,
    RecordedTrade,
)
from trading_agent.embedded_exchange.recorded_names import name_by_place, split_pair
from trading_agent.embedded_exchange.recordings import open_recording
from trading_agent.embedded_exchange.source import Level
from trading_agent.research.fill_validation_order_log import (
    PRICE_DECIMALS,
    SIZE_DECIMALS,
    is_order_log,
    read_order_log,
)
from trading_agent.research.fill_validation_projection import Projection
from trading_agent.research.recorded_resync import shown_anew

_DEPTH: Final = (RowKind.BID, RowKind.ASK, RowKind.CLEAR, RowKind.LOST)
_SQLITE: Final = b"SQLite format 3\x00"
_NOT_STATED: Final = Decimal(0)


class RecordedTape(Struct, frozen=True, kw_only=True):
    """`depth`: the book's messages as rows of symbol 0. `prints`: BUY and SELL rows. Both with
    `at` the exchange's time, never falling: receivers' clocks and queues play no part."""

    symbol: str
    instrument: Instrument
    depth: Rows
    prints: Rows


def read_tapes(files: Sequence[Path]) -> Iterator[RecordedTape]:
    """Of one of our own recordings, or of the files that are one recording of another exchange."""
    if is_own(files[0]):
        yield from read_own(files[0])
    elif is_order_log(files[0]):
        yield read_logs(files)
    else:
        yield read_streams(files)


def is_own(file: Path) -> bool:
    return begins_with(file, _SQLITE)


def read_streams(files: Sequence[Path]) -> RecordedTape:
    """One pair's recording of another exchange. Raises ConfigError for what cannot be played,
    FeedError where it is damaged."""
    recording = open_recording(files)
    depth, prints = _Depth(), []
    for row in recording.rows():
        match row:
            case RecordedTrade():
                kind = RowKind.BUY if row.taker_bought else RowKind.SELL
                prints.append((kind, row.price, row.size, row.traded_at))
            case RecordedDiff() | RecordedSnapshot():
                depth.take(row)
            case RecordedQuote():
                pass  # the book says as much
    about = recording.about
    symbol = about.symbol or name_by_place(files[0])
    return RecordedTape(
        symbol=symbol,
        instrument=_instrument(symbol, about.decimals),
        depth=shown_anew(_in_order(np.concatenate([empty_rows(0), *depth.messages]))),
        prints=_in_order(_print_rows(prints)),
    )


def read_logs(files: Sequence[Path]) -> RecordedTape:
    """An exchange's own log of every order, as a feed of levels and prints would have shown it.
    Raises FeedError where it is damaged."""
    events = [event for file in files for event in read_order_log(file)]
    rows = Projection().project(sorted(events, key=attrgetter("at"))).rows
    printed = np.isin(rows["kind"], PRINT_KINDS)
    symbol = name_by_place(files[0])
    return RecordedTape(
        symbol=symbol,
        instrument=_instrument(symbol, Decimals(PRICE_DECIMALS, SIZE_DECIMALS)),
        depth=shown_anew(_in_order(rows[~printed])),
        prints=_in_order(rows[printed]),
    )


def read_own(path: Path) -> Iterator[RecordedTape]:
    """The symbols of one of our own recordings. Raises StorageError."""
    reader = RecordingReader(path)
    manifest = reader.manifest()
    bodies = (stamped.body for stamped in reader.inputs())
    chunks = [body.rows for body in bodies if isinstance(body, MarketRows)]
    rows = np.concatenate([empty_rows(0), *chunks])
    for index, instrument in enumerate(manifest.instruments):
        own = rows[rows["symbol"] == index]
        own["symbol"] = 0
        yield RecordedTape(
            symbol=instrument.symbol,
            instrument=instrument,
            depth=_in_order(own[np.isin(own["kind"], _DEPTH)]),
            prints=_in_order(own[np.isin(own["kind"], PRINT_KINDS)]),
        )


class _Depth:
    """Diffs and snapshots through the book's synchronisation, as live ones go."""

    def __init__(self) -> None:
        self._sync = BookSync(0)
        self.messages: list[Rows] = []

    def take(self, row: RecordedDiff | RecordedSnapshot) -> None:
        if isinstance(row, RecordedSnapshot):
            book = BookSnapshot(0, row.version, row.bids, row.asks)
            self.messages.append(self._sync.snapshot(book))
        else:
            self.messages.append(self._sync.admit(_frame(row)))


def _frame(diff: RecordedDiff) -> DecodedFrame:
    rows = empty_rows(len(diff.bids) + len(diff.asks))
    levels: tuple[Level, ...] = (*diff.bids, *diff.asks)
    if levels:
        rows["price"], rows["size"] = np.array(levels, np.int64).T
        rows["kind"] = RowKind.ASK
        rows["kind"][: len(diff.bids)] = RowKind.BID
        rows["flags"][-1] = RowFlag.LAST
    rows["sequence"] = diff.last_version
    rows["venue_at"] = diff.published_at
    return DecodedFrame(
        FrameKind.DEPTH, 0, diff.first_version, diff.last_version, diff.published_at, rows
    )


def _print_rows(prints: Iterable[tuple[int, int, int, int]]) -> Rows:
    cells = np.array(list(prints), np.int64).reshape(-1, 4)
    rows = empty_rows(len(cells))
    rows["kind"], rows["price"], rows["size"], rows["venue_at"] = cells.T
    rows["flags"] = RowFlag.LAST
    return rows


def _in_order(rows: Rows) -> Rows:
    """A copy with `at` the exchange's time. A snapshot has none: it stands where it came."""
    ordered = rows.copy()
    ordered["at"] = np.maximum.accumulate(rows["venue_at"])
    return ordered


def _instrument(symbol: str, decimals: Decimals) -> Instrument:
    """What is known, and matters here."""
    base, quote = split_pair(symbol)
    return Instrument(
        symbol=symbol,
        base=base,
        quote=quote,
        price_decimals=decimals.price,
        size_decimals=decimals.size,
        min_size=Lots(1),
        min_notional=_NOT_STATED,
        max_notional=_NOT_STATED,
        maker_fee=None,
        taker_fee=None,
        tradable=True,
    )
