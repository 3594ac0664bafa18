"""The thread that keeps the records: behind the journal, and in nobody's way."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.settings import RecordsSettings
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.facts import Fact
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule
from trading_agent.runtime.worker import Stop

if TYPE_CHECKING:
    from trading_agent.adapters.records.writer import RecordsWriter

_LOOK_SECONDS = 0.5

Read = Callable[[int], Iterator[tuple[int, Fact]]]
"""The facts of the journal past a sequence."""


class RecordsKeeper:
    """`run` is the body of a worker with a restart rule: every life begins where the rows end.

    A database that must not be written to (newer, or of another journal) is said once through
    `say`, and the thread rests. SQLAlchemy is loaded by the thread itself, and Alembic only when
    there is a schema to change.
    """

    def __init__(
        self,
        address: RecordsAddress,
        settings: RecordsSettings,
        read: Read,
        outbox: Outbox,
        say: Callable[[str], None],
    ) -> None:
        self._address = address
        self._settings = settings
        self._read = read
        self._outbox = outbox
        self._say = say

    def run(self, stop: Stop) -> None:
        """Until the stop is set and everything the journal's thread let go of is recorded; who
        cannot wait for that long may leave it: the next life goes on from the last commit.
        Raises StorageError."""
        # First of all: nothing that is committed from here on can be missed.
        subscription = self._outbox.subscribe(SubscriptionRule(name="records"))
        try:
            self._keep(subscription, stop)
        except ConfigError as error:
            subscription.close()
            self._say(f"no records are kept: {error}")
        finally:
            subscription.close()
        while not stop.is_set():
            stop.wait(_LOOK_SECONDS)

    def _keep(self, subscription: Subscription, stop: Stop) -> None:
        from trading_agent.adapters.records.database import open_database
        from trading_agent.adapters.records.opening import prepared

        database = open_database(self._address, self._settings.timeout_seconds)
        try:
            writer = prepared(database)
            self._agree(writer)
            if writer.sequence < self._outbox.committed:
                self._catch_up(writer)
            self._follow(writer, subscription, stop)
        finally:
            database.close()

    def _agree(self, writer: "RecordsWriter") -> None:
        from trading_agent.adapters.records.writer import refuse_another_journal

        if writer.sequence:
            first, there = self._fact_after(0), self._fact_after(writer.sequence - 1)
            refuse_another_journal(writer, first, there, self._outbox.committed)

    def _fact_after(self, sequence: int) -> Fact | None:
        found = next(iter(self._read(sequence)), None)
        return None if found is None else found[1]

    def _catch_up(self, writer: "RecordsWriter") -> None:
        for sequence, fact in self._read(writer.sequence):
            writer.add(sequence, fact)
            if sequence % self._settings.commit_facts == 0:
                writer.commit()
        writer.commit()

    def _follow(self, writer: "RecordsWriter", subscription: Subscription, stop: Stop) -> None:
        while True:
            # Asked before the last look, so that nothing can come in between.
            last = subscription.closed or stop.is_set()
            first = subscription.get(0.0 if last else _LOOK_SECONDS)
            if first is not None:
                self._take((first, *subscription.drain()), writer)
                if not last:
                    stop.wait(self._settings.commit_seconds)
            elif last:
                return

    def _take(self, told: tuple[Published, ...], writer: "RecordsWriter") -> None:
        for published in told:
            if published.sequence > writer.sequence + 1:
                # We were too slow and the oldest went unread.
                writer.commit()
                self._catch_up(writer)
            if published.sequence == writer.sequence + 1:
                writer.add(published.sequence, published.fact)
        writer.commit()
