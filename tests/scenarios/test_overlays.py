"""Overlays: bounded, for a time, the most careful wins, and nothing is left of one that ended."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_depth_message, a_plan, an_instrument, engine_settings
from tests.overlays import an_overlay, propose
from tests.story import Story
from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayRefused,
    OverlayReverted,
    ParameterSet,
)
from trading_agent.domain.commands import (
    ApplyOverlay,
    Kill,
    Origin,
    RevertLoosening,
    RevertOverlay,
    SetParameter,
    SwitchStrategy,
)
from trading_agent.domain.evidence_facts import EntryWeighed
from trading_agent.domain.facts import (
    BreakerTripped,
    CommandRefused,
    ExitTriggered,
    ProposalRefused,
    SignalRaised,
)
from trading_agent.domain.message import MarketRows
from trading_agent.domain.order_facts import OrderCanceled, OrderSent
from trading_agent.domain.overlays import OverlayKind, OverlayRefusal, Preset
from trading_agent.domain.units import HOUR, MINUTE, SECOND, Nanos
from trading_agent.engine.settings import OverlayBounds
from trading_agent.risk.settings import BreakerLimits, RiskLimits
from trading_agent.signals.enhanced.settings import EnhancedSettings

PAIRS = (
    an_instrument(taker_fee=Decimal(0)),
    an_instrument("ETHUSDC", taker_fee=Decimal(0)),
)
PERSON, OVERSEER, SYSTEM = Origin.PERSON, Origin.OVERSEER, Origin.SYSTEM
RISK, THRESHOLD = OverlayKind.RISK_MULTIPLIER, OverlayKind.ENTRY_THRESHOLD
PAUSE, RESTORE = OverlayKind.PAUSE_SYMBOL, OverlayKind.RESTORE
HALF = {"kind": RISK, "value": Decimal("0.5")}
BOLD = {"kind": RISK, "value": Decimal("1.2")}


def a_story(
    bounds: OverlayBounds | None = None, limits: RiskLimits | None = None, **execution: Any
) -> Story:
    plan = a_plan(
        signal={"imbalance_threshold": 0.4},
        **({"order_notional": 100.0, "resting_seconds": 600} | execution),
    )
    settings = engine_settings(plan=plan, limits=limits, overlays=bounds)
    story = Story(settings, PAIRS)
    story.warm_up()
    return story


def changes(story: Story) -> Any:
    return story.core.snapshot(Nanos(story.at)).changes


def active(story: Story) -> list[str]:
    return [each.overlay for each in changes(story).overlays]


def entry_value(story: Story) -> Decimal:
    """Of the next entry; what is held before is sold first."""
    if story.position():
        story.wait(1_000)
        story.depth(bids=[(9_999, 50)])
        story.sell_signal()
    story.wait(1_000)
    story.depth(bids=[(9_999, 50)])
    story.buy_signal()
    sent = story.of(OrderSent)[-1]
    story.wait(20)
    return PAIRS[0].notional(sent.price, sent.size)


def refused(told: Any) -> OverlayRefusal:
    assert isinstance(told, OverlayRefused), told
    return told.reason


def test_an_overlay_holds_for_its_time_and_nothing_is_left_of_it() -> None:
    story = a_story()
    before = story.core.snapshot(Nanos(story.at))
    applied = propose(story, **HALF)
    assert isinstance(applied, OverlayApplied)
    assert (applied.until, applied.loosens) == (story.at + 300 * SECOND, False)
    (shown,) = changes(story).overlays
    assert (shown.overlay, shown.remaining, shown.origin) == ("o1", 300 * SECOND, OVERSEER)
    assert changes(story).risk_multiplier == Decimal("0.5")
    assert 49 < entry_value(story) <= 50
    story.wait(300_000)
    assert story.of(OverlayExpired) == [OverlayExpired(at=applied.until, overlay="o1")]
    story.snapshot()
    assert changes(story) == before.changes
    assert 99 < entry_value(story) <= 100


def test_a_threshold_of_the_session_is_written_for_the_compiled_loop_and_taken_back() -> None:
    story = a_story()
    propose(story, kind=THRESHOLD, value=Decimal(2), scope="OFF_HOURS")
    assert changes(story).entry_thresholds == {"OFF_HOURS": Decimal(2)}
    story.buy_signal()
    assert story.of(SignalRaised) == [], "0.67 is less than 0.8"
    story.wait(300_000)
    story.snapshot()
    story.wait(1_000)
    story.depth(bids=[(9_999, 50)])
    story.buy_signal()
    assert len(story.of(SignalRaised)) == 1


def test_a_halt_allows_no_entries_calls_them_back_and_lets_exits_go_on() -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.wait(20)
    propose(story)
    story.wait(20)
    assert len(story.of(OrderCanceled)) == 1
    desk = story.core.snapshot(Nanos(story.at))
    assert (desk.trading, desk.why_not_trading) == (False, "overlay o1: test")
    assert "no entries: overlay o1: test" in desk.symbols[0].obstacles
    held = a_story()
    held.buy_signal()
    held.wait(1_000)
    propose(held)
    held.depth(bids=[(9_999, 50)])
    held.sell_signal()
    held.wait(1_000)
    assert len(held.of(ExitTriggered)) == 1
    held.depth(bids=[(9_999, 50)])
    held.buy_signal()
    assert [fact.reason for fact in held.of(ProposalRefused)] == ["entries_halted"]


def test_a_paused_symbol_has_no_entries_and_the_other_has() -> None:
    story = a_story()
    story.warm_up(symbol=1)
    propose(story, kind=PAUSE, scope="ETHUSDC")
    assert changes(story).risk_multipliers == {}
    story.depth(bids=[(9_999, 50)])
    for symbol in (0, 1):
        story.buy_signal(symbol=symbol)
    assert [(fact.symbol, fact.reason) for fact in story.of(ProposalRefused)] == [
        ("ETHUSDC", "symbol_locked")
    ]
    assert [fact.symbol for fact in story.of(OrderSent)] == ["BTCUSDC"]


def test_a_multiplier_of_one_symbol_is_of_that_symbol() -> None:
    story = a_story()
    propose(story, **HALF, scope="ETHUSDC")
    assert changes(story).risk_multiplier == 1
    assert changes(story).risk_multipliers == {"ETHUSDC": Decimal("0.5")}
    assert 99 < entry_value(story) <= 100


def test_the_most_careful_wins_in_whatever_order() -> None:
    values = ("0.5", "1.2", "0.8")
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        story = a_story()
        for place in order:
            propose(story, PERSON, overlay=f"o{place}", kind=RISK, value=Decimal(values[place]))
        assert changes(story).risk_multiplier == Decimal("0.5")
        story.tell(RevertOverlay(origin=PERSON, overlay="o0"))
        assert changes(story).risk_multiplier == Decimal("0.8")
        story.tell(RevertOverlay(origin=PERSON, overlay="o2"))
        assert changes(story).risk_multiplier == Decimal("1.2")
        story.tell(RevertOverlay(origin=PERSON))
        assert changes(story).risk_multiplier == 1


def test_what_a_person_set_is_multiplied() -> None:
    story = a_story()
    story.tell(SetParameter(origin=PERSON, key="risk_multiplier", value="0.6"))
    propose(story, **HALF)
    assert changes(story).risk_multiplier == Decimal("0.3")
    assert 29 < entry_value(story) <= 30


def test_a_preset_is_both_multipliers() -> None:
    story = a_story()
    propose(story, kind=OverlayKind.PRESET, preset=Preset.DEFENSIVE)
    assert changes(story).risk_multiplier == Decimal("0.25")
    assert changes(story).entry_thresholds == {"OFF_HOURS": Decimal("1.5")}
    told = propose(story, overlay="o2", kind=OverlayKind.PRESET, preset=Preset.AGGRESSIVE)
    assert refused(told) is OverlayRefusal.NEEDS_CONSENT


def test_what_loosens_needs_a_persons_consent() -> None:
    story = a_story()
    assert refused(propose(story, **BOLD)) is OverlayRefusal.NEEDS_CONSENT
    threshold = {"kind": THRESHOLD, "value": Decimal("0.9")}
    assert refused(propose(story, **threshold)) is OverlayRefusal.NEEDS_CONSENT
    applied = propose(story, PERSON, **BOLD)
    assert applied.loosens
    assert 119 < entry_value(story) <= 120


def test_a_person_may_let_the_overseer_loosen_a_little() -> None:
    story = a_story(OverlayBounds(overseer_loosens_percent=15.0))
    assert refused(propose(story, **BOLD)) is OverlayRefusal.NEEDS_CONSENT
    assert propose(story, kind=RISK, value=Decimal("1.15")).loosens
    assert propose(story, overlay="o2", kind=THRESHOLD, value=Decimal("0.85")).loosens
    preset = propose(story, overlay="o3", kind=OverlayKind.PRESET, preset=Preset.AGGRESSIVE)
    assert preset.loosens


def test_one_made_for_another_baseline_or_from_an_old_picture_comes_too_late() -> None:
    story = a_story()
    late = an_overlay(story.core, story.at, **HALF)
    story.tell(SetParameter(origin=PERSON, key="stop_bps", value="30"))
    (told,) = story.tell(ApplyOverlay(origin=OVERSEER, overlay=late))
    assert refused(told) is OverlayRefusal.STALE_BASELINE
    old = an_overlay(story.core, story.at, **HALF)
    story.wait(120_001)
    (told,) = story.tell(ApplyOverlay(origin=OVERSEER, overlay=old))
    assert refused(told) is OverlayRefusal.STALE_SNAPSHOT
    told = propose(story, **HALF, snapshot_at=Nanos(story.at + 1))
    assert refused(told) is OverlayRefusal.STALE_SNAPSHOT
    assert active(story) == []


def test_the_baseline_is_the_same_again_when_a_change_is_taken_back() -> None:
    story = a_story()
    before = changes(story).baseline
    story.tell(SetParameter(origin=PERSON, key="stop_bps", value="30"))
    between = changes(story).baseline
    story.tell(SetParameter(origin=PERSON, key="stop_bps", value=""))
    assert changes(story).baseline == before != between


def test_a_name_is_used_once() -> None:
    story = a_story()
    propose(story, **HALF)
    assert refused(propose(story, **HALF)) is OverlayRefusal.KNOWN
    story.tell(RevertOverlay(origin=PERSON, overlay="o1"))
    assert refused(propose(story, **HALF)) is OverlayRefusal.KNOWN


def test_who_may_end_what() -> None:
    story = a_story()
    propose(story, **HALF, overlay="own")
    propose(story, PERSON, **HALF, overlay="persons")
    propose(story, PERSON, **BOLD, overlay="bold")
    (told,) = story.tell(RevertOverlay(origin=OVERSEER, overlay="persons"))
    assert refused(told) is OverlayRefusal.NOT_YOURS
    (told,) = story.tell(RevertOverlay(origin=OVERSEER, overlay="bold", why="worse"))
    assert told == OverlayReverted(at=Nanos(story.at), origin=OVERSEER, overlay="bold", why="worse")
    story.tell(RevertOverlay(origin=OVERSEER))
    assert active(story) == ["persons"]
    (told,) = story.tell(RevertOverlay(origin=OVERSEER))
    assert refused(told) is OverlayRefusal.NOT_YOURS
    story.tell(RevertOverlay(origin=PERSON))
    assert active(story) == []
    for name in ("", "nobody", "own"):
        (told,) = story.tell(RevertOverlay(origin=PERSON, overlay=name))
        assert refused(told) is OverlayRefusal.NOT_ACTIVE


def test_restoring_ends_what_holds_in_a_scope() -> None:
    story = a_story()
    propose(story, **HALF, overlay="eth", scope="ETHUSDC")
    propose(story, overlay="halt")
    told = propose(story, kind=RESTORE, overlay="r", scope="ETHUSDC", ttl_seconds=0)
    assert isinstance(told, OverlayReverted)
    assert told.why == "test"
    assert active(story) == ["halt"]
    told = propose(story, kind=RESTORE, overlay="r2", scope="ETHUSDC")
    assert refused(told) is OverlayRefusal.NOT_ACTIVE
    told = propose(story, kind=RESTORE, overlay="r3", why="")
    assert told.why == "restored by r3"
    assert active(story) == []


def test_without_the_overseer_what_loosens_ends_and_what_tightens_goes_on() -> None:
    story = a_story()
    propose(story, **HALF, overlay="tight")
    propose(story, PERSON, **BOLD, overlay="bold")
    told = story.tell(RevertLoosening(origin=SYSTEM))
    assert told == (
        OverlayReverted(
            at=Nanos(story.at), origin=SYSTEM, overlay="bold", why="the overseer does not answer"
        ),
    )
    assert active(story) == ["tight"]
    assert story.tell(RevertLoosening(origin=SYSTEM)) == ()


@pytest.mark.parametrize(
    "command",
    [
        SetParameter(origin=PERSON, key="stop_bps", value="30"),
        SwitchStrategy(origin=PERSON, strategy="flash", on=False),
    ],
)
def test_what_loosens_ends_with_the_baseline_it_was_for(command: Any) -> None:
    story = a_story()
    propose(story, **HALF, overlay="tight")
    propose(story, PERSON, **BOLD, overlay="bold")
    story.tell(command)
    assert active(story) == ["tight"]


def test_what_loosens_ends_when_a_breaker_trips() -> None:
    limits = RiskLimits(breakers=BreakerLimits(losing_streak_soft=1))
    story = a_story(limits=limits, stop_bps=20.0)
    propose(story, PERSON, **BOLD)
    story.buy_signal()
    story.wait(20)
    story.snapshot([(9_900, 500)], [(9_901, 500)])
    story.wait(20)
    assert len(story.of(BreakerTripped)) == 1
    assert [fact.why for fact in story.of(OverlayReverted)] == ["a breaker has tripped"]


def test_what_loosens_ends_when_the_desk_has_lost_since() -> None:
    bounds = OverlayBounds(revert_drawdown_percent=0.001)
    story = a_story(bounds, stop_bps=20.0)
    propose(story, **HALF, overlay="tight")
    propose(story, PERSON, **BOLD, overlay="bold")
    story.buy_signal()
    story.wait(20)
    story.snapshot([(9_900, 500)], [(9_901, 500)])
    story.wait(60_000)
    (reverted,) = story.of(OverlayReverted)
    assert (reverted.overlay, reverted.origin) == ("bold", SYSTEM)
    assert reverted.why == "the desk has lost more than 0.001 percent since"


def test_a_loss_ends_nothing_where_a_person_does_not_want_it() -> None:
    story = a_story(OverlayBounds(revert_drawdown_percent=0.0), stop_bps=20.0)
    propose(story, PERSON, **BOLD)
    story.buy_signal()
    story.wait(20)
    story.snapshot([(9_900, 500)], [(9_901, 500)])
    story.wait(60_000)
    assert active(story) == ["o1"]


@pytest.mark.parametrize(("scope", "called_back"), [("BTCUSDC", 1), ("ETHUSDC", 0)])
def test_a_pause_calls_back_the_entries_of_its_symbol(scope: str, called_back: int) -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.wait(20)
    propose(story, kind=PAUSE, scope=scope)
    story.wait(20)
    assert len(story.of(OrderCanceled)) == called_back


def test_what_is_no_halt_calls_no_entries_back() -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.wait(20)
    propose(story, **HALF)
    propose(story, overlay="o2", **HALF, scope="BTCUSDC")
    story.wait(20)
    assert story.of(OrderCanceled) == []


def test_there_are_only_so_many() -> None:
    story = a_story(OverlayBounds(most_at_once=3, most_a_symbol=2, most_changes_a_day=4))
    for number in range(2):
        propose(story, overlay=f"s{number}", kind=PAUSE, scope="ETHUSDC")
    told = propose(story, overlay="s2", **HALF, scope="ETHUSDC")
    assert refused(told) is OverlayRefusal.TOO_MANY
    propose(story, overlay="a", **HALF)
    assert refused(propose(story, overlay="b", **HALF)) is OverlayRefusal.TOO_MANY
    story.tell(RevertOverlay(origin=PERSON))
    propose(story, overlay="c", **HALF)
    assert refused(propose(story, overlay="d", **HALF)) is OverlayRefusal.TOO_MANY
    assert isinstance(propose(story, PERSON, overlay="e", **HALF), OverlayApplied)
    story.wait(12 * 3_600_000)
    assert isinstance(propose(story, overlay="f", **HALF), OverlayApplied), "the next day"


def test_those_of_one_symbol_are_none_of_another() -> None:
    story = a_story(OverlayBounds(most_a_symbol=1))
    for number, symbol in enumerate(("ETHUSDC", "BTCUSDC", "")):
        told = propose(story, overlay=f"o{number}", **HALF, scope=symbol)
        assert isinstance(told, OverlayApplied)
    told = propose(story, overlay="o3", kind=PAUSE, scope="ETHUSDC")
    assert refused(told) is OverlayRefusal.TOO_MANY


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": RISK, "value": Decimal("0.1")},
        {"kind": RISK, "value": Decimal("1.25")},
        {"kind": RISK, "value": Decimal("0.5001")},
        {"kind": RISK, "value": Decimal("0.50000000")},
        {"kind": THRESHOLD, "value": Decimal("0.8")},
        {"kind": THRESHOLD, "value": Decimal(2)},
        {"overlay": "x" * 64, "why": "x" * 240},
        {"ttl_seconds": 3_600},
        HALF | {"ttl_seconds": 14_400},
        BOLD | {"ttl_seconds": 7_200},
        {"kind": PAUSE, "scope": "ETHUSDC", "ttl_seconds": 7_200},
    ],
)
def test_what_is_just_within_its_bounds_is_applied(fields: dict[str, Any]) -> None:
    story = a_story()
    overlay = an_overlay(story.core, story.at, **fields)
    story.wait(120_000)
    (told,) = story.tell(ApplyOverlay(origin=PERSON, overlay=overlay))
    assert isinstance(told, OverlayApplied)


def test_together_they_loosen_no_further_than_a_person_could() -> None:
    story = a_story()
    for key, value in (("risk_multiplier", "2"), ("entry_threshold", "0.5")):
        story.tell(SetParameter(origin=PERSON, key=key, value=value))
    propose(story, PERSON, **BOLD)
    propose(story, PERSON, overlay="o2", kind=THRESHOLD, value=Decimal("0.8"))
    assert changes(story).risk_multiplier == 2
    assert changes(story).entry_thresholds == {"OFF_HOURS": Decimal("0.5")}
    tight = a_story()
    for key, value in (("risk_multiplier", "0.05"), ("entry_threshold", "3")):
        tight.tell(SetParameter(origin=PERSON, key=key, value=value))
    propose(tight, **HALF)
    propose(tight, overlay="o2", kind=THRESHOLD, value=Decimal(2))
    assert changes(tight).risk_multiplier == Decimal("0.025")
    assert changes(tight).entry_thresholds == {"OFF_HOURS": Decimal(6)}


@pytest.mark.parametrize("fields", [{}, {"kind": PAUSE, "scope": "BTCUSDC"}])
def test_where_there_are_no_entries_no_evidence_is_weighed(fields: dict[str, Any]) -> None:
    plan = a_plan(order_notional=100.0)
    story = Story(engine_settings(plan=plan, enhanced=EnhancedSettings(enabled=True)), PAIRS)
    story.warm_up()
    propose(story, **fields)
    story.buy_signal()
    assert story.of(EntryWeighed) == []
    assert len(story.of(ProposalRefused)) == 1


def test_the_overseer_may_halt_only_so_long_a_day() -> None:
    story = a_story(OverlayBounds(most_halted_seconds_a_day=900))
    propose(story, overlay="a", ttl_seconds=600)
    told = propose(story, overlay="b", ttl_seconds=301)
    assert refused(told) is OverlayRefusal.NEEDS_CONSENT
    assert isinstance(propose(story, overlay="c", ttl_seconds=300), OverlayApplied)
    told = propose(story, PERSON, overlay="d", ttl_seconds=3_600)
    assert isinstance(told, OverlayApplied)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"overlay": ""}, OverlayRefusal.MALFORMED),
        ({"overlay": "x" * 65}, OverlayRefusal.MALFORMED),
        ({"overlay": "Ж"}, OverlayRefusal.MALFORMED),
        ({"overlay": "a b"}, OverlayRefusal.MALFORMED),
        ({"why": "x" * 241}, OverlayRefusal.MALFORMED),
        ({"scope": "x" * 33}, OverlayRefusal.MALFORMED),
        ({"scope": "BTCUSDC"}, OverlayRefusal.MALFORMED),
        ({"value": Decimal("0.5")}, OverlayRefusal.MALFORMED),
        ({"preset": Preset.DEFENSIVE}, OverlayRefusal.MALFORMED),
        ({"kind": RISK}, OverlayRefusal.MALFORMED),
        ({"kind": PAUSE}, OverlayRefusal.MALFORMED),
        ({"kind": OverlayKind.PRESET}, OverlayRefusal.MALFORMED),
        (HALF | {"preset": Preset.DEFENSIVE}, OverlayRefusal.MALFORMED),
        ({"kind": RISK, "value": Decimal(1)}, OverlayRefusal.MALFORMED),
        ({"kind": RISK, "value": Decimal("0.50001")}, OverlayRefusal.MALFORMED),
        ({"kind": RISK, "value": Decimal("0." + "3" * 200)}, OverlayRefusal.MALFORMED),
        ({"kind": RISK, "value": Decimal("NaN")}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": RISK, "value": Decimal("sNaN")}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": RISK, "value": Decimal("-Infinity")}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": RISK, "value": Decimal("1e308")}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": RISK, "value": Decimal("5e-324")}, OverlayRefusal.MALFORMED),
        ({"kind": RISK, "value": Decimal("1e-999999")}, OverlayRefusal.MALFORMED),
        ({"kind": RISK, "value": Decimal(0)}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": RISK, "value": Decimal("-0.5")}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": RISK, "value": Decimal("1.26")}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": RISK, "value": Decimal("0.09")}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": THRESHOLD, "value": Decimal("2.01")}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": THRESHOLD, "value": Decimal("0.79")}, OverlayRefusal.OUT_OF_BOUNDS),
        (HALF | {"scope": "NOSUCHPAIR"}, OverlayRefusal.UNKNOWN_SCOPE),
        (HALF | {"scope": "OFF_HOURS"}, OverlayRefusal.UNKNOWN_SCOPE),
        (
            {"kind": THRESHOLD, "value": Decimal("1.5"), "scope": "BTCUSDC"},
            OverlayRefusal.UNKNOWN_SCOPE,
        ),
        ({"ttl_seconds": 299}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"ttl_seconds": 3_601}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"ttl_seconds": 1 << 70}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"ttl_seconds": -1}, OverlayRefusal.OUT_OF_BOUNDS),
        (HALF | {"ttl_seconds": 14_401}, OverlayRefusal.OUT_OF_BOUNDS),
        (BOLD | {"ttl_seconds": 7_201}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"kind": PAUSE, "scope": "ETHUSDC", "ttl_seconds": 7_201}, OverlayRefusal.OUT_OF_BOUNDS),
        ({"baseline": ""}, OverlayRefusal.STALE_BASELINE),
        ({"kind": RESTORE, "value": Decimal(1)}, OverlayRefusal.MALFORMED),
        ({"kind": RESTORE, "scope": "NOWHERE"}, OverlayRefusal.UNKNOWN_SCOPE),
        ({"kind": RESTORE, "baseline": "x"}, OverlayRefusal.STALE_BASELINE),
        ({"kind": RESTORE, "snapshot_at": Nanos(0)}, OverlayRefusal.STALE_SNAPSHOT),
    ],
)
def test_what_is_garbage_or_out_of_bounds_is_refused_and_changes_nothing(
    fields: dict[str, Any], reason: OverlayRefusal
) -> None:
    story = a_story()
    before = story.core.snapshot(Nanos(story.at)).changes
    told = propose(story, PERSON, **fields)
    assert refused(told) is reason
    assert len(told.overlay) <= 64
    assert story.core.snapshot(Nanos(story.at)).changes == before
    assert story.core.wakeup() == a_story().core.wakeup()


def test_a_program_that_is_no_overseer_applies_none() -> None:
    told = propose(a_story(), SYSTEM, **HALF)
    assert isinstance(told, CommandRefused)
    assert told.why == "an overlay is the overseer's or a person's"


def test_a_killed_desk_takes_none_and_ends_those_it_has() -> None:
    story = a_story()
    propose(story, PERSON, **BOLD)
    story.tell(Kill(origin=PERSON))
    told = propose(story, overlay="o2", **HALF)
    assert refused(told) is OverlayRefusal.DESK_KILLED
    (reverted,) = story.tell(RevertLoosening(origin=SYSTEM))
    assert isinstance(reverted, OverlayReverted)


@pytest.mark.parametrize("in_order", [True, False])
def test_overlays_outlive_a_restart_until_their_time(*, in_order: bool) -> None:
    story = a_story()
    propose(story, **HALF, ttl_seconds=600)
    propose(story, overlay="o2", kind=THRESHOLD, value=Decimal(2))
    applied = story.of(OverlayApplied)[0]
    if in_order:
        story.close()
    again = story.restarted(after_ms=400_000)
    assert [fact.overlay for fact in again.of(OverlayExpired)] == ["o2"]
    assert changes(again).overlays[0].until == applied.until
    assert changes(again).risk_multiplier == Decimal("0.5")
    again.warm_up()
    assert 49 < entry_value(again) <= 50
    again.wait(200_000)
    assert active(again) == []
    assert again.of(OverlayExpired)[-1].at == applied.until


def test_a_start_with_other_settings_ends_what_loosens_and_what_is_out_of_bounds() -> None:
    story = a_story()
    propose(story, **HALF, overlay="tight")
    propose(story, overlay="tighter", kind=RISK, value=Decimal("0.2"))
    propose(story, PERSON, **BOLD, overlay="bold")
    other = engine_settings(
        plan=a_plan(order_notional=90.0), overlays=OverlayBounds(least_risk_multiplier="0.3")
    )
    again = story.restarted(settings=other)
    assert [(fact.overlay, fact.why) for fact in again.of(OverlayReverted)] == [
        ("tighter", "beyond the bounds of the settings now"),
        ("bold", "the settings are others now"),
    ]
    assert active(again) == ["tight"]
    same = story.restarted()
    assert active(same) == ["tight", "tighter", "bold"]
    assert same.of(ParameterSet) == []


def test_an_end_acts_at_its_time_however_late_the_core_is_woken() -> None:
    story = a_story()
    applied = propose(story, **HALF)
    story.at += 310 * SECOND
    told = story.snapshot()
    assert OverlayExpired(at=applied.until, overlay="o1") in told
    late = a_story()
    applied = propose(late, ttl_seconds=600)
    late.at += HOUR
    told = late.tell(SetParameter(origin=PERSON, key="stop_bps", value="30"))
    kinds = [type(fact) for fact in told]
    assert kinds.index(OverlayExpired) < kinds.index(ParameterSet)
    assert [fact.at for fact in told if isinstance(fact, OverlayExpired)] == [applied.until]
    assert applied.until == applied.at + 10 * MINUTE


def test_an_end_acts_before_a_row_of_the_same_moment() -> None:
    story = a_story()
    propose(story, **HALF, ttl_seconds=300)
    applied = story.of(OverlayApplied)[0]
    while story.at < applied.until - 2 * SECOND:
        story.wait(1_000)
        story.depth(bids=[(9_999, 50)])
    story.at = applied.until
    told = story.buy_signal()
    assert [type(fact) for fact in told[:2]] == [OverlayExpired, SignalRaised]
    (sent,) = story.of(OrderSent)
    assert 99 < PAIRS[0].notional(sent.price, sent.size) <= 100


def test_an_end_cuts_no_message_in_two() -> None:
    """A message that began before the end is taken in whole: half of it would raise a signal."""
    story = a_story()
    propose(story, **HALF, ttl_seconds=300)
    (applied,) = story.of(OverlayApplied)
    while story.at < applied.until - 2 * SECOND:
        story.wait(1_000)
        story.depth(bids=[(9_999, 50)])
    rows = a_depth_message([(9_998, 400)], [(10_003, 400)], version=99)
    rows["at"] = [applied.until - 1, applied.until + 1]
    story.at = applied.until - 1
    told = story.step(MarketRows(rows))
    assert [type(fact) for fact in told] == [OverlayExpired]
