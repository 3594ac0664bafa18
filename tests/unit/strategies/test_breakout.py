import pytest

from tests.unit.strategies.sight import (
    NAN,
    WrittenSight,
    a_strategy,
    a_view,
    bars_closing_at,
    bought,
    left,
    no_bars,
)
from trading_agent.signals.indicators.bars import Bars
from trading_agent.strategies.strategy import Need

BREAKOUT = a_strategy(
    "breakout", period=20, exit_period=5, beyond_bps=10.0, volume_factor=2.0, volume_window=2
)
CHANNEL = Need("1m", "donchian", (("period", 20),))
EXIT_CHANNEL = Need("1m", "donchian", (("period", 5),))


def at(close: float, *volumes: float) -> Bars:
    return bars_closing_at(close, volumes or (1.0, 1.0, 2.0))


def seen(bars: Bars, highest: float = 100.0, lowest: float = 98.0) -> WrittenSight:
    nothing = (NAN, NAN, NAN)
    return WrittenSight(
        {CHANNEL: nothing, EXIT_CHANNEL: nothing},
        {CHANNEL: (highest, NAN, NAN), EXIT_CHANNEL: (NAN, NAN, lowest)},
        bars=bars,
    )


def test_it_needs_both_channels() -> None:
    assert BREAKOUT.requires.needs == (CHANNEL, EXIT_CHANNEL)


@pytest.mark.parametrize(
    ("sight", "fires"),
    [
        (seen(at(100.11)), True),
        (seen(at(100.1)), False),
        (seen(at(100.11, 1.0, 1.0, 1.99)), False),
        (seen(at(100.11, 1.0, 2.0)), False),
        (seen(at(100.11), highest=NAN), False),
        (seen(no_bars()), False),
    ],
)
def test_a_busy_close_above_the_channel_before_is_bought(sight: WrittenSight, fires: bool) -> None:
    assert (BREAKOUT.propose(a_view(sight)) is not None) is fires


@pytest.mark.parametrize(
    ("sight", "leaves"),
    [
        (seen(at(97.99)), True),
        (seen(at(98.0)), False),
        (seen(at(90.0), lowest=NAN), False),
        (seen(at(101.0)), False),
        (seen(no_bars()), False),
    ],
)
def test_a_close_below_the_shorter_channel_leaves_what_is_held(
    sight: WrittenSight, leaves: bool
) -> None:
    view = a_view(sight, position=7)
    assert (BREAKOUT.propose(view) is not None) is leaves
    if leaves:
        assert left(BREAKOUT, view).reason == "1m closed at 97.99, below the low 98"


def test_nothing_is_sold_that_is_not_held() -> None:
    assert BREAKOUT.propose(a_view(seen(at(90.0)))) is None


def test_the_size_is_the_strategys_share_and_the_reason_has_figures() -> None:
    proposal = bought(BREAKOUT, a_view(seen(at(101.0)), allocation=0.5))
    assert proposal.size == 49
    assert proposal.reason == (
        "1m closed at 101, above the high 100; volume 2.00 times its mean, at least 2"
    )
