"""What the runtime asks of those it may not import: the core below it, the store above it."""

from collections.abc import Sequence
from typing import Protocol

from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import Nanos


class CorePort(Protocol):
    """The deterministic desk. Called by the core thread alone; raises only when it is broken."""

    @property
    def decided(self) -> bool:
        """A decision was taken in the last step."""
        ...

    @property
    def flat(self) -> bool:
        """Nothing is at stake: no position and no order, in the book or on its way."""
        ...

    def step(self, stamped: Stamped) -> tuple[Fact, ...]:
        """What follows from one input. A `Woke` without a due deadline is no error."""
        ...

    def wakeup(self) -> Nanos | None:
        """When time itself is the next input; later than the last input's `at`."""
        ...

    def snapshot(self, at: Nanos) -> DeskSnapshot: ...


class JournalPort(Protocol):
    """The append-only list of facts. Used by the journal thread alone."""

    @property
    def last_sequence(self) -> int:
        """The last fact that is certainly on disk; 0 when there is none."""
        ...

    def append(self, facts: Sequence[tuple[int, Fact]]) -> None:
        """All of them or none, on disk when this returns.

        Raises StorageError, after which it is unknown whether they are there: only a
        start through recovery can tell.
        """
        ...


class RecorderPort(Protocol):
    def put(self, stamped: Stamped) -> None:
        """Called for every input before the core sees it; never waits, never raises."""
        ...
