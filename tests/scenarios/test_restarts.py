"""Start and recovery are one path."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_core, a_plan, an_instrument, an_opening, engine_settings
from tests.story import Story
from trading_agent.domain.commands import ClosePosition, Command, Kill, Origin, PauseEntries
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.facts import (
    CashDeposited,
    DeskOpened,
    DeskRearmed,
    EquityMarked,
    ExitReason,
    ExitTriggered,
    InstrumentListed,
    PositionClosed,
    PositionsRemarked,
)
from trading_agent.domain.order_facts import EndReason, OrderCanceled, OrderSent
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos

FREE = an_instrument(taker_fee=Decimal(0))


def holding(**execution: Any) -> Story:
    plain = {
        "order_notional": 100.0,
        "take_profit_bps": 20.0,
        "stop_bps": 10.0,
        "hold_seconds": 60,
    }
    story = Story(engine_settings(plan=a_plan(**(plain | execution))), [FREE])
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    return story


def test_a_first_start_deposits_and_lists() -> None:
    story = Story(instruments=[FREE])
    assert [type(fact) for fact in story.facts] == [
        DeskOpened,
        CashDeposited,
        InstrumentListed,
        EquityMarked,
    ]


def test_a_second_start_deposits_nothing_and_lists_what_changed() -> None:
    first = Story(instruments=[FREE])
    assert [type(fact) for fact in first.restarted().facts] == [DeskOpened]
    changed = an_instrument(taker_fee=Decimal("0.001"))
    told = first.restarted(instruments=[changed]).facts
    assert [type(fact) for fact in told] == [DeskOpened, InstrumentListed]


def test_what_was_under_way_is_cancelled_and_its_reserve_freed() -> None:
    before = holding(order_kind="LIMIT_MAKER")
    assert before.core.account.ledger.locked("USDC") > 0
    after = before.restarted()
    assert [fact.reason for fact in after.of(OrderCanceled)] == [EndReason.RESTART]
    assert after.core.account.ledger.locked("USDC") == 0
    assert after.core.flat


def test_a_position_survives_with_its_protection() -> None:
    before = holding()
    after = before.restarted()
    assert after.position() == before.position() == 99
    assert after.core.account.exits == before.core.account.exits
    assert after.of(PositionsRemarked)[0].symbols == ("BTCUSDC",)
    before_weighing = after.at - after.at % SECOND
    assert after.core.wakeup() == before_weighing + SECOND, "no exit is watched without a book"


def test_a_real_market_is_not_remarked() -> None:
    before = holding()
    opening = an_opening(FREE, at=before.at, history=before.facts, simulated=False)
    told = a_core(before.settings, opening).open()
    assert [type(fact) for fact in told] == [DeskOpened]


def test_before_the_first_book_a_position_is_worth_what_it_cost() -> None:
    before = holding()
    after = before.restarted()
    desk = after.core.snapshot(after.at)
    assert desk.positions[0].mark_price is None
    assert (desk.equity, desk.unrealised_profit) == (Decimal(10_000), 0)


def test_the_stop_is_armed_by_the_first_healthy_book() -> None:
    after = holding().restarted()
    after.depth(bids=[(9_900, 500)])
    assert after.of(ExitTriggered) == []
    after.snapshot([(9_900, 500)], [(9_901, 500)])
    after.depth(asks=[(9_902, 500)])
    assert [fact.reason for fact in after.of(ExitTriggered)] == [ExitReason.STOP]
    after.wait(20)
    assert after.core.flat
    assert len(after.of(PositionClosed)) == 1


def test_the_stop_still_triggers_later() -> None:
    after = holding().restarted()
    after.snapshot([(10_000, 500)], [(10_001, 500)])
    after.wait(1_000)
    assert after.of(ExitTriggered) == []
    after.depth(bids=[(10_000, 0), (9_980, 500)])
    assert [fact.reason for fact in after.of(ExitTriggered)] == [ExitReason.STOP]


def test_a_deadline_that_passed_while_away_is_kept_as_soon_as_possible() -> None:
    after = holding().restarted(after_ms=3_600_000)
    assert after.wait(5_000) == []
    after.snapshot([(10_000, 500)], [(10_001, 500)])
    after.wait(20)
    assert [fact.reason for fact in after.of(ExitTriggered)] == [ExitReason.TIME]
    assert after.core.flat


def test_a_deadline_that_has_not_passed_is_waited_for() -> None:
    before = holding()
    after = before.restarted(after_ms=5_000)
    after.snapshot([(10_000, 500)], [(10_001, 500)])
    deadline = before.core.account.exits["BTCUSDC"].deadline
    after.wait((deadline - after.at) / MILLISECOND - 1)
    assert after.of(ExitTriggered) == []
    assert after.core.wakeup() == deadline


def test_numbers_of_orders_and_fills_go_on() -> None:
    before = holding()
    after = before.restarted()
    after.snapshot([(9_900, 500)], [(9_901, 500)])
    after.depth(asks=[(9_902, 500)])
    after.wait(20)
    account = after.core.account
    assert account.last_order == before.core.account.last_order + 1
    assert account.last_fill > before.core.account.last_fill


def test_counts_of_a_run_begin_anew_and_profit_does_not() -> None:
    before = holding()
    before.depth(bids=[(10_000, 0), (9_999, 0), (9_980, 500)])
    before.wait(20)
    after = before.restarted()
    was, now = before.core.snapshot(before.at), after.core.snapshot(after.at)
    assert (was.orders, was.fills) != (0, 0) == (now.orders, now.fills)
    assert now.realised_profit == was.realised_profit != 0
    assert now.equity == was.equity


def test_the_sequence_of_facts_goes_on() -> None:
    before = holding()
    after = before.restarted()
    assert after.core.snapshot(after.at).fact_sequence == len(before.facts) + len(after.facts)


FORBIDDING = [
    Kill(origin=Origin.PERSON, why="smoke"),
    PauseEntries(origin=Origin.PERSON, why="smoke"),
]


def test_a_person_who_ends_the_run_and_starts_another_trades_again() -> None:
    before = holding()
    before.tell(PauseEntries(origin=Origin.PERSON, why="smoke"))
    before.close()
    after = before.restarted()
    assert after.core.snapshot(after.at).trading


def test_only_a_person_who_rearms_the_desk_lifts_a_kill() -> None:
    before = holding()
    before.tell(Kill(origin=Origin.PERSON, why="smoke"))
    before.close()
    after = before.restarted()
    assert after.core.snapshot(after.at).why_not_trading == "smoke"
    rearmed = [*before.facts, DeskRearmed(at=Nanos(before.at), why="looked at")]
    assert before.restarted(history=rearmed).core.snapshot(after.at).trading


@pytest.mark.parametrize("command", FORBIDDING)
def test_a_crash_lifts_neither_a_kill_nor_a_pause(command: Command) -> None:
    """The supervisor starts a crashed run again by itself: nobody has allowed anything."""
    before = holding()
    before.tell(command)
    after = before.restarted().restarted()
    assert after.core.snapshot(after.at).why_not_trading == "smoke"
    after.warm_up()
    after.buy_signal()
    assert after.of(OrderSent) == []


def test_a_killed_desk_sends_nothing_after_a_crash_either() -> None:
    before = holding()
    before.tell(Kill(origin=Origin.PERSON))
    after = before.restarted()
    after.snapshot([(9_000, 500)], [(9_001, 500)])
    after.depth(asks=[(9_002, 500)])
    after.wait(120_000)
    assert after.of(ExitTriggered) == []
    assert after.position() == 99


def test_a_position_nobody_could_watch_is_no_start() -> None:
    before = holding()
    with pytest.raises(ConfigError, match="BTCUSDC, which this run does not follow"):
        before.restarted(instruments=[an_instrument("ETHUSDC")])
    before.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    before.depth(bids=[(10_000, 500)])
    before.wait(20)
    assert before.core.flat
    before.restarted(instruments=[an_instrument("ETHUSDC")])


@pytest.mark.parametrize("changed", [{"price_decimals": 3}, {"size_decimals": 1}])
def test_a_position_counted_in_other_units_is_no_start(changed: dict[str, int]) -> None:
    """Its stop and its size would mean something else."""
    listed = an_instrument(taker_fee=Decimal(0), **changed)
    with pytest.raises(ConfigError, match="BTCUSDC counted in 2 and 2 decimals"):
        holding().restarted(instruments=[listed])
    flat = Story(instruments=[FREE]).restarted(instruments=[listed])
    assert flat.of(InstrumentListed)[-1].instrument == listed
