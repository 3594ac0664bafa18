"""Recordings of Binance's spot streams as a stream of rows, in the order of their files.

Two shapes, gzipped or plain, told apart by their first bytes, never by their names: lines
`<receive time> <json>` (combined stream messages and REST snapshots; the time in seconds,
milli-, micro- or nanoseconds, told apart by its magnitude), and one JSON document (a list
of messages that carry their own time `E` in milliseconds, or a lone REST snapshot).
"""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.domain.units import (
    MICROSECOND,
    MILLISECOND,
    SECOND,
    Lots,
    Nanos,
    Ticks,
    read_decimal,
)
from trading_agent.embedded_exchange.recorded_bytes import chunks, lines
from trading_agent.embedded_exchange.source import Level

_SUFFIXES: Final = frozenset({".gz", ".xz", ".dat", ".json", ".jsonl", ".log", ".csv", ".parquet"})
_LARGEST: Final = 1 << 62
_MEMORY: Final = 200_000
_DAMAGE: Final = (ValueError, KeyError, TypeError, AttributeError)


class RecordedDiff(Struct, frozen=True):
    """`published_at`: by the exchange's own clock."""

    at: Nanos
    first_version: int
    last_version: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    published_at: Nanos


class RecordedSnapshot(Struct, frozen=True):
    """A whole book; `version` may lie behind diffs already recorded."""

    at: Nanos
    version: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class RecordedQuote(Struct, frozen=True):
    at: Nanos
    version: int
    bid: Level
    ask: Level


class RecordedTrade(Struct, frozen=True):
    """`traded_at`: by the exchange's own clock."""

    at: Nanos
    price: Ticks
    size: Lots
    taker_bought: bool
    traded_at: Nanos


RecordedRow = RecordedDiff | RecordedSnapshot | RecordedQuote | RecordedTrade


class Scale(dict[str, int]):
    """Decimal text to an integer with a fixed number of decimals, remembering answers.

    Raises ValueError for what is not a plain decimal or has more decimals.
    """

    def __init__(self, decimals: int) -> None:
        super().__init__()
        self._decimals = decimals

    def __missing__(self, text: str) -> int:
        scaled = read_decimal(text).scaleb(self._decimals)
        whole = int(scaled)
        if whole != scaled or whole > _LARGEST:
            raise ValueError(f"{text!r} does not fit {self._decimals} decimals")
        if len(self) >= _MEMORY:
            self.clear()
        self[text] = whole
        return whole


class Decimals(Struct, frozen=True):
    """How many decimals prices and sizes of a recording use."""

    price: int
    size: int


class RowReader:
    """JSON objects of one recorded pair to rows. Raises FeedError for another pair's."""

    def __init__(self, decimals: Decimals, recorded_symbol: str | None) -> None:
        self._prices = Scale(decimals.price)
        self._sizes = Scale(decimals.size)
        self._symbol = recorded_symbol

    def read(self, message: Mapping[str, Any], at: Nanos | None) -> RecordedRow | None:
        """None for messages of other streams. Without `at` the message's own time counts."""
        body = message.get("data", message)
        if "lastUpdateId" in body:
            return RecordedSnapshot(
                at or Nanos(0),
                _version(body["lastUpdateId"]),
                self._levels(body["bids"]),
                self._levels(body["asks"]),
            )
        kind = body.get("e")
        if kind not in ("depthUpdate", "trade", "aggTrade") and not ("A" in body and "u" in body):
            return None
        if self._symbol is not None and body["s"] != self._symbol:
            raise FeedError(f"holds {body['s']}, the recording is of {self._symbol}")
        when = _own_time(body["E"]) if at is None else at
        if kind == "depthUpdate":
            return self._diff(body, when)
        return self._quote(body, when) if kind is None else self._trade(body, when)

    def _diff(self, body: Mapping[str, Any], at: Nanos) -> RecordedDiff:
        first, last = _version(body["U"]), _version(body["u"])
        if first > last:
            raise ValueError(f"versions {first} to {last} run back")
        bids, asks = self._levels(body["b"]), self._levels(body["a"])
        return RecordedDiff(at, first, last, bids, asks, _own_time(body["E"]))

    def _quote(self, body: Mapping[str, Any], at: Nanos) -> RecordedQuote:
        bid = (Ticks(self._prices[body["b"]]), Lots(self._sizes[body["B"]]))
        ask = (Ticks(self._prices[body["a"]]), Lots(self._sizes[body["A"]]))
        return RecordedQuote(at, _version(body["u"]), bid, ask)

    def _trade(self, body: Mapping[str, Any], at: Nanos) -> RecordedTrade:
        price, size = Ticks(self._prices[body["p"]]), Lots(self._sizes[body["q"]])
        return RecordedTrade(at, price, size, not body["m"], _own_time(body["T"]))

    def _levels(self, pairs: Sequence[Sequence[str]]) -> tuple[Level, ...]:
        prices, sizes = self._prices, self._sizes
        return tuple([(Ticks(prices[price]), Lots(sizes[size])) for price, size in pairs])


def _own_time(milliseconds: int) -> Nanos:
    return Nanos(int(milliseconds) * MILLISECOND)


def _version(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a version")
    return value


def recording_files(paths: Sequence[Path | str]) -> tuple[Path, ...]:
    """The files themselves; a folder stands for the recordings in it. Raises ConfigError."""
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
            if not inside:
                raise ConfigError(f"no recording in folder {path}")
            files.extend(inside)
        elif path.is_file():
            files.append(path)
        else:
            raise ConfigError(f"no recording at {path}")
    if not files:
        raise ConfigError("no recording named")
    return tuple(files)


def read_rows(files: Sequence[Path], reader: RowReader) -> Iterator[RecordedRow]:
    """All rows of all files by time; raises FeedError naming file and line (or entry)."""
    return heapq.merge(*(_read_file(path, reader) for path in files), key=attrgetter("at"))


def _read_file(path: Path, reader: RowReader) -> Iterator[RecordedRow]:
    first = next(chunks(path), b"")[:1]
    if first.isdigit():
        return _read_lines(path, reader)
    if first == b"[":
        return _read_entries(path, reader)
    if first == b"{":
        return _read_snapshot(path, reader)
    raise FeedError(f"{path}, line 1: neither `<time> <json>` lines nor a JSON document")


def _read_lines(path: Path, reader: RowReader) -> Iterator[RecordedRow]:
    latest = Nanos(0)
    for number, line in enumerate(lines(path), 1):
        if not line or line.isspace():
            continue
        try:
            stamp, _, document = line.partition(b" ")
            at = max(latest, _receive_time(int(stamp)))
            row = reader.read(json.loads(document), at)
        except FeedError as fault:
            raise FeedError(f"{path}, line {number}: {fault}") from fault
        except _DAMAGE as fault:
            raise _damaged(path, f"line {number}", fault) from fault
        latest = at
        if row is not None:
            yield row


def _receive_time(stamp: int) -> Nanos:
    """Seconds have ten digits, milliseconds thirteen, microseconds sixteen."""
    for limit, unit in ((10**11, SECOND), (10**14, MILLISECOND), (10**17, MICROSECOND)):
        if stamp < limit:
            return Nanos(stamp * unit)
    return Nanos(stamp)


def _read_entries(path: Path, reader: RowReader) -> Iterator[RecordedRow]:
    latest = Nanos(0)
    for number, entry in enumerate(_entries(path), 1):
        try:
            row = reader.read(entry, None)
        except FeedError as fault:
            raise FeedError(f"{path}, entry {number}: {fault}") from fault
        except _DAMAGE as fault:
            raise _damaged(path, f"entry {number}", fault) from fault
        if row is not None:
            latest = max(latest, row.at)
            yield row if row.at == latest else replace(row, at=latest)


def _entries(path: Path) -> Iterator[Any]:
    """The elements of a JSON list, one by one, without holding the list."""
    decoder = json.JSONDecoder()
    text = ""
    started = False
    count = 0
    for chunk in chunks(path):
        text += chunk.decode("ascii", errors="replace")
        if not started:
            text, started = text.lstrip().removeprefix("["), True
        position = 0
        while True:
            start = _skip_separators(text, position)
            try:
                entry, position = decoder.raw_decode(text, start)
            except json.JSONDecodeError:
                break
            count += 1
            yield entry
        text = text[position:]
    if text.strip(" \r\n\t,") != "]":
        raise FeedError(f"{path}, line 1: the JSON list breaks off after entry {count}")


def _skip_separators(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \r\n\t,":
        position += 1
    return position


def _read_snapshot(path: Path, reader: RowReader) -> Iterator[RecordedRow]:
    """A lone snapshot carries no time: it stands before everything else."""
    try:
        row = reader.read(json.loads(b"".join(chunks(path))), Nanos(0))
    except _DAMAGE as fault:
        raise _damaged(path, "line 1", fault) from fault
    if not isinstance(row, RecordedSnapshot):
        raise FeedError(f"{path}, line 1: a JSON document that is not a book snapshot")
    yield row


def _damaged(path: Path, where: str, fault: Exception) -> FeedError:
    return FeedError(f"{path}, {where}: damaged: {type(fault).__name__}: {fault}")
