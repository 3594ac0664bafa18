from decimal import Decimal

import pytest

from tests.trade_facts import BTCUSDC
from trading_agent.domain.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Ticks
from trading_agent.notifications import figures
from trading_agent.notifications.late import length_of_time
from trading_agent.notifications.markup import as_html, as_plain, bold, fixed, foreign

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0.00"),
        ("1234.5678", "1,234.57"),
        ("123456.78", "123,457"),
        ("-12.345", f"{MINUS}12.34"),
        ("0.0596", "0.0596"),
        ("0.0012345", "0.001234"),
        ("0.00000123456", "0.0000012"),
    ],
)
def test_an_amount_has_as_many_digits_as_matter(value: str, text: str) -> None:
    assert figures.money(Decimal(value)) == text


@pytest.mark.parametrize(("value", "text"), [("1", "+1.00"), ("-1", f"{MINUS}1.00"), ("0", "0.00")])
def test_a_gain_has_its_sign(value: str, text: str) -> None:
    assert figures.gain(Decimal(value)) == text


@pytest.mark.parametrize(("value", "sign"), [("1", "🟢"), ("-1", "🔴"), ("0", "⚪")])
def test_a_gain_has_its_colour(value: str, sign: str) -> None:
    assert figures.mark(Decimal(value)) == sign


@pytest.mark.parametrize(
    ("value", "whole", "text"),
    [
        ("1.23", "800", "+0.15 %"),
        ("-0.0036", "100", f"{MINUS}0.0036 %"),
        ("0", "100", "0.00 %"),
        ("1", "0", ""),
    ],
)
def test_a_share_is_as_fine_as_it_is_small(value: str, whole: str, text: str) -> None:
    assert figures.share(Decimal(value), Decimal(whole)) == text


@pytest.mark.parametrize(
    ("value", "lots", "text"),
    [
        (6_400_000 * 3, 3, "64,000.00"),
        (6_400_001 * 2 - 1, 2, "64,000.005"),
        (64 * 7 + 1, 7, "0.641"),
    ],
)
def test_an_average_between_two_ticks_has_one_digit_more(value: int, lots: int, text: str) -> None:
    assert figures.average(BTCUSDC, value, lots) == text


def test_prices_have_every_decimal_of_the_pair_and_sizes_none_that_idles() -> None:
    assert figures.price(BTCUSDC, Ticks(6_400_010)) == "64,000.10"
    assert figures.size(BTCUSDC, 12_500) == "0.0125"
    assert figures.fee_rate(Decimal("0.0005")) == "0.05 %"
    assert figures.fee_rate(None) == "unknown"


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (250 * MILLISECOND, "250 ms"),
        (45 * SECOND, "45 s"),
        (105 * SECOND, "1 min 45 s"),
        (4 * MINUTE, "4 min"),
        (12 * MINUTE, "12 min"),
        (3 * HOUR + 5 * MINUTE, "3 h 05 min"),
        (2 * DAY + 4 * HOUR, "2 d 4 h"),
        (-5, "0 ms"),
    ],
)
def test_lengths_of_time_are_said_as_people_say_them(nanos: int, text: str) -> None:
    assert length_of_time(nanos) == text


def test_foreign_text_is_one_line_and_cannot_be_markup() -> None:
    evil = "a\n<b>\x00\u202e\u200b&" + "x" * 400
    assert foreign(evil, 20) == "a <b>&xxxxxxxxxxxxx…"
    lines = [(bold("<i>"), " & ", fixed(foreign(evil, 8)))]
    assert as_html(lines) == "<b>&lt;i&gt;</b> &amp; <code>a &lt;b&gt;&amp;x…</code>"
    assert as_plain(lines) == "<i> & a <b>&x…"
