"""One letter to Telegram, and what became of it: arrived, to be tried later, or never."""

import random
from dataclasses import dataclass
from typing import Final

from msgspec import Struct
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from trading_agent.interfaces.telegram.bot import TelegramBot, fits_caption
from trading_agent.interfaces.telegram.letters import Letter, changed
from trading_agent.interfaces.telegram.pace import Pace
from trading_agent.interfaces.telegram.splitting import split_html, without_markup

_REFUSED_SECONDS: Final = 60.0
_FIRST_BACK_OFF: Final = 1.0
_LONGEST_BACK_OFF: Final = 10.0
_GRACE_SECONDS: Final = 0.5
"""Added to what the server asks for."""
_NOT_MODIFIED: Final = "not modified"
_CANNOT_EDIT: Final = (
    "to edit not found",
    "can't be edited",
    "message_id_invalid",
    "no text in the message",
)
_CANNOT_PARSE: Final = "can't parse entities"


class Sent(Struct, frozen=True):
    """It has arrived."""


class Later(Struct, frozen=True):
    """`asked`: the server named the time."""

    seconds: float
    asked: bool = False


class Never(Struct, frozen=True):
    why: str


Outcome = Sent | Later | Never


@dataclass(slots=True)
class Progress:
    """How much of a letter has arrived: parts, and its picture."""

    parts: int = 0
    picture: bool = False


class Sender:
    """Writes to one chat, no faster than it may; `everybody`: the pace of the whole bot."""

    def __init__(self, bot: TelegramBot, pace: Pace, everybody: Pace) -> None:
        self._bot = bot
        self._pace = pace
        self._everybody = everybody
        self._failures = 0

    async def send(self, letter: Letter, progress: Progress) -> Outcome:
        """Goes on where `progress` says it had come to."""
        try:
            await self._send(letter, progress)
        except TelegramError as error:
            return self._judged(error)
        self._failures = 0
        return Sent()

    async def _send(self, letter: Letter, progress: Progress) -> None:
        if letter.picture is not None and not progress.picture:
            whole = fits_caption(letter.html)
            await self._send_picture(letter if whole else changed(letter, html="", buttons=()))
            progress.picture = True
            if whole:
                return
        parts = split_html(letter.html)
        for index in range(progress.parts, len(parts)):
            last = index == len(parts) - 1
            piece = letter if last else changed(letter, buttons=(), keyboard=())
            piece = piece if index == 0 else changed(piece, edits=0)
            await self._send_part(piece, parts[index])
            progress.parts = index + 1

    async def _send_part(self, letter: Letter, html: str) -> None:
        await self._take_turn()
        try:
            await self._bot.post(letter, html, marked_up=True)
        except BadRequest as error:
            said = error.message.lower()
            if letter.edits and _NOT_MODIFIED in said:
                return
            if letter.edits and any(each in said for each in _CANNOT_EDIT):
                await self._send_part(changed(letter, edits=0), html)
            elif _CANNOT_PARSE in said:
                await self._take_turn()
                await self._bot.post(letter, without_markup(html), marked_up=False)
            else:
                raise

    async def _send_picture(self, letter: Letter) -> None:
        assert letter.picture is not None
        await self._take_turn()
        try:
            await self._bot.post_picture(letter, letter.picture, marked_up=True)
        except BadRequest as error:
            if _CANNOT_PARSE not in error.message.lower():
                raise
            plain = changed(letter, html=without_markup(letter.html))
            await self._take_turn()
            await self._bot.post_picture(plain, letter.picture, marked_up=False)

    async def _take_turn(self) -> None:
        await self._pace.wait()
        await self._everybody.wait()

    def _judged(self, error: TelegramError) -> Outcome:
        match error:
            case RetryAfter():
                return Later(retry_seconds(error) + _GRACE_SECONDS, asked=True)
            case BadRequest() | Forbidden() | ChatMigrated():
                return Never(error.message)
            case InvalidToken():
                return Later(_REFUSED_SECONDS)
            case _:
                return Later(self._back_off())

    def _back_off(self) -> float:
        self._failures += 1
        pause = min(_FIRST_BACK_OFF * 2.0 ** min(self._failures - 1, 10), _LONGEST_BACK_OFF)
        return pause * random.uniform(0.75, 1.25)


def retry_seconds(error: RetryAfter) -> float:
    """However the library gives it."""
    return error._retry_after.total_seconds()
