"""Killed at its writes, one after another, the outbox loses nothing and says nothing twice beyond
what was on its way to the other side at that moment."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.hook_server import Answer, HookServer, hook_server
from tests.replay.golden_run import golden_facts
from tests.threads.waiting import PATIENCE
from tests.told_desk import until
from trading_agent.adapters.storage.journal import Journal, JournalIdentity, JournalReader
from trading_agent.domain.facts import PositionClosed
from trading_agent.domain.units import Nanos
from trading_agent.notifications.memory import Memory, to_text
from trading_agent.notifications.notice import Mode, Topic
from trading_agent.notifications.notice_file import NoticeFile
from trading_agent.notifications.settings import NotificationSettings
from trading_agent.notifications.store import NoticeStore
from trading_agent.notifications.teller import Teller
from trading_agent.notifications.webhook import Form, WebhookSink, address_of
from trading_agent.notifications.wishes import Wish
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.worker import Heartbeats, RestartRule, Worker

ROOT = Path(__file__).resolve().parents[2]
IDENTITY = JournalIdentity("embedded", "synthetic")
HOOK = Form.WEBHOOK.value

VICTIM = """
import os, sys
from pathlib import Path
from tests.faults.test_outbox_kill import life

print("ready", flush=True)
for line in sys.stdin:
    directory, url, writes, committed = line.split()
    child = os.fork()
    if child == 0:
        life(Path(directory), url, int(writes), committed == "after")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else f"ended {os.waitstatus_to_exitcode(status)}",
          flush=True)
"""


class MortalFile(NoticeFile):
    """Its process is killed at one of its writes, before or after that is committed."""

    def __init__(self, path: Path, writes: int, *, after: bool) -> None:
        super().__init__(path)
        self._left = writes
        self._after = after

    @contextmanager
    def changing(self) -> Iterator[Any]:
        self._left -= 1
        last = self._left == 0
        with super().changing() as connection:
            yield connection
            if last and not self._after:
                os.kill(os.getpid(), signal.SIGKILL)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)


def life(directory: Path, url: str, writes: int, after: bool) -> None:
    """Tells what the journal holds and sends it, until all is done or it is killed."""
    clock = SystemClock()
    store = NoticeStore(directory / "notices.sqlite", clock)
    store._file = MortalFile(directory / "notices.sqlite", writes, after=after)
    store.wishes._file = store._file
    store.open()
    path = directory / "journal.sqlite"
    journal = Journal.open(path, IDENTITY, Nanos(1))
    outbox = Outbox(journal, clock, RuntimeSettings(), lambda _error: None)
    settings = NotificationSettings(report_at="", webhook_longest_pause_seconds=0.1)
    teller = Teller(store, JournalReader(path).read, outbox, clock, settings)
    sink = WebhookSink(address_of(Form.WEBHOOK, url), store, clock, settings, lambda _words: None)
    beats = Heartbeats(clock)
    rule = RestartRule(first=0.02, longest=0.05)
    workers = (
        Worker("notices", teller.run, restart=rule, heartbeats=beats),
        Worker("webhook", sink.run, restart=rule, heartbeats=beats, interrupt=sink.interrupt),
    )
    for worker in workers:
        worker.start()
    until(lambda: store.cursor == journal.last_sequence and store.waiting(HOOK) == 0)
    for worker in reversed(workers):
        worker.stop(PATIENCE)


class Victims:
    """One process that forks a life at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", VICTIM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def live(self, directory: Path, url: str, writes: int, when: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(directory, url, writes, when, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(PATIENCE)


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    made = Victims()
    yield made
    made.end()


def prepared(directory: Path) -> None:
    """A journal of a day, and an outbox in which nobody has said anything yet."""
    journal = Journal.open(directory / "journal.sqlite", IDENTITY, Nanos(1))
    journal.append(list(enumerate(golden_facts(), 1)))
    journal.close()
    store = NoticeStore(directory / "notices.sqlite", SystemClock())
    store.open()
    store.appear(HOOK)
    for topic in Topic:
        store.wishes.subscribe(HOOK, Wish(topic=topic, mode=Mode.ON))
    store.keep((), 0, to_text(Memory()))
    store.close()


def failing(server: HookServer) -> None:
    """Every third request finds the other side unwell."""
    soon = (("Retry-After", "0.01"),)
    server.answers.extend([Answer(), Answer(), Answer(503, soon)] * 100)


@pytest.mark.slow
@pytest.mark.parametrize("stride", [9, 26])
def test_nothing_is_lost_and_nothing_is_doubled(
    tmp_path: Path, victims: Victims, stride: int
) -> None:
    prepared(tmp_path)
    kills = 0
    with hook_server() as server:
        failing(server)
        while True:
            ending = victims.live(tmp_path, server.url, stride, ("after", "before")[kills % 2])
            if ending != "killed":
                break
            kills += 1
            assert kills < 500
        arrived = [document["key"] for document in server.taken()]
    assert ending == "ended 0"
    assert kills >= 5

    store = NoticeStore(tmp_path / "notices.sqlite", SystemClock())
    store.open()
    kept = store.recent(10_000)
    assert store.waiting(HOOK) == 0
    store.close()
    keys = [notice.key for notice in kept]
    closed = sum(isinstance(fact, PositionClosed) for fact in golden_facts())
    assert sum(key.endswith(":exit") for key in keys) == closed
    assert set(arrived) == set(keys), "lost, or made up"
    doubled = Counter(arrived) - Counter(keys)
    assert doubled.total() <= kills, "a kill doubles what was on its way, and no more"


@pytest.mark.slow
def test_within_a_lane_what_happened_first_arrives_first(tmp_path: Path, victims: Victims) -> None:
    prepared(tmp_path)
    with hook_server() as server:
        failing(server)
        for _ in range(12):
            victims.live(tmp_path, server.url, 9, "before")
        victims.live(tmp_path, server.url, 100_000, "after")
        arrived = [document["key"] for document in server.taken()]
    store = NoticeStore(tmp_path / "notices.sqlite", SystemClock())
    store.open()
    kept = store.recent(10_000)
    store.close()
    first = {key: place for place, key in reversed(list(enumerate(arrived)))}
    for lane in {notice.lane for notice in kept}:
        places = [first[notice.key] for notice in kept if notice.lane is lane]
        assert places == sorted(places)
