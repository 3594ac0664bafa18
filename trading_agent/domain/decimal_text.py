"""Decimals as people and JSON read them."""

from decimal import Decimal


def plain_text(value: Decimal) -> str:
    """Every digit, no exponent, no idle zeros; zero has no sign."""
    if value == 0:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
