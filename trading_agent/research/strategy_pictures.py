"""Strategies and chart patterns of an evaluation, drawn."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from trading_agent.research.picture_style import (
    BAND,
    FAINT,
    FIRST,
    INK,
    SECOND,
    WIDTH,
    point_style,
    words_alone,
)
from trading_agent.research.recorded_patterns import AFTER, PatternMove, kinds_of
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_statistics import Estimate
from trading_agent.research.strategy_edge import StrategyFigure

MOST_PATTERNS: Final = 12
"""Kinds of patterns drawn; the commonest."""
_ROW: Final = 0.36
_ACROSS: Final = 3
_NO_PATTERNS: Final = "too few: no kind of pattern was seen eight times"


def draw_trips(found: SignalEvaluation, symbol: str) -> Canvas:
    """Those of which nothing can be said come last, in words."""
    tried = [each for each in found.strategies if each.symbol == symbol]
    figures = sorted(tried, key=lambda each: each.net_bps is None)
    told = sum(each.net_bps is not None for each in figures)
    canvas = Canvas(figsize=(WIDTH, 1.2 + _ROW * max(len(figures), 2)), layout="constrained")
    axes = canvas.add_subplot()
    axes.use_sticky_edges = False
    if told:
        axes.plot([0.0, 0.0], [-0.6, told - 0.5], color=INK, linewidth=0.8)
    for place, each in enumerate(figures):
        if each.net_bps is not None:
            _trip_row(axes, place, each)
    _label_trips(axes, figures)
    for place, each in enumerate(figures):
        if each.net_bps is None:
            axes.text(
                *(0.01, place, each.why),
                transform=axes.get_yaxis_transform(),
                va="center",
                style="italic",
            )
    return canvas


def _trip_row(axes: Axes, place: int, each: StrategyFigure) -> None:
    shifted = each.shifted_net_bps
    if shifted is not None and shifted.low is not None and shifted.high is not None:
        _band(axes, place, shifted.low, shifted.high)
    for estimate, colour, off in ((each.net_bps, FIRST, -0.13), (each.late_net_bps, SECOND, 0.13)):
        if estimate is not None:
            _row_point(axes, place + off, estimate, colour)


def _band(axes: Axes, place: int, low: float, high: float) -> None:
    """Where shifted ones lie."""
    faint = BAND * 1.6
    axes.barh([place], high - low, left=low, height=0.62, color=FAINT, alpha=faint, linewidth=0)


def _row_point(axes: Axes, place: float, estimate: Estimate, colour: str) -> None:
    if estimate.low is not None and estimate.high is not None:
        axes.plot([estimate.low, estimate.high], [place, place], color=colour, linewidth=1.8)
    style = point_style(estimate.low is not None, colour)
    axes.plot([estimate.value], [place], "o", color=colour, **style)


def _label_trips(axes: Axes, figures: Sequence[StrategyFigure]) -> None:
    axes.set_yticks(
        range(len(figures)),
        [_trip_name(each) for each in figures],
    )
    axes.set_ylim(len(figures) - 0.4, -0.6)
    axes.set_xlabel("net of a round trip, basis points")
    axes.grid(axis="x", color=FAINT, alpha=BAND, linewidth=0.6)
    if not any(each.net_bps is not None for each in figures):
        axes.set_xticks([])
        axes.set_xlabel("")
        return
    points = [
        axes.plot([], [], "o", color=colour, label=label)[0]
        for colour, label in ((FIRST, "net"), (SECOND, "net, a message later"))
    ]
    band = Patch(color=FAINT, alpha=BAND * 1.6, linewidth=0, label="at other times")
    axes.legend(
        handles=[*points, band],
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=3,
        borderaxespad=0.1,
    )


def _trip_name(each: StrategyFigure) -> str:
    named = f"{each.strategy}, n {each.trips:,}"
    return f"{named}, failed" if each.failed and each.net_bps is not None else named


def draw_proposals(found: SignalEvaluation, symbol: str) -> Canvas:
    """A panel a strategy that proposed often enough."""
    figures = [e for e in found.proposals if e.symbol == symbol and e.group == EVERYTHING]
    names = list(dict.fromkeys(each.strategy for each in figures))
    down = -(-len(names) // _ACROSS)
    if not names:
        return words_alone("too few: nobody proposed eight times")
    canvas = Canvas(figsize=(WIDTH, 0.6 + 2.1 * down), layout="constrained")
    canvas.supylabel("move of the mid, basis points", size=9.0)
    panels = list(canvas.subplots(down, _ACROSS, squeeze=False).flat)
    for axes, name in zip(panels, names, strict=False):
        own = [each for each in figures if each.strategy == name]
        points = [(each.horizon, each.move_bps, each.shifted_move_bps) for each in own]
        _over_time(axes, f"{name}, n {own[0].n:,}", points)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    return canvas


def draw_pattern_edges(found: SignalEvaluation, symbol: str) -> Canvas:
    """A panel a kind that was seen often enough."""
    edges = sorted(
        (each for each in found.pattern_edges if each.symbol == symbol and each.figures),
        key=lambda each: -each.turnover.n,
    )[:MOST_PATTERNS]
    if not edges:
        return words_alone(_NO_PATTERNS)
    down = -(-len(edges) // _ACROSS)
    canvas = Canvas(figsize=(WIDTH, 0.6 + 2.1 * down), layout="constrained")
    canvas.supylabel("net, basis points", size=9.0)
    panels = list(canvas.subplots(down, _ACROSS, squeeze=False).flat)
    for axes, edge in zip(panels, edges, strict=False):
        points = [(each.horizon, each.net_bps, each.baseline.net_bps) for each in edge.whole()]
        title = f"{edge.timeframe} {edge.kind.replace('_', ' ')}, n {edge.turnover.n:,}"
        _over_time(axes, title, points)
    for axes in panels[len(edges) :]:
        axes.set_axis_off()
    return canvas


def _over_time(axes: Axes, title: str, points: Sequence[tuple[float, Estimate, Estimate]]) -> None:
    """`points`: seconds, what it came to, and the same at other times."""
    places = [horizon for horizon, _, _ in points]
    axes.axhline(0.0, color=INK, linewidth=0.8)
    told = [
        (horizon, shifted.low, shifted.high)
        for horizon, _, shifted in points
        if shifted.low is not None and shifted.high is not None
    ]
    axes.fill_between(
        [horizon for horizon, _, _ in told],
        [low for _, low, _ in told],
        [high for *_, high in told],
        color=FAINT,
        alpha=BAND * 1.6,
        linewidth=0,
    )
    for horizon, estimate, _ in points:
        low, high = estimate.low, estimate.high
        if low is not None and high is not None:
            axes.plot([horizon, horizon], [low, high], color=FIRST, linewidth=1.8)
        style = point_style(low is not None, FIRST)
        axes.plot([horizon], [estimate.value], "o", color=FIRST, **style)
    axes.set_xscale("log")
    axes.set_xticks(*_ticks(max(places)))
    axes.minorticks_off()
    axes.set_title(title)


def _ticks(longest: float) -> tuple[list[float], list[str]]:
    marks = [(1.0, "1 s"), (10.0, "10 s"), (60.0, "1 min"), (600.0, "10 min"), (6_000.0, "100 min")]
    kept = [each for each in marks if each[0] <= longest * 1.01]
    return [place for place, _ in kept], [words for _, words in kept]


def draw_patterns(found: SignalEvaluation, symbol: str) -> Canvas:
    kinds = list(kinds_of([each for each in found.patterns if each.symbol == symbol]))
    kinds = sorted(kinds, key=lambda group: -group[0].n)[:MOST_PATTERNS]
    if not kinds:
        return words_alone(_NO_PATTERNS)
    canvas = Canvas(figsize=(WIDTH, 1.2 + _ROW * max(len(kinds), 2)), layout="constrained")
    panels = canvas.subplots(1, len(AFTER), sharey=True, squeeze=False)[0]
    for axes, after in zip(panels, AFTER, strict=True):
        axes.axvline(0.0, color=INK, linewidth=0.8)
        for place, group in enumerate(kinds):
            for each in group:
                if each.after == after:
                    _pattern_row(axes, place, each)
        axes.set_title(f"{after} candle{'s' if after > 1 else ''} later")
        axes.set_yticks(range(len(kinds)), [_kind_name(group[0]) for group in kinds])
        axes.set_ylim(len(kinds) - 0.4, -0.6)
        axes.set_xlabel("basis points")
        axes.grid(axis="x", color=FAINT, alpha=BAND, linewidth=0.6)
    return canvas


def _pattern_row(axes: Axes, place: int, each: PatternMove) -> None:
    low, high = each.shifted_mean_bps.low, each.shifted_mean_bps.high
    if low is not None and high is not None:
        _band(axes, place, low, high)
    _row_point(axes, place, each.mean_bps, FIRST)


def _kind_name(each: PatternMove) -> str:
    return f"{each.timeframe} {each.kind.replace('_', ' ')}, n {each.n:,}"
