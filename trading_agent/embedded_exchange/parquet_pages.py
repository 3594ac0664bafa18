"""The pages of one column of a Parquet file: levels and values, plain or by dictionary."""

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.errors import ConfigError
from trading_agent.embedded_exchange.recorded_table import Counts
from trading_agent.embedded_exchange.thrift import CompactReader, Fields

Values = np.ndarray[Any, np.dtype[Any]]
Unpack = Callable[[bytes, int], bytes]
"""Packed bytes, and how many they unpack to."""

_NUMBERS: Final[Mapping[int, str]] = {1: "<i4", 2: "<i8", 4: "<f4", 5: "<f8"}
"""By physical type."""
_TEXT: Final = 6
_DATA_PAGE: Final = 0
_DICTIONARY_PAGE: Final = 2
_PLAIN: Final = 0
_BY_DICTIONARY: Final = (2, 8)
_WIDEST: Final = 31
_MOST_BYTES: Final = 1 << 27
_LENGTH: Final = struct.Struct("<I")


class ColumnShape(Struct, frozen=True):
    """`physical`: type of its values. `present`: definition level of a value that is there.
    `repeated`: repetition level of a further value of the same row, 0 for one value a row."""

    physical: int
    present: int
    repeated: int


class ColumnValues(Struct, frozen=True):
    """`row` and `present` an entry each, `values` one where present."""

    row: Counts
    present: np.ndarray[Any, np.dtype[np.bool_]]
    values: Values


def read_pages(
    data: bytes, position: int, entries: int, shape: ColumnShape, unpack: Unpack
) -> ColumnValues:
    """A chunk's `entries`, from the header of its first page on. Raises ConfigError for what is
    well made and not read here, and whatever damaged bytes lead to: IndexError, KeyError,
    ValueError, struct.error, FeedError."""
    dictionary: Values = np.empty(0)
    levels: list[tuple[Counts, Counts]] = []
    values: list[Values] = []
    seen = 0
    while seen < entries:
        reader = CompactReader(data, position)
        header = reader.fields()
        start, position = reader.position, reader.position + header[3]
        if position > len(data) or not 0 <= header[2] <= _MOST_BYTES:
            raise ValueError("a page breaks off")
        page = unpack(data[start:position], header[2])
        if header[1] == _DICTIONARY_PAGE:
            dictionary = _plain(page, shape.physical, header[7][1])
        elif header[1] == _DATA_PAGE:
            if not 0 < header[5][1] <= entries - seen:
                raise ValueError("a page of another column")
            told = _DataPage(page, header[5], shape)
            levels.append((told.repetition, told.definition))
            values.append(told.values(dictionary))
            seen += len(told.definition)
        else:
            raise ConfigError(f"pages of kind {header[1]} are not read here")
    repetition, definition = (np.concatenate(each) for each in zip(*levels, strict=True))
    return ColumnValues(
        row=np.cumsum(repetition == 0, dtype=np.int32) - 1,
        present=definition == shape.present,
        values=np.concatenate(values),
    )


class _DataPage:
    def __init__(self, page: bytes, header: Fields, shape: ColumnShape) -> None:
        self._page = page
        self._shape = shape
        self._encoding = header[2]
        self._position = 0
        count = header[1]
        self.repetition = self._levels(shape.repeated, count)
        self.definition = self._levels(shape.present, count)

    def values(self, dictionary: Values) -> Values:
        page, position = self._page, self._position
        count = int((self.definition == self._shape.present).sum())
        if self._encoding == _PLAIN:
            return _plain(page[position:], self._shape.physical, count)
        if self._encoding in _BY_DICTIONARY:
            return dictionary[_hybrid(page[position + 1 :], page[position], count)]
        raise ConfigError(f"values of encoding {self._encoding} are not read here")

    def _levels(self, most: int, count: int) -> Counts:
        if most == 0:
            return np.zeros(count, np.int32)
        (length,) = _LENGTH.unpack_from(self._page, self._position)
        start = self._position + _LENGTH.size
        self._position = start + length
        return _hybrid(self._page[start : self._position], most.bit_length(), count)


def _plain(page: bytes, physical: int, count: int) -> Values:
    if physical == _TEXT:
        return _texts(page, count)
    if physical not in _NUMBERS:
        raise ConfigError(f"values of type {physical} are not read here")
    return np.frombuffer(page, _NUMBERS[physical], count)


def _texts(page: bytes, count: int) -> Values:
    texts: list[str] = []
    position = 0
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(page, position)
        position += _LENGTH.size + length
        if position > len(page):
            raise ValueError("a text breaks off")
        texts.append(page[position - length : position].decode())
    return np.array(texts, np.object_)


def _hybrid(data: bytes, width: int, count: int) -> Counts:
    """Runs of one number repeated, and of numbers packed `width` bits each, eight by eight."""
    found = np.zeros(count, np.int32)
    if width == 0:
        return found
    if width > _WIDEST:
        raise ValueError(f"numbers of {width} bits")
    powers = 1 << np.arange(width, dtype=np.int32)
    reader = CompactReader(data)
    done = 0
    while done < count:
        head = reader.unsigned()
        if head & 1:
            bits = np.frombuffer(reader.take((head >> 1) * width), np.uint8)
            part = np.unpackbits(bits, bitorder="little").reshape(-1, width) @ powers
        else:
            number = int.from_bytes(reader.take((width + 7) // 8), "little")
            part = np.broadcast_to(np.int32(number), head >> 1)
        if len(part) == 0:
            raise ValueError("a run of nothing")
        part = part[: count - done]
        found[done : done + len(part)] = part
        done += len(part)
    return found
