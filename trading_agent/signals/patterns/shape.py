"""A shape made of swings, waiting for one of its edges to be broken."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from trading_agent.signals.patterns.pattern import PatternKind
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.swings import Swing


class Edge(NamedTuple):
    """A straight line: `price` at `candle`, rising by `slope` a candle."""

    candle: int
    price: float
    slope: float

    def at(self, candle: int) -> float:
        return self.price + self.slope * (candle - self.candle)


class Shape(NamedTuple):
    """Seen so that it points upward: where it is a mirrored one, all prices are negative.

    A close beyond `edge` confirms it. A close beyond `other` confirms it the other way round when
    `both_ways`, and ends it when not. `roles`: the swings it is made of and what each is, `{}`
    for "top" or "bottom".
    """

    kind: PatternKind
    edge: Edge
    other: Edge
    both_ways: bool
    height: float
    roles: tuple[tuple[Swing, str], ...]
    quality: float

    @property
    def first(self) -> int:
        return self.roles[0][0].candle

    @property
    def last(self) -> int:
        return self.roles[-1][0].candle


class Ground(NamedTuple):
    """What shapes are measured with. `average_range` in the quote currency; `closes(first, last)`
    the closes of these candles, both included, or nothing where they are forgotten."""

    settings: PatternSettings
    average_range: float
    closes: Callable[[int, int], Sequence[float]]


def level(price: float) -> Edge:
    return Edge(0, price, 0.0)


def line(swings: Sequence[Swing]) -> Edge | None:
    """Of least squares through swings; None when they stand on one candle."""
    count = len(swings)
    middle = sum(swing.candle for swing in swings) / count
    height = sum(swing.price for swing in swings) / count
    spread = sum((swing.candle - middle) ** 2 for swing in swings)
    if spread == 0:
        return None
    slope = sum((swing.candle - middle) * (swing.price - height) for swing in swings) / spread
    first = swings[0].candle
    return Edge(first, height + slope * (first - middle), slope)


def upside_down(swings: Sequence[Swing]) -> list[Swing]:
    return [swing._replace(price=-swing.price, side=-swing.side) for swing in swings]


def fitness(*faults: tuple[float, float]) -> float:
    """1 for no fault, 0 for every fault at its limit: `(fault, most allowed)`."""
    shares = [1.0 - min(max(fault / most, 0.0), 1.0) if most > 0 else 0.0 for fault, most in faults]
    return sum(shares) / len(shares)
