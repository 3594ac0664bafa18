"""Numbers and times on pictures."""

from datetime import UTC, datetime
from typing import Final

from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND, Nanos

_THOUSAND: Final = 1_000.0
_EDGE: Final = 0.06
"""Of a length, at either end: what stands there would be cut."""
_STEPS: Final = (
    *(count * SECOND for count in (1, 2, 5, 10, 15, 30)),
    *(count * MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * HOUR for count in (1, 2, 3, 6, 12)),
    *(count * DAY for count in (1, 2, 5, 10, 20, 40)),
)
_MINUS: Final = "−"  # noqa: RUF001 - as wide as a plus


def signed(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0,."):
        return text
    return f"+{text}" if value > 0 else f"{_MINUS}{text}"


def price(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}"


def short(value: float) -> str:
    """12.5k."""
    size = abs(value)
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:.3g}"


def money(value: float) -> str:
    """With cents below a thousand."""
    return f"{value:,.2f}" if abs(value) < 100 * _THOUSAND else f"{value:,.0f}"


def moment(at: Nanos, length: int) -> str:
    """As long as what is shown: time of day within days, else the date."""
    time = datetime.fromtimestamp(at // SECOND, UTC)
    if length <= 600 * SECOND:
        return f"{time:%H:%M:%S}"
    if length <= 2 * DAY:
        return f"{time:%H:%M}"
    return f"{time.day} {time:%b}"


def stretch(first: Nanos, last: Nanos) -> str:
    """20 Nov 12:00 to 14:30 UTC."""
    begin = datetime.fromtimestamp(first // SECOND, UTC)
    end = datetime.fromtimestamp(last // SECOND, UTC)
    if begin.date() == end.date():
        return f"{begin.day} {begin:%b %H:%M} to {end:%H:%M} UTC"
    return f"{begin.day} {begin:%b %H:%M} to {end.day} {end:%b %H:%M} UTC"


def round_moments(first: int, last: int, most: int) -> list[int]:
    """Whole minutes, hours or days between the two, evenly apart, at most so many; nanoseconds."""
    begins, ends = (
        int(at) for at in (first + _EDGE * (last - first), last - _EDGE * (last - first))
    )
    steps = (*_STEPS, _STEPS[-1] * (1 + (last - first) // (_STEPS[-1] * most)))
    ways = (range(-(-begins // step) * step, ends + 1, step) for step in steps)
    return list(next(way for way in ways if len(way) <= most))
