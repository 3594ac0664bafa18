"""What decoding a frame gives, and what a decoder must know of every channel beforehand."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct

from trading_agent.adapters.mexc.wire import BODIES, Channel, Topic, read_channel, timeframe_of
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.units import Nanos
from trading_agent.market.candles import TIMEFRAME_NAMES

MAX_FRAME_BYTES: Final = 4 * 1024 * 1024
MAX_FRAME_ROWS: Final = 16_384
"""More than both sides of the deepest book the exchange hands out."""
MAX_DECIMALS: Final = 18
MAX_MILLISECONDS: Final = (2**63 - 1) // 1_000_000
MAX_SECONDS: Final = (2**63 - 1) // 1_000_000_000
"""Latest times that fit nanoseconds in 64 bits."""


class FrameKind(IntEnum):
    """What a frame carries; the value is the number of its body in the wrapper."""

    OTHER = 0
    """Subscribed, but nothing the core is told of."""
    KLINE = 308
    DEPTH = 313
    TRADES = 314
    BOOK_TICKER = 315


_KINDS: Final = {
    Topic.AGGRE_DEPTH: FrameKind.DEPTH,
    Topic.AGGRE_DEALS: FrameKind.TRADES,
    Topic.AGGRE_BOOK_TICKER: FrameKind.BOOK_TICKER,
    Topic.KLINE: FrameKind.KLINE,
}


class DecodedFrame(Struct, frozen=True):
    """One frame. Versions are the book's and 0 where the kind has none; `sent_at` is the
    exchange's time of sending, 0 when it gave none; `symbol` is -1 for a channel without.
    `rows` belong to the receiver, their `at` is 0."""

    kind: FrameKind
    symbol: int
    first_version: int
    last_version: int
    sent_at: Nanos
    rows: Rows


class Route(Struct, frozen=True):
    """What a frame of one channel must be. `symbol` is the instrument's place in the run's
    list, -1 when the channel has none; `timeframe` counts in `TIMEFRAME_NAMES`, -1 without."""

    name: str
    channel: Channel
    kind: FrameKind
    body: str
    symbol: int
    instrument: Instrument | None
    timeframe: int


def plan_routes(instruments: Sequence[Instrument], channels: Sequence[str]) -> tuple[Route, ...]:
    """One route a channel; ConfigError for a channel that cannot be decoded."""
    places = {instrument.symbol: place for place, instrument in enumerate(instruments)}
    return tuple(_route(instruments, places, name) for name in channels)


def _route(instruments: Sequence[Instrument], places: dict[str, int], name: str) -> Route:
    try:
        channel = read_channel(name)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    kind = _KINDS.get(channel.topic, FrameKind.OTHER)
    timeframe = _timeframe(channel)
    if kind is FrameKind.KLINE and timeframe < 0:
        kind = FrameKind.OTHER
    symbol = -1 if channel.symbol is None else places.get(channel.symbol, -1)
    instrument = None if symbol < 0 else instruments[symbol]
    if kind is not FrameKind.OTHER:
        _require_countable(instrument, name)
    body = BODIES[channel.topic]
    return Route(name, channel, kind, body, symbol, instrument, timeframe)


def _timeframe(channel: Channel) -> int:
    if channel.topic is not Topic.KLINE or channel.argument is None:
        return -1
    try:
        return TIMEFRAME_NAMES.index(timeframe_of(channel.argument))
    except ValueError:
        return -1


def _require_countable(instrument: Instrument | None, name: str) -> None:
    if instrument is None:
        raise ConfigError(f"channel {name} names a symbol that is not traded in this run")
    for decimals in (instrument.price_decimals, instrument.size_decimals):
        if not 0 <= decimals <= MAX_DECIMALS:
            raise ConfigError(f"{instrument.symbol}: {decimals} decimals cannot be counted")
