"""An effect that is there is found; one that is not is not claimed, however often one looks."""

from collections.abc import Callable
from random import Random

import pytest

from trading_agent.domain.units import DAY, HOUR, Nanos
from trading_agent.interfaces.oversight.outcomes import Decider, Kept, Outcome
from trading_agent.interfaces.oversight.reckoning import OVERSEER, PLACEBO, Reckoning
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.interfaces.oversight.worth import SURE, Cost, Effect, bet, together, weigh

RUNS = 1_000
LOOKS = 300
Dice = Callable[[Random], float]


def insurance(chance: float, spread: float = 0.3) -> Dice:
    """A small cost most times, rarely a saving that makes up for all of them. Without spread it
    is the worst of its kind: nothing between the two."""

    def drawn(dice: Random) -> float:
        size = abs(dice.gauss(1.0, spread)) if spread else 1.0
        return size * (1.0 - chance) / chance if dice.random() < chance else -size

    return drawn


def windfall(chance: float, spread: float = 0.3) -> Dice:
    """Its mirror image: a small gain most times, rarely a loss of all of them."""
    against = insurance(chance, spread)
    return lambda dice: -against(dice)


def pareto(tail: float) -> Dice:
    """A gain of at most one most times, losses without end."""
    return lambda dice: tail / (tail - 1.0) - dice.paretovariate(tail)


SHAPES: dict[str, tuple[Dice, float]] = {
    "normal": (lambda dice: dice.gauss(0.0, 1.0), 4.0),
    "often a little won": (lambda dice: 1.0 - dice.expovariate(1.0), 6.0),
    "often a little lost": (lambda dice: dice.expovariate(1.0) - 1.0, 6.0),
    "mostly nothing": (lambda dice: dice.gauss(0, 1) if dice.random() < 0.4 else 0.0, 4.0),
    "insurance, once in 5": (insurance(0.2, 0.0), 4.0),
    "insurance, once in 10": (insurance(0.1, 0.0), 9.0),
    "insurance, once in 20": (insurance(0.05, 0.0), 19.0),
    "insurance, once in 50": (insurance(0.02, 0.0), 49.0),
    "insurance of several sizes": (insurance(0.05), 40.0),
    "windfall, once in 10": (windfall(0.1, 0.0), 9.0),
    "windfall, once in 20": (windfall(0.05, 0.0), 19.0),
    "windfall, once in 50": (windfall(0.02, 0.0), 49.0),
    "Pareto losses, 2.5": (pareto(2.5), 12.0),
    "Pareto gains, 2.5": (lambda dice: -pareto(2.5)(dice), 12.0),
    "Pareto losses, 1.5": (pareto(1.5), 60.0),
    "Pareto gains, 1.5": (lambda dice: -pareto(1.5)(dice), 60.0),
}
"""No effect on average, with what an effect could be at most: as tight as the shape allows, so that
the odds have all the room there is to go wrong."""


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_noise_is_rarely_taken_for_an_effect_by_whoever_looks_after_every_decision(
    shape: str,
) -> None:
    """`bet` tells the most that the odds ever came to: that is looking after every decision.
    Help or harm at `SURE`, either of them; harm alone at the odds that demote."""
    drawn, bound = SHAPES[shape]
    either = demoted = 0
    for run in range(RUNS):
        dice = Random(run)
        shares = [drawn(dice) / bound for _ in range(LOOKS)]
        help_, harm = bet(shares), bet([-share for share in shares])
        either += max(help_, harm) >= SURE
        demoted += harm >= AttributionSettings().harm_evidence
    assert either <= 0.05 * RUNS
    assert demoted <= 0.05 * RUNS


def test_the_odds_could_go_wrong_in_the_worst_shape() -> None:
    """So that the test above can fail: cut on both sides, as if the rare saving counted no more
    than ten small costs, an insurance is found harmful nearly always."""
    dice = Random(1)
    drawn = insurance(0.02, 0.0)
    found = 0
    for _ in range(50):
        shares = [min(10.0, drawn(dice)) / 10.0 for _ in range(LOOKS)]
        found += bet([-share for share in shares]) >= SURE
    assert found >= 45


@pytest.mark.parametrize(
    ("effect", "bound", "least"), [(0.5, 10.0, 0.95), (1.0, 20.0, 0.95), (0.2, 4.0, 0.8)]
)
def test_a_planted_effect_is_found(effect: float, bound: float, least: float) -> None:
    found = harmed = 0
    for run in range(100):
        dice = Random(run)
        shares = [dice.gauss(effect, 1.0) / bound for _ in range(LOOKS)]
        found += bet(shares) >= SURE
        harmed += bet([-share for share in shares]) >= SURE
    assert found >= least * 100
    assert harmed == 0


def test_an_insurance_that_pays_is_not_harm_and_is_found_in_the_end() -> None:
    """It saves twice what is fair."""
    helped = harmed = 0
    fair = insurance(0.05)
    for run in range(100):
        dice = Random(run)
        effects = [(2.0 * it if it > 0.0 else it) / 60.0 for it in (fair(dice) for _ in range(900))]
        helped += bet(effects) >= SURE
        harmed += bet([-it for it in effects]) >= SURE
    assert helped >= 60
    assert harmed <= 5


def a_month(dice: Random, drawn: Dice, planted: float) -> list[Effect]:
    return [
        Effect(
            Nanos(day * DAY + hour * HOUR),
            Nanos(day * DAY + (hour + 1) * HOUR),
            planted + drawn(dice),
            10.0,
        )
        for day in range(30)
        for hour in (1, 5, 9, 13)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["normal", "often a little won", "mostly nothing"])
@pytest.mark.parametrize("planted", [0.0, 0.4])
def test_the_interval_covers_what_was_planted(shape: str, planted: float) -> None:
    """95 percent; with 600 runs chance takes two points at most."""
    drawn, _ = SHAPES[shape]
    runs, inside = 600, 0
    for run in range(runs):
        effects = a_month(Random(run), drawn, planted)
        evidence = weigh(effects)
        inside += evidence.low <= planted * len(effects) <= evidence.high
    assert 0.925 <= inside / runs <= 0.975


def test_what_was_paid_is_taken_off_and_shifts_the_interval() -> None:
    effects = a_month(Random(3), SHAPES["normal"][0], 0.4)
    costs = [Cost(Nanos(each.began - 1), 0.4) for each in effects]
    free, paid = weigh(effects), weigh(effects, costs)
    for gross, net in ((free.total, paid.total), (free.low, paid.low), (free.high, paid.high)):
        assert net == pytest.approx(gross - 0.4 * len(effects))
    assert free.for_help > paid.for_help
    late = weigh(effects, [Cost(Nanos(400 * DAY), 7.0)])
    assert late.total == pytest.approx(free.total - 7.0)
    assert late.high == pytest.approx(free.high - 7.0)


def test_a_single_windfall_proves_nothing() -> None:
    assert bet([0.0] * 30 + [1e9]) < 20.0
    assert bet([0.01, -0.01] * 20 + [1e9]) < 20.0


def test_what_breaks_the_bound_ends_the_bet() -> None:
    """Nothing is shown by whoever lost more than was thought possible."""
    assert bet([0.2] * 10 + [-2.0] + [0.2] * 1_000) < 20.0


def test_what_overlaps_is_one_round_and_a_chain_has_an_end() -> None:
    def effect(began: int, ended: int) -> Effect:
        return Effect(Nanos(began), Nanos(ended), 1.0, 10.0)

    rounds = together([effect(3, 6), effect(0, 4), effect(5, 9), effect(6, 12), effect(12, 14)])
    # What begins at 5 began too late for the first round, and before that was over.
    assert [[each.began for each in it] for it in rounds] == [[0, 3], [6], [12]]


def test_an_overseer_that_is_never_idle_is_judged_all_the_same() -> None:
    """Each decision overlaps the next: both what it is worth and its error are known."""
    dice = Random(4)
    effects = [
        Effect(Nanos(each * HOUR), Nanos(each * HOUR + 3 * HOUR // 2), dice.gauss(3.0, 3.0), 30.0)
        for each in range(24 * 10)
    ]
    evidence = weigh(effects)
    assert evidence.for_help >= SURE
    assert evidence.low > 0.0
    harmful = weigh([Effect(it.began, it.ended, -it.size, it.bound) for it in effects])
    assert harmful.for_harm == pytest.approx(evidence.for_help)


@pytest.mark.slow
def test_noise_of_an_overseer_that_is_never_idle_is_rarely_taken_for_an_effect() -> None:
    """Decisions that overlap share what the market did meanwhile."""
    either = 0
    for run in range(RUNS):
        dice = Random(run)
        hours = [dice.gauss(0.0, 1.0) for _ in range(200)]
        lengths = [dice.choice((1, 2, 3)) for _ in hours]
        effects = [
            Effect(Nanos(at * HOUR), Nanos((at + length) * HOUR), sum(hours[at : at + length]), 8.0)
            for at, length in enumerate(lengths)
        ]
        evidence = weigh(effects)
        either += max(evidence.for_help, evidence.for_harm) >= SURE
    assert either <= 0.05 * RUNS


def test_what_overlaps_an_unfinished_decision_is_not_bet_on_yet() -> None:
    """Those that go well might be over first."""
    effects = [
        Effect(Nanos(hour * HOUR), Nanos((hour + 1) * HOUR), 9.0, 10.0) for hour in range(20)
    ]
    all_over, one_runs = weigh(effects), weigh(effects, (), Nanos(10 * HOUR))
    assert one_runs.total == all_over.total
    assert one_runs.for_help == pytest.approx(weigh(effects[:10]).for_help)


MODEL = Decider(source="model", models=("a/b",), prompt="1")


def outcomes(sizes: list[float], arm: str = OVERSEER) -> list[Outcome]:
    return [
        Outcome(
            decision=f"d{number}",
            arm=arm,
            applied=arm == OVERSEER,
            began=Nanos(number * 5 * HOUR),
            ended=Nanos((number * 5 + 1) * HOUR),
            equity=10_000.0,
            effect=size,
            drawdown=max(0.0, -size),
            fees=0.0,
            cost_nano=0,
            decider=MODEL,
            mode="auto_tighten",
        )
        for number, size in enumerate(sizes)
    ]


def harm_was_seen(found: list[Outcome], settings: AttributionSettings) -> bool:
    """By whoever looks after every decision."""
    return any(
        Reckoning(Kept(quote="USDC", settings=settings, outcomes=tuple(found[:count])), ()).harm()
        for count in range(1, len(found) + 1)
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "spread"),
    [("normal", 1.0), ("insurance, once in 10", 3.0), ("windfall, once in 20", 4.36)],
)
def test_a_harmless_overseer_is_rarely_demoted(shape: str, spread: float) -> None:
    """All three reasons together, looked at after every decision: odds, the loss of half a percent
    and the deeper fall. A decision is worth three hundredths of a percent, more or less; the loss
    is a limit in money, and what is much larger may reach it without any harm."""
    drawn, settings = SHAPES[shape][0], AttributionSettings(least_decisions=5)
    demoted = 0
    for run in range(RUNS):
        dice = Random(run)
        found = outcomes([3.0 / spread * drawn(dice) for _ in range(40)])
        # Everything that harm looks at is a sum, a maximum or a highest odds: the last look, and
        # those at the lowest sums, see what any look would have seen.
        demoted += harm_was_seen_at_worst(found, settings)
    assert demoted <= 0.05 * RUNS


def harm_was_seen_at_worst(found: list[Outcome], settings: AttributionSettings) -> bool:
    sums, total = [], 0.0
    for each in found:
        total += each.effect
        sums.append(total)
    worst = sums.index(min(sums)) + 1
    looks = {worst, len(found)}
    return any(
        Reckoning(Kept(quote="USDC", settings=settings, outcomes=tuple(found[:count])), ()).harm()
        for count in looks
    )


def test_a_harmful_overseer_is_demoted() -> None:
    settings = AttributionSettings(harm_percent=0.0, harm_drawdown_points=0.0)
    seen = 0
    for run in range(10):
        dice = Random(run)
        seen += harm_was_seen(outcomes([dice.gauss(-40.0, 40.0) for _ in range(60)]), settings)
    assert seen >= 9
    quick = AttributionSettings()
    assert harm_was_seen(outcomes([-6.0] * 10), quick)


@pytest.mark.slow
def test_chance_at_the_same_decisions_is_rarely_beaten_by_chance() -> None:
    """The placebo's interval covers nothing 95 times in 100, and nobody is better than it."""
    covered, beaten, runs = 0, 0, 300
    for run in range(runs):
        dice = Random(run)
        mine, theirs = ([dice.gauss(0.0, 60.0) for _ in range(100)] for _ in range(2))
        kept = Kept(quote="USDC", outcomes=(*outcomes(mine), *outcomes(theirs, PLACEBO)))
        reckoning = Reckoning(kept, ())
        placebo = reckoning.plain(reckoning.of_decider(MODEL, PLACEBO))
        covered += placebo.low <= 0.0 <= placebo.high
        beaten += reckoning.against(PLACEBO).for_help >= SURE
    assert 0.92 <= covered / runs <= 0.98
    assert beaten <= 0.05 * runs
