"""What one connection has asked for, what was granted, and what must be asked again.

Knows no socket and no clock: times are monotonic nanoseconds given by the caller.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.wire import Acknowledged, RefusedSubscription
from trading_agent.domain.units import SECOND
from trading_agent.runtime.worker import RestartRule

_NEVER = 1 << 62


@dataclass(slots=True)
class _Stream:
    channel: str
    due_at: int = 0
    """When to ask; `_NEVER` while asked or granted."""
    request: int = 0
    """The open question, 0 when there is none."""
    expires_at: int = _NEVER
    failures: int = 0
    granted: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    channel: str
    why: str


@dataclass(slots=True)
class Subscriptions:
    """One question for each stream, so that one refusal concerns one stream.

    The exchange's refusals look like successes; only an answer that repeats exactly what
    was asked grants anything.
    """

    _streams: dict[str, _Stream]
    _timeout: int
    _dice: random.Random
    _rule: RestartRule = field(default=RestartRule(first=1.0, longest=60.0))
    _last_request: int = 0

    @classmethod
    def of(
        cls, channels: Iterable[str], settings: MexcSettings, dice: random.Random
    ) -> "Subscriptions":
        streams = {channel: _Stream(channel) for channel in channels}
        return cls(streams, round(settings.subscribe_timeout_seconds * SECOND), dice)

    @property
    def granted(self) -> int:
        """How many streams are on."""
        return sum(stream.granted for stream in self._streams.values())

    def restart(self, now: int) -> None:
        """A new connection: nothing is granted, everything is due."""
        for stream in self._streams.values():
            stream.granted = False
            self._ask_at(stream, now)

    def again(self, channel: str, now: int) -> int:
        """A granted stream is not believed any more: it is due anew. The number is for the
        request that ends it, so that its answer is not taken for a grant."""
        stream = self._streams[channel]
        stream.granted = False
        self._ask_at(stream, now)
        self._last_request += 1
        return self._last_request

    def due(self, now: int) -> list[tuple[int, str]]:
        """Questions to send now, as request number and channel; they count as sent."""
        questions = []
        for stream in self._streams.values():
            if stream.due_at <= now:
                self._last_request += 1
                stream.due_at = _NEVER
                stream.request = self._last_request
                stream.expires_at = now + self._timeout
                questions.append((stream.request, stream.channel))
        return questions

    def acknowledged(self, answer: Acknowledged, now: int) -> str | Refusal | None:
        """The channel that is on from now; a refusal when the answer names something else;
        None when it answers no open question."""
        stream = self._asked_by(answer)
        if stream is None:
            return None
        if set(answer.channels) != {stream.channel}:
            return self._fail(stream, f"the exchange answered {', '.join(answer.channels)}", now)
        stream.granted, stream.request, stream.failures = True, 0, 0
        stream.expires_at = _NEVER
        return stream.channel

    def refused(self, answer: RefusedSubscription, now: int) -> Refusal | None:
        """None when the text names no channel that was asked for: silence will tell."""
        for stream in self._streams.values():
            if stream.request and f"[{stream.channel}]" in answer.message:
                return self._fail(stream, answer.message.strip(), now)
        return None

    def expired(self, now: int) -> list[Refusal]:
        """Questions that stayed without an answer for too long."""
        return [
            self._fail(stream, "no answer", now)
            for stream in self._streams.values()
            if stream.expires_at <= now
        ]

    def _asked_by(self, answer: Acknowledged) -> _Stream | None:
        """By the request number; by the channel when the exchange left the number out."""
        for stream in self._streams.values():
            by_number = answer.id != 0 and stream.request == answer.id
            by_name = answer.id == 0 and stream.request and stream.channel in answer.channels
            if by_number or by_name:
                return stream
        return None

    def _fail(self, stream: _Stream, why: str, now: int) -> Refusal:
        stream.failures += 1
        pause = self._rule.pause(stream.failures, self._dice.random())
        self._ask_at(stream, now + round(pause * SECOND))
        return Refusal(stream.channel, why)

    def _ask_at(self, stream: _Stream, when: int) -> None:
        stream.due_at, stream.request, stream.expires_at = when, 0, _NEVER
