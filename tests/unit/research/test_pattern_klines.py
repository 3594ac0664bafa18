"""Candles of files, and longer ones that are joined from them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.units import DAY, HOUR, MILLISECOND, MINUTE
from trading_agent.research.pattern_klines import Series, folded, read_fold, read_series
from trading_agent.signals.indicators.bars import Bars, make_bars

MIDNIGHT = 19_000 * DAY


def hours(first: int, *prices: tuple[float, float, float, float], volume: float = 1.0) -> Bars:
    """Open, high, low and close of hours from so many after midnight on."""
    opened = [MIDNIGHT + (first + place) * HOUR for place in range(len(prices))]
    columns = tuple([each[place] for each in prices] for place in range(4))
    return make_bars(opened, columns, [volume] * len(prices))


def series_of(bars: Bars) -> Series:
    return Series(name="walk", timeframe="1h", bars=bars)


def test_longer_candles_are_those_of_the_hours_in_them() -> None:
    first = [(10.0, 12.0, 9.0, 11.0), (11.0, 15.0, 11.0, 14.0), (14.0, 14.0, 8.0, 9.0)]
    second = [(9.0, 10.0, 9.0, 9.5)] * 4
    bars = folded(series_of(hours(0, *first, (9.0, 9.5, 8.5, 9.2), *second, volume=2.0)), "4h").bars
    assert bars.open_at.tolist() == [MIDNIGHT, MIDNIGHT + 4 * HOUR]
    assert bars.open.tolist() == [10.0, 9.0]
    assert bars.high.tolist() == [15.0, 10.0]
    assert bars.low.tolist() == [8.0, 9.0]
    assert bars.close.tolist() == [9.2, 9.5]
    assert bars.volume.tolist() == [8.0, 8.0]


@pytest.mark.parametrize(
    ("first", "count", "opened"),
    [(0, 8, [0, 4]), (1, 8, [4]), (3, 9, [4, 8]), (0, 9, [0, 4]), (0, 11, [0, 4]), (2, 5, [])],
)
def test_what_the_file_cuts_off_is_left_out(first: int, count: int, opened: list[int]) -> None:
    bars = folded(series_of(hours(first, *[(1.0, 1.0, 1.0, 1.0)] * count)), "4h").bars
    assert [(at - MIDNIGHT) // HOUR for at in bars.open_at.tolist()] == opened


def test_an_hour_without_the_exchange_leaves_a_candle_of_the_others() -> None:
    whole = hours(0, *[(1.0, float(hour), 1.0, 1.0) for hour in range(1, 9)])
    gap = Bars(*(np.delete(column, 5) for column in whole))
    bars = folded(series_of(gap), "4h").bars
    assert bars.high.tolist() == [4.0, 8.0]
    assert bars.volume.tolist() == [4.0, 3.0]


def test_only_hours_are_joined_and_only_into_multiples(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(("open_time_ms", "open", "high", "low", "close", "volume"))
        for place in range(600):
            sheet.writerow(((MIDNIGHT + place * 15 * MINUTE) // MILLISECOND, 1, 1, 1, 1, 1))
    folds = (read_fold("15m:1h"), read_fold("1h:4h"))
    assert folds == (("15m", "1h"), ("1h", "4h"))
    assert [it.timeframe for it in read_series((tmp_path,), None, folds)] == ["15m", "1h"]
    (hourly,) = read_series((tmp_path,), "1h", folds)
    assert (hourly.name, len(hourly.bars.close)) == ("a as 1h", 150)
    for wrong in ("4h:1h", "1h:1h", "5m:1m", "1h", "1h:7h"):
        with pytest.raises(ConfigError):
            read_fold(wrong)
