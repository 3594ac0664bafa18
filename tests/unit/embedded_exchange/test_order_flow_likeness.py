"""The figures by which markets are compared, on markets whose figures are known."""

import math
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from trading_agent.domain.errors import FeedError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import MILLISECOND, SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.likeness import (
    Likeness,
    autocorrelation,
    compare,
    likeness,
    observe,
)
from trading_agent.embedded_exchange.source import (
    BookImage,
    DepthChanged,
    Level,
    MarketEvent,
    Printed,
)

STARTS_AT = Nanos(1_723_161_600 * SECOND)
PAIR = Instrument(
    symbol="ABCUSDC",
    base="ABC",
    quote="USDC",
    price_decimals=2,
    size_decimals=1,
    min_size=Lots(1),
    min_notional=Decimal(1),
    max_notional=Decimal(1_000),
    maker_fee=Decimal(0),
    taker_fee=Decimal(0),
    tradable=True,
)


class ScriptedMarket:
    """Ten levels of 20 lots a side, two ticks apart, around a middle that moves as told; in
    every second one change of two levels, and one taker who buys 30 lots in two prints."""

    def __init__(self, middles: Sequence[int], begins_after: int = 0) -> None:
        self._middles = middles
        self._begins_after = begins_after
        self._second = 0

    def instruments(self) -> Sequence[Instrument]:
        return (PAIR,)

    def next_at(self) -> Nanos | None:
        if self._second >= len(self._middles):
            return None
        return Nanos(STARTS_AT + self._second * SECOND + MILLISECOND)

    def advance(self, until: Nanos) -> Sequence[MarketEvent]:
        events: list[MarketEvent] = []
        while (at := self.next_at()) is not None and at <= until:
            version = self._second + 2
            level = (self._level(1), self._level(2))
            events.append(DepthChanged(PAIR.symbol, at, version, version, level, ()))
            events.extend(Printed(PAIR.symbol, at, Ticks(5), Lots(size), True) for size in (10, 20))
            self._second += 1
        return events

    def image(self, symbol: str, levels: int) -> BookImage | None:
        if self._second <= self._begins_after:
            return None
        bids = tuple(self._level(-step) for step in range(levels))
        asks = tuple(self._level(1 + step) for step in range(levels))
        return BookImage(symbol, self._second + 1, bids, asks)

    def _level(self, step: int) -> Level:
        return Ticks(self._middles[self._second - 1] + 2 * step), Lots(20)


def seen(middles: Sequence[int], **rest: int) -> Likeness:
    source = ScriptedMarket(middles, **rest)
    return likeness(observe(source, STARTS_AT, len(middles))[PAIR.symbol])


def test_book_figures_are_read_off_the_levels() -> None:
    figures = seen([10_000] * 20)
    assert figures.minutes_seen == pytest.approx(1 / 3, abs=0.02)
    assert figures.spread_median_ticks == figures.spread_mean_ticks == 2.0
    assert figures.spread_one_tick_share == 0.0
    assert figures.spread_mean_bps == pytest.approx(2.0, rel=0.01)
    assert (figures.depth_1_level, figures.depth_5_levels, figures.depth_10_levels) == (2, 10, 20)
    assert figures.tenth_level_bps == pytest.approx(18.0, rel=0.01)
    assert figures.book_changes_per_second == pytest.approx(1.0, rel=0.06)
    assert figures.level_changes_per_second == pytest.approx(2.0, rel=0.06)


def test_prints_of_one_moment_and_side_are_one_taker() -> None:
    figures = seen([10_000] * 20)
    assert figures.prints_per_taker == 2.0
    assert figures.takers_per_second == pytest.approx(1.0, rel=0.06)
    assert figures.prints_per_second == pytest.approx(2.0, rel=0.06)
    assert figures.taker_size_median == 3.0
    assert figures.taker_gap_median_ms == 1_000.0
    assert figures.taker_gap_variation == 0.0
    assert math.isnan(figures.taker_sign_autocorrelation_1)


def test_a_market_that_stands_still_has_no_correlations() -> None:
    figures = seen([10_000] * 20)
    assert figures.volatility_1s_bps == 0.0
    assert figures.unmoved_1s_share == 1.0
    assert math.isnan(figures.kurtosis_1s)
    assert math.isnan(figures.return_autocorrelation_1s)


def test_bursts_show_in_absolute_returns_and_reversals_in_returns() -> None:
    dice = Random(2)
    calm_and_wild = [20 * (1 + 9 * (step // 40 % 2)) for step in range(400)]
    middles = [100_000]
    for size in calm_and_wild:
        middles.append(middles[-1] + round(dice.gauss(0.0, size)))
    figures = seen(middles)
    assert figures.absolute_return_autocorrelation_1s_1 > 0.2
    assert figures.absolute_return_autocorrelation_1s_10 > 0.1
    assert abs(figures.return_autocorrelation_1s) < 0.2
    assert figures.kurtosis_1s > 3.5
    swinging = seen([100_000 + 10 * (step % 2) for step in range(60)])
    assert swinging.return_autocorrelation_1s == pytest.approx(-1.0)


def test_watching_begins_when_the_book_is_known() -> None:
    figures = seen([10_000] * 20, begins_after=10)
    assert figures.minutes_seen == pytest.approx(1 / 6, abs=0.02)


def test_a_market_without_a_book_cannot_be_judged() -> None:
    with pytest.raises(FeedError, match="ABCUSDC"):
        seen([10_000] * 5, begins_after=99)


def test_autocorrelation_of_known_series() -> None:
    assert autocorrelation([1.0, -1.0] * 10, 1) == pytest.approx(-1.0)
    assert autocorrelation([1.0, -1.0] * 10, 2) == pytest.approx(1.0)
    noise = np.asarray([Random(3).gauss(0, 1) for _ in range(10)])
    assert math.isnan(autocorrelation(noise, 1))


def test_the_comparison_names_both_and_shows_every_figure() -> None:
    quiet, wide = seen([10_000] * 20), seen([20_000] * 20)
    table = compare("synthetic", quiet, "recorded", wide)
    lines = table.splitlines()
    assert lines[0].split() == ["synthetic", "recorded", "ratio"]
    assert len(lines) == 1 + len(Likeness.__dataclass_fields__)
    (bps,) = (line.split() for line in lines if line.startswith("spread mean bps"))
    assert float(bps[-1]) == pytest.approx(2.0, rel=0.01)
    assert len({len(line) for line in lines}) == 1
