"""Images of the account go to the journal behind the facts they speak of."""

from tests.fakes import ManualClock, MemoryJournal, ScriptedCore
from tests.threads.waiting import PATIENCE, working
from trading_agent.domain.commands import Origin, PauseEntries
from trading_agent.domain.errors import TradingError
from trading_agent.domain.facts import EntriesPaused, Fact
from trading_agent.domain.message import Closing, Stamped
from trading_agent.domain.units import Nanos
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.live import LiveLoop
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.ports import NotCommitted
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.worker import Stop

SETTINGS = RuntimeSettings(commit_facts=10)


def paused(number: int) -> Fact:
    return EntriesPaused(at=Nanos(number), why=f"reason {number}")


def ignore(_error: TradingError) -> None:
    """For tests in which nothing fails."""


def outbox_on(journal: MemoryJournal, image_facts: int) -> Outbox:
    return Outbox(journal, ManualClock(), SETTINGS, ignore, image_facts=image_facts)


def write_out(outbox: Outbox) -> None:
    worker = working(outbox.run, name="journal", interrupt=outbox.interrupt)
    assert worker.stop(PATIENCE)


def test_an_image_is_wanted_after_so_many_facts_and_kept_behind_them() -> None:
    journal = MemoryJournal(last_sequence=40)
    outbox = outbox_on(journal, 25)
    wanted = []
    for number in range(60):
        outbox.publish((paused(number),))
        if outbox.wants_image():
            wanted.append(outbox.published)
            outbox.publish_image(f"image of {outbox.published}")
    write_out(outbox)
    assert wanted == [65, 90]
    assert journal.images == [(65, "image of 65"), (90, "image of 90")]
    assert journal.last_sequence == 100


def test_no_image_is_wanted_without_facts_or_when_none_are_kept() -> None:
    outbox = outbox_on(MemoryJournal(), 25)
    assert not outbox.wants_image(closing=True)
    outbox.publish((paused(1),))
    assert outbox.wants_image(closing=True) and not outbox.wants_image()
    without = outbox_on(MemoryJournal(), 0)
    without.publish((paused(1),))
    assert not without.wants_image(closing=True) and not without.wants_image()


class ImagelessJournal(MemoryJournal):
    def keep_image(self, body: str) -> None:
        raise NotCommitted(f"no room for {len(body)} bytes")


def test_facts_go_on_when_an_image_cannot_be_kept() -> None:
    journal = ImagelessJournal()
    outbox = outbox_on(journal, 1)
    outbox.publish((paused(1),))
    outbox.publish_image("image")
    outbox.publish((paused(2),))
    write_out(outbox)
    assert journal.last_sequence == 2
    assert outbox.failure is None


def test_a_run_leaves_an_image_of_its_end() -> None:
    def say(stamped: Stamped) -> tuple[Fact, ...]:
        return (paused(1),) if not isinstance(stamped.body, Closing) else (paused(2), paused(3))

    clock, journal = ManualClock(), MemoryJournal()
    core, inbox = ScriptedCore(say), Inbox(clock)
    outbox = Outbox(journal, clock, SETTINGS, ignore, image_facts=1_000)
    loop = LiveLoop(core, inbox, outbox, settings=SETTINGS)
    inbox.submit(PauseEntries(origin=Origin.PERSON))
    loop.interrupt()
    loop.run(Stop())
    write_out(outbox)
    assert journal.images == [(3, "image of 3 facts")]
