"""What the synthetic market's charts show of the time before it began.

Its slow swings are a function of seed and time, so they can be looked up for any moment that has
passed; the small moves around them are drawn for every minute. No order was ever matched there.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import exp
from random import Random
from typing import Final

from trading_agent.domain.units import MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.candle_history import FIXED_INTERVALS, Candle
from trading_agent.embedded_exchange.fair_value import BASIS_POINTS
from trading_agent.embedded_exchange.regimes import Tide
from trading_agent.embedded_exchange.settings import PairPreset

WINDOWS: Final = 300
"""Of each interval."""
_RIPPLE: Final = 5.5
"""Moves around the swings at a full minute, in one-second volatilities: neighbouring minutes lie
as far apart as a walk of sixty seconds would take them."""
_REACH: Final = 0.5
"""Of the same walk, what highs and lows stand out beyond open and close."""


class Past:
    """Of one pair, as it would have been."""

    def __init__(self, preset: PairPreset, symbol: str, seed: int) -> None:
        self._preset = preset
        self._name = f"{seed} past {symbol}"
        self._common, self._own = Tide(seed, "common"), Tide(seed, symbol)
        self._own_share = (1.0 - preset.common_share**2) ** 0.5
        self._start = float(preset.start_price.scaleb(preset.price_decimals))

    def candles(self, now: Nanos) -> Mapping[str, Sequence[Candle]]:
        """Finished windows before `now` by interval, oldest first."""
        return {
            interval: tuple(self._windows(interval, length, now))
            for interval, length in FIXED_INTERVALS.items()
        }

    def _windows(self, interval: str, length: int, now: Nanos) -> Iterator[Candle]:
        end = now - now % length
        edges = [Nanos(end - back * length) for back in range(WINDOWS, -1, -1)]
        dice = Random(f"{self._name} {interval} {end}")
        reach = self._preset.volatility_bps * _REACH * min(length / SECOND, 3_600.0) ** 0.5
        for (opens, first), (closes, last) in pairwise((at, self._price(at)) for at in edges):
            above = exp(abs(dice.gauss(0.0, 1.0)) * reach * BASIS_POINTS)
            below = exp(-abs(dice.gauss(0.0, 1.0)) * reach * BASIS_POINTS)
            volume = self._lots(length, dice)
            yield Candle(
                opens,
                closes,
                _ticks(first),
                _ticks(max(first, last) * above),
                _ticks(min(first, last) * below),
                _ticks(last),
                volume,
                volume * _ticks((first + last) / 2.0),
            )

    def _price(self, at: Nanos) -> float:
        """In ticks, at a full minute."""
        preset = self._preset
        tide = preset.common_share * self._common.at(at) + self._own_share * self._own.at(at)
        ripple = Random(f"{self._name} {at // MINUTE}").gauss(0.0, _RIPPLE)
        return self._start * exp(preset.volatility_bps * (tide + ripple) * BASIS_POINTS)

    def _lots(self, length: int, dice: Random) -> Lots:
        """About what so many takers come to."""
        preset = self._preset
        mean = float(preset.taker_size) * exp(preset.taker_size_spread**2 / 2.0)
        traded = preset.takers_per_second * length / SECOND * mean * exp(dice.gauss(0.0, 0.5))
        return Lots(max(int(traded * 10.0**preset.size_decimals), 1))


def _ticks(price: float) -> Ticks:
    return Ticks(max(round(price), 1))
