"""Heavy-tailed order sizes."""

from math import exp
from random import Random
from statistics import NormalDist

from trading_agent.domain.units import Lots

_GRAIN = 2_048


class SizeTable:
    """Log-normal sizes in lots, drawn from `_GRAIN` evenly likely values."""

    def __init__(self, median: float, spread: float, least: Lots) -> None:
        normal = NormalDist()
        self._sizes = [
            Lots(max(least, round(median * exp(spread * normal.inv_cdf((grain + 0.5) / _GRAIN)))))
            for grain in range(_GRAIN)
        ]

    def draw(self, dice: Random) -> Lots:
        return self._sizes[int(dice.random() * _GRAIN)]
