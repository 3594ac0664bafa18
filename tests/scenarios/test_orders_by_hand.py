"""A person enters and calls orders back; risk has the last word."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.commands import (
    CancelEntries,
    CancelOrder,
    EnterPosition,
    Kill,
    Origin,
    PauseEntries,
)
from trading_agent.domain.decision import RefusalReason
from trading_agent.domain.evidence_facts import EntryWeighed
from trading_agent.domain.facts import CommandRefused, ExitsArmed, PositionOpened, ProposalRefused
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import OrderCanceled, OrderSent
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.enhanced.settings import EnhancedSettings

PAIRS = (
    an_instrument(taker_fee=Decimal(0)),
    an_instrument("ETHUSDC", taker_fee=Decimal(0)),
)
PERSON = Origin.PERSON
ENTER = EnterPosition(origin=PERSON, symbol="BTCUSDC", notional=Decimal(30))


def a_story(limits: RiskLimits | None = None, **execution: Any) -> Story:
    plan = a_plan(**({"order_notional": 100.0, "resting_seconds": 600} | execution))
    story = Story(engine_settings(plan=plan, limits=limits), PAIRS)
    story.warm_up()
    return story


def test_an_entry_by_hand_is_sent_and_protected_like_any_other() -> None:
    story = a_story(take_profit_bps=30.0, stop_bps=20.0)
    (sent,) = story.tell(ENTER)
    assert isinstance(sent, OrderSent)
    assert (sent.strategy, sent.side, sent.kind) == ("by_hand", Side.BUY, OrderKind.IOC)
    assert sent.purpose is OrderPurpose.ENTRY
    instrument = PAIRS[0]
    assert 0 < instrument.notional(sent.price, sent.size) <= 30
    story.wait(20)
    (armed,) = story.of(ExitsArmed)
    assert armed.take_profit > armed.stop > 0
    assert len(story.of(PositionOpened)) == 1


def test_without_a_value_it_is_of_the_sessions_size() -> None:
    story = a_story()
    (sent,) = story.tell(EnterPosition(origin=Origin.CLI, symbol="BTCUSDC"))
    assert isinstance(sent, OrderSent)
    assert 99 <= PAIRS[0].notional(sent.price, sent.size) <= 100


def test_evidence_is_not_asked_where_a_person_decides() -> None:
    plan = a_plan(order_notional=100.0)
    settings = engine_settings(plan=plan, enhanced=EnhancedSettings(enabled=True))
    story = Story(settings, PAIRS)
    story.warm_up()
    story.tell(ENTER)
    assert story.of(EntryWeighed) == []
    assert len(story.of(OrderSent)) == 1


@pytest.mark.parametrize("origin", [Origin.OVERSEER, Origin.SYSTEM])
def test_only_a_person_enters(origin: Origin) -> None:
    story = a_story()
    (refused,) = story.tell(EnterPosition(origin=origin, symbol="BTCUSDC"))
    assert isinstance(refused, CommandRefused)
    assert refused.why == "only a person may enter by hand"
    assert (refused.origin, refused.command) == (origin, "EnterPosition")


@pytest.mark.parametrize(
    ("notional", "reason"),
    [
        (Decimal(2_000), RefusalReason.MAX_ORDER_NOTIONAL),
        (Decimal("1.01"), RefusalReason.BELOW_MINIMUM),
    ],
)
def test_risk_refuses_it_by_its_rules(notional: Decimal, reason: RefusalReason) -> None:
    story = Story(
        engine_settings(plan=a_plan(order_notional=100.0)),
        [an_instrument(taker_fee=Decimal(0), min_notional=Decimal(5))],
    )
    story.warm_up()
    (refused,) = story.tell(EnterPosition(origin=PERSON, symbol="BTCUSDC", notional=notional))
    assert isinstance(refused, ProposalRefused)
    assert refused.reason is reason
    assert refused.strategy == "by_hand"


def test_a_paused_desk_and_a_held_pair_refuse_it() -> None:
    story = a_story()
    story.tell(ENTER)
    story.wait(1_000)
    story.depth(bids=[(9_999, 50)])
    (held,) = story.tell(ENTER)
    story.tell(PauseEntries(origin=PERSON))
    (paused,) = story.tell(ENTER)
    assert isinstance(held, ProposalRefused)
    assert isinstance(paused, ProposalRefused)
    assert held.reason is RefusalReason.POSITION_OPEN
    assert paused.reason is RefusalReason.DESK_PAUSED


@pytest.mark.parametrize(
    ("symbol", "notional", "words"),
    [
        ("NOSUCHPAIR", None, "that is not a pair of this run"),
        ("", None, "that is not a pair of this run"),
        ("ETHUSDC", None, "ETHUSDC has no price now"),
        ("BTCUSDC", Decimal(0), "an entry is worth more than nothing"),
        ("BTCUSDC", Decimal(-5), "an entry is worth more than nothing"),
        ("BTCUSDC", Decimal("NaN"), "an entry is worth more than nothing"),
        ("BTCUSDC", Decimal("sNaN"), "an entry is worth more than nothing"),
        ("BTCUSDC", Decimal("Infinity"), "an entry is worth more than nothing"),
        ("BTCUSDC", Decimal("1e999999"), "an entry is worth more than nothing"),
        ("BTCUSDC", Decimal("1e-999999"), "less than one lot is left of it"),
        ("BTCUSDC", Decimal("0.5"), "less than one lot is left of it"),
    ],
)
def test_what_cannot_be_an_entry_is_refused_in_words(
    symbol: str, notional: Decimal | None, words: str
) -> None:
    story = a_story()
    (refused,) = story.tell(EnterPosition(origin=PERSON, symbol=symbol, notional=notional))
    assert isinstance(refused, CommandRefused)
    assert words in refused.why
    assert refused.about == symbol


def test_one_order_is_called_back_by_its_number() -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.wait(20)
    (sent,) = story.of(OrderSent)
    assert story.tell(CancelOrder(origin=PERSON, order=sent.order)) == ()
    story.wait(20)
    (canceled,) = story.of(OrderCanceled)
    assert canceled.order == sent.order


@pytest.mark.parametrize("order", [0, -1, 99, 1 << 70])
def test_an_order_that_is_not_open_cannot_be_called_back(order: int) -> None:
    (refused,) = a_story().tell(CancelOrder(origin=PERSON, order=order))
    assert isinstance(refused, CommandRefused)
    assert refused.why == f"order {order} is not open"


def test_an_exit_that_is_called_back_too_late_sells_all_the_same() -> None:
    story = a_story(take_profit_bps=30.0, stop_bps=20.0)
    story.buy_signal()
    story.wait(1_000)
    story.depth(bids=[(9_999, 50)])
    story.sell_signal()
    (leaving,) = [each for each in story.of(OrderSent) if each.purpose is OrderPurpose.EXIT]
    story.tell(CancelOrder(origin=PERSON, order=leaving.order))
    story.wait(50)
    assert story.position() == 0


def test_entries_are_called_back_of_one_pair_or_of_all() -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.warm_up(symbol=1)
    story.depth(bids=[(9_999, 50)])
    for symbol in (0, 1):
        story.buy_signal(symbol=symbol)
    story.wait(20)
    first, second = story.of(OrderSent)
    story.tell(CancelEntries(origin=PERSON, symbol="ETHUSDC"))
    story.wait(20)
    assert [each.order for each in story.of(OrderCanceled)] == [second.order]
    story.tell(CancelEntries(origin=PERSON))
    story.wait(20)
    assert [each.order for each in story.of(OrderCanceled)] == [second.order, first.order]
    (refused,) = story.tell(CancelEntries(origin=PERSON))
    assert isinstance(refused, CommandRefused)
    assert refused.why == "no entry is under way"


@pytest.mark.parametrize(
    "command",
    [
        CancelEntries(origin=Origin.OVERSEER),
        CancelOrder(origin=Origin.OVERSEER, order=1),
        Kill(origin=Origin.OVERSEER),
    ],
)
def test_the_overseer_has_no_hand_in_orders(command: Any) -> None:
    (refused,) = a_story().tell(command)
    assert isinstance(refused, CommandRefused)
    assert refused.why.startswith("only a person may ")
