"""Nothing is said of times at which a recording has told nothing yet."""

import numpy as np
import pytest
from msgspec.structs import replace

from tests.unit.research.evaluations import OWN, a_request
from tests.unit.research.planted_market import planted_samples, planted_tape
from trading_agent.domain.market_rows import RowKind
from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_evaluation import SignalEvaluation, evaluation_of
from trading_agent.research.signal_page import page
from trading_agent.research.signal_samples import HORIZONS, spacing_of, told_horizons


def told_each_second() -> RecordedTape:
    """Without prints."""
    tape = planted_tape(honest=True)
    place = np.cumsum(tape.depth["kind"] == RowKind.CLEAR) - 1
    kept = place % 10 == 7
    return replace(tape, depth=tape.depth[kept], prints=tape.prints[:0])


def test_a_clock_is_known_by_its_beat_and_a_feed_of_changes_by_its_haste() -> None:
    samples = planted_samples(effect=0.0, count=1_000)
    beats = np.arange(1_000) * SECOND
    assert spacing_of(replace(samples, at=beats)) == 1.0
    assert told_horizons(replace(samples, at=beats)) == HORIZONS[1:]
    late = beats + np.where(np.arange(1_000) % 3 == 0, 400 * MILLISECOND, 0)
    assert told_horizons(replace(samples, at=late)) == HORIZONS[1:]
    gaps = np.tile([100, 3_000, 800, 5_000, 100], 200) * MILLISECOND
    assert spacing_of(replace(samples, at=np.cumsum(gaps))) == pytest.approx(0.1)
    assert told_horizons(replace(samples, at=np.cumsum(gaps))) == HORIZONS


def horizons_in(found: SignalEvaluation) -> set[float]:
    figures = (*found.figures, *found.groups, *found.deciles, *found.decay, *found.flash)
    return {each.horizon for each in (*figures, *found.proposals)}


@pytest.mark.slow
def test_shorter_horizons_are_left_out_and_that_is_said_once() -> None:
    request = a_request("follow_signal", own=OWN)
    said: list[str] = []
    found = evaluation_of((told_each_second(),), request, said.append)
    assert min(horizons_in(found)) == 1.0
    silent = "no prints in this recording: features from trades, candles and patterns are silent"
    coarse = "no figures 0.5 s ahead: this recording tells its book every 1 s"
    assert found.notes["PLANTED"] == (silent, coarse)
    assert said[-2:] == [f"PLANTED: {silent}", f"PLANTED: {coarse}"]
    assert "trade_flow" not in {each.feature for each in found.figures}
    text = page(found)
    assert text.count(coarse) == text.count(silent) == 1
