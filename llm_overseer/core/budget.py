"""Money and tokens: reserved in one transaction before a call leaves, settled after it.

Integer nano-dollars in SQLite, so that threads, processes and kills share one truth. A
reservation counts as spent until it is settled with what the provider says; one whose call was
killed, cancelled or not accounted for stays spent. Only a call that surely was not carried out is
given back. A cost above its reservation is disputed: nothing more is sent until `reconcile`.
"""

import math
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from llm_overseer.brief import DAY, MINUTE, Slice
from llm_overseer.core.disk import durable_connection
from llm_overseer.errors import BudgetSpent
from llm_overseer.settings import NANO, BudgetSettings

Connect = Callable[[Path], sqlite3.Connection]

_HOUR: Final = 60 * MINUTE
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    slice TEXT NOT NULL,
    model TEXT NOT NULL,
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    charged INTEGER NOT NULL CHECK (charged >= 0),
    tokens INTEGER NOT NULL CHECK (tokens >= 0),
    state TEXT NOT NULL
        CHECK (state IN ('reserved', 'settled', 'lost', 'released', 'disputed')),
    claimed INTEGER NOT NULL DEFAULT 0,
    generation TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (at);
CREATE TABLE IF NOT EXISTS adjustments (
    at INTEGER NOT NULL, charged INTEGER NOT NULL, why TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS alerts (
    day INTEGER NOT NULL, share TEXT NOT NULL, PRIMARY KEY (day, share)
) STRICT;
"""
_LARGEST: Final = 2**62
_LOOKED_UP_FOR: Final = 2 * DAY
_MOST_LOOKED_UP: Final = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What is spent, reservations included; nano-dollars and tokens."""

    day: int
    hour: int
    tokens: int
    by_slice: dict[Slice, int]
    day_cap: int
    disputed: int
    unresolved: int
    """Calls whose cost is not known."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the ledger, of whatever call; `model` is empty for what the provider counted
    beyond ours."""

    at: int
    model: str
    nano: int


def connect(path: Path) -> sqlite3.Connection:
    """Threads share it under a lock; full sync, since a forgotten reservation is money."""
    return durable_connection(path)


class Budget:
    """One ledger. Any thread; any number of processes on the same file."""

    def __init__(self, path: Path, settings: BudgetSettings, connect: Connect = connect) -> None:
        self._path = path
        self._settings = settings
        self._connect = connect
        self._lock = threading.Lock()  # guards the connection: one transaction at a time
        self._connection: sqlite3.Connection | None = None
        self._day_cap = int(settings.usd_day * NANO)
        self._hour_cap = int(settings.usd_hour * NANO)
        self._call_cap = int(settings.usd_call * NANO)

    def open(self) -> None:
        """Reservations of whoever died are lost from now on: spent, and to be looked up."""
        self._connection = self._connect(self._path)
        with self._transaction() as it:
            for statement in _TABLES.split(";"):
                it.execute(statement)
            it.execute("UPDATE calls SET state = 'lost' WHERE state = 'reserved'")

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def reserve(self, purse: Slice, model: str, cost: int, tokens: int, now: int) -> int:
        """A reservation's number. Raises BudgetSpent; then nothing is reserved."""
        if cost > self._call_cap:
            raise BudgetSpent("call")
        with self._transaction() as connection:
            spent = self._standing(connection, now)
            self._allow(spent, purse, cost, tokens)
            row = connection.execute(
                "INSERT INTO calls (at, slice, model, reserved, charged, tokens, state)"
                " VALUES (?, ?, ?, ?, ?, ?, 'reserved') RETURNING id",
                (now, purse.value, model, cost, cost, tokens),
            ).fetchone()
        return int(row[0])

    def settle(
        self, call: int, cost: Decimal | None, tokens: int, generation: str, *, free: bool = False
    ) -> int:
        """Book what the provider says; returns the nano-dollars booked.

        A cost that is missing, not finite, negative, or nothing although tokens were used
        (unless `free`) says nothing: the reservation stays. One above it is disputed.
        """
        claimed = _claimed(cost, tokens, free=free)
        with self._transaction() as connection:
            (reserved,) = connection.execute(
                "SELECT reserved FROM calls WHERE id = ?", (call,)
            ).fetchone()
            if claimed is None:
                self._mark(connection, call, "lost", generation)
                return int(reserved)
            if claimed > reserved:
                connection.execute(
                    "UPDATE calls SET state = 'disputed', claimed = ?, generation = ?"
                    " WHERE id = ? AND state IN ('reserved', 'lost')",
                    (claimed, generation, call),
                )
                return int(reserved)
            connection.execute(
                "UPDATE calls SET state = 'settled', charged = ?, tokens = ?, generation = ?"
                " WHERE id = ? AND state IN ('reserved', 'lost', 'disputed')",
                (claimed, max(tokens, 0), generation, call),
            )
        return claimed

    def lose(self, call: int, generation: str = "") -> None:
        """It may have been billed, and nobody knows for how much."""
        with self._transaction() as connection:
            self._mark(connection, call, "lost", generation)

    def release(self, call: int) -> None:
        """It surely was not carried out."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE calls SET state = 'released', charged = 0, tokens = 0"
                " WHERE id = ? AND state = 'reserved'",
                (call,),
            )

    def unresolved(self, now: int) -> tuple[tuple[int, str], ...]:
        """The newest calls to look up with the provider: number and the provider's own id."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT id, generation FROM calls WHERE state IN ('lost', 'disputed')"
                " AND generation != '' AND at >= ? ORDER BY id DESC LIMIT ?",
                (now - _LOOKED_UP_FOR, _MOST_LOOKED_UP),
            ).fetchall()
        return tuple((int(number), str(name)) for number, name in rows)

    def reconcile(self, remote_today: Decimal, now: int) -> bool:
        """Compare with the provider's count of this UTC day; True when theirs was taken.

        Ends every dispute for good: what was claimed and is true is in the provider's count, and
        the call stays booked as reserved.
        """
        remote = _nano(remote_today)
        if remote is None:
            return False
        with self._transaction() as connection:
            ours = self._standing(connection, now).day
            if higher := remote > ours * (1 + self._settings.remote_tolerance):
                connection.execute(
                    "INSERT INTO adjustments VALUES (?, ?, 'remote')", (now, remote - ours)
                )
            connection.execute("UPDATE calls SET state = 'settled' WHERE state = 'disputed'")
        return higher

    def standing(self, now: int) -> Standing:
        with self._transaction() as connection:
            return self._standing(connection, now)

    def new_alerts(self, now: int) -> tuple[Decimal, ...]:
        """Shares of the day's cap that were passed since the last question; each once a day."""
        with self._transaction() as connection:
            spent = self._standing(connection, now).day
            passed = [it for it in self._settings.alerts if spent >= self._day_cap * it]
            insert = "INSERT OR IGNORE INTO alerts VALUES (?, ?)"
            return tuple(
                it for it in passed if connection.execute(insert, (now // DAY, str(it))).rowcount
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._connection
            if connection is None:
                raise sqlite3.ProgrammingError("the budget is not open")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _allow(self, spent: Standing, purse: Slice, cost: int, tokens: int) -> None:
        if spent.disputed:
            raise BudgetSpent("halted")
        if spent.day + cost > self._day_cap:
            raise BudgetSpent("day")
        if spent.hour + cost > self._hour_cap:
            raise BudgetSpent("hour")
        if spent.tokens + tokens > self._settings.tokens_day:
            raise BudgetSpent("tokens")
        if spent.by_slice[purse] + cost > self._slice_cap(purse):
            raise BudgetSpent("slice")

    def _slice_cap(self, purse: Slice) -> int:
        shares = {Slice.ROUTINE: self._settings.routine, Slice.USER: self._settings.user}
        return int(self._day_cap * shares.get(purse, Decimal(1)))

    def _standing(self, connection: sqlite3.Connection, now: int) -> Standing:
        midnight = now // DAY * DAY
        spent = dict.fromkeys(Slice, 0)
        tokens = 0
        query = (
            "SELECT slice, sum(charged), sum(tokens) FROM calls"
            " WHERE at >= ? AND state != 'released' GROUP BY slice"
        )
        for name, charged, used in connection.execute(query, (midnight,)):
            spent[Slice(name)] = charged
            tokens += used
        extra = _one(connection, "SELECT sum(charged) FROM adjustments WHERE at >= ?", midnight)
        hour = _one(connection, "SELECT sum(charged) FROM calls WHERE at > ?", now - _HOUR)
        hour += _one(connection, "SELECT sum(charged) FROM adjustments WHERE at > ?", now - _HOUR)
        return Standing(
            day=sum(spent.values()) + extra,
            hour=hour,
            tokens=tokens,
            by_slice=spent,
            day_cap=self._day_cap,
            disputed=_one(connection, "SELECT count(*) FROM calls WHERE state = 'disputed'"),
            unresolved=_one(connection, "SELECT count(*) FROM calls WHERE state = 'lost'"),
        )

    def _mark(self, connection: sqlite3.Connection, call: int, state: str, generation: str) -> None:
        connection.execute(
            "UPDATE calls SET state = ?, generation = ? WHERE id = ? AND state = 'reserved'",
            (state, generation, call),
        )


def read_charges(path: Path) -> tuple[Charge, ...]:
    """All that was ever booked, the oldest first, for whoever looks from outside while somebody
    may write. Raises sqlite3.Error."""
    if not path.exists():
        return ()
    query = (
        "SELECT at, model, charged FROM calls WHERE charged > 0"
        " UNION ALL SELECT at, '', charged FROM adjustments ORDER BY at"
    )
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return tuple(Charge(*row) for row in connection.execute(query))


def _one(connection: sqlite3.Connection, query: str, *values: int) -> int:
    with closing(connection.execute(query, values)) as rows:
        return int(rows.fetchone()[0] or 0)


def _claimed(cost: Decimal | None, tokens: int, *, free: bool) -> int | None:
    nano = None if cost is None else _nano(cost)
    if nano is None or (nano == 0 and tokens > 0 and not free):
        return None
    return nano


def _nano(dollars: Decimal) -> int | None:
    if not dollars.is_finite() or dollars < 0:
        return None
    return min(math.ceil(dollars * NANO), _LARGEST)
