"""What the account was worth, and how far below its best it has been."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from trading_agent.domain.errors import CommandError
from trading_agent.domain.units import Nanos
from trading_agent.pictures import numbers, palette
from trading_agent.runtime.picture_ports import EquityData

_HEIGHT: Final = 6.2
_EDGE: Final = 0.79
_MOST_TIMES: Final = 4
_SMALLEST_FALL: Final = 0.05
"""Percent: a scale that shows less would make noise look like losses."""


def draw_equity(data: EquityData) -> bytes:
    """CommandError: there are no points."""
    figure = palette.picture(_HEIGHT)
    values = values_of(data)
    change = float(values[-1]) - data.base
    colour = palette.of_change(change)
    share = f"{numbers.signed(change / data.base * 100.0, 2)} %" if data.base else ""
    below = numbers.stretch(data.points[0].at, data.points[-1].at)
    words = f"{numbers.money(float(values[-1]))} {data.quote}"
    palette.title(figure, words, share, colour, below=below)
    palette.mark_simulated(figure, data.simulated)
    curve = palette.panel(figure, 0.03, 0.33, _EDGE, 0.845)
    draw_curve(curve, data)
    curve.tick_params(labelbottom=False)
    falls = palette.panel(figure, 0.03, 0.09, _EDGE, 0.285)
    _draw_falls(falls, data, values)
    return palette.finished(figure)


def values_of(data: EquityData) -> NDArray[np.float64]:
    if len(data.points) < 2:
        raise CommandError("there is no equity curve yet: it grows by a point a minute")
    return np.array([point.equity for point in data.points])


def draw_curve(axes: Axes, data: EquityData) -> None:
    """Green above where it began, red below."""
    values = values_of(data)
    times = np.array([int(point.at) for point in data.points]) / 1e9
    base = data.base
    axes.axhline(base, color=palette.FAINT, linewidth=1.2, dashes=(4, 4), zorder=3)
    axes.fill_between(
        times, values, base, where=values >= base, interpolate=True, color=palette.UP, alpha=0.25
    )
    axes.fill_between(
        times, values, base, where=values <= base, interpolate=True, color=palette.DOWN, alpha=0.25
    )
    colour = palette.UP if values[-1] >= base else palette.DOWN
    axes.plot(times, values, color=colour, linewidth=2.2, zorder=5)
    axes.scatter(times[-1:], values[-1:], s=60, color=colour, zorder=6, clip_on=False)
    low, high = min(float(values.min()), base), max(float(values.max()), base)
    room = (high - low) * 0.12 or abs(base) * 0.001 or 1.0
    axes.set_ylim(low - room, high + room)
    tick_times(axes, data)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 5, 10)))
    decimals = 4 if high - low < 0.05 else 2 if high - low < 20 else 0
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.{decimals}f}"))


def tick_times(axes: Axes, data: EquityData) -> None:
    first, last = int(data.points[0].at), int(data.points[-1].at)
    axes.set_xlim(first / 1e9, max(last, first + 1) / 1e9)
    places = numbers.round_moments(first, last, _MOST_TIMES)
    axes.set_xticks([at / 1e9 for at in places])
    axes.set_xticklabels([numbers.moment(Nanos(int(at)), last - first) for at in places])


def _draw_falls(axes: Axes, data: EquityData, values: NDArray[np.float64]) -> None:
    """Below the best so far, percent."""
    best = np.maximum.accumulate(np.maximum(values, 1e-12))
    falls = (values / best - 1.0) * 100.0
    times = np.array([int(point.at) for point in data.points]) / 1e9
    axes.fill_between(times, falls, 0.0, color=palette.DOWN, alpha=0.4, linewidth=0.0)
    axes.plot(times, falls, color=palette.DOWN, linewidth=1.4)
    deepest = float(falls.min())
    axes.set_ylim(min(deepest * 1.25, -_SMALLEST_FALL), 0.0)
    tick_times(axes, data)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{numbers.signed(value, 2)}%"))
    axes.text(
        0.015,
        0.10,
        f"deepest fall {numbers.signed(deepest, 2)} %",
        transform=axes.transAxes,
        color=palette.INK,
        fontsize=palette.SMALL,
        bbox={"facecolor": palette.PANEL, "edgecolor": "none", "alpha": 0.75, "pad": 1.0},
        zorder=6,
    )
