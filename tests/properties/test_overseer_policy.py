"""Whatever is wished, what is granted stays within bounds and steps, goes where it is said to go,
and is never garbage: hundreds of thousands of wishes, many of them odd."""

import math
import random
import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_overseer.brief import Direction
from llm_overseer.core.policy import Denied, Granted, judge
from llm_overseer.settings import ParameterSettings

CASES = 300_000
ODD: tuple[Any, ...] = (
    *(math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, -5e-324, 2.2250738585072014e-308),
    *(0.0, -0.0, True, False, None, "0.5", [0.5], 10**400, -(10**400), 1e16, 0.1 + 0.2),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+999"), Decimal("1E-999")),
)


def spec(dice: random.Random) -> ParameterSettings:
    low = Decimal(dice.randrange(-300, 300)) / 100
    high = low + Decimal(dice.randrange(1, 400)) / 100
    return ParameterSettings(
        hard=(low - dice.randrange(3), high + dice.randrange(3)),
        overlay=(low, high),
        step=Decimal(dice.choice(("0.01", "0.05", "0.07", "0.25", "1"))),
        max_step=Decimal(dice.choice(("0.03", "0.1", "0.5", "2"))),
        deadband=Decimal(dice.choice(("0", "0.01", "0.05"))),
        risk_sign=dice.choice((-1, 0, 1)),
    )


def place(dice: random.Random, rule: ParameterSettings, *, inside: bool) -> Decimal:
    low, high = rule.overlay if inside else rule.hard
    return low + (high - low) * Decimal(dice.randrange(1_001)) / 1_000


def wish(dice: random.Random, rule: ParameterSettings) -> Any:
    low, high = (float(it) for it in rule.overlay)
    kind = dice.randrange(8)
    if kind == 0:
        return dice.choice(ODD)
    if kind == 1:
        return struct.unpack("<d", dice.randbytes(8))[0]
    if kind == 2:
        return dice.choice((low, high, low - 1e-9, high + 1e-9))
    return dice.uniform(low - (high - low), high + (high - low))


def check(rule: ParameterSettings, baseline: Decimal, current: Decimal, wished: Any) -> str:
    """The laws; returns what came of it."""
    result = judge(rule, baseline, current, wished)
    if isinstance(result, Denied):
        return result.code
    value, (low, high) = result.value, rule.overlay
    assert low <= value <= high
    assert rule.hard[0] <= value <= rule.hard[1]
    assert value != current
    assert abs(value - current) >= rule.deadband
    if low <= current <= high:
        assert abs(value - current) <= rule.max_step
    assert math.isfinite(float(wished))
    _check_direction(rule, baseline, current, result)
    for clamp in result.clamps:
        assert clamp.wished != clamp.given
    return result.direction.value


def _check_direction(
    rule: ParameterSettings, baseline: Decimal, current: Decimal, result: Granted
) -> None:
    risk, now, usual = (rule.risk_sign * it for it in (result.value, current, baseline))
    if result.direction is Direction.TIGHTEN:
        assert rule.risk_sign != 0
        assert risk <= now
        assert risk <= usual
    elif result.direction is Direction.RESTORE:
        assert abs(result.value - baseline) < abs(current - baseline)
        assert min(current, baseline) <= result.value <= max(current, baseline)
    elif rule.risk_sign:
        assert risk > usual or risk > now


@pytest.mark.slow
def test_hundreds_of_thousands_of_wishes_stay_within_the_law() -> None:
    dice = random.Random(20_261_121)
    seen: dict[str, int] = {}
    rule = spec(dice)
    for number in range(CASES):
        if number % 50 == 0:
            rule = spec(dice)
        baseline = place(dice, rule, inside=True)
        current = place(dice, rule, inside=dice.random() < 0.9)
        outcome = check(rule, baseline, current, wish(dice, rule))
        seen[outcome] = seen.get(outcome, 0) + 1
    assert set(seen) == {
        *("tighten", "restore", "loosen", "not_a_number", "far_outside", "below_deadband")
    }
    assert min(seen.values()) > 1_000


@given(st.integers(0, 2**32), st.floats(width=64) | st.integers() | st.booleans())
def test_no_float_at_all_escapes(seed: int, wished: float) -> None:
    dice = random.Random(seed)
    rule = spec(dice)
    check(rule, place(dice, rule, inside=True), place(dice, rule, inside=True), wished)


RISK = ParameterSettings(
    hard=(Decimal(0), Decimal("1.5")),
    overlay=(Decimal("0.10"), Decimal("1.25")),
    step=Decimal("0.05"),
    max_step=Decimal("0.50"),
    deadband=Decimal("0.05"),
    risk_sign=1,
)


def asked(wished: Any, current: str = "1", **more: Any) -> str:
    result = judge(RISK, Decimal(1), Decimal(current), wished, **more)
    if isinstance(result, Denied):
        return result.code
    cuts = "+".join(clamp.rule for clamp in result.clamps)
    return f"{result.direction} {result.value}{' ' + cuts if cuts else ''}"


@pytest.mark.parametrize(
    ("wished", "current", "answer"),
    [
        (0.75, "1", "tighten 0.75"),
        (0.74, "1", "tighten 0.75 grid"),
        (0.3, "1", "tighten 0.50 step"),
        (1.3, "1", "loosen 1.25 bounds"),
        (1.0, "0.5", "restore 1.00"),
        (0.8, "0.5", "restore 0.80"),
        (1.2, "0.75", "loosen 1.20"),
        (0.9, "1.2", "tighten 0.90"),
        (1.1, "1.25", "restore 1.10"),
        (0.98, "1", "below_deadband"),
        (0.95, "1", "tighten 0.95"),
        (-0.475, "0.5", "tighten 0.10 bounds"),
        (-0.476, "0.5", "far_outside"),
        (1.825, "1", "loosen 1.25 bounds"),
        (1.826, "1", "far_outside"),
        (1.0, "1.25", "tighten 1.00"),
        (-0.5, "1", "far_outside"),
        (50, "1", "far_outside"),
        (math.nan, "1", "not_a_number"),
        (True, "1", "not_a_number"),
        ("0.5", "1", "not_a_number"),
    ],
)
def test_wishes_by_name(wished: Any, current: str, answer: str) -> None:
    assert asked(wished, current) == answer


def test_a_crisis_goes_back_in_small_steps() -> None:
    assert asked(1.0, "0.5", most=Decimal("0.25")) == "restore 0.75 step"


@pytest.mark.parametrize(("sign", "direction"), [(-1, "restore"), (0, "restore"), (1, "tighten")])
def test_back_to_the_baseline_from_above(sign: int, direction: str) -> None:
    rule = RISK.model_copy(update={"risk_sign": sign})
    result = judge(rule, Decimal(1), Decimal("1.25"), 1.0)
    assert isinstance(result, Granted)
    assert result.direction == direction
