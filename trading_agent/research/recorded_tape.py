"""Recordings as depth and prints by the exchange's own time, to judge fills and signals on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
from msgspec import Struct

from trading_agent.adapters.mexc.book_sync import BookSnapshot, BookSync
from trading_agent.adapters.mexc.decoded_frame import DecodedFrame, FrameKind
from trading_agent.adapters.storage.recording_reader import RecordingReader
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import PRINT_KINDS, RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.message import MarketRows
from trading_agent.domain.units import MILLISECOND, Lots, Nanos
from trading_agent.embedded_exchange.recorded_formats import (
    RecordedDiff,
    RecordedRow,
    RecordedSnapshot,
    RecordedTrade,
    RowReader,
    read_rows,
)
from trading_agent.embedded_exchange.recorded_survey import Survey, survey
from trading_agent.embedded_exchange.source import Level

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


class _TimedDiff(RecordedDiff, frozen=True):
    published_at: Nanos


class _TimedTrade(RecordedTrade, frozen=True):
    traded_at: Nanos


class _TimedReader(RowReader):
    """Keeps the exchange's own times beside the receiver's."""

    def read(self, message: Mapping[str, Any], at: Nanos | None) -> RecordedRow | None:
        row = super().read(message, at)
        body = message.get("data", message)
        if isinstance(row, RecordedTrade):
            when = Nanos(int(body["T"]) * MILLISECOND)
            return _TimedTrade(row.at, row.price, row.size, row.taker_bought, when)
        if isinstance(row, RecordedDiff):
            when = Nanos(int(body["E"]) * MILLISECOND)
            versions = row.first_version, row.last_version
            return _TimedDiff(row.at, *versions, row.bids, row.asks, when)
        return row


def read_tapes(files: Sequence[Path]) -> Iterator[RecordedTape]:
    """Of one of our own recordings, or of the files that are one recording of another exchange."""
    if is_own(files[0]):
        yield from read_own(files[0])
    else:
        yield read_streams(files)


def is_own(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError as fault:
        raise ConfigError(f"{file} cannot be read: {fault.strerror}") from fault


def read_streams(files: Sequence[Path]) -> RecordedTape:
    """One pair's recording of another exchange's streams. Raises ConfigError for what cannot
    be played, FeedError where it is damaged."""
    about = survey(files)
    rows = read_rows(files, _TimedReader(about.decimals, about.symbol))
    depth, prints = _Depth(), []
    for row in rows:
        if isinstance(row, _TimedTrade):
            kind = RowKind.BUY if row.taker_bought else RowKind.SELL
            prints.append((kind, row.price, row.size, row.traded_at))
        elif isinstance(row, _TimedDiff | RecordedSnapshot):
            depth.take(row)
    return RecordedTape(
        symbol=about.symbol or files[0].stem,
        instrument=_instrument(about),
        depth=_in_order(np.concatenate([empty_rows(0), *depth.messages])),
        prints=_in_order(_print_rows(prints)),
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

    def take(self, row: _TimedDiff | RecordedSnapshot) -> None:
        if isinstance(row, RecordedSnapshot):
            book = BookSnapshot(0, row.version, row.bids, row.asks)
            self.messages.append(self._sync.snapshot(book))
        else:
            self.messages.append(self._sync.admit(_frame(row)))


def _frame(diff: _TimedDiff) -> DecodedFrame:
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


def _instrument(about: Survey) -> Instrument:
    """Only its decimals are known, and only they matter here."""
    return Instrument(
        symbol=about.symbol or "",
        base="",
        quote="",
        price_decimals=about.decimals.price,
        size_decimals=about.decimals.size,
        min_size=Lots(1),
        min_notional=_NOT_STATED,
        max_notional=_NOT_STATED,
        maker_fee=None,
        taker_fee=None,
        tradable=True,
    )
