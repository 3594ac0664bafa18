"""A desk stopped anywhere and opened anew from its facts goes on where it was."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START
from tests.fact_laws import assert_lawful, folded, picture
from tests.properties.test_core_interleavings import KINDS, Desk
from tests.random_market import RandomMarket, Trouble
from trading_agent.domain.facts import DeskOpened, ExitsArmed, ExitTriggered, PositionsRemarked
from trading_agent.domain.message import MarketRows
from trading_agent.domain.order import OrderPurpose
from trading_agent.domain.order_facts import EndReason, OrderCanceled, OrderSent


@given(
    seed=st.integers(0, 2**32),
    kind=st.sampled_from(KINDS),
    stops=st.lists(st.integers(1, 399), min_size=1, max_size=4, unique=True),
)
@settings(max_examples=15)
def test_what_is_owned_survives_a_restart_and_what_was_open_is_cancelled(
    seed: int, kind: str, stops: list[int]
) -> None:
    desk = Desk(kind, [], START)
    for number, message in enumerate(RandomMarket(seed, Trouble(lost=0.002)).messages(400)):
        desk.step(int(message["at"][0]), MarketRows(message))
        if number in stops:
            desk = restarted(desk, kind)
    assert_lawful(desk.facts)
    assert picture(folded(desk.facts)) == picture(desk.core.account)


def restarted(before: Desk, kind: str) -> Desk:
    open_orders = before.core.account.orders.all()
    told_before = len(before.facts)
    after = Desk(kind, before.facts, before.at)
    old, new = before.core.account, after.core.account
    assert new.positions.all() == old.positions.all()
    assert new.positions.realised_profit == old.positions.realised_profit
    assert (new.exits, new.deposited) == (old.exits, old.deposited)
    assert new.risk == old.risk
    assert (new.last_order, new.last_fill) == (old.last_order, old.last_fill)
    for asset in old.ledger.assets():
        assert new.ledger.free(asset) == old.ledger.total(asset)
    opened, *rest = after.facts[told_before:]
    assert isinstance(opened, DeskOpened)
    cancelled = [fact for fact in rest if isinstance(fact, OrderCanceled)]
    assert [(fact.order, fact.unfilled, fact.reason) for fact in cancelled] == [
        (working.sent.order, working.leaves, EndReason.RESTART) for working in open_orders
    ]
    remarked = tuple(position.symbol for position in old.positions.all())
    assert [fact.symbols for fact in rest if isinstance(fact, PositionsRemarked)] == (
        [remarked] if remarked else []
    )
    assert len(rest) == len(cancelled) + bool(remarked)
    return after


def test_positions_are_left_sooner_or_later_however_often_the_desk_restarts() -> None:
    """Protection outlives a restart: with a time limit on every position none lasts."""
    dice, desk = Random(3), Desk("IOC", [], START)
    for message in RandomMarket(11, Trouble(0.0, 0.0, 0.0, 0.0)).messages(3_000):
        desk.step(int(message["at"][0]), MarketRows(message))
        if dice.random() < 0.004 and desk.core.account.positions.all():
            desk = restarted(desk, "IOC")
    armed = [fact for fact in desk.facts if isinstance(fact, ExitsArmed)]
    exits = [fact for fact in desk.facts if isinstance(fact, ExitTriggered)]
    sold = [
        fact
        for fact in desk.facts
        if isinstance(fact, OrderSent) and fact.purpose is OrderPurpose.EXIT
    ]
    assert sum(isinstance(fact, DeskOpened) for fact in desk.facts) > 4
    assert len(sold) > 10
    assert len(exits) >= len(armed) - len(desk.core.account.positions)
