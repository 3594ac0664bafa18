"""One wish for one number: refused, cut or granted. Bounds hold whatever was wished.

Clamping alone would turn garbage into the largest value allowed, so what is not a finite number
near the range is no instruction at all.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from typing import Final

from llm_overseer.brief import Direction
from llm_overseer.settings import ParameterSettings
from llm_overseer.verdict import Clamp

_WIDE: Final = Context(prec=60)
_HALF: Final = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Granted:
    value: Decimal
    direction: Direction
    clamps: tuple[Clamp, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """`code` is stable: not_a_number, far_outside, below_deadband."""

    code: str


def judge(
    spec: ParameterSettings,
    baseline: Decimal,
    current: Decimal,
    wished: object,
    *,
    most: Decimal | None = None,
) -> Granted | Denied:
    """`most`: the longest move, when shorter than the parameter's own.

    The value granted is within the overlay's range; it is no further from `current` than the
    longest move unless `current` itself was outside the range.
    """
    number = _number(wished)
    if number is None:
        return Denied("not_a_number")
    low, high = spec.overlay
    reach = (high - low) * _HALF
    if not low - reach <= number <= high + reach:
        return Denied("far_outside")
    clamps: list[Clamp] = []
    bounded = _cut(clamps, "bounds", number, low, high)
    longest = spec.max_step if most is None else min(spec.max_step, most)
    stepped = _cut(clamps, "step", bounded, current - longest, current + longest)
    value = max(low, min(high, _on_grid(spec, stepped, current)))
    if value != stepped:
        clamps.append(Clamp("grid", stepped, value))
    if value == current or abs(value - current) < spec.deadband:
        return Denied("below_deadband")
    return Granted(value, direction_of(spec, baseline, current, value), tuple(clamps))


def direction_of(
    spec: ParameterSettings, baseline: Decimal, current: Decimal, value: Decimal
) -> Direction:
    """By the numbers, whatever the model calls it."""
    sign = spec.risk_sign
    if sign and sign * value <= sign * baseline and sign * value <= sign * current:
        return Direction.TIGHTEN
    if abs(value - baseline) < abs(current - baseline) and _between(value, baseline, current):
        return Direction.RESTORE
    return Direction.LOOSEN


def _number(wished: object) -> Decimal | None:
    if isinstance(wished, bool) or not isinstance(wished, (int, float, Decimal)):
        return None
    number = wished if isinstance(wished, Decimal) else Decimal(repr(wished))
    return number if number.is_finite() else None


def _cut(clamps: list[Clamp], rule: str, number: Decimal, low: Decimal, high: Decimal) -> Decimal:
    cut = max(low, min(high, number))
    if cut != number:
        clamps.append(Clamp(rule, number, cut))
    return cut


def _on_grid(spec: ParameterSettings, number: Decimal, current: Decimal) -> Decimal:
    """The nearest point of the grid on the way back to `current`, so that no move grows."""
    origin = spec.overlay[0]
    steps = (number - origin) / spec.step
    down = steps.quantize(Decimal(1), ROUND_DOWN, _WIDE)
    if down > steps:
        down -= 1
    below = origin + down * spec.step
    if below == number or current <= number:
        return max(below, min(current, number)) if current <= number else below
    return min(below + spec.step, max(current, number))


def _between(value: Decimal, one: Decimal, other: Decimal) -> bool:
    return min(one, other) <= value <= max(one, other)
