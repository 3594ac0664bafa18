"""How the phone reads numbers, times and foreign text: 36 signs a line, HTML everywhere."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from typing import Final

from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Nanos
from trading_agent.notifications.figures import MINUS

WIDTH: Final = 36
"""Signs of a fixed-width line that a phone shows without breaking it."""
NOTHING: Final = "-"
_LONGEST_WORD: Final = 200
_FINE: Final = Decimal("0.01")


def safe(text: str, most: int = _LONGEST_WORD) -> str:
    """Foreign text on one line, without control signs or marks that turn the direction of
    writing, escaped for HTML."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    shown = " ".join(shown.split())
    return escape(shown if len(shown) <= most else f"{shown[: most - 1]}…", quote=False)


def mark(value: Decimal) -> str:
    """A colour for a profit."""
    return "🟢" if value > 0 else "🔴" if value < 0 else "⚪"


def signed(value: Decimal, quote: str = "") -> str:
    """+12.34 USDC. What rounds to nothing has no sign."""
    digits = money_digits(value)
    text = f"{value:+,.{digits}f}"
    if not Decimal(text.replace(",", "")):
        text = f"{0:.{digits}f}"
    return f"{_minus(text)} {_asset(quote)}".rstrip()


def profit(value: Decimal, quote: str = "") -> str:
    """With its colour."""
    return f"{mark(value)} {signed(value, quote)}"


def money(value: Decimal, quote: str = "") -> str:
    return f"{_minus(f'{value:,.{money_digits(value)}f}')} {_asset(quote)}".rstrip()


def _minus(number: str) -> str:
    """With the sign that alerts have."""
    return number.replace("-", MINUS)


def _asset(name: str) -> str:
    """Letters and digits alone: it stands in tables and in markup, which escape differently."""
    return "".join(sign for sign in name if sign.isalnum())[:12]


def money_digits(value: Decimal) -> int:
    """Cents, and more only where cents would say nothing."""
    return 4 if 0 < abs(value) < _FINE * 10 else 2


def price(value: Decimal | None) -> str:
    """As many decimals as it needs and the exchange has, at most six figures behind a long
    whole part."""
    if value is None:
        return NOTHING
    whole = abs(value)
    most = 2 if whole >= 1_000 else 4 if whole >= 1 else 8
    exponent = value.as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else most
    return f"{value:,.{max(0, min(own, most))}f}"


def size(value: Decimal) -> str:
    """Without idle zeros, at most eight decimals."""
    return plain_text(round(value, 8))


def percent(share: Decimal | float, digits: int = 2) -> str:
    """Of a share: 0.0123 is +1.23%."""
    text = f"{float(share) * 100:+.{digits}f}"
    return f"{0:.{digits}f}%" if float(text) == 0 else f"{_minus(text)}%"


def bps(value: float) -> str:
    return f"{_minus(f'{value:.{2 if abs(value) >= 0.1 or value == 0 else 4}f}')} bps"


def length(nanos: int) -> str:
    """A length of time as people say it: 45 s, 12 min, 3 h 05 m, 2 d 4 h."""
    if nanos < SECOND:
        return f"{max(nanos, 0) // MILLISECOND} ms"
    if nanos < 100 * SECOND:
        return f"{nanos // SECOND} s"
    if nanos < 100 * MINUTE:
        return f"{nanos // MINUTE} min"
    if nanos < DAY:
        return f"{nanos // HOUR} h {nanos % HOUR // MINUTE:02d} m"
    return f"{nanos // DAY} d {nanos % DAY // HOUR} h"


def microseconds(value: float) -> str:
    if value >= 1_000:
        return f"{value / 1_000:.1f} ms"
    return f"{value:.0f} µs" if value >= 100 else f"{value:.1f} µs"


def moment(at: Nanos) -> datetime:
    return datetime.fromtimestamp(at / SECOND, UTC)


def clock(at: Nanos) -> str:
    """As 13:05:09."""
    return f"{moment(at):%H:%M:%S}"


def day_and_time(at: Nanos) -> str:
    """As 20 Nov 13:05."""
    return f"{moment(at):%d %b %H:%M}"


def spoken(code: str) -> str:
    """take_profit as people say it."""
    return code.replace("_", " ").lower()


def title(text: str) -> str:
    return f"<b>{safe(text)}</b>"


def field(name: str, value: str) -> str:
    """A line of a list; both are shown as they are."""
    return f"{safe(name)}: <b>{safe(value)}</b>"


def code(text: str) -> str:
    return f"<code>{safe(text)}</code>"


def lines(parts: Iterable[str]) -> str:
    """What is not empty, a line each."""
    return "\n".join(part for part in parts if part)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Fixed width: the first column to the left, the others to the right. Too wide a table gives
    up signs of its first column."""
    shown = [[_plain(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[at]) for row in shown) for at in range(len(head))]
    spare = WIDTH - sum(widths[1:]) - len(widths) + 1
    widths[0] = max(min(widths[0], spare), 4)
    return f"<pre>{escape(chr(10).join(_row(row, widths) for row in shown), quote=False)}</pre>"


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Names to the left, values to the right edge; a value too long goes to a line of its own."""
    shown = [(_plain(name), _plain(value)) for name, value in rows]
    width = min(max((len(name) + len(value) + 2 for name, value in shown), default=0), WIDTH)
    return f"<pre>{escape(chr(10).join(_pair(*row, width) for row in shown), quote=False)}</pre>"


def _pair(name: str, value: str, width: int) -> str:
    if len(name) + len(value) + 1 <= width:
        return f"{name}{value:>{width - len(name)}}"
    return f"{name}\n{value:>{width}}"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0] if len(cells[0]) <= widths[0] else f"{cells[0][: widths[0] - 1]}…"
    rest = (f"{cell:>{width}}" for cell, width in zip(cells[1:], widths[1:], strict=True))
    return " ".join((first.ljust(widths[0]), *rest)).rstrip()


def _plain(text: str) -> str:
    """One line; the table itself escapes."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
