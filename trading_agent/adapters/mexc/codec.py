"""Frame to rows: the compiled decoder, and the protobuf library for what surprises it.

The compiled decoder reads what the exchange is known to send and nothing else. Whatever
surprises it (a wire type, a body, a number it cannot hold exactly) is read again by the
protobuf library, which either makes the same rows or says why the frame must not be used.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trading_agent.adapters.mexc.decoded_frame import (
    MAX_FRAME_BYTES,
    DecodedFrame,
    FrameKind,
    Route,
    plan_routes,
)
from trading_agent.adapters.mexc.frame_kernel import FULL, ROUTE_NAME, ROW_WORDS, decode_rows
from trading_agent.adapters.mexc.library_decoder import LibraryDecoder, decode_with_library
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowFlag, Rows, empty_rows
from trading_agent.domain.units import Nanos

__all__ = ["DecodedFrame", "FrameDecoder", "FrameKind", "decode_with_library", "warm_up"]

_PADDING: Final = 16
_POOL_ROWS: Final = 4_096


class FrameDecoder:
    """Frames of one connection to rows; owned by the thread that reads the connection.

    `compiled_frames` and `library_frames` count what went which way; the latter includes
    the frames refused.
    """

    def __init__(self, instruments: Sequence[Instrument], channels: Sequence[str]) -> None:
        """ConfigError for a channel that these instruments do not allow to decode."""
        routes = plan_routes(instruments, channels)
        self._library = LibraryDecoder(routes)
        self._kinds = [route.kind for route in routes]
        self._symbols = [route.symbol for route in routes]
        self._routes = _route_table(routes)
        self._frame = np.zeros(MAX_FRAME_BYTES + _PADDING, np.uint8)
        self._window = self._frame.data
        self._pool = empty_rows(0)
        self._cells = np.zeros((0, ROW_WORDS), np.int64)
        self._used = 0
        self.compiled_frames = 0
        self.library_frames = 0

    def decode(self, frame: bytes) -> DecodedFrame:
        """FeedError, whose text begins with a stable word and a colon, for a frame that must
        not be used: `oversize`, `garbage`, `unsubscribed`, `wrong_symbol`, `off_tick`."""
        length = len(frame)
        if length > MAX_FRAME_BYTES:
            return self._decode_with_library(frame)
        self._window[:length] = frame
        reply = decode_rows(self._frame, length, self._routes, self._cells, self._used)
        if reply[0] == FULL:
            self._refill()
            reply = decode_rows(self._frame, length, self._routes, self._cells, self._used)
        count, route, first, last, sent_at, in_order = reply
        if count < 0:
            return self._decode_with_library(frame)
        self.compiled_frames += 1
        start = self._used
        self._used = start + count
        rows = self._pool[start : self._used]
        kind = self._kinds[route]
        if not in_order:
            rows = _put_in_order(rows, kind)
        return DecodedFrame(kind, self._symbols[route], first, last, Nanos(sent_at), rows)

    def _refill(self) -> None:
        """Rows come out of a pool, each once: a slice of it costs a fortieth of a copy."""
        self._pool = empty_rows(_POOL_ROWS)
        self._cells = self._pool.view(np.int64).reshape(_POOL_ROWS, ROW_WORDS)
        self._used = 0

    def _decode_with_library(self, frame: bytes) -> DecodedFrame:
        self.library_frames += 1
        return self._library.decode(frame)


def warm_up() -> None:
    """Compile the decoder, or load it from the cache, before the first frame needs it."""
    nowhere = np.zeros((1, ROW_WORDS), np.int64)
    decode_rows(np.zeros(_PADDING, np.uint8), 0, _route_table(()), nowhere, 0)


def _put_in_order(rows: Rows, kind: FrameKind) -> Rows:
    """Asks before bids, prints oldest first; else as they came."""
    key = rows["venue_at"] if kind is FrameKind.TRADES else -rows["kind"]
    rows["flags"] = 0
    ordered: Rows = rows[np.argsort(key, kind="stable")]
    ordered["flags"][-1] = RowFlag.LAST
    return ordered


def _route_table(routes: Sequence[Route]) -> NDArray[np.int64]:
    """The routes as `frame_kernel` reads them; a line stays zero where it has nothing to do."""
    names = [route.name.encode() for route in routes]
    table = np.zeros((len(routes), ROUTE_NAME + max(map(len, names), default=0)), np.int64)
    for line, route, name in zip(table, routes, names, strict=True):
        if route.kind is FrameKind.OTHER or route.instrument is None:
            continue
        symbol = route.instrument.symbol.encode()
        argument = (route.channel.argument or "").encode()
        line[:ROUTE_NAME] = (
            route.kind,
            route.symbol,
            route.instrument.price_decimals,
            route.instrument.size_decimals,
            route.timeframe,
            len(name),
            name.rindex(b"@" + symbol) + 1,
            len(symbol),
            name.rindex(b"@" + argument) + 1,
            len(argument),
        )
        line[ROUTE_NAME : ROUTE_NAME + len(name)] = list(name)
    return table
