"""From a signal to a position, or to a refusal that says why."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.facts import (
    BookReady,
    ExitsArmed,
    PositionOpened,
    ProposalRefused,
    SignalRaised,
)
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.order_facts import (
    EndReason,
    Liquidity,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
    ShortfallMeasured,
)
from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.settings import (
    ExecutionOverrides,
    SessionPlan,
    SessionSettings,
    SignalOverrides,
)

FREE = an_instrument(taker_fee=Decimal(0))


def a_story(instrument: Any = FREE, **execution: Any) -> Story:
    """Warm, balanced and ready; entries of 99 lots."""
    plan = a_plan(**({"order_notional": 100.0, "take_profit_bps": 30.0} | execution))
    story = Story(engine_settings(plan=plan), [instrument])
    story.warm_up()
    return story


def test_the_whole_way_from_a_signal_to_a_protected_position() -> None:
    story = a_story(hold_seconds=60, stop_bps=20.0)
    began = len(story.facts)
    story.buy_signal()
    sent_at = story.at
    story.wait(20)
    told = story.facts[began:]
    assert [type(fact) for fact in told] == [
        SignalRaised,
        OrderSent,
        OrderAccepted,
        OrderFilled,
        PositionOpened,
        OrderFilled,
        ShortfallMeasured,
        ExitsArmed,
    ]
    signal, sent, accepted, first, opened, second, _cost, armed = told
    assert isinstance(signal, SignalRaised)
    assert (signal.direction, signal.bid, signal.ask) == (Side.BUY, 10_000, 10_001)
    assert isinstance(sent, OrderSent)
    assert (sent.kind, sent.price, sent.size) == (OrderKind.IOC, 10_006, 99)
    assert (sent.at, sent.arrives_at) == (sent_at, sent_at + 10 * MILLISECOND)
    assert (sent.reserved_asset, sent.reserved) == ("USDC", Decimal("99.0594"))
    assert isinstance(first, OrderFilled)
    assert isinstance(second, OrderFilled)
    assert [(fill.price, fill.size, fill.fill) for fill in (first, second)] == [
        (10_001, 50, 1),
        (10_002, 49, 2),
    ]
    assert accepted.at == first.at == second.at == sent.arrives_at
    assert isinstance(opened, PositionOpened)
    assert (opened.size, opened.price) == (50, Decimal("100.01"))
    assert isinstance(armed, ExitsArmed)
    average = (50 * 10_001 + 49 * 10_002) / 99
    assert armed.take_profit == -(-average * 1.003 // 1)
    assert armed.stop == average * 0.998 // 1
    assert armed.deadline == first.at + 60 * SECOND


def test_nothing_fires_while_warming_up() -> None:
    story = Story()
    story.snapshot()
    for _ in range(4):
        story.wait(1_000)
        story.buy_signal()
    assert story.of(SignalRaised) == []
    assert story.of(BookReady) != []


def test_a_sell_signal_when_flat_is_only_told() -> None:
    story = a_story()
    story.sell_signal()
    story.wait(50)
    assert len(story.of(SignalRaised)) == 1
    assert story.of(OrderSent) == story.of(ProposalRefused) == []


def test_one_entry_at_a_time_and_one_position_a_symbol() -> None:
    story = a_story(order_kind="LIMIT_MAKER", resting_seconds=60)
    story.buy_signal()
    story.wait(2_000)
    story.buy_signal()
    story.trades((Side.SELL, 10_000, 400))
    story.wait(6_000)
    story.buy_signal()
    assert [fact.reason for fact in story.of(ProposalRefused)] == ["order_open"]
    assert len(story.of(SignalRaised)) == 3
    assert len(story.of(OrderSent)) == 1
    assert story.position() == story.of(OrderSent)[0].size


def test_a_maker_entry_waits_at_the_bid_and_expires() -> None:
    story = a_story(order_kind="LIMIT_MAKER", resting_seconds=3)
    story.buy_signal()
    sent = story.of(OrderSent)[0]
    assert sent.price == 10_000
    story.wait(2_999)
    assert story.of(OrderCanceled) == []
    story.wait(1_000)
    (canceled,) = story.of(OrderCanceled)
    assert (canceled.reason, canceled.unfilled) == (EndReason.BY_REQUEST, sent.size)
    assert canceled.at == sent.arrives_at + 3 * SECOND + 10 * MILLISECOND
    assert story.core.flat


def test_a_maker_entry_that_would_take_when_it_arrives_is_rejected() -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.depth(bids=[(10_000, 0), (9_999, 0), (9_990, 5)], asks=[(10_000, 5)])
    story.wait(20)
    assert [fact.reason for fact in story.of(OrderRejected)] == [EndReason.WOULD_TAKE]
    assert story.core.flat


def test_a_maker_entry_filled_in_parts_pays_the_makers_fee_and_is_protected_at_each() -> None:
    free_to_make = an_instrument(maker_fee=Decimal(0), taker_fee=Decimal("0.0005"))
    story = a_story(free_to_make, order_kind="LIMIT_MAKER", resting_seconds=60)
    story.buy_signal()
    story.wait(20)
    for size in (60, 30):
        story.trades((Side.SELL, 10_000, size))
    assert [(fill.size, fill.liquidity, fill.fee) for fill in story.of(OrderFilled)] == [
        (10, Liquidity.MAKER, 0),
        (30, Liquidity.MAKER, 0),
    ]
    assert len(story.of(ExitsArmed)) == 2
    assert len(story.of(PositionOpened)) == 1


def test_a_limit_entry_takes_what_it_can_and_rests_with_the_rest() -> None:
    story = a_story(order_kind="LIMIT", order_notional=200.0)
    story.buy_signal()
    story.wait(20)
    assert [(fill.price, fill.size) for fill in story.of(OrderFilled)] == [
        (10_001, 50),
        (10_002, 50),
    ]
    (working,) = story.core.account.orders.all()
    assert working.leaves == 99
    story.depth(bids=[(9_000, 1)])
    assert story.position() == 100, "the same displayed lots are not bought twice"
    story.trades((Side.SELL, 10_005, 20))
    assert story.of(OrderFilled)[-1].price == 10_006
    assert story.position() == 120


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_order_notional": Decimal(99)}, "max_order_notional"),
        ({"max_open_positions": 0}, "max_open_positions"),
    ],
)
def test_limits_refuse_an_entry(limits: dict[str, Any], reason: str) -> None:
    plan = a_plan(order_notional=100.0)
    story = Story(engine_settings(plan=plan, limits=RiskLimits(**limits)), [FREE])
    story.warm_up()
    story.buy_signal()
    assert [fact.reason for fact in story.of(ProposalRefused)] == [reason]
    assert story.core.flat


@pytest.mark.parametrize(
    ("maker", "taker", "worst"),
    [("0", "0.0005", "0.0005"), ("0.001", "0", "0.001"), (None, "0", "0.002")],
)
def test_an_entry_reserves_its_value_at_its_limit_and_its_worst_fee(
    maker: str | None, taker: str, worst: str
) -> None:
    fees = {"maker_fee": maker and Decimal(maker), "taker_fee": Decimal(taker)}
    story = a_story(an_instrument(**fees))
    story.buy_signal()
    (sent,) = story.of(OrderSent)
    value = FREE.notional(sent.price, sent.size)
    fee = value * Decimal(worst)
    assert 0 <= sent.reserved - value - fee < Decimal("0.001"), "and room for roundings"
    story.wait(20)
    cost = 10_000 - story.core.account.ledger.free("USDC")
    assert cost <= sent.reserved


def test_an_entry_needs_its_whole_reserve_in_cash() -> None:
    plan = a_plan(order_notional=100.0)
    for balance, reasons in ((Decimal("99.06"), []), (Decimal("99.05"), ["not_enough_cash"])):
        portfolio = PortfolioSettings(starting_balances={"USDC": balance})
        story = Story(engine_settings(plan=plan, portfolio=portfolio), [FREE])
        story.warm_up()
        story.buy_signal()
        assert [fact.reason for fact in story.of(ProposalRefused)] == reasons


def test_positions_of_all_symbols_count_together() -> None:
    pairs = [FREE, an_instrument("ETHUSDC", taker_fee=Decimal(0))]
    story = Story(engine_settings(plan=a_plan(order_notional=100.0, max_open_positions=1)), pairs)
    story.snapshot(symbol=1)
    for second in range(7):
        story.wait(1_000)
        story.depth(bids=[(9_999, 51 - second % 2)], symbol=1)
    story.warm_up()
    story.buy_signal()
    story.depth(bids=[(9_999, 50)], symbol=1)
    story.buy_signal(symbol=1)
    (refused,) = story.of(ProposalRefused)
    assert (refused.symbol, refused.reason) == ("ETHUSDC", "max_open_positions")
    assert refused.detail == "1 open or under way, at most 1"


def test_a_pair_the_exchange_closes_to_us_is_refused_and_its_position_still_left() -> None:
    story = a_story()
    story.relist(an_instrument(taker_fee=Decimal(0), tradable=False))
    story.buy_signal()
    assert [fact.reason for fact in story.of(ProposalRefused)] == ["symbol_not_tradable"]


def test_the_session_of_the_moment_decides_size_and_thresholds() -> None:
    plan = a_plan(order_notional=100.0).model_copy(
        update={
            "sessions": {
                "NOON": SessionSettings(
                    start_hour=12,
                    end_hour=13,
                    execution=ExecutionOverrides(order_notional=40.0),
                ),
                "LATE": SessionSettings(
                    start_hour=13, end_hour=14, signal=SignalOverrides(imbalance_threshold=1.0)
                ),
            }
        }
    )
    plan = SessionPlan.model_validate(plan.model_dump())
    hours = {
        hour: int(datetime(2024, 6, 5, hour, tzinfo=UTC).timestamp()) * SECOND
        for hour in (11, 12, 13)
    }
    found = {}
    for hour, at in hours.items():
        story = Story(engine_settings(plan=plan), [FREE], at=at)
        story.warm_up()
        story.buy_signal()
        sizes = [sent.size for sent in story.of(OrderSent)]
        found[hour] = ([signal.session for signal in story.of(SignalRaised)], sizes)
    assert found == {11: (["OFF_HOURS"], [99]), 12: (["NOON"], [39]), 13: ([], [])}


def test_an_unknown_fee_costs_the_configured_worst() -> None:
    story = a_story(an_instrument(taker_fee=None, maker_fee=None))
    assert story.settings.paper == PaperSettings(latency_ms=10.0, latency_jitter_ms=0.0)
    story.buy_signal()
    story.wait(20)
    fill = story.of(OrderFilled)[0]
    assert fill.fee == Decimal("0.100010"), "20 basis points of 50.005"


def test_a_zero_fee_is_exactly_zero_to_the_end() -> None:
    story = a_story()
    story.buy_signal()
    story.wait(20)
    assert {str(fill.fee) for fill in story.of(OrderFilled)} == {"0"}
    assert story.core.snapshot(story.at).fees == 0


def test_the_book_lost_on_the_way_rejects_the_entry() -> None:
    story = a_story()
    story.buy_signal()
    story.lose()
    story.wait(20)
    assert [fact.reason for fact in story.of(OrderRejected)] == [EndReason.BOOK_NOT_READY]
    assert story.core.flat
    assert story.core.account.ledger.free("USDC") == 10_000
