"""A planted lead is found, and none where there is none."""

import math
import random

import numpy as np
import pytest

from tests.unit.signals.enhanced.return_series import Floats, led, noise
from trading_agent.domain.errors import InvariantError
from trading_agent.signals.enhanced.cross_asset import (
    CrossAssetFlow,
    LeadLag,
    compare,
    correlations_by_lag,
)
from trading_agent.signals.enhanced.settings import CrossAssetParameters
from trading_agent.signals.enhanced.transfer import chi_square_bound, transfer_entropy

USUAL = CrossAssetParameters()
COUNT = 900
START = 1_700_000_000


def compared(first: Floats, second: Floats, parameters: CrossAssetParameters = USUAL) -> LeadLag:
    found = compare(("A", first), ("B", second), START, parameters)
    assert found is not None
    return found


def told(series: dict[str, Floats], parameters: CrossAssetParameters = USUAL) -> CrossAssetFlow:
    flow = CrossAssetFlow(list(series), parameters)
    for index in range(len(next(iter(series.values())))):
        for symbol, returns in series.items():
            if math.isfinite(returns[index]):
                flow.add(symbol, START + index, float(returns[index]))
    return flow


@pytest.mark.parametrize("lag", [1, 3, 10])
@pytest.mark.parametrize("share", [0.4, -0.4])
def test_a_planted_lead_is_found(lag: int, share: float) -> None:
    leader, follower = led(random.Random(7), COUNT, lag, share)
    found = compared(leader, follower)
    assert (found.leader, found.follower, found.lag_seconds) == ("A", "B", lag)
    assert found.significant
    assert found.correlation == pytest.approx(share, abs=0.08)
    assert found.n == COUNT - lag


def test_it_is_found_from_the_other_side_too() -> None:
    leader, follower = led(random.Random(7), COUNT, 4, 0.4)
    found = compared(follower, leader)
    assert (found.leader, found.follower, found.lag_seconds) == ("B", "A", 4)
    assert found.significant


def test_those_who_move_together_have_no_leader() -> None:
    found = compared(*led(random.Random(7), COUNT, 0, 0.6))
    assert found.lag_seconds == 0
    assert found.significant


def test_a_lead_shows_in_what_is_transferred() -> None:
    leader, follower = led(random.Random(7), COUNT, 2, 0.5)
    found = compared(leader, follower)
    assert found.transfer_significant
    assert 0.02 < found.transfer_bits < 0.3
    back = transfer_entropy(follower, leader, 2, 0.01)
    assert not back.significant
    assert back.bits < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("tails", [False, True])
def test_unrelated_series_are_not_taken_for_related(tails: bool) -> None:
    dice = random.Random(20)
    correlated = transferred = 0
    trials = 600
    parameters = CrossAssetParameters(false_alarms=0.05)
    for _ in range(trials):
        found = compared(noise(dice, COUNT, tails), noise(dice, COUNT, tails), parameters)
        correlated += found.significant
        transferred += found.transfer_significant
    # Three standard errors above the rate that is asked for.
    most = trials * 0.05 + 3.0 * math.sqrt(trials * 0.05 * 0.95)
    assert correlated <= most
    assert transferred <= most


@pytest.mark.slow
def test_transfer_alone_errs_as_often_as_asked() -> None:
    dice = random.Random(21)
    trials, alarms = 1_500, 0
    bits = []
    for _ in range(trials):
        found = transfer_entropy(noise(dice, COUNT), noise(dice, COUNT), 1, 0.05)
        alarms += found.significant
        bits.append(found.raw_bits)
    assert 0.03 < alarms / trials < 0.07
    assert np.mean(bits) == pytest.approx(2 / (2 * COUNT * math.log(2.0)), rel=0.05)


def growing_wild_together(dice: random.Random) -> tuple[Floats, Floats]:
    """Of one volatility, which comes and goes, and of directions that have nothing in common."""
    scale, sizes = 0.0, []
    for _ in range(COUNT):
        scale = 0.98 * scale + dice.gauss(0.0, 0.2)
        sizes.append(1e-4 * math.exp(scale))
    first, second = (np.array([size * dice.gauss(0.0, 1.0) for size in sizes]) for _ in "ab")
    return first, second


def in_ticks(returns: Floats) -> Floats:
    """As prices of whole ticks show them: most seconds do not move, and moves turn back."""
    prices = np.round(np.concatenate(([0.0], np.cumsum(returns))) / 1e-4) * 1e-4
    return np.diff(prices)


@pytest.mark.slow
@pytest.mark.parametrize("ticks", [False, True])
def test_markets_that_grow_wild_together_transfer_nothing(ticks: bool) -> None:
    dice = random.Random(23)
    trials, alarms = 300, 0
    for _ in range(trials):
        first, second = growing_wild_together(dice)
        if ticks:
            first, second = in_ticks(first), in_ticks(second)
        alarms += compared(first, second).transfer_significant
    assert alarms <= 0.03 * trials


@pytest.mark.slow
@pytest.mark.parametrize("own", [0.5, -0.4])
def test_series_with_a_memory_of_their_own_transfer_nothing(own: float) -> None:
    dice = random.Random(24)
    trials, alarms = 300, 0
    for _ in range(trials):
        series = []
        for _ in "ab":
            values = noise(dice, COUNT)
            for place in range(1, COUNT):
                values[place] += own * values[place - 1]
            series.append(values)
        alarms += compared(*series).transfer_significant
    assert alarms <= 0.03 * trials


def test_a_lead_is_found_where_both_grow_wild() -> None:
    dice = random.Random(25)
    found = []
    for _ in range(20):
        leader, follower = growing_wild_together(dice)
        follower[3:] += 0.4 * leader[:-3]
        found.append(transfer_entropy(in_ticks(leader), in_ticks(follower), 3, 0.0005).significant)
    assert sum(found) >= 18


@pytest.mark.slow
def test_series_that_follow_themselves_are_not_taken_for_related() -> None:
    dice = random.Random(22)
    trials, alarms = 300, 0
    for _ in range(trials):
        first, second = (np.convolve(noise(dice, COUNT + 4), np.ones(5), "valid") for _ in "ab")
        alarms += compared(first, second, CrossAssetParameters(false_alarms=0.05)).significant
    assert alarms <= trials * 0.05 + 3.0 * math.sqrt(trials * 0.05 * 0.95)


def test_correlations_are_those_of_the_definition() -> None:
    dice = random.Random(3)
    first, second = led(dice, 200, 2, 0.5)
    first[::7], second[::11] = np.nan, np.nan
    correlations, _, counts = correlations_by_lag(first, second, 3, 0.01)
    x, y = first - np.nanmean(first), second - np.nanmean(second)
    for lag in range(-3, 4):
        pairs = [
            (x[t], y[t + lag])
            for t in range(200)
            if 0 <= t + lag < 200 and math.isfinite(x[t]) and math.isfinite(y[t + lag])
        ]
        above = sum(a * b for a, b in pairs)
        below = math.sqrt(sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs))
        assert counts[lag + 3] == len(pairs)
        assert correlations[lag + 3] == pytest.approx(above / below, rel=1e-9)


def test_missing_seconds_do_not_shift_the_lag() -> None:
    leader, follower = led(random.Random(7), COUNT, 3, 0.5)
    holes = random.Random(8)
    for series in (leader, follower):
        for index in range(COUNT):
            if holes.random() < 0.3:
                series[index] = np.nan
    found = compared(leader, follower)
    assert (found.leader, found.lag_seconds, found.significant) == ("A", 3, True)
    assert found.n < 0.6 * COUNT


def test_too_few_seconds_say_nothing() -> None:
    first, second = led(random.Random(7), 100, 3, 0.9)
    assert compare(("A", first), ("B", second), START, USUAL) is None
    assert CrossAssetFlow(["A", "B"], USUAL).lead_lag("A", "B") is None


def test_what_does_not_move_leads_nobody() -> None:
    first, _ = led(random.Random(7), COUNT, 3, 0.9)
    assert compare(("A", first), ("B", np.zeros(COUNT)), START, USUAL) is None


def test_moves_that_never_meet_are_not_related() -> None:
    first, second = np.zeros(COUNT), np.zeros(COUNT)
    first[::100], second[50::100] = 1e-4, -1e-4
    first[1::100], second[51::100] = -1e-4, 1e-4
    assert not compared(first, second).significant


def test_the_flow_tells_what_the_series_tell() -> None:
    leader, follower = led(random.Random(7), COUNT + 300, 3, 0.5)
    follower[100:110] = np.nan
    follower[-20:-15] = np.nan
    flow = told({"A": leader, "B": follower})
    expected = compare(("A", leader[-COUNT:]), ("B", follower[-COUNT:]), START + 1_199, USUAL)
    assert flow.lead_lag("A", "B") == expected


def test_late_seconds_fill_their_place_and_stale_ones_are_refused() -> None:
    leader, follower = led(random.Random(7), COUNT, 3, 0.5)
    on_time = told({"A": leader, "B": follower})
    late = told({"A": leader, "B": np.full(COUNT, np.nan)})
    for index in reversed(range(COUNT)):
        late.add("B", START + index, float(follower[index]))
    assert late.refused == 0
    late.add("B", START, 0.5)
    late.add("B", START - 1, 0.5)
    assert late.refused == 2
    assert late.lead_lag("A", "B") == on_time.lead_lag("A", "B") is not None


def test_a_hole_longer_than_the_window_leaves_nothing() -> None:
    leader, follower = led(random.Random(7), COUNT, 3, 0.5)
    flow = told({"A": leader, "B": follower})
    flow.add("A", START + 3 * COUNT, 1e-4)
    assert flow.lead_lag("A", "B") is None


def test_pairs_take_turns() -> None:
    dice = random.Random(1)
    flow = told({symbol: noise(dice, 300) for symbol in "ABCD"})
    seen = [frozenset(pair) for _ in range(3) for pair, _ in flow.refresh(2)]
    assert len(seen) == len(frozenset(seen)) == len(flow.pairs) == 6
    assert len(flow.refresh(100)) == 6


def test_a_symbol_is_tracked_once() -> None:
    with pytest.raises(InvariantError):
        CrossAssetFlow(["A", "A"], USUAL)


@pytest.mark.parametrize(
    ("freedom", "false_alarms", "bound"),
    [(12, 0.05, 21.026), (12, 0.01, 26.217), (4, 0.01, 13.277), (12, 0.0005, 34.821), (0, 0.1, 0)],
)
def test_the_bound_is_that_of_the_tables(freedom: int, false_alarms: float, bound: float) -> None:
    assert chi_square_bound(freedom, false_alarms) == pytest.approx(bound, rel=0.01)


def test_nothing_is_transferred_where_nothing_is_known() -> None:
    nothing = np.full(50, np.nan)
    found = transfer_entropy(nothing, nothing, 1, 0.01)
    assert (found.bits, found.samples, found.significant) == (0.0, 0, False)
