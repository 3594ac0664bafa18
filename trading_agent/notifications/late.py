"""The marks a message carries when it is sent: simulated, late, one of many."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND, Nanos
from trading_agent.notifications.notice import Notice

SIMULATED: Final = "🧪 SIMULATED MARKET"
LATE: Final = 60 * SECOND
"""From here on a message says that it is late."""
_GAP: Final = "\n\n"


def length_of_time(nanos: int) -> str:
    """In one unit or two, as people say it: 45 s, 1 min 45 s, 12 min, 3 h 05 min, 2 d 4 h."""
    if nanos < SECOND:
        return f"{max(nanos, 0) // 1_000_000} ms"
    if nanos < 100 * SECOND:
        return f"{nanos // SECOND} s"
    if nanos < 100 * MINUTE:
        seconds = nanos % MINUTE // SECOND if nanos < 10 * MINUTE else 0
        return f"{nanos // MINUTE} min" + (f" {seconds:02d} s" if seconds else "")
    if nanos < DAY:
        return f"{nanos // HOUR} h {nanos % HOUR // MINUTE:02d} min"
    return f"{nanos // DAY} d {nanos % DAY // HOUR} h"


def time_of_day(at: Nanos) -> str:
    """13:05:00, in universal time."""
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%H:%M:%S}"


def said(notices: Sequence[Notice], now: Nanos) -> tuple[str, str]:
    """HTML and plain text of these notices as one message."""
    head = _head(notices, now)
    mark = SIMULATED if any(notice.simulated for notice in notices) else ""
    html = [f"<i>{escape(head)}</i>"] if head else []
    plain = [head] if head else []
    for notice in notices:
        when = f"{time_of_day(notice.at)} " if len(notices) > 1 else ""
        html.append(f"{when}{notice.html}")
        plain.append(f"{when}{notice.plain}")
    gap = _GAP if len(notices) > 1 else "\n"
    tail = f"\n{mark}" if mark else ""
    return gap.join(html) + tail, gap.join(plain) + tail


def lateness(notices: Sequence[Notice], now: Nanos) -> int:
    """Of the oldest, nanoseconds."""
    return max(now - min(notice.at for notice in notices), 0)


def _head(notices: Sequence[Notice], now: Nanos) -> str:
    late = lateness(notices, now)
    if late < LATE:
        return ""
    # Nobody needs the seconds here.
    words = length_of_time(late - late % MINUTE)
    if len(notices) > 1:
        return f"⏳ {len(notices)} messages, up to {words} late (UTC)"
    return f"⏳ {words} late, of {time_of_day(notices[0].at)} UTC"
