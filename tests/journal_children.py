"""Writers of a journal in processes of their own, made by fork: cheap enough to kill by the
hundred."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.unit.adapters.storage.facts import filled
from trading_agent.adapters.storage.journal import Connect, Journal, JournalIdentity, connect
from trading_agent.domain.order_facts import OrderFilled
from trading_agent.domain.units import Nanos

IDENTITY = JournalIdentity("embedded", "synthetic")
IMAGE_EVERY = 7


class Child:
    """A forked process. It tells numbers through a pipe; the last ones may be unread."""

    def __init__(self, work: Callable[[Callable[[int], None]], None]) -> None:
        reading, writing = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            status = 1
            try:
                os.close(reading)
                work(lambda number: _tell(writing, number))
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        self._told = os.fdopen(reading, "rb")

    def heard(self) -> int | None:
        """The next number; None at the child's end."""
        line = self._told.readline()
        return int(line) if line.endswith(b"\n") else None

    def kill(self) -> int:
        """Returns the last number it told; 0 for none."""
        os.kill(self.process, signal.SIGKILL)
        return self.rest()

    def rest(self) -> int:
        """Until its end; returns the last number it told."""
        last = 0
        while (number := self.heard()) is not None:
            last = number
        os.waitpid(self.process, 0)
        self._told.close()
        return last


def _tell(pipe: int, number: int) -> None:
    os.write(pipe, f"{number}\n".encode())


def opened(path: Path, connect: Connect = connect) -> Journal:
    return Journal.open(path, IDENTITY, Nanos(1), connect=connect)


def write_commits(journal: Journal, commits: int, tell: Callable[[int], None]) -> None:
    """Fills with ascending numbers, one to five a commit, and an image now and then; tells the
    last sequence after each commit."""
    tell(journal.last_sequence)
    for _ in range(commits):
        last = journal.last_sequence
        journal.append([(last + n, filled(last + n)) for n in range(1, 2 + last % 5)])
        tell(journal.last_sequence)
        if journal.last_sequence % IMAGE_EVERY == 0:
            journal.keep_image(f"what {journal.last_sequence} facts add up to")


def check(path: Path, at_least: int, after: int = 0) -> int:
    """Every fact behind `after` once, in order, at least as many as were acknowledged, and
    images of facts that are there; returns the last sequence."""
    journal = opened(path)
    facts = list(journal.read(after))
    images = list(journal.images())
    journal.close()
    numbers = list(range(after + 1, after + len(facts) + 1))
    assert [sequence for sequence, _ in facts] == numbers
    assert [fact.fill for _, fact in facts if isinstance(fact, OrderFilled)] == numbers
    assert after + len(facts) >= at_least
    assert all(image.body == f"what {image.sequence} facts add up to" for image in images)
    return after + len(facts)
