import threading

import pytest

from tests.fakes import ManualClock
from tests.threads.waiting import PATIENCE, Diary, working
from trading_agent.domain.units import SECOND
from trading_agent.runtime.worker import Heartbeats, RestartRule, Stop, Worker, WorkerChange

QUICK = RestartRule(first=0.001, longest=0.002)


def wait_for_stop(stop: Stop) -> None:
    while not stop.wait(PATIENCE):
        pass


def test_a_worker_runs_in_a_thread_of_its_name_and_ends_when_asked() -> None:
    names: list[str] = []

    def run(stop: Stop) -> None:
        names.append(threading.current_thread().name)
        wait_for_stop(stop)

    diary = Diary()
    worker = working(run, name="mexc-1", diary=diary)
    diary.wait_for(WorkerChange.STARTED)
    assert worker.stop(PATIENCE)
    assert names == ["mexc-1"]
    assert diary.changes() == [WorkerChange.STARTED, WorkerChange.STOPPED]
    assert not worker.alive


@pytest.mark.parametrize("death", [ValueError("lost"), SystemExit(3), KeyboardInterrupt()])
def test_no_death_is_silent(death: BaseException) -> None:
    def run(_stop: Stop) -> None:
        raise death

    diary = Diary()
    working(run, diary=diary)
    event = diary.wait_for(WorkerChange.DIED)
    assert type(death).__name__ in event.why
    assert "in run" in event.trace


def test_returning_unasked_is_a_death() -> None:
    diary = Diary()
    working(lambda _stop: None, diary=diary)
    assert "nobody had asked" in diary.wait_for(WorkerChange.DIED).why


def test_a_worker_with_a_rule_starts_again_and_says_so_each_time() -> None:
    lives: list[int] = []

    def run(stop: Stop) -> None:
        lives.append(1)
        if len(lives) < 4:
            raise ConnectionError("gone")
        wait_for_stop(stop)

    diary = Diary()
    worker = working(run, restart=QUICK, diary=diary)
    diary.wait_for(WorkerChange.STARTED, 4)
    assert worker.stop(PATIENCE)
    restarts = [event for event in diary.events if event.change is WorkerChange.RESTARTING]
    assert [event.attempt for event in restarts] == [1, 2, 3]
    assert all("ConnectionError: gone" in event.why for event in restarts)
    assert diary.changes()[-1] is WorkerChange.STOPPED


def test_a_stop_ends_the_pause_before_a_restart() -> None:
    def run(_stop: Stop) -> None:
        raise ConnectionError

    diary = Diary()
    worker = working(run, restart=RestartRule(first=3_600.0, longest=3_600.0), diary=diary)
    assert diary.wait_for(WorkerChange.RESTARTING).pause > 1_000.0
    assert worker.stop(PATIENCE)
    assert diary.changes()[-1] is WorkerChange.STOPPED


def test_an_error_while_stopping_is_told() -> None:
    def run(stop: Stop) -> None:
        wait_for_stop(stop)
        raise OSError("could not flush")

    diary = Diary()
    worker = working(run, restart=QUICK, diary=diary)
    assert worker.stop(PATIENCE)
    assert "could not flush" in diary.wait_for(WorkerChange.DIED).why


def test_the_interrupt_wakes_a_worker_that_waits_elsewhere_and_only_once() -> None:
    calls: list[int] = []
    bell = threading.Event()

    def ring() -> None:
        calls.append(1)
        bell.set()

    worker = working(lambda _stop: assert_true(bell.wait(PATIENCE)), interrupt=ring)
    worker.ask_to_stop()
    assert worker.stop(PATIENCE)
    assert calls == [1]


def test_a_worker_that_does_not_end_is_reported_as_stuck() -> None:
    release = threading.Event()
    diary = Diary()
    worker = working(lambda _stop: assert_true(release.wait(PATIENCE)), diary=diary)
    diary.wait_for(WorkerChange.STARTED)
    assert not worker.stop(0.01)
    assert diary.changes()[-1] is WorkerChange.STUCK
    release.set()
    assert worker.join(PATIENCE)


def test_a_bad_listener_does_not_take_the_worker_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = threading.Event()

    def run(stop: Stop) -> None:
        wait_for_stop(stop)
        ended.set()

    def listen(_event: object) -> None:
        raise RuntimeError("bad listener")

    heartbeats = Heartbeats(ManualClock())
    worker = Worker("worker", run, restart=None, heartbeats=heartbeats, on_event=listen)
    worker.start()
    assert worker.stop(PATIENCE)
    assert ended.is_set()
    assert "bad listener" in capsys.readouterr().err


def test_a_worker_that_was_never_started_is_stopped() -> None:
    worker = Worker("worker", wait_for_stop, restart=None, heartbeats=Heartbeats(ManualClock()))
    assert worker.stop(0.0)


def test_asking_for_the_stop_is_a_sign_of_life() -> None:
    clock = ManualClock(0)
    heartbeats = Heartbeats(clock)
    heartbeats.expect("core", 5.0, critical=True)
    stop = Stop(lambda: heartbeats.beat("core"))
    clock.advance(6 * SECOND)
    assert [silence.worker for silence in heartbeats.silences()] == ["core"]
    stop.is_set()
    assert heartbeats.silences() == ()


def test_a_silence_names_the_worker_its_length_and_its_weight() -> None:
    clock = ManualClock(0)
    heartbeats = Heartbeats(clock)
    heartbeats.expect("core", 5.0, critical=True)
    heartbeats.expect("telegram", 30.0, critical=False)
    clock.advance(10 * SECOND)
    (silence,) = heartbeats.silences()
    assert (silence.worker, silence.seconds, silence.critical) == ("core", 10.0, True)
    clock.advance(25 * SECOND)
    assert {silence.worker for silence in heartbeats.silences()} == {"core", "telegram"}


def test_a_worker_that_ended_in_order_is_not_silent() -> None:
    clock = ManualClock(0)
    heartbeats = Heartbeats(clock)
    heartbeats.expect("worker", 1.0, critical=True)
    worker = Worker("worker", wait_for_stop, restart=None, heartbeats=heartbeats)
    worker.start()
    assert worker.stop(PATIENCE)
    clock.advance(100 * SECOND)
    assert heartbeats.silences() == ()


def test_pauses_grow_to_a_limit_and_are_spread() -> None:
    rule = RestartRule(first=1.0, factor=2.0, longest=10.0, jitter=0.5)
    assert [rule.pause(attempt, 0.5) for attempt in (1, 2, 3, 4, 5)] == [1, 2, 4, 8, 10]
    assert (rule.pause(1, 0.0), rule.pause(1, 1.0)) == (0.5, 1.5)
    assert rule.pause(10_000, 0.5) == 10.0


def test_a_long_healthy_life_forgets_earlier_deaths() -> None:
    clock = ManualClock(0)
    rule = RestartRule(first=0.001, longest=0.001, healthy=60.0)
    lives: list[int] = []

    def run(stop: Stop) -> None:
        lives.append(1)
        if len(lives) == 3:
            clock.advance(61 * SECOND)
        if len(lives) == 4:
            wait_for_stop(stop)
        raise ConnectionError

    diary = Diary()
    worker = Worker("worker", run, restart=rule, heartbeats=Heartbeats(clock), on_event=diary)
    worker.start()
    diary.wait_for(WorkerChange.STARTED, 4)
    worker.stop(PATIENCE)
    restarts = [event for event in diary.events if event.change is WorkerChange.RESTARTING]
    assert [event.attempt for event in restarts] == [1, 2, 1]


def assert_true(value: bool) -> None:
    assert value
