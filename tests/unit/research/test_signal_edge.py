"""What the flash signal is worth in a market whose truth is known."""

from math import isfinite, isnan

import numpy as np
import pytest
from msgspec.structs import replace

from tests.unit.research.planted_market import FIRST, JUMP, planted_tape
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.units import MILLISECOND, SECOND, Lots
from trading_agent.engine.compiled_loop import prepare_batch
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_edge import Ground, SignalEdge, measure_edge
from trading_agent.research.signal_fills import TripTerms, lots_of, round_trips
from trading_agent.research.signal_groups import group_samples
from trading_agent.research.signal_raised import Raised, raised_signals
from trading_agent.research.signal_samples import HORIZONS, Samples, in_one_stream, sample
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.signals.settings import SessionPlan


def terms(*, latency_ms: float = 15.0, fee: float = 0.0) -> TripTerms:
    return TripTerms(
        horizons=HORIZONS,
        notional=250.0,
        paper=PaperSettings(latency_ms=latency_ms),
        taker_fee_bps=fee,
        seed=1,
    )


def edge_of(tape: RecordedTape, trip: TripTerms) -> SignalEdge:
    rows = in_one_stream(tape)
    samples = sample(tape, SessionPlan())
    raised = raised_signals(rows, SessionPlan())
    return measure_edge(ground_of(rows, samples, SessionPlan(), trip), raised)


def ground_of(rows: Rows, samples: Samples, plan: SessionPlan, trip: TripTerms) -> Ground:
    return Ground(rows=rows, samples=samples, groupings=group_samples(samples, plan), terms=trip)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    prepare_batch()


@pytest.fixture(scope="module")
def honest() -> RecordedTape:
    return planted_tape(honest=True)


@pytest.fixture(scope="module")
def edge(honest: RecordedTape) -> SignalEdge:
    return edge_of(honest, terms())


def test_the_loop_raises_one_signal_an_episode_and_tells_those_to_sell(
    honest: RecordedTape,
) -> None:
    raised = raised_signals(in_one_stream(honest), SessionPlan())
    # The first episode is the warm-up's.
    assert len(raised.at) in (39, 40)
    assert set(raised.direction.tolist()) == {1, -1}
    assert set(((raised.at - FIRST) % (10 * SECOND)).tolist()) == {6 * SECOND}


def test_a_planted_edge_is_found_beside_a_baseline_without(
    honest: RecordedTape, edge: SignalEdge
) -> None:
    whole = {each.horizon: each for each in edge.figures if each.group == EVERYTHING}
    second = whole[1.0]
    assert second.n == second.moves == second.filled == edge.turnover.n
    assert second.hit.value == 1.0
    assert second.move_bps.value == pytest.approx(JUMP, rel=0.02)
    # The spread of a tick is paid once, in two halves.
    assert second.net_bps.value == pytest.approx(JUMP - 1, rel=0.02)
    # The jump comes five messages later: one message more or less changes nothing.
    assert edge.turnover.message_ms == pytest.approx(100.0)
    assert second.coarse_net_bps.value == pytest.approx(JUMP - 1, rel=0.02)
    assert second.chance == pytest.approx(1.0 / (1 + second.baseline.shifts))
    base = second.baseline.net_bps
    assert base.high is not None and base.high < second.net_bps.value / 2
    dearer = edge_of(honest, terms(fee=3.0))
    (paid,) = (e for e in dearer.figures if (e.group, e.horizon) == (EVERYTHING, 1.0))
    assert paid.net_bps.value == pytest.approx(second.net_bps.value - 6.0)


def test_who_comes_after_the_jump_has_nothing_of_it(honest: RecordedTape) -> None:
    late = edge_of(honest, terms(latency_ms=600.0))
    (second,) = (e for e in late.figures if (e.group, e.horizon) == (EVERYTHING, 1.0))
    assert second.move_bps.value == pytest.approx(JUMP, rel=0.02)
    assert second.net_bps.value == pytest.approx(-1.0, abs=0.1)


def test_the_groups_of_signals_add_up(edge: SignalEdge) -> None:
    for horizon in HORIZONS:
        figures = [each for each in edge.figures if each.horizon == horizon]
        (whole,) = (each for each in figures if each.group == EVERYTHING)
        for grouping in ("direction", "session", "volatility", "spread"):
            assert sum(e.n for e in figures if e.grouping == grouping) == whole.n
            assert sum(e.filled for e in figures if e.grouping == grouping) == whole.filled
    assert edge.turnover.an_hour.value == pytest.approx(360.0, rel=0.05)
    reversing = edge.turnover.reversed
    assert reversing.low is not None and reversing.high is not None
    assert reversing.low <= reversing.value <= reversing.high


def test_noise_pays_nobody() -> None:
    edge = edge_of(planted_tape(honest=False), terms())
    (second,) = (e for e in edge.figures if (e.group, e.horizon) == (EVERYTHING, 1.0))
    assert second.net_bps.low is not None and second.net_bps.low < 0.0
    assert second.chance is not None and second.chance > 0.05


def test_a_market_that_never_leans_has_no_signals_and_no_figures(honest: RecordedTape) -> None:
    quiet = SessionPlan()
    quiet = quiet.model_copy(
        update={"signal": quiet.signal.model_copy(update={"imbalance_threshold": 1.0})}
    )
    rows, samples = in_one_stream(honest), sample(honest, quiet)
    raised = raised_signals(rows, quiet)
    edge = measure_edge(ground_of(rows, samples, quiet, terms()), raised)
    assert edge.figures == ()
    assert edge.turnover.n == 0 and edge.turnover.an_hour.value == 0.0
    assert isnan(edge.turnover.reversed.value)


def test_a_large_order_walks_the_book_and_one_beyond_it_is_not_filled(
    honest: RecordedTape,
) -> None:
    rows = in_one_stream(honest)
    at = np.array([FIRST + SECOND])
    buys = np.array([1])
    once = terms(latency_ms=0.0)
    # Five levels of 50,000 lots a side: the touch; one level deeper on each side; more than all.
    small, deep, whole = (
        round_trips(rows, at, buys, Lots(size), once)[0, 0] for size in (50_000, 100_000, 250_001)
    )
    assert small == pytest.approx(-1.0, abs=0.01)
    assert deep == pytest.approx(-2.0, abs=0.01)
    assert isnan(whole)
    last = np.array([int(rows["at"][-1]) - 2 * SECOND])
    known = round_trips(rows, last, buys, Lots(1), once)[0]
    assert [isfinite(each) for each in known.tolist()] == [each < 2.0 for each in HORIZONS]


def test_an_order_meets_the_message_that_caused_it_and_none_of_its_arrival(
    honest: RecordedTape,
) -> None:
    """The jump is told at half a second; who arrives at that nanosecond still has the old book."""
    rows = in_one_stream(honest)
    raised = raised_signals(rows, SessionPlan())
    first, side = raised.at[:1], raised.direction[:1]
    exactly = TripTerms(
        horizons=(2.0,),
        notional=250.0,
        paper=PaperSettings(latency_ms=500.0, latency_jitter_ms=0.0),
        taker_fee_bps=0.0,
        seed=1,
    )
    late = exactly.paper.model_copy(update={"latency_ms": 500.0 + 1.0 / MILLISECOND})
    in_time = round_trips(rows, first, side, Lots(1), exactly)[0, 0]
    too_late = round_trips(
        rows,
        first,
        side,
        Lots(1),
        TripTerms(horizons=(2.0,), notional=250.0, paper=late, taker_fee_bps=0.0, seed=1),
    )[0, 0]
    assert in_time == pytest.approx(JUMP - 1, rel=0.02)
    assert too_late == pytest.approx(-1.0, abs=0.1)


def test_an_order_is_worth_the_notional_and_at_least_a_lot(honest: RecordedTape) -> None:
    # 100.00 a coin, a thousandth of it a lot.
    assert lots_of(250.0, 10_000.0, honest.instrument) == 2_500
    assert lots_of(0.01, 10_000.0, honest.instrument) == 1


def test_many_signals_keep_their_shifts_at_every_horizon_that_has_room() -> None:
    """So many that no more than the least number of shifts can be afforded."""
    tape = planted_tape(honest=True, episodes=40)
    rows, samples = in_one_stream(tape), sample(tape, SessionPlan())
    at = samples.at[:: max(len(samples.at) // 1_200, 1)][:1_200]
    many = Raised(
        at=at,
        direction=np.where(np.arange(len(at)) % 2, 1, -1),
        session=np.zeros(len(at), np.int64),
        strength=np.ones(len(at)),
    )
    trip = replace(terms(), horizons=(0.5, 1.0, 5.0))
    edge = measure_edge(ground_of(rows, samples, SessionPlan(), trip), many)
    told = {each.horizon: each for each in edge.figures if each.group == EVERYTHING}
    assert [each.baseline.shifts for each in told.values()] == [20, 20, 20]
    assert all(each.chance is not None for each in told.values())
