"""The outbox: every notice, until each destination has been told, or cannot be.

What the teller puts in and how far it has read the journal become lasting in one transaction, so
nothing is lost and nothing is said twice. A destination answers for what it sent; dying between
its sending and its answer sends it once more.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from trading_agent.domain.units import DAY, Nanos
from trading_agent.notifications import late
from trading_agent.notifications.notice import Claimed, Lane, Level, Mode, Notice, Topic
from trading_agent.notifications.notice_file import NoticeFile
from trading_agent.notifications.wishes import Wishes
from trading_agent.runtime.clock import Clock

NOTICES_NAME: Final = "notices.sqlite"

DEFAULT_MODES: Final[Mapping[Topic, Mode]] = MappingProxyType(
    {
        Topic.STOP_MOVED: Mode.SILENT,
        Topic.SESSION: Mode.SILENT,
        Topic.SIGNAL: Mode.OFF,
        Topic.PATTERN: Mode.SILENT,
        Topic.ANOMALY: Mode.SILENT,
    }
)
"""Everything else is on."""

_DELIVERED: Final = 1
_UNDELIVERABLE: Final = 2
_GIVEN_UP: Final = 3
_CURSOR: Final = "teller.cursor"
_MEMORY: Final = "teller.memory"
_KEPT_FOR: Final = 7 * DAY
"""What was told is remembered for so long."""
_JOIN_FROM: Final = 6
"""When so many wait in a lane, short ones are sent together."""
_MOST_JOINED: Final = 25
_LONGEST_JOINED: Final = 3_000
"""Characters; Telegram takes 4,096."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notice).decode

_Row = tuple[int, int, int, int, str]
"""Of a delivery: id, silent, attempts, until; and its notice."""


class NoticeStore:
    """Any thread, one after another. Raises StorageError."""

    def __init__(
        self, path: Path, clock: Clock, defaults: Mapping[Topic, Mode] = DEFAULT_MODES
    ) -> None:
        """`defaults`: how topics are told to whoever has not said; on, where not named."""
        self._file = NoticeFile(path)
        self._clock = clock
        self.wishes = Wishes(self._file, defaults)
        # What is out now, by claim; the file's guard guards it too.
        self._claims: dict[int, tuple[str, Lane, tuple[int, ...]]] = {}
        self._listeners: tuple[Callable[[], None], ...] = ()

    def open(self) -> None:
        """ConfigError: the file is a newer version's, or no outbox."""
        self._file.open()
        self.prune()

    def close(self) -> None:
        self._file.close()

    def listen(self, listener: Callable[[], None]) -> None:
        """Called, by whoever put it in, whenever there is something new; must not wait or raise."""
        self._listeners = (*self._listeners, listener)

    # What the teller needs.

    @property
    def cursor(self) -> int | None:
        """The last fact that was read; None: never any."""
        text = self.state(_CURSOR)
        return None if text is None else int(text)

    @property
    def memory(self) -> str | None:
        """What the teller knew then."""
        return self.state(_MEMORY)

    def keep(
        self, notices: Sequence[Notice], cursor: int | None = None, memory: str | None = None
    ) -> int:
        """All of it or nothing, on disk when this returns; how many were new. A notice whose key
        is known is left out."""
        with self._file.changing() as connection:
            kept = sum(self._put(connection, notice) for notice in notices)
            for key, value in ((_CURSOR, cursor), (_MEMORY, memory)):
                if value is not None:
                    _set(connection, key, str(value))
        if kept:
            for listener in self._listeners:
                listener()
        return kept

    # What a destination needs.

    def appear(self, destination: str) -> None:
        """It is told of everything from now on; one that is known stays as it is."""
        row = (destination, int(self._clock.now()))
        with self._file.changing() as connection:
            connection.execute("INSERT OR IGNORE INTO destinations VALUES (?, ?, 0)", row)

    def vanish(self, destination: str) -> None:
        """Forgets it with all it was still to be told and all it wished for."""
        with self._file.changing() as connection:
            connection.execute("DELETE FROM destinations WHERE name = ?", (destination,))
        self.release_all(destination)

    def destinations(self) -> tuple[str, ...]:
        with self._file.reading() as connection:
            rows = connection.execute("SELECT name FROM destinations ORDER BY name").fetchall()
        return tuple(name for (name,) in rows)

    def claim(self, destination: str, *, join: bool = True) -> Claimed | None:
        """What to send next, the most urgent lane first; None: nothing now. Answer with
        `delivered`, `postpone`, `undeliverable` or `release`: until then nothing else of its lane
        is given out. `join`: where many wait, short ones come together."""
        now = self._clock.now()
        with self._file.reading() as connection:
            if _held_until(connection, destination) > now:
                return None
            for lane in Lane:
                if any(each[:2] == (destination, lane) for each in self._claims.values()):
                    continue
                rows = _waiting(connection, destination, lane, _MOST_JOINED if join else 1)
                if rows and rows[0][3] <= now:
                    return self._claimed(destination, lane, _together(rows), now)
        return None

    def delivered(self, claim: int) -> None:
        """It has arrived."""
        self._end(claim, _DELIVERED, "")

    def undeliverable(self, claim: int, why: str) -> None:
        """It cannot be sent, now or ever; others go on."""
        self._end(claim, _UNDELIVERABLE, why)

    def postpone(self, claim: int, until: Nanos) -> None:
        """To be tried again, ahead of what is behind it in its lane."""
        self._answer(
            claim,
            "UPDATE deliveries SET attempts = attempts + 1, until = ? WHERE id = ?",
            (int(until),),
        )

    def release(self, claim: int) -> None:
        """As if it had never been claimed."""
        with self._file.reading():
            self._claims.pop(claim, None)

    def release_all(self, destination: str) -> None:
        """Whoever sends there has died with something in hand, and begins anew."""
        with self._file.reading():
            for claim in [id for id, each in self._claims.items() if each[0] == destination]:
                del self._claims[claim]

    def hold(self, destination: str, until: Nanos) -> None:
        """Nothing is given out before: the other side asked us to wait."""
        with self._file.changing() as connection:
            connection.execute(
                "UPDATE destinations SET held_until = ? WHERE name = ?", (int(until), destination)
            )

    def due_at(self, destination: str) -> Nanos | None:
        """When the next is to be tried, past or future; None: nothing waits."""
        with self._file.reading() as connection:
            (due,) = connection.execute(
                "SELECT min(until) FROM (SELECT until, min(id) FROM deliveries "
                "WHERE destination = ? AND state = 0 GROUP BY lane)",
                (destination,),
            ).fetchone()
            return None if due is None else Nanos(max(due, _held_until(connection, destination)))

    def waiting(self, destination: str) -> int:
        """How many notices it has still to be told of."""
        with self._file.reading() as connection:
            query = "SELECT count(*) FROM deliveries WHERE destination = ? AND state = 0"
            return int(connection.execute(query, (destination,)).fetchone()[0])

    def shed(self, most: int) -> dict[str, int]:
        """Where more than `most` wait, gives up the oldest of the least urgent; how many, by
        destination."""
        now = int(self._clock.now())
        given_up: dict[str, int] = {}
        for name in self.destinations():
            too_many = self.waiting(name) - most
            if too_many <= 0:
                continue
            with self._file.changing() as connection:
                connection.execute(
                    "UPDATE deliveries SET state = ?, why = 'too many waited', ended_at = ? "
                    "WHERE id IN (SELECT id FROM deliveries WHERE destination = ? AND state = 0 "
                    "ORDER BY lane DESC, id LIMIT ?)",
                    (_GIVEN_UP, now, name, too_many),
                )
            given_up[name] = too_many
        return given_up

    def recent(self, most: int) -> tuple[Notice, ...]:
        """The newest notices, oldest first."""
        with self._file.reading() as connection:
            query = "SELECT body FROM notices ORDER BY id DESC LIMIT ?"
            rows = connection.execute(query, (most,)).fetchall()
        return tuple(_decode(body) for (body,) in reversed(rows))

    # What a door remembers between its lives.

    def seen_update(self, update: int, door: str = "telegram") -> bool:
        """Whether it was seen before; from now on it was, also after a crash."""
        now = int(self._clock.now())
        with self._file.changing() as connection:
            row = (door, update, now)
            new = connection.execute("INSERT OR IGNORE INTO updates VALUES (?, ?, ?)", row)
            return new.rowcount == 0

    def state(self, key: str) -> str | None:
        with self._file.reading() as connection:
            row = connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def states(self, prefix: str) -> dict[str, str]:
        """By key, those that begin so."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT key, value FROM state ORDER BY key").fetchall()
        return {key: value for key, value in rows if key.startswith(prefix)}

    def put_state(self, key: str, value: str | None) -> None:
        """None: forget it."""
        with self._file.changing() as connection:
            if value is None:
                connection.execute("DELETE FROM state WHERE key = ?", (key,))
            else:
                _set(connection, key, value)

    def _put(self, connection: sqlite3.Connection, notice: Notice) -> int:
        row = (notice.key, int(self._clock.now()), _encode(notice).decode())
        new = connection.execute(
            "INSERT OR IGNORE INTO notices (key, kept_at, body) VALUES (?, ?, ?)", row
        )
        if not new.rowcount:
            return 0
        for (name,) in connection.execute("SELECT name FROM destinations").fetchall():
            mode = self.wishes.mode(self.wishes.of(name), notice)
            if mode is not Mode.OFF:
                connection.execute(
                    "INSERT INTO deliveries (destination, notice, lane, silent) "
                    "VALUES (?, ?, ?, ?)",
                    (name, new.lastrowid, notice.lane, mode is Mode.SILENT),
                )
        return 1

    def _claimed(self, destination: str, lane: Lane, rows: list[_Row], now: Nanos) -> Claimed:
        notices = [_decode(row[4]) for row in rows]
        first = notices[0]
        level = max((notice.level for notice in notices), key=lambda each: each.rank)
        silent = all(row[1] for row in rows)
        if not silent and level is not Level.CRITICAL:
            hours = self.wishes.quiet_hours(destination)
            silent = hours is not None and hours.cover(now)
        html, plain = late.said(notices, now)
        claim = rows[0][0]
        self._claims[claim] = (destination, lane, tuple(row[0] for row in rows))
        return Claimed(
            id=claim,
            destination=destination,
            key=first.key,
            at=first.at,
            topic=first.topic,
            lane=lane,
            symbol=first.symbol,
            level=level,
            html=html,
            plain=plain,
            silent=silent,
            attempts=rows[0][2],
            count=len(rows),
            late=late.lateness(notices, now),
            picture=first.picture if len(rows) == 1 else None,
            simulated=first.simulated,
            offers=first.offers if len(rows) == 1 else (),
        )

    def _end(self, claim: int, state: int, why: str) -> None:
        change = "UPDATE deliveries SET state = ?, why = ?, ended_at = ? WHERE id = ?"
        self._answer(claim, change, (state, why, int(self._clock.now())))

    def _answer(self, claim: int, change: str, values: tuple[int | str, ...]) -> None:
        """A claim that is unknown was answered for, or its destination is gone."""
        with self._file.changing() as connection:
            if claim in self._claims:
                ids = self._claims[claim][2]
                connection.executemany(change, [(*values, id) for id in ids])
        with self._file.reading():
            self._claims.pop(claim, None)

    def prune(self) -> None:
        """Forgets what everybody was told more than a week ago."""
        before = int(self._clock.now()) - _KEPT_FOR
        with self._file.changing() as connection:
            connection.execute(
                "DELETE FROM notices WHERE kept_at < ? AND NOT EXISTS "
                "(SELECT 1 FROM deliveries WHERE notice = notices.id AND state = 0)",
                (before,),
            )
            connection.execute("DELETE FROM updates WHERE at < ?", (before,))


def _waiting(connection: sqlite3.Connection, destination: str, lane: Lane, most: int) -> list[_Row]:
    return connection.execute(
        "SELECT d.id, d.silent, d.attempts, d.until, n.body FROM deliveries d "
        "JOIN notices n ON n.id = d.notice "
        "WHERE d.destination = ? AND d.lane = ? AND d.state = 0 ORDER BY d.id LIMIT ?",
        (destination, int(lane), most),
    ).fetchall()


def _together(rows: list[_Row]) -> list[_Row]:
    """The first, with those behind it that go into the same message."""
    if len(rows) < _JOIN_FROM:
        return rows[:1]
    joined: list[_Row] = []
    length = 0
    for row in rows:
        notice = _decode(row[4])
        length += len(notice.html)
        alone = notice.picture is not None or bool(notice.offers)
        if joined and (alone or length > _LONGEST_JOINED):
            break
        joined.append(row)
        if alone:
            break
    return joined


def _held_until(connection: sqlite3.Connection, destination: str) -> int:
    query = "SELECT held_until FROM destinations WHERE name = ?"
    row = connection.execute(query, (destination,)).fetchone()
    return 0 if row is None else int(row[0])


def _set(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))
