import threading

from tests.fakes import ManualClock
from tests.threads.waiting import PATIENCE
from trading_agent.domain.commands import Origin, PauseEntries
from trading_agent.domain.errors import StorageError
from trading_agent.runtime.crew import Crew, End, StorageAlarm
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.worker import Heartbeats, RestartRule, Stop, Worker


def member(crew: Crew, name: str, ended: list[str], *, vital: bool = True) -> Worker:
    def run(stop: Stop) -> None:
        while not stop.wait(PATIENCE):
            pass
        ended.append(name)

    return Worker(
        name,
        run,
        restart=None if vital else RestartRule(),
        heartbeats=Heartbeats(ManualClock()),
        on_event=crew.heed,
    )


def test_workers_are_stopped_in_the_reverse_order_of_their_start() -> None:
    crew, ended = Crew(), list[str]()
    for name in ("journal", "core", "feed"):
        crew.start(member(crew, name, ended))
    assert crew.stop(PATIENCE) == ()
    assert ended == ["feed", "core", "journal"]
    assert crew.wait(0.0) is None


def test_the_first_reason_to_end_counts() -> None:
    crew = Crew()
    crew.end(ExitCode.OK, "asked to")
    crew.end(ExitCode.FAILED, "a consequence")
    assert crew.wait(PATIENCE) == End(ExitCode.OK, "asked to")


def test_the_death_of_a_vital_worker_ends_the_run() -> None:
    crew = Crew()

    def run(_stop: Stop) -> None:
        raise ArithmeticError("we are wrong")

    heartbeats = Heartbeats(ManualClock())
    crew.start(Worker("core", run, restart=None, heartbeats=heartbeats, on_event=crew.heed))
    end = crew.wait(PATIENCE)
    assert end == End(ExitCode.RESTART, "core died: ArithmeticError: we are wrong")
    assert crew.stop(PATIENCE) == ()


def test_the_death_of_a_worker_that_starts_again_ends_nothing() -> None:
    crew = Crew()
    lived = threading.Event()
    lives: list[int] = []

    def run(stop: Stop) -> None:
        lives.append(1)
        if len(lives) == 1:
            raise ConnectionError
        lived.set()
        stop.wait(PATIENCE)

    rule = RestartRule(first=0.001, longest=0.001)
    heartbeats = Heartbeats(ManualClock())
    crew.start(Worker("feed", run, restart=rule, heartbeats=heartbeats, on_event=crew.heed))
    assert lived.wait(PATIENCE)
    assert crew.wait(0.0) is None
    assert crew.stop(PATIENCE) == ()


def test_a_worker_that_does_not_end_is_named_and_does_not_keep_the_others() -> None:
    crew, ended = Crew(), list[str]()
    release = threading.Event()
    crew.start(member(crew, "journal", ended))
    heartbeats = Heartbeats(ManualClock())

    def hang(_stop: Stop) -> None:
        assert release.wait(PATIENCE)

    stuck = Worker("feed", hang, restart=None, heartbeats=heartbeats)
    crew.start(stuck)
    assert crew.stop(0.2) == ("feed",)
    assert ended == ["journal"]
    release.set()
    assert stuck.join(PATIENCE)


def test_a_failed_journal_pauses_entries_and_ends_the_run() -> None:
    inbox, crew = Inbox(ManualClock()), Crew()
    StorageAlarm(inbox, crew)(StorageError("the disk is full"))
    command = inbox.take(None).stamped.body
    assert command == PauseEntries(origin=Origin.SYSTEM, why="storage: the disk is full")
    assert crew.wait(0.0) == End(ExitCode.RESTART, "the journal failed: the disk is full")
