"""What chart patterns pay in a market whose truth is known."""

import numpy as np
import pytest

from tests.unit.research.planted_market import FIRST, trailing_tape, walking_tape
from trading_agent.domain.units import SECOND
from trading_agent.engine.compiled_loop import prepare_batch
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.pattern_edge import PatternEdge, PatternEdges
from trading_agent.research.pattern_evaluation import Events
from trading_agent.research.recorded_candles import candles_of
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_edge import EdgeFigure, Ground
from trading_agent.research.signal_fills import TripTerms
from trading_agent.research.signal_groups import group_samples, imbalance_deciles
from trading_agent.research.signal_samples import HORIZONS, in_one_stream, sample
from trading_agent.signals.settings import SessionPlan


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    prepare_batch()


def ground_of(tape: RecordedTape) -> Ground:
    samples = sample(tape, SessionPlan())
    groupings = (*group_samples(samples, SessionPlan()), imbalance_deciles(samples))
    terms = TripTerms(
        horizons=HORIZONS, notional=250.0, paper=PaperSettings(), taker_fee_bps=0.0, seed=1
    )
    return Ground(rows=in_one_stream(tape), samples=samples, groupings=groupings, terms=terms)


def jumps(tape: RecordedTape, least: int) -> Events:
    """Candles of a second in which the price went so many ticks, pointing the same way."""
    (series,) = candles_of(tape, ["1s"])
    close = series.bars.close
    moved = np.rint(100.0 * np.diff(close, prepend=close[0]))
    (places,) = np.nonzero(np.abs(moved) >= least)
    return Events(places, np.sign(moved[places]), series.bars.open_at, close)


def edges_of(tape: RecordedTape, events: Events) -> tuple[PatternEdge, ...]:
    found = PatternEdges()
    found.look_at({("1s", "channel_break"): [events]}, candles_of(tape, ["1s"]), ground_of(tape))
    return found.told()


def whole_at(edge: PatternEdge, horizon: float) -> EdgeFigure:
    (figure,) = (each for each in edge.whole() if each.horizon == horizon)
    return figure


def test_a_pattern_that_prices_follow_pays_and_one_that_they_ignore_does_not() -> None:
    followed = trailing_tape(effect=3)
    (edge,) = edges_of(followed, jumps(followed, 7))
    told = whole_at(edge, 5.0)
    assert told.n >= 30 and told.net_bps.low is not None and told.net_bps.low > 0.0
    assert told.false_share is not None and told.false_share < 0.05
    assert told.ic is not None and told.ic.value > 0.0
    assert told.baseline.net_bps.high is not None
    assert told.net_bps.value > told.baseline.net_bps.high
    ignored = trailing_tape(effect=0)
    (edge,) = edges_of(ignored, jumps(ignored, 7))
    assert all((each.false_share or 1.0) > 0.05 for each in edge.whole())
    assert (whole_at(edge, 5.0).net_bps.low or -1.0) < 0.0


def test_it_is_told_by_seconds_and_candles_and_by_groups_that_add_up() -> None:
    tape = trailing_tape(effect=2)
    (edge,) = edges_of(tape, jumps(tape, 7))
    assert [each.horizon for each in edge.whole()] == [0.5, 1.0, 5.0, 10.0, 30.0, 60.0]
    assert [edge.bars(each) for each in (0.5, 1.0, 5.0, 10.0)] == [0, 1, 5, 10]
    groupings = {each.grouping for each in edge.figures}
    assert {"direction", "session", "volatility", "imbalance decile", "half"} <= groupings
    told = whole_at(edge, 5.0)
    sides = [e for e in edge.figures if (e.grouping, e.horizon) == ("direction", 5.0)]
    assert sum(each.n for each in sides) == told.n
    assert all(each.n >= 8 for each in edge.figures)
    assert edge.turnover.n >= told.n
    assert edge.turnover.an_hour.value == pytest.approx(240.0, rel=0.1)


def test_it_is_known_with_the_first_print_after_its_candle_and_no_sooner() -> None:
    """Prints come nine tenths into a second. A jump between a candle's end and that print is not
    to be had; one after it is."""
    bids: list[int] = []
    for episode in range(24):
        before, after = (10_000, 10_010) if episode % 2 == 0 else (10_010, 10_000)
        bids += [before] * 14 + [after] * 86
    tape = walking_tape(bids)
    (series,) = candles_of(tape, ["1s"])
    # The candle of the first second of each episode; the jump comes 1.4 seconds into it.
    episodes = np.arange(24)
    opened = FIRST + episodes * 10 * SECOND
    places = np.searchsorted(series.bars.open_at, opened)
    signs = np.where(episodes % 2 == 0, 1.0, -1.0)
    (edge,) = edges_of(tape, Events(places, signs, series.bars.open_at, series.bars.close))
    late = whole_at(edge, 1.0)
    assert late.move_bps.value == pytest.approx(0.0, abs=0.01)
    assert late.net_bps.value == pytest.approx(-1.0, abs=0.05)


def test_of_fewer_than_eight_nothing_is_told() -> None:
    tape = trailing_tape(effect=0)
    (series,) = candles_of(tape, ["1s"])
    places = np.arange(100, 107)
    few = Events(places, np.ones(7), series.bars.open_at, series.bars.close)
    assert edges_of(tape, few) == ()
