"""What an entry will cost beyond the best price is known before it is sent, told with it, bounded,
and held against what it did cost."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.decision import Proposal
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import OrderFilled, OrderSent, ShortfallMeasured
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.engine.sight import expected_slippage
from trading_agent.risk.settings import RiskLimits

FREE = an_instrument(taker_fee=Decimal(0))
ASKS = [(10_001, 4), (10_002, 3), (10_004, 50)]
"""Twenty lots cost 3 x 1 + 13 x 3 ticks x lots beyond the best price: 2.1 basis points."""


def a_story(most_bps: float, asks: list[tuple[int, int]] = ASKS, **execution: Any) -> Story:
    plain: dict[str, Any] = {"order_notional": 20.01, "slippage_limit_bps": 5.0}
    limits = RiskLimits(max_expected_slippage_bps=most_bps)
    plan = a_plan(**(plain | execution))
    story = Story(engine_settings(plan=plan, limits=limits), [FREE])
    story.warm_up()
    story.depth(asks=[(10_001, 0), (10_002, 0), *asks])
    story.wait(1_000)
    return story


def sent_by(story: Story) -> OrderSent:
    story.buy_signal()
    (sent,) = story.of(OrderSent)
    return sent


def test_what_it_will_cost_is_told_with_the_order_and_is_what_it_costs() -> None:
    story = a_story(most_bps=2.5)
    sent = sent_by(story)
    assert (sent.size, sent.expected) == (19, 3 * 1 + 12 * 3)
    story.wait(100)
    fills = [(fill.price, fill.size) for fill in story.of(OrderFilled)]
    assert fills == [(10_001, 4), (10_002, 3), (10_004, 12)]
    (cost,) = story.of(ShortfallMeasured)
    assert cost.expected_impact == cost.impact == 2 * sent.expected
    costs = story.core.snapshot(Nanos(story.at)).shortfall
    assert costs.expected_impact == costs.impact > 0


def test_an_entry_that_would_cost_too_much_is_made_smaller() -> None:
    sent = sent_by(a_story(most_bps=1.0))
    assert sent.expected / sent.size / sent.ask * 10_000 <= 1.0
    # Of one lot more the last would be three ticks away: (3 + 3 x 3) / 10 is more than a tick.
    assert (sent.size, sent.expected) == (9, 3 * 1 + 2 * 3)


def test_what_the_best_price_holds_may_always_be_had() -> None:
    sent = sent_by(a_story(most_bps=0.001))
    assert (sent.size, sent.expected) == (4, 0)


def test_without_a_limit_nothing_is_made_smaller() -> None:
    assert sent_by(a_story(most_bps=0.0)).size == 19


def test_it_is_about_what_the_book_holds_for_it() -> None:
    # Beyond its price nothing is taken: what is missing may come until it arrives.
    sent = sent_by(a_story(most_bps=2.5, asks=[(10_001, 4), (10_050, 50)]))
    assert (sent.size, sent.expected) == (19, 0)


def test_what_only_rests_costs_nothing() -> None:
    sent = sent_by(a_story(most_bps=0.001, order_kind="LIMIT_MAKER"))
    assert (sent.price, sent.expected) == (10_000, 0)
    assert sent.size == 20


def a_purchase(price: int, size: int) -> Proposal:
    return Proposal(
        strategy="flash",
        symbol=FREE.symbol,
        side=Side.BUY,
        kind=OrderKind.IOC,
        price=Ticks(price),
        size=Lots(size),
        purpose=OrderPurpose.ENTRY,
        take_profit_bps=0.0,
        stop_bps=0.0,
        hold_for=Nanos(0),
        reason="",
    )


LEVELS = st.dictionaries(st.integers(10_001, 10_030), st.integers(1, 20), min_size=1, max_size=12)


@given(LEVELS, st.integers(10_001, 10_035), st.integers(1, 200), st.floats(0.01, 40.0))
def test_it_is_what_a_plain_walk_of_the_book_says(
    levels: dict[int, int], price: int, size: int, most_bps: float
) -> None:
    story = Story(engine_settings(), [FREE])
    story.snapshot([(10_000, 50)], sorted(levels.items()))
    state = story.core._state
    best = min(levels)

    def cost_of(lots: int) -> int:
        queue = [each for each in sorted(levels) for _ in range(levels[each]) if each <= price]
        return sum(each - best for each in queue[:lots])

    assert expected_slippage(state, a_purchase(price, size), Lots(size)) == cost_of(size)
    held = sum(lots for each, lots in levels.items() if each <= price)
    allowed = [
        lots
        for lots in range(1, min(size, held) + 1)
        if cost_of(lots) <= Decimal(repr(most_bps)) * best * lots / 10_000
    ]
    most = max(allowed, default=0)
    wanted = size if most == min(size, held) else most
    assert state.sights[0].lots_within(Ticks(price), Lots(size), most_bps) == wanted


def test_an_empty_book_costs_nothing() -> None:
    story = Story(engine_settings(), [FREE])
    assert expected_slippage(story.core._state, a_purchase(10_000, 5), Lots(5)) == 0
