"""The information coefficient of what is said now and then."""

from dataclasses import dataclass
from random import Random

import numpy as np
import pytest

from tests.unit.research.planted_market import planted_tape
from trading_agent.domain.units import SECOND
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_information import coefficient, information, said_by_sample
from trading_agent.research.signal_raised import raised_signals
from trading_agent.research.signal_samples import Floats, Samples, in_one_stream, sample
from trading_agent.signals.settings import SessionPlan

_COUNT = 2_000
_SEED = 11


@dataclass(frozen=True, slots=True)
class Planted:
    """Moves of ±1 basis point, and what was said of every twentieth of them."""

    moved: Floats
    said: Floats
    blocks: TimeBlocks


def planted(*, honest: bool) -> Planted:
    dice = Random(_SEED)
    moved = np.array([dice.choice((-1.0, 1.0)) for _ in range(_COUNT)])
    said = np.zeros(_COUNT)
    said[::20] = moved[::20] if honest else [dice.choice((-1.0, 1.0)) for _ in moved[::20]]
    at = np.arange(_COUNT) * SECOND
    return Planted(moved, said, TimeBlocks(at, (0, int(at[-1])), 1.0, _SEED))


def test_who_is_always_right_and_speaks_of_a_twentieth_has_the_root_of_it() -> None:
    it = planted(honest=True)
    found = coefficient(it.said, it.moved, np.ones(_COUNT, np.bool_), it.blocks)
    assert found is not None and found.low is not None and found.high is not None
    assert found.value == pytest.approx(0.05**0.5, abs=0.01)
    assert 0.0 < found.low < found.value < found.high


def test_who_guesses_has_an_interval_that_holds_zero() -> None:
    it = planted(honest=False)
    found = coefficient(it.said, it.moved, np.ones(_COUNT, np.bool_), it.blocks)
    assert found is not None and found.low is not None and found.high is not None
    assert found.low < 0.0 < found.high


def test_nothing_said_has_none() -> None:
    it = planted(honest=True)
    assert coefficient(np.zeros(_COUNT), it.moved, np.ones(_COUNT, np.bool_), it.blocks) is None


def test_what_was_said_a_few_times_alone_has_no_interval() -> None:
    it = planted(honest=True)
    rare = np.where(np.arange(_COUNT) < 5 * 20, it.said, 0.0)
    found = coefficient(rare, it.moved, np.ones(_COUNT, np.bool_), it.blocks)
    assert found is not None
    assert (found.low, found.high) == (None, None)


def test_moves_that_are_not_known_do_not_count() -> None:
    it = planted(honest=True)
    known = np.arange(_COUNT) < _COUNT // 2
    spoilt = np.where(known, it.moved, -it.moved)
    assert coefficient(it.said, it.moved, known, it.blocks) == coefficient(
        it.said, spoilt, known, it.blocks
    )


@pytest.fixture(scope="module")
def market() -> Samples:
    return sample(planted_tape(honest=True), SessionPlan())


def test_what_is_said_belongs_to_the_sample_that_stood_then(market: Samples) -> None:
    at = np.array([market.at[3], market.at[3] + 1, market.at[5] - 1], np.int64)
    said = said_by_sample(market, at, np.array([1.0, 0.5, -2.0]))
    assert said[3] == 1.5
    assert said[4] == -2.0
    assert np.count_nonzero(said) == 2


def test_signals_of_an_honest_book_inform_and_those_of_a_dishonest_one_do_not() -> None:
    found = {}
    for honest in (True, False):
        tape = planted_tape(honest=honest)
        samples = sample(tape, SessionPlan())
        raised = raised_signals(in_one_stream(tape), SessionPlan())
        said = said_by_sample(samples, raised.at, raised.direction * raised.strength)
        found[honest] = information(samples, said, 1.0, _SEED)
    honest_one, dishonest = found[True], found[False]
    assert honest_one is not None and honest_one.low is not None
    assert dishonest is not None and dishonest.low is not None and dishonest.high is not None
    assert honest_one.low > 0.1
    assert dishonest.low < 0.0 < dishonest.high


def test_a_signal_carries_its_strength() -> None:
    raised = raised_signals(in_one_stream(planted_tape(honest=True)), SessionPlan())
    assert len(raised.strength) == len(raised.at)
    assert np.all((raised.strength > 0.0) & (raised.strength <= 1.0))
