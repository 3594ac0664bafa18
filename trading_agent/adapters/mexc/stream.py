"""One connection to the exchange's streams, kept alive: the thread's side of `FrameRoute`."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

from trading_agent.adapters.mexc.connection_plan import ConnectionPlan
from trading_agent.adapters.mexc.frame_route import FrameRoute
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.snapshot_wishes import FetchedSnapshot
from trading_agent.adapters.mexc.stream_link import SocketLink, StreamLink
from trading_agent.adapters.mexc.subscriptions import Refusal, Subscriptions
from trading_agent.adapters.mexc.websocket_frames import MessageReader, Opcode
from trading_agent.adapters.mexc.wire import (
    Acknowledged,
    RefusedSubscription,
    ping,
    read_control,
    subscribe,
    unsubscribe,
)
from trading_agent.domain.errors import FeedError
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.units import HOUR, MILLISECOND, SECOND
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.worker import RestartRule, Stop

_log = logging.getLogger(__name__)

_BINARY: Final = Opcode.BINARY
_LOOK_EVERY: Final = 50 * MILLISECOND
_ROTATION_SPREAD: Final = 0.05
"""Connections opened together are replaced apart: each up to this share earlier."""
_SLOWEST_OPENING: Final = 10 * SECOND
_REFUSED_UNREAD: Final = frozenset({"oversize", "protocol"})
"""What a frame can be refused for by its header alone; it costs the connection."""
_HEALTHY: Final = 10 * SECOND
"""A connection that lived this long forgets the failures before it."""


@dataclass(frozen=True, slots=True)
class ResyncWish:
    """Somebody outside does not believe a book any more."""

    symbol: int
    reason: LossReason


class MexcStream:
    """Owns one socket, its decoder and its books. `run` is one thread's whole work; other
    threads only leave errands."""

    def __init__(
        self,
        settings: MexcSettings,
        plan: ConnectionPlan,
        route: FrameRoute,
        clock: Clock,
        dice: random.Random,
        open_link: Callable[[MexcSettings], StreamLink] = SocketLink,
    ) -> None:
        self.plan = plan
        self.route = route
        self.subscriptions = Subscriptions.of(plan.channels, settings, dice)
        self._settings = settings
        self._clock = clock
        self._dice = dice
        self._open_link = open_link
        self._errands: SimpleQueue[FetchedSnapshot | ResyncWish] = SimpleQueue()
        self._again = RestartRule(
            first=settings.reconnect_first_seconds, longest=settings.reconnect_most_seconds
        )
        self._link: StreamLink | None = None
        self._opening_since = 0
        self._heard_at = 0
        self._pinged_at = 0
        self._next_look = 0
        self._rotate_at = 0

    def leave(self, errand: FetchedSnapshot | ResyncWish) -> None:
        """Any thread."""
        self._errands.put(errand)

    def interrupt(self) -> None:
        """Any thread: end the connection so that `run` looks at its stop."""
        link = self._link
        if link is not None:
            link.cut()

    def cut_slow_opening(self) -> None:
        """Any thread: a handshake that drips byte by byte does not hold the stream forever."""
        since = self._opening_since
        if since and self._clock.monotonic() - since > _SLOWEST_OPENING:
            self.interrupt()

    def run(self, stop: Stop) -> None:
        """Connections one after another until the stop."""
        failures = 0
        while not stop.is_set():
            began = self._clock.monotonic()
            planned = self._live_once(stop)
            if planned or self._clock.monotonic() - began > _HEALTHY:
                failures = 0
            if not planned:
                failures += 1
                stop.wait(self._again.pause(failures, self._dice.random()))

    def _live_once(self, stop: Stop) -> bool:
        """One connection from opening to end; True when the end was ours."""
        link = self._link = self._open_link(self._settings)
        try:
            self._open(link)
            self._converse(link, stop)
        except FeedError as error:
            if not stop.is_set():
                _log.warning("%s: connection lost (%s); connecting again", self.plan.name, error)
            return False
        finally:
            self._opening_since = 0
            self._link = None
            link.close()
            self.route.disconnected(for_good=stop.is_set())
        return True

    def _open(self, link: StreamLink) -> None:
        self._opening_since = self._clock.monotonic()
        try:
            link.open()
        except FeedError:
            self.route.tally.failed_connections += 1
            raise
        self._opening_since = 0
        now = self._clock.monotonic()
        self.route.tally.connected += 1
        self._heard_at = self._pinged_at = self._next_look = now
        life = self._settings.rotate_after_hours * (1.0 - _ROTATION_SPREAD * self._dice.random())
        self._rotate_at = now + round(life * HOUR)
        self.subscriptions.restart(now)

    def _converse(self, link: StreamLink, stop: Stop) -> None:
        """Until the stop or a planned replacement. Raises FeedError when the connection is
        over or not worth keeping."""
        reader = MessageReader(self._settings.frame_limit_bytes)
        try:
            while not stop.is_set():
                data = link.receive()
                now = self._clock.monotonic()
                for opcode, payload in reader.messages(data):
                    self._heard_at = now
                    self._message(link, opcode, payload, now)
                self._run_errands(now)
                if now >= self._next_look:
                    self._next_look = now + _LOOK_EVERY
                    self._look_after(link, now)
                    if now >= self._rotate_at:
                        self.route.tally.rotations += 1
                        _log.info("%s: replacing the connection as planned", self.plan.name)
                        return
        except FeedError as error:
            self.route.tally.disconnected += 1
            code = str(error).partition(":")[0]
            if code in _REFUSED_UNREAD:
                self.route.tally.refuse_frame(code)
            raise

    def _message(self, link: StreamLink, opcode: int, payload: bytes, now: int) -> None:
        if opcode == _BINARY:
            self.route.frame(payload, now)
        elif opcode == Opcode.TEXT:
            self.route.tally.controls += 1
            self._control(payload.decode("utf-8", errors="replace"), now)
        elif opcode == Opcode.PING:
            link.pong(payload)
        elif opcode == Opcode.CLOSE:
            code = int.from_bytes(payload[:2]) if len(payload) >= 2 else "no code"
            raise FeedError(f"closed: by the exchange ({code})")

    def _control(self, text: str, now: int) -> None:
        answer = read_control(text)
        if isinstance(answer, Acknowledged):
            result = self.subscriptions.acknowledged(answer, now)
            if isinstance(result, str):
                self.route.granted(result, now)
        elif isinstance(answer, RefusedSubscription):
            result = self.subscriptions.refused(answer, now)
        else:
            return
        if isinstance(result, Refusal):
            self._report(result)

    def _run_errands(self, now: int) -> None:
        while not self._errands.empty():
            errand = self._errands.get_nowait()  # nobody else takes them
            if isinstance(errand, FetchedSnapshot):
                self.route.snapshot(errand, now)
            else:
                self.route.lose(errand.symbol, errand.reason)

    def _look_after(self, link: StreamLink, now: int) -> None:
        """What time asks for: pings, subscriptions, silence, death."""
        silence = now - self._heard_at
        if silence > self._settings.dead_after_seconds * SECOND:
            raise FeedError(f"silent: nothing for {silence / SECOND:.0f} s, not even a pong")
        for refusal in self.subscriptions.expired(now):
            self._report(refusal)
        for channel in self.route.silent(now, round(self._settings.silent_after_seconds * SECOND)):
            _log.warning("%s: %s is silent; asking for it anew", self.plan.name, channel)
            link.send(unsubscribe([channel], self.subscriptions.again(channel, now)))
        for request, channel in self.subscriptions.due(now):
            link.send(subscribe([channel], request))
        if now - self._pinged_at >= self._settings.ping_seconds * SECOND:
            self._pinged_at = now
            link.send(ping())

    def _report(self, refusal: Refusal) -> None:
        self.route.tally.refused_subscriptions += 1
        _log.warning(
            "%s: subscription of %s FAILED (%s); asking again later",
            self.plan.name,
            refusal.channel,
            refusal.why,
        )
