"""Laws of the enhanced signals, for whatever is fed to them."""

import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.signals.enhanced.books import a_book
from tests.unit.signals.indicators.walks import walk
from trading_agent.domain.order import Side
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.signals.enhanced.aggregator import Aggregate, aggregate
from trading_agent.signals.enhanced.confirmation import TimeframeConfirmation, TrendReading
from trading_agent.signals.enhanced.cross_asset import CrossAssetFlow
from trading_agent.signals.enhanced.evidence import Evidence
from trading_agent.signals.enhanced.liquidity import (
    BookSides,
    cost_to_trade,
    measure_liquidity,
)
from trading_agent.signals.enhanced.regime import RegimeWatch
from trading_agent.signals.enhanced.settings import (
    AggregationParameters,
    ConfirmationParameters,
    CrossAssetParameters,
    LiquidityParameters,
    RegimeParameters,
)

pytestmark = pytest.mark.slow

NOW = Nanos(1_000 * SECOND)

# --- books --------------------------------------------------------------------------------------


@st.composite
def books(draw: st.DrawFn) -> BookSides:
    steps = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 10**9)), min_size=1, max_size=30)
    mid = draw(st.integers(2_000, 10**9))
    sides = []
    for sign in (-1, 1):
        price, levels = mid, []
        for step, lots in draw(steps):
            price += sign * step
            levels.append((price, lots))
        sides.append(levels)
    return a_book(*sides, draw(st.sampled_from((1.0, 0.01, 1e-9))))


def walked(book: BookSides, side: Side, value: float) -> tuple[float, int] | None:
    """Average price and levels, level by level."""
    buys = side is Side.BUY
    ticks, lots = (book.ask_ticks, book.ask_lots) if buys else (book.bid_ticks, book.bid_lots)
    left, taken, paid = value / book.lot_tick_value, 0.0, 0.0
    for count, (price, size) in enumerate(zip(ticks.tolist(), lots.tolist(), strict=True), 1):
        if left <= price * size:
            return (paid + left) / (taken + left / price), count
        left -= price * size
        taken += size
        paid += price * size
    return None


@given(books(), st.sampled_from(Side), st.floats(1e-6, 1.2))
def test_a_cost_is_that_of_walking_the_book(book: BookSides, side: Side, share: float) -> None:
    buys = side is Side.BUY
    ticks, lots = (book.ask_ticks, book.ask_lots) if buys else (book.bid_ticks, book.bid_lots)
    total = sum(p * q for p, q in zip(ticks.tolist(), lots.tolist(), strict=True))
    value = total * book.lot_tick_value * share
    if abs(share - 1.0) < 1e-9:
        return
    cost, expected = cost_to_trade(book, side, value), walked(book, side, value)
    if expected is None:
        assert cost is None
        return
    assert cost is not None
    mid = (int(book.bid_ticks[0]) + int(book.ask_ticks[0])) / 2
    assert cost.average_ticks == pytest.approx(expected[0], rel=1e-9)
    assert cost.against_mid_bps == pytest.approx(
        (expected[0] - mid) * side / mid * 1e4, rel=1e-6, abs=1e-6
    )
    assert cost.slippage_bps >= 0.0
    assert cost.worst == ticks[cost.levels - 1]


@given(books(), st.sampled_from(Side))
def test_more_costs_more(book: BookSides, side: Side) -> None:
    buys = side is Side.BUY
    ticks, lots = (book.ask_ticks, book.ask_lots) if buys else (book.bid_ticks, book.bid_lots)
    total = float((ticks * lots.astype(np.float64)).sum()) * book.lot_tick_value
    costs = [cost_to_trade(book, side, total * share) for share in (0.1, 0.3, 0.5, 0.9)]
    paid = [cost.slippage_bps for cost in costs if cost is not None]
    assert len(paid) == 4
    assert all(a <= b * (1 + 1e-9) + 1e-12 for a, b in pairwise(paid))


@given(books())
def test_depth_is_the_sum_of_what_lies_within(book: BookSides) -> None:
    found = measure_liquidity(book, NOW, LiquidityParameters())
    assert found is not None
    for depth in found.depths:
        reach = found.mid * depth.band_bps / 1e4 * (1 + 1e-12)
        for total, ticks, lots in (
            (depth.bids, book.bid_ticks, book.bid_lots),
            (depth.asks, book.ask_ticks, book.ask_lots),
        ):
            levels = zip(ticks.tolist(), lots.tolist(), strict=True)
            expected = sum(p * q for p, q in levels if abs(p - found.mid) <= reach)
            assert total == pytest.approx(expected * book.lot_tick_value, rel=1e-9, abs=1e-300)


# --- aggregator ---------------------------------------------------------------------------------

pieces = st.builds(
    Evidence,
    family=st.sampled_from(("flash", "candles", "patterns", "cross_asset", "strategies")),
    name=st.text("abcdefgh", min_size=1, max_size=3),
    direction=st.sampled_from(Side),
    strength=st.one_of(st.floats(0.0, 1.0), st.sampled_from((1.0, 1.5, math.nan))),
    at=st.integers(-12, 1).map(lambda seconds: Nanos(NOW + seconds * SECOND)),
    lifetime=st.integers(0, 20).map(lambda seconds: Nanos(seconds * SECOND)),
)
weights = st.builds(
    lambda table, band, least: AggregationParameters(
        family_weights=table, dead_band=band, least_strength=least
    ),
    st.dictionaries(
        st.sampled_from(("flash", "candles", "patterns", "cross_asset", "strategies")),
        st.floats(0.0, 1.0),
    ),
    st.sampled_from((0.0, 0.15, 0.5)),
    st.sampled_from((0.0, 0.05)),
)


@given(st.lists(pieces, max_size=30), weights)
def test_shares_add_up_to_the_strength(
    evidence: list[Evidence], parameters: AggregationParameters
) -> None:
    found = aggregate(evidence, NOW, parameters)
    assert sum(part.share for part in found.parts) == found.strength
    assert math.fsum(part.share for part in found.parts) == found.strength
    assert 0.0 <= found.strength <= 1.0
    assert (found.direction is None) == (found.strength == 0.0)
    assert found.strength == 0.0 or found.strength >= parameters.dead_band
    assert len(found.parts) + len(found.suppressed) == len(evidence)
    for part in found.parts:
        assert part.share * part.evidence.direction * (found.direction or 0) >= 0.0


def without_nan(found: Aggregate) -> str:
    """NaN equals nothing, not even itself."""
    return repr(found)


@given(st.lists(pieces, max_size=12), weights, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    evidence: list[Evidence], parameters: AggregationParameters, dice: random.Random
) -> None:
    shuffled = list(evidence)
    dice.shuffle(shuffled)
    before, after = (aggregate(it, NOW, parameters) for it in (evidence, shuffled))
    assert without_nan(before) == without_nan(after)


@given(st.lists(pieces, max_size=20), pieces, weights)
def test_what_agrees_never_weakens(
    evidence: list[Evidence], more: Evidence, parameters: AggregationParameters
) -> None:
    before = aggregate(evidence, NOW, parameters)
    if before.direction is None or more.direction is not before.direction:
        return
    after = aggregate([*evidence, more], NOW, parameters)
    assert after.direction is before.direction
    assert after.strength >= before.strength


@given(st.lists(pieces, max_size=20), pieces, weights)
def test_what_opposes_never_strengthens(
    evidence: list[Evidence], more: Evidence, parameters: AggregationParameters
) -> None:
    before = aggregate(evidence, NOW, parameters)
    if before.direction is None or more.direction is before.direction:
        return
    after = aggregate([*evidence, more], NOW, parameters)
    assert after.net * before.direction <= before.net * before.direction


@given(st.lists(pieces, max_size=20), weights, st.integers(0, 10))
def test_the_other_way_round_is_the_same_the_other_way(
    evidence: list[Evidence], parameters: AggregationParameters, seconds: int
) -> None:
    at = Nanos(NOW + seconds * SECOND)
    turned = [
        Evidence(it.family, it.name, it.direction.opposite, it.strength, it.at, it.lifetime)
        for it in evidence
    ]
    before, after = aggregate(evidence, at, parameters), aggregate(turned, at, parameters)
    assert (after.strength, after.net) == (before.strength, -before.net)


# --- nothing looks ahead --------------------------------------------------------------------------

Step = Callable[[random.Random, int], Any]


def a_regime() -> Step:
    watch = RegimeWatch(RegimeParameters(window=10, range_window=20))

    def step(dice: random.Random, index: int) -> object:
        bar = walk(1, price=100.0 + dice.random(), seed=dice.randrange(10**6))[0]
        return watch.update(bar._replace(open_at=bar.open_at + index))

    return step


def a_confirmation() -> Step:
    watch = TimeframeConfirmation()

    def step(dice: random.Random, index: int) -> object:
        at = Nanos(index * SECOND)
        numbers = [dice.choice((math.nan, dice.uniform(1.0, 99.0))) for _ in range(5)]
        watch.update(TrendReading(dice.choice(("1m", "5m", "15m")), at, *numbers))
        return watch.as_of(at, ConfirmationParameters())

    return step


def a_flow() -> Step:
    flow = CrossAssetFlow(["A", "B"], CrossAssetParameters(window_minutes=1, least_pairs=30))

    def step(dice: random.Random, index: int) -> object:
        flow.add("A", index, dice.gauss(0.0, 1.0))
        if dice.random() < 0.95:
            flow.add("B", index, dice.gauss(0.0, 1.0))
        return flow.lead_lag("A", "B") if index % 5 == 0 else None

    return step


@pytest.mark.parametrize(
    "opened",
    [
        a_regime,
        a_confirmation,
        a_flow,
    ],
)
@given(seed=st.integers(0, 2**32), cut=st.integers(1, 70), other=st.integers(0, 2**32))
@settings(max_examples=10)
def test_nothing_looks_ahead(opened: Callable[[], Step], seed: int, cut: int, other: int) -> None:
    """What is said up to a step stays the same, whatever comes after it; and what is said is
    frozen: it does not change when more comes."""
    said = []
    for future in (seed, other):
        step, kept, texts = opened(), [], []
        for index in range(cut + 10):
            dice = random.Random(f"{seed if index < cut else future} {index}")
            kept.append(step(dice, index))
            texts.append(repr(kept[-1]))
        assert [repr(it) for it in kept] == texts
        said.append(texts)
    assert said[0][:cut] == said[1][:cut]


@pytest.mark.parametrize("opened", [a_regime, a_flow])
def test_the_probes_see_something(opened: Callable[[], Step]) -> None:
    step = opened()
    said = {repr(step(random.Random(index), index)) for index in range(80)}
    assert len(said) > 5
