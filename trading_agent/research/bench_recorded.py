"""Recorded depth, quotes and prints of another exchange as rows for a core."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from trading_agent.adapters.mexc.book_sync import BookSnapshot, BookSync
from trading_agent.adapters.mexc.decoded_frame import DecodedFrame, FrameKind
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.units import Nanos
from trading_agent.embedded_exchange.recorded_formats import (
    RecordedDiff,
    RecordedQuote,
    RecordedRow,
    RecordedSnapshot,
    RecordedTrade,
    recording_files,
)
from trading_agent.embedded_exchange.recordings import open_recording
from trading_agent.embedded_exchange.source import Level
from trading_agent.research.bench_engine import bench_instrument

RECORDING: Final = Path("depth") / "binance-spot_BTCUSDT"

_Line = tuple[RowKind, int, int]


def recorded_rows(folder: Path) -> tuple[Rows, Instrument]:
    """Every message of the recording, the book synchronised as a live one is. Raises
    ConfigError or FeedError for what cannot be played."""
    recording = open_recording(recording_files([folder]))
    messages = list(_messages(recording.rows()))
    decimals = recording.about.decimals
    instrument = bench_instrument(decimals.price, decimals.size)
    return np.concatenate(messages), instrument


def _messages(recorded: Iterable[RecordedRow]) -> Iterable[Rows]:
    sync = BookSync(0)
    for row in recorded:
        match row:
            case RecordedDiff():
                rows = sync.admit(_frame(row))
            case RecordedSnapshot():
                rows = sync.snapshot(BookSnapshot(0, row.version, row.bids, row.asks))
            case RecordedQuote():
                best = [(RowKind.BEST_BID, *row.bid), (RowKind.BEST_ASK, *row.ask)]
                rows = _rows(best, row.version, row.at)
            case RecordedTrade():
                kind = RowKind.BUY if row.taker_bought else RowKind.SELL
                rows = _rows([(kind, row.price, row.size)], 0, row.at)
        rows["at"] = row.at
        yield rows


def _frame(diff: RecordedDiff) -> DecodedFrame:
    lines = [*_side(RowKind.ASK, diff.asks), *_side(RowKind.BID, diff.bids)]
    rows = _rows(lines, diff.last_version, diff.at)
    return DecodedFrame(FrameKind.DEPTH, 0, diff.first_version, diff.last_version, diff.at, rows)


def _side(kind: RowKind, levels: Sequence[Level]) -> list[_Line]:
    return [(kind, price, size) for price, size in levels]


def _rows(lines: Sequence[_Line], version: int, at: Nanos) -> Rows:
    rows = empty_rows(len(lines))
    if lines:
        cells = np.array(lines, np.int64)
        rows["kind"], rows["price"], rows["size"] = cells[:, 0], cells[:, 1], cells[:, 2]
        rows["flags"][-1] = RowFlag.LAST
    rows["sequence"] = version
    rows["venue_at"] = at
    return rows
