"""Agreement of timeframes."""

import math

import pytest

from trading_agent.domain.order import Side
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.signals.enhanced.confirmation import (
    Confirmation,
    TimeframeConfirmation,
    TrendReading,
    confirm,
    trend_opinion,
)
from trading_agent.signals.enhanced.settings import (
    ConfirmationParameters,
    EnhancedSettings,
)

NOW = Nanos(1_700_000_000_000_000_000)
USUAL = ConfirmationParameters()


def up(timeframe: str, at: int = NOW, by: float = 1.0) -> TrendReading:
    return TrendReading(timeframe, Nanos(at), 100.0 + by, 100.0, 1.0, 0.2 * by, 50.0 + 20.0 * by)


def confirmed(*readings: TrendReading, parameters: ConfirmationParameters = USUAL) -> Confirmation:
    return confirm({it.timeframe: it for it in readings}, NOW, parameters)


@pytest.mark.parametrize(
    ("reading", "opinion"),
    [
        (up("1m"), 1.0),
        (up("1m", by=-1.0), -1.0),
        (up("1m", by=9.0), 1.0),
        (up("1m", by=0.5), 0.5),
        (TrendReading("1m", NOW, 101.0, 100.0, 2.0), 0.5),
        (TrendReading("1m", NOW, rsi=40.0), -0.5),
        (TrendReading("1m", NOW, 101.0, 100.0, 1.0, -0.2, 50.0), 0.25),
        (TrendReading("1m", NOW, 101.0, 100.0, 0.0), None),
        (TrendReading("1m", NOW), None),
    ],
)
def test_an_opinion_weighs_what_is_ready(reading: TrendReading, opinion: float | None) -> None:
    assert trend_opinion(reading, USUAL) == pytest.approx(opinion)


def test_all_agree() -> None:
    found = confirmed(up("1m"), up("5m"), up("15m"))
    assert (found.direction, found.score, found.confirmed) == (Side.BUY, 1.0, True)
    assert found.agreeing == pytest.approx(1.0)
    assert (found.opposing, found.abstained) == (0.0, 0)
    assert (found.confirmed, found.direction) == (True, Side.BUY)


def test_opposition_counts_against_the_direction() -> None:
    found = confirmed(up("1m", by=-1.0), up("5m"), up("15m"))
    assert found.direction is Side.BUY
    assert found.score == pytest.approx(0.2)
    assert found.agreeing == pytest.approx(0.6)
    assert found.opposing == pytest.approx(0.4)
    assert found.confirmed


def test_who_abstains_is_counted_and_does_not_make_a_quorum() -> None:
    found = confirmed(up("5m"), TrendReading("1m", NOW))
    assert found.abstained == 2
    assert found.score == 1.0
    assert found.agreeing == pytest.approx(0.35)
    assert not found.confirmed
    assert "1m abstains" in found.words
    assert [it.opinion for it in found.by_timeframe] == [None, 1.0, None]


def test_nobody_knows_anything() -> None:
    found = confirmed()
    assert (found.direction, found.score, found.confirmed, found.abstained) == (None, 0.0, False, 3)


def test_a_faint_opinion_agrees_with_nobody() -> None:
    found = confirmed(up("1m", by=0.05), up("5m", by=0.05), up("15m", by=0.05))
    assert found.direction is Side.BUY
    assert (found.agreeing, found.confirmed) == (0.0, False)


def test_old_and_future_readings_abstain() -> None:
    old = up("1m", at=NOW - 2 * MINUTE - 1)
    just = up("5m", at=NOW - 10 * MINUTE)
    future = up("15m", at=NOW + 1)
    found = confirmed(old, just, future)
    assert [it.opinion for it in found.by_timeframe] == [None, 1.0, None]


def test_timeframes_without_weight_are_not_asked() -> None:
    parameters = ConfirmationParameters(timeframe_weights={"1m": 0.0, "1h": 0.5})
    found = confirmed(up("1m", by=-1.0), up("1h"), parameters=parameters)
    assert [it.timeframe for it in found.by_timeframe] == ["1h"]
    assert found.by_timeframe[0].weight == 1.0


def test_a_session_has_its_own_quorum() -> None:
    settings = EnhancedSettings.model_validate(
        {"sessions": {"ASIA": {"confirmation": {"quorum": 0.9}}}}
    )
    readings = (up("1m"), up("5m"))
    assert confirmed(*readings, parameters=settings.confirmation_in("US")).confirmed
    assert not confirmed(*readings, parameters=settings.confirmation_in("ASIA")).confirmed


def test_the_newest_reading_of_a_timeframe_holds() -> None:
    watch = TimeframeConfirmation()
    watch.update(up("1m", by=-1.0))
    watch.update(up("1m", at=NOW - MINUTE))
    assert watch.as_of(NOW, USUAL).score == -1.0
    watch.update(up("1m"))
    assert watch.as_of(NOW, USUAL).score == 1.0


def test_what_is_not_finite_is_not_ready() -> None:
    reading = TrendReading("1m", NOW, math.inf, 1.0, 1.0, math.nan, math.nan)
    assert trend_opinion(reading, USUAL) is None
