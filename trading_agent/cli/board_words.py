"""How the board writes numbers, times and text. Green and red mean side or profit, nothing else."""

from decimal import Decimal
from typing import Final

from trading_agent.cli.board_layout import Line, said
from trading_agent.domain.order import Side
from trading_agent.domain.units import HOUR, MILLISECOND, MINUTE, SECOND

NOTHING: Final = "-"
WARNING: Final = "yellow"
_GOOD: Final = "green"
_BAD: Final = "red"
_HALF_BAR: Final = 3
_MONEY_DIGITS: Final = 9
_FINE_BPS: Final = 0.1


def price(value: Decimal | None, decimals: int | None = None) -> str:
    """With every decimal it has, or with so many."""
    if value is None:
        return NOTHING
    return f"{value:,f}" if decimals is None else f"{value:,.{decimals}f}"


def decimals_of(*values: Decimal | None) -> int:
    """The most decimals any of these is written with; 8 when none is known."""
    exponents = [value.as_tuple().exponent for value in values if value is not None]
    return max((-each for each in exponents if isinstance(each, int)), default=8)


def money_decimals(equity: Decimal) -> int:
    """So many that an amount of this size shows about nine digits."""
    return min(max(_MONEY_DIGITS - len(f"{abs(equity):.0f}"), 2), 8)


def money(value: Decimal, decimals: int) -> str:
    return f"{value:,.{decimals}f}"


def size(value: Decimal) -> str:
    """Without idle zeros."""
    if not value:
        return "0"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def profit(value: Decimal, decimals: int) -> Line:
    """Signed, green above zero, red below."""
    if value == 0:
        return said(money(value, decimals))
    return said(f"{value:+,.{decimals}f}", _GOOD if value > 0 else _BAD)


def side(value: Side) -> Line:
    return said(value.name, _GOOD if value is Side.BUY else _BAD)


def imbalance(value: float) -> Line:
    """A bar that grows from its middle, to the right for buyers and to the left for sellers,
    then the number."""
    halves = round(min(abs(value), 1.0) * 2 * _HALF_BAR)
    full, half = divmod(halves, 2)
    if value >= 0:
        bar = (" " * _HALF_BAR + "█" * full + "▌" * half).ljust(2 * _HALF_BAR)
    else:
        bar = ("▐" * half + "█" * full).rjust(_HALF_BAR) + " " * _HALF_BAR
    return (bar, _GOOD if value > 0 else _BAD), (f" {signed(value)}", "")


def signed(value: float) -> str:
    """Two decimals and a sign; what rounds to zero is not below it."""
    return f"{round(value, 2) + 0.0:+.2f}"


def basis_points(value: float) -> str:
    """Spreads of deep books are far below one."""
    return f"{value:.{2 if value >= _FINE_BPS else 4}f}"


def length(nanos: int) -> str:
    """A length of time in the unit a person would use."""
    if nanos < SECOND:
        return f"{max(nanos, 0) // MILLISECOND} ms"
    if nanos < 100 * SECOND:
        return f"{nanos // SECOND} s"
    if nanos < 100 * MINUTE:
        return f"{nanos // MINUTE} min"
    return f"{nanos // HOUR} h"


def feed_age(nanos: int) -> Line:
    """Since the last book message, in milliseconds up to ten seconds; a warning past one."""
    words = length(nanos) if nanos >= 10 * SECOND else f"{max(nanos, 0) // MILLISECOND} ms"
    return said(words, WARNING if nanos >= SECOND else "")


def countdown(nanos: int) -> str:
    """1:05 as minutes and seconds."""
    if nanos <= 0:
        return "due"
    seconds = -(-nanos // SECOND)
    return f"{seconds // 60}:{seconds % 60:02d}"


def running_time(seconds: float) -> str:
    """0:02:13; hours never wrap."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def microseconds(value: float) -> str:
    """A figure in microseconds with about three digits and a unit."""
    unit = "µs"
    if value >= 1_000:
        value, unit = value / 1_000, "ms"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


def one_line(words: str) -> str:
    """Foreign text on one line, without control characters."""
    return "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for sign in " ".join(words.split())
    )


def spoken(name: str) -> str:
    """IN_FLIGHT as people say it."""
    return name.lower().replace("_", " ")
