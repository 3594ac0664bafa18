import numpy as np
import pytest

from tests.fakes import ManualClock
from trading_agent.domain.commands import CloseAll, Kill, Origin, PauseEntries
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.market_rows import LossReason, RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.message import Closing, MarketRows, Woke
from trading_agent.domain.units import Nanos
from trading_agent.runtime.inbox import Inbox


def bids(symbol: int = 0, count: int = 3, version: int = 1) -> Rows:
    rows = empty_rows(count)
    rows["kind"] = RowKind.BID
    rows["symbol"] = symbol
    rows["sequence"] = version
    rows["flags"][-1] = RowFlag.LAST
    return rows


def lost(*symbols: int) -> Rows:
    rows = empty_rows(len(symbols))
    rows["kind"] = RowKind.LOST
    rows["symbol"] = symbols
    rows["size"] = LossReason.OVERFLOW
    rows["flags"] = RowFlag.LAST
    return rows


def taken_rows(inbox: Inbox) -> Rows:
    body = inbox.take(None).stamped.body
    assert isinstance(body, MarketRows)
    return body.rows


def test_inputs_of_all_kinds_keep_the_order_in_which_they_came() -> None:
    inbox = Inbox(ManualClock())
    first, second = inbox.feed("first", 10), inbox.feed("second", 10)
    pause, kill = PauseEntries(origin=Origin.PERSON), Kill(origin=Origin.CLI)
    one, two = bids(1), bids(2)
    inbox.submit(pause)
    first.offer(one, 0, 0)
    inbox.submit(kill)
    second.offer(two, 0, 0)
    bodies = [inbox.take(None).stamped.body for _ in range(4)]
    assert bodies[0] is pause
    assert bodies[2] is kill
    assert isinstance(bodies[1], MarketRows) and bodies[1].rows is one
    assert isinstance(bodies[3], MarketRows) and bodies[3].rows is two


def test_every_input_is_stamped_and_counted_when_it_is_read() -> None:
    clock = ManualClock(1_000)
    inbox = Inbox(clock)
    lane = inbox.feed("feed", 10)
    lane.offer(bids(), 990, 7)
    inbox.submit(Closing())
    clock.advance(500)
    arrival = inbox.take(None)
    assert (arrival.stamped.sequence, arrival.stamped.at) == (1, 1_500)
    assert (arrival.received, arrival.decode_ns) == (990, 7)
    assert isinstance(arrival.stamped.body, MarketRows)
    assert arrival.stamped.body.rows["at"].tolist() == [1_500] * 3
    clock.advance(1)
    last = inbox.take(None)
    assert (last.stamped.sequence, last.stamped.at, last.received) == (2, 1_501, 0)


def test_the_stamp_never_falls_even_if_the_clock_does() -> None:
    clock = ManualClock(5_000)
    inbox = Inbox(clock)
    inbox.submit(Closing())
    inbox.submit(Closing())
    inbox.take(None)
    clock.set(10)
    assert inbox.take(None).stamped.at == 5_000


def test_a_full_lane_refuses_and_says_so() -> None:
    lane = Inbox(ManualClock()).feed("feed", 2)
    assert [lane.offer(bids(), 0, 0) for _ in range(4)] == [True, True, False, False]
    assert (lane.offered, lane.refused, lane.waiting) == (2, 2, 2)


def test_a_full_lane_keeps_neither_commands_nor_other_feeds_out() -> None:
    inbox = Inbox(ManualClock())
    full, other = inbox.feed("full", 1), inbox.feed("other", 1)
    full.offer(bids(), 0, 0)
    assert not full.offer(bids(), 0, 0)
    command = CloseAll(origin=Origin.PERSON)
    inbox.submit(command)
    assert other.offer(bids(5), 0, 0)
    inbox.take(None)
    assert inbox.take(None).stamped.body is command
    assert taken_rows(inbox)["symbol"][0] == 5


def test_a_lane_takes_in_again_once_the_core_has_read() -> None:
    inbox = Inbox(ManualClock())
    lane = inbox.feed("feed", 1)
    lane.offer(bids(), 0, 0)
    inbox.take(None)
    assert lane.offer(bids(), 0, 0)
    assert lane.waiting == 1


def test_a_lost_book_enters_a_full_lane_and_throws_its_own_backlog_away() -> None:
    inbox = Inbox(ManualClock())
    lane = inbox.feed("feed", 4)
    for symbol, version in ((0, 1), (1, 2), (0, 3), (1, 4)):
        assert lane.offer(bids(symbol, version=version), 0, 0)
    assert lane.offer(lost(0), 0, 0)
    assert (lane.dropped, lane.waiting) == (2, 3)
    seen = [taken_rows(inbox) for _ in range(3)]
    assert [rows["sequence"][0] for rows in seen[:2]] == [2, 4]
    assert seen[2]["kind"].tolist() == [RowKind.LOST]
    assert inbox.take(Nanos(0)).stamped.body == Woke()


def test_losing_every_book_of_a_full_lane_leaves_only_the_losses() -> None:
    inbox = Inbox(ManualClock())
    lane = inbox.feed("feed", 3)
    for symbol in (0, 1, 2):
        lane.offer(bids(symbol), 0, 0)
    assert all(lane.offer(lost(symbol), 0, 0) for symbol in (0, 1, 2))
    kinds = [taken_rows(inbox)["kind"].tolist() for _ in range(3)]
    assert kinds == [[RowKind.LOST]] * 3
    assert (lane.dropped, lane.waiting) == (3, 0)


def test_a_message_of_several_books_is_kept_with_all_that_stands_before_it() -> None:
    inbox = Inbox(ManualClock())
    lane = inbox.feed("feed", 4)
    both = bids(0, count=2, version=2)
    both["symbol"] = (0, 1)
    lane.offer(bids(0, version=1), 0, 0)
    lane.offer(both, 0, 0)
    lane.offer(bids(0, version=3), 0, 0)
    lane.offer(bids(0, version=4), 0, 0)
    lane.offer(lost(0), 0, 0)
    assert [taken_rows(inbox)["sequence"][0] for _ in range(3)] == [1, 2, 0]


def test_losing_the_same_book_again_and_again_does_not_fill_a_lane() -> None:
    lane = Inbox(ManualClock()).feed("feed", 2)
    for symbol in (0, 1):
        lane.offer(bids(symbol), 0, 0)
    for _ in range(50):
        assert lane.offer(lost(0, 1), 0, 0)
    assert lane.waiting <= 3


def test_a_lost_book_on_a_lane_with_room_stands_in_its_turn() -> None:
    inbox = Inbox(ManualClock())
    lane = inbox.feed("feed", 10)
    lane.offer(bids(0), 0, 0)
    lane.offer(lost(0), 0, 0)
    assert taken_rows(inbox)["kind"][0] == RowKind.BID
    assert taken_rows(inbox)["kind"][0] == RowKind.LOST


def test_an_offer_without_rows_is_nothing() -> None:
    inbox = Inbox(ManualClock())
    lane = inbox.feed("feed", 1)
    assert lane.offer(empty_rows(0), 0, 0)
    assert inbox.waiting == 0


def test_a_passed_deadline_wakes_the_core_before_what_is_read_later() -> None:
    clock = ManualClock(100)
    inbox = Inbox(clock)
    inbox.feed("feed", 10).offer(bids(), 0, 0)
    arrival = inbox.take(Nanos(100))
    assert arrival.stamped.body == Woke()
    assert arrival.stamped.at >= 100
    assert isinstance(inbox.take(Nanos(1_000_000_000_000)).stamped.body, MarketRows)


def test_a_deadline_that_is_always_passed_does_not_starve_the_market() -> None:
    inbox = Inbox(ManualClock(100))
    lane = inbox.feed("feed", 10)
    for _ in range(3):
        lane.offer(bids(), 0, 0)
    kinds = [type(inbox.take(Nanos(1)).stamped.body) for _ in range(6)]
    assert kinds == [Woke, MarketRows] * 3


def test_what_was_submitted_is_counted_apart_from_the_market() -> None:
    inbox = Inbox(ManualClock())
    lane = inbox.feed("feed", 10)
    for _ in range(3):
        lane.offer(bids(), 0, 0)
    inbox.submit(CloseAll(origin=Origin.CLI))
    assert (inbox.waiting, inbox.submitted) == (4, 1)


def test_two_feeds_of_one_name_and_lanes_without_room_are_refused() -> None:
    inbox = Inbox(ManualClock())
    inbox.feed("feed", 1)
    with pytest.raises(ConfigError, match="feed"):
        inbox.feed("feed", 1)
    with pytest.raises(ConfigError, match="at least one"):
        inbox.feed("other", 0)


def test_market_rows_cannot_be_submitted_past_their_lane() -> None:
    with pytest.raises(TypeError):
        Inbox(ManualClock()).submit(MarketRows(np.zeros(1)))
