"""Rows and the place in the journal they stand for, written in one transaction."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select, update

from trading_agent.adapters.records import tables
from trading_agent.adapters.records.changes import Changes, Row
from trading_agent.adapters.records.database import Database
from trading_agent.adapters.records.order_rows import OPEN_STATES
from trading_agent.adapters.records.projection import Projection
from trading_agent.domain.documents import to_text
from trading_agent.domain.errors import ConfigError, InvariantError, StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.money import MONEY
from trading_agent.portfolio.ledger import ZERO

_AND: Final = "/"


def fact_label(fact: Fact | None) -> str:
    """Tells facts apart; empty for none."""
    if fact is None:
        return ""
    text = f"{type(fact).__name__}{to_text(fact)}"
    return f"{fact.at}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def journal_label(first: Fact | None, last: Fact | None) -> str:
    """Tells journals apart by their first fact and the last one of it that is in the rows: two
    that began alike may have gone on differently, where a copy was put back."""
    return f"{fact_label(first)}{_AND}{fact_label(last)}"


_MOVE: Final = (
    update(tables.progress)
    .where(tables.progress.c.sequence == bindparam("here"))
    .values(sequence=bindparam("new_sequence"), journal=bindparam("new_journal"))
)


class RecordsWriter:
    """One writer of one database, whose schema is the present one.

    After a failed `commit` what it remembers is worth nothing: a new writer must `load`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes = Changes()
        self._projection = Projection(self._changes)
        self._committed = 0
        self._first = ""
        self._last: Fact | None = None
        self.sequence = 0
        """The last fact added."""
        self.journal = ""
        """Whose facts the committed rows are; empty before the first one."""

    def load(self) -> None:
        """What the rows say. Rows that were made in another way are thrown away."""
        with self._database.transaction() as connection:
            place = _locked_place(connection)
            if place["projection"] != tables.PROJECTION:
                _forget_all(connection)
                return
            self._committed = self.sequence = place["sequence"]
            self.journal = place["journal"]
            self._first = self.journal.partition(_AND)[0]
            _remember(connection, self._projection)

    def add(self, sequence: int, fact: Fact) -> None:
        """The next fact. InvariantError when it is another one."""
        if sequence != self.sequence + 1:
            raise InvariantError(f"fact {sequence} was given where {self.sequence + 1} was due")
        if sequence == 1:
            self._first = fact_label(fact)
        self._projection.apply(sequence, fact)
        self.sequence, self._last = sequence, fact

    def commit(self) -> None:
        """Everything added, once. StorageError: whether it is there only `load` can tell."""
        if self.sequence == self._committed:
            return
        with self._database.transaction() as connection:
            self._write(connection)

    def rebuild(self, facts: Iterable[tuple[int, Fact]], at_once: int) -> int:
        """All rows anew, in one transaction; `at_once` facts are kept in memory. Only a writer
        that has added nothing may do so. Returns the number of facts."""
        if self.sequence:
            raise InvariantError("records are made anew by a writer that remembers nothing")
        with self._database.transaction() as connection:
            _locked_place(connection)
            _forget_all(connection)
            for sequence, fact in facts:
                self.add(sequence, fact)
                if sequence % at_once == 0:
                    self._write(connection)
            self._write(connection)
        return self.sequence

    def _write(self, connection: Connection) -> None:
        journal = self.journal
        if self.sequence != self._committed:
            journal = f"{self._first}{_AND}{fact_label(self._last)}"
        place = {
            "here": self._committed,
            "new_sequence": self.sequence,
            "new_journal": journal,
        }
        moved = connection.execute(_MOVE, place)
        if moved.rowcount != 1:
            raise StorageError(
                f"the records in {self._database.address} were written by somebody else meanwhile"
            )
        self._changes.write(connection)
        self._changes.clear()
        self._committed, self.journal = self.sequence, journal


def refuse_another_journal(
    writer: RecordsWriter, first: Fact | None, there: Fact | None, last: int
) -> None:
    """Of the journal that is to be followed: its first fact, the one at the writer's sequence,
    and how many it has. Raises ConfigError."""
    mend = "flash-trading records rebuild makes them anew from this journal"
    if not writer.sequence:
        return
    if writer.journal.partition(_AND)[0] != fact_label(first):
        raise ConfigError(f"the records are of another journal; {mend}")
    if writer.sequence > last:
        raise ConfigError(
            f"the records know {writer.sequence} facts, the journal {last}: it lost its end; {mend}"
        )
    if writer.journal != journal_label(first, there):
        raise ConfigError(
            f"the records and the journal tell fact {writer.sequence} differently: an older copy "
            f"of the journal was put back and has gone on since; {mend}"
        )


def _locked_place(connection: Connection) -> Row:
    row = connection.execute(select(tables.progress).with_for_update()).mappings().one_or_none()
    if row is None:
        raise StorageError("the records have lost their place in the journal: rebuild them")
    return dict(row)


def _forget_all(connection: Connection) -> None:
    for table in tables.RECORDED:
        connection.execute(delete(table))
    place = {"sequence": 0, "journal": "", "projection": tables.PROJECTION}
    connection.execute(update(tables.progress).values(place))


def _remember(connection: Connection, projection: Projection) -> None:
    run = connection.execute(select(func.max(tables.runs.c.run))).scalar()
    projection.run = 0 if run is None else int(run)
    deposits = tables.deposits.c
    for asset, amount in connection.execute(select(deposits.asset, deposits.amount)):
        known = projection.deposited.get(asset, ZERO)
        projection.deposited[asset] = MONEY.add(known, amount)
    profits = connection.execute(select(tables.positions.c.profit)).scalars()
    projection.realised = _sum(profit for profit in profits if profit is not None)
    trades = projection.trades
    for row in connection.execute(select(tables.instruments)).mappings():
        trades.instruments[row["symbol"]] = _instrument(dict(row))
    orders = select(tables.orders).where(tables.orders.c.state.in_(OPEN_STATES))
    for row in connection.execute(orders).mappings():
        trades.open_orders[row["order_id"]] = dict(row)
    positions = select(tables.positions).where(tables.positions.c.closed_at.is_(None))
    for row in connection.execute(positions).mappings():
        trades.open_positions[row["symbol"]] = dict(row)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = MONEY.add(total, amount)
    return total


def _instrument(row: Row) -> Instrument:
    names = set(Instrument.__struct_fields__)
    known = {name: value for name, value in row.items() if name in names}
    scale = row["size_decimals"]
    return Instrument(**known | {"min_size": int(row["min_size"].scaleb(scale))})
