"""One message to people: what happened, how much it matters and how soon it should be told."""

from enum import IntEnum, StrEnum

from msgspec import Struct

from trading_agent.domain.units import Nanos
from trading_agent.runtime.offer import Offer
from trading_agent.runtime.picture_ports import PictureWish


class Lane(IntEnum):
    """What waits is told in this order, and within a lane in the order in which it happened."""

    RISK = 0
    FILLS = 1
    SIGNALS = 2
    REPORTS = 3


class Topic(StrEnum):
    """What people subscribe to."""

    ENTRY = "entry"
    FILL = "fill"
    EXIT = "exit"
    STOP_MOVED = "stop_moved"
    BREAKER = "breaker"
    FEED = "feed"
    SESSION = "session"
    SIGNAL = "signal"
    PATTERN = "pattern"
    ANOMALY = "anomaly"
    OVERSEER = "overseer"
    REPORT = "report"
    RUN = "run"
    FEES = "fees"
    TROUBLE = "trouble"


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class Mode(StrEnum):
    """How somebody wants to hear of a topic."""

    ON = "on"
    SILENT = "silent"
    """Without a sound."""
    OFF = "off"


class Notice(Struct, frozen=True, kw_only=True):
    """`key` says what it tells of and is never used twice. `html` is Telegram's HTML, everything
    foreign escaped; `plain` the same without markup. Whether the market is simulated and how
    late a message comes is added where it is claimed. `offers`: buttons, where there can be any."""

    key: str
    at: Nanos
    topic: Topic
    lane: Lane
    html: str
    plain: str
    symbol: str = ""
    level: Level = Level.INFO
    picture: PictureWish | None = None
    simulated: bool = False
    offers: tuple[Offer, ...] = ()


class Claimed(Struct, frozen=True, kw_only=True):
    """Something for one destination to send now: a notice, or `count` short ones joined.

    `html` and `plain` hold everything to be said, marks included. `id` answers for it at the
    store; `key`, `at` and `topic` are those of the first. `silent`: without a sound. `attempts`:
    how often it was postponed. `late`: nanoseconds since it happened.
    """

    id: int
    destination: str
    key: str
    at: Nanos
    topic: Topic
    lane: Lane
    symbol: str
    level: Level
    html: str
    plain: str
    silent: bool
    attempts: int
    count: int
    late: int
    picture: PictureWish | None = None
    simulated: bool = False
    offers: tuple[Offer, ...] = ()
