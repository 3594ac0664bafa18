"""How a desk is killed from outside: the flag for all of them first, then each is waited for."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from trading_agent.cli.desk_process import DeskProcess
from trading_agent.runtime.kill_switch import KillFlag

_PATIENCE: Final = 2.0
_DEATH: Final = 2.0
_LOOK: Final = 0.01


class Outcome(StrEnum):
    ANSWERED = "answered"
    """The engine has said in its journal that it is killed, and goes on without orders."""
    NOT_RUNNING = "not_running"
    ENDED = "ended"
    """Its process ended by itself meanwhile."""
    FORCED = "forced"
    """It lived and did not answer; it was sent SIGKILL and is gone."""
    UNCERTAIN = "uncertain"
    """It may still send orders: a person must end it."""


@dataclass(frozen=True, slots=True)
class KilledDesk:
    """`waited` seconds from the flag to the outcome."""

    directory: Path
    outcome: Outcome
    process: int | None
    waited: float
    detail: str

    @property
    def certain(self) -> bool:
        return self.outcome is not Outcome.UNCERTAIN

    @property
    def words(self) -> str:
        who = f"the engine (process {self.process})"
        match self.outcome:
            case Outcome.ANSWERED:
                told = f"{who} is killed: {self.detail}"
            case Outcome.NOT_RUNNING:
                told = f"no engine is running{self._later}"
            case Outcome.ENDED:
                told = f"{who} has ended{self._later}"
            case Outcome.FORCED:
                told = f"{who} did not answer and was ended with SIGKILL{self._later}"
            case Outcome.UNCERTAIN:
                return f"{self.directory}: NOT CERTAIN: {self.detail}"
        return f"{self.directory}: {told}; every start is killed until flash-trading rearm"

    @property
    def _later(self) -> str:
        return f": {self.detail}" if self.detail else ""


def kill_desks(directories: Sequence[Path], why: str, *, flatten: bool) -> tuple[KilledDesk, ...]:
    """In this order; every flag is up before the first desk is waited for."""
    begun = [_begin(directory, why, flatten=flatten) for directory in directories]
    return tuple(_finish(each) for each in begun)


@dataclass(frozen=True, slots=True)
class _Begun:
    desk: DeskProcess
    process: int | None
    after: int
    at: float
    unwritten: str
    flatten: bool

    @property
    def left_over(self) -> str:
        """What nobody is there to do now."""
        return "what is held is sold by the next start" if self.flatten else ""


def _begin(directory: Path, why: str, *, flatten: bool) -> _Begun:
    desk = DeskProcess(directory)
    # Before the flag: an answer may be there sooner than whoever looks for it.
    process, after = desk.number(), desk.last_sequence()
    unwritten = ""
    try:
        KillFlag(directory).put_up(why, flatten=flatten)
    except OSError as error:
        unwritten = f"the file KILL cannot be written ({error.strerror})"
    return _Begun(desk, process, after, time.monotonic(), unwritten, flatten)


def _finish(begun: _Begun) -> KilledDesk:
    desk = begun.desk
    if begun.unwritten:
        # Nothing tells the engine, and nothing would stop the next one: only its end is left.
        return _done(begun, Outcome.UNCERTAIN, f"{begun.unwritten}; {_forced(desk)}")
    if not desk.runs():
        return _done(begun, Outcome.NOT_RUNNING, begun.left_over)
    while time.monotonic() < begun.at + _PATIENCE and desk.runs():
        answer = desk.answer(begun.after)
        if answer is not None:
            return _done(begun, Outcome.ANSWERED, answer)
        time.sleep(_LOOK)
    return _ended(begun)


def _ended(begun: _Begun) -> KilledDesk:
    """It has not answered: it is gone by now, or is made to go."""
    desk = begun.desk
    if not desk.runs():
        return _done(begun, Outcome.ENDED, begun.left_over)
    refusal = desk.end(_DEATH)
    if not refusal:
        return _done(begun, Outcome.FORCED, begun.left_over)
    return _done(begun, Outcome.UNCERTAIN if desk.runs() else Outcome.ENDED, refusal)


def _forced(desk: DeskProcess) -> str:
    if not desk.runs():
        return "no engine is running, but the next one would trade"
    return desk.end(_DEATH) or "the engine was ended with SIGKILL, but the next one would trade"


def _done(begun: _Begun, outcome: Outcome, detail: str) -> KilledDesk:
    waited = time.monotonic() - begun.at
    return KilledDesk(begun.desk.directory, outcome, begun.process, waited, detail)
