from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START
from tests.compiled_parts import called
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.market.book import BOOK, apply_level, open_book, settle_book
from trading_agent.signals.flash import FLASH, FlashTradingSignals, judge
from trading_agent.signals.orderflow import FEATURES
from trading_agent.signals.sessions import SCHEDULE, TradingSessionManager
from trading_agent.signals.settings import SessionPlan, SignalParameters

judge = called(judge)

NEEDS = {
    "imbalance_threshold": 0.3,
    "spread_limit_bps": 5.0,
    "momentum_threshold_bps": 1.0,
    "trade_flow_threshold": 0.2,
    "volatility_min_bps": 0.5,
    "volatility_max_bps": 10.0,
    "hysteresis": 0.5,
    "cooldown_ms": 1_000,
}
FIRING = {
    "warm": 1,
    "imbalance": 0.6,
    "weighted_imbalance": 0.0,
    "spread_bps": 2.0,
    "momentum_bps": 2.0,
    "trade_flow": 0.4,
    "volatility_bps": 3.0,
    "mid": 10_000.5,
}
SIGNED = {"imbalance", "weighted_imbalance", "momentum_bps", "trade_flow"}


class Judge:
    """Parameters, a book of one tick's spread, and the signal state between judgements."""

    def __init__(self, **needs: Any) -> None:
        plan = SessionPlan(signal=SignalParameters.model_validate(NEEDS | needs), sessions={})
        self.sessions = TradingSessionManager(plan)
        schedule: Any = np.zeros(1, SCHEDULE)[0]
        self.sessions.write_schedule(schedule)
        self.parameters = schedule["parameters"][0]
        self.flash: Any = np.zeros(1, FLASH)[0]
        self.book: Any = np.zeros(1, BOOK)[0]
        open_book(self.book)
        apply_level(self.book, 1, 10_000, 7)
        apply_level(self.book, 2, 10_001, 7)
        settle_book(self.book)
        self.book["version"] = 42

    def features(self, side: Side = Side.BUY, **changes: float) -> Any:
        """`changes` as a buy signal has them; mirrored for a sale."""
        features = np.zeros(1, FEATURES)[0]
        for name, value in (FIRING | changes).items():
            if name != "lean":
                features[name] = value * side if name in SIGNED else value
        features["microprice"] = features["mid"] + side * changes.get("lean", 0.0)
        return features

    def __call__(self, at_ms: float = 0, side: Side = Side.BUY, **changes: float) -> int:
        at = START + int(at_ms * MILLISECOND)
        features = self.features(side, **changes)
        return int(judge(self.flash, features, self.book, self.parameters, at))


BOTH = pytest.mark.parametrize("side", list(Side))


@BOTH
@pytest.mark.parametrize(
    ("name", "passes", "fails"),
    [
        ("imbalance", 0.3, 0.299),
        ("spread_bps", 5.0, 5.001),
        ("momentum_bps", 1.0, 0.999),
        ("trade_flow", 0.2, 0.199),
        ("volatility_bps", 0.5, 0.499),
        ("volatility_bps", 10.0, 10.001),
        ("warm", 1, 0),
    ],
)
def test_each_condition_holds_up_to_its_threshold(
    side: Side, name: str, passes: float, fails: float
) -> None:
    assert Judge()(side=side, **{name: passes}) == side
    assert Judge()(side=side, **{name: fails}) == 0


@BOTH
@pytest.mark.parametrize("name", ["momentum_bps", "trade_flow"])
def test_evidence_against_the_direction_is_no_evidence(side: Side, name: str) -> None:
    assert Judge(momentum_threshold_bps=0.0, trade_flow_threshold=0.0)(side=side, **{name: -5}) == 0


@BOTH
def test_a_direction_is_not_raised_again_before_it_has_calmed(side: Side) -> None:
    judge_one = Judge(cooldown_ms=0)
    assert judge_one(0, side) == side
    assert judge_one(1, side) == 0
    assert judge_one(2, side, imbalance=0.15) == 0
    assert judge_one(3, side) == 0, "0.15 is half the threshold: not below it"
    assert judge_one(4, side, imbalance=0.149) == 0
    assert judge_one(5, side) == side


@BOTH
def test_the_other_direction_needs_no_calm(side: Side) -> None:
    judge_one = Judge(cooldown_ms=0)
    assert judge_one(0, side) == side
    assert judge_one(1, side.opposite) == side.opposite
    assert judge_one(2, side) == side


def test_the_cool_down_holds_for_both_directions() -> None:
    judge_one = Judge(cooldown_ms=1_000)
    assert judge_one(0) == Side.BUY
    assert judge_one(999, Side.SELL) == 0
    assert judge_one(1_000, Side.SELL) == Side.SELL


def test_calming_during_the_cool_down_counts() -> None:
    judge_one = Judge(cooldown_ms=1_000)
    assert judge_one(0) == Side.BUY
    assert judge_one(10, imbalance=0.0) == 0
    assert judge_one(1_000) == Side.BUY


def test_what_did_not_fire_does_not_disarm() -> None:
    judge_one = Judge()
    assert judge_one(0, warm=0) == 0
    assert judge_one(1) == Side.BUY


def test_a_signal_records_what_it_saw() -> None:
    judge_one = Judge()
    assert judge_one(5) == Side.BUY
    signals = FlashTradingSignals(judge_one.sessions)
    raised = signals.raised("BTCUSDC", Nanos(START + 5), judge_one.flash.item())
    assert (raised.direction, raised.bid, raised.ask, raised.sequence) == (
        Side.BUY,
        10_000,
        10_001,
        42,
    )
    assert (raised.imbalance, raised.momentum_bps, raised.volatility_bps) == (0.6, 2.0, 3.0)
    assert (raised.session, raised.at) == ("OFF_HOURS", START + 5)


@BOTH
@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, ()),
        ({"lean": 0.1}, ("microprice",)),
        ({"lean": -0.1}, ()),
        ({"weighted_imbalance": 0.3}, ("weighted_imbalance",)),
        ({"weighted_imbalance": 0.3, "lean": 0.1}, ("microprice", "weighted_imbalance")),
    ],
)
def test_reasons_name_what_spoke_for_it(
    side: Side, changes: dict[str, float], more: tuple[str, ...]
) -> None:
    judge_one = Judge()
    assert judge_one(side=side, **changes) == side
    raised = FlashTradingSignals(judge_one.sessions).raised(
        "BTCUSDC", START, judge_one.flash.item()
    )
    assert raised.reasons == ("imbalance", "momentum", "trade_flow", *more)


def test_strength_grows_from_the_thresholds_to_one() -> None:
    judge_one = Judge(cooldown_ms=0, hysteresis=0.0)
    assert judge_one(0, imbalance=0.3, momentum_bps=1.0, trade_flow=0.2) == Side.BUY
    assert judge_one.flash["strength"] == pytest.approx(0.25 / 4 + 0.25 * 0.2)
    judge_one = Judge()
    assert judge_one(0, imbalance=1.0, momentum_bps=4.0, trade_flow=1.0) == Side.BUY
    assert judge_one.flash["strength"] == pytest.approx(1.0)


shares = st.floats(-1.0, 1.0)
some_features = st.fixed_dictionaries(
    {
        "imbalance": shares,
        "weighted_imbalance": shares,
        "trade_flow": shares,
        "momentum_bps": st.floats(-500, 500),
        "volatility_bps": st.floats(0, 100),
        "spread_bps": st.floats(0, 100),
        "warm": st.sampled_from((0, 1, 1, 1)),
    }
)
some_needs = st.fixed_dictionaries(
    {
        "imbalance_threshold": st.sampled_from((0.0, 0.1, 0.9, 1.0)),
        "momentum_threshold_bps": st.sampled_from((0.0, 0.5, 100.0)),
        "trade_flow_threshold": st.sampled_from((0.0, 0.3, 1.0)),
        "spread_limit_bps": st.sampled_from((1.0, 50.0)),
        "volatility_min_bps": st.sampled_from((0.0, 1.0)),
        "hysteresis": st.sampled_from((0.0, 0.6, 1.0)),
        "cooldown_ms": st.sampled_from((0, 100)),
    }
)


@given(needs=some_needs, script=st.lists(some_features, min_size=1, max_size=12))
@settings(max_examples=60)
def test_strength_is_a_share_and_obstacles_are_named_whenever_nothing_fires(
    needs: dict[str, float], script: list[dict[str, float]]
) -> None:
    judge_one = Judge(**needs)
    signals = FlashTradingSignals(judge_one.sessions)
    for number, changes in enumerate(script):
        at = Nanos(START + number * 40 * MILLISECOND)
        named = signals.obstacles(at, judge_one.features(**changes), judge_one.flash)
        fired = judge_one(number * 40, **changes)
        assert bool(fired) == (not named), named
        assert 0.0 <= judge_one.flash["strength"] <= 1.0
        assert fired in (0, 1, -1)
