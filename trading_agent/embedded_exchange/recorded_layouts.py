"""Tables of whole books and of trades, by the names of their columns, never by those of files.

Books: a column a level and number, or lists of all levels. Times are the exchange's where a table
holds them, else the receiver's.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.domain.units import MICROSECOND, MILLISECOND, SECOND
from trading_agent.embedded_exchange.csv_table import CsvTable
from trading_agent.embedded_exchange.parquet_table import MAGIC, ParquetTable
from trading_agent.embedded_exchange.recorded_books import ToldBooks, ToldLevels, ToldPrints
from trading_agent.embedded_exchange.recorded_bytes import begins_with, chunks
from trading_agent.embedded_exchange.recorded_names import name_by_place
from trading_agent.embedded_exchange.recorded_table import Counts, Floats, Integers, RecordedTable

_TIMES: Final[Mapping[str, int]] = {
    "exch_ts_ms": MILLISECOND,
    "exchange_timestamp": MILLISECOND,
    "ts_ms": MILLISECOND,
    "recv_ts_us": MICROSECOND,
    "timestamp": SECOND,
}
"""Columns and their unit, the exchange's before the receiver's."""
_SIZES: Final = ("size", "qty")


class _Wide(Struct, frozen=True):
    """A column a level and number. `price_unit`, `size_unit`: of numbers that are counts."""

    bid_price: str
    bid_size: str
    ask_price: str
    ask_size: str
    price_unit: float = 1.0
    size_unit: float = 1.0


_WIDE: Final = (
    _Wide("bid_price_{}", "bid_size_{}", "ask_price_{}", "ask_size_{}"),
    # The recorder of StandX writes integers, and nowhere of what.
    _Wide("bp{}", "bq{}", "ap{}", "aq{}", price_unit=0.1, size_unit=0.0001),
)
_LISTS: Final = ("bids_px", "bids_qty", "asks_px", "asks_qty")


class ToldTables(Struct, frozen=True, kw_only=True):
    symbol: str
    books: ToldBooks
    prints: ToldPrints


def is_table(path: Path) -> bool:
    """Whether it is Parquet, or begins with the names of columns."""
    if begins_with(path, MAGIC):
        return True
    line = next(chunks(path), b"").partition(b"\n")[0].rstrip(b"\r").decode("latin-1")
    return line[:1].isalpha() and "," in line and line.isprintable()


def read_tables(files: Sequence[Path]) -> ToldTables:
    """Raises ConfigError without books, FeedError for what is damaged."""
    books: list[ToldBooks] = []
    prints: list[ToldPrints] = []
    symbols: list[str] = []
    columns: list[str] = []
    for path in files:
        table = ParquetTable(path) if begins_with(path, MAGIC) else CsvTable(path)
        columns += table.names
        if (told := _books(table)) is not None:
            books.append(told)
        elif "side" in table.names and "price" in table.names:
            prints.append(_prints(table))
        symbols.append(_symbol(table))
    if not books:
        names = ", ".join(path.name for path in files)
        raise ConfigError(f"no depth updates in {names}, whose columns are {', '.join(columns)}")
    if len(set(symbols)) > 1:
        raise FeedError(f"one recording, yet of {', '.join(sorted(set(symbols)))}")
    return ToldTables(symbol=symbols[0], books=_in_a_row(books), prints=_by_time(prints))


def _symbol(table: RecordedTable) -> str:
    named = set(table.words("symbol")) - {""} if "symbol" in table.names else set()
    if len(named) > 1:
        raise FeedError(f"{table.path}: holds {', '.join(sorted(named))}, not one pair")
    return named.pop() if named else name_by_place(table.path)


def _books(table: RecordedTable) -> ToldBooks | None:
    if all(name in table.names for name in _LISTS):
        return ToldBooks(_times(table), *_listed(table))
    for wide in _WIDE:
        if wide.bid_price.format(0) in table.names:
            return ToldBooks(
                _times(table),
                _side(table, wide, wide.bid_price, wide.bid_size),
                _side(table, wide, wide.ask_price, wide.ask_size),
            )
    return None


def _listed(table: RecordedTable) -> Iterator[ToldLevels]:
    for prices, sizes in (_LISTS[:2], _LISTS[2:]):
        price, size = table.lists(prices), table.lists(sizes)
        if not np.array_equal(price.row, size.row):
            raise FeedError(f"{table.path}: damaged: {prices} and {sizes} are not of one length")
        yield _levels(price.row, price.value, size.value)


def _side(table: RecordedTable, wide: _Wide, prices: str, sizes: str) -> ToldLevels:
    deep = 0
    while prices.format(deep) in table.names and sizes.format(deep) in table.names:
        deep += 1
    price = np.stack([table.numbers(prices.format(level)) for level in range(deep)], axis=1)
    size = np.stack([table.numbers(sizes.format(level)) for level in range(deep)], axis=1)
    book = np.repeat(np.arange(len(price), dtype=np.int32), deep)
    return _levels(book, price.ravel() * wide.price_unit, size.ravel() * wide.size_unit)


def _levels(book: Counts, price: Floats, size: Floats) -> ToldLevels:
    """Without the empty ones."""
    told = np.isfinite(price) & np.isfinite(size) & (size != 0)
    return ToldLevels(book[told], price[told], size[told])


def _prints(table: RecordedTable) -> ToldPrints:
    size = next((name for name in _SIZES if name in table.names), None)
    if size is None:
        raise ConfigError(f"{table.path}: trades without a size, only {', '.join(table.names)}")
    sides = table.words("side")
    if strange := set(sides) - {"buy", "sell"}:
        raise FeedError(f"{table.path}: damaged: a trade's side is {', '.join(sorted(strange))}")
    bought = np.array([side == "buy" for side in sides], np.bool_)
    return ToldPrints(_times(table), table.numbers("price"), table.numbers(size), bought)


def _times(table: RecordedTable) -> Integers:
    for name, unit in _TIMES.items():
        if name in table.names:
            # Floats hold milliseconds exactly, and no nanoseconds.
            whole, rest = np.divmod(table.numbers(name), 1.0)
            if not np.isfinite(whole).all():
                raise FeedError(f"{table.path}: damaged: {name} holds no time")
            at: Integers = whole.astype(np.int64) * unit + np.rint(rest * unit).astype(np.int64)
            return at
    raise ConfigError(f"{table.path}: no time in columns {', '.join(table.names)}")


def _in_a_row(parts: Sequence[ToldBooks]) -> ToldBooks:
    """Several files, by the time of their first book."""
    parts = sorted((part for part in parts if len(part.at)), key=lambda part: int(part.at[0]))
    if not parts:
        raise ConfigError("tables of books without a line")
    first = np.cumsum([0, *(len(part.at) for part in parts)], dtype=np.int32)
    return ToldBooks(
        np.maximum.accumulate(np.concatenate([part.at for part in parts])),
        _joined([part.bids for part in parts], first),
        _joined([part.asks for part in parts], first),
    )


def _joined(parts: Sequence[ToldLevels], first: Counts) -> ToldLevels:
    return ToldLevels(
        np.concatenate([part.book + before for part, before in zip(parts, first, strict=False)]),
        np.concatenate([part.price for part in parts]),
        np.concatenate([part.size for part in parts]),
    )


def _by_time(parts: Sequence[ToldPrints]) -> ToldPrints:
    none = ToldPrints(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.bool_))
    every = (none, *parts)
    at = np.concatenate([part.at for part in every])
    order = np.argsort(at, kind="stable")
    return ToldPrints(
        at[order],
        np.concatenate([part.price for part in every])[order],
        np.concatenate([part.size for part in every])[order],
        np.concatenate([part.bought for part in every])[order],
    )
