"""What followed patterns, against what is known to have followed."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.cli.verbs import call
from tests.unit.signals.patterns.charts import LENGTH, START, UPRIGHT, drawn, joined, until, walk
from trading_agent.cli.signal_patterns import patterns
from trading_agent.domain.errors import CommandError, ConfigError, FeedError
from trading_agent.domain.units import DAY, MILLISECOND, SECOND
from trading_agent.research.pattern_evaluation import (
    Events,
    Floats,
    Integers,
    PatternEvaluation,
    PatternFigure,
    PatternRequest,
    PatternTerms,
    evaluate_patterns,
    figures_of,
)
from trading_agent.research.pattern_klines import read_labels, read_series
from trading_agent.research.pattern_labels import score_double_bottoms
from trading_agent.research.pattern_table import table_source
from trading_agent.signals.indicators.bars import Bars
from trading_agent.signals.patterns.base_rate_table import AFTER, MEASURED
from trading_agent.signals.patterns.base_rates import base_rate
from trading_agent.signals.patterns.candlesticks import POINTING, candlesticks, kind_of, marks
from trading_agent.signals.patterns.pattern import PatternKind
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import find_patterns

pytestmark = pytest.mark.slow

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


def events(places: list[int], open_at: Integers, close: Floats) -> Events:
    """All pointing up."""
    return Events(np.array(places), np.ones(len(places)), open_at, close)


def figure_of(those: Events, after: int = 1) -> PatternFigure:
    terms = PatternTerms(after=(after,), by_days=False)
    (it,) = figures_of({("1s", "double_bottom"): [those]}, terms)
    return it


def test_patterns_in_fewer_than_eight_blocks_of_time_have_no_interval() -> None:
    """Eight of them, but all within forty seconds of an hour."""
    open_at = START + SECOND * np.arange(3_600)
    close = 100.0 + np.cumsum([(-1.0) ** place * 0.01 for place in range(3_600)])
    together = figure_of(events([5 * place for place in range(8)], open_at, close))
    assert together.n == 8 and together.mean.low is None and together.median.low is None
    apart = figure_of(events([400 * place for place in range(8)], open_at, close))
    assert apart.n == 8 and apart.mean.low is not None and apart.median.low is not None


def test_candles_that_come_seldom_make_blocks_as_long_as_they_last() -> None:
    """A candle of a second every two minutes: ten of them are twenty minutes."""
    close = 100.0 + np.array([0.01 * (place % 7) for place in range(400)])
    places = list(range(0, 380, 3))
    often = figure_of(events(places, START + SECOND * np.arange(400), close), after=10)
    seldom = figure_of(events(places, START + 120 * SECOND * np.arange(400), close), after=10)
    # In both ten candles are looked ahead, and as many blocks of twenty hold them.
    assert often.mean == seldom.mean


def silent(_: str) -> None:
    """Nobody listens."""


def written(path: Path, bars: Bars) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(("open_time_ms", "open", "high", "low", "close", "volume"))
        rows = zip(*(column.tolist() for column in bars), strict=True)
        sheet.writerows((at // MILLISECOND, *values) for at, *values in rows)
    return path


def evaluated(*paths: Path, **options: Any) -> PatternEvaluation:
    chosen = {"candlesticks": False} | options
    request = PatternRequest(data=paths, settings=PatternSettings(), **chosen)
    return evaluate_patterns(request, silent)


def test_moves_after_candlesticks_are_those_of_the_candles_after_them(tmp_path: Path) -> None:
    bars = walk(1_500, seed=8)
    found = evaluated(written(tmp_path / "walk.csv", bars), candlesticks=True)
    expected: dict[tuple[str, int], list[float]] = {}
    for place in range(1_500):
        for named in candlesticks(until(bars, place + 1)):
            for after in (5, 10, 20):
                if named.direction is not None and place + after < 1_500:
                    change = bars.close[place + after] / bars.close[place] - 1.0
                    expected.setdefault((named.kind, after), []).append(
                        100.0 * change * int(named.direction)
                    )
    known = {key: moves for key, moves in expected.items() if len(moves) > 1}
    assert len(known) > 30
    assert {(it.kind, it.after) for it in found.candlesticks} == set(known)
    for it in found.candlesticks:
        moves = np.array(known[it.kind, it.after])
        assert it.n == len(moves)
        assert it.median.value == pytest.approx(np.median(moves))
        assert it.hit.value == pytest.approx((moves[moves != 0] > 0).mean())


def test_candlesticks_are_judged_apart_from_chart_patterns(tmp_path: Path) -> None:
    """Each family pays for its own number of questions."""
    found = evaluated(written(tmp_path / "walk.csv", walk(3_000, seed=8)), candlesticks=True)
    for figures in (found.figures, found.candlesticks):
        told = [
            (chance, share)
            for it in figures
            for chance, share in (
                (it.median_chance, it.median_false_share),
                (it.mean_chance, it.mean_false_share),
            )
            if chance is not None and share is not None
        ]
        assert len(told) == 2 * len(figures)
        chance, share = min(told)
        assert share <= chance * len(told) + 1e-12


def figure(found: PatternEvaluation, kind: PatternKind, after: int) -> PatternFigure:
    (it,) = [it for it in found.figures if (it.kind, it.after) == (kind, after)]
    return it


def bottoms(count: int, then: float) -> Bars:
    """Double bottoms, each followed by eight candles that go on to `then`, and by a walk."""
    chart = drawn([*UPRIGHT[PatternKind.DOUBLE_BOTTOM][0], (8, then), (20, 100.0)])
    bars = chart
    for seed in range(1, count):
        bars = joined(joined(bars, walk(40 + 7 * seed % 90, seed)), chart)
    return bars


def test_moves_are_those_of_the_candles_after_the_break(tmp_path: Path) -> None:
    bars = walk(3_000, seed=8)
    found = evaluated(written(tmp_path / "walk.csv", bars))
    expected: dict[tuple[PatternKind, int], list[float]] = {}
    for pattern in find_patterns(bars, "15m"):
        place = (pattern.confirmed_at - START) // LENGTH - 1
        for after in (5, 10, 20):
            if place + after < 3_000:
                change = bars.close[place + after] / bars.close[place] - 1.0
                expected.setdefault((pattern.kind, after), []).append(
                    100.0 * change * int(pattern.direction)
                )
    known = {key: moves for key, moves in expected.items() if len(moves) > 1}
    assert {(it.kind, it.after) for it in found.figures} == set(known)
    for it in found.figures:
        moves = np.array(known[it.kind, it.after])
        assert it.n == len(moves)
        assert it.mean.value == pytest.approx(moves.mean())
        assert it.median.value == pytest.approx(np.median(moves))
        assert it.hit.value == pytest.approx((moves > 0).mean())


def test_an_edge_that_is_there_is_seen_and_its_reverse_too(tmp_path: Path) -> None:
    for then, sign in ((130.0, 1.0), (104.0, -1.0)):
        found = evaluated(written(tmp_path / "bottoms.csv", bottoms(60, then)))
        it = figure(found, PatternKind.DOUBLE_BOTTOM, 10)
        assert it.n >= 60
        assert sign * it.mean.value > 2.0
        assert sign * it.median.value > 2.0
        assert sign * (it.hit.value - 0.5) > 0.2
        assert it.median_chance < 0.01
        assert it.mean_chance < 0.01


def test_in_a_random_walk_nothing_is_found(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{seed}.csv", walk(2_500, seed)) for seed in range(3)]
    found = evaluated(*paths)
    assert found.candles == {"15m": 7_500}
    assert found.patterns["15m"] > 200
    shares = [
        share for it in found.figures for share in (it.median_false_share, it.mean_false_share)
    ]
    assert all(share is not None and share > 0.05 for share in shares)
    chances = np.array([it.mean_chance for it in found.figures])
    assert 0.2 < np.median(chances) < 0.8
    for it in found.figures:
        assert abs(it.random_mean.value) < 0.1
        assert 0.4 < it.random_hit.value < 0.6
        assert it.random_mean.low is not None and it.random_mean.high is not None
        assert it.random_mean.low < it.random_mean.value < it.random_mean.high


def test_in_too_short_a_series_nothing_is_told_from_chance(tmp_path: Path) -> None:
    """Ten days have no room for eight blocks of two, moved by two days at least."""
    found = evaluated(written(tmp_path / "walk.csv", walk(960, seed=8)))
    for it in found.figures:
        assert it.median_chance is None and it.mean_chance is None
        assert it.median_false_share is None and it.mean_false_share is None
        assert it.mean.low is None and it.median.low is None


def test_the_same_seed_gives_the_same_figures(tmp_path: Path) -> None:
    path = written(tmp_path / "walk.csv", walk(2_000, seed=8))
    assert evaluated(path, seed=5) == evaluated(path, seed=5)
    assert evaluated(path, seed=5) != evaluated(path, seed=6)


def test_only_the_wanted_timeframe_is_read(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", walk(600, seed=1))
    slower = walk(600, seed=2)
    written(tmp_path / "b.csv", slower._replace(open_at=START + 4 * (slower.open_at - START)))
    assert [it.timeframe for it in read_series((tmp_path,))] == ["15m", "1h"]
    assert set(evaluated(tmp_path, timeframe="1h").candles) == {"1h"}
    with pytest.raises(ConfigError, match="no pattern was found"):
        evaluated(tmp_path, timeframe="4h")
    with pytest.raises(ConfigError, match="timeframe 7m"):
        evaluated(tmp_path, timeframe="7m")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("open_time_ms,open\n1,2\n", "not a candle"),
        ("open_time_ms,open,high,low,close,volume\n0,1,1,1,x,1\n", "not a candle"),
        ("open_time_ms,open,high,low,close,volume\n0,1,1,1,1,1\n", "fewer than two"),
        (
            "open_time_ms,open,high,low,close,volume\n900000,1,1,1,1,1\n0,1,1,1,1,1\n",
            "order of time",
        ),
        (
            "open_time_ms,open,high,low,close,volume\n0,1,1,0,1,1\n900000,1,1,1,1,1\n",
            "not a positive number",
        ),
        (
            "open_time_ms,open,high,low,close,volume\n0,1,1,1,nan,1\n900000,1,1,1,1,1\n",
            "not a positive number",
        ),
        ("open_time_ms,open,high,low,close,volume\n0,1,1,1,1,1\n7,1,1,1,1,1\n", "candles of 0.007"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FeedError, match=f"bad.csv: .*{words}"):
        list(read_series((path,)))


def test_a_broken_archive_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv.gz"
    path.write_bytes(gzip.compress(b"open_time_ms,open\n" * 9_999)[:-20])
    with pytest.raises(FeedError, match=r"bad\.csv\.gz"):
        list(read_series((path,)))
    with pytest.raises(CommandError, match="no such file"):
        list(read_series((tmp_path / "absent.csv",)))
    with pytest.raises(CommandError, match="no such file"):
        read_labels(tmp_path / "absent.csv")


def labelled(tmp_path: Path) -> tuple[Path, Path]:
    """Daily candles: two double bottoms, and labels of windows on and off them."""
    quiet = drawn([109.0, (60, 108.5)])
    chart = drawn([110.0, 120.0, (6, 100.0), (6, 110.0), (6, 100.5), (6, 114.0), (30, 109.0)])
    bars = joined(joined(chart, quiet), chart)
    count, second = len(bars.close), len(chart.close) + len(quiet.close)
    start = 10_000 * DAY
    bars = bars._replace(open_at=start + DAY * np.arange(count))
    labels = {26: 1, second + 26: 0, 100: 0, 60: 1}
    path = tmp_path / "labels.csv"
    lines = [f"{np.datetime64(10_000 + place, 'D')},{label}.0" for place, label in labels.items()]
    path.write_text("\n".join(("Date,Label", *lines)), encoding="utf-8")
    return written(tmp_path / "days.csv", bars), path


def test_labels_are_scored_window_by_window(tmp_path: Path) -> None:
    data, labels = labelled(tmp_path)
    found = score_double_bottoms((data,), labels, PatternSettings())
    counted = (found.hits, found.false_alarms, found.missed, found.rightly_silent)
    assert counted == (1, 1, 1, 1)
    assert (found.precision, found.recall, found.usual) == (0.5, 0.5, 0.5)


def test_a_label_beside_the_candles_is_refused(tmp_path: Path) -> None:
    data, labels = labelled(tmp_path)
    labels.write_text("Date,Label\n1980-01-01,1.0\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no candle of the series"):
        score_double_bottoms((data,), labels, PatternSettings())
    labels.write_text("Date,Label\n1980-01-01,yes\n", encoding="utf-8")
    with pytest.raises(FeedError, match="not a label"):
        score_double_bottoms((data,), labels, PatternSettings())


def test_a_persons_double_bottoms_are_mostly_agreed_with() -> None:
    folder = SHARED / "patterns"
    if not folder.is_dir():
        pytest.skip("no labelled charts beside the project")
    found = score_double_bottoms(
        (folder / "ibex35_1d_ohlc.csv.gz",),
        folder / "double_bottom_ibex35_labels.csv.gz",
        PatternSettings(),
    )
    assert found.windows == 52
    assert found.precision is not None
    assert found.precision >= 0.8
    assert found.recall is not None
    assert found.recall >= 0.35


def test_the_verb_prints_tables_json_and_the_source_of_base_rates(tmp_path: Path) -> None:
    path = str(written(tmp_path / "walk.csv", walk(2_000, seed=8)))
    told = call(patterns, path)
    assert told.exit_code == 0
    assert "15m: 2,000 candles" in told.stdout
    assert "double bottom" in told.stdout
    assert "cdlengulfing" in told.stdout
    document = json.loads(call(patterns, path, "--json").stdout)
    source = call(patterns, path, "--as-table").stdout
    table: dict[str, Any] = {}
    exec(source, table)
    figures = [*document["figures"], *document["candlesticks"]]
    wanted = {it["kind"]: it for it in figures if it["after"] == 10}
    assert {kind for kind, _ in table["MEASURED"]} == set(wanted)
    for (kind, timeframe), row in table["MEASURED"].items():
        assert timeframe == "15m"
        assert row[0] == wanted[kind]["n"]
        assert row[1] == pytest.approx(wanted[kind]["median"]["value"], abs=1e-4)


def test_the_verb_scores_labels(tmp_path: Path) -> None:
    data, labels = labelled(tmp_path)
    told = call(patterns, str(data), "--labels", str(labels))
    assert "precision 50% (1 of 2), recall 50% (1 of 2); guessing: 50%" in told.stdout
    assert (
        json.loads(call(patterns, str(data), "--labels", str(labels), "--json").stdout)["hits"] == 1
    )


def test_the_verb_says_what_is_wrong(tmp_path: Path) -> None:
    told = call(patterns, str(tmp_path / "absent.csv"))
    assert told.exit_code != 0
    assert "no such file" in told.stderr


def test_the_table_of_an_evaluation_is_formatted(tmp_path: Path) -> None:
    source = table_source(evaluated(written(tmp_path / "walk.csv", walk(1_500, seed=8))))
    assert all(len(line) <= 100 for line in source.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "timeframe"), [("15m", "15m"), ("1h", "4h")])
def test_the_shipped_base_rates_are_those_of_the_klines(folder: str, timeframe: str) -> None:
    """One timeframe of what the command prints."""
    klines = SHARED / "klines" / folder
    if not klines.is_dir():
        pytest.skip("no klines beside the project")
    for it in evaluated(klines, timeframe=timeframe, folds=(("1h", "4h"),)).figures:
        rate = base_rate(it.kind, timeframe)
        assert rate is not None
        if it.after == rate.after:
            assert rate.n == it.n
            assert rate.median == pytest.approx(it.median.value, abs=1e-4)
            assert rate.hit == pytest.approx(it.hit.value, abs=1e-4)


@pytest.mark.slow
def test_the_shipped_base_rates_of_candlesticks_are_those_of_the_klines() -> None:
    """Of one timeframe, reckoned in another way."""
    folder = SHARED / "klines" / "15m"
    if not folder.is_dir():
        pytest.skip("no klines beside the project")
    moves: dict[str, list[Any]] = {}
    for series in read_series((folder,)):
        close = series.bars.close
        after = 100.0 * (close[AFTER:] / close[:-AFTER] - 1.0)
        for function in POINTING:
            signs = np.sign(marks(series.bars, function)[:-AFTER])
            moves.setdefault(kind_of(function), []).append((after * signs)[signs != 0])
    known = {kind: np.concatenate(those) for kind, those in moves.items()}
    measured = {kind for kind, timeframe in MEASURED if timeframe == "15m"}
    assert {kind for kind, those in known.items() if len(those) > 1} <= measured
    for kind, those in known.items():
        rate = base_rate(kind, "15m")
        if rate is not None:
            assert rate.n == len(those)
            assert rate.median == pytest.approx(np.median(those), abs=1e-4)
            assert rate.hit == pytest.approx((those[those != 0] > 0).mean(), abs=1e-4)
