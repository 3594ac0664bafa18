"""The page: every figure is on it, it is whole, and it needs nothing from elsewhere."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.research.evaluations import OWN, a_request
from tests.unit.research.planted_market import planted_samples, planted_tape
from trading_agent.domain.errors import ConfigError
from trading_agent.research.feature_figures import Figure
from trading_agent.research.feature_tables import feature_tables
from trading_agent.research.page_tables import page_tables, screen_tables
from trading_agent.research.pattern_edge import PatternEdge
from trading_agent.research.picture_style import COLOURS
from trading_agent.research.signal_evaluation import SignalEvaluation, evaluation_of
from trading_agent.research.signal_groups import group_figures, group_samples
from trading_agent.research.signal_page import page, write_page
from trading_agent.research.signal_statistics import Estimate
from trading_agent.research.signal_tables import with_interval
from trading_agent.research.signal_verdict import judge_evaluation, strategy_pays
from trading_agent.signals.settings import SessionPlan

VOID = {"meta", "br", "hr", "img", "link", "input"}
PICTURES = 12

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found() -> SignalEvaluation:
    request = a_request("follow_signal", "momentum", own=OWN)
    return evaluation_of((planted_tape(honest=True),), request, lambda _: None)


@pytest.fixture(scope="module")
def text(found: SignalEvaluation) -> str:
    return page(found)


class Reader(HTMLParser):
    """Raises where an element is closed that is not the last one open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: Counter[str] = Counter()
        self.identifiers: Counter[str] = Counter()
        self.references: set[str] = set()
        self.outside: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        self._attributes(attrs)
        if tag in {"td", "li"}:
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] += 1
        self._attributes(attrs)

    def _attributes(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.identifiers[value or ""] += 1
            elif name in {"href", "xlink:href"}:
                self.references.add((value or "").removeprefix("#"))
            elif name == "src":
                self.outside.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"td", "li"}:
            self.cells[-1] += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(text: str) -> None:
    reader = read(text)
    assert text.startswith("<!doctype html>")
    assert reader.open == []
    assert reader.count["svg"] == PICTURES
    assert reader.count["script"] == reader.count["link"] == 0
    assert reader.outside == []
    assert set(reader.identifiers.values()) == {1}
    assert reader.references <= set(reader.identifiers)
    assert "@import" not in text and "url(http" not in text
    assert not any(colour in text for colour in COLOURS)
    for variable in COLOURS.values():
        # Once for light, once for dark, and used.
        assert text.count(f"{variable}: ") == 2 and f"var({variable})" in text


def test_every_figure_is_on_the_page(found: SignalEvaluation, text: str) -> None:
    cells = Counter(read(text).cells)
    assert found.figures and found.flash and found.decay and found.deciles and found.groups
    for table in feature_tables(found, "PLANTED"):
        assert table.rows, table.title
        for row in table.rows:
            assert len(row) == len(table.columns)
            assert all(cells[cell] > 0 for cell in row)
    told: list[tuple[Estimate, str]] = [
        *((each.prediction.ic, ".2f") for each in found.figures),
        *((each.net_bps, ".2f") for each in found.figures),
        *((each.net_bps, ".2f") for each in found.flash),
        *((each.baseline.net_bps, ".2f") for each in found.flash),
        *((each.move_bps, ".3f") for each in found.groups),
        *((each.move_bps, ".3f") for each in found.deciles),
        *((each.order, ".2f") for each in found.monotonies),
        *((each.ic, ".3f") for each in found.decay),
        *((each.move_bps, ".2f") for each in found.decay),
        *((each.prediction.shifted_ic, ".2f") for each in found.figures),
        *((each.mean_bps, ".2f") for each in found.candlesticks),
    ]
    for estimate, form in told:
        assert cells[with_interval(estimate, form)] > 0


def test_strategies_and_patterns_are_on_the_page(found: SignalEvaluation, text: str) -> None:
    cells = Counter(read(text).cells)
    tables = {table.title: table for table in page_tables(found, "PLANTED")}
    for title in (
        "Strategies, each alone through the engine",
        "Round trips of strategies, by group",
        "What came after strategies proposed to enter",
        "What came after proposals, by group",
        "Chart patterns",
        "Candlesticks",
        "How long signals, proposals and patterns foretell",
    ):
        assert tables[title].rows, title
        for row in tables[title].rows:
            assert len(row) == len(tables[title].columns)
            assert all(cells[cell] > 0 for cell in row)
    (paid, silent) = found.strategies
    assert paid.net_bps is not None and paid.why == ""
    assert cells[with_interval(paid.net_bps, ".2f")] > 0 and cells["pays"] == 1
    assert silent.why.startswith("no trade: nothing proposed at")
    # In the picture and in the table.
    assert text.count(f">{silent.why}<") == 2
    assert "fee" in text or "no fee" in text


def test_a_screen_shows_candlesticks_that_are_no_luck_and_a_page_shows_all(
    found: SignalEvaluation,
) -> None:
    luck, sure = (
        replace(each, false_share=share)
        for each, share in zip(found.candlesticks[:2], (0.5, 0.01), strict=True)
    )
    off = Estimate(value=2.0, low=1.0, high=3.0)
    two = replace(found, candlesticks=(luck, replace(sure, mean_bps=off)))
    screen, whole = (
        next(table for table in tables if table.title == "Candlesticks")
        for tables in (screen_tables(two, "PLANTED"), page_tables(two, "PLANTED"))
    )
    assert [row[7] for row in screen.rows] == ["2.00 (1.00 to 3.00)"]
    assert len(whole.rows) == 2
    (verdict,) = judge_evaluation(two)
    assert any(line.startswith("Candlesticks: 1 of") for line in verdict.predicts)


def test_every_table_says_how_sure_it_is_for_so_many_rows(found: SignalEvaluation) -> None:
    for table in page_tables(found, "PLANTED"):
        figures = [
            name
            for name in table.columns
            if any(word in name for word in ("bps", "hits", "IC", "correlation", "earning"))
            and name != "typical bps"
        ]
        if figures:
            assert "false" in table.columns, table.title
            assert "False: of all" in table.note, table.title
            assert {"n", "trips"} & set(table.columns), table.title


def test_what_a_pattern_pays_is_told_by_horizon_and_by_group_and_judged(
    found: SignalEvaluation,
) -> None:
    """The planted signal, told as if it were a pattern on candles of a second."""
    shape = PatternEdge(
        symbol="PLANTED",
        timeframe="1s",
        kind="double_bottom",
        turnover=found.turnovers[0],
        figures=found.flash,
    )
    shaped = replace(found, flash=(), strategies=(), pattern_edges=(shape,))
    text = page(shaped)
    cells = Counter(read(text).cells)
    for each in shape.figures:
        assert cells[with_interval(each.net_bps, ".2f")] > 0
        assert cells[with_interval(each.hit, ".0%") + f" of {each.moves:,}"] > 0
    assert cells["1s double bottom"] > len(shape.figures)
    assert cells["5 s = 5 candles"] > 0 and cells["0.5 s"] > 0
    assert "1s double bottom, n" in text
    (brief,) = (t for t in screen_tables(shaped, "PLANTED") if t.title == "What chart patterns pay")
    assert [row[1] for row in brief.rows] == [
        *("1 s = 1 candle", "5 s = 5 candles", "10 s = 10 candles", "60 s")
    ]
    (verdict,) = judge_evaluation(shaped)
    assert verdict.edge and "a pattern pays" in verdict.headline
    assert any("double bottom on 1s held 1 s" in line for line in verdict.pays)
    poor = replace(shape, figures=tuple(replace(e, false_share=0.5) for e in shape.figures))
    (verdict,) = judge_evaluation(replace(shaped, pattern_edges=(poor,)))
    assert not verdict.edge and verdict.pays == ("Nothing.",)
    assert any(line.startswith("Chart patterns, 1 kind") for line in verdict.does_not)


def test_what_strategies_earned_only_quickly_or_anywhere_is_no_edge(
    found: SignalEvaluation,
) -> None:
    paid = found.strategies[0]
    assert strategy_pays(paid)
    nothing = Estimate(value=0.1, low=-0.2, high=0.4)
    for worse in (
        replace(paid, net_bps=nothing),
        replace(paid, late_net_bps=nothing),
        replace(paid, late_net_bps=None),
        replace(paid, false_share=0.2),
    ):
        assert not strategy_pays(worse)
        (verdict,) = judge_evaluation(replace(found, flash=(), strategies=(worse,)))
        assert not verdict.edge and "no strategy pays, of 1" in verdict.headline


def test_where_nothing_was_tried_the_pictures_say_so(found: SignalEvaluation) -> None:
    bare = page(replace(found, strategies=(), proposals=(), trips=(), patterns=()))
    assert "nobody proposed eight times" in bare
    assert bare.count("no kind of pattern was seen eight times") == 2
    assert read(bare).open == []


def test_a_planted_edge_is_said_to_pay_and_a_cost_takes_it_away(found: SignalEvaluation) -> None:
    (verdict,) = judge_evaluation(found)
    assert verdict.edge and verdict.headline.startswith("At most a small edge")
    assert any("held 1 s" in line and " n " in line for line in verdict.pays)
    lost = replace(
        found,
        strategies=(),
        flash=tuple(
            replace(each, net_bps=Estimate(value=-1.0, low=-2.0, high=0.5)) for each in found.flash
        ),
    )
    (verdict,) = judge_evaluation(lost)
    assert not verdict.edge and verdict.headline.startswith("No edge")
    assert verdict.pays == ("Nothing.",)
    assert verdict.headline in page(lost)


def test_what_only_the_fastest_get_is_no_edge(found: SignalEvaluation) -> None:
    nothing = Estimate(value=0.1, low=-0.2, high=0.4)
    flash = tuple(replace(each, coarse_net_bps=nothing) for each in found.flash)
    (verdict,) = judge_evaluation(replace(found, flash=flash, strategies=()))
    assert not verdict.edge and verdict.headline.startswith("No edge")
    assert any("0.10 (-0.20 to 0.40): no edge" in line for line in verdict.does_not)


def test_a_shifted_signal_that_pays_as_much_is_no_edge(found: SignalEvaluation) -> None:
    lucky = replace(
        found,
        flash=tuple(replace(each, false_share=0.5) for each in found.flash),
        strategies=tuple(replace(each, false_share=0.5) for each in found.strategies),
    )
    (verdict,) = judge_evaluation(lucky)
    assert not verdict.edge


def test_where_nothing_was_raised_the_page_says_so(found: SignalEvaluation) -> None:
    silent = page(replace(found, flash=()))
    assert "never raised" in silent
    assert "none raised" in silent
    assert read(silent).open == []


def test_names_are_text_and_never_markup(found: SignalEvaluation) -> None:
    name = "<b>&"

    def renamed(figure: Figure) -> Figure:
        return replace(figure, symbol=name)

    strange = replace(
        found,
        seconds={name: 400.0},
        figures=tuple(renamed(each) for each in found.figures),
        flash=(),
    )
    text = page(strange)
    assert name not in text and "&lt;b&gt;&amp;" in text
    assert read(text).count["b"] == 0


def test_a_page_is_the_same_every_time(found: SignalEvaluation, text: str) -> None:
    assert page(found) == text


def test_the_page_is_written_and_a_folder_that_is_not_there_is_named(
    found: SignalEvaluation, text: str, tmp_path: Path
) -> None:
    write_page(found, tmp_path / "signals.html")
    assert (tmp_path / "signals.html").read_text(encoding="utf-8") == text
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        write_page(found, tmp_path / "nowhere" / "signals.html")


def test_figures_without_enough_time_say_so() -> None:
    samples = planted_samples(effect=0.0, count=400)
    figures = list(group_figures(samples, group_samples(samples, SessionPlan()), 1))
    short = [each for each in figures if each.horizon == 10.0]
    assert short
    for each in short:
        assert each.hit.low is None and each.hit.high is None
        assert re.fullmatch(r"\d+% \(too little\)", with_interval(each.hit, ".0%"))
