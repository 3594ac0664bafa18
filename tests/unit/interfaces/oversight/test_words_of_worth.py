"""Helped, harmed, or not known yet: in words that claim no more than is known."""

import pytest

from trading_agent.domain.units import HOUR, Nanos
from trading_agent.interfaces.oversight.outcomes import Outcome
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.interfaces.oversight.verdict_of_trials import (
    arms_in_words,
    harm_of,
    worth_in_words,
)

SETTINGS = AttributionSettings()


def outcomes(effects: list[float], arm: str = "overseer", **changes: float) -> list[Outcome]:
    plain = {"equity": 10_000.0, "drawdown": 0.0, "fees": 0.0, "cost_nano": 10_000_000}
    return [
        Outcome(
            decision=f"d{number}",
            arm=arm,
            applied=True,
            began=Nanos(number * 2 * HOUR),
            ended=Nanos((number * 2 + 1) * HOUR),
            effect=effect,
            **(plain | changes),  # type: ignore[arg-type]
        )
        for number, effect in enumerate(effects)
    ]


def said(found: list[Outcome]) -> str:
    return worth_in_words(found, "overseer", "USDC", SETTINGS)


def test_nothing_is_claimed_of_nothing() -> None:
    assert said([]) == "not enough evidence yet: no decision has come to an end"
    assert said(outcomes([12.0])).startswith("not enough evidence yet: +12.00 ± ? USDC after 1 ")


def test_a_lasting_effect_is_claimed_with_its_error_and_its_price() -> None:
    words = said(outcomes([1.0, 2.0, 1.5, 0.5, 1.2] * 24))
    assert words.startswith("helped by 148.80 ± ")
    assert words.endswith("USDC after 120 decisions, spent $1.20")
    assert said(outcomes([-1.0, -2.0, -1.5, -0.5, -1.2] * 24)).startswith("did harm of 148.80 ± ")


def test_a_few_good_ones_prove_nothing() -> None:
    assert said(outcomes([5.0] * 10)).startswith("not enough evidence yet: +50.00")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (outcomes([-60.0]), "it has cost 0.60 percent"),
        (outcomes([0.0], drawdown=150.0), "deeper by 1.50 percent"),
        (outcomes([-0.01, -0.02, -0.015] * 30), "odds that it does harm"),
        (outcomes([0.01, -0.02, 0.015] * 30), ""),
        (outcomes([-60.0], arm="placebo"), ""),
        ([], ""),
    ],
)
def test_harm_is_a_loss_a_deeper_fall_or_long_odds(found: list[Outcome], why: str) -> None:
    told = harm_of(found, SETTINGS)
    assert (why in told) if why else told == ""


def test_rivals_are_told_beside() -> None:
    lines = arms_in_words([*outcomes([1.0, 2.0]), *outcomes([3.0], "rules")], "USDC", SETTINGS)
    assert any(line.startswith("  rules instead: +3.00") for line in lines)
    assert not any("placebo" in line for line in lines)
