"""A stretch of a recording as bytes: inputs column by column, and back, exactly.

Every column is stored as its first value and the differences after it, in the narrowest
integers that hold them, and the whole is deflated. `at` of a row is not stored: it is the
stamp of its input.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trading_agent.domain.documents import input_from_text, to_text
from trading_agent.domain.errors import InvariantError, StorageError
from trading_agent.domain.market_rows import Rows, empty_rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.units import Nanos

_COLUMNS: Final = ("venue_at", "sequence", "price", "size", "kind", "flags", "symbol")
_WIDTHS: Final = (np.int8, np.int16, np.int32, np.int64)
_LIMITS: Final = (1 << 7, 1 << 15, 1 << 31)
_NOT_ROWS: Final = -1
"""Stands where the count of rows would, for an input of another kind."""
_LEVEL: Final = 1
_HEADER_BYTES: Final = 9

_Column = NDArray[np.int64]


def encode(inputs: Sequence[Stamped]) -> bytes:
    """Inputs with consecutive sequences. Raises InvariantError when they are not, or when
    rows do not bear the stamp of their input."""
    markets = [each.body.rows for each in inputs if isinstance(each.body, MarketRows)]
    others = [each.body for each in inputs if not isinstance(each.body, MarketRows)]
    stamps = np.array([each.at for each in inputs], np.int64)
    counts = np.array([_count(each) for each in inputs], np.int64)
    rows = np.concatenate(markets) if markets else empty_rows(0)
    _check(inputs, stamps, counts, rows)
    words = json.dumps([[type(body).__name__, to_text(body)] for body in others]).encode()
    parts = [_encode_column(stamps), _encode_column(counts)]
    parts += [_encode_column(rows[name].astype(np.int64)) for name in _COLUMNS]
    return zlib.compress(b"".join([len(words).to_bytes(4, "little"), words, *parts]), _LEVEL)


def decode(body: bytes, first: int, inputs: int, rows: int) -> Iterator[Stamped]:
    """What `encode` was given; rows of one chunk share one array. Raises StorageError."""
    try:
        plain = zlib.decompress(body)
        words_end = 4 + int.from_bytes(plain[:4], "little")
        words = iter(json.loads(plain[4:words_end]))
        stamps, place = _decode_column(plain, words_end, inputs)
        counts, place = _decode_column(plain, place, inputs)
        market = empty_rows(rows)
        for name in _COLUMNS:
            market[name], place = _decode_column(plain, place, rows)
        market["at"] = np.repeat(stamps, np.maximum(counts, 0))
    except (zlib.error, ValueError, IndexError) as error:
        raise StorageError(f"a chunk cannot be read: {error}") from error
    return _inputs(first, stamps, counts, market, words)


def _inputs(
    first: int, stamps: _Column, counts: _Column, market: Rows, words: Iterator[list[str]]
) -> Iterator[Stamped]:
    begin = 0
    for sequence, (at, count) in enumerate(
        zip(stamps.tolist(), counts.tolist(), strict=True), first
    ):
        if count == _NOT_ROWS:
            kind, text = next(words)
            yield Stamped(sequence, Nanos(at), input_from_text(kind, text))
        else:
            yield Stamped(sequence, Nanos(at), MarketRows(market[begin : begin + count]))
            begin += count


def _count(stamped: Stamped) -> int:
    return len(stamped.body.rows) if isinstance(stamped.body, MarketRows) else _NOT_ROWS


def _check(inputs: Sequence[Stamped], stamps: _Column, counts: _Column, rows: Rows) -> None:
    sequences = np.array([each.sequence for each in inputs], np.int64)
    if (np.diff(sequences) != 1).any():
        raise InvariantError(f"inputs after {inputs[0].sequence} are not consecutive")
    if (rows["at"] != np.repeat(stamps, np.maximum(counts, 0))).any():
        raise InvariantError(f"rows after input {inputs[0].sequence} do not bear its stamp")


def _encode_column(values: _Column) -> bytes:
    """Width of the differences, first value, differences; wrapping like the integers do."""
    first = int(values[0]) if len(values) else 0
    steps = np.diff(values)
    width = _width(steps)
    return (
        bytes([width])
        + first.to_bytes(8, "little", signed=True)
        + steps.astype(_WIDTHS[width]).tobytes()
    )


def _width(steps: _Column) -> int:
    if len(steps) == 0:
        return 0
    lowest, highest = int(steps.min()), int(steps.max())
    for width, limit in enumerate(_LIMITS):
        if -limit <= lowest and highest < limit:
            return width
    return len(_LIMITS)


def _decode_column(plain: bytes, place: int, count: int) -> tuple[_Column, int]:
    """The column of `count` values that begins at `place`, and where the next begins."""
    kind = np.dtype(_WIDTHS[plain[place]])
    values = np.zeros(count, np.int64)
    if count == 0:
        return values, place + _HEADER_BYTES
    values[0] = int.from_bytes(plain[place + 1 : place + _HEADER_BYTES], "little", signed=True)
    begin = place + _HEADER_BYTES
    values[1:] = np.frombuffer(plain, kind, count - 1, begin)
    return np.cumsum(values), begin + (count - 1) * kind.itemsize
