import pytest

from tests.unit.strategies.sight import NAN, WrittenSight, a_strategy, a_view, bought, left
from trading_agent.domain.errors import ConfigError

TREND = a_strategy("macd_bollinger", timeframe_seconds=60, least_place=0.6)


def seen(before: float, now: float, place: float = 0.6) -> WrittenSight:
    return WrittenSight(
        {"macd": (NAN, NAN, now), "bollinger": (NAN, NAN, NAN, place, NAN)},
        {"macd": (NAN, NAN, before)},
    )


@pytest.mark.parametrize(
    ("before", "now", "place", "fires"),
    [
        (-0.1, 0.1, 0.6, True),
        (0.0, 0.1, 0.6, True),
        (0.01, 0.1, 0.6, False),
        (-0.1, 0.0, 0.6, False),
        (-0.1, 0.1, 0.59, False),
        (NAN, 0.1, 0.6, False),
        (-0.1, NAN, 0.6, False),
        (-0.1, 0.1, NAN, False),
    ],
)
def test_a_cross_from_below_in_the_upper_channel_is_bought(
    before: float, now: float, place: float, fires: bool
) -> None:
    assert (TREND.propose(a_view(seen(before, now, place))) is not None) is fires


@pytest.mark.parametrize(
    ("before", "now", "leaves"),
    [
        (0.1, -0.1, True),
        (0.0, -0.1, True),
        (-0.01, -0.1, False),
        (0.1, 0.0, False),
        (NAN, -0.1, False),
        (0.1, NAN, False),
        (-0.1, 0.1, False),
    ],
)
def test_a_cross_from_above_leaves_what_is_held(before: float, now: float, leaves: bool) -> None:
    view = a_view(seen(before, now), position=7)
    assert (TREND.propose(view) is not None) is leaves
    if leaves:
        assert "crossed below" in left(TREND, view).reason


def test_nothing_is_sold_that_is_not_held() -> None:
    assert TREND.propose(a_view(seen(0.1, -0.1))) is None


def test_the_size_is_the_strategys_share_and_the_reason_has_figures() -> None:
    proposal = bought(TREND, a_view(seen(-0.25, 0.5, 0.75), allocation=0.5))
    assert proposal.size == 49
    assert proposal.reason == (
        "MACD of 1m crossed above its signal: -0.25 to +0.5;"
        " 0.75 of the Bollinger channel, at least 0.6"
    )


def test_a_fast_line_that_is_not_faster_is_refused() -> None:
    with pytest.raises(ConfigError, match="fast < slow"):
        a_strategy("macd_bollinger", fast=26)
