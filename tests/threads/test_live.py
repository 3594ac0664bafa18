import gc
import sys
import threading

import pytest

from tests.fakes import ListRecorder, ManualClock, MemoryJournal, ScriptedCore
from tests.threads.waiting import PATIENCE, Diary, working
from trading_agent.domain.commands import Kill, Origin, PauseEntries, StartTrading
from trading_agent.domain.facts import EntriesPaused, EntriesResumed, Fact
from trading_agent.domain.market_rows import RowKind, empty_rows
from trading_agent.domain.message import Closing, MarketRows, Stamped, Woke
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.runtime.clock import Clock, SystemClock
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.live import GarbageCollection, LiveLoop
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.subscription import SubscriptionRule
from trading_agent.runtime.worker import Stop, WorkerChange

SETTINGS = RuntimeSettings()


def say(stamped: Stamped) -> tuple[Fact, ...]:
    match stamped.body:
        case PauseEntries():
            return (EntriesPaused(at=stamped.at, why=stamped.body.why),)
        case StartTrading():
            return (EntriesResumed(at=stamped.at),)
        case _:
            return ()


class Run:
    """A live loop with a scripted core, in one thread unless `start` is called."""

    def __init__(self, clock: Clock, core: ScriptedCore | None = None) -> None:
        self.core = core or ScriptedCore(say)
        self.inbox = Inbox(clock)
        self.journal = MemoryJournal()
        self.outbox = Outbox(self.journal, clock, SETTINGS, lambda _error: None)
        self.recorder = ListRecorder()
        self.loop = LiveLoop(
            self.core,
            self.inbox,
            self.outbox,
            settings=SETTINGS,
            recorder=self.recorder,
        )

    def to_the_end(self) -> None:
        """Everything that waits, then `Closing`, then the journal."""
        self.loop.interrupt()
        self.loop.run(Stop())
        stop = Stop()
        stop.set()
        self.outbox.run(stop)


def test_inputs_become_facts_in_their_order() -> None:
    run = Run(ManualClock())
    subscription = run.outbox.subscribe(SubscriptionRule(name="test"))
    run.inbox.submit(PauseEntries(origin=Origin.PERSON, why="lunch"))
    run.inbox.submit(StartTrading(origin=Origin.PERSON))
    run.to_the_end()
    facts = [item.fact for item in subscription.drain()]
    assert [type(fact) for fact in facts] == [EntriesPaused, EntriesResumed]
    assert [sequence for sequence, _ in run.journal.facts] == [1, 2]


def test_every_input_is_recorded_before_the_core_sees_it() -> None:
    clock = ManualClock()
    recorded_first: list[bool] = []

    def answer(stamped: Stamped) -> tuple[Fact, ...]:
        recorded_first.append(run.recorder.inputs[-1] is stamped)
        return ()

    run = Run(clock, ScriptedCore(answer))
    run.inbox.submit(StartTrading(origin=Origin.CLI))
    run.inbox.feed("feed", 10).offer(empty_rows(2), 0, 0)
    run.to_the_end()
    assert recorded_first == [True, True, True]
    assert run.recorder.inputs == run.core.inputs
    assert run.core.inputs[-1].body == Closing()


def test_the_desk_is_shown_at_the_start_and_at_the_end() -> None:
    run = Run(ManualClock())
    run.inbox.submit(PauseEntries(origin=Origin.PERSON))
    run.to_the_end()
    assert run.core.snapshots == 2
    assert run.outbox.snapshot is not None
    assert run.outbox.snapshot.fact_sequence == 1


def test_snapshots_are_not_taken_more_often_than_the_interval() -> None:
    clock = SystemClock()
    run = Run(clock)
    seen = threading.Event()

    def answer(stamped: Stamped) -> tuple[Fact, ...]:
        if stamped.sequence > 3_000:
            seen.set()
        return ()

    run.core = ScriptedCore(answer)
    run.loop = LiveLoop(run.core, run.inbox, run.outbox, settings=SETTINGS)
    journal = working(run.outbox.run, interrupt=run.outbox.interrupt)
    began = clock.monotonic()
    core = working(run.loop.run, interrupt=run.loop.interrupt)
    for _ in range(3_001):
        run.inbox.submit(StartTrading(origin=Origin.CLI))
    assert seen.wait(PATIENCE)
    assert core.stop(PATIENCE)
    took = clock.monotonic() - began
    assert journal.stop(PATIENCE)
    assert 2 <= run.core.snapshots <= 2 + took / (SETTINGS.snapshot_ms * MILLISECOND)


def test_the_core_sees_time_pass_in_a_silent_market() -> None:
    clock = SystemClock()
    woken = threading.Event()

    def answer(stamped: Stamped) -> tuple[Fact, ...]:
        if stamped.body == Woke():
            woken.set()
        return ()

    run = Run(clock, ScriptedCore(answer))
    core = working(run.loop.run, interrupt=run.loop.interrupt)
    assert woken.wait(PATIENCE)
    assert core.stop(PATIENCE)
    first = next(each for each in run.core.inputs if each.body == Woke())
    assert run.recorder.inputs[0] is first


def test_the_cores_own_deadline_comes_before_the_pulse() -> None:
    clock = ManualClock(100 * SECOND)
    core = ScriptedCore(say)
    core.deadline = Nanos(100 * SECOND - 1)
    run = Run(clock, core)
    run.to_the_end()
    assert [type(each.body) for each in core.inputs] == [Woke, Closing]


def test_frames_are_measured_and_other_inputs_are_not() -> None:
    clock = ManualClock(10 * SECOND)

    def answer(stamped: Stamped) -> tuple[Fact, ...]:
        clock.advance(3_000)
        run.core.decided = stamped.sequence == 2
        return ()

    run = Run(clock, ScriptedCore(answer))
    lane = run.inbox.feed("feed", 10)
    lane.offer(empty_rows(1), 10 * SECOND - 7_000, 2_000)
    lane.offer(empty_rows(1), 10 * SECOND - 17_000, 2_000)
    lane.offer(empty_rows(1), 0, 500)
    run.inbox.submit(StartTrading(origin=Origin.CLI))
    run.to_the_end()
    latency = run.loop.latency
    assert latency.decision.count == 3
    assert latency.decision.p50 == pytest.approx(5.0, rel=0.01)
    assert latency.socket.count == 2
    assert latency.socket.p50 == pytest.approx(10.0, rel=0.01)
    assert latency.decided.count == 1
    assert latency.decided.largest == pytest.approx(23.0)


def test_a_core_that_raises_dies_with_its_thread() -> None:
    def answer(_stamped: Stamped) -> tuple[Fact, ...]:
        raise ArithmeticError("we are wrong")

    run = Run(SystemClock(), ScriptedCore(answer))
    diary = Diary()
    core = working(run.loop.run, interrupt=run.loop.interrupt, diary=diary)
    run.inbox.submit(StartTrading(origin=Origin.CLI))
    assert "we are wrong" in diary.wait_for(WorkerChange.DIED).why
    assert core.join(PATIENCE)
    assert len(run.recorder.inputs) == 1
    assert gc.isenabled()


def test_the_interpreter_is_tuned_while_the_core_runs_and_left_as_it_was() -> None:
    inside: list[tuple[bool, float]] = []

    def answer(_stamped: Stamped) -> tuple[Fact, ...]:
        inside.append((gc.isenabled(), sys.getswitchinterval()))
        return ()

    before = sys.getswitchinterval()
    Run(ManualClock(), ScriptedCore(answer)).to_the_end()
    assert inside == [(False, pytest.approx(SETTINGS.switch_interval_ms / 1_000))]
    assert gc.isenabled()
    assert sys.getswitchinterval() == pytest.approx(before)
    assert gc.get_freeze_count() == 0


def test_garbage_is_collected_when_flat_or_when_it_has_waited_long() -> None:
    garbage = GarbageCollection(SETTINGS)
    garbage.begin(Nanos(0))
    try:
        soon, late = SETTINGS.collect_seconds, SETTINGS.collect_latest_seconds
        garbage.consider(Nanos((soon - 1) * SECOND), flat=True)
        garbage.consider(Nanos(soon * SECOND), flat=False)
        assert garbage.collections == 0
        garbage.consider(Nanos(soon * SECOND), flat=True)
        assert garbage.collections == 1
        garbage.consider(Nanos((soon + late - 1) * SECOND), flat=False)
        assert garbage.collections == 1
        garbage.consider(Nanos((soon + late) * SECOND), flat=False)
        assert garbage.collections == 2
    finally:
        garbage.end()


def test_whoever_mends_the_market_data_hears_of_facts_as_they_are_said() -> None:
    run = Run(ManualClock())
    heard: list[tuple[Fact, ...]] = []
    run.loop = LiveLoop(
        run.core,
        run.inbox,
        run.outbox,
        settings=SETTINGS,
        watch=heard.append,
    )
    run.inbox.submit(StartTrading(origin=Origin.PERSON))
    run.inbox.submit(Kill(origin=Origin.PERSON))
    run.to_the_end()
    assert [[type(fact) for fact in facts] for facts in heard] == [[EntriesResumed]]


def test_the_rows_the_core_sees_bear_the_stamp() -> None:
    run = Run(ManualClock(42 * SECOND))
    rows = empty_rows(3)
    rows["kind"] = RowKind.BID
    run.inbox.feed("feed", 10).offer(rows, 0, 0)
    run.to_the_end()
    body = run.core.inputs[0].body
    assert isinstance(body, MarketRows)
    assert body.rows["at"].tolist() == [42 * SECOND] * 3
