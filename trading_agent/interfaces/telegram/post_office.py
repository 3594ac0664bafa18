"""All lines: every chat is written to on its own, so that one that must wait keeps nobody else."""

import asyncio
import logging
from typing import Final

from telegram.error import TelegramError

from trading_agent.interfaces.telegram.chat_line import ChatLine, PostRoom
from trading_agent.interfaces.telegram.letters import Bell, Letter

_log = logging.getLogger(__name__)

_MOST_BELLS: Final = 50


class PostOffice:
    """Lives in the door's loop."""

    def __init__(self, room: PostRoom) -> None:
        self._room = room
        self._lines: dict[int, ChatLine] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._bells = 0

    @property
    def waiting(self) -> int:
        """Answers that are not sent yet."""
        return sum(line.waiting for line in self._lines.values())

    def open_line(self, chat: int, *, alerts: bool) -> ChatLine:
        line = self._lines.get(chat)
        if line is None:
            line = self._lines[chat] = ChatLine(self._room, chat, alerts=alerts)
            self._keep(asyncio.get_running_loop().create_task(line.run()))
        return line

    def put(self, letter: Letter) -> None:
        """To be sent as soon as its chat may be written to."""
        self.open_line(letter.chat, alerts=False).put(letter)

    def ring(self, bell: Bell) -> None:
        """At once, or not at all: nobody waits for it long."""
        if self._bells < _MOST_BELLS:
            self._bells += 1
            self._keep(asyncio.get_running_loop().create_task(self._ring(bell)))

    def hurry(self) -> None:
        for line in self._lines.values():
            line.hurry()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ring(self, bell: Bell) -> None:
        try:
            await self._room.bot.ring(bell)
        except TelegramError as error:
            _log.info("a press was not answered: %s", error.message)
        finally:
            self._bells -= 1

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
