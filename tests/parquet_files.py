"""Parquet of a few rows, written as Arrow writes it: a page a column, plain or by dictionary."""

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from trading_agent.domain.errors import ConfigError
from trading_agent.embedded_exchange import zstandard

INTEGER, NUMBER, TEXT = 2, 5, 6
PLAIN, RUNS, BY_DICTIONARY = 0, 3, 8
FIRST_POSITION = 4

Cells = Sequence[Any]
"""Of one kind: integers, floats, texts, or lists of floats; None where there is nothing."""
Fields = Sequence[tuple[int, Any]]
"""Number and value; of a value: int, bytes, list of Fields, list of bytes, list of int, Fields."""


def zstd(data: bytes) -> bytes:
    """A frame of one block that is not packed."""
    head = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data))
    return head + (len(data) << 3 | 1).to_bytes(3, "little") + data


def need_zstd() -> None:
    try:
        zstandard.unpack(zstd(b"any"), 3)
    except ConfigError as error:
        pytest.skip(str(error))


def gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


CODECS: Mapping[str, tuple[int, Callable[[bytes], bytes]]] = {
    "none": (0, bytes),
    "snappy": (1, bytes),
    "gzip": (2, gzip),
    "zstd": (6, zstd),
}


def write_parquet(path: Path, columns: Mapping[str, Cells], codec: str = "none") -> Path:
    """Texts go by dictionary, numbers plain; a list a row becomes a column of lists. A test that
    wants zstd is skipped where the system has no library for it."""
    if codec == "zstd":
        need_zstd()
    number, pack = CODECS[codec]
    body = bytearray(b"PAR1")
    chunks: list[Fields] = []
    schema: list[Fields] = [[(4, b"schema"), (5, len(columns))]]
    for name, cells in columns.items():
        column = _Column(name, cells)
        position = len(body)
        for kind, page in column.pages():
            packed = pack(page)
            about = {0: (5, (column.entries, column.encoding)), 2: (7, (column.distinct, PLAIN))}
            field, (count, encoding) = about[kind]
            told = [(1, count), (2, encoding), *([(3, RUNS), (4, RUNS)] if kind == 0 else [])]
            body += _fields([(1, kind), (2, len(page)), (3, len(packed)), (field, told)]) + packed
        dictionary = [(11, position)] if column.encoding == BY_DICTIONARY else []
        told = [(1, column.kind), (3, column.path), (4, number), (5, column.entries)]
        chunks.append([(3, [*told, (9, position), *dictionary])])
        schema += column.schema()
    rows = max(len(cells) for cells in columns.values())
    footer = _fields([(1, 1), (2, schema), (3, rows), (4, [[(1, chunks)]])])
    path.write_bytes(bytes(body) + footer + struct.pack("<I", len(footer)) + b"PAR1")
    return path


class _Column:
    def __init__(self, name: str, cells: Cells) -> None:
        self.name = name.encode()
        self._listed = isinstance(cells[0], list)
        lists = [cell if isinstance(cell, list) else [cell] for cell in cells]
        flat = [one for each in lists for one in each]
        self._there = [one is not None for one in flat]
        self._values = [one for one in flat if one is not None]
        self._repeats = [int(place > 0) for each in lists for place in range(len(each))]
        self.entries = len(flat)
        first = self._values[0]
        self.kind = (
            TEXT if isinstance(first, str) else INTEGER if isinstance(first, int) else NUMBER
        )
        self.encoding = BY_DICTIONARY if self.kind == TEXT else PLAIN
        self._words = sorted({str(one) for one in self._values}) if self.kind == TEXT else []
        self.distinct = len(self._words)

    @property
    def path(self) -> list[bytes]:
        return [self.name, *([b"list", b"element"] if self._listed else [])]

    def schema(self) -> list[Fields]:
        if not self._listed:
            return [[(1, self.kind), (3, 1), (4, self.name)]]
        return [
            [(3, 1), (4, self.name), (5, 1)],
            [(3, 2), (4, b"list"), (5, 1)],
            [(1, self.kind), (3, 1), (4, b"element")],
        ]

    def pages(self) -> list[tuple[int, bytes]]:
        most = 3 if self._listed else 1
        levels = _prefixed(_packed(self._repeats, 1)) if self._listed else b""
        present = [most if there else most - 1 for there in self._there]
        levels += _prefixed(_runs(present, most.bit_length()))
        if self.kind != TEXT:
            form = "<q" if self.kind == INTEGER else "<d"
            return [(0, levels + b"".join(struct.pack(form, one) for one in self._values))]
        width = max(self.distinct - 1, 1).bit_length()
        places = _packed([self._words.index(str(one)) for one in self._values], width)
        words = b"".join(_prefixed(word.encode()) for word in self._words)
        return [(2, words), (0, levels + bytes([width]) + places)]


def _prefixed(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _runs(numbers: Sequence[int], width: int) -> bytes:
    """Each number as a run of its own."""
    return b"".join(b"\x02" + one.to_bytes((width + 7) // 8, "little") for one in numbers)


def _packed(numbers: Sequence[int], width: int) -> bytes:
    """Eight by eight, `width` bits each."""
    eights = -(-len(numbers) // 8)
    bits = sum(one << place * width for place, one in enumerate(numbers))
    return _unsigned(eights << 1 | 1) + bits.to_bytes(eights * width, "little")


def _fields(values: Fields) -> bytes:
    """A struct in the compact protocol."""
    found, before = bytearray(), 0
    for number, value in values:
        kind, data = _value(value)
        found += bytes([(number - before) << 4 | kind]) + data
        before = number
    return bytes(found) + b"\x00"


def _value(value: Any) -> tuple[int, bytes]:
    if isinstance(value, int):
        return 6, _unsigned(value << 1)
    if isinstance(value, bytes):
        return 8, _unsigned(len(value)) + value
    if isinstance(value[0], tuple):
        return 12, _fields(value)
    if isinstance(value[0], bytes):
        texts = b"".join(_value(one)[1] for one in value)
        return 9, bytes([len(value) << 4 | 8]) + texts
    structs = b"".join(_fields(one) for one in value)
    return 9, b"\xfc" + _unsigned(len(value)) + structs


def _unsigned(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
