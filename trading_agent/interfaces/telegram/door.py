"""The Telegram door: a thread with a loop of its own, and two for slow questions."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from trading_agent.interfaces.telegram.door_parts import DoorParts, TelegramState
from trading_agent.interfaces.telegram.errands import Errands
from trading_agent.runtime.worker import Stop

if TYPE_CHECKING:
    from trading_agent.interfaces.telegram.house import TelegramHouse

NO_TOKEN: Final = (
    "Telegram is off: ask @BotFather for a bot (/newbot) and put its token into "
    ".env-secure/.env as TELEGRAM_BOT_TOKEN"
)
_BEAT_SECONDS: Final = 0.2


class TelegramDoor:
    """Give each of `bodies` a worker with a restart rule; none has an interrupt."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._errands = Errands()
        self._house: TelegramHouse | None = None

    @property
    def bodies(self) -> tuple[tuple[str, Callable[[Stop], None]], ...]:
        """Names and bodies of the threads."""
        return (
            ("telegram", self.run),
            ("telegram-errands-1", self._errands.run),
            ("telegram-errands-2", self._errands.run),
        )

    @property
    def state(self) -> TelegramState:
        """From any thread."""
        house = self._house
        return TelegramState() if house is None else house.state()

    def run(self, stop: Stop) -> None:
        """Until the stop. The library is loaded here, so that a run without Telegram never
        pays for it."""
        from trading_agent.interfaces.telegram.house import TelegramHouse

        house = self._house = TelegramHouse(self._parts, self._errands)
        asyncio.run(_live(house, stop))


async def _live(house: "TelegramHouse", stop: Stop) -> None:
    living = asyncio.get_running_loop().create_task(house.live())
    while not stop.is_set() and not living.done():
        await asyncio.wait((living,), timeout=_BEAT_SECONDS)
    living.cancel()
    done, _ = await asyncio.wait((living,))
    for each in done:
        if not each.cancelled():
            each.result()
