"""What every notice has in common, and the words for the trade's codes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from trading_agent.domain.facts import ExitReason
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.order_facts import EndReason
from trading_agent.domain.units import Nanos
from trading_agent.notifications.markup import Line, as_html, as_plain
from trading_agent.notifications.memory import Memory
from trading_agent.notifications.notice import Lane, Level, Notice, Topic
from trading_agent.runtime.picture_ports import PictureWish

EXIT_WORDS: Final[Mapping[ExitReason, str]] = MappingProxyType(
    {
        ExitReason.TAKE_PROFIT: "target reached",
        ExitReason.STOP: "stop",
        ExitReason.TIME: "time is up",
        ExitReason.SIGNAL: "the signal turned",
        ExitReason.COMMAND: "by command",
        ExitReason.TRAILING: "trailing stop",
        ExitReason.BREAK_EVEN: "break-even stop",
        ExitReason.SESSION_END: "the session ends",
        ExitReason.BREAKER: "breaker",
    }
)
END_WORDS: Final[Mapping[EndReason, str]] = MappingProxyType(
    {
        EndReason.REMAINDER: "the book had no more at its price",
        EndReason.BOOK_NOT_READY: "the book was not ready",
        EndReason.BOOK_STALE: "the book was too old",
        EndReason.WOULD_TAKE: "it would have taken",
        EndReason.BY_REQUEST: "called back",
        EndReason.RESTART: "called back at the restart",
        EndReason.NOT_FILLABLE_WHOLE: "not to be had whole",
        EndReason.ALTERNATIVE_FILLED: "the other leg was filled",
        EndReason.OWN_ORDER: "it would have met our own order",
        EndReason.FEE_ROSE: "the fee rose",
    }
)
LOSS_WORDS: Final[Mapping[LossReason, str]] = MappingProxyType(
    {
        LossReason.NEVER_READY: "not ready yet",
        LossReason.GAP: "a gap",
        LossReason.DISCONNECTED: "disconnected",
        LossReason.CROSSED: "the book crossed itself",
        LossReason.INVALID_FRAME: "unreadable data",
        LossReason.OVERFLOW: "too much at once",
        LossReason.SILENT: "silence",
    }
)


class Telling(Struct, frozen=True, kw_only=True):
    """Everything of a notice but its words. `first`: the fact it tells of, `what`: which of the
    things that fact is told for."""

    first: int
    what: str
    at: int
    topic: Topic
    lane: Lane
    symbol: str = ""
    level: Level = Level.INFO
    picture: PictureWish | None = None


def notice(memory: Memory, telling: Telling, lines: list[Line]) -> Notice:
    journal = "" if memory.journal == 1 else f"{memory.journal}."
    return Notice(
        key=f"{journal}f{telling.first}:{telling.what}",
        at=Nanos(telling.at),
        topic=telling.topic,
        lane=telling.lane,
        html=as_html(lines),
        plain=as_plain(lines),
        symbol=telling.symbol,
        level=telling.level,
        picture=telling.picture,
        simulated=memory.simulated,
    )


def spoken(kind: OrderKind) -> str:
    """Stop limit."""
    return kind.name.lower().replace("_", " ")


def bought_or_sold(side: Side) -> str:
    return "bought" if side is Side.BUY else "sold"


def arrow(side: Side) -> str:
    return "▲" if side is Side.BUY else "▼"


def counted(number: int, what: str, many: str = "") -> str:
    """3 fills."""
    return f"{number:,} {what if number == 1 else many or what + 's'}"
