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
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.units import SECOND
from trading_agent.signals.indicators.bars import Bars
from trading_agent.strategies.strategy import Need, Requirements

MOMENTUM = a_strategy(
    "momentum", lookback=5, threshold_bps=30.0, average_period=9, volume_factor=2.0, volume_window=4
)
BUSY = bars_closing_at(100.0, (1.0, 1.0, 1.0, 1.0, 2.0))


def seen(percent: float = 0.5, average: float = 99.0, bars: Bars = BUSY) -> WrittenSight:
    return WrittenSight({"roc": (percent,), "sma": (average,)}, bars=bars)


def test_it_is_asked_at_closes_and_looks_at_what_its_parameters_say() -> None:
    change, average = (Need("1m", "roc", (("period", 5),)), Need("1m", "sma", (("period", 9),)))
    assert MOMENTUM.requires == Requirements(timeframe="1m", needs=(change, average))


def test_what_has_risen_far_enough_is_bought() -> None:
    proposal = bought(MOMENTUM, a_view(seen()))
    assert proposal.reason == (
        "momentum +50.0 bps over 5 candles of 1m, at least 30; close 100 above its average 99;"
        " volume 2.00 times its mean, at least 2"
    )
    assert (proposal.take_profit_bps, proposal.stop_bps) == (60.0, 30.0)
    assert proposal.hold_for == 1_800 * SECOND


@pytest.mark.parametrize(
    ("sight", "fires"),
    [
        (seen(percent=0.301), True),
        (seen(percent=0.299), False),
        (seen(percent=NAN), False),
        (seen(average=99.99), True),
        (seen(average=100.0), False),
        (seen(average=NAN), False),
        (seen(bars=bars_closing_at(100.0, (1.0, 1.0, 1.0, 1.0, 1.99))), False),
        (seen(bars=bars_closing_at(100.0, (1.0, 1.0, 1.0, 2.0))), False),
        (seen(bars=bars_closing_at(100.0, (0.0, 0.0, 0.0, 0.0, 2.0))), False),
        (seen(bars=no_bars()), False),
    ],
)
def test_each_threshold_decides(sight: WrittenSight, fires: bool) -> None:
    assert (MOMENTUM.propose(a_view(sight)) is not None) is fires


def test_filters_that_are_off_ask_for_nothing() -> None:
    bare = a_strategy("momentum", average_period=0, volume_factor=0.0)
    assert [need.indicator for need in bare.requires.needs] == ["roc"]
    sight = WrittenSight({"roc": (0.5,)}, bars=no_bars())
    assert bought(bare, a_view(sight)).reason.endswith("at least 30")


def test_what_is_held_is_left_when_it_has_fallen_as_far_and_not_bought_again() -> None:
    assert MOMENTUM.propose(a_view(seen(), position=5)) is None
    assert MOMENTUM.propose(a_view(seen(percent=-0.299), position=5)) is None
    assert MOMENTUM.propose(a_view(seen(percent=NAN), position=5)) is None
    assert "-30.1 bps" in left(MOMENTUM, a_view(seen(percent=-0.301), position=5)).reason


def test_nothing_is_sold_that_is_not_held() -> None:
    assert MOMENTUM.propose(a_view(seen(percent=-5.0))) is None


def test_another_timeframe_or_a_market_without_two_sides_is_silent() -> None:
    assert MOMENTUM.propose(a_view(seen(), closed="5m")) is None
    assert MOMENTUM.propose(a_view(seen(), ask=0)) is None
    assert MOMENTUM.propose(a_view(seen(percent=-1.0), position=5, bid=0)) is None


def test_the_size_is_the_strategys_share() -> None:
    assert bought(MOMENTUM, a_view(seen(), allocation=0.5)).size == 49


def test_an_average_of_one_candle_is_refused() -> None:
    with pytest.raises(ConfigError, match="momentum: average_period = 1"):
        a_strategy("momentum", average_period=1)
