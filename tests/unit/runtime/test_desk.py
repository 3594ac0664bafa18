import pytest

from tests.fakes import ManualClock, MemoryJournal
from trading_agent.domain.commands import ClosePosition, Kill, Origin, StartTrading
from trading_agent.domain.errors import CommandError
from trading_agent.domain.market_rows import RowKind, empty_rows
from trading_agent.runtime.desk import Desk
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.subscription import SubscriptionRule

START = StartTrading(origin=Origin.PERSON)


def desk_with(inbox: Inbox) -> Desk:
    settings = RuntimeSettings(commands=10)
    outbox = Outbox(MemoryJournal(), ManualClock(), settings, lambda _error: None)
    return Desk(inbox, outbox, settings)


def test_a_command_reaches_the_inbox() -> None:
    inbox = Inbox(ManualClock())
    desk_with(inbox).submit(START)
    assert inbox.take(None).stamped.body is START


def test_a_flood_of_commands_is_turned_away_but_never_a_kill() -> None:
    inbox = Inbox(ManualClock())
    desk = desk_with(inbox)
    for _ in range(10):
        desk.submit(START)
    with pytest.raises(CommandError, match="try again"):
        desk.submit(START)
    kill = Kill(origin=Origin.PERSON)
    desk.submit(kill)
    bodies = [inbox.take(None).stamped.body for _ in range(11)]
    assert bodies == [START] * 10 + [kill]
    desk.submit(START)


@pytest.mark.parametrize("symbol", ["\ud800", "A" * 5_000])
def test_what_nobody_could_write_down_is_turned_away(symbol: str) -> None:
    inbox = Inbox(ManualClock())
    desk = desk_with(inbox)
    with pytest.raises(CommandError, match="write it anew"):
        desk.submit(ClosePosition(origin=Origin.PERSON, symbol=symbol))
    assert inbox.submitted == 0
    desk.submit(Kill(origin=Origin.PERSON, why=symbol, flatten=True))
    taken = inbox.take(None).stamped.body
    assert isinstance(taken, Kill)
    assert taken.flatten
    assert taken.why == "its reason could not be written down"


def test_a_crowded_market_turns_no_command_away() -> None:
    inbox = Inbox(ManualClock())
    desk = desk_with(inbox)
    lane = inbox.feed("feed", 100)
    for _ in range(100):
        rows = empty_rows(1)
        rows["kind"] = RowKind.BID
        assert lane.offer(rows, 0, 0)
    desk.submit(START)
    assert inbox.submitted == 1


def test_a_desk_that_has_not_opened_says_so() -> None:
    with pytest.raises(CommandError, match="opening"):
        desk_with(Inbox(ManualClock())).snapshot()


def test_a_subscription_keeps_its_rule() -> None:
    rule = SubscriptionRule(name="page", capacity=5)
    assert desk_with(Inbox(ManualClock())).subscribe(rule).rule is rule
