"""Parquet: the columns that are asked for, flat or of lists, plain, gzipped or packed by zstd."""

import struct
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.embedded_exchange import zstandard
from trading_agent.embedded_exchange.parquet_pages import (
    ColumnShape,
    ColumnValues,
    Unpack,
    read_pages,
)
from trading_agent.embedded_exchange.recorded_table import Floats, Lists
from trading_agent.embedded_exchange.thrift import CompactReader, Fields

MAGIC: Final = b"PAR1"

_TAIL: Final = struct.Struct("<I4s")
_OPTIONAL: Final = 1
_REPEATED: Final = 2
_GZIP_WINDOW: Final = 31
_DAMAGE: Final = (
    *(IndexError, KeyError, TypeError, ValueError, OverflowError),
    *(AttributeError, RuntimeError, struct.error, zlib.error),
)
"""Whatever else than was written may lead to; RuntimeError: too deep, or out of columns."""


def _as_it_is(packed: bytes, _size: int) -> bytes:
    return packed


def _gunzip(packed: bytes, _size: int) -> bytes:
    return zlib.decompress(packed, _GZIP_WINDOW)


_UNPACKED: Final[Mapping[int, Unpack]] = {0: _as_it_is, 2: _gunzip, 6: zstandard.unpack}
"""By the number of the codec."""


class _Chunk(Struct, frozen=True):
    position: int
    entries: int
    codec: int


class ParquetTable:
    """Raises ConfigError for a file that cannot be read, FeedError for one that is damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._data = path.read_bytes()
        except OSError as fault:
            raise ConfigError(f"{path} cannot be read: {fault.strerror}") from fault
        try:
            footer = self._footer()
            self._shapes = dict(_shapes(footer[2]))
            self._groups = [_chunks(group[1]) for group in footer[4]]
        except _DAMAGE as fault:
            raise self._damaged("the footer", fault) from fault

    @property
    def names(self) -> Collection[str]:
        return self._shapes.keys()

    def numbers(self, name: str) -> Floats:
        parts = []
        for group in self._read(name):
            part = np.full(len(group.present), np.nan)
            part[group.present] = group.values
            parts.append(part)
        return np.concatenate([np.empty(0), *parts])

    def words(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        for group in self._read(name):
            values = iter(group.values.tolist())
            found += [str(next(values)) if there else "" for there in group.present.tolist()]
        return tuple(found)

    def lists(self, name: str) -> Lists:
        rows, values = [np.empty(0, np.int32)], [np.empty(0)]
        before = np.int32(0)
        for group in self._read(name):
            rows.append(group.row[group.present] + before)
            values.append(group.values.astype(np.float64))
            before += group.row[-1] + np.int32(1)
        return Lists(np.concatenate(rows), np.concatenate(values))

    def _footer(self) -> Fields:
        size, magic = _TAIL.unpack(self._data[-_TAIL.size :])
        start = len(self._data) - _TAIL.size - size
        if magic != MAGIC or start < 0:
            raise ValueError("it breaks off")
        return CompactReader(self._data, start).fields()

    def _read(self, name: str) -> Iterator[ColumnValues]:
        """A group of rows each."""
        for group in self._groups:
            try:
                if group[name].entries:
                    yield self._chunk(group[name], self._shapes[name])
            except ConfigError as fault:
                raise ConfigError(f"{self.path}: {name}: {fault}") from fault
            except (*_DAMAGE, FeedError) as fault:
                raise self._damaged(name, fault) from fault

    def _chunk(self, chunk: _Chunk, shape: ColumnShape) -> ColumnValues:
        unpack = _UNPACKED.get(chunk.codec)
        if unpack is None:
            raise ConfigError(f"it is packed by codec {chunk.codec}, which is not read here")
        return read_pages(self._data, chunk.position, chunk.entries, shape, unpack)

    def _damaged(self, what: str, fault: Exception) -> FeedError:
        return FeedError(f"{self.path}: damaged: {what}: {fault}")


def _shapes(schema: list[Fields]) -> Iterator[tuple[str, ColumnShape]]:
    """Every column under the outermost name of its path."""
    elements = iter(schema)

    def below(
        count: int, path: tuple[str, ...], present: int, repeated: int
    ) -> Iterator[tuple[str, ColumnShape]]:
        for _ in range(count):
            element = next(elements)
            kind = element.get(3, 0)
            names = (*path, element[4].decode())
            deeper = present + (kind in (_OPTIONAL, _REPEATED))
            again = repeated + (kind == _REPEATED)
            if element.get(5):
                yield from below(element[5], names, deeper, again)
            else:
                yield names[0], ColumnShape(element[1], deeper, again)

    yield from below(next(elements)[5], (), 0, 0)


def _chunks(columns: list[Fields]) -> dict[str, _Chunk]:
    found = {}
    for column in columns:
        about = column[3]
        position = min(about[9], about.get(11, about[9]))
        found[about[3][0].decode()] = _Chunk(position, about[5], about[4])
    return found
