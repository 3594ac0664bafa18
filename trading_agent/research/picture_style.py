"""Colours and marks of drawn evaluations."""

from typing import Any, Final

from matplotlib.figure import Figure as Canvas

# Each stands for a colour of the page, which knows whether it is light or dark.
INK: Final = "#010101"
FAINT: Final = "#020202"
FIRST: Final = "#030303"
SECOND: Final = "#040404"
COLOURS: Final = {INK: "--ink", FAINT: "--faint", FIRST: "--first", SECOND: "--second"}

STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "signals",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
WIDTH: Final = 9.6
BAND: Final = 0.22


def point_style(sure: bool, colour: str) -> dict[str, Any]:
    """Full with an interval, hollow without."""
    return {
        "markersize": 5.0,
        "markeredgecolor": colour,
        "markerfacecolor": colour if sure else "none",
        "clip_on": False,
    }


def words_alone(text: str) -> Canvas:
    """Where there is nothing to draw."""
    canvas = Canvas(figsize=(WIDTH, 0.5), layout="constrained")
    axes = canvas.add_subplot()
    axes.set_axis_off()
    axes.text(0.0, 0.5, text, va="center", style="italic", transform=axes.transAxes)
    return canvas
