"""What the runtime asks of those it may not import: the core below it, the store above it."""

from collections.abc import Sequence
from typing import Protocol

from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import Nanos


class NotCommitted(StorageError):
    """A write failed before its commit: nothing of it is on disk, and it may be tried again."""


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

    def image(self) -> str:
        """What all facts so far add up to, for a recovery that need not read them."""
        ...


class JournalPort(Protocol):
    """The append-only list of facts. Used by the journal thread alone."""

    @property
    def last_sequence(self) -> int:
        """The last fact that is certainly on disk; 0 when there is none."""
        ...

    def append(self, facts: Sequence[tuple[int, Fact]]) -> None:
        """All of them or none, on disk when this returns.

        Raises NotCommitted when none is there and the same may be tried again, and any other
        StorageError when it is unknown whether they are there: only a start through recovery
        can tell.
        """
        ...

    def keep_image(self, body: str) -> None:
        """What the facts up to the last one add up to. Raises as `append` does."""
        ...

    def make_room(self) -> bool:
        """Give up what was set aside for a full disk; True: a write may succeed now."""
        ...

    def restore_room(self) -> bool:
        """Set it aside again; True: all is as it should be."""
        ...


class RecorderPort(Protocol):
    def put(self, stamped: Stamped) -> None:
        """Called for every input before the core sees it; never waits, never raises."""
        ...
