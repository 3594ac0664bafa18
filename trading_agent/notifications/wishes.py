"""Who wants to hear of what, and when not to be disturbed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from trading_agent.domain.errors import CommandError
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.notifications.notice import Level, Mode, Notice, Topic
from trading_agent.notifications.notice_file import NoticeFile
from trading_agent.notifications.zones import zone_of

EVERY_TOPIC: Final = "*"
EVERY_SYMBOL: Final = ""
_MINUTES_OF_DAY: Final = 24 * 60


class Wish(Struct, frozen=True, kw_only=True):
    """`topic` None: every topic; `symbol` empty: every pair. What is below `least` counts as
    switched off."""

    topic: Topic | None
    symbol: str = EVERY_SYMBOL
    mode: Mode = Mode.ON
    least: Level = Level.INFO


class QuietHours(Struct, frozen=True, kw_only=True):
    """Minutes of the day in `zone`, from `begins` until before `ends`; over midnight when it ends
    sooner than it begins. What is not critical comes without a sound then."""

    begins: int
    ends: int
    zone: str = "UTC"

    def cover(self, at: Nanos) -> bool:
        local = datetime.fromtimestamp(at // SECOND, UTC).astimezone(zone_of(self.zone))
        minute = local.hour * 60 + local.minute
        if self.begins <= self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends


class Wishes:
    """Kept in the outbox's file, one set for every destination. `defaults`: how a topic is told to
    whoever has wished for nothing else."""

    def __init__(self, file: NoticeFile, defaults: Mapping[Topic, Mode]) -> None:
        self._file = file
        self._defaults = defaults

    def subscribe(self, destination: str, wish: Wish) -> None:
        """Takes the place of an earlier wish for the same topic and pair."""
        topic = EVERY_TOPIC if wish.topic is None else wish.topic.value
        row = (destination, topic, wish.symbol, wish.mode.value, wish.least.value)
        with self._file.changing() as connection:
            connection.execute("INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?, ?, ?)", row)

    def forget(self, destination: str) -> None:
        """Back to the defaults, quiet hours included."""
        with self._file.changing() as connection:
            connection.execute("DELETE FROM subscriptions WHERE destination = ?", (destination,))
            connection.execute("DELETE FROM quiet_hours WHERE destination = ?", (destination,))

    def of(self, destination: str) -> tuple[Wish, ...]:
        """What was wished for, defaults left out."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT topic, symbol, mode, least FROM subscriptions WHERE destination = ? "
                "ORDER BY topic, symbol",
                (destination,),
            ).fetchall()
        return tuple(
            Wish(
                topic=None if topic == EVERY_TOPIC else Topic(topic),
                symbol=symbol,
                mode=Mode(mode),
                least=Level(least),
            )
            for topic, symbol, mode, least in rows
        )

    def mode_of_topic(self, destination: str, topic: Topic) -> Mode:
        """For a pair nobody has named."""
        wish = _closest(self.of(destination), topic, EVERY_SYMBOL)
        return self._defaults.get(topic, Mode.ON) if wish is None else wish.mode

    def mode(self, wishes: tuple[Wish, ...], notice: Notice) -> Mode:
        """How somebody with these wishes hears of it."""
        wish = _closest(wishes, notice.topic, notice.symbol)
        if wish is None:
            return self._defaults.get(notice.topic, Mode.ON)
        return wish.mode if notice.level.rank >= wish.least.rank else Mode.OFF

    def keep_quiet(self, destination: str, hours: QuietHours | None) -> None:
        """None: no quiet hours. CommandError: there are no such hours, or no such zone."""
        if hours is not None:
            _check(hours)
        with self._file.changing() as connection:
            connection.execute("DELETE FROM quiet_hours WHERE destination = ?", (destination,))
            if hours is not None:
                row = (destination, hours.begins, hours.ends, hours.zone)
                connection.execute("INSERT INTO quiet_hours VALUES (?, ?, ?, ?)", row)

    def quiet_hours(self, destination: str) -> QuietHours | None:
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT begins, ends, zone FROM quiet_hours WHERE destination = ?", (destination,)
            ).fetchone()
        return None if row is None else QuietHours(begins=row[0], ends=row[1], zone=row[2])


def _closest(wishes: tuple[Wish, ...], topic: Topic, symbol: str) -> Wish | None:
    """The wish for this topic and pair, else for the topic, else for the pair, else for all."""
    found = {(wish.topic, wish.symbol): wish for wish in wishes}
    for asked in ((topic, symbol), (topic, EVERY_SYMBOL), (None, symbol), (None, EVERY_SYMBOL)):
        if asked in found:
            return found[asked]
    return None


def _check(hours: QuietHours) -> None:
    for minute in (hours.begins, hours.ends):
        if not 0 <= minute < _MINUTES_OF_DAY:
            raise CommandError("quiet hours run from 00:00 to 23:59, as in 22:00-07:00")
    if hours.begins == hours.ends:
        raise CommandError("quiet hours must begin and end at different times, as in 22:00-07:00")
    try:
        zone_of(hours.zone)
    except ValueError as error:
        raise CommandError(str(error)) from error
