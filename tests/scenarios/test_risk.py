"""Breakers, kills and protection at work, and that a restart forgets none of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import START, a_core, a_plan, an_instrument, an_opening, engine_settings
from tests.story import Story
from trading_agent.domain.commands import (
    CloseAll,
    ClosePosition,
    Kill,
    Origin,
    PauseEntries,
    Rearm,
)
from trading_agent.domain.facts import (
    BreakerLevel,
    BreakerRearmed,
    BreakerTripped,
    CashDeposited,
    CommandRefused,
    DeskKilled,
    DeskRearmed,
    EquityMarked,
    ExitReason,
    ExitsArmed,
    ExitTriggered,
    ProposalRefused,
)
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import MINUTE, SECOND
from trading_agent.engine.opening import told_at_opening
from trading_agent.risk.settings import BreakerLimits, RiskLimits, SizeCaps
from trading_agent.signals.settings import SessionPlan, SessionSettings

PAIRS = (
    an_instrument(taker_fee=Decimal(0)),
    an_instrument("ETHUSDC", taker_fee=Decimal(0)),
)
BARE: dict[str, Any] = {"take_profit_bps": 0.0, "stop_bps": 0.0, "hold_seconds": 0}


def a_story(limits: RiskLimits | None = None, **execution: Any) -> Story:
    plan = a_plan(**({"order_notional": 100.0} | BARE | execution))
    story = Story(engine_settings(plan=plan, limits=limits), PAIRS)
    story.warm_up()
    return story


def holding(limits: RiskLimits | None = None, **execution: Any) -> Story:
    """99 lots of BTC bought at 10,001 and 10,002."""
    story = a_story(limits, **execution)
    story.buy_signal()
    story.wait(20)
    assert story.position() == 99
    return story


def refusals(story: Story) -> list[str]:
    return [fact.reason.value for fact in story.of(ProposalRefused)]


def exits(story: Story) -> list[ExitReason]:
    return [fact.reason for fact in story.of(ExitTriggered)]


def bid_at(story: Story, price: int) -> None:
    """The whole book moves to one bid and one ask above it."""
    story.snapshot([(price, 500)], [(price + 1, 500)])


def entry_refused(story: Story, symbol: int = 1) -> str:
    """What becomes of the next entry of a pair that is not held."""
    before = len(story.of(ProposalRefused))
    story.warm_up(symbol=symbol)
    story.buy_signal(symbol=symbol)
    found = refusals(story)[before:]
    return found[0] if found else ""


def tripped(story: Story) -> list[tuple[str, BreakerLevel]]:
    return [(fact.breaker, fact.level) for fact in story.of(BreakerTripped)]


LOSS = BreakerLimits(
    daily_loss_soft_percent=0.0, daily_loss_hard_percent=0.1, daily_loss_kill_percent=0.3
)


def test_a_loss_not_yet_realised_trips_within_a_second_in_a_silent_market() -> None:
    story = holding(RiskLimits(breakers=LOSS))
    bid_at(story, 8_800)
    assert tripped(story) == []
    story.wait(1_000)
    assert tripped(story) == [("daily_loss", BreakerLevel.HARD)]
    assert story.core.snapshot(story.at).breakers[0].startswith("breaker daily_loss (hard)")
    assert entry_refused(story) == "breaker_tripped"


def test_a_hard_breaker_lets_exits_out_and_calls_entries_back() -> None:
    story = holding(RiskLimits(breakers=LOSS), stop_bps=2_000.0)
    bid_at(story, 8_800)
    story.wait(1_000)
    bid_at(story, 7_900)
    story.depth(bids=[(7_900, 501)])
    story.wait(20)
    assert exits(story) == [ExitReason.STOP]
    assert story.core.flat


def test_a_breaker_that_kills_stops_everything_and_leaves_when_it_is_told_to() -> None:
    for flatten, left in ((False, 99), (True, 0)):
        breakers = LOSS.model_copy(update={"flatten_on_kill": flatten})
        story = holding(RiskLimits(breakers=breakers))
        bid_at(story, 6_000)
        story.wait(1_020)
        assert tripped(story) == [("daily_loss", BreakerLevel.KILL)]
        assert len(story.of(DeskKilled)) == 1
        assert story.position() == left
        sent = len(story.of(OrderSent))
        assert entry_refused(story) == "desk_killed"
        assert len(story.of(OrderSent)) == sent


def test_money_that_is_no_number_halts_the_desk_when_it_opens() -> None:
    """Nothing in the desk can make such an amount: a journal could bring it."""
    history = [
        CashDeposited(at=fact.at, asset="USDC", amount=Decimal("NaN"))
        if isinstance(fact, CashDeposited)
        else fact
        for fact in Story().facts[:3]
    ]
    told = a_core(opening=an_opening(history=history)).open()
    assert [(fact.breaker, fact.level) for fact in told if isinstance(fact, BreakerTripped)] == [
        ("equity", BreakerLevel.KILL)
    ]
    assert isinstance(told[-1], DeskKilled)


def test_only_a_person_rearms_and_only_what_is_tripped() -> None:
    story = holding(RiskLimits(breakers=LOSS))
    bid_at(story, 8_800)
    story.wait(1_000)
    story.tell(Rearm(origin=Origin.OVERSEER, breaker="daily_loss"))
    story.tell(Rearm(origin=Origin.PERSON, breaker="drawdown"))
    assert [fact.why for fact in story.of(CommandRefused)] == [
        "only a person may re-arm a breaker",
        "drawdown is not tripped",
    ]
    assert story.of(BreakerRearmed) == []
    story.tell(Rearm(origin=Origin.PERSON))
    assert len(story.of(BreakerRearmed)) == 1
    story.wait(5_000)
    assert len(tripped(story)) == 1, "losses count from the re-arming"
    assert entry_refused(story) == ""


def test_neither_overseer_nor_system_rearms() -> None:
    story = holding(RiskLimits(breakers=LOSS))
    bid_at(story, 8_800)
    story.wait(1_000)
    for origin in (Origin.OVERSEER, Origin.SYSTEM):
        (refused,) = story.tell(Rearm(origin=origin))
        assert isinstance(refused, CommandRefused)
    story.tell(Rearm(origin=Origin.CLI))
    assert len(story.of(BreakerRearmed)) == 1


def test_a_person_lifts_what_tripped_with_the_next_start() -> None:
    """A hard breaker does not kill, and so the desk is not killed."""
    story = holding(RiskLimits(breakers=LOSS))
    bid_at(story, 8_800)
    story.wait(1_000)
    desk = story.core.snapshot(story.at)
    assert not desk.trading
    assert desk.why_not_trading.startswith("breaker daily_loss: 0.1")
    opening = an_opening(*PAIRS, at=story.at, history=story.facts)
    core = a_core(story.settings, replace(opening, rearmed="looked at it"))
    told = core.open()
    assert BreakerRearmed(at=story.at, breaker="daily_loss", why="looked at it") in told
    assert not any(isinstance(fact, DeskRearmed | BreakerTripped) for fact in told)
    assert core.snapshot(story.at).trading
    words = told_at_opening(core.account, told, {"USDC": Decimal(10_000)})
    assert words[0] == "breaker daily_loss is re-armed: looked at it"


def test_a_person_lifts_a_kill_and_every_trip_at_once() -> None:
    story = holding(RiskLimits(breakers=LOSS.model_copy(update={"losing_streak_soft": 1})))
    bid_at(story, 8_800)
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.wait(1_000)
    story.tell(Kill(origin=Origin.PERSON, why="smoke"))
    story.close()
    after = story.restarted()
    words = told_at_opening(after.core.account, (), {"USDC": Decimal(10_000)})
    assert words[0] == "the desk stays killed until flash-trading rearm: smoke"
    assert [each.split(":")[0] for each in words[1:]] == [
        "breaker losing_streak (soft)",
        "breaker daily_loss (hard)",
    ]
    opening = an_opening(*PAIRS, at=story.at, history=story.facts)
    core = a_core(story.settings, replace(opening, rearmed="looked at it"))
    told = core.open()
    assert [type(fact) for fact in told[1:]] == [BreakerRearmed, BreakerRearmed, DeskRearmed]
    assert core.account.risk.breakers.day_base == core.snapshot(story.at).equity < 9_990
    assert core.account.risk.breakers.words() == ()
    assert core.snapshot(story.at).trading


def test_a_crossed_book_is_no_price_of_what_is_held() -> None:
    """It says 1,000,000 and means nothing: neither a mark, nor the most there ever was."""
    story = holding()
    story.depth(bids=[(1_000_000, 500)])
    desk = story.core.snapshot(story.at)
    assert (desk.equity, desk.positions[0].mark_price) == (Decimal(10_000), None)
    marks = len(story.of(EquityMarked))
    story.wait(61_000)
    assert len(story.of(EquityMarked)) == marks
    assert entry_refused(story) == "equity_unknown"
    bid_at(story, 10_000)
    story.wait(60_000)
    assert story.of(EquityMarked)[-1].high_water == Decimal(10_000)
    assert tripped(story) == []


def test_a_crossed_book_loses_nothing_either() -> None:
    story = holding(RiskLimits(breakers=LOSS))
    story.depth(bids=[(10_000, 0), (9_999, 0), (5_000, 500)], asks=[(4_000, 500)])
    story.wait(5_000)
    assert tripped(story) == []


def test_a_soft_breaker_makes_entries_smaller() -> None:
    soft = BreakerLimits(daily_loss_soft_percent=0.1, soft_size_factor=0.25)
    story = holding(RiskLimits(breakers=soft))
    bid_at(story, 8_800)
    story.wait(1_000)
    assert entry_refused(story) == ""
    first, second = story.of(OrderSent)
    assert (first.size, second.size) == (99, 24)


def test_equity_is_marked_once_a_minute_and_with_the_new_day() -> None:
    story = a_story()
    story.wait(12 * 3_600_000)
    marks = story.of(EquityMarked)
    assert [mark.at for mark in marks] == [
        START,
        *range(START + MINUTE, START + 720 * MINUTE + 1, MINUTE),
    ]
    assert {mark.equity for mark in marks} == {Decimal(10_000)}


def test_what_holds_without_a_price_is_neither_marked_nor_added_to() -> None:
    before = holding()
    after = before.restarted()
    after.wait(130_000)
    assert after.of(EquityMarked) == []
    assert entry_refused(after) == "equity_unknown"
    bid_at(after, 10_000)
    after.wait(60_000)
    assert len(after.of(EquityMarked)) == 1


# Every limit, brought to its end and still there after a crash.
LIMITS: list[tuple[RiskLimits, dict[str, Any], str]] = [
    (RiskLimits(max_open_positions=1), {}, "max_open_positions"),
    (RiskLimits(max_exposure=Decimal(150)), {}, "max_exposure"),
    (
        RiskLimits(max_cluster_exposure=Decimal(150), clusters={"majors": ("BTCUSDC", "ETHUSDC")}),
        {},
        "max_cluster_exposure",
    ),
    (RiskLimits(max_position_notional=Decimal(50)), {}, "max_position"),
    (RiskLimits(max_order_notional=Decimal(50)), {}, "max_order_notional"),
    (RiskLimits(max_depth_percent=10.0), {}, "max_depth_share"),
    (RiskLimits(max_minute_volume_percent=10.0), {}, "max_volume_share"),
    (RiskLimits(order_burst=1, orders_per_minute=1), {}, "order_rate"),
    (RiskLimits(sizing=SizeCaps(kelly_shrink=0.5)), {}, "sized_to_nothing"),
    (RiskLimits(), {"max_open_positions": 1}, "max_open_positions"),
    (RiskLimits(breakers=LOSS), {}, "breaker_tripped"),
]


@pytest.mark.parametrize(("limits", "execution", "code"), LIMITS)
def test_no_limit_is_reset_by_a_restart(
    limits: RiskLimits, execution: dict[str, Any], code: str
) -> None:
    wide = holding(**execution)
    before = wide.restarted(settings=engine_settings(plan=wide.settings.plan, limits=limits))
    bid_at(before, 8_800 if code == "breaker_tripped" else 10_000)
    before.wait(1_500)
    assert entry_refused(before) == code
    after = before.restarted()
    bid_at(after, 10_000)
    assert entry_refused(after) == code


def test_a_trailing_stop_survives_a_restart_where_it_was_told_last() -> None:
    before = holding(trail_bps=100.0)
    for price in (10_200, 10_300):
        bid_at(before, price)
        before.wait(1_100)
        before.depth(bids=[(price, 501)])
    told = [fact.stop for fact in before.of(ExitsArmed)]
    assert told[-1] == 10_300 - 100
    assert len(told) <= 5
    after = before.restarted()
    bid_at(after, 10_250)
    after.depth(bids=[(10_250, 501)])
    assert exits(after) == []
    bid_at(after, 10_200)
    after.depth(bids=[(10_200, 501)])
    assert exits(after) == [ExitReason.TRAILING]


def test_a_gain_makes_the_stop_break_even_and_a_pause_changes_nothing() -> None:
    before = holding(stop_bps=500.0, break_even_bps=100.0)
    bid_at(before, 10_110)
    before.wait(1_100)
    before.depth(bids=[(10_110, 501)])
    before.tell(PauseEntries(origin=Origin.PERSON, why="lunch"))
    after = before.restarted()
    assert after.core.account.exits["BTCUSDC"].stop == 10_001
    bid_at(after, 10_001)
    after.depth(bids=[(10_001, 501)])
    assert exits(after) == [ExitReason.BREAK_EVEN]


@pytest.mark.parametrize("way", ["close", "kill"])
def test_what_a_stop_has_followed_since_it_was_told_last_survives_an_end(way: str) -> None:
    before = holding(trail_bps=100.0)
    bid_at(before, 10_200)
    before.wait(1_100)
    before.depth(bids=[(10_250, 501)], asks=[(10_201, 0), (10_400, 9)])
    before.depth(bids=[(10_300, 501)])
    assert before.core.account.exits["BTCUSDC"].stop == 10_150, "one a second is told"
    before.close() if way == "close" else before.tell(Kill(origin=Origin.PERSON))
    assert before.restarted().core.account.exits["BTCUSDC"].stop == 10_200


def ending_plan(**execution: Any) -> SessionPlan:
    """A session that ends at 13:00, an hour after the story begins."""
    plan = a_plan(**({"order_notional": 100.0} | BARE | execution))
    noon = SessionSettings(start_hour=8, end_hour=13)
    return plan.model_copy(update={"sessions": {"NOON": noon}})


def test_positions_are_closed_before_their_session_ends_and_none_is_opened_then() -> None:
    story = Story(engine_settings(plan=ending_plan(close_before_end_seconds=600)), PAIRS)
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    (armed,) = story.of(ExitsArmed)
    assert armed.deadline == START + 50 * MINUTE
    story.wait(49 * 60_000)
    bid_at(story, 10_000)
    story = story.restarted()
    bid_at(story, 10_000)
    assert exits(story) == []
    story.wait(60_000)
    assert exits(story) == [ExitReason.SESSION_END]
    assert entry_refused(story) == "session_ending"
    story.wait(10 * 60_000)
    assert entry_refused(story) == ""


def test_a_kill_that_flattens_sells_what_is_held_and_sends_nothing_else() -> None:
    story = holding()
    bid_at(story, 10_000)
    told = story.tell(Kill(origin=Origin.PERSON, why="smoke", flatten=True))
    kinds = [type(fact) for fact in told]
    assert kinds == [DeskKilled, ExitsArmed, ExitTriggered, OrderSent]
    story.wait(20)
    assert story.core.flat
    assert story.core.snapshot(story.at).why_not_trading == "smoke"


def test_closing_everything_on_a_lost_book_sells_with_the_first_healthy_one() -> None:
    story = holding()
    story.lose()
    story.tell(CloseAll(origin=Origin.PERSON))
    story.wait(3_000)
    assert story.position() == 99
    after = story.restarted()
    bid_at(after, 9_000)
    after.depth(bids=[(9_000, 501)])
    after.wait(20)
    assert after.core.flat
    exit_orders = [sent for sent in after.of(OrderSent) if sent.purpose is OrderPurpose.EXIT]
    assert len(exit_orders) == 1


def test_every_refused_entry_is_counted_by_its_code() -> None:
    story = a_story(RiskLimits(max_order_notional=Decimal(50)))
    story.buy_signal()
    assert story.core.snapshot(story.at).refusals == {"max_order_notional": 1}


def test_obstacles_name_a_risk_rule_before_any_signal() -> None:
    story = a_story(RiskLimits(max_order_notional=Decimal(50)))
    words = story.core.snapshot(story.at).symbols[0].obstacles
    assert words[0].startswith("max order notional: 99.")


def test_obstacles_know_the_filters_of_the_exchange() -> None:
    banded = an_instrument(price_band=Decimal("0.0001"))
    makers = an_instrument("ETHUSDC", kinds=(OrderKind.LIMIT_MAKER,))
    plan = a_plan(**({"order_notional": 100.0} | BARE))
    story = Story(engine_settings(plan=plan), (banded, makers))
    for symbol in range(2):
        story.warm_up(symbol=symbol)
    story.trades((Side.BUY, 10_000, 1))
    for symbol, words in enumerate(
        (
            "outside price band: IOC, a filter of the exchange",
            "kind not allowed: IOC, a filter of the exchange",
        )
    ):
        story.wait(1_000)
        story.depth(bids=[(9_999, 51)], symbol=symbol)
        assert story.core.snapshot(story.at).symbols[symbol].obstacles[0] == words
        before = len(story.of(ProposalRefused))
        story.buy_signal(symbol=symbol)
        assert [words.startswith(each.replace("_", " ")) for each in refusals(story)[before:]]


@pytest.mark.parametrize("happens", [True, False])
def test_rules_are_asked_for_people_once_a_second_and_when_something_has_happened(
    happens: bool,
) -> None:
    banded = an_instrument(price_band=Decimal("0.0001"))
    plan = a_plan(**({"order_notional": 100.0} | BARE))
    story = Story(engine_settings(plan=plan), (banded,))

    def named() -> bool:
        words = story.core.snapshot(story.at).symbols[0].obstacles
        return "outside price band: IOC, a filter of the exchange" in words

    story.warm_up()
    story.wait(1_000)
    assert not named()
    story.trades((Side.BUY, 10_000, 1))
    assert not named()
    if happens:
        assert story.tell(PauseEntries(origin=Origin.PERSON, why="a test"))
    else:
        story.wait(1_000)
    assert named()


def test_obstacles_judge_the_entry_that_the_strategy_would_make() -> None:
    """A maker order bids, and a spread in the middle of its range halves what is bought."""
    value = RiskLimits(max_order_notional=Decimal(100), price_band_bps=5.0)
    story = a_story(value, order_kind="LIMIT_MAKER", slippage_limit_bps=50.0)
    assert story.core.snapshot(story.at).symbols[0].obstacles == ("imbalance +0.00 within ±0.2",)


def test_a_second_is_enough_of_a_wait_between_two_weighings() -> None:
    story = holding()
    assert story.core.wakeup() == story.at - story.at % SECOND + SECOND
