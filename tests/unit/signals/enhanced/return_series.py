"""One-second returns with and without a planted relation."""

import math
import random

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def noise(dice: random.Random, count: int, tails: bool = False) -> Floats:
    """`tails`: with bursts of volatility and single wild seconds."""
    values, scale = [], 1.0
    for _ in range(count):
        if tails:
            scale = math.exp(0.97 * math.log(scale) + dice.gauss(0.0, 0.25))
        wild = 8.0 if tails and dice.random() < 0.01 else 1.0
        values.append(1e-4 * scale * wild * dice.gauss(0.0, 1.0))
    return np.array(values)


def led(
    dice: random.Random, count: int, lag: int, share: float, tails: bool = False
) -> tuple[Floats, Floats]:
    """A leader and who follows it `lag` seconds later with a correlation near `share`."""
    leader = noise(dice, count, tails)
    own = noise(dice, count, tails)
    follower = math.sqrt(1.0 - share * share) * own
    follower[lag:] += share * leader[: count - lag]
    return leader, follower
