"""A binary frame as a person reads it: the exchange's own fields, and the rows it becomes."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError

from trading_agent.adapters.mexc.codec import DecodedFrame, FrameDecoder
from trading_agent.adapters.mexc.decoded_frame import MAX_DECIMALS, MAX_FRAME_BYTES
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.wire import Channel, read_channel
from trading_agent.domain.errors import FeedError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowKind
from trading_agent.domain.units import Lots

_PRICE_FIELDS: Final = frozenset(
    {"price", "bidPrice", "askPrice"}
    | {"openingPrice", "closingPrice", "highestPrice", "lowestPrice"}
)
_SIZE_FIELDS: Final = frozenset({"quantity", "bidQuantity", "askQuantity", "volume"})
_WIDTHS: Final = {1: 8, 5: 4}


def explain(frame: bytes, instruments: Sequence[Instrument] | None = None) -> dict[str, Any]:
    """What a frame says.

    Keys: `bytes`, `kind`, `decoded_by` (compiled or library), `price_decimals` and
    `size_decimals` (from the instrument when it is known, else the most this frame uses;
    None for a channel without rows), `frame`, and `rows` with prices and sizes as decimal
    strings and `venue_at` in nanoseconds UTC. FeedError says what is wrong, and where.
    """
    if len(frame) > MAX_FRAME_BYTES:
        raise FeedError(f"oversize: a frame of {len(frame)} bytes, at most {MAX_FRAME_BYTES}")
    wrapper = _parse(frame)
    channel = _channel(wrapper.channel)
    content: dict[str, Any] = MessageToDict(wrapper)
    instrument = _instrument(channel, content, instruments or ())
    decoder = FrameDecoder([instrument], [wrapper.channel])
    decoded = decoder.decode(frame)
    has_rows = len(decoded.rows) > 0
    return {
        "bytes": len(frame),
        "kind": decoded.kind.name,
        "decoded_by": "compiled" if decoder.compiled_frames else "library",
        "price_decimals": instrument.price_decimals if has_rows else None,
        "size_decimals": instrument.size_decimals if has_rows else None,
        "frame": content,
        "rows": list(_rows(decoded, instrument)),
    }


def _parse(frame: bytes) -> Any:
    try:
        return PushDataV3ApiWrapper.FromString(frame)
    except DecodeError as error:
        _find_damage(frame, 0, len(frame), PushDataV3ApiWrapper.DESCRIPTOR, "frame")
        raise FeedError(f"garbage: no protobuf frame ({len(frame)} bytes)") from error


def _channel(name: str) -> Channel:
    if not name:
        raise FeedError("garbage: frame.channel: the frame names no channel")
    try:
        return read_channel(name)
    except ValueError as error:
        raise FeedError(f"garbage: frame.channel: {error}") from error


def _instrument(
    channel: Channel, content: dict[str, Any], instruments: Sequence[Instrument]
) -> Instrument:
    for instrument in instruments:
        if instrument.symbol == channel.symbol:
            return instrument
    return Instrument(
        symbol=channel.symbol or "",
        base="",
        quote="",
        price_decimals=_decimals(_texts(content, _PRICE_FIELDS)),
        size_decimals=_decimals(_texts(content, _SIZE_FIELDS)),
        min_size=Lots(0),
        min_notional=Decimal(0),
        max_notional=Decimal(0),
        maker_fee=None,
        taker_fee=None,
        tradable=False,
    )


def _texts(content: Any, names: frozenset[str]) -> Iterator[str]:
    """Every text of these names, however deep."""
    if isinstance(content, list):
        for item in content:
            yield from _texts(item, names)
    elif isinstance(content, dict):
        for name, value in content.items():
            if name in names and isinstance(value, str):
                yield value
            yield from _texts(value, names)


def _decimals(numbers: Iterable[str]) -> int:
    """As many as they are written with, while all of them fit 18 digits; those they need."""
    whole = written = needed = 0
    for number in numbers:
        before, _, fraction = number.partition(".")
        whole = max(whole, len(before))
        written = max(written, len(fraction))
        needed = max(needed, len(fraction.rstrip("0")))
    return min(max(needed, min(written, MAX_DECIMALS - whole)), MAX_DECIMALS)


def _rows(decoded: DecodedFrame, instrument: Instrument) -> Iterator[dict[str, Any]]:
    for row in decoded.rows:
        yield {
            "kind": RowKind(int(row["kind"])).name,
            "price": f"{instrument.price(row['price'].item()):f}",
            "size": f"{instrument.size(row['size'].item()):f}",
            "sequence": int(row["sequence"]),
            "venue_at": int(row["venue_at"]),
        }


def _find_damage(frame: bytes, at: int, end: int, message: Descriptor | None, path: str) -> None:
    """FeedError for the first byte the library cannot get past; nothing when there is none."""
    while at < end:
        start = at
        tag, at = _varint(frame, at, end, path)
        field = None if message is None else message.fields_by_number.get(tag >> 3)
        name = f"{path}.{field.name if field else tag >> 3}"
        wire_type = tag & 7
        if tag < 8 or wire_type not in (0, 1, 2, 5):
            raise FeedError(f"garbage: byte {start}: {path}: no field begins with {tag:#04x}")
        if wire_type == 0:
            _, at = _varint(frame, at, end, name)
            continue
        size = _WIDTHS.get(wire_type, 0)
        if wire_type == 2:
            size, at = _varint(frame, at, end, name)
        if size > end - at:
            raise FeedError(f"garbage: byte {start}: {name}: {size} bytes long, {end - at} left")
        if field is not None and wire_type == 2:
            _look_inside(frame, at, at + size, field, name)
        at += size


def _look_inside(frame: bytes, at: int, end: int, field: FieldDescriptor, name: str) -> None:
    if field.message_type is not None:
        _find_damage(frame, at, end, field.message_type, name)
    elif field.type == FieldDescriptor.TYPE_STRING:
        try:
            frame[at:end].decode()
        except UnicodeDecodeError as error:
            raise FeedError(f"garbage: byte {at + error.start}: {name}: not UTF-8") from error


def _varint(frame: bytes, at: int, end: int, path: str) -> tuple[int, int]:
    value = 0
    for length, byte in enumerate(frame[at : min(at + 10, end)]):
        value |= (byte & 127) << 7 * length
        if byte < 128:
            return value, at + length + 1
    raise FeedError(f"garbage: byte {at}: {path}: a number that does not end")
