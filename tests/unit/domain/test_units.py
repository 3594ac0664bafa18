from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.units import DAY, HOUR, MICROSECOND, MILLISECOND, SECOND, read_decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("0.0", "0"),
        ("10", "10"),
        ("0.000000000000000001", "1e-18"),
        ("999999999999999999.5", "999999999999999999.5"),
    ],
)
def test_a_plain_number_is_read_exactly(text: str, value: str) -> None:
    assert read_decimal(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-1", "+1", "01", "00", ".5", "5.", "1e5", "1E5", "NaN", "inf", "Infinity"),
        *("1,5", "1_000", "0x1", "1 ", " 1", "1\n", "\u0661", "1.1.1", "--1", "1e-400"),
        *("1" * 19, "0." + "1" * 19, "9" * 10_000),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a plain decimal number"):
        read_decimal(text)


def test_a_refusal_does_not_repeat_a_long_text_whole() -> None:
    with pytest.raises(ValueError, match="plain decimal") as refused:
        read_decimal("x" * 10_000)
    assert len(str(refused.value)) < 100


@given(st.decimals("0", "999999999", places=9))
def test_what_is_written_plainly_is_read_back(value: Decimal) -> None:
    assert read_decimal(plain_text(value)) == value


def test_lengths_of_time_are_nanoseconds() -> None:
    assert (MICROSECOND, MILLISECOND, SECOND) == (10**3, 10**6, 10**9)
    assert DAY == 24 * HOUR == 86_400 * SECOND
