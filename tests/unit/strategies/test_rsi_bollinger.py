import pytest

from tests.unit.strategies.sight import NAN, WrittenSight, a_strategy, a_view, bought, left
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.units import SECOND

DIRECTIONAL = a_strategy(
    "rsi_bollinger",
    oversold=25.0,
    overbought=75.0,
    band_reach=0.05,
    take_profit_bps=33.0,
    stop_bps=22.0,
    hold_seconds=11,
)


def seen(rsi: float, place: float) -> WrittenSight:
    return WrittenSight({"rsi": (rsi,), "bollinger": (NAN, NAN, NAN, place, NAN)})


def test_it_looks_at_strength_and_at_the_channel() -> None:
    required = a_strategy("rsi_bollinger", timeframe_seconds=300, rsi_period=7).requires
    assert required.timeframe == "5m"
    assert [(need.timeframe, need.indicator) for need in required.needs] == [
        ("5m", "rsi"),
        ("5m", "bollinger"),
    ]
    assert dict(required.needs[0].values) == {"period": 7}


@pytest.mark.parametrize(
    ("rsi", "place", "fires"),
    [
        (25.0, 0.05, True),
        (25.01, 0.05, False),
        (25.0, 0.051, False),
        (10.0, -0.3, True),
        (NAN, 0.0, False),
        (10.0, NAN, False),
    ],
)
def test_what_is_oversold_at_the_lower_band_is_bought(
    rsi: float, place: float, fires: bool
) -> None:
    assert (DIRECTIONAL.propose(a_view(seen(rsi, place))) is not None) is fires


def test_the_three_barriers_are_its_own() -> None:
    proposal = bought(DIRECTIONAL, a_view(seen(20.0, 0.0), execution={"stop_bps": 1.0}))
    assert (proposal.take_profit_bps, proposal.stop_bps) == (33.0, 22.0)
    assert proposal.hold_for == 11 * SECOND
    assert "RSI 20.0" in proposal.reason


@pytest.mark.parametrize(
    ("rsi", "place", "leaves"),
    [
        (75.0, 0.95, True),
        (74.9, 0.95, False),
        (75.0, 0.94, False),
        (NAN, 1.0, False),
        (90.0, NAN, False),
        (20.0, 0.0, False),
    ],
)
def test_what_is_held_is_left_at_the_other_extreme(rsi: float, place: float, leaves: bool) -> None:
    view = a_view(seen(rsi, place), position=7)
    assert (DIRECTIONAL.propose(view) is not None) is leaves
    if leaves:
        left(DIRECTIONAL, view)


def test_nothing_is_sold_that_is_not_held() -> None:
    assert DIRECTIONAL.propose(a_view(seen(99.0, 1.5))) is None


def test_the_size_is_the_strategys_share() -> None:
    assert bought(DIRECTIONAL, a_view(seen(20.0, 0.0), allocation=0.5)).size == 49


def test_extremes_that_overlap_are_refused() -> None:
    with pytest.raises(ConfigError, match="oversold < overbought"):
        a_strategy("rsi_bollinger", oversold=70.0)
