"""How sure one can be that a series predicts: against series whose truth is known."""

from random import Random

import numpy as np
import pytest

from tests.unit.research.planted_market import FIRST, STEP, gauss
from trading_agent.domain.units import SECOND
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_prediction import Prediction, Question, predict
from trading_agent.research.signal_samples import Floats

COUNT = 4_000


def noise(seed: int, count: int = COUNT) -> Floats:
    return gauss(Random(seed), count)


def slow(seed: int, count: int = COUNT) -> Floats:
    """Remembers itself for about fifty entries."""
    value, path = 0.0, []
    for step in noise(seed, count).tolist():
        value = 0.98 * value + step
        path.append(value)
    return np.array(path)


def told(signal: Floats, outcome: Floats, horizon: float = 0.1) -> Prediction | None:
    """A sample a tenth of a second; `horizon`: seconds that the outcome looks ahead."""
    at = FIRST + np.arange(len(signal)) * STEP
    span = int(at[0]), int(at[-1])
    return predict(
        signal,
        Question(
            at=at,
            moved=outcome,
            known=np.ones(len(at), np.bool_),
            horizon=horizon,
            span=span,
            blocks=TimeBlocks(at, span, horizon, 1),
        ),
    )


def test_what_never_changes_predicts_nothing() -> None:
    assert told(np.ones(1_000), noise(1, 1_000)) is None
    assert told(noise(1, 5), noise(2, 5)) is None


def test_a_true_relation_is_found_and_its_interval_holds_the_truth() -> None:
    """A normal pair with Pearson's correlation 0.5 has Spearman's 6/pi * asin(0.25)."""
    signal = noise(1)
    outcome = 0.5 * signal + (1 - 0.25) ** 0.5 * noise(2)
    found = told(signal, outcome)
    assert found is not None
    assert found.ic.low is not None and found.ic.high is not None
    assert found.ic.low < 6.0 / np.pi * np.arcsin(0.25) < found.ic.high
    assert found.hit.low is not None and found.hit.low > 0.6
    assert found.moves == COUNT
    assert found.chance is not None and found.chance < 0.001
    assert found.first_half.value == pytest.approx(found.second_half.value, abs=0.06)
    for half in (found.first_half, found.second_half):
        assert half.low is not None and half.high is not None
        assert half.low < half.value < half.high


def test_the_shifted_series_say_what_nothing_looks_like() -> None:
    signal = noise(1)
    found = told(signal, 0.5 * signal + noise(2))
    assert found is not None
    base = found.shifted_ic
    assert base.low is not None and base.high is not None
    assert base.low < 0.0 < base.high < found.ic.value / 4
    assert base.value == pytest.approx(0.0, abs=0.01)
    assert found.shifts > 1_000


def test_what_the_series_foretells_itself_is_not_in_the_shifted_one() -> None:
    """The outcome looks ten seconds ahead: a shift by less still knows a part of it."""
    steps = noise(3, COUNT + 100)
    ahead = np.convolve(steps, np.ones(100), "valid")[1:][:COUNT]
    signal = ahead + 0.1 * noise(4)
    found = told(signal, ahead, horizon=10.0)
    assert found is not None and found.ic.value > 0.95
    base = found.shifted_ic
    assert base.low is not None and base.high is not None
    # A shift by five seconds would have about 0.5.
    assert -0.4 < base.low < base.high < 0.4
    # Ten seconds and a block of twenty are left out on either side.
    assert found.shifts < COUNT - 2 * 300 + 2


def test_slow_series_that_know_nothing_of_each_other_are_seldom_taken_for_a_find() -> None:
    """As if entries were independent, four of five such pairs would be finds at 5 %."""
    chances = []
    for seed in range(40):
        found = told(slow(seed), slow(1_000 + seed), horizon=5.0)
        assert found is not None and found.chance is not None
        chances.append(found.chance)
    assert sum(chance < 0.05 for chance in chances) <= 5
    assert sum(chance < 0.005 for chance in chances) <= 1
    assert sum(chance < 0.5 for chance in chances) >= 10


def test_too_short_a_recording_gives_no_interval_and_no_shifts() -> None:
    found = told(noise(1, 200), noise(2, 200), horizon=2.0)
    assert found is not None
    assert (found.ic.low, found.hit.high, found.chance, found.shifts) == (None, None, None, 0)
    assert np.isnan(found.shifted_ic.value)


def test_a_recording_that_bursts_is_shifted_by_time() -> None:
    """Shifted by so many samples that even those of the burst are far enough apart."""
    at = np.concatenate(
        [FIRST + np.arange(500) * SECOND, FIRST + 500 * SECOND + np.arange(50) * STEP]
    )
    span = int(at[0]), int(at[-1])
    blocks = TimeBlocks(at, span, 1.0, 1)
    asked = Question(
        at=at,
        moved=noise(5, len(at)),
        known=np.ones(len(at), np.bool_),
        horizon=1.0,
        span=span,
        blocks=blocks,
    )
    found = predict(noise(6, len(at)), asked)
    assert found is not None
    # Six seconds hold all fifty samples of the burst and some before it.
    assert 0 < found.shifts <= len(at) - 2 * 51


def test_hits_leave_out_moves_of_zero() -> None:
    signal = np.tile([1.0, -1.0, 1.0, 1.0], 100)
    outcome = np.tile([2.0, -3.0, -1.0, 0.0], 100)
    found = told(signal, outcome)
    assert found is not None
    assert found.hit.value == pytest.approx(2.0 / 3.0)
    assert found.moves == 300
