"""Integers as the decimal strings of the wire."""

from decimal import Decimal


def decimal_text(value: int, decimals: int) -> str:
    """All decimals, zeros included: 1230 with two is "12.30"."""
    if decimals == 0:
        return str(value)
    digits = str(value).zfill(decimals + 1)
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def short_text(value: int, decimals: int) -> str:
    """Without trailing zeros: 1230 with two is "12.3"."""
    text = decimal_text(value, decimals)
    return text.rstrip("0").rstrip(".") if decimals else text


def plain_text(value: Decimal) -> str:
    """Never an exponent, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
