"""What decisions came to, kept over restarts."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
from pydantic import ValidationError

from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.settings import AttributionSettings

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS outcomes (
    number INTEGER PRIMARY KEY, document BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS unfinished (
    number INTEGER PRIMARY KEY, document BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS terms (quote TEXT NOT NULL, settings TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS runs (began INTEGER PRIMARY KEY, apart REAL NOT NULL) STRICT;
"""
_HARM: Final = "harm"
_BROKE_OFF: Final = "the run broke off"


class Decider(msgspec.Struct, frozen=True, kw_only=True):
    """Whose decisions are weighed together. `source`: model or rules; `simulated`: by a machine
    without knowledge; `models`: all that may be asked, by tier; `prompt`: how they are asked."""

    source: str
    simulated: bool = False
    models: tuple[str, ...] = ()
    prompt: str = ""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decision, and how it came about. `model`: the one that answered; `cost_nano`: what its
    calls cost. `decider` None: nobody knows any more."""

    decision: str
    decider: Decider | None
    model: str
    mode: str
    cost_nano: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`effect`: what the desk is worth more with it than without, in the quote asset; `drawdown`
    by how much deeper the fall was with it and `fees` what it paid more, the same. `equity`: what
    the desk was worth when it began. `arm`: whose idea. `applied`: to the desk itself; else it was
    tried beside, and `held_out`: because a lot was drawn. `stood_still`: nothing was to be done,
    which is worth nothing. `cut`: why it was ended before its time; empty when it was not.

    `decider`, `model`, `mode`: as of `Decided`; older files do not know them."""

    decision: str
    arm: str
    applied: bool
    began: Nanos
    ended: Nanos
    equity: float
    effect: float
    drawdown: float
    fees: float
    cost_nano: int
    decider: Decider | None = None
    model: str = ""
    mode: str = ""
    held_out: bool = False
    stood_still: bool = False
    cut: str = ""

    @property
    def percent(self) -> float:
        return 100.0 * self.effect / self.equity if self.equity else 0.0


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """`quote`: the asset that money is counted in; `settings`: by which it was weighed at the
    desk. `outcomes`: the oldest first. `unfinished`: as
    far as they have come. `apart`: what desks with and without all that the overseer applied
    differed by, of each run in which it applied anything, by when it first did."""

    quote: str = ""
    settings: AttributionSettings = AttributionSettings()
    outcomes: tuple[Outcome, ...] = ()
    unfinished: tuple[Outcome, ...] = ()
    apart: dict[int, float] = {}

    def of_decision(self, decision: str) -> list[Outcome]:
        return [it for it in self.outcomes if it.decision == decision]


class OutcomeStore:
    """One thread. `quote` and `settings` are kept for whoever looks from outside."""

    def __init__(self, path: Path, quote: str, settings: AttributionSettings) -> None:
        self._path = path
        self._terms = quote, settings.model_dump_json()
        self._connection: sqlite3.Connection | None = None

    def open(self) -> Kept:
        """What was unfinished when a run broke off is an outcome from now on, as far as it had
        come. Raises StorageError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connection = sqlite3.connect(self._path, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
            connection.execute("DELETE FROM terms")
            connection.execute("INSERT INTO terms (quote, settings) VALUES (?, ?)", self._terms)
            left = _read(connection).unfinished
            self._replace(msgspec.structs.replace(it, cut=_BROKE_OFF) for it in left)
            return _read(connection)
        except (OSError, sqlite3.Error, msgspec.MsgspecError) as error:
            raise StorageError(f"{self._path}: {error}") from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def keep(self, outcomes: Iterable[Outcome], unfinished: Iterable[Outcome] = ()) -> None:
        """More outcomes, and all that is unfinished now. Raises StorageError."""
        try:
            self._replace(outcomes, unfinished)
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: {error}") from error

    def keep_apart(self, began: Nanos, apart: float) -> None:
        """Of this run. Raises StorageError."""
        self._write("INSERT OR REPLACE INTO runs (began, apart) VALUES (?, ?)", (began, apart))

    def harm_told(self) -> Nanos:
        """Up to when harm has had its consequence; 0 for never."""
        assert self._connection is not None
        where = "SELECT at FROM marks WHERE name = ?"
        row = self._connection.execute(where, (_HARM,)).fetchone()
        return Nanos(0 if row is None else row[0])

    def tell_harm(self, at: Nanos) -> None:
        self._write("INSERT OR REPLACE INTO marks (name, at) VALUES (?, ?)", (_HARM, at))

    def _replace(self, outcomes: Iterable[Outcome], unfinished: Iterable[Outcome] = ()) -> None:
        connection = self._connection
        assert connection is not None
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("DELETE FROM unfinished")
            for table, found in (("outcomes", outcomes), ("unfinished", unfinished)):
                connection.executemany(
                    f"INSERT INTO {table} (document) VALUES (?)",
                    [(msgspec.json.encode(each),) for each in found],
                )
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        assert self._connection is not None
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: {error}") from error


def read_outcomes(path: Path) -> Kept:
    """For whoever looks from outside, while a run may write. Raises StorageError."""
    if not path.exists():
        return Kept()
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return _read(connection)
    except (OSError, sqlite3.Error, msgspec.MsgspecError) as error:
        raise StorageError(f"{path}: {error}") from error


def _read(connection: sqlite3.Connection) -> Kept:
    """Files of older versions have the outcomes alone."""
    master = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    tables = {name for (name,) in master.fetchall()}
    outcomes, unfinished = (
        tuple(
            msgspec.json.decode(document, type=Outcome)
            for (document,) in connection.execute(f"SELECT document FROM {name} ORDER BY number")
        )
        if name in tables
        else ()
        for name in ("outcomes", "unfinished")
    )
    runs = connection.execute("SELECT began, apart FROM runs") if "runs" in tables else ()
    terms = connection.execute("SELECT quote, settings FROM terms") if "terms" in tables else ()
    quote, settings = next(iter(terms), ("", "{}"))
    return Kept(
        quote=quote,
        settings=_settings(settings),
        outcomes=outcomes,
        unfinished=unfinished,
        apart=dict(runs),
    )


def _settings(document: str) -> AttributionSettings:
    """The usual ones where another version wrote what this one does not know."""
    try:
        return AttributionSettings.model_validate_json(document)
    except ValidationError:
        return AttributionSettings()
