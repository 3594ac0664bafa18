"""An effect that is there is found; one that is not is not claimed, however often one looks."""

from random import Random

import pytest

from trading_agent.domain.units import DAY, HOUR, Nanos
from trading_agent.interfaces.oversight.worth import Effect, bet, together, weigh

RUNS = 1_000
LOOKS = 150


def noise(dice: Random, kind: str) -> float:
    """No effect on average, in shapes that fool a test that expects a normal one."""
    match kind:
        case "normal":
            return dice.gauss(0.0, 1.0)
        case "often a little won, rarely much lost":
            return 1.0 - dice.expovariate(1.0)
        case "often a little lost, rarely much won":
            return dice.expovariate(1.0) - 1.0
        case "mostly nothing":
            return dice.gauss(0.0, 1.0) if dice.random() < 0.4 else 0.0
        case _:
            return dice.gauss(0.0, 1.0) / max(abs(dice.gauss(0.0, 1.0)), 1e-9) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        "normal",
        "often a little won, rarely much lost",
        "often a little lost, rarely much won",
        "mostly nothing",
        "heavy tails",
    ],
)
def test_noise_is_rarely_taken_for_an_effect_by_whoever_looks_after_every_decision(
    kind: str,
) -> None:
    """`bet` tells the most that the odds ever came to: that is looking after every decision."""
    alarms = [0, 0]
    for run in range(RUNS):
        dice = Random(run)
        sizes = [noise(dice, kind) for _ in range(LOOKS)]
        alarms[0] += bet(sizes) >= 20.0
        alarms[1] += bet([-size for size in sizes]) >= 20.0
    assert max(alarms) <= 0.05 * RUNS


@pytest.mark.parametrize(("effect", "least"), [(0.5, 0.9), (1.0, 0.99)])
def test_a_planted_effect_is_found(effect: float, least: float) -> None:
    found = 0
    for run in range(100):
        dice = Random(run)
        found += bet([dice.gauss(effect, 1.0) for _ in range(LOOKS)]) >= 20.0
    assert found >= least * 100


def test_a_planted_effect_is_recovered_with_its_error() -> None:
    dice, inside = Random(3), 0
    for _ in range(60):
        effects = [
            Effect(
                Nanos(day * DAY + hour * HOUR),
                Nanos(day * DAY + (hour + 1) * HOUR),
                0.4 + dice.gauss(0, 1),
            )
            for day in range(30)
            for hour in (1, 5, 9, 13)
        ]
        evidence = weigh(effects)
        inside += evidence.low <= 0.4 * len(effects) <= evidence.high
    assert inside >= 51  # 95 percent of 60, less what chance and few days take


def test_scale_does_not_matter() -> None:
    dice = Random(5)
    sizes = [dice.gauss(0.4, 1.0) for _ in range(100)]
    assert bet([size * 1e-6 for size in sizes]) == pytest.approx(bet(sizes))
    assert bet([size * 1e6 for size in sizes]) == pytest.approx(bet(sizes))


def test_a_single_windfall_proves_nothing() -> None:
    assert bet([0.0] * 30 + [1e9]) < 20.0
    assert bet([0.01, -0.01] * 20 + [1e9]) < 20.0


def test_what_overlaps_is_one() -> None:
    def effect(began: int, ended: int) -> Effect:
        return Effect(Nanos(began), Nanos(ended), 1.0)

    clusters = together([effect(5, 9), effect(0, 4), effect(3, 6), effect(9, 12)])
    assert [len(cluster) for cluster in clusters] == [3, 1]
