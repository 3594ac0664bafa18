"""Reads candles and labels from CSV files, packed or not."""

import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from msgspec import Struct

from trading_agent.domain.errors import CommandError, ConfigError, FeedError
from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.market.candles import TIMEFRAME_NAMES, TIMEFRAMES
from trading_agent.signals.indicators.bars import Bars, make_bars
from trading_agent.signals.patterns.watch import timeframe_length

_PRICES: Final = ("open", "high", "low", "close")

Fold = tuple[str, str]
"""Of candles of the first timeframe, those of the second."""


class Series(Struct, frozen=True, kw_only=True):
    """Candles of one file. `timeframe` is read from the usual distance between them."""

    name: str
    timeframe: str
    bars: Bars


def read_series(
    paths: Iterable[Path], timeframe: str | None = None, folds: Iterable[Fold] = ()
) -> Iterator[Series]:
    """One a file, in the order of names, and after it what `folds` make of it; only those of the
    timeframe, where one is given. CommandError for what is not there, FeedError for what cannot
    be read."""
    chosen = tuple(folds)
    for path in _files(paths):
        series = _series(path)
        longer = (folded(series, into) for short, into in chosen if short == series.timeframe)
        for each in (series, *longer):
            if timeframe in (None, each.timeframe):
                yield each


def read_fold(text: str) -> Fold:
    """As in 1h:4h. ConfigError for lengths that no candle has, or of which the second is no
    multiple of the first."""
    short, _, into = text.partition(":")
    length, longer = timeframe_length(short), timeframe_length(into)
    if longer <= length or longer % length:
        raise ConfigError(f"{text}: the second is no multiple of the first")
    return short, into


def folded(series: Series, timeframe: str) -> Series:
    """Candles joined into longer ones that begin where the exchange's do. One that the file cuts
    off at its beginning or end is left out; one in which the exchange was out is what it was."""
    bars, length = series.bars, timeframe_length(timeframe)
    number = bars.open_at // length
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    ends = np.append(starts[1:], len(number)) - 1
    cut_off = bars.open_at[0] % length > 0
    unfinished = (bars.open_at[-1] + timeframe_length(series.timeframe)) % length > 0
    whole = slice(int(cut_off), len(starts) - int(unfinished))
    highs = np.maximum.reduceat(bars.high, starts)
    lows = np.minimum.reduceat(bars.low, starts)
    prices = (bars.open[starts], highs, lows, bars.close[ends])
    joined = make_bars(
        (number[starts] * length)[whole],
        tuple(column[whole] for column in prices),
        np.add.reduceat(bars.volume, starts)[whole],
    )
    return Series(name=f"{series.name} as {timeframe}", timeframe=timeframe, bars=joined)


def read_labels(path: Path) -> dict[int, bool]:
    """Columns Date and Label: opening of the first candle of a window (nanoseconds UTC), and
    whether a person saw the shape in it."""
    labels = {}
    for row in _rows(path):
        try:
            labels[_day(row["Date"])] = float(row["Label"]) > 0
        except (KeyError, ValueError, TypeError) as error:
            raise FeedError(f"{path.name}: not a label: {row}") from error
    if not labels:
        raise FeedError(f"{path.name}: no labels")
    return labels


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(it for it in path.rglob("*") if it.name.endswith((".csv", ".csv.gz")))
            if not found:
                raise CommandError(f"{path}: no CSV files in it")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise CommandError(f"{path}: no such file or folder")


def _series(path: Path) -> Series:
    opened: list[int] = []
    columns: list[list[float]] = [[], [], [], [], []]
    for row in _rows(path):
        try:
            opened.append(_opening(row))
            values = [float(row[name]) for name in _PRICES]
            values.append(float(row["volume"] if "volume" in row else row["vol"]))
        except (KeyError, ValueError, TypeError) as error:
            raise FeedError(f"{path.name}: not a candle: {row}") from error
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    bars = make_bars(opened, tuple(columns[:4]), columns[4])
    distances = np.diff(bars.open_at)
    if len(distances) == 0 or distances.min() <= 0:
        raise FeedError(f"{path.name}: candles are not in the order of time, or fewer than two")
    if not all(np.isfinite(column).all() for column in bars) or bars.low.min() <= 0:
        raise FeedError(f"{path.name}: a price is not a positive number")
    return Series(
        name=path.name.partition(".")[0], timeframe=_timeframe(path, distances), bars=bars
    )


def _timeframe(path: Path, distances: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    usual = int(np.median(distances))
    if usual not in TIMEFRAMES:
        known = ", ".join(TIMEFRAME_NAMES)
        raise FeedError(f"{path.name}: candles of {usual / SECOND:g} s; known: {known}")
    return TIMEFRAME_NAMES[TIMEFRAMES.index(usual)]


def _opening(row: dict[str, str]) -> int:
    if "open_time_ms" in row:
        return int(row["open_time_ms"]) * MILLISECOND
    return _day(row["date"])


def _day(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * SECOND


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with _opened(path) as file:
            yield from csv.DictReader(file)
    except FileNotFoundError as error:
        raise CommandError(f"{path}: no such file") from error
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise FeedError(f"{path.name}: {error}") from error


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
