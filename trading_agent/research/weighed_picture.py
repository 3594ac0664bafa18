"""The weighed signal, drawn: what followed it by how strong it was, and what each family knew."""

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from trading_agent.research.picture_style import (
    BAND,
    FAINT,
    FIRST,
    INK,
    SECOND,
    WIDTH,
    point_style,
)
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_groups import GROUP_HORIZONS
from trading_agent.research.signal_statistics import Estimate
from trading_agent.research.weighed_edge import THIRDS, WeighedFigures

_STYLES: Final = dict(zip(GROUP_HORIZONS, (FIRST, SECOND, INK), strict=False))
_APART: Final = 0.16


def draw_weighed(found: SignalEvaluation, symbol: str) -> Canvas:
    """Left by thirds of strength, right by family."""
    canvas = Canvas(figsize=(WIDTH, 3.2), layout="constrained")
    left, right = canvas.subplots(1, 2)
    held = next((each for each in found.weighed if each.symbol == symbol), None)
    _thirds(left, held)
    _families(right, held)
    return canvas


def _thirds(axes: Axes, held: WeighedFigures | None) -> None:
    _frame(axes, "the mid's move toward it, basis points")
    axes.set_xticks(range(len(THIRDS)), [f"{third}\nthird" for third in THIRDS])
    for number, (horizon, colour) in enumerate(_STYLES.items()):
        for each in held.thirds if held else ():
            if each.horizon == horizon and each.move_bps is not None:
                place = THIRDS.index(each.third) + _off(number)
                _point(axes, place, each.move_bps, colour)
    if held is None or not held.thirds:
        _nothing(axes)


def _families(axes: Axes, held: WeighedFigures | None) -> None:
    _frame(axes, "IC of its share")
    figures = held.families if held else ()
    names = list(dict.fromkeys(each.family for each in figures))
    axes.set_xticks(range(len(names)), [name.replace("_", "\n") for name in names])
    for number, (horizon, colour) in enumerate(_STYLES.items()):
        for each in figures:
            if each.horizon == horizon and each.ic is not None:
                _point(axes, names.index(each.family) + _off(number), each.ic, colour)
        axes.plot([], [], "o", color=colour, label=f"{horizon:g} s")
    if names:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    else:
        _nothing(axes)


def _frame(axes: Axes, words: str) -> None:
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.grid(axis="y", color=FAINT, alpha=BAND, linewidth=0.6)
    axes.set_ylabel(words)


def _off(number: int) -> float:
    return (number - (len(_STYLES) - 1) / 2) * _APART


def _point(axes: Axes, place: float, found: Estimate, colour: str) -> None:
    """Full with its interval, hollow without."""
    if found.low is not None and found.high is not None:
        axes.plot([place, place], [found.low, found.high], color=colour, linewidth=1.8)
    axes.plot(
        [place], [found.value], "o", color=colour, **point_style(found.low is not None, colour)
    )


def _nothing(axes: Axes) -> None:
    axes.text(0.5, 0.5, "nothing was said", ha="center", va="center", transform=axes.transAxes)
