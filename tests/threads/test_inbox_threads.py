import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from tests.threads.waiting import PATIENCE, working
from trading_agent.domain.commands import Origin, PauseEntries
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.message import Closing, MarketRows, Stamped, Woke
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.inbox import FeedLane, Inbox
from trading_agent.runtime.worker import Stop


@pytest.fixture
def frantic() -> Iterator[None]:
    """Threads are switched as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def message(kind: RowKind, symbol: int, version: int) -> Rows:
    rows = empty_rows(1)
    rows["kind"], rows["symbol"], rows["sequence"] = kind, symbol, version
    rows["flags"] = RowFlag.LAST
    return rows


def read_until_closing(inbox: Inbox) -> list[Stamped]:
    seen = []
    while True:
        seen.append(inbox.take(None).stamped)
        if seen[-1].body == Closing():
            return seen


def test_the_core_sleeps_until_something_comes() -> None:
    inbox = Inbox(SystemClock())
    seen: list[Stamped] = []
    done = threading.Event()

    def core(stop: Stop) -> None:
        seen.append(inbox.take(None).stamped)
        done.set()
        stop.wait(PATIENCE)

    worker = working(core)
    inbox.submit(Closing())
    assert done.wait(PATIENCE)
    assert worker.stop(PATIENCE)
    assert seen[0].body == Closing()


def test_a_deadline_wakes_a_sleeping_core_and_not_before_its_time() -> None:
    clock = SystemClock()
    inbox = Inbox(clock)
    deadline = Nanos(clock.now() + 5 * MILLISECOND)
    arrival = inbox.take(deadline)
    assert arrival.stamped.body == Woke()
    assert arrival.stamped.at >= deadline


def versions_of(symbol: int, seen: list[Stamped]) -> list[int]:
    market = [stamped.body.rows for stamped in seen if isinstance(stamped.body, MarketRows)]
    return [int(rows["sequence"][0]) for rows in market if rows["symbol"][0] == symbol]


def offer_often(lane: FeedLane, symbol: int) -> None:
    for version in range(1, 2_001):
        assert lane.offer(message(RowKind.BID, symbol, version), 0, 0)


def command_often(inbox: Inbox) -> None:
    for number in range(500):
        inbox.submit(PauseEntries(origin=Origin.PERSON, why=str(number)))


@pytest.mark.usefixtures("frantic")
def test_many_feeds_and_people_lose_nothing_and_keep_their_own_order() -> None:
    inbox = Inbox(SystemClock())
    lanes = [inbox.feed(f"feed-{number}", 100_000) for number in range(3)]

    ended = [threading.Event() for _ in range(4)]

    def produce(number: int, stop: Stop) -> None:
        if number == 3:
            command_often(inbox)
        else:
            offer_often(lanes[number], number)
        ended[number].set()
        stop.wait(PATIENCE)

    def close(stop: Stop) -> None:
        assert all(event.wait(PATIENCE) for event in ended)
        inbox.submit(Closing())
        stop.wait(PATIENCE)

    workers = [working(partial(produce, number)) for number in range(4)]
    closer = working(close)
    seen = read_until_closing(inbox)
    assert all(worker.stop(PATIENCE) for worker in [*workers, closer])
    assert [stamped.sequence for stamped in seen] == list(range(1, 6_502))
    assert [s.at for s in seen] == sorted(s.at for s in seen)
    for symbol in range(3):
        assert versions_of(symbol, seen) == list(range(1, 2_001))
    said = [s.body.why for s in seen if isinstance(s.body, PauseEntries)]
    assert said == [str(number) for number in range(500)]


def offer_and_lose(lane: FeedLane, version: int) -> None:
    """One message for each of two books; both are lost when one is refused."""
    offers = [lane.offer(message(RowKind.BID, symbol, version), 0, 0) for symbol in (0, 1)]
    if not all(offers):
        for symbol in (0, 1):
            assert lane.offer(message(RowKind.LOST, symbol, version), 0, 0)


def assert_no_silent_hole(market: list[Rows], symbol: int) -> None:
    """Between two messages that do not follow one another stands a loss."""
    expected = 1
    for rows in market:
        if rows["symbol"][0] == symbol:
            version = int(rows["sequence"][0])
            if rows["kind"][0] != RowKind.LOST:
                assert version == expected
            expected = version + 1


@pytest.mark.usefixtures("frantic")
def test_an_overflowing_feed_is_never_silent_and_never_out_of_order() -> None:
    inbox = Inbox(SystemClock())
    lane = inbox.feed("feed", 4)

    def feed(stop: Stop) -> None:
        for version in range(1, 6_001):
            offer_and_lose(lane, version)
        inbox.submit(Closing())
        stop.wait(PATIENCE)

    worker = working(feed)
    seen = read_until_closing(inbox)
    assert worker.stop(PATIENCE)
    market = [s.body.rows for s in seen if isinstance(s.body, MarketRows)]
    assert_no_silent_hole(market, 0)
    assert_no_silent_hole(market, 1)
    assert lane.refused > 0
    assert lane.offered == len(market) + lane.dropped
    assert lane.waiting == 0
