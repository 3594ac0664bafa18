"""What a person sets while the desk runs takes hold at once, stays, and can be taken back."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.change_views import ParameterView
from trading_agent.domain.command_facts import ParameterSet, ParameterUndone
from trading_agent.domain.commands import (
    EnterPosition,
    Kill,
    Origin,
    SetParameter,
    UndoParameter,
)
from trading_agent.domain.facts import CommandRefused, ExitsArmed, ProposalRefused, SignalRaised
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import Nanos
from trading_agent.engine.parameters import TABLE
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.settings import (
    ExecutionParameters,
    SessionPlan,
    SessionSettings,
    SignalOverrides,
    SignalParameters,
)

FREE = an_instrument(taker_fee=Decimal(0))
PERSON = Origin.PERSON


def a_story(plan: SessionPlan | None = None, limits: RiskLimits | None = None) -> Story:
    plan = plan or a_plan(order_notional=100.0)
    story = Story(engine_settings(plan=plan, limits=limits), [FREE])
    story.warm_up()
    return story


def put(story: Story, key: str, value: str, origin: Origin = PERSON) -> Any:
    (told,) = story.tell(SetParameter(origin=origin, key=key, value=value))
    return told


def view(story: Story, key: str) -> ParameterView:
    parameters = story.core.snapshot(Nanos(story.at)).changes.parameters
    return next(each for each in parameters if each.key == key)


def entry_value(story: Story) -> Decimal:
    """Of the next entry."""
    story.wait(1_000)
    story.depth(bids=[(9_999, 50)])
    story.buy_signal()
    sent = story.of(OrderSent)[-1]
    return FREE.notional(sent.price, sent.size)


def test_a_parameter_is_set_shown_and_traded_by() -> None:
    story = a_story()
    told = put(story, "order_notional", "40.50")
    assert told == ParameterSet(
        at=Nanos(story.at),
        origin=PERSON,
        key="order_notional",
        before="",
        value="40.5",
    )
    shown = view(story, "OFF_HOURS.order_notional")
    assert (shown.value, shown.configured, shown.changed) == (Decimal("40.5"), Decimal(100), True)
    assert (shown.least, shown.most, shown.unit) == (Decimal(1), Decimal(1000), "quote asset")
    assert 39 < entry_value(story) <= Decimal("40.5")


def test_a_thresholds_new_value_reaches_the_compiled_loop() -> None:
    story = a_story()
    put(story, "imbalance_threshold", "0.9")
    story.buy_signal()
    assert story.of(SignalRaised) == []
    assert any("imbalance" in word for word in view_obstacles(story))
    story.wait(1_000)
    put(story, "imbalance_threshold", "")
    story.depth(bids=[(9_999, 50)])
    story.buy_signal()
    assert len(story.of(SignalRaised)) == 1


def view_obstacles(story: Story) -> tuple[str, ...]:
    return story.core.snapshot(Nanos(story.at)).symbols[0].obstacles


def test_a_factor_on_thresholds_multiplies_what_is_configured() -> None:
    story = a_story(a_plan(signal={"imbalance_threshold": 0.4}, order_notional=100.0))
    put(story, "entry_threshold", "1.75")
    story.buy_signal()
    assert story.of(SignalRaised) == [], "0.67 is less than 0.7"
    story.wait(1_000)
    put(story, "entry_threshold", "1.6")
    story.depth(bids=[(9_999, 50)])
    story.buy_signal()
    assert len(story.of(SignalRaised)) == 1


def test_the_risk_multiplier_makes_entries_smaller_and_larger() -> None:
    story = a_story()
    put(story, "risk_multiplier", "0.5")
    assert 49 <= entry_value(story) <= 50
    larger = a_story()
    put(larger, "risk_multiplier", "1.5")
    assert 149 <= entry_value(larger) <= 150


def test_by_hand_too_entries_are_multiplied_and_only_made_smaller() -> None:
    story = a_story()
    put(story, "risk_multiplier", "0.5")
    (sent,) = story.tell(EnterPosition(origin=PERSON, symbol="BTCUSDC", notional=Decimal(60)))
    assert isinstance(sent, OrderSent)
    assert 29 <= FREE.notional(sent.price, sent.size) <= 30
    larger = a_story()
    put(larger, "risk_multiplier", "1.5")
    (sent,) = larger.tell(EnterPosition(origin=PERSON, symbol="BTCUSDC", notional=Decimal(60)))
    assert isinstance(sent, OrderSent)
    assert FREE.notional(sent.price, sent.size) <= 60


def test_a_limit_of_risk_is_made_tighter_and_never_looser_than_configured() -> None:
    story = a_story(limits=RiskLimits(max_order_notional=Decimal(200)))
    put(story, "max_order_notional", "50")
    story.buy_signal()
    assert [fact.reason for fact in story.of(ProposalRefused)] == ["max_order_notional"]
    refused = put(story, "max_order_notional", "201")
    assert isinstance(refused, CommandRefused)
    assert refused.why == "max_order_notional is 1 to 200 quote asset"
    put(story, "max_order_notional", "")
    assert entry_value(story) > 90


def test_exits_of_what_is_held_stay_and_new_entries_get_the_new_ones() -> None:
    story = a_story(a_plan(order_notional=100.0, stop_bps=20.0))
    story.buy_signal()
    story.wait(20)
    (before,) = story.of(ExitsArmed)
    put(story, "stop_bps", "100")
    assert story.core.account.exits["BTCUSDC"] == before
    story.wait(1_000)
    story.depth(bids=[(9_999, 50)])
    story.sell_signal()
    story.wait(1_000)
    story.depth(bids=[(9_999, 50)])
    story.buy_signal()
    story.wait(20)
    assert story.of(ExitsArmed)[-1].stop < before.stop - 50


def test_one_session_is_set_and_the_others_are_not() -> None:
    hours = {"US": SessionSettings(start_hour=12, end_hour=13, signal=SignalOverrides())}
    plan = a_plan(order_notional=100.0).model_copy(update={"sessions": hours})
    story = a_story(plan)
    put(story, "US.order_notional", "40")
    put(story, "order_notional", "60")
    assert view(story, "US.order_notional").value == 40
    assert view(story, "OFF_HOURS.order_notional").value == 60
    assert 39 < entry_value(story) <= 40
    story.wait(3_600_000)
    story.snapshot()
    story.wait(1_000)
    story.depth(bids=[(9_999, 51)])
    assert story.core.snapshot(Nanos(story.at)).symbols[0].session == "OFF_HOURS"
    assert 59 < entry_value(story) <= 60


def test_changes_are_taken_back_one_by_one_the_last_first() -> None:
    story = a_story()
    for key, value in (("stop_bps", "30"), ("stop_bps", "40"), ("order_notional", "50")):
        put(story, key, value)
    undone: list[tuple[str, str, str]] = []
    for _ in range(3):
        (fact,) = story.tell(UndoParameter(origin=PERSON))
        assert isinstance(fact, ParameterUndone)
        undone.append((fact.key, fact.before, fact.value))
    assert undone == [
        ("order_notional", "50", ""),
        ("stop_bps", "40", "30"),
        ("stop_bps", "30", ""),
    ]
    assert not any(each.changed for each in story.core.snapshot(Nanos(story.at)).changes.parameters)
    (refused,) = story.tell(UndoParameter(origin=PERSON))
    assert isinstance(refused, CommandRefused)
    assert refused.why == "nothing was set that could be taken back"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("risk_multiplier", "2.01", "risk_multiplier is 0.05 to 2 factor"),
        ("risk_multiplier", "0", "risk_multiplier is 0.05 to 2 factor"),
        ("risk_multiplier", "-1", "no plain number"),
        ("risk_multiplier", "1e0", "no plain number"),
        ("risk_multiplier", "NaN", "no plain number"),
        ("risk_multiplier", "1" * 1_000_000, "no plain number"),
        ("hold_seconds", "1.5", "hold_seconds is a whole number of s"),
        ("max_open_positions", "9", "max_open_positions is 0 to 8 positions"),
        ("OFF_HOURS.risk_multiplier", "1", "is no parameter that can be set"),
        ("NOWHERE.stop_bps", "10", "is no parameter that can be set"),
        (".stop_bps", "10", "is no parameter that can be set"),
        ("kill", "0", "is no parameter that can be set"),
        ("daily_loss_kill_percent", "99", "is no parameter that can be set"),
        ("stop_bps", "", "stop_bps is as configured already"),
        ("", "", "is no parameter that can be set"),
        ("x" * 1_000_000, "1", "is no parameter that can be set"),
    ],
)
def test_what_is_not_in_the_table_or_its_bounds_is_refused(
    key: str, value: str, words: str
) -> None:
    story = a_story()
    refused = put(story, key, value)
    assert isinstance(refused, CommandRefused)
    assert words in refused.why
    assert len(refused.why) + len(refused.about) < 200
    assert story.core.account.changes.parameters == {}


@pytest.mark.parametrize("origin", [Origin.OVERSEER, Origin.SYSTEM])
def test_only_a_person_sets_and_undoes(origin: Origin) -> None:
    story = a_story()
    refused = put(story, "stop_bps", "10", origin)
    assert refused.why == "only a person may set a parameter"
    (again,) = story.tell(UndoParameter(origin=origin))
    assert isinstance(again, CommandRefused)
    assert again.why == "only a person may undo what was set"


def test_a_killed_desk_is_set_nothing() -> None:
    story = a_story()
    story.tell(Kill(origin=PERSON))
    assert put(story, "stop_bps", "10").why == "the desk is killed until a person re-arms it"


@pytest.mark.parametrize("in_order", [True, False])
def test_what_was_set_outlives_a_restart_and_can_still_be_taken_back(*, in_order: bool) -> None:
    story = a_story()
    put(story, "order_notional", "40")
    put(story, "imbalance_threshold", "0.9")
    if in_order:
        story.close()
    again = story.restarted()
    again.warm_up()
    again.buy_signal()
    assert again.of(SignalRaised) == [], "the schedule is written at the start"
    again.tell(UndoParameter(origin=PERSON))
    assert 39 < entry_value(again) <= 40


def test_what_other_settings_do_not_allow_is_as_configured_again() -> None:
    story = a_story(limits=RiskLimits(max_order_notional=Decimal(500)))
    put(story, "max_order_notional", "300")
    put(story, "stop_bps", "30")
    tighter = engine_settings(
        plan=a_plan(order_notional=100.0), limits=RiskLimits(max_order_notional=Decimal(200))
    )
    again = story.restarted(settings=tighter)
    (dropped,) = again.of(ParameterSet)
    assert (dropped.key, dropped.before, dropped.value) == ("max_order_notional", "300", "")
    assert dropped.origin is Origin.SYSTEM
    assert "1 to 200" in dropped.why
    (undone,) = again.tell(UndoParameter(origin=PERSON))
    assert isinstance(undone, ParameterUndone)
    assert undone.key == "stop_bps"


def test_every_row_of_the_table_is_of_the_settings_and_within_their_bounds() -> None:
    slices = (SignalParameters(), ExecutionParameters(), RiskLimits())
    for row in TABLE.values():
        assert row.what
        assert row.unit
        assert row.least <= (row.most or row.least)
        owners = [each for each in slices if row.name in type(each).model_fields]
        for owner in owners[:1] if row.below == "" else owners[-1:]:
            for value in (row.least, row.most):
                if value is not None:
                    kind = type(owner)
                    typed = int(value) if row.whole else float(value)
                    assert kind.model_validate({row.name: typed}) is not None
