"""An overlay holds for its time by the counter, whatever the machine's clock does meanwhile: steps
of NTP forward and back, an hour of daylight saving, a restart on another time."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_core, an_opening, engine_settings
from tests.overlays import an_overlay
from tests.random_market import PAIRS
from trading_agent.domain.command_facts import OverlayApplied, OverlayExpired
from trading_agent.domain.commands import ApplyOverlay, Origin
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Input, Stamped, Woke
from trading_agent.domain.units import HOUR, SECOND, Nanos
from trading_agent.engine.core import Core
from trading_agent.runtime.clock import SystemClock

SETTINGS = engine_settings()
BEGAN = 1_774_746_000 * SECOND
"""Five minutes before an hour of daylight saving is skipped in Europe."""
JUMPS = st.one_of(
    st.sampled_from((-HOUR, HOUR, -1, 1, -30 * SECOND, 30 * SECOND, 0)),
    st.integers(-(10**18), 10**18),
)
STEPS = st.lists(st.tuples(JUMPS, st.integers(1, 120 * SECOND)), min_size=3, max_size=25)


class Machine:
    """A wall clock that jumps, and a counter that does not."""

    def __init__(self, wall: int) -> None:
        self.wall, self.counter = wall, 12_345
        self.clock = SystemClock(wall=lambda: self.wall, counter=lambda: self.counter)

    def pass_by(self, jump: int, nanos: int) -> None:
        self.wall += jump + nanos
        self.counter += nanos


class Desk:
    def __init__(self, machine: Machine, history: Sequence[Fact] = ()) -> None:
        self.machine = machine
        at = machine.clock.now()
        self.core: Core = a_core(SETTINGS, an_opening(*PAIRS, at=at, history=history))
        self.facts: list[Fact] = [*history, *self.core.open()]
        self._inputs = 0

    def step(self, body: Input) -> None:
        self._inputs += 1
        now = Nanos(self.machine.clock.now())
        self.facts += self.core.step(Stamped(self._inputs, now, body))

    def apply(self, seconds: int) -> None:
        overlay = an_overlay(self.core, self.machine.clock.now(), ttl_seconds=seconds)
        self.step(ApplyOverlay(origin=Origin.OVERSEER, overlay=overlay))

    @property
    def holds(self) -> bool:
        return bool(self.core.account.changes.overlays)


@given(steps=STEPS, seconds=st.integers(300, 3_600))
def test_it_holds_for_its_time_whatever_the_clock_on_the_wall_says(
    steps: list[tuple[int, int]], seconds: int
) -> None:
    desk = Desk(Machine(BEGAN))
    desk.apply(seconds)
    (applied,) = [fact for fact in desk.facts if isinstance(fact, OverlayApplied)]
    assert applied.until - applied.at == seconds * SECOND
    passed, seen = 0, [applied.at]
    for jump, nanos in [*steps, (0, 4_000 * SECOND)]:
        desk.machine.pass_by(jump, nanos)
        passed += nanos
        desk.step(Woke())
        seen.append(desk.machine.clock.now())
        assert desk.holds == (passed < seconds * SECOND)
    assert seen == sorted(seen)
    assert len([fact for fact in desk.facts if isinstance(fact, OverlayExpired)]) == 1


@given(ahead=st.integers(0, 2 * HOUR), seconds=st.integers(300, 3_600))
def test_what_ended_while_nobody_ran_is_over_before_anything_else(ahead: int, seconds: int) -> None:
    first = Desk(Machine(BEGAN))
    first.apply(seconds)
    again = Desk(Machine(BEGAN + ahead), first.facts)
    assert again.holds == (ahead < seconds * SECOND)


@given(back=st.integers(1, 2 * HOUR), seconds=st.integers(300, 3_600))
def test_a_restart_on_a_clock_set_back_moves_no_end(back: int, seconds: int) -> None:
    """It ends at the moment that was said, by whatever clock tells it."""
    first = Desk(Machine(BEGAN))
    first.apply(seconds)
    until = BEGAN + seconds * SECOND
    again = Desk(Machine(BEGAN - back), first.facts)
    (held,) = again.core.account.changes.overlays.values()
    assert held.until == until
    again.machine.pass_by(0, until - again.machine.clock.now())
    again.step(Woke())
    assert not again.holds
