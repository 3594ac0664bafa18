"""Which orders cost far more than orders usually do."""

from typing import Final

from msgspec import Struct, field

from trading_agent.domain.units import BASIS_POINTS

REMEMBERED: Final = 200
LEAST: Final = 30
_NORMAL: Final = 0.6744897501960817
"""Median absolute deviation of a standard normal."""
_EVERY: Final = 64


class SlippageScale(Struct):
    """Median and median absolute deviation of what orders cost, in basis points of their value;
    both taken anew every 64 orders, because they hardly move and sorting is slow. `worst`: the
    most unusual cost since last asked."""

    costs: list[float] = field(default_factory=list)
    count: int = 0
    median: float = 0.0
    deviation: float = 0.0
    worst: float | None = None

    def add(self, cost: float) -> bool:
        """`cost`: a share of the order's value. Returns whether it may be an outlier. It is
        judged by those before it."""
        bps = cost * BASIS_POINTS
        apart = self.count >= LEAST and not bps <= self.median + self.deviation
        if apart and (self.worst is None or bps > self.worst):
            self.worst = bps
        self.costs.append(bps)
        self.count += 1
        if len(self.costs) > REMEMBERED:
            del self.costs[0]
        if self.count >= LEAST and (self.count - LEAST) % _EVERY == 0:
            self.median = _middle(self.costs)
            self.deviation = _middle([abs(cost - self.median) for cost in self.costs])
        return apart

    def outlier(self, floor_bps: float) -> float:
        """Robust z of the worst since last asked; 0 when there was none."""
        worst, self.worst = self.worst, None
        if worst is None:
            return 0.0
        return (worst - self.median) * _NORMAL / max(self.deviation, floor_bps)

    def forget_outlier(self) -> None:
        self.worst = None


def _middle(costs: list[float]) -> float:
    """The median; of an even number the upper of the two."""
    return sorted(costs)[len(costs) // 2]
