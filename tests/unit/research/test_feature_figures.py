"""What is left of features, in markets whose truth is known."""

from random import Random

import numpy as np
import pytest
from msgspec.structs import replace

from tests.unit.research.planted_market import FIRST, STEP, gauss, planted_samples
from trading_agent.research.feature_figures import Figure, feature_figures
from trading_agent.research.signal_samples import Floats, Samples

EPISODE = 30
"""Samples: three seconds."""
COUNT = 3_000


def samples_of(mid: Floats, **features: Floats) -> Samples:
    """One every tenth of a second, all else the same."""
    plain = planted_samples(effect=0.0, count=COUNT)
    return replace(plain, at=FIRST + np.arange(COUNT) * STEP, mid=mid, features=features)


def clustered(seed: int) -> Samples:
    """Now and then the feature is strong for three seconds on end, during which the price drifts
    one way; the feature points up or down by chance, so that what follows is zero in the mean."""
    dice = Random(seed)
    episodes = COUNT // EPISODE
    drift = np.repeat(gauss(dice, episodes), EPISODE) / 10.0
    strong = np.repeat([dice.random() < 0.25 for _ in range(episodes)], EPISODE)
    way = np.repeat([dice.choice((-1.0, 1.0)) for _ in range(episodes)], EPISODE)
    quiet = 0.1 * np.clip(gauss(dice, COUNT), -3.0, 3.0)
    mid = 1e6 * np.exp(np.cumsum(drift) / 1e4)
    return samples_of(mid, imbalance=np.where(strong, way, quiet))


def at_a_second(samples: Samples) -> Figure:
    found = [each for each in feature_figures(samples, 0.0, 1) if each.horizon == 1.0]
    return found[0]


def test_the_interval_of_the_strongest_holds_the_truth_where_they_come_in_clusters() -> None:
    held = told = 0
    for seed in range(200):
        gross = at_a_second(clustered(seed)).gross_bps
        if gross.low is not None and gross.high is not None:
            told += 1
            held += gross.low < 0.0 < gross.high
    assert told >= 150
    assert held >= 0.9 * told


def test_all_that_are_as_strong_are_counted_and_their_share_is_told() -> None:
    signs = np.tile([1.0, -1.0, 0.5, -0.5, 0.0], COUNT // 5)
    found = at_a_second(samples_of(np.linspace(1e6, 1.001e6, COUNT), imbalance=signs))
    known = COUNT - 10
    assert found.strong == np.count_nonzero(np.abs(signs[:known]) == 1.0)
    assert found.strong_share == pytest.approx(found.strong / known)
    assert found.strong_share == pytest.approx(0.4, abs=0.01)


def test_without_ties_the_strongest_are_a_tenth() -> None:
    found = at_a_second(planted_samples(effect=1.0, count=COUNT))
    assert found.strong_share == pytest.approx(0.1, abs=0.001)
    # Half of the spread each way, of one and of two basis points.
    costs = found.gross_bps.value - found.net_bps.value
    assert costs == pytest.approx(4.0 / 3.0, abs=0.1)
