"""The body of the core's thread: take, record, step, publish; and keep the house quiet."""

import gc
import sys
from collections.abc import Callable
from typing import Final

from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Closing, MarketRows
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.runtime.inbox import Arrival, Inbox
from trading_agent.runtime.kill_switch import GuardedInbox
from trading_agent.runtime.latency import Latency, LatencyReport
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.ports import CorePort, RecorderPort
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.worker import Stop

_BUSY_SNAPSHOTS: Final = 5
"""While inputs wait, snapshots are put off, to this many intervals at most."""


class GarbageCollection:
    """Python's collector, moved to moments when nothing is at stake.

    A full collection of a grown heap stops every thread for tens of milliseconds. What
    lives at the start is set aside for good; what came since is collected while the desk
    is flat, or when it has not been for long.
    """

    def __init__(self, settings: RuntimeSettings) -> None:
        self.collections = 0
        self._settings = settings
        self._last = Nanos(0)

    def begin(self, at: Nanos) -> None:
        self._last = at
        gc.collect()
        gc.freeze()
        gc.disable()

    def consider(self, at: Nanos, *, flat: bool) -> None:
        settings = self._settings
        patience = settings.collect_seconds if flat else settings.collect_latest_seconds
        if at - self._last >= patience * SECOND:
            self._last = at
            self.collections += 1
            gc.collect()
            if self.collections == 1:
                gc.freeze()  # what threads of the rim have loaded since the start

    def end(self) -> None:
        gc.enable()
        gc.unfreeze()


class LiveLoop:
    """Feeds the core from the inbox until `Closing`, the last input it takes."""

    def __init__(
        self,
        core: CorePort,
        inbox: Inbox | GuardedInbox,
        outbox: Outbox,
        *,
        settings: RuntimeSettings,
        recorder: RecorderPort | None = None,
        watch: Callable[[tuple[Fact, ...]], None] | None = None,
    ) -> None:
        """`watch` hears of facts on the core's thread, as they are said: for what mends the
        market data. Whatever leaves the desk waits for the journal instead."""
        self.garbage = GarbageCollection(settings)
        self._core = core
        self._inbox = inbox
        self._outbox = outbox
        self._clock = inbox.clock
        self._recorder = recorder
        self._watch = watch
        self._switch_interval = settings.switch_interval_ms / 1_000
        self._pulse = settings.pulse_ms * MILLISECOND
        self._snapshot_interval = settings.snapshot_ms * MILLISECOND
        self._snapshot_at = Nanos(0)
        self._decision = Latency()
        self._socket = Latency()
        self._decided = Latency()

    @property
    def latency(self) -> LatencyReport:
        """Any thread."""
        return LatencyReport(self._decision.view(), self._socket.view(), self._decided.view())

    def interrupt(self) -> None:
        """What the core's worker does when it is asked to stop."""
        self._inbox.submit(Closing())

    def run(self, stop: Stop) -> None:
        """Raises what the core raises: a core that raised is not used again."""
        interval = sys.getswitchinterval()
        sys.setswitchinterval(self._switch_interval)
        at = self._clock.now()
        self.garbage.begin(at)
        try:
            self._show(at)
            self._feed(stop, at)
        finally:
            self.garbage.end()
            sys.setswitchinterval(interval)

    def _feed(self, stop: Stop, at: Nanos) -> None:
        while True:
            stop.is_set()  # a sign of life; the end is an input, taken in its turn
            arrival = self._inbox.take(self._deadline(at))
            at = arrival.stamped.at
            self._step(arrival)
            if isinstance(arrival.stamped.body, Closing):
                self._show(at)
                return
            self._keep_house(at)

    def _deadline(self, at: Nanos) -> Nanos:
        """The core's own, or the pulse that shows it time passing in a silent market."""
        pulse = Nanos(at + self._pulse)
        wakeup = self._core.wakeup()
        return pulse if wakeup is None or wakeup > pulse else wakeup

    def _step(self, arrival: Arrival) -> None:
        stamped = arrival.stamped
        if self._recorder is not None:
            self._recorder.put(stamped)
        began = self._clock.monotonic()
        facts = self._core.step(stamped)
        ended = self._clock.monotonic()
        self._outbox.publish(facts)
        if self._outbox.wants_image(closing=isinstance(stamped.body, Closing)):
            self._outbox.publish_image(self._core.image())
        if facts and self._watch is not None:
            self._watch(facts)
        if isinstance(stamped.body, MarketRows):
            self._measure(arrival, began, ended)

    def _measure(self, arrival: Arrival, began: int, ended: int) -> None:
        self._decision.record(arrival.decode_ns + ended - began)
        if arrival.received > 0:
            self._socket.record(ended - arrival.received)
            if self._core.decided:
                self._decided.record(ended - arrival.received)

    def _keep_house(self, at: Nanos) -> None:
        since = at - self._snapshot_at
        if since < self._snapshot_interval:
            return
        busy = self._inbox.waiting > 0
        if busy and since < _BUSY_SNAPSHOTS * self._snapshot_interval:
            return
        if self._outbox.wants_snapshot:
            self._show(at)
        if not busy:
            self.garbage.consider(at, flat=self._core.flat)

    def _show(self, at: Nanos) -> None:
        self._snapshot_at = at
        self._outbox.publish_snapshot(self._core.snapshot(at))
