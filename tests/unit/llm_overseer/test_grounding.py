"""Numbers in a model's text exist, or are named."""

from decimal import Decimal

import pytest

from llm_overseer.core.grounding import ungrounded

NUMBERS = frozenset(
    Decimal(it) for it in ("0", "97.30", "61235", "0.400", "40.00", "-1.23", "12", "0.75", "2.5")
)
KNOWN = frozenset(("m.BTCUSDC.vol15_pct", "d.drawdown", "BTCUSDC", "1000SATSUSDC"))


@pytest.mark.parametrize(
    "text",
    [
        "volatility is at 97.3 of a hundredth",
        "volatility at 97%",
        "exposure 0.4, that is 40%",
        "down -1.23 percent",
        "down 1.2 percent",
        "m.BTCUSDC.vol15_pct is high",
        "vol15_pct is high on the 15m chart",
        "1000SATSUSDC is quiet",
        "price 61235.",
        "between 0.4-0.75",
        "rounds to 2 or to 3",
        "no numbers",
    ],
)
def test_what_stands_in_the_snapshot_may_be_said(text: str) -> None:
    assert ungrounded(text.replace("hundredth", "scale"), NUMBERS, KNOWN) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("volatility is at 98", ("98",)),
        ("61,235 dollars", ("61", "235")),
        ("support at 181.30", ("181.30",)),
        ("97.31", ("97.31",)),
        ("1e5", ("1e5",)),
        ("x13", ("13",)),
        ("-12", ("-12",)),
        ("+5", ("+5",)),
        ("+1.23", ()),
        ("-0", ()),
        ("\u221212", ("-12",)),
        ("risk fell by half", ("half",)),
        ("about twenty percent", ("twenty",)),
        ("seventeen trades", ("seventeen",)),
        ("\u0669\u0667", ("foreign_digits",)),
        ("\u00bd of it", ("foreign_digits",)),
        ("\uff19\uff17", ("foreign_digits",)),
        ("9" * 400, ("9" * 400,)),
        ("1e999999999", ("1e999999999",)),
    ],
)
def test_what_does_not_is_found(text: str, found: tuple[str, ...]) -> None:
    assert ungrounded(text, NUMBERS, KNOWN) == found
