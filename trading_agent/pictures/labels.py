"""Prices written into the scale at the right, moved apart where they would cover one another."""

from itertools import pairwise
from typing import Final, NamedTuple

from matplotlib.axes import Axes

from trading_agent.pictures import palette

_APART: Final = 0.052
"""Of the height of the axes: two lines of small letters."""


class Label(NamedTuple):
    """`name` stands on its line, from `place` on (a fraction of the width), `text` in the scale."""

    value: float
    name: str
    text: str
    colour: str
    place: float = 0.015


def place_labels(axes: Axes, labels: list[Label]) -> None:
    low, high = axes.get_ylim()
    heights = apart([(label.value - low) / (high - low) for label in labels], _APART)
    for label, height in zip(labels, heights, strict=True):
        box = {"facecolor": label.colour, "edgecolor": "none", "pad": 3.0}
        axes.text(
            1.015,
            height,
            label.text,
            transform=axes.transAxes,
            color=palette.GROUND,
            fontsize=palette.SMALL,
            fontweight="bold",
            va="center",
            bbox=box,
            zorder=10,
            clip_on=False,
        )
        if label.name:
            axes.text(
                label.place,
                (label.value - low) / (high - low) + 0.01,
                label.name,
                transform=axes.transAxes,
                color=label.colour,
                fontsize=palette.SMALL,
                va="bottom",
                bbox={"facecolor": palette.PANEL, "edgecolor": "none", "alpha": 0.75, "pad": 1.0},
                zorder=10,
            )


def apart(heights: list[float], least: float) -> list[float]:
    """The same heights, pushed from one another until none is nearer than `least`, in their
    order from the bottom."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    moved = list(heights)
    for _ in range(4 * len(order)):
        quiet = True
        for below, above in pairwise(order):
            overlap = least - (moved[above] - moved[below])
            if overlap > 1e-9:
                moved[below] -= overlap / 2
                moved[above] += overlap / 2
                quiet = False
        if quiet:
            break
    return moved
