"""When a feature predicts: in the group where the relation was planted, and in no other."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest

from tests.unit.research.planted_market import STEP, gauss, planted_samples
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_decay import DECAY_HORIZONS, decay_points, speaker
from trading_agent.research.signal_groups import (
    DECILES,
    GROUP_HORIZONS,
    decile_figures,
    group_figures,
    group_samples,
)
from trading_agent.research.signal_samples import Samples, outcome_after
from trading_agent.research.signal_statistics import corrected, draw_blocks, estimate_of
from trading_agent.signals.settings import SessionPlan


@pytest.fixture(scope="module")
def planted() -> Samples:
    return planted_samples(effect=1.0)


@pytest.fixture(scope="module")
def noise() -> Samples:
    return planted_samples(effect=0.0)


def test_the_relation_is_found_in_its_group_alone(planted: Samples) -> None:
    groupings = group_samples(planted, SessionPlan())
    by = {
        (each.feature, each.group): each
        for each in group_figures(planted, groupings, 1)
        if each.horizon == 1.0 and each.grouping == "volatility"
    }
    assert len(by) == 6
    wild = by["imbalance", "wild"]
    # One of ten planted steps that a second holds is this sample's own: 1 / sqrt(10), about 0.3.
    assert wild.ic is not None and wild.ic.low is not None and wild.ic.low > 0.2
    assert wild.hit.low is not None and wild.hit.low > 0.55
    assert wild.move_bps.low is not None and wild.move_bps.low > 0.0
    for feature, group in (("imbalance", "calm"), ("momentum_bps", "wild")):
        found = by[feature, group].ic
        assert found is not None and abs(found.value) < 0.1


def test_the_groups_add_up(planted: Samples) -> None:
    groupings = group_samples(planted, SessionPlan())
    figures = list(group_figures(planted, groupings, 1))
    for horizon in GROUP_HORIZONS:
        known = int(outcome_after(planted, horizon).known.sum())
        for grouping in groupings:
            inside = [
                each
                for each in figures
                if (each.feature, each.horizon, each.grouping)
                == ("imbalance", horizon, grouping.name)
            ]
            assert sum(each.n for each in inside) == known
    (session,) = (each for each in groupings if each.name == "session")
    assert session.groups == ("OFF_HOURS", "ASIA", "EUROPE", "US")
    (spread,) = (each for each in groupings if each.name == "spread")
    # Two thirds have the narrow spread: no tercile lies between.
    assert np.bincount(spread.of, minlength=3).tolist() == [4_000, 0, 2_000]
    assert spread.typical_bps == (1.0, None, 2.0)


def test_deciles_rise_where_there_is_something(planted: Samples, noise: Samples) -> None:
    found = {
        (order.feature, order.horizon): (deciles, order)
        for deciles, order in decile_figures(planted, 1)
    }
    deciles, order = found["imbalance", 1.0]
    assert order.order.value > 0.9 and order.deciles == DECILES
    assert order.top_less_bottom_bps.low is not None and order.top_less_bottom_bps.low > 0.5
    assert sum(each.n for each in deciles) == order.n
    assert max(each.n for each in deciles) - min(each.n for each in deciles) <= 1
    assert all(one.most <= other.least for one, other in pairwise(deciles))
    for _, empty in decile_figures(noise, 1):
        ends = empty.top_less_bottom_bps
        assert ends.low is not None and ends.high is not None
        assert ends.low < 0.0 < ends.high


def test_equal_values_share_a_decile() -> None:
    samples = planted_samples(effect=0.0)
    signs = np.sign(samples.features["imbalance"])
    samples.features["imbalance"] = signs
    named = {order.feature for _, order in decile_figures(samples, 1)}
    assert named == {"momentum_bps"}


def test_decay_is_told_at_every_horizon_and_falls_off(planted: Samples) -> None:
    points = [each for each in decay_points(planted, (), 1) if each.speaker == "imbalance"]
    assert tuple(each.horizon for each in points) == DECAY_HORIZONS
    by = {each.horizon: each for each in points}
    # The planted move falls a second after: nothing before, most at that moment.
    before, then, later = by[0.5].ic, by[1.0].ic, by[30.0].ic
    assert before.low is not None and before.high is not None
    assert before.low < 0.0 < before.high
    assert then.low is not None and then.low > 0.05
    assert abs(later.value) < then.value / 2
    assert by[120.0].samples == 6_000 - 1_200
    # Six hundred seconds are no eight blocks of twice 60.
    assert by[60.0].ic.low is None


def test_who_speaks_now_and_then_has_a_decay_of_his_own(planted: Samples) -> None:
    """Who says at every fortieth sample, in which way the price goes a second later."""
    at = planted.at[::40]
    way = np.sign(outcome_after(planted, 1.0).moved[::40])
    points = [
        each
        for each in decay_points(planted, speaker("prophet", at, way, planted), 1)
        if not each.feature
    ]
    assert tuple(each.horizon for each in points) == DECAY_HORIZONS
    by = {each.horizon: each for each in points}
    then, later = by[1.0], by[30.0]
    assert then.n == np.count_nonzero(planted.at[::40] + 10 * STEP <= planted.at[-1])
    assert then.move_bps.low is not None and then.move_bps.low > 0.5
    assert then.ic.low is not None and then.ic.low > 0.05
    assert then.ic.chance is not None and then.ic.chance < 0.001
    assert later.ic.value < then.ic.value / 2


def test_who_spoke_seven_times_has_none(planted: Samples) -> None:
    at = np.concatenate([[planted.at[0] - 1], planted.at[:7]])
    assert list(speaker("rare", at, np.ones(8), planted)) == []


def test_every_group_pays_for_the_others(planted: Samples) -> None:
    figures = corrected(
        group_figures(planted, group_samples(planted, SessionPlan()), 1),
        lambda each: None if each.ic is None else each.ic.chance,
    )
    told = [each for each in figures if each.ic is not None and each.ic.chance is not None]
    assert len(told) > 30
    found = {(e.feature, e.grouping, e.group) for e in told if (e.false_share or 0.0) <= 0.05}
    assert ("imbalance", "volatility", "wild") in found
    assert not any(feature == "momentum_bps" for feature, _, _ in found)


def test_an_interval_of_uneven_samples_holds_the_truth() -> None:
    """Of a mean over samples that come in bursts of ten, each burst one draw."""
    dice = Random(3)
    inside = 0
    for trial in range(60):
        draws = np.repeat(gauss(dice, 60), 10)
        bursts = np.array(sorted(dice.randrange(600) for _ in range(60)), np.int64)
        at = bursts.repeat(10) * 10**9 + np.tile(np.arange(10), 60)
        blocks = TimeBlocks(at, (0, 600 * 10**9), 1.0, trial)
        found = blocks.mean(draws, np.ones(600, np.bool_))
        assert found.low is not None and found.high is not None
        inside += found.low < 0.0 < found.high
    assert inside >= 50


def test_a_median_has_an_interval_only_with_enough_blocks() -> None:
    at = np.arange(100) * 10**9
    values = np.arange(100.0)
    every = np.ones(100, np.bool_)
    known = TimeBlocks(at, (0, 100 * 10**9), 2.5, 1).median(values, every)
    assert known.value == 49.5
    assert known.low is not None and known.high is not None
    assert 10 < known.low < 49.5 < known.high < 90
    assert TimeBlocks(at, (0, 100 * 10**9), 7.5, 1).median(values, every).low is None
    assert np.isnan(TimeBlocks(at, (0, 100 * 10**9), 2.5, 1).median(values, ~every).value)


def test_a_resampled_median_is_that_of_what_was_drawn() -> None:
    """Reckoned the long way, from the same blocks."""
    dice = Random(5)
    at = np.arange(60) * 10**9
    values = gauss(dice, 60)
    found = TimeBlocks(at, (0, 60 * 10**9), 2.5, 3).median(values, np.ones(60, np.bool_))
    drawn = [np.median(values.reshape(12, 5)[blocks]) for blocks in draw_blocks(12, 3)]
    expected = estimate_of(float(np.median(values)), np.array(drawn), 12)
    assert found == expected


def test_a_rate_counts_the_time_without_any() -> None:
    at = np.array([1, 2, 3, 3_599], np.int64) * 10**9
    rate = TimeBlocks(at, (0, 3_600 * 10**9), 10.0, 1).an_hour()
    assert rate.value == pytest.approx(4.0)
    assert rate.low is not None and rate.low < 4.0
