"""Colours, sizes and the empty picture: dark, and readable on a phone held upright.

A picture is 1,080 pixels wide and shown about 380 points wide: its smallest letters are 27
pixels high there, which is as small as the text of a chat.
"""

from io import BytesIO
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

DOTS: Final = 150
WIDTH: Final = 7.2
"""Inches."""

GROUND: Final = "#0f1419"
PANEL: Final = "#161d26"
GRID: Final = "#263241"
INK: Final = "#e6edf3"
FAINT: Final = "#8b9bb0"
UP: Final = "#2fbf8f"
DOWN: Final = "#f0616d"
ENTRY: Final = "#4da3ff"
LEAVE: Final = "#ffb454"
PATTERN: Final = "#c792ea"
LEVEL: Final = "#7fdbff"
WARNING: Final = "#ffcc33"

SMALL: Final = 13.0
"""Points."""
TEXT: Final = 14.0
TITLE: Final = 20.0
LEFT: Final = 0.04
RIGHT: Final = 0.96


def of_change(value: float) -> str:
    return UP if value > 0 else DOWN if value < 0 else INK


def picture(height: float) -> Figure:
    """An empty one, so many inches high."""
    figure = Figure(figsize=(WIDTH, height), dpi=DOTS, facecolor=GROUND)
    FigureCanvasAgg(figure)
    return figure


def panel(figure: Figure, left: float, bottom: float, right: float, top: float) -> Axes:
    """Axes with their scale at the right; edges as fractions of the picture."""
    axes = figure.add_axes((left, bottom, right - left, top - bottom), facecolor=PANEL)
    axes.tick_params(colors=FAINT, labelsize=SMALL, length=0, pad=6)
    axes.yaxis.tick_right()
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(visible=True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def title(figure: Figure, words: str, figure_text: str, colour: str, *, below: str) -> None:
    """Name at the left, the figure that matters at the right, and what it covers below."""
    height = figure.get_figheight()
    first, second = 1.0 - 0.34 / height, 1.0 - 0.66 / height
    bold = {"fontsize": TITLE, "fontweight": "bold", "va": "center"}
    figure.text(LEFT, first, words, color=INK, ha="left", **bold)  # type: ignore[arg-type]
    figure.text(RIGHT, first, figure_text, color=colour, ha="right", **bold)  # type: ignore[arg-type]
    figure.text(LEFT, second, below, color=FAINT, fontsize=SMALL, va="center", ha="left")


def mark_simulated(figure: Figure, simulated: bool) -> None:
    if simulated:
        height = figure.get_figheight()
        figure.text(
            RIGHT,
            1.0 - 0.66 / height,
            "SIMULATED MARKET",
            color=WARNING,
            fontsize=SMALL,
            fontweight="bold",
            va="center",
            ha="right",
        )


def finished(figure: Figure) -> bytes:
    """As a PNG, without a channel of transparency that nobody needs."""
    dots, content = BytesIO(), BytesIO()
    figure.savefig(dots, format="rgba", facecolor=GROUND)
    size = figure.canvas.get_width_height()
    Image.frombytes("RGBA", size, dots.getvalue()).convert("RGB").save(content, "PNG")
    return content.getvalue()
