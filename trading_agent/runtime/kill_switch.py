"""Stops the desk by a file: from another process, by hand, and when everything else hangs.

While `KILL` lies in the data directory the desk is killed; a person takes it away again
(`flash-trading rearm`). Two look for it, each for itself: the core's thread between two
inputs, and a thread that wakes a sleeping core and ends the process when the journal has not
had the core's answer in time. An order that could still leave then does not exist: whoever
would send it is gone. Put up anew, the file is a new order, which a killed desk answers too.
"""

import os
import select
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from trading_agent.domain.commands import Kill, Origin
from trading_agent.domain.facts import CommandRefused, DeskKilled, Fact
from trading_agent.domain.message import Input, Woke
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.inbox import Arrival, Inbox
from trading_agent.runtime.lasting_file import make_lasting, write_lasting
from trading_agent.runtime.subscription import Subscription, SubscriptionRule
from trading_agent.runtime.worker import Stop

FLAG_NAME: Final = "KILL"
ANSWERS: Final = SubscriptionRule(
    name="kill-switch", capacity=1_000, kinds=(DeskKilled, CommandRefused)
)
"""What the switch listens to: how the core answers `Kill`."""
_LOOK: Final = 50 * MILLISECOND
_ANSWER: Final = SECOND
_NOW: Final = Nanos(0)
_FLATTEN: Final = "flatten"
_READABLE: Final = 0o644
_MOST_BYTES: Final = 1_000
_MOST_WORDS: Final = 300
_STANDARD_ERROR: Final = 2

Sight = tuple[int, int, int]
"""Inode, nanoseconds of the last change, size: tells one putting up from the next."""
_HIDDEN: Final[Sight] = (-1, -1, -1)
"""It cannot be seen whether the file is there."""


class KillFlag:
    """The file. Its first line may say `flatten`; the second says why. Anything else that
    bears its name (an empty file, a folder) kills just the same."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FLAG_NAME

    def sight(self) -> Sight | None:
        """None while it is not there. A look that fails counts as seen: nobody can say then
        that the desk may go on."""
        try:
            found = os.lstat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return _HIDDEN
        return found.st_ino, found.st_mtime_ns, found.st_size

    def order(self) -> Kill:
        """What it asks for; never waits and never raises."""
        first, _, rest = self._text().partition("\n")
        why = "".join(c if c.isprintable() else " " for c in rest.partition("\n")[0])
        return Kill(
            origin=Origin.CLI,
            why=why.strip()[:_MOST_WORDS] or f"the file {FLAG_NAME} is in the data directory",
            flatten=first.strip().lower() == _FLATTEN,
        )

    def put_up(self, why: str, *, flatten: bool) -> None:
        """On disk when this returns; on a disk too full for words the file alone, which kills
        and no more. OSError when it cannot be."""
        text = f"{_FLATTEN if flatten else 'kill'}\n{' '.join(why.split())}\n"
        try:
            # Whoever asks may not be whom the engine runs as, and the engine must read it.
            write_lasting(self.path, text, _READABLE)
        except OSError:
            self.path.touch(_READABLE)
            make_lasting(self.path.parent)

    def take_down(self) -> None:
        """Gone for good when this returns. OSError when it cannot be."""
        self.path.unlink(missing_ok=True)
        make_lasting(self.path.parent)

    def _text(self) -> str:
        try:
            # A pipe of this name must not make us wait for whoever would write into it.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return os.read(descriptor, _MOST_BYTES).decode(errors="replace")
            finally:
                os.close(descriptor)
        except OSError:
            return ""


class KillSwitch:
    """`run` is the body of its worker; `look` and `claim` belong to the core's thread too.

    No lock: a core must never wait for a thread that waits for a disk. Two who see the file in
    the same moment give the order twice, and a killed desk refuses the second.
    """

    def __init__(self, flag: KillFlag, inbox: Inbox, answers: Subscription, clock: Clock) -> None:
        """`answers`: a subscription by the rule ANSWERS."""
        self._flag = flag
        self._inbox = inbox
        self._answers = answers
        self._clock = clock
        self.waiting: Kill | None = None
        """The order that waits for the core."""
        self._seen: Sight | None = None
        self._watched: Sight | None = None
        self._answer_by = 0

    def look(self) -> bool:
        """Whether the file has been put up since anyone last looked; then an order waits."""
        sight = self._flag.sight()
        if sight is None or sight == self._seen:
            return False
        order = self._flag.order()
        self._seen = sight
        self.waiting = order
        return True

    def claim(self) -> Kill | None:
        """Core thread: the order that waits, once."""
        order = self.waiting
        self.waiting = None
        return order

    def run(self, stop: Stop) -> None:
        """Until the stop; does not return when the core does not answer."""
        while not stop.wait(_LOOK / SECOND):
            if self.look():
                self._inbox.submit(Woke())
            self._insist()

    def _insist(self) -> None:
        now = self._clock.monotonic()
        if self._seen != self._watched:
            self._watched = self._seen
            self._answer_by = now + _ANSWER
        if not self._answer_by:
            return
        if any(_is_answer(item.fact) for item in self._answers.drain()):
            self._answer_by = 0
        elif now > self._answer_by:
            self._end()

    def _end(self) -> None:
        _last_words(
            f"flash-trading: the kill was not answered within {_ANSWER / SECOND:g} s; "
            f"the process ends, and starts killed while {self._flag.path} is there\n"
        )
        os._exit(ExitCode.KILLED)


class GuardedInbox:
    """The inbox as the core's thread reads it: a kill goes before everything that waits."""

    def __init__(self, inbox: Inbox, switch: KillSwitch) -> None:
        self._inbox = inbox
        self._take = inbox.take
        self._switch = switch
        self._at = _NOW
        self._look_at = _NOW

    @property
    def clock(self) -> Clock:
        return self._inbox.clock

    @property
    def waiting(self) -> int:
        return self._inbox.waiting

    def submit(self, body: Input) -> None:
        self._inbox.submit(body)

    def take(self, deadline: Nanos | None) -> Arrival:
        """As `Inbox.take`. A deadline that has passed goes first: what would be its `Woke` is
        the order, stamped in its turn like any input."""
        switch = self._switch
        if self._at >= self._look_at:
            self._look_at = Nanos(self._at + _LOOK)
            switch.look()
        arrival = self._take(deadline if switch.waiting is None else _NOW)
        self._at = arrival.stamped.at
        if switch.waiting is not None and isinstance(arrival.stamped.body, Woke):
            return self._turned(arrival)
        return arrival

    def _turned(self, woke: Arrival) -> Arrival:
        order = self._switch.claim()
        return woke if order is None else replace(woke, stamped=replace(woke.stamped, body=order))


def _is_answer(fact: Fact) -> bool:
    """A killed desk refuses `Kill`: it is killed either way."""
    return isinstance(fact, DeskKilled) or (
        isinstance(fact, CommandRefused) and fact.command == Kill.__name__
    )


def _last_words(text: str) -> None:
    """On stderr, if it takes them at once: a full pipe must not keep the process alive."""
    with suppress(OSError, ValueError):
        if select.select([], [_STANDARD_ERROR], [], 0.0)[1]:
            os.write(_STANDARD_ERROR, text.encode()[: select.PIPE_BUF])
