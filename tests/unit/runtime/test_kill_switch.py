"""The file that kills: who sees it, when the core hears of it, what happens if it does not."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from tests.fakes import ListRecorder, ManualClock, MemoryJournal, ScriptedCore
from tests.threads.waiting import PATIENCE, working
from trading_agent.domain.commands import Kill, Origin, StartTrading
from trading_agent.domain.facts import CommandRefused, DeskKilled, Fact
from trading_agent.domain.market_rows import empty_rows
from trading_agent.domain.message import Closing, MarketRows, Stamped, Woke
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.exit_codes import ExitCode, wants_restart
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.kill_switch import (
    ANSWERS,
    FLAG_NAME,
    GuardedInbox,
    KillFlag,
    KillSwitch,
)
from trading_agent.runtime.live import LiveLoop
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.subscription import Published, Subscription
from trading_agent.runtime.worker import Stop

PROJECT = Path(__file__).resolve().parents[3]
SETTINGS = RuntimeSettings()


def switch_with(
    folder: Path, clock: ManualClock | SystemClock
) -> tuple[KillSwitch, Inbox, Subscription]:
    inbox, answers = Inbox(clock), Subscription(ANSWERS, 10)
    return KillSwitch(KillFlag(folder), inbox, answers, clock), inbox, answers


def put_file(path: Path) -> None:
    path.touch()


def put_folder(path: Path) -> None:
    path.mkdir()


def put_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def put_pipe_nobody_writes_to(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    "put", [put_file, put_folder, put_dangling_link, put_pipe_nobody_writes_to]
)
def test_whatever_bears_the_name_kills(put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    flag = KillFlag(tmp_path)
    assert flag.sight() is None
    put(tmp_path / FLAG_NAME)
    assert flag.sight() is not None
    assert flag.order() == Kill(
        origin=Origin.CLI, why="the file KILL is in the data directory", flatten=False
    )


def test_where_nobody_can_look_the_desk_is_killed() -> None:
    assert KillFlag(Path("x" * 5_000)).sight() is not None


def test_a_folder_that_is_not_there_kills_nothing(tmp_path: Path) -> None:
    assert KillFlag(tmp_path / "none").sight() is None
    (tmp_path / "file").touch()
    assert KillFlag(tmp_path / "file").sight() is None


@pytest.mark.parametrize(
    ("text", "why", "flatten"),
    [
        ("kill\nsmoke\n", "smoke", False),
        ("flatten\nsmoke\n", "smoke", True),
        ("FLATTEN", "the file KILL is in the data directory", True),
        ("anything\n\x1b[2Jred\x07\nmore", "[2Jred", False),
        ("kill\n" + "long" * 1_000, ("long" * 75), False),
        ("\xff", "the file KILL is in the data directory", False),
    ],
)
def test_its_words_are_read_and_never_trusted(
    text: str, why: str, flatten: bool, tmp_path: Path
) -> None:
    (tmp_path / FLAG_NAME).write_bytes(text.encode("latin-1"))
    assert KillFlag(tmp_path).order() == Kill(origin=Origin.CLI, why=why, flatten=flatten)


def test_what_is_put_up_is_read_back_and_each_time_is_a_new_order(tmp_path: Path) -> None:
    flag = KillFlag(tmp_path)
    flag.put_up("a\nb", flatten=True)
    first = flag.sight()
    assert flag.order() == Kill(origin=Origin.CLI, why="a b", flatten=True)
    flag.put_up("a b", flatten=True)
    assert flag.sight() not in (None, first)
    assert flag.path.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == [FLAG_NAME]
    flag.take_down()
    assert flag.sight() is None


def test_where_the_words_cannot_be_kept_the_file_still_kills(tmp_path: Path) -> None:
    flag = KillFlag(tmp_path)
    flag.path.mkdir()
    flag.put_up("no room", flatten=False)
    assert flag.sight() is not None


def test_it_goes_before_everything_that_waits_and_is_stamped_like_any_input(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    switch, inbox, _ = switch_with(tmp_path, clock)
    guarded = GuardedInbox(inbox, switch)
    lane = inbox.feed("feed", 10_000)
    for _ in range(5_000):
        lane.offer(empty_rows(1), 0, 0)
    assert all(isinstance(guarded.take(None).stamped.body, MarketRows) for _ in range(2))
    KillFlag(tmp_path).put_up("now", flatten=False)
    clock.advance(49 * MILLISECOND)
    taken = [guarded.take(None).stamped for _ in range(2)]
    assert all(isinstance(each.body, MarketRows) for each in taken)
    clock.advance(2 * MILLISECOND)
    taken += [guarded.take(None).stamped for _ in range(20)]
    kills = [each.sequence for each in taken if isinstance(each.body, Kill)]
    assert len(kills) == 1
    assert kills[0] <= 6
    assert [each.sequence for each in taken] == list(range(3, 25))
    assert [each.at for each in taken] == sorted(each.at for each in taken)


def test_the_very_first_input_is_the_kill_when_the_file_is_there_at_the_start(
    tmp_path: Path,
) -> None:
    KillFlag(tmp_path).put_up("still", flatten=False)
    switch, inbox, _ = switch_with(tmp_path, ManualClock())
    inbox.submit(StartTrading(origin=Origin.PERSON))
    stamped = GuardedInbox(inbox, switch).take(None).stamped
    assert (stamped.sequence, type(stamped.body)) == (1, Kill)


def test_the_same_file_is_one_order_and_a_new_one_another(tmp_path: Path) -> None:
    clock = ManualClock()
    switch, inbox, _ = switch_with(tmp_path, clock)
    guarded, flag = GuardedInbox(inbox, switch), KillFlag(tmp_path)
    flag.put_up("once", flatten=False)

    def kills() -> list[Kill]:
        found = []
        for _ in range(10):
            inbox.submit(StartTrading(origin=Origin.PERSON))
            clock.advance(60 * MILLISECOND)
            body = guarded.take(None).stamped.body
            found += [body] if isinstance(body, Kill) else []
        return found

    assert [each.why for each in kills()] == ["once"]
    flag.put_up("sell it all", flatten=True)
    assert [(each.why, each.flatten) for each in kills()] == [("sell it all", True)]
    assert kills() == []


def test_a_deadline_is_a_wakeup_and_nothing_else_without_the_file(tmp_path: Path) -> None:
    clock = ManualClock()
    switch, inbox, _ = switch_with(tmp_path, clock)
    guarded = GuardedInbox(inbox, switch)
    assert guarded.take(Nanos(clock.now() - 1)).stamped.body == Woke()
    inbox.submit(Closing())
    assert (guarded.waiting, guarded.clock) == (1, clock)
    assert guarded.take(Nanos(clock.now() - 1)).stamped.body == Closing()


def test_a_silent_core_is_woken_and_has_said_it_to_the_journal_within_a_tenth_of_a_second(
    tmp_path: Path,
) -> None:
    """The whole way, thirty times: file, thread, sleeping core, commit."""
    clock = SystemClock()

    def answer(stamped: Stamped) -> tuple[Fact, ...]:
        body = stamped.body
        return (DeskKilled(at=stamped.at, why=body.why),) if isinstance(body, Kill) else ()

    switch, inbox, _ = switch_with(tmp_path, clock)
    outbox = Outbox(MemoryJournal(), clock, SETTINGS, lambda _error: None)
    answers = outbox.subscribe(ANSWERS)
    switch = KillSwitch(KillFlag(tmp_path), inbox, outbox.subscribe(ANSWERS), clock)
    recorder = ListRecorder()
    loop = LiveLoop(
        ScriptedCore(answer),
        GuardedInbox(inbox, switch),
        outbox,
        settings=SETTINGS,
        recorder=recorder,
    )
    journal = working(outbox.run, interrupt=outbox.interrupt)
    core = working(loop.run, interrupt=loop.interrupt)
    watcher = working(switch.run)
    took = []
    for number in range(30):
        KillFlag(tmp_path).put_up(str(number), flatten=False)
        put_up = clock.now()
        told = answers.get(PATIENCE)
        assert told is not None
        assert isinstance(told.fact, DeskKilled)
        assert told.fact.why == str(number)
        took.append((told.fact.at - put_up) / MILLISECOND)
    assert watcher.stop(PATIENCE)
    assert core.stop(PATIENCE)
    assert journal.stop(PATIENCE)
    sys.stdout.write(f"from file to fact: median {median(took):.1f}, longest {max(took):.1f} ms\n")
    assert median(took) < 100
    assert sum(isinstance(each.body, Kill) for each in recorder.inputs) == 30


class Rounds(Stop):
    """Lets a worker's loop go round once for each step, then stops it."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self._steps = iter(steps)

    def wait(self, seconds: float) -> bool:
        step = next(self._steps, self.set)
        step()
        return self.is_set()


@pytest.mark.parametrize("answer", [DeskKilled, CommandRefused])
def test_an_answer_in_time_ends_nothing_and_a_refusal_is_an_answer(
    answer: type[Fact], tmp_path: Path
) -> None:
    """Were it not so, this very process would end."""
    clock = ManualClock()
    switch, _, answers = switch_with(tmp_path, clock)
    said = {
        DeskKilled: DeskKilled(at=clock.now(), why="x"),
        CommandRefused: CommandRefused(at=clock.now(), command="Kill", why="killed"),
    }[answer]
    switch.run(
        Rounds(
            lambda: KillFlag(tmp_path).put_up("x", flatten=False),
            lambda: clock.advance(999 * MILLISECOND),
            lambda: answers.offer([Published(1, said)]),
            lambda: clock.advance(10 * SECOND),
            lambda: clock.advance(10 * SECOND),
        )
    )
    assert answers.drain() == ()
    assert switch.waiting is not None


UNANSWERED = """
import sys, threading
from pathlib import Path
from tests.fakes import MemoryJournal, ScriptedCore
from tests.threads.waiting import working
from trading_agent.domain.commands import Kill
from trading_agent.domain.facts import (DeskKilled)
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.kill_switch import ANSWERS, GuardedInbox, KillFlag, KillSwitch
from trading_agent.runtime.live import LiveLoop
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings

how, folder = sys.argv[1], Path(sys.argv[2])
hung = threading.Event()

def answer(stamped):
    if how == "core" and hung.is_set():
        threading.Event().wait()
    return (DeskKilled(at=stamped.at, why="x"),) if isinstance(stamped.body, Kill) else ()

clock, settings, store = SystemClock(), RuntimeSettings(), MemoryJournal()
inbox, outbox = Inbox(clock), Outbox(store, clock, settings, lambda error: None)
flag = KillFlag(folder)
switch = KillSwitch(flag, inbox, outbox.subscribe(ANSWERS), clock)
loop = LiveLoop(ScriptedCore(answer), GuardedInbox(inbox, switch), outbox, settings=settings)
working(outbox.run), working(loop.run), working(switch.run)
hung.set()
if how == "journal":
    store.gate.clear()
if how == "stderr":
    import os
    store.gate.clear()
    os.set_blocking(2, False)
    try:
        while True:
            os.write(2, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(2, True)
began = clock.monotonic()
flag.put_up("x", flatten=False)
threading.Event().wait(20.0)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["core", "journal", "stderr"])
def test_a_hanging_core_or_journal_costs_the_process(how: str, tmp_path: Path) -> None:
    clock = SystemClock()
    process = subprocess.Popen(
        [sys.executable, "-c", UNANSWERED, how, str(tmp_path)],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
    )
    flag = KillFlag(tmp_path)
    while flag.sight() is None:
        assert process.poll() is None
    began = clock.monotonic()
    code = process.wait(30)
    took = (clock.monotonic() - began) / SECOND
    assert code == ExitCode.KILLED
    assert not wants_restart(code, tmp_path / "trace")
    assert 0.9 < took < 5.0
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert (b"was not answered" in said) is (how != "stderr")
