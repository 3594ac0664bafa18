"""Thresholds chosen on one half and judged on the other, where the truth is known."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from tests.unit.research.planted_market import planted_tape
from trading_agent.engine.compiled_loop import prepare_batch
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_calibration import (
    Calibration,
    CalibrationRequest,
    Thresholds,
    calibration_of,
    overlay_of,
    values_of,
)
from trading_agent.signals.sessions import OFF_HOURS, resolve_sessions
from trading_agent.signals.settings import SessionPlan

pytestmark = pytest.mark.slow


def calibrated(*, honest: bool, an_hour: float = 360.0) -> Calibration:
    return calibrated_on(planted_tape(honest=honest), an_hour=an_hour)


def calibrated_on(*tapes: RecordedTape, an_hour: float = 360.0) -> Calibration:
    prepare_batch()
    request = CalibrationRequest(
        data=(Path("planted"),), plan=SessionPlan(), an_hour=an_hour, after=1.0
    )
    return calibration_of(tapes, request, lambda _: None)


@pytest.fixture(scope="module")
def found() -> Calibration:
    return calibrated(honest=True)


def test_a_planted_signal_is_found_out_of_its_half(found: Calibration) -> None:
    (each,) = found.evidence
    assert each.session == "US"
    assert each.thresholds is not None and each.better
    assert each.out_of_half.value == 1.0 and each.moves >= 30 and each.n >= each.moves
    assert 180.0 <= each.an_hour.value <= 720.0
    assert each.before_n in (39, 40) and each.before.value == 1.0
    assert each.hours == pytest.approx(400.0 / 3_600.0, rel=0.05)


def test_the_overlay_is_a_plan_and_changes_its_session_alone(found: Calibration) -> None:
    (each,) = found.evidence
    assert each.thresholds is not None
    chosen = found.overlay["trading"]["sessions"]
    assert set(chosen) == {"US"}
    plan = SessionPlan()
    told = plan.model_dump(exclude_none=True)
    told["sessions"]["US"]["signal"] |= chosen["US"]["signal"]
    laid = SessionPlan.model_validate(told)
    before = {session.name: session.signal for session in resolve_sessions(plan)}
    after = {session.name: session.signal for session in resolve_sessions(laid)}
    assert {name for name, signal in after.items() if signal != before[name]} == {"US"}
    assert after["US"].model_dump().items() >= values_of(each.thresholds).items()


def test_what_applies_outside_sessions_leaves_the_sessions_as_they_were(
    found: Calibration,
) -> None:
    (each,) = found.evidence
    thresholds = Thresholds(
        imbalance_threshold=0.9,
        momentum_threshold_bps=9.0,
        trade_flow_threshold=0.9,
        volatility_min_bps=1.0,
        volatility_max_bps=2.0,
    )
    assert each.false_share is not None and each.false_share < 0.01
    evidence = replace(each, session=OFF_HOURS, thresholds=thresholds)
    overlay = overlay_of([evidence], SessionPlan())["trading"]
    assert overlay["signal"] == values_of(thresholds)
    assert set(overlay["sessions"]) == {"ASIA", "EUROPE", "US"}
    base = SessionPlan().signal.model_dump()
    for session in overlay["sessions"].values():
        assert session["signal"].items() <= base.items()


def test_noise_gets_no_thresholds() -> None:
    found = calibrated(honest=False)
    (each,) = found.evidence
    assert not each.better
    assert found.overlay == {}


def test_what_a_half_chooses_knows_nothing_of_the_other() -> None:
    """In the second half the book leans half as much."""
    tape = planted_tape(honest=True)
    depth = tape.depth.copy()
    late = depth["at"] >= np.median(np.unique(depth["at"]))
    depth["size"][late & (depth["size"] == 90_000)] = 70_000
    depth["size"][late & (depth["size"] == 10_000)] = 30_000
    milder = replace(tape, depth=depth)
    (same,), (other,) = (calibrated_on(each).evidence for each in (tape, milder))
    assert same.by_half[0] is not None and same.by_half[0] == other.by_half[0]
    assert same.by_half[1] != other.by_half[1]


def test_every_session_that_was_tried_counts() -> None:
    alone = calibrated_on(planted_tape(honest=True)).evidence[0]
    among = calibrated_on(*(planted_tape(honest=honest) for honest in (True, False))).evidence
    assert alone.false_share == alone.out_of_half.chance
    assert among[0].out_of_half == alone.out_of_half
    assert among[0].false_share == pytest.approx(2.0 * (alone.false_share or 1.0))
    assert among[0].better and not among[1].better


def test_a_rate_that_cannot_be_had_proposes_nothing() -> None:
    found = calibrated(honest=True, an_hour=3_600.0)
    (each,) = found.evidence
    assert each.thresholds is None and each.n == 0
    assert found.overlay == {}
