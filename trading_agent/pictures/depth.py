"""An order book: how much stands on either side, added up from the middle outwards."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trading_agent.domain.errors import CommandError
from trading_agent.pictures import numbers, palette
from trading_agent.runtime.picture_ports import BookData, BookLevel

_HEIGHT: Final = 6.4
_SHOWN: Final = 5
"""Levels written out on each side."""
_FINE_BPS: Final = 0.1
"""Narrower spreads are written more finely."""


def draw_book(data: BookData) -> bytes:
    """CommandError: a side is empty."""
    if not data.bids or not data.asks:
        raise CommandError(f"the book of {data.symbol} is not ready")
    figure = palette.picture(_HEIGHT)
    bid, ask = data.bids[0].price, data.asks[0].price
    mid = (bid + ask) / 2
    bps = (ask - bid) / mid * 1e4
    spread = f"spread {bps:,.{2 if bps >= _FINE_BPS else 4}f} bps"
    below = f"book at {numbers.moment(data.at, 0)} UTC"
    palette.title(figure, data.symbol, spread, palette.INK, below=below)
    palette.mark_simulated(figure, data.simulated)
    axes = palette.panel(figure, 0.03, 0.44, 0.86, 0.855)
    reach = min(mid - data.bids[-1].price, data.asks[-1].price - mid)
    heights = [
        _draw_side(axes, data.bids, palette.UP, mid - reach),
        _draw_side(axes, data.asks, palette.DOWN, mid + reach),
    ]
    axes.axvline(mid, color=palette.FAINT, linewidth=1.2, dashes=(4, 4))
    axes.set_xlim(mid - reach, mid + reach)
    axes.set_ylim(0.0, max(heights) * 1.12)
    axes.xaxis.set_major_locator(MaxNLocator(3, prune="both"))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: numbers.price(value, data.price_decimals))
    )
    axes.yaxis.set_major_locator(MaxNLocator(4, prune="lower"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: numbers.short(value)))
    _write(figure.add_axes((0.0, 0.02, 1.0, 0.34)), data)
    return palette.finished(figure)


def _draw_side(axes: Axes, levels: tuple[BookLevel, ...], colour: str, farthest: float) -> float:
    """Returns the most that stands within sight."""
    prices = np.array([level.price for level in levels])
    sums = np.cumsum([level.size for level in levels])
    within = np.abs(prices - prices[0]) <= abs(farthest - prices[0])
    edge = np.append(prices[within], farthest)
    heights = np.append(sums[within], sums[within][-1])
    axes.fill_between(edge, heights, step="post", color=colour, alpha=0.35, linewidth=0.0)
    axes.step(edge, heights, where="post", color=colour, linewidth=2.2)
    return float(sums[within].max())


def _write(axes: Axes, data: BookData) -> None:
    """The best levels in numbers, a bar behind each."""
    axes.set_axis_off()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(_SHOWN + 0.9, -0.2)
    shown = [*data.bids[:_SHOWN], *data.asks[:_SHOWN]]
    largest = max(level.size for level in shown) or 1.0
    header = {"color": palette.FAINT, "fontsize": palette.SMALL, "va": "center"}
    for place, words, side in (
        (palette.LEFT, "size", "left"),
        (0.49, "bid", "right"),
        (0.51, "ask", "left"),
        (palette.RIGHT, "size", "right"),
    ):
        axes.text(place, 0.2, words, ha=side, **header)  # type: ignore[arg-type]
    for line, level in enumerate(data.bids[:_SHOWN], 1):
        width = 0.45 * level.size / largest
        axes.barh(line, -width, 0.8, left=0.495, color=palette.UP, alpha=0.22)
        _level(axes, line, level, data.price_decimals, bids=True)
    for line, level in enumerate(data.asks[:_SHOWN], 1):
        width = 0.45 * level.size / largest
        axes.barh(line, width, 0.8, left=0.505, color=palette.DOWN, alpha=0.22)
        _level(axes, line, level, data.price_decimals, bids=False)


def _level(axes: Axes, line: int, level: BookLevel, decimals: int, *, bids: bool) -> None:
    size = numbers.short(level.size)
    price = numbers.price(level.price, decimals)
    colour = palette.UP if bids else palette.DOWN
    inner, outer = (0.49, palette.LEFT) if bids else (0.51, palette.RIGHT)
    sides = ("right", "left") if bids else ("left", "right")
    style = {"fontsize": palette.TEXT, "va": "center"}
    axes.text(inner, line, price, color=colour, ha=sides[0], **style)  # type: ignore[arg-type]
    axes.text(outer, line, size, color=palette.INK, ha=sides[1], **style)  # type: ignore[arg-type]
