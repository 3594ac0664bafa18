"""Scripted faults: what a bad day at the exchange looks like, on demand.

Orders may be given from any thread; they are carried out by the server's event loop.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from trading_agent.adapters.mexc.wire import Channel, Topic
from trading_agent.domain.settings_slice import SettingsSlice
from trading_agent.embedded_exchange.frame_damage import FrameFaultKind, damaged

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[float, Field(ge=0.0, le=3_600.0)]
Fee = Annotated[Decimal, Field(ge=0, le=1)]

_NEEDS_LEVELS: Final = (FrameFaultKind.CROSSED, FrameFaultKind.OFF_TICK)


class FrameFault(SettingsSlice):
    """Befalls the next frames of one topic."""

    kind: FrameFaultKind
    count: Count = 1
    """How many frames; count."""
    topic: Topic = Topic.AGGRE_DEPTH
    """Frames of this kind of channel."""
    symbol: str | None = None
    """Frames of this pair; any when left out."""

    @model_validator(mode="after")
    def _has_something_to_spoil(self) -> Self:
        if self.kind in _NEEDS_LEVELS and self.topic is not Topic.AGGRE_DEPTH:
            raise ValueError(f"{self.kind} needs depth frames")
        return self


class AnswerFaultKind(StrEnum):
    THROTTLED = "throttled"
    """Too many requests: 429, or 418 when `status` says so."""
    FORBIDDEN = "forbidden"
    """The firewall's 403 with a page of HTML."""
    UNWELL = "unwell"
    """`status`, 503 unless named otherwise, after which nobody knows what happened."""
    LATE = "late"
    """The right answer after `seconds`."""
    HANGING = "hanging"
    """Nothing for `seconds`, then a gateway's 504."""
    HTML = "html"
    """Status 200 with a page of HTML."""
    TRUNCATED = "truncated"
    """Half of the right answer, whole by its length."""


class AnswerFault(SettingsSlice):
    """Befalls the next REST answers."""

    kind: AnswerFaultKind
    count: Count = 1
    """How many answers; count."""
    path: str = "/api/v3/"
    """Only answers whose path begins so."""
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    """HTTP status, where the kind has a choice; number."""
    retry_after: Annotated[int, Field(ge=0, le=86_400)] | None = None
    """The Retry-After header of `throttled`; seconds. None sends none."""
    seconds: Seconds = 1.0
    """How long `late` and `hanging` take; seconds."""


class RulesChange(SettingsSlice):
    """What exchangeInfo says of one pair from now on; what is left out stays."""

    symbol: str
    """The pair."""
    maker_fee: Fee | None = None
    """Fee of a maker; fraction of the notional."""
    taker_fee: Fee | None = None
    """Fee of a taker; fraction of the notional."""
    side_type: Literal[1, 2, 3, 4] | None = None
    """Open to both sides, buyers only, sellers only, nobody; the exchange's number."""
    status: Literal["1", "2", "3"] | None = None
    """Online, paused, offline; the exchange's number."""
    tradable: bool | None = None
    """Whether the API may trade it."""

    def in_the_exchanges_words(self) -> Mapping[str, Any]:
        words = {
            "makerCommission": None if self.maker_fee is None else f"{self.maker_fee:f}",
            "takerCommission": None if self.taker_fee is None else f"{self.taker_fee:f}",
            "tradeSideType": self.side_type,
            "status": self.status,
            "isSpotTradingAllowed": self.tradable,
        }
        return {word: value for word, value in words.items() if value is not None}


_Fault = TypeVar("_Fault")


class _Script(Generic[_Fault]):
    """Faults in the order given, each with how often it still strikes."""

    def __init__(self) -> None:
        self._left: list[tuple[_Fault, int]] = []

    def add(self, fault: _Fault, count: int) -> None:
        self._left.append((fault, count))

    def use(self, befalls: Callable[[_Fault], bool]) -> _Fault | None:
        """One use of the first fault that fits."""
        for place, (fault, left) in enumerate(self._left):
            if befalls(fault):
                self._left[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None

    @property
    def total(self) -> int:
        return sum(left for _, left in self._left)


class Faults:
    """The script. Faults of one kind of victim are used up in the order they were given."""

    def __init__(self) -> None:
        self._frames: _Script[FrameFault] = _Script()
        self._answers: _Script[AnswerFault] = _Script()
        self._held: dict[str, bytes] = {}
        self._close_code: int | None = None
        self._rules: dict[str, dict[str, Any]] = {}
        self.silent = False
        """No frame is sent while it is true, though sockets stay open; frames are lost."""

    def script(self, fault: FrameFault | AnswerFault) -> None:
        if isinstance(fault, FrameFault):
            self._frames.add(fault, fault.count)
        else:
            self._answers.add(fault, fault.count)

    def change_rules(self, change: RulesChange) -> None:
        """A pair that was free, open or online no longer is, or is again."""
        self._rules.setdefault(change.symbol, {}).update(change.in_the_exchanges_words())

    def rules_of(self, symbol: str) -> Mapping[str, Any]:
        """What exchangeInfo says of the pair instead of the truth."""
        return self._rules.get(symbol, {})

    def close_sockets(self, code: int = 1001) -> None:
        """Every WebSocket is closed at the next occasion, within a tenth of a second."""
        self._close_code = code

    def clear(self) -> None:
        """Forget every fault not used up yet, and speak again."""
        self._frames = _Script()
        self._answers = _Script()
        self._close_code = None
        self._rules = {}
        self.silent = False

    @property
    def pending(self) -> int:
        """Frames and answers that will still go wrong."""
        return self._frames.total + self._answers.total

    def take_close_code(self) -> int | None:
        """The server asks whether to close all sockets."""
        code, self._close_code = self._close_code, None
        return code

    def spoil(self, channel: Channel, frame: bytes) -> Sequence[bytes]:
        """What goes out instead of `frame`."""
        if self.silent:
            return ()
        held = self._held.pop(channel.name, None)
        frames = self._spoiled(channel, frame)
        return frames if held is None else (*frames, held)

    def answer_fault(self, path: str) -> AnswerFault | None:
        """What befalls the answer to a request of `path`."""
        return self._answers.use(lambda fault: path.startswith(fault.path))

    def _spoiled(self, channel: Channel, frame: bytes) -> Sequence[bytes]:
        fault = self._frames.use(lambda fault: _befalls(fault, channel))
        if fault is None:
            return (frame,)
        match fault.kind:
            case FrameFaultKind.DROP:
                return ()
            case FrameFaultKind.DUPLICATE:
                return (frame, frame)
            case FrameFaultKind.REORDER:
                self._held[channel.name] = frame
                return ()
            case _:
                return (damaged(fault.kind, channel, frame),)


def _befalls(fault: FrameFault, channel: Channel) -> bool:
    return fault.topic is channel.topic and fault.symbol in (None, channel.symbol)
