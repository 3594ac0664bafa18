"""Keeps asking Telegram for news, for ever: whatever stands in the way is said once, in words,
and waited out. Nothing of it disturbs the desk."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from trading_agent.domain.units import DAY, SECOND
from trading_agent.interfaces.telegram.bot import TelegramBot
from trading_agent.interfaces.telegram.door_parts import Patience
from trading_agent.interfaces.telegram.incoming import Incoming, Unreadable, read_update
from trading_agent.interfaces.telegram.pace import Pace
from trading_agent.interfaces.telegram.sending import retry_seconds
from trading_agent.interfaces.telegram.words import length
from trading_agent.runtime.clock import Clock

_log = logging.getLogger(__name__)

_FACTOR: Final = 1.7
_JITTER: Final = 0.25
_COUNTED_ANEW: Final = 5 * DAY
"""After a week without news Telegram counts updates from any number on."""


class Link(StrEnum):
    """How the door stands to Telegram."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    AWAY = "away"
    REFUSED = "refused"
    CONTESTED = "contested"


_WORDS: Final = {
    Link.REFUSED: (
        "Telegram refuses the token of this bot: let @BotFather make a new one (/token) and put "
        "it into .env-secure/.env as TELEGRAM_BOT_TOKEN; trading goes on without Telegram"
    ),
    Link.CONTESTED: (
        "another program uses this bot's token, so commands may reach it instead of this desk: "
        "stop the other one, or make a bot of its own with @BotFather; trading and alerts go on"
    ),
    Link.AWAY: "Telegram cannot be reached; trading goes on, and messages wait until it can",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """`receive` gets what came, in its order; `dress` is called when Telegram has been reached
    anew; `say` tells the console, the board and the log."""

    receive: Callable[[Sequence[Incoming | Unreadable]], Awaitable[None]]
    dress: Callable[[], Awaitable[None]]
    say: Callable[[str], None]


class Connection:
    """Lives in the door's loop; `link` may be read by any thread."""

    def __init__(
        self,
        bot: TelegramBot,
        clock: Clock,
        listeners: Listeners,
        patience: Patience,
        poll_seconds: int,
    ) -> None:
        self._bot = bot
        self._clock = clock
        self._listeners = listeners
        self._patience = patience
        self._poll_seconds = poll_seconds
        self.link = Link.CONNECTING
        self.username = ""
        self._since = 0
        self._failures = 0
        self._offset = 0
        self._heard_at = 0
        self._reached = False
        self._contested_at: int | None = None
        # A flood comes in a few large batches then, and not in a request for every update.
        self._pace = Pace(burst=5.0, per_second=10.0)

    async def run(self) -> None:
        """Until it is cancelled."""
        self._since = self._heard_at = self._clock.monotonic()
        while True:
            try:
                await self._once()
            except TelegramError as error:
                await asyncio.sleep(self._heed(error))
            except Exception:  # noqa: BLE001 - the talk must go on whatever one batch does to it
                _log.exception("news from Telegram could not be worked through")
                await asyncio.sleep(self._patience.first)

    async def _once(self) -> None:
        if not self._reached:
            await self._bot.initialize()
            self.username = self._bot.username
            # While a webhook is set the server gives no news to whoever asks.
            await self._bot.delete_webhook()
            await self._listeners.dress()
            self._reached = True
        if self._clock.monotonic() - self._heard_at > _COUNTED_ANEW:
            self._offset = 0
        # Where there was trouble a short question tells soonest that it is over.
        await self._pace.wait()
        seconds = self._poll_seconds if self.link is Link.CONNECTED else 1
        raw = await self._bot.raw_updates(self._offset, seconds)
        self._well()
        if raw:
            news = [read_update(each) for each in raw]
            # Confirmed by the next question even if it cannot be worked through: what was not
            # carried out by then must not come again and again.
            self._heard_at = self._clock.monotonic()
            self._offset = max([each.update + 1 for each in news], default=0) or self._offset
            await self._listeners.receive(news)

    def _well(self) -> None:
        self._failures = 0
        if self.link is Link.CONNECTED or self._is_contested():
            return
        away = self._clock.monotonic() - self._since
        again = self.link is not Link.CONNECTING
        self._turn(Link.CONNECTED)
        after = f" again after {length(away)}" if again else ""
        self._listeners.say(f"Telegram is reached{after}: the desk answers as @{self.username}")

    def _is_contested(self) -> bool:
        """Two that poll by turns are heard by turns: an answer does not mean that the other one
        is gone."""
        if self.link is not Link.CONTESTED or self._contested_at is None:
            return False
        quiet = self._clock.monotonic() - self._contested_at
        return quiet < self._patience.settled * SECOND

    def _heed(self, error: TelegramError) -> float:
        """Seconds to wait."""
        link, patience = _link_of(error), self._patience
        if link is Link.CONTESTED:
            webhook = "webhook" in error.message.lower()
            # A webhook is gone for good once it is deleted.
            self._reached = self._reached and not webhook
            self._contested_at = None if webhook else self._clock.monotonic()
        if link is not self.link:
            self._turn(link)
            self._listeners.say(_WORDS[link])
        self._failures += 1
        pause = min(patience.first * _FACTOR ** min(self._failures - 1, 30), patience.longest)
        if link is Link.REFUSED:
            pause = patience.refused
        elif link is Link.CONTESTED:
            pause = patience.contested
        elif isinstance(error, RetryAfter):
            pause = retry_seconds(error)
        return pause * random.uniform(1.0 - _JITTER, 1.0 + _JITTER)

    def _turn(self, link: Link) -> None:
        self.link = link
        self._since = self._clock.monotonic()


def _link_of(error: TelegramError) -> Link:
    if isinstance(error, InvalidToken):
        return Link.REFUSED
    return Link.CONTESTED if isinstance(error, Conflict) else Link.AWAY
