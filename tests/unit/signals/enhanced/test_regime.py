"""Regimes of made-up markets."""

import math
import random
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from trading_agent.domain.units import MINUTE
from trading_agent.signals.enhanced.regime import (
    Regime,
    RegimeEvidence,
    RegimeKind,
    RegimeWatch,
    efficiency_ratio,
    lean,
    variance_ratio,
)
from trading_agent.signals.enhanced.settings import RegimeParameters
from trading_agent.signals.indicators.bars import Bar

USUAL = RegimeParameters()


def candles(closes: Iterable[float], width: float = 0.001, first: int = 1) -> Iterator[Bar]:
    before = None
    for index, close in enumerate(closes, start=first):
        opening = before if before is not None else close
        high, low = max(opening, close) * (1 + width), min(opening, close) * (1 - width)
        yield Bar(index * MINUTE, opening, high, low, close, 1.0)
        before = close


def walk(count: int, drift: float, noise: float, seed: int = 1) -> list[float]:
    dice, log, closes = random.Random(seed), math.log(100.0), []
    for _ in range(count):
        log += drift + dice.gauss(0.0, noise)
        closes.append(math.exp(log))
    return closes


def waves(count: int, noise: float = 0.0002) -> list[float]:
    """A price that turns back every time."""
    dice = random.Random(3)
    return [100.0 * (1 + 0.001 * (-1) ** (i // 2) + dice.gauss(0, noise)) for i in range(count)]


def last(bars: Iterable[Bar], parameters: RegimeParameters = USUAL) -> Regime:
    watch = RegimeWatch(parameters)
    for bar in bars:
        watch.update(bar)
    return watch.now


@pytest.mark.parametrize(
    ("drift", "kind"), [(0.001, RegimeKind.TRENDING_UP), (-0.001, RegimeKind.TRENDING_DOWN)]
)
def test_a_drift_is_a_trend(drift: float, kind: RegimeKind) -> None:
    found = last(candles(walk(300, drift, 0.0005)))
    assert found.kind is kind
    assert found.evidence.adx > 25
    assert found.evidence.efficiency > 0.35


def test_a_price_that_turns_back_ranges() -> None:
    found = last(candles(waves(300)))
    assert found.kind in {RegimeKind.RANGING, RegimeKind.QUIET}
    assert found.evidence.variance_ratio < 0.5


def test_the_widest_candles_are_wild_and_the_narrowest_quiet() -> None:
    calm = list(candles(waves(250)))
    wide = list(candles(waves(20), width=0.02, first=251))
    assert last([*calm, *wide]).kind is RegimeKind.WILD
    narrow = list(candles([100.0] * 40, width=0.00001, first=251))
    assert last([*calm, *narrow]).kind is RegimeKind.QUIET


def test_before_enough_candles_nothing_is_known() -> None:
    found = last(candles(walk(40, 0.001, 0.0005)))
    assert found.kind is RegimeKind.UNKNOWN
    assert math.isnan(found.evidence.efficiency)


def test_a_change_must_be_said_several_times() -> None:
    bars = list(candles(waves(250)))
    watch = RegimeWatch(USUAL)
    for bar in bars:
        watch.update(bar)
    held = watch.now.kind
    shock = list(candles(waves(5), width=0.05, first=251))
    kinds = [watch.update(bar).kind for bar in shock]
    assert kinds == [held, held, *[RegimeKind.WILD] * 3]
    assert watch.now.candles == 3
    assert watch.now.since == shock[2].open_at


def test_staying_is_easier_than_entering() -> None:
    evidence = RegimeEvidence(22.0, 30.0, 10.0, 0.30, 1.1, 0.5)
    assert lean(evidence, RegimeKind.TRENDING_UP, USUAL) is RegimeKind.TRENDING_UP
    assert lean(evidence, RegimeKind.RANGING, USUAL) is RegimeKind.RANGING
    wide = RegimeEvidence(10.0, 30.0, 10.0, 0.1, 1.0, 0.9)
    assert lean(wide, RegimeKind.WILD, USUAL) is RegimeKind.WILD
    assert lean(wide, RegimeKind.RANGING, USUAL) is RegimeKind.RANGING
    narrow = RegimeEvidence(10.0, 30.0, 10.0, 0.1, 1.0, 0.15)
    assert lean(narrow, RegimeKind.QUIET, USUAL) is RegimeKind.QUIET
    assert lean(narrow, RegimeKind.RANGING, USUAL) is RegimeKind.RANGING


def test_hysteresis_changes_less_often() -> None:
    """On the same noise the regime changes far less often than what single candles say."""
    watch = RegimeWatch(USUAL)
    kinds, leanings = [], []
    for bar in candles(walk(3_000, 0.0, 0.001, seed=9)):
        now = watch.update(bar)
        kinds.append(now.kind)
        leanings.append(now.leaning)

    def changes(said: list[RegimeKind]) -> int:
        return sum(a != b for a, b in pairwise(said))

    assert 0 < changes(kinds) < 0.6 * changes(leanings)


def test_a_candle_that_is_not_newer_changes_nothing() -> None:
    bars = list(candles(walk(200, 0.001, 0.0005)))
    watch = RegimeWatch(USUAL)
    for bar in bars:
        watch.update(bar)
    before = watch.now
    assert watch.update(bars[-1]._replace(close=1.0)) == before
    assert watch.update(bars[-2]) == before


def test_variance_ratio_tells_walks_from_what_goes_on_or_turns_back() -> None:
    dice = random.Random(5)
    noise = np.array([dice.gauss(0.0, 1.0) for _ in range(20_000)])
    random_walk = np.cumsum(noise)
    follows = np.cumsum(noise[1:] + 0.5 * noise[:-1])
    # Var(5)/5Var(1) of an MA(1): 1 + 2 · (4/5) · 0.5/1.25.
    assert variance_ratio(random_walk, 5) == pytest.approx(1.0, abs=0.05)
    assert variance_ratio(follows, 5) == pytest.approx(1.64, abs=0.05)
    assert variance_ratio(noise, 5) == pytest.approx(0.2, abs=0.02)


def test_where_nothing_moves_there_is_no_trend() -> None:
    still = np.full(20, 3.0)
    assert efficiency_ratio(still) == 0.0
    assert variance_ratio(still, 5) == 1.0
    assert efficiency_ratio(np.array([1.0, 2.0, 3.0])) == 1.0
    assert efficiency_ratio(np.array([1.0, 2.0, 1.0])) == 0.0


def test_settings_where_leaving_is_harder_are_refused() -> None:
    with pytest.raises(ValidationError, match="adx"):
        RegimeParameters(adx_enter=10.0, adx_leave=20.0)
