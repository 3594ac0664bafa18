"""Frames as MEXC sends them, and how long it takes from their bytes to a decision."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from trading_agent.adapters.mexc.book_sync import BookSnapshot, BookSync
from trading_agent.adapters.mexc.codec import FrameDecoder
from trading_agent.adapters.mexc.decoded_frame import plan_routes
from trading_agent.adapters.mexc.library_decoder import LibraryDecoder
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.wire import depth_channel
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.units import MILLISECOND, Lots, Nanos, Ticks
from trading_agent.research.bench_engine import (
    bench_core,
    bench_instrument,
    bench_plan,
    without_collections,
)

LEVELS: Final = 34
PACE_MS: Final = 100
STARTED: Final = Nanos(1_700_000_000_000 * MILLISECOND)

MIDDLE: Final = 6_000_000
_DEPTH: Final = 60
_STEPS: Final = (-2, -1, -1, 0, 0, 0, 1, 1, 2)
_WARM: Final = 5
"""A fifth of the frames only warms up."""
_QUIET_MS: Final = 3_600_000
_BUSY_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Microseconds."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class FrameSpeed:
    """`decision`: decoding plus the core's step, which judges every frame and finds no signal;
    `with_facts`: the same where it says something (signals, orders, fills). The others are
    decoding alone, by the compiled decoder and by the protobuf library, to the same integers."""

    decision: Percentiles
    with_facts: Percentiles
    compiled: Percentiles
    library: Percentiles


class WalkingBook:
    """A book that walks at random; every frame names `LEVELS` of its levels anew."""

    def __init__(self, instrument: Instrument, channel: str, seed: int) -> None:
        self._instrument = instrument
        self._channel = channel
        self._dice = random.Random(seed)
        self._bid = MIDDLE
        self.version = 1

    def snapshot(self) -> BookSnapshot:
        """The book before the first frame."""
        bids = [(Ticks(self._bid - depth), self._size()) for depth in range(_DEPTH)]
        asks = [(Ticks(self._bid + 1 + depth), self._size()) for depth in range(_DEPTH)]
        return BookSnapshot(0, self.version, tuple(bids), tuple(asks))

    def frame(self, sent_at_ms: int) -> bytes:
        """The next change: what the touch passed, the touch, and levels behind it."""
        step = self._dice.choice(_STEPS)
        self._bid += step
        self.version += 1
        message = PushDataV3ApiWrapper(channel=self._channel, symbol=self._instrument.symbol)
        body = message.publicAggreDepths
        half = LEVELS // 2
        passed = [Ticks(self._bid + 1 + up) for up in range(-step)]
        self._fill(body.bids, passed, [Ticks(self._bid - each) for each in self._places(half)])
        passed = [Ticks(self._bid - down) for down in range(step)]
        self._fill(body.asks, passed, [Ticks(self._bid + 1 + each) for each in self._places(half)])
        body.eventType = self._channel.rpartition("@")[0]
        body.fromVersion = body.toVersion = str(self.version)
        message.sendTime = sent_at_ms
        return bytes(message.SerializeToString())

    def _places(self, count: int) -> list[int]:
        return [0, *sorted(self._dice.sample(range(1, _DEPTH), count - 1))]

    def _size(self) -> Lots:
        return Lots(int(self._dice.lognormvariate(10.0, 1.2)) + 1)

    def _fill(self, field: Any, passed: list[Ticks], set_anew: list[Ticks]) -> None:
        levels = [*((ticks, Lots(0)) for ticks in passed), *((t, self._size()) for t in set_anew)]
        for ticks, lots in levels[: LEVELS // 2]:
            price, quantity = self._instrument.price(ticks), self._instrument.size(lots)
            field.add(price=f"{price:f}", quantity=f"{quantity:f}")


def bench_channel(instrument: Instrument) -> str:
    return depth_channel(instrument.symbol, PACE_MS)


def measure_frames(count: int) -> FrameSpeed:
    """Over `count` frames of 34 levels, after as many again by fifths to warm up."""
    instrument = bench_instrument()
    channel = bench_channel(instrument)
    book = WalkingBook(instrument, channel, seed=7)
    opening = BookSync(0).snapshot(book.snapshot())
    opening["at"] = STARTED
    frames = [
        book.frame(STARTED // MILLISECOND + number * PACE_MS)
        for number in range(count + count // _WARM)
    ]
    quiet = _Desk(instrument, channel, opening, _QUIET_MS)
    busy = _Desk(instrument, channel, opening, _BUSY_MS)
    with without_collections():
        judged = quiet.step_all(frames)
        told = busy.step_all(frames)
        decoder = FrameDecoder((instrument,), (channel,))
        compiled = _timed(decoder.decode, frames)
        library = _timed(LibraryDecoder(plan_routes((instrument,), (channel,))).decode, frames)
    warm = count // _WARM
    return FrameSpeed(
        decision=percentiles([nanos for nanos, said in judged[warm:] if not said]),
        with_facts=percentiles([nanos for nanos, said in told[warm:] if said]),
        compiled=percentiles(compiled[warm:]),
        library=percentiles(library[warm:]),
    )


class _Desk:
    """A decoder and a core, fed one frame at a time as the live threads do."""

    def __init__(
        self, instrument: Instrument, channel: str, opening: Rows, cooldown_ms: int
    ) -> None:
        self._decoder = FrameDecoder((instrument,), (channel,))
        self._core = bench_core(bench_plan(cooldown_ms), instrument, STARTED, batch=False)
        self._opening = opening

    def step_all(self, frames: Sequence[bytes]) -> list[tuple[int, bool]]:
        """Nanoseconds of each frame, and whether the core said anything."""
        core, decode, clock = self._core, self._decoder.decode, time.perf_counter_ns
        core.open()
        core.step(Stamped(1, STARTED, MarketRows(self._opening)))
        taken = []
        at = STARTED
        for frame in frames:
            at = Nanos(at + PACE_MS * MILLISECOND)
            began = clock()
            rows = decode(frame).rows
            decoded = clock()
            rows["at"] = at
            stamped = Stamped(2, at, MarketRows(rows))
            stepping = clock()
            facts = core.step(stamped)
            taken.append((clock() - stepping + decoded - began, bool(facts)))
        return taken


def percentiles(nanos: Sequence[int]) -> Percentiles:
    p50, p99 = np.percentile(np.array(nanos, np.float64), (50, 99)) / 1_000
    return Percentiles(round(float(p50), 2), round(float(p99), 2))


def _timed(decode: Callable[[bytes], object], frames: Sequence[bytes]) -> list[int]:
    taken = []
    for frame in frames:
        began = time.perf_counter_ns()
        decode(frame)
        taken.append(time.perf_counter_ns() - began)
    return taken
