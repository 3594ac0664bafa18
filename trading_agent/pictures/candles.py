"""A chart: candles and volume, what was signalled and recognised, where we came in and went out.

Candles stand side by side by number, so that there are no gaps; what has a time is placed between
them.
"""

from bisect import bisect_right
from collections import Counter
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trading_agent.domain.errors import CommandError
from trading_agent.domain.order import BUY
from trading_agent.domain.units import Nanos
from trading_agent.pictures import numbers, palette
from trading_agent.pictures.labels import Label, place_labels
from trading_agent.runtime.picture_ports import Candle, ChartData, PatternShape

_MOST_CANDLES: Final = 80
_HEIGHT: Final = 7.6
_EDGE: Final = 0.80
"""Where the scale of prices begins."""
_BODY: Final = 0.7
_ROOM: Final = 0.08
"""Of the height of the prices, above and below."""
_FAR: Final = 0.6
"""A level farther away than this part of the candles' height is not worth making them smaller."""
_MOST_TIMES: Final = 4
_LEAST_TIMES: Final = 2
_MOST_PATTERNS: Final = 3
_LAST_PLACE: Final = 0.8
"""Of the width: a name needs the rest."""
_NAME_ABOVE: Final = 28
"""Points above a pattern's top: between them lie the mark of a trade and how often."""


def draw_chart(data: ChartData) -> bytes:
    """CommandError: there are no candles."""
    if len(data.candles) < 2:
        raise CommandError(f"there are no candles of {data.symbol} {data.timeframe} yet")
    candles = data.candles[-_MOST_CANDLES:]
    figure = palette.picture(_HEIGHT)
    _head(figure, data, candles)
    prices = palette.panel(figure, 0.03, 0.25, _EDGE, 0.875)
    volume = palette.panel(figure, 0.03, 0.075, _EDGE, 0.235)
    line = _TimeLine(candles)
    _draw_candles(prices, candles)
    _draw_volume(volume, candles)
    labels = [_last_price(data, candles[-1])]
    labels.extend(_draw_levels(prices, data, candles))
    labels.extend(_draw_patterns(prices, data, line))
    _scale(prices, candles, [label.value for label in labels])
    _draw_signals(prices, data, line)
    _draw_fills(prices, data, line)
    _tick(prices, volume, data, line)
    place_labels(prices, labels)
    return palette.finished(figure)


class _TimeLine:
    """From a time to a place among the candles."""

    def __init__(self, candles: tuple[Candle, ...]) -> None:
        self.opens = [int(candle.at) for candle in candles]
        self.step = max(self.opens[1] - self.opens[0], 1)

    def place(self, at: Nanos) -> float | None:
        """None: before the first candle, or long after the last. A moment within a candle stands
        at that candle."""
        index = bisect_right(self.opens, int(at)) - 1
        if index < 0 or at > self.opens[-1] + 2 * self.step:
            return None
        return float(index)


def _head(figure: Figure, data: ChartData, candles: tuple[Candle, ...]) -> None:
    last = candles[-1]
    change = (last.close / candles[0].open - 1.0) * 100.0
    colour = palette.of_change(change)
    below = numbers.stretch(candles[0].at, last.at)
    words = f"{data.symbol}  {data.timeframe}"
    palette.title(figure, words, f"{numbers.signed(change, 2)} %", colour, below=below)
    palette.mark_simulated(figure, data.simulated)


def _draw_candles(axes: Axes, candles: tuple[Candle, ...]) -> None:
    for rises, colour in ((True, palette.UP), (False, palette.DOWN)):
        chosen = [
            (at, candle)
            for at, candle in enumerate(candles)
            if (candle.close >= candle.open) == rises
        ]
        wicks = [((at, each.low), (at, each.high)) for at, each in chosen]
        axes.add_collection(LineCollection(wicks, colors=colour, linewidths=1.4, zorder=3))
        bodies = [
            Rectangle(
                (at - _BODY / 2, min(each.open, each.close)), _BODY, abs(each.close - each.open)
            )
            for at, each in chosen
        ]
        # The edge keeps a candle visible that closed where it opened.
        axes.add_collection(
            PatchCollection(bodies, facecolor=colour, edgecolor=colour, linewidth=1.0, zorder=4)
        )


def _draw_volume(axes: Axes, candles: tuple[Candle, ...]) -> None:
    colours = [palette.UP if each.close >= each.open else palette.DOWN for each in candles]
    heights = [each.volume for each in candles]
    axes.bar(range(len(candles)), heights, width=_BODY, color=colours, alpha=0.55, zorder=3)
    axes.set_xlim(-1.0, len(candles))
    axes.set_ylim(0.0, max(heights, default=0.0) * 1.15 or 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(2, prune="lower"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: numbers.short(value)))


def _last_price(data: ChartData, last: Candle) -> Label:
    colour = palette.UP if last.close >= last.open else palette.DOWN
    return Label(last.close, "", numbers.price(last.close, data.price_decimals), colour)


def _draw_levels(axes: Axes, data: ChartData, candles: tuple[Candle, ...]) -> list[Label]:
    labels = []
    for level in data.levels:
        if _near(level.price, candles):
            axes.axhline(level.price, color=palette.LEVEL, linewidth=1.4, dashes=(6, 4), zorder=2)
            text = numbers.price(level.price, data.price_decimals)
            labels.append(Label(level.price, level.name, text, palette.LEVEL))
    return labels


def _draw_patterns(axes: Axes, data: ChartData, line: _TimeLine) -> list[Label]:
    labels: list[Label] = []
    for pattern in data.patterns[-_MOST_PATTERNS:]:
        labels.extend(_draw_pattern(axes, pattern, data, line))
    return labels


def _draw_pattern(
    axes: Axes, pattern: PatternShape, data: ChartData, line: _TimeLine
) -> list[Label]:
    placed = [(line.place(point.at), point.price) for point in pattern.points]
    known = [(at, price) for at, price in placed if at is not None]
    if not known:
        return []
    places, prices = [at for at, _ in known], [price for _, price in known]
    axes.plot(places, prices, color=palette.PATTERN, linewidth=2.0, marker="o", ms=5, zorder=6)
    top = max(known, key=lambda each: each[1])
    across = top[0] / len(line.opens)
    # The names of its levels may stand behind the last place.
    anchor = min(top[0], _LAST_PLACE * len(line.opens) - 1.0) if across > 0.7 else top[0]
    axes.annotate(
        pattern.name,
        (anchor, top[1]),
        xytext=(0, _NAME_ABOVE),
        textcoords="offset points",
        ha="left" if across < 0.3 else "right" if across > 0.7 else "center",
        color=palette.PATTERN,
        fontsize=palette.SMALL,
        fontweight="bold",
        bbox={"facecolor": palette.PANEL, "edgecolor": "none", "alpha": 0.75, "pad": 1.0},
        zorder=10,
    )
    labels = []
    wanted = (("target", pattern.target), ("wrong", pattern.invalidation))
    for name, price in wanted:
        if price is not None and _near(price, data.candles[-_MOST_CANDLES:]):
            axes.plot(
                (places[-1], len(line.opens)),
                (price, price),
                color=palette.PATTERN,
                linewidth=1.4,
                dashes=(2, 2),
                zorder=2,
            )
            text = numbers.price(price, data.price_decimals)
            place = min((places[-1] + 1.0) / (len(line.opens) + 1.0), _LAST_PLACE)
            labels.append(Label(price, name, text, palette.PATTERN, place))
    return labels


def _scale(axes: Axes, candles: tuple[Candle, ...], others: list[float]) -> None:
    lowest = min([candle.low for candle in candles] + others)
    highest = max([candle.high for candle in candles] + others)
    room = (highest - lowest) * _ROOM or highest * 0.001
    axes.set_ylim(lowest - 1.6 * room, highest + 1.6 * room)
    axes.set_xlim(-1.0, len(candles))


def _draw_signals(axes: Axes, data: ChartData, line: _TimeLine) -> None:
    """At the edges: buyers below, sellers above."""
    low, high = axes.get_ylim()
    for way, marker, colour, height in (
        (True, "^", palette.UP, low + 0.02 * (high - low)),
        (False, "v", palette.DOWN, high - 0.02 * (high - low)),
    ):
        places = {
            line.place(signal.at) for signal in data.signals if (signal.direction is BUY) == way
        }
        known = [place for place in places if place is not None]
        axes.scatter(known, [height] * len(known), marker=marker, s=26, color=colour, zorder=5)


def _draw_fills(axes: Axes, data: ChartData, line: _TimeLine) -> None:
    """Below a candle what was bought in it and above it what was sold, with how often."""
    low, high = axes.get_ylim()
    away = 0.03 * (high - low)
    counts = Counter((line.place(fill.at), fill.side) for fill in data.fills)
    candles = data.candles[-_MOST_CANDLES:]
    for (place, side), times in counts.items():
        if place is None:
            continue
        buys, candle = side is BUY, candles[int(place)]
        at = candle.low - away if buys else candle.high + away
        axes.scatter(
            [place],
            [at],
            marker="^" if buys else "v",
            s=150,
            color=palette.ENTRY if buys else palette.LEAVE,
            edgecolors=palette.GROUND,
            linewidths=1.2,
            zorder=9,
        )
        if times > 1:
            axes.annotate(
                str(times),
                (place, at),
                xytext=(0, -9 if buys else 9),
                textcoords="offset points",
                ha="center",
                va="top" if buys else "bottom",
                color=palette.ENTRY if buys else palette.LEAVE,
                fontsize=palette.SMALL - 2,
                zorder=9,
            )


def _tick(prices: Axes, volume: Axes, data: ChartData, line: _TimeLine) -> None:
    count = len(line.opens)
    length = line.opens[-1] - line.opens[0]
    known = {at: place for place, at in enumerate(line.opens)}
    moments = numbers.round_moments(line.opens[0], line.opens[-1], _MOST_TIMES)
    places = [known[at] for at in moments if at in known]
    if len(places) < _LEAST_TIMES:
        places = np.linspace(count * 0.08, count * 0.92, _MOST_TIMES).astype(int).tolist()
    volume.set_xticks(places)
    volume.set_xticklabels([numbers.moment(Nanos(line.opens[at]), length) for at in places])
    prices.set_xticks(places)
    prices.tick_params(labelbottom=False)
    prices.yaxis.set_major_locator(MaxNLocator(6))
    prices.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: numbers.price(value, data.price_decimals))
    )


def _near(price: float, candles: tuple[Candle, ...]) -> bool:
    """Worth being on the same picture."""
    lowest = min(candle.low for candle in candles)
    highest = max(candle.high for candle in candles)
    reach = _FAR * (highest - lowest)
    return lowest - reach <= price <= highest + reach
