"""What is said of the past of a pattern."""

import pytest

from trading_agent.signals.patterns.base_rate_table import AFTER, MEASURED
from trading_agent.signals.patterns.base_rates import base_rate, words
from trading_agent.signals.patterns.candlesticks import POINTING, kind_of
from trading_agent.signals.patterns.pattern import PatternKind


def test_every_kind_was_measured_on_common_timeframes() -> None:
    timeframes = {timeframe for _, timeframe in MEASURED}
    assert timeframes == {"1m", "5m", "15m", "1h", "4h"}
    for kind in PatternKind:
        for timeframe in timeframes:
            rate = base_rate(kind, timeframe)
            assert rate is not None, (kind, timeframe)
            assert (rate.kind, rate.timeframe, rate.after) == (kind, timeframe, AFTER)
            assert rate.n > 0
            assert 0 < rate.hit < 1
            if rate.low is not None and rate.high is not None:
                assert rate.low <= rate.median <= rate.high


def test_the_table_names_no_kind_that_is_not_one() -> None:
    named = {kind_of(function) for function in POINTING}
    measured = {kind for kind, _ in MEASURED}
    assert {kind.value for kind in PatternKind} < measured
    assert measured <= {kind.value for kind in PatternKind} | named
    assert len(measured & named) == 49


def test_what_was_not_measured_is_said() -> None:
    assert base_rate(PatternKind.DOUBLE_TOP, "15s") is None
    assert words(PatternKind.DOUBLE_TOP, "15s") == "not measured on 15s"


@pytest.mark.parametrize("kind", PatternKind)
def test_words_carry_count_median_interval_and_doubt(kind: PatternKind) -> None:
    rate = base_rate(kind, "15m")
    assert rate is not None
    said = words(kind, "15m")
    opening = f"seen {rate.n} times on 15m, {rate.median:+.2f} % median after 10 bars"
    assert said.startswith(opening)
    assert ("95 % CI" in said) == (rate.low is not None)
    assert ("not told apart from chance" in said) == (not rate.told_from_chance)
    assert ("the other way" in said) == (rate.told_from_chance and rate.median < 0)
