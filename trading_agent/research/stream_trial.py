"""One short conversation with an exchange's streams: a subscription and a ping, both answered."""

from typing import Final

from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.stream_link import SocketLink, StreamLink
from trading_agent.adapters.mexc.websocket_frames import MessageReader, Opcode
from trading_agent.adapters.mexc.wire import (
    Acknowledged,
    Pong,
    RefusedSubscription,
    depth_channel,
    ping,
    read_control,
    subscribe,
)
from trading_agent.domain.errors import Denied, FeedError, Unavailable
from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.runtime.clock import Clock

_REQUEST: Final = 1


def try_streams(settings: MexcSettings, symbol: str, clock: Clock) -> str:
    """What was heard, in words.

    Raises FeedError when the connection fails, Denied when the subscription is refused,
    Unavailable when an answer stays out.
    """
    link = SocketLink(settings)
    try:
        began = clock.monotonic()
        link.open()
        opened = (clock.monotonic() - began) / MILLISECOND
        channel = depth_channel(symbol, settings.pace_ms)
        link.send(subscribe([channel], _REQUEST))
        link.send(ping())
        _Conversation(link, settings, channel).hear_out(clock)
    finally:
        link.close()
    return f"{settings.stream_url} opened in {opened:.0f} ms, granted a stream, answered a ping"


class _Conversation:
    def __init__(self, link: StreamLink, settings: MexcSettings, channel: str) -> None:
        self._link = link
        self._reader = MessageReader(settings.frame_limit_bytes)
        self._seconds = settings.subscribe_timeout_seconds
        self._channel = channel
        self._granted = False
        self._ponged = False

    def hear_out(self, clock: Clock) -> None:
        """Until both answers are there."""
        ends_at = clock.monotonic() + round(self._seconds * SECOND)
        while not (self._granted and self._ponged):
            if clock.monotonic() > ends_at:
                what = "the ping" if self._granted else "the subscription"
                raise Unavailable(f"{what} was not answered within {self._seconds:g} s")
            for opcode, payload in self._reader.messages(self._link.receive()):
                self._take(opcode, payload)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == Opcode.PING:
            self._link.pong(payload)
        elif opcode == Opcode.CLOSE:
            raise FeedError("closed: by the exchange")
        elif opcode == Opcode.TEXT:
            self._control(payload.decode("utf-8", errors="replace"))

    def _control(self, text: str) -> None:
        match read_control(text):
            case Pong():
                self._ponged = True
            case Acknowledged(channels=channels):
                self._granted = self._granted or channels == (self._channel,)
            case RefusedSubscription(message=message):
                raise Denied(f"the subscription was refused: {message.strip()}")
            case _:
                pass
