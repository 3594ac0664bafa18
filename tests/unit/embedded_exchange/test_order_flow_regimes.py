"""The weather of the synthetic market: rhythm, moods, shocks and tides."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from trading_agent.domain.units import HOUR, MINUTE, SECOND, Nanos
from trading_agent.embedded_exchange.fair_value import FairValue
from trading_agent.embedded_exchange.likeness import autocorrelation
from trading_agent.embedded_exchange.regimes import Moods, Tide, Weather, rhythm
from trading_agent.embedded_exchange.settings import RegimeSettings, SyntheticSettings

MONDAY = 1_723_420_800 * SECOND  # 2024-08-12 00:00 UTC
EVEN = RegimeSettings(mean_minutes=60.0, weight=1.0, volatility=1.0, activity=1.0)
EVEN_MOOD = SyntheticSettings(calm=EVEN, normal=EVEN, wild=EVEN, session_strength=0.0)


def fair_price_path(symbol: str, starts_at: int, seconds: int, seed: int = 3) -> list[float]:
    """Fair price every five seconds."""
    preset = SyntheticSettings().presets[symbol]
    weather = Weather(EVEN_MOOD, seed, Nanos(starts_at))
    fair = FairValue(preset, symbol, seed, weather, Nanos(starts_at))
    path = []
    for moment in range(starts_at, starts_at + seconds * SECOND, 5 * SECOND):
        while weather.due <= moment:
            fair.step()
        path.append(fair.ticks)
    return path


def test_the_rhythm_averages_to_one_over_a_week() -> None:
    week = [rhythm(Nanos(MONDAY + step * 10 * MINUTE), 1.0) for step in range(7 * 24 * 6)]
    volatility, activity = np.mean(week, axis=0)
    assert volatility == pytest.approx(1.0, abs=0.02)
    assert activity == pytest.approx(1.0, abs=0.02)


def test_the_rhythm_peaks_in_the_american_afternoon_and_rests_at_weekends() -> None:
    _, afternoon = rhythm(Nanos(MONDAY + 14 * HOUR + 30 * MINUTE), 1.0)
    _, night = rhythm(Nanos(MONDAY + 4 * HOUR + 30 * MINUTE), 1.0)
    _, saturday = rhythm(Nanos(MONDAY + (5 * 24 + 14) * HOUR + 30 * MINUTE), 1.0)
    assert afternoon > 2 * night
    assert saturday == pytest.approx(0.52 * afternoon)
    assert rhythm(Nanos(MONDAY), 0.0) == (1.0, 1.0)


def test_the_rhythm_has_no_jump_within_a_day() -> None:
    day = [rhythm(Nanos(MONDAY + minute * MINUTE), 1.0)[1] for minute in range(24 * 60)]
    assert max(abs(later - now) for now, later in pairwise(day)) < 0.02


def test_moods_take_their_shares_of_the_time() -> None:
    settings = SyntheticSettings()
    spent: Counter[float] = Counter()
    for seed in range(20):
        moods = Moods(settings, seed)
        for minute in range(0, 3 * 24 * 60, 3):
            spent[moods.at(Nanos(MONDAY + minute * MINUTE)).volatility] += 1
    share = {mood: minutes / spent.total() for mood, minutes in spent.items()}
    assert share[settings.normal.volatility] > share[settings.calm.volatility] > 0.2
    assert 0.02 < share[settings.wild.volatility] < 0.12


def test_moods_depend_on_seed_and_time_alone() -> None:
    moments = [Nanos(MONDAY + minute * MINUTE) for minute in range(0, 24 * 60, 7)]
    forward = Moods(SyntheticSettings(), 5)
    backward = Moods(SyntheticSettings(), 5)
    there = [forward.at(at) for at in moments]
    assert there == [backward.at(at) for at in reversed(moments)][::-1]
    assert there != [Moods(SyntheticSettings(), 6).at(at) for at in moments]


def test_equal_weather_is_equal_and_shocks_have_the_asked_variance() -> None:
    one, other = (Weather(EVEN_MOOD, 4, Nanos(MONDAY)) for _ in range(2))
    squares, gaps, last = 0.0, [], one.due
    seconds = 8_000
    while one.due < MONDAY + seconds * SECOND:
        assert (one.due, one.coming) == (other.due, other.coming)
        common, size = one.coming
        squares += common**2
        if size:
            gaps.append((one.due - last) / SECOND)
            last = one.due
        one.step()
        other.step()
    assert squares / seconds == pytest.approx(1.0, abs=0.25)
    assert np.std(gaps) > 1.2 * np.mean(gaps)


def test_pairs_share_most_of_their_moves() -> None:
    paths = [fair_price_path(symbol, MONDAY, 6_000) for symbol in ("BTCUSDC", "ETHUSDC")]
    moves = [np.diff(np.log(path)) for path in paths]
    assert 0.5 < np.corrcoef(*moves)[0, 1] < 0.9


def test_a_market_started_later_finds_the_same_price_level() -> None:
    """The tide is the same, and what shocks add has faded: within 1 % after three hours."""
    long = fair_price_path("BTCUSDC", MONDAY, 3 * 3_600)[-1]
    fresh = fair_price_path("BTCUSDC", MONDAY + 3 * HOUR - 60 * SECOND, 60)[-1]
    assert fresh == pytest.approx(long, rel=0.01)
    assert fresh != pytest.approx(fair_price_path("BTCUSDC", MONDAY, 5, seed=4)[0], rel=0.001)


def test_a_tide_wanders_like_a_slow_random_walk_and_stays_in_reach() -> None:
    tide = Tide(9, "anything")
    levels = np.asarray([tide.at(Nanos(MONDAY + hour * HOUR)) for hour in range(24 * 60)])
    by_hour, by_day = np.diff(levels).std(), (levels[24:] - levels[:-24]).std()
    assert 2.0 < by_day / by_hour < 8.0
    assert np.abs(levels).max() < 5_000.0
    assert autocorrelation(levels, 1) > 0.9
