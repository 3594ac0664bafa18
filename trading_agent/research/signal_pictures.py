"""The figures of an evaluation, drawn: SVG whose colours the page decides."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from io import StringIO
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from msgspec import Struct

from trading_agent.research.decay_pictures import between, draw_feature_decay, draw_speaker_decay
from trading_agent.research.picture_style import (
    BAND,
    COLOURS,
    FAINT,
    FIRST,
    INK,
    SECOND,
    STYLE,
    WIDTH,
    point_style,
)
from trading_agent.research.signal_edge import EdgeFigure
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_groups import BY_IMBALANCE, GROUP_HORIZONS
from trading_agent.research.signal_samples import FEATURES
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_statistics import Estimate
from trading_agent.research.strategy_pictures import (
    draw_pattern_edges,
    draw_patterns,
    draw_proposals,
    draw_trips,
)
from trading_agent.research.weighed_picture import draw_weighed


class Picture(Struct, frozen=True, kw_only=True):
    """`caption`: how to read it."""

    title: str
    caption: str
    svg: str


def draw_all(found: SignalEvaluation, symbol: str, name: str) -> list[Picture]:
    """`name`: tells the marks of this symbol's pictures from those of others on one page."""
    pictures = []
    for number, (title, caption, draw) in enumerate(_DRAWINGS):
        with mpl.rc_context(STYLE):
            svg = inline_svg(draw(found, symbol), title, f"{name}{number}-")
        pictures.append(Picture(title=title, caption=caption, svg=svg))
    return pictures


def inline_svg(canvas: Canvas, title: str, prefix: str) -> str:
    """The element alone; `prefix` keeps its identifiers apart from those of other pictures."""
    out = StringIO()
    canvas.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = svg.replace('href="#', f'href="#{prefix}').replace("url(#", f"url(#{prefix}")
    svg = re.sub(r"(font: [\d.]+px) [^;\"]+", r"\1 system-ui, sans-serif", svg)
    for colour, variable in COLOURS.items():
        svg = svg.replace(colour, f"var({variable})")
    return re.sub(
        r'<svg [^>]*?(viewBox="[^"]+")[^>]*>',
        rf'<svg \1 xmlns:xlink="http://www.w3.org/1999/xlink" role="img" aria-label="{title}">',
        svg,
        count=1,
    )


def _edge(found: SignalEvaluation, symbol: str) -> Canvas:
    figures = [each for each in _flash(found, symbol) if each.group == EVERYTHING]
    canvas = Canvas(figsize=(WIDTH, 3.2), layout="constrained")
    axes = canvas.add_subplot()
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.use_sticky_edges = False
    places = list(range(len(figures)))
    base = [each.baseline.net_bps for each in figures]
    axes.bar(
        places,
        [(each.high or 0.0) - (each.low or 0.0) for each in base],
        bottom=[each.low or 0.0 for each in base],
        width=0.62,
        color=FAINT,
        alpha=BAND * 1.6,
        linewidth=0,
        label="shifted signals",
    )
    _points(axes, places, [each.net_bps for each in figures], FIRST, "net")
    _points(
        axes,
        [place + 0.14 for place in places],
        [each.coarse_net_bps for each in figures],
        SECOND,
        "net, a message later",
    )
    for place, each in zip(places, figures, strict=True):
        low, high = each.move_bps.low, each.move_bps.high
        if low is not None and high is not None:
            axes.plot([place - 0.16, place - 0.16], [low, high], color=INK, linewidth=0.8)
    axes.plot(
        [place - 0.16 for place in places],
        [each.move_bps.value for each in figures],
        "_",
        markersize=11.0,
        markeredgewidth=1.8,
        color=INK,
        label="the mid's move",
    )
    axes.set_xticks(places, [f"{each.horizon:g} s\nn {each.filled:,}" for each in figures])
    axes.set_ylabel("basis points")
    if figures:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    else:
        _nothing(axes)
    return canvas


def _points(
    axes: Axes, places: Iterable[float], found: Sequence[Estimate], colour: str, label: str
) -> None:
    """Full with their intervals, hollow without."""
    for place, each in zip(places, found, strict=True):
        sure = each.low is not None
        if each.low is not None and each.high is not None:
            axes.plot([place, place], [each.low, each.high], color=colour, linewidth=1.8)
        axes.plot([place], [each.value], "o", color=colour, **point_style(sure, colour))
    axes.plot([], [], "o", color=colour, label=label)


def _nothing(axes: Axes) -> None:
    axes.text(0.5, 0.5, "none raised", ha="center", va="center", transform=axes.transAxes)


def _flash(found: SignalEvaluation, symbol: str) -> list[EdgeFigure]:
    return [each for each in found.flash if each.symbol == symbol]


def _flash_hits(found: SignalEvaluation, symbol: str) -> Canvas:
    flash = [each for each in _flash(found, symbol) if each.grouping != BY_IMBALANCE]
    groups = list(dict.fromkeys((each.grouping, each.group) for each in flash))
    canvas = Canvas(figsize=(WIDTH, 1.1 + 0.26 * max(len(groups), 2)), layout="constrained")
    panels = canvas.subplots(1, len(GROUP_HORIZONS), sharey=True, squeeze=False)[0]
    for axes, horizon in zip(panels, GROUP_HORIZONS, strict=True):
        there = {(e.grouping, e.group): e for e in flash if e.horizon == horizon}
        kept = [(place, there[key]) for place, key in enumerate(groups) if key in there]
        _hit_rows(axes, [(place, each.hit, each.moves) for place, each in kept], FIRST)
        axes.set_title(f"{horizon:g} s after the signal")
        _name_rows(axes, [_row_name(*key) for key in groups])
        if not kept:
            _nothing(axes)
    return canvas


def _row_name(grouping: str, group: str) -> str:
    return "all signals" if group == EVERYTHING else f"{grouping}: {group}"


def _hit_rows(axes: Axes, rows: Iterable[tuple[float, Estimate, int]], colour: str) -> None:
    """The number of moves beside them."""
    axes.axvline(50.0, color=INK, linewidth=0.8)
    for place, hit, moves in rows:
        if moves == 0:
            continue
        sure = hit.low is not None
        if hit.low is not None and hit.high is not None:
            ends = [100 * hit.low, 100 * hit.high]
            axes.plot(ends, [place, place], color=colour, linewidth=1.8)
        axes.plot([100 * hit.value], [place], "o", color=colour, **point_style(sure, colour))
        axes.text(
            *(1.01, place, f"{moves:,}"),
            transform=axes.get_yaxis_transform(),
            size=6.5,
            color=colour,
            va="center",
        )


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0.0, 100.0)
    axes.set_xlabel("hits, %")
    axes.grid(axis="x", color=FAINT, alpha=BAND, linewidth=0.6)


def _panels(height: float) -> tuple[Canvas, list[Axes]]:
    canvas = Canvas(figsize=(WIDTH, height), layout="constrained")
    grid = canvas.subplots(2, 3, sharex=False, sharey=True)
    return canvas, list(grid.flat)


def _deciles(found: SignalEvaluation, symbol: str, *, horizon: float) -> Canvas:
    canvas, panels = _panels(4.6)
    canvas.supylabel("move of the mid, basis points", size=9.0)
    for axes, feature in zip(panels, FEATURES, strict=True):
        bars = [
            each
            for each in found.deciles
            if (each.symbol, each.feature, each.horizon) == (symbol, feature, horizon)
        ]
        places = [each.decile for each in bars]
        values = [each.move_bps.value for each in bars]
        colours = [FIRST if value >= 0 else SECOND for value in values]
        axes.bar(places, values, width=0.78, color=colours, linewidth=0)
        for each in bars:
            low, high = each.move_bps.low, each.move_bps.high
            if low is not None and high is not None:
                axes.plot([each.decile, each.decile], [low, high], color=INK, linewidth=1.0)
        axes.axhline(0.0, color=INK, linewidth=0.8)
        axes.set_xticks([1, 10], ["lowest", "highest"])
        axes.set_xlim(0.3, 10.7)
        axes.set_title(f"{feature}, {between([each.n for each in bars])}" if bars else feature)
    return canvas


def _feature_hits(found: SignalEvaluation, symbol: str) -> Canvas:
    figures = [each for each in found.groups if each.symbol == symbol]
    rows = list(dict.fromkeys((each.grouping, each.group) for each in figures))
    canvas = Canvas(figsize=(WIDTH, 1.6 + 0.5 * max(len(rows), 4)), layout="constrained")
    panels = list(canvas.subplots(2, 3, sharex=True, sharey=True).flat)
    for number, (axes, feature) in enumerate(zip(panels, FEATURES, strict=True)):
        for horizon, colour, off in zip(
            GROUP_HORIZONS, (FIRST, SECOND), (-0.16, 0.16), strict=True
        ):
            kept = [e for e in figures if e.feature == feature and e.horizon == horizon]
            places = [
                (rows.index((each.grouping, each.group)) + off, each.hit, each.moves)
                for each in kept
            ]
            _hit_rows(axes, places, colour)
            if number == 0:
                axes.plot([], [], "o", color=colour, label=f"{horizon:g} s ahead")
        _name_rows(axes, [f"{grouping}: {group}" for grouping, group in rows])
        if number < 3:
            axes.set_xlabel("")
        axes.set_title(feature)
    canvas.legend(loc="outside upper right", ncols=2)
    return canvas


_DRAWINGS: Final[tuple[tuple[str, str, Callable[[SignalEvaluation, str], Canvas]], ...]] = (
    (
        "Net edge of the flash signal",
        "Points: bought and sold by orders that travel, spread and fees paid, with 95 % intervals; "
        "beside them, by orders that travel no less than from one message of the recorded book to "
        "the next. Hollow: too little time for an interval. Dashes: the mid's move alone. Band: "
        "where 95 % of the same signals fall when raised at shifted times. An edge clears the line "
        "with both intervals, and lies above the band.",
        _edge,
    ),
    (
        "Hits of the flash signal by group",
        "Share of the mid's moves that went the signal's way, and how many those were; half is a "
        "coin. Hollow: too little time for an interval. Of so many groups one of twenty lies off "
        "it by luck.",
        _flash_hits,
    ),
    (
        "What the weighed signal is worth",
        "All evidence together, as entries are weighed. Left: the mid's move toward it by thirds "
        "of its strength, by which entries are sized; it should rise. Right: what each family's "
        "share in it foretold. Hollow: too little time for an interval. Before all costs.",
        draw_weighed,
    ),
    (
        "What each strategy earns",
        "A round trip after spread, fees and latency, each strategy alone through the engine, with "
        "95 % intervals. Band: where 95 % of as many purchases held as long fall at other times. "
        "An edge clears the line with both intervals, and lies right of the band.",
        draw_trips,
    ),
    (
        "What came after strategies proposed to enter",
        "Mean move of the mid so much later. Band: where 95 % of the same proposals fall at other "
        "times. Hollow: too little time for an interval. Before all costs.",
        draw_proposals,
    ),
    (
        "What came after chart patterns",
        "Mean move of the candles in the direction of the pattern, the commonest kinds of which "
        "there were at least eight. Band: where 95 % of the same patterns fall at other times. "
        "Before all costs.",
        draw_patterns,
    ),
    (
        "What chart patterns pay",
        "Bought and sold in the direction of the pattern by orders that travel, spread and fees "
        "paid, so much later; the commonest kinds. Band: where 95 % of the same patterns fall at "
        "other times. Hollow: too little time for an interval.",
        draw_pattern_edges,
    ),
    (
        "How long signals, proposals and patterns foretell",
        "Mean move of the mid so much later in the direction of what was said, before all costs, "
        "with its 95 % interval; the commonest. Dotted: too little time to give one.",
        draw_speaker_decay,
    ),
    (
        "How long each feature foretells",
        "Rank correlation with the move so much later, n samples; the band is its 95 % interval. "
        "Dotted: too little time to give one. At so many horizons one of twenty lies off the line "
        "by luck: the table says which do not.",
        draw_feature_decay,
    ),
    *(
        (
            f"Deciles, {horizon:g} s ahead",
            "Mean move of the mid, basis points, after the lowest tenth of the feature (left) to "
            "the highest (right), with 95 % intervals, of n samples each. Stairs upward are a "
            "feature that can be leaned on.",
            partial(_deciles, horizon=horizon),
        )
        for horizon in GROUP_HORIZONS
    ),
    (
        "Hits of the features by group",
        "Share of the mid's moves that each feature foretold, and how many those were, by session "
        "and by terciles of volatility and spread. Of so many groups one of twenty lies off a half "
        "by luck.",
        _feature_hits,
    ),
)
