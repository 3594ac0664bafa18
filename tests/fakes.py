"""Stand-ins for what the rim gives the rest, written by hand."""

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal

from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import Nanos
from trading_agent.portfolio.execution_quality import ExecutionQuality


class ManualClock:
    """A clock that moves when told to. Both readings share one number."""

    def __init__(self, now: int = 1_700_000_000_000_000_000) -> None:
        self._now = now

    def now(self) -> Nanos:
        return Nanos(self._now)

    def monotonic(self) -> int:
        return self._now

    def advance(self, nanos: int) -> None:
        self._now += nanos

    def set(self, now: int) -> None:
        """For tests of clocks that run back; the others use `advance`."""
        self._now = now


class MemoryJournal:
    """A journal without a disk. `gate` holds commits back until it is set; `fail_at` makes
    the commit that holds this sequence fail."""

    def __init__(self, last_sequence: int = 0) -> None:
        self.last_sequence = last_sequence
        self.facts: list[tuple[int, Fact]] = []
        self.commits: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Event()
        self.fail_at = 0
        self.images: list[tuple[int, str]] = []

    def append(self, facts: Sequence[tuple[int, Fact]]) -> None:
        self.waiting.set()
        assert self.gate.wait(20.0)
        if any(sequence == self.fail_at for sequence, _ in facts):
            raise StorageError("the disk is full")
        self.facts.extend(facts)
        self.commits.append(len(facts))
        self.last_sequence = facts[-1][0]

    def keep_image(self, body: str) -> None:
        self.images.append((self.last_sequence, body))

    def make_room(self) -> bool:
        return False

    def restore_room(self) -> bool:
        return True


class ListRecorder:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.inputs: list[Stamped] = []

    def put(self, stamped: Stamped) -> None:
        self.inputs.append(stamped)


class ScriptedCore:
    """A core that answers every input with what `answer` makes of it."""

    def __init__(self, answer: Callable[[Stamped], tuple[Fact, ...]]) -> None:
        self._answer = answer
        self.inputs: list[Stamped] = []
        self.deadline: Nanos | None = None
        self.decided = False
        self.flat = True
        self.facts = 0
        self.snapshots = 0

    def step(self, stamped: Stamped) -> tuple[Fact, ...]:
        self.inputs.append(stamped)
        facts = self._answer(stamped)
        self.facts += len(facts)
        return facts

    def wakeup(self) -> Nanos | None:
        return self.deadline

    def image(self) -> str:
        return f"image of {self.facts} facts"

    def snapshot(self, at: Nanos) -> DeskSnapshot:
        self.snapshots += 1
        return quiet_snapshot(at=at, fact_sequence=self.facts)


def quiet_snapshot(*, at: int = 0, fact_sequence: int = 0) -> DeskSnapshot:
    """A desk on which nothing has happened."""
    return DeskSnapshot(
        at=Nanos(at),
        fact_sequence=fact_sequence,
        venue="embedded",
        source="synthetic",
        simulated=True,
        trading=False,
        why_not_trading="",
        frames=0,
        rows=0,
        orders=0,
        fills=0,
        fees=Decimal(0),
        quote="USDC",
        equity=Decimal(0),
        realised_profit=Decimal(0),
        unrealised_profit=Decimal(0),
        symbols=(),
        positions=(),
        open_orders=(),
        balances=(),
        refusals={},
        fill_triple={},
        shortfall=ExecutionQuality().shortfall_view({}),
        mark_outs={},
    )
