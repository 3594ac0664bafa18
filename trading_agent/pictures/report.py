"""A report as one picture: the curve, the figures, and what earned and lost."""

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trading_agent.pictures import numbers, palette
from trading_agent.pictures.equity import draw_curve, values_of
from trading_agent.runtime.picture_ports import ReportData

_LINE: Final = 0.40
"""Inches of height for one bar."""
_MOST_PAIRS: Final = 6
_MOST_EXITS: Final = 6
_CURVE: Final = 2.9
_HEAD: Final = 1.0
_FIGURES: Final = 0.72
_GAP: Final = 0.60
_FOOT: Final = 0.25

Bar = tuple[str, float, str]
"""Name, what it earned, and what stands beside it."""


def draw_report(data: ReportData) -> bytes:
    """CommandError: there is no equity curve."""
    values_of(data.equity)
    pairs: list[Bar] = [
        (each.symbol, each.profit, f"{each.won}/{each.closed}")
        for each in sorted(data.by_symbol, key=lambda each: -each.profit)[:_MOST_PAIRS]
    ]
    exits: list[Bar] = [
        (name.replace("_", " "), profit, "")
        for name, profit in sorted(data.by_exit, key=lambda each: -each[1])[:_MOST_EXITS]
    ]
    sections = [bars for bars in (pairs, exits) if bars]
    height = _HEAD + _CURVE + 0.5 + _FIGURES + _FOOT
    height += sum(_GAP + _LINE * len(bars) for bars in sections)
    figure = palette.picture(height)
    _head(figure, data)
    top = height - _HEAD
    curve = palette.panel(figure, 0.03, (top - _CURVE) / height, 0.79, top / height)
    draw_curve(curve, data.equity)
    top -= _CURVE + 0.5
    _write_figures(figure, data, top, height)
    top -= _FIGURES
    for name, bars in (("by pair", pairs), ("by exit", exits)):
        if bars:
            top -= _GAP
            _draw_bars(figure, name, bars, (top, height))
            top -= _LINE * len(bars)
    return palette.finished(figure)


def _head(figure: Figure, data: ReportData) -> None:
    equity = data.equity
    change = equity.points[-1].equity - equity.base
    colour = palette.of_change(change)
    below = numbers.stretch(equity.points[0].at, equity.points[-1].at)
    share = f"{numbers.signed(change / equity.base * 100.0, 2)} %" if equity.base else ""
    palette.title(figure, data.title, share, colour, below=below)
    palette.mark_simulated(figure, equity.simulated)


def _write_figures(figure: Figure, data: ReportData, top: float, height: float) -> None:
    won = f"{100 * data.won / data.closed:.0f} %" if data.closed else "–"  # noqa: RUF001
    profit = float(data.profit)
    colour = palette.of_change(profit)
    cells = (
        ("equity", numbers.money(data.equity.points[-1].equity), palette.INK),
        ("realised", numbers.signed(profit, 2), colour),
        ("fees", numbers.money(float(data.fees)), palette.INK),
        ("closed, won", f"{data.closed}, {won}", palette.INK),
    )
    for place, (name, text, ink) in zip((0.04, 0.32, 0.55, 0.74), cells, strict=True):
        upper, lower = (top - 0.28) / height, (top - 0.62) / height
        figure.text(place, upper, name, color=palette.FAINT, fontsize=palette.SMALL)
        figure.text(place, lower, text, color=ink, fontsize=palette.TEXT + 1, fontweight="bold")


def _draw_bars(figure: Figure, name: str, bars: list[Bar], place: tuple[float, float]) -> None:
    """Losses to the left of the middle, gains to the right."""
    top, height = place
    figure.text(
        palette.LEFT,
        (top + 0.14) / height,
        name,
        color=palette.FAINT,
        fontsize=palette.SMALL,
    )
    bottom = top - _LINE * len(bars)
    axes: Axes = figure.add_axes((0.0, bottom / height, 1.0, (top - bottom) / height))
    axes.set_axis_off()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    largest = max(abs(profit) for _, profit, _ in bars) or 1.0
    style = {"fontsize": palette.TEXT, "va": "center"}
    for line, (words, profit, beside) in enumerate(bars):
        colour = palette.UP if profit >= 0 else palette.DOWN
        axes.barh(line, 0.16 * profit / largest, 0.62, left=0.55, color=colour, alpha=0.8)
        axes.text(palette.LEFT, line, words, color=palette.INK, ha="left", **style)  # type: ignore[arg-type]
        text = numbers.signed(profit, 2)
        axes.text(palette.RIGHT, line, text, color=colour, ha="right", **style)  # type: ignore[arg-type]
        axes.text(0.37, line, beside, color=palette.FAINT, ha="right", **style)  # type: ignore[arg-type]
