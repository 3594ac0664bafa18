"""What is worth telling and is no fact: a disk, a clock, a thread, a door in trouble."""

from queue import Empty, SimpleQueue
from typing import Final

from msgspec import Struct

from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.notifications.markup import Line, as_html, as_plain, bold, foreign
from trading_agent.notifications.notice import Lane, Level, Notice, Topic
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.offer import Offer

_TITLE: Final = "Note"
"""Not all that is to be known is trouble."""
_AGAIN: Final = 10 * MINUTE
"""The same words within this time are counted and told once more at its end."""
_MOST_WORDS: Final = 200
_MARKS: Final = {Level.INFO: "💬", Level.WARNING: "⚠️", Level.CRITICAL: "🚨"}


class Note(Struct, frozen=True, kw_only=True):
    at: Nanos
    words: str
    level: Level
    topic: Topic
    offers: tuple[Offer, ...] = ()


class _Repeated(Struct):
    note: Note
    times: int = 0


class Notes:
    """Anybody puts in; the teller takes out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._put: SimpleQueue[Note] = SimpleQueue()
        self._known: dict[str, _Repeated] = {}
        self._unkept: list[Notice] = []
        self._number = 0

    def put(self, words: str, level: Level, topic: Topic, offers: tuple[Offer, ...] = ()) -> None:
        """Any thread; never waits, never raises."""
        at = self._clock.now()
        self._put.put(Note(at=at, words=words, level=level, topic=topic, offers=offers))

    def waiting(self, *, simulated: bool) -> tuple[Notice, ...]:
        """Everything that has not been `kept`."""
        now = self._clock.now()
        try:
            while True:
                self._take(self._put.get_nowait(), simulated)
        except Empty:
            pass
        for words, known in list(self._known.items()):
            if known.note.at + _AGAIN <= now:
                del self._known[words]
                if known.times:
                    again = f" ({known.times} more times in {_AGAIN // MINUTE} min)"
                    self._tell(known.note, again, now, simulated)
        return tuple(self._unkept)

    def kept(self, notices: tuple[Notice, ...]) -> None:
        """These are on disk."""
        self._unkept = self._unkept[len(notices) :]

    def _take(self, note: Note, simulated: bool) -> None:
        known = self._known.get(note.words)
        if known is not None and note.at < known.note.at + _AGAIN:
            known.times += 1
            return
        while len(self._known) >= _MOST_WORDS:
            del self._known[next(iter(self._known))]
        self._known[note.words] = _Repeated(note)
        self._tell(note, "", note.at, simulated)

    def _tell(self, note: Note, again: str, at: Nanos, simulated: bool) -> None:
        self._number += 1
        words = foreign(note.words, 1_000)
        lines: list[Line] = [
            (
                f"{_MARKS[note.level]} ",
                bold(_TITLE if note.topic is Topic.TROUBLE else note.topic.value),
                again,
            ),
            (words,),
        ]
        self._unkept.append(
            Notice(
                key=f"note:{at}:{self._number}",
                at=at,
                topic=note.topic,
                lane=Lane.RISK,
                html=as_html(lines),
                plain=as_plain(lines),
                level=note.level,
                simulated=simulated,
                offers=note.offers,
            )
        )
