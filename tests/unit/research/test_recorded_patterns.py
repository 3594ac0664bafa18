"""Candles of a recording as the loop makes them, and what followed their patterns."""

from random import Random

import numpy as np
import pytest
from msgspec.structs import replace

from tests.unit.research.planted_market import FIRST, PRICE, STEP, walking_tape
from tests.unit.signals.patterns.charts import walk
from trading_agent.domain.units import SECOND
from trading_agent.engine.compiled_loop import prepare_batch
from trading_agent.market.candles import ALLOWANCE, TIMEFRAME_NAMES
from trading_agent.research.pattern_evaluation import PatternTerms, SeenPatterns, figures_of
from trading_agent.research.pattern_klines import Series
from trading_agent.research.recorded_candles import candles_of
from trading_agent.research.recorded_patterns import AFTER, RecordedPatterns, kinds_of
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import timeframe_length


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    prepare_batch()


@pytest.fixture(scope="module")
def wandering() -> RecordedTape:
    dice = Random(4)
    bids, bid = [], PRICE
    for _ in range(1_000):
        bid += dice.choice((-3, -1, 0, 1, 3))
        bids += [bid] * 10
    return walking_tape(bids)


def test_every_candle_is_there_and_none_twice(wandering: RecordedTape) -> None:
    """More of a second than are remembered at once, and those of longer ones from the same."""
    candles = {each.timeframe: each.bars for each in candles_of(wandering, TIMEFRAME_NAMES)}
    seconds = candles["1s"]
    # The last one is not over.
    assert len(seconds.close) == 999
    assert seconds.open_at.tolist() == [FIRST + place * SECOND for place in range(999)]
    assert np.allclose(seconds.close, wandering.prints["price"][:-1] / 100.0, rtol=1e-12)
    fives = candles["5s"]
    first = int(fives.open_at[0] - FIRST) // SECOND
    assert len(fives.close) >= 198
    for place in range(1, len(fives.close)):
        part = slice(first + 5 * place, first + 5 * place + 5)
        assert fives.close[place] == seconds.close[part][-1]
        assert fives.high[place] == seconds.high[part].max()
    assert len(candles["1d"].close) == 0


def test_a_candle_is_known_with_the_print_or_the_depth_that_ends_it(
    wandering: RecordedTape,
) -> None:
    """Prints come nine tenths into every second, depth every tenth."""
    (seconds,) = candles_of(wandering, ["1s"])
    ends = seconds.bars.open_at + SECOND
    assert (seconds.known_at == ends + 9 * SECOND // 10).all()
    # Of a minute only one print is left: depth says when each candle is over.
    alone = replace(wandering, prints=wandering.prints[30::60])
    for series in candles_of(alone, ["1s", "1m"]):
        ends = series.bars.open_at + timeframe_length(series.timeframe)
        assert len(ends) >= 16
        assert (series.known_at == -(-(ends + ALLOWANCE) // STEP) * STEP).all()


def test_moves_are_those_of_the_evaluation_of_klines_in_basis_points() -> None:
    bars = walk(3_000, seed=8)
    found = RecordedPatterns(PatternSettings(), seed=1)
    found.look_at("WALK", [Series(name="WALK", timeframe="15m", bars=bars)])
    seen = SeenPatterns()
    seen.look_at(Series(name="WALK", timeframe="15m", bars=bars), PatternSettings())
    expected = {
        (each.kind, each.after): each
        for each in figures_of(seen.events, PatternTerms(after=AFTER, by_days=False))
    }
    moves = found.moves()
    assert {each.after for each in moves} == set(AFTER)
    for each in moves:
        same = expected[each.kind, each.after]
        assert each.n == same.n >= 8
        assert each.mean_bps.value == pytest.approx(100.0 * same.mean.value)
        assert each.hit == same.hit
        assert each.false_share is not None
    assert all(len(group) == len(AFTER) for group in kinds_of(moves))


def test_in_a_random_walk_no_pattern_is_found_to_foretell() -> None:
    found = RecordedPatterns(PatternSettings(), seed=1)
    for seed in range(3):
        found.look_at(str(seed), [Series(name="", timeframe="15m", bars=walk(1_500, seed))])
    assert len(found.moves()) > 20
    assert all((each.false_share or 0.0) > 0.05 for each in found.moves())


def test_kinds_that_were_seen_too_seldom_are_counted_and_no_more(wandering: RecordedTape) -> None:
    found = RecordedPatterns(PatternSettings(), seed=1)
    found.look_at("W", candles_of(wandering, TIMEFRAME_NAMES))
    told = {(each.timeframe, each.kind) for each in found.moves()}
    assert [each.timeframe for each in found.counts] == ["1s", "5s", "15s", "1m", "5m", "15m"]
    assert any(each.too_few for each in found.counts)
    for count in found.counts:
        for kind, number in count.patterns.items():
            assert (kind in count.too_few) == (number < 8)
            if number < 8:
                assert (count.timeframe, kind) not in told
