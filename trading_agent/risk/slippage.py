"""Which orders cost far more than orders usually do."""

from typing import Final

from msgspec import Struct, field

from trading_agent.domain.units import BASIS_POINTS

REMEMBERED: Final = 200
LEAST: Final = 30
_NORMAL: Final = 0.6744897501960817
"""Median absolute deviation of a standard normal."""
_EVERY: Final = 64
_FIRST: Final = LEAST % _EVERY


class SlippageScale(Struct):
    """Median and median absolute deviation of what orders cost, in basis points of their value;
    both taken anew every 64 orders, because they hardly move and sorting is slow. `worst`: how
    far the most expensive order since the scale was taken lay above the median, and what the
    deviation was."""

    costs: list[float] = field(default_factory=list)
    count: int = 0
    median: float = 0.0
    deviation: float = 0.0
    worst: tuple[float, float] = (0.0, 1.0)

    def add(self, cost: float) -> bool:
        """`cost`: a share of the order's value. Returns whether it may be an outlier. It is
        judged by those before it."""
        bps, costs, apart = cost * BASIS_POINTS, self.costs, False
        if self.count >= LEAST:
            excess = bps - self.median
            if not (excess <= self.deviation or excess <= self.worst[0]):
                self.worst, apart = (excess, self.deviation), True
        costs.append(bps)
        if len(costs) > REMEMBERED:
            del costs[0]
        self.count = count = self.count + 1
        if count % _EVERY == _FIRST and count >= LEAST:
            self.median, self.deviation = _scale(costs)
            if not apart:
                # What was worst by the older scale has been judged by it.
                self.forget_outlier()
        return apart

    def outlier(self, floor_bps: float) -> float:
        """Robust z of the worst since the scale was taken or a person last looked; 0 when there
        was none."""
        excess, deviation = self.worst
        return excess * _NORMAL / max(deviation, floor_bps) if excess else 0.0

    def forget_outlier(self) -> None:
        self.worst = (0.0, 1.0)


def _scale(costs: list[float]) -> tuple[float, float]:
    """The median and the median deviation from it; of an even number the upper of the two."""
    ordered = sorted(costs)
    middle = len(ordered) // 2
    median = ordered[middle]
    # Two runs in order, which sorting merges.
    below = [median - cost for cost in ordered[:middle]]
    above = [cost - median for cost in ordered[middle:]]
    return median, sorted(below + above)[middle]
