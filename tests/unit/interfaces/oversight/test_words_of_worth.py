"""Helped, harmed, or not known yet: in words that claim no more than is known."""

from typing import Any

import pytest
from msgspec.structs import replace

from llm_overseer.core.budget import Charge
from trading_agent.domain.units import HOUR, Nanos
from trading_agent.interfaces.oversight.outcomes import Decider, Kept, Outcome
from trading_agent.interfaces.oversight.reckoning import Reckoning
from trading_agent.interfaces.oversight.verdict_of_trials import (
    came_to,
    report_in_words,
    worth_in_words,
)

MODEL = Decider(source="model", models=("a/b", "c/d"), prompt="0123456789")
SIMULATED = Decider(source="model", simulated=True, prompt="0123456789")
RULES = Decider(source="rules")
CENT = 10_000_000


def outcomes(effects: list[float], arm: str = "overseer", **changes: Any) -> list[Outcome]:
    plain: dict[str, Any] = {
        "applied": arm == "overseer",
        "equity": 10_000.0,
        "drawdown": 0.0,
        "fees": 0.0,
        "cost_nano": CENT if arm == "overseer" else 0,
        "decider": MODEL,
        "mode": "auto_tighten",
    }
    return [
        Outcome(
            decision=f"d{number}",
            arm=arm,
            began=Nanos(number * 2 * HOUR),
            ended=Nanos((number * 2 + 1) * HOUR),
            effect=effect,
            **(plain | changes),
        )
        for number, effect in enumerate(effects)
    ]


def reckoning(found: list[Outcome], *charges: Charge, quote: str = "USDC") -> Reckoning:
    return Reckoning(Kept(quote=quote, outcomes=tuple(found)), charges)


def said(found: list[Outcome], *charges: Charge, quote: str = "USDC") -> str:
    return worth_in_words(reckoning(found, *charges, quote=quote))


def better_than_rivals(effects: list[float]) -> list[Outcome]:
    rivals = [it for arm in ("rules", "placebo") for it in outcomes([0.0] * len(effects), arm)]
    return [*outcomes(effects), *rivals]


GOOD = [10.0, 20.0, 15.0, 5.0, 12.0] * 24


def test_nothing_is_claimed_of_nothing() -> None:
    assert said([]) == "not enough evidence yet: no decision has come to an end, spent $0.00"
    early = Charge(1, "a/b", CENT)
    assert said([], early).endswith("spent $0.0100")
    assert said(outcomes([12.0])).startswith("not enough evidence yet: +12.00 ± ? USDC after 1 ")


def test_a_lasting_effect_is_claimed_with_its_error_net_of_its_price() -> None:
    """All that asking cost: also an answer that nothing should change, and one nobody could
    read."""
    charges = [Charge(number * HOUR, "a/b", CENT) for number in range(240)]
    words = said(better_than_rivals(GOOD), *charges)
    assert words.startswith("helped by 1485.60 ± ")
    assert words.endswith("USDC after 120 decisions, spent $2.40")
    bad = [-each for each in GOOD]
    assert said(outcomes(bad), *charges).startswith("did harm of 1490.40 ± ")


def test_what_costs_more_than_it_brings_has_not_helped() -> None:
    charges = [Charge(number * 2 * HOUR, "a/b", 25 * 10**9) for number in range(120)]
    assert said(better_than_rivals(GOOD), *charges).startswith("did harm of 1512.00 ± ")


def test_money_that_is_no_dollar_is_not_taken_off_and_said_so() -> None:
    words = said(outcomes([1.0]), Charge(0, "a/b", CENT), quote="BTC")
    assert "+1.00" in words
    assert words.endswith("spent $0.0100 (not taken off)")


def test_a_few_good_ones_prove_nothing() -> None:
    assert said(outcomes([5.0] * 10)).startswith("not enough evidence yet: +50.00")


@pytest.mark.parametrize(
    ("rivals", "left"),
    [
        ({}, "rules and placebo"),
        ({"rules": [0.0] * 120}, "placebo"),
        ({"rules": GOOD, "placebo": [0.0] * 120}, "rules"),
        ({"rules": [0.0] * 120, "placebo": [0.0] * 10}, "placebo"),
    ],
)
def test_help_is_only_claimed_by_who_beats_its_rivals_too(
    rivals: dict[str, list[float]], left: str
) -> None:
    found = outcomes(GOOD)
    for arm, effects in rivals.items():
        found += outcomes(effects, arm)
    words = said(found)
    assert words.startswith("not enough evidence yet: +1488.00")
    assert words.endswith(f"better than no change, not shown to be better than {left}")


def test_a_rival_that_stood_still_is_beaten_by_what_the_overseer_was_worth() -> None:
    found = [
        *outcomes(GOOD),
        *outcomes([0.0] * 120, "rules", stood_still=True),
        *outcomes([0.0] * 120, "placebo", stood_still=True),
    ]
    assert said(found).startswith("helped by 1488.00")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (outcomes([-60.0]), "it has cost 0.60 percent"),
        (outcomes([-49.95], cost_nano=6 * CENT), "it has cost 0.50 percent"),
        (outcomes([0.0], drawdown=150.0), "deeper by 1.50 percent"),
        (outcomes([-10.0, -20.0, -15.0] * 30, applied=False), "odds that it does harm"),
        (outcomes([0.01, -0.02, 0.015] * 30), ""),
        (outcomes([-60.0], arm="placebo"), ""),
        (outcomes([-60.0], decider=None), ""),
        ([], ""),
    ],
)
def test_harm_is_a_loss_a_deeper_fall_or_long_odds(found: list[Outcome], why: str) -> None:
    told = reckoning(found).harm()
    assert (why in told) if why else told == ""


def moved(found: list[Outcome], hours: int, **changes: Any) -> list[Outcome]:
    return [
        replace(
            it,
            began=Nanos(it.began + hours * HOUR),
            ended=Nanos(it.ended + hours * HOUR),
            **changes,
        )
        for it in found
    ]


@pytest.mark.parametrize("other", [SIMULATED, RULES, None])
def test_what_others_did_counts_for_nobody_else(other: Decider | None) -> None:
    """A good simulated model, good rules, or nobody knows whom, before a real one."""
    real = moved(outcomes([-1.0, 2.0] * 5), 500)
    foreign = outcomes(GOOD, decider=other, mode="shadow")
    found = reckoning([*foreign, *real])
    assert found.evidence == reckoning(real).evidence
    assert found.unknown == (len(foreign) if other is None else 0)
    assert reckoning([*outcomes([-900.0], decider=other), *real]).harm() == ""


def test_the_one_in_charge_decided_last_and_the_others_are_named() -> None:
    month = 500 * HOUR
    real = moved(outcomes([1.0, 2.0], mode="shadow"), 500)
    (stand_in,) = moved(outcomes([1.0], mode="shadow"), 1_000, decider=RULES, decision="d9")
    simulated = outcomes([50.0] * 3, decider=SIMULATED, mode="shadow")
    nobodys = outcomes([70.0], decider=None)
    charges = (
        Charge(0, "simulated/swift", CENT),
        Charge(month, "a/b", 3 * CENT),
        Charge(month, "", CENT),
        Charge(3 * month, "c/d", CENT),
    )
    found = reckoning([*nobodys, *simulated, *real, stand_in], *charges)
    lines = report_in_words(found)
    assert "+2.95 ± ? USDC after 2 decisions, spent $0.0500" in lines[0]
    assert lines[1] == "  decided by a/b, c/d (prompt 01234567)"
    assert any(
        line.startswith("  not in it, decided by SIMULATED models: +50.00") for line in lines
    )
    assert any(line.startswith("  not in it, decided by rules: +1.00") for line in lines)
    assert "  do not say who decided, and count for nobody: 1" in lines
    assert said([*simulated]).endswith("(SIMULATED models)")


def test_another_prompt_is_another_decider() -> None:
    old = outcomes([5.0] * 4)
    (new,) = moved(outcomes([5.0]), 99, decider=replace(MODEL, prompt="x"))
    found = reckoning([*old, new], Charge(1, "a/b", CENT), Charge(99 * HOUR, "a/b", 5 * CENT))
    assert len(found.own) == 1
    assert found.spent == 5 * CENT


def test_arms_are_told_with_their_means_and_numbers() -> None:
    found = [
        *outcomes([1.0, 3.0]),
        *outcomes([4.0], applied=False, held_out=True)[:1],
        *outcomes([3.0], "rules"),
    ]
    lines = report_in_words(reckoning(found))
    assert "  applied: +2.00 ± ? USDC a decision in 2" in lines
    assert "  held out by lot, tried beside: +4.00 ± ? USDC a decision in 1" in lines
    assert "  no change instead: 0.00 USDC a decision in 3" in lines
    assert any(
        line.startswith("  rules instead: +3.00 ± ? USDC a decision in 1;") for line in lines
    )
    assert not any("placebo" in line for line in lines)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            outcomes([2.31], drawdown=-0.4, fees=0.02)[0],
            "was worth +2.31, deepest fall -0.40, fees +0.02, asking cost $0.0100",
        ),
        (
            outcomes([2.31], applied=False, held_out=True, cut="the run ended")[0],
            "was worth +2.31 (only tried beside the desk because a lot was drawn), deepest fall "
            "+0.00, fees +0.00, asking cost $0.0100; cut short: the run ended",
        ),
        (outcomes([1.5], "rules")[0], "rules instead: worth +1.50, deepest fall +0.00, fees +0.00"),
        (outcomes([0.0], "placebo", stood_still=True)[0], "placebo instead: no change"),
    ],
)
def test_of_one_decision_everything_it_changed_is_told(outcome: Outcome, words: str) -> None:
    assert came_to(outcome) == words
