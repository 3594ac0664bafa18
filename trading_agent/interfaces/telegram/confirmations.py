"""Questions that must be answered before something dangerous is done."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trading_agent.domain.commands import Command
from trading_agent.domain.units import SECOND
from trading_agent.interfaces.telegram.incoming import Incoming
from trading_agent.interfaces.telegram.people import Role
from trading_agent.runtime.clock import Clock

_NONCE_BYTES: Final = 12
_MOST_OPEN: Final = 200

Deed = tuple[Command, ...] | Callable[[], str]
"""What is done after the yes: commands to the desk, or something that answers in words."""


class Verdict(StrEnum):
    """Why a press counted for nothing."""

    UNKNOWN = "This question is not open any more. Send the command again."
    EXPIRED = "Too late: nothing was done. Send the command again."
    NOT_YOURS = "This question was put to somebody else."


@dataclass(frozen=True, slots=True)
class Question:
    """`what` in a few words, for the answer; bound to one person in one chat, who must still have
    the `role` it takes."""

    nonce: str
    user: int
    chat: int
    role: Role
    what: str
    deed: Deed
    asked_at: int


class Confirmations:
    """Each question is answered once, by whom it was put to, in time. A restart forgets them
    all: no answer means no."""

    def __init__(self, clock: Clock, seconds: int) -> None:
        self._clock = clock
        self._life = seconds * SECOND
        self._open: dict[str, Question] = {}

    def ask(self, incoming: Incoming, role: Role, what: str, deed: Deed) -> Question:
        now = self._clock.monotonic()
        self._forget(now)
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        question = Question(nonce, incoming.user, incoming.chat, role, what, deed, now)
        self._open[nonce] = question
        return question

    def take(self, nonce: str, incoming: Incoming) -> Question | Verdict:
        """The question, which is closed by this; or why the press does not count. Someone
        else's press leaves it open."""
        question = self._open.get(nonce)
        if question is None:
            return Verdict.UNKNOWN
        if (question.user, question.chat) != (incoming.user, incoming.chat):
            return Verdict.NOT_YOURS
        del self._open[nonce]
        late = self._clock.monotonic() - question.asked_at > self._life
        return Verdict.EXPIRED if late else question

    def _forget(self, now: int) -> None:
        """What is long over, and the oldest when there are too many."""
        for nonce, question in list(self._open.items()):
            if now - question.asked_at > 2 * self._life or len(self._open) >= _MOST_OPEN:
                del self._open[nonce]
