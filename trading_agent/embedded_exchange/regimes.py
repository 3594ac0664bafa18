"""The weather all synthetic pairs share: rhythm of the week, moods, shocks and tides.

Rhythm, moods and tides are functions of the seed and the UTC time alone, so a market that is
started again finds the price level and the mood it would have had. Shocks run from the start.
"""

from bisect import bisect_right
from functools import lru_cache
from math import exp, log
from random import Random
from typing import Final

from trading_agent.domain.units import HOUR, SECOND, Nanos
from trading_agent.embedded_exchange.settings import RegimeSettings, SyntheticSettings

# Shares of an average hour, by UTC hour of a weekday, from minute and quarter-hour candles of
# BTC and ETH spot between 2023 and 2025; a weekend day has about half the volume.
HOURLY_VOLATILITY: Final = (
    *(1.03, 0.99, 0.88, 0.78, 0.70, 0.75, 0.77, 0.85, 0.93, 0.82, 0.80, 0.83),
    *(1.05, 1.24, 1.47, 1.35, 1.31, 1.26, 1.12, 1.17, 1.13, 1.07, 0.90, 0.81),
)
HOURLY_ACTIVITY: Final = (
    *(0.90, 0.85, 0.81, 0.74, 0.66, 0.71, 0.75, 0.96, 0.98, 0.88, 0.80, 0.88),
    *(1.19, 1.39, 1.68, 1.56, 1.41, 1.29, 1.06, 1.16, 1.07, 0.89, 0.71, 0.68),
)
WEEKEND_VOLATILITY: Final = 0.62
WEEKEND_ACTIVITY: Final = 0.52
_WEEKDAY_SHARE_VOLATILITY: Final = 7.0 / (5.0 + 2.0 * WEEKEND_VOLATILITY)
_WEEKDAY_SHARE_ACTIVITY: Final = 7.0 / (5.0 + 2.0 * WEEKEND_ACTIVITY)

_MOOD_BLOCK: Final = 6 * HOUR
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday; Monday is 0

_SHOCKS_PER_SECOND: Final = 1.0
_SHOCK_OFFSPRING: Final = 0.65
_SHOCK_MEMORY_SECONDS: Final = 0.6
_SHOCK_HEAVIEST: Final = 6.0
_BACKGROUND_SHOCKS: Final = _SHOCKS_PER_SECOND * (1.0 - _SHOCK_OFFSPRING)
_LONGEST_LULL_SECONDS: Final = 5.0

_TIDE_SHORTEST_SECONDS: Final = 1_200.0
_TIDE_OCTAVES: Final = 7
_TIDE_OCTAVE_STEP: Final = 4.0
_TIDE_HEIGHT: Final = 0.7


def rhythm(at: Nanos, strength: float) -> tuple[float, float]:
    """Volatility and activity at a UTC time as shares of the weekly mean."""
    hours = at / HOUR
    hour, part = int(hours % 24), hours % 1.0
    weekend = (at // (24 * HOUR) + _EPOCH_WEEKDAY) % 7 >= 5
    volatility = _between(HOURLY_VOLATILITY, hour, part) * _WEEKDAY_SHARE_VOLATILITY
    activity = _between(HOURLY_ACTIVITY, hour, part) * _WEEKDAY_SHARE_ACTIVITY
    if weekend:
        volatility *= WEEKEND_VOLATILITY
        activity *= WEEKEND_ACTIVITY
    return 1.0 + strength * (volatility - 1.0), 1.0 + strength * (activity - 1.0)


def _between(by_hour: tuple[float, ...], hour: int, part: float) -> float:
    """A table value holds for the middle of its hour; straight lines join them."""
    near, weight = (hour + 1, part - 0.5) if part >= 0.5 else (hour - 1, 0.5 - part)
    return by_hour[hour] * (1.0 - weight) + by_hour[near % 24] * weight


class Moods:
    """Calm, normal and wild spells: a Markov chain that begins anew every six hours."""

    def __init__(self, settings: SyntheticSettings, seed: int) -> None:
        self._moods = (settings.calm, settings.normal, settings.wild)
        self._shares = [mood.weight * mood.mean_minutes for mood in self._moods]
        self._seed = seed
        self._block = -1
        self._begins: list[Nanos] = []
        self._spells: list[RegimeSettings] = []

    def at(self, at: Nanos) -> RegimeSettings:
        block = at // _MOOD_BLOCK
        if block != self._block:
            self._draw(block)
        return self._spells[bisect_right(self._begins, at) - 1]

    def _draw(self, block: int) -> None:
        dice = Random(f"{self._seed} mood {block}")
        kinds = range(len(self._moods))
        kind = dice.choices(kinds, self._shares)[0]
        begins = Nanos(block * _MOOD_BLOCK)
        self._block, self._begins, self._spells = block, [], []
        while begins < (block + 1) * _MOOD_BLOCK:
            mood = self._moods[kind]
            self._begins.append(begins)
            self._spells.append(mood)
            lasts = dice.expovariate(1.0 / (mood.mean_minutes * 60.0))
            begins = Nanos(begins + round(lasts * SECOND) + 1)
            others = [other for other in kinds if other != kind]
            kind = dice.choices(others, [self._moods[other].weight for other in others])[0]


class Tide:
    """Slow swings of a price level: noise of seven octaves, from 20 minutes to two months."""

    def __init__(self, seed: int, name: str) -> None:
        self._seed = seed
        self._name = name
        self._height = lru_cache(maxsize=4 * _TIDE_OCTAVES)(self._draw)

    def at(self, at: Nanos) -> float:
        """In units of the one-second volatility, as a random walk's distance would be."""
        level, period = 0.0, _TIDE_SHORTEST_SECONDS
        for octave in range(_TIDE_OCTAVES):
            place = at / (period * SECOND)
            cell = int(place)
            before, after = self._height(octave, cell), self._height(octave, cell + 1)
            level += (before + (after - before) * (place - cell)) * period**0.5
            period *= _TIDE_OCTAVE_STEP
        return level * _TIDE_HEIGHT

    def _draw(self, octave: int, cell: int) -> float:
        return Random(f"{self._seed} tide {self._name} {octave} {cell}").gauss(0.0, 1.0)


class Weather:
    """Shocks to every fair price, in bursts; their size follows rhythm and mood.

    Every pair holds its own copy: equal seeds make equal weather, and nothing is shared.
    """

    def __init__(self, settings: SyntheticSettings, seed: int, starts_at: Nanos) -> None:
        self._settings = settings
        self._moods = Moods(settings, seed)
        self._tide = Tide(seed, "common")
        self._dice = Random(f"{seed} weather")
        self._heat = 0.0
        self._now = starts_at
        self.volatility = 1.0
        self.activity = 1.0
        self.due = starts_at
        self.coming = (0.0, 0.0)
        """At `due`: the shock all pairs share and the size of a pair's own; units of a pair's
        one-second volatility, both 0 when only time passes."""
        self._look()
        self._foresee()

    def step(self) -> None:
        """Passes the moment `due`; what it brings was known as `coming`."""
        elapsed = (self.due - self._now) / SECOND
        self._heat *= exp(-elapsed / _SHOCK_MEMORY_SECONDS)
        if self.coming[1]:
            self._heat += _SHOCK_OFFSPRING / _SHOCK_MEMORY_SECONDS
        self._now = self.due
        self._look()
        self._foresee()

    def tide(self) -> float:
        """The slow common level now; units of a pair's one-second volatility."""
        return self._tide.at(self._now)

    def _foresee(self) -> None:
        """Draws the next moment and what it brings, by thinning; a lull brings nothing."""
        bound = _BACKGROUND_SHOCKS + self._heat
        wait = self._dice.expovariate(bound)
        rate = _BACKGROUND_SHOCKS + self._heat * exp(-wait / _SHOCK_MEMORY_SECONDS)
        common = size = 0.0
        if wait < _LONGEST_LULL_SECONDS and self._dice.random() * bound < rate:
            weight = min(-log(1.0 - self._dice.random()), _SHOCK_HEAVIEST)
            size = self.volatility * (weight / _SHOCKS_PER_SECOND) ** 0.5
            common = size * self._dice.gauss(0.0, 1.0)
        self.coming = (common, size)
        self.due = Nanos(self._now + round(min(wait, _LONGEST_LULL_SECONDS) * SECOND) + 1)

    def _look(self) -> None:
        mood = self._moods.at(self._now)
        volatility, activity = rhythm(self._now, self._settings.session_strength)
        self.volatility = volatility * mood.volatility * self._settings.volatility
        self.activity = activity * mood.activity * self._settings.activity
