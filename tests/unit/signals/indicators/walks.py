"""Random walks as candles, of the kinds that break indicators."""

import math
import random
from collections.abc import Callable
from typing import Final

from trading_agent.domain.units import MINUTE
from trading_agent.signals.indicators.bars import Bar, Bars, make_bars

START: Final = 1_700_000_000_000_000_000


def bars_of(candles: list[Bar]) -> Bars:
    at, opening, high, low, close, volume = zip(*candles, strict=True)
    return make_bars(at, (opening, high, low, close), volume)


def walk(count: int = 600, price: float = 100.0, seed: int = 1, step: float = 0.01) -> list[Bar]:
    dice = random.Random(seed)
    candles = []
    for index in range(count):
        opening = price
        price *= math.exp(dice.gauss(0.0, step))
        high = max(opening, price) * (1.0 + abs(dice.gauss(0.0, step)))
        low = min(opening, price) / (1.0 + abs(dice.gauss(0.0, step)))
        volume = dice.uniform(0.0, 100.0)
        candles.append(Bar(START + index * MINUTE, opening, high, low, price, volume))
    return candles


def gaps() -> list[Bar]:
    """The price, and the clock, jump."""
    factor, late, candles = 1.0, 0, []
    for index, bar in enumerate(walk(seed=2)):
        if index % 37 == 36:
            factor *= 3.0 if factor < 10.0 else 0.01
            late += 500 * MINUTE
        prices = (value * factor for value in bar[1:5])
        candles.append(Bar(bar.open_at + late, *prices, bar.volume))
    return candles


def standstills() -> list[Bar]:
    """Every other 60 candles stand still. Prices are multiples of 1/64, so that sums are exact:
    the oracle's running sums would otherwise leave rounding where nothing moves."""
    candles, last = [], 0.0
    for index, bar in enumerate(walk(seed=3)):
        prices = [round(value * 64.0) / 64.0 for value in bar[1:5]]
        if index % 120 >= 60:
            prices = [last] * 4
        last = prices[3]
        candles.append(Bar(bar.open_at, *prices, float(round(bar.volume))))
    return candles


def constant() -> list[Bar]:
    return [Bar(START + index * MINUTE, 100.5, 100.5, 100.5, 100.5, 3.0) for index in range(300)]


def without_volume() -> list[Bar]:
    """None at first, then in every other 50 candles."""
    return [
        bar._replace(volume=0.0 if index < 100 or index % 100 < 50 else bar.volume)
        for index, bar in enumerate(walk(seed=4))
    ]


WALKS: Final[dict[str, Callable[[], list[Bar]]]] = {
    "ordinary": walk,
    "gaps": gaps,
    "standstills": standstills,
    "constant": constant,
    "without volume": without_volume,
    "huge": lambda: walk(price=1e9, seed=5),
    "tiny": lambda: walk(price=1e-8, seed=6),
    "calm": lambda: walk(price=5e4, seed=7, step=1e-6),
}
