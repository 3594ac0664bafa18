"""The Bot API through python-telegram-bot: raw updates in, letters out.

The library's own `Updater` ends in silence when the token is refused, and loses a whole batch
for one update it cannot read; so updates are asked for here, as the server gives them. What the
server says of messages it has taken is not read at all: nothing in it could be of use, and what
the library could not read would look like a message that was not sent. Nothing of it logs an
address: the token is part of every one.
"""

from typing import Final

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
)
from telegram.constants import ParseMode
from telegram.request import HTTPXRequest

from trading_agent.interfaces.telegram.answer import Button, Buttons
from trading_agent.interfaces.telegram.letters import Bell, Letter
from trading_agent.interfaces.telegram.splitting import LONGEST_CAPTION, units

_SEND_SECONDS: Final = 8.0
_CONNECT_SECONDS: Final = 5.0
_CONNECTIONS: Final = 16
_MOST_DATA: Final = 64
"""Bytes of a button's data."""
_ALLOWED: Final = ("message", "callback_query")
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


class TelegramBot(Bot):
    """A `Bot` that gives updates as they came."""

    async def raw_updates(self, offset: int, seconds: int) -> list[object]:
        """Those from `offset` on, as decoded JSON; waits up to `seconds` for the first."""
        data = {"offset": offset, "timeout": seconds, "allowed_updates": list(_ALLOWED)}
        found = await self._post("getUpdates", data, read_timeout=seconds + _SEND_SECONDS)
        return list(found) if isinstance(found, list) else []

    async def dress(self, chat: int, menu: tuple[tuple[str, str], ...]) -> None:
        """The menu of one chat."""
        commands = [BotCommand(name, does) for name, does in menu]
        await self.set_my_commands(commands, scope=BotCommandScopeChat(chat))

    async def post(self, letter: Letter, html: str, *, marked_up: bool) -> None:
        """One part of a letter; `marked_up`: `html` is markup, else plain text."""
        words = {"chat_id": letter.chat, "text": html, "link_preview_options": _NO_PREVIEW}
        words |= _said_how(letter, marked_up=marked_up)
        if letter.edits:
            await self._post("editMessageText", {**words, "message_id": letter.edits})
        else:
            await self._post("sendMessage", words)

    async def post_picture(self, letter: Letter, picture: bytes, *, marked_up: bool) -> None:
        """With the words under it, which must fit."""
        words = {"chat_id": letter.chat, "photo": InputFile(picture, filename="picture.png")}
        words |= {"caption": letter.html} if letter.html else {}
        await self._post("sendPhoto", {**words, **_said_how(letter, marked_up=marked_up)})

    async def ring(self, bell: Bell) -> None:
        words = {"callback_query_id": bell.query, "text": bell.text[:200]}
        await self._post("answerCallbackQuery", {**words, "show_alert": bell.alert})


def open_bot(token: str, base_url: str) -> TelegramBot:
    """Connects to nothing yet."""
    return TelegramBot(
        token,
        base_url=base_url,
        base_file_url=base_url.removesuffix("/bot") + "/file/bot",
        request=_requests(_CONNECTIONS),
        get_updates_request=_requests(2),
    )


def number_of(token: str) -> str:
    """The bot's own number, which is no secret."""
    return token.partition(":")[0]


def fits_caption(html: str) -> bool:
    return units(html) <= LONGEST_CAPTION


def _requests(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        read_timeout=_SEND_SECONDS,
        write_timeout=_SEND_SECONDS,
        connect_timeout=_CONNECT_SECONDS,
        pool_timeout=_CONNECT_SECONDS,
    )


def _said_how(letter: Letter, *, marked_up: bool) -> dict[str, object]:
    markup = _inline(letter.buttons)
    if markup is None and not letter.edits:
        markup = _keyboard(letter)
    how: dict[str, object] = {"disable_notification": letter.silent} if letter.silent else {}
    how |= {"parse_mode": ParseMode.HTML} if marked_up else {}
    return how if markup is None else {**how, "reply_markup": markup}


def _inline(buttons: Buttons) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    """A button whose data Telegram would not take is left out."""
    rows = [[each for each in row if len(each.data.encode()) <= _MOST_DATA] for row in buttons]
    shown = [[_button(each) for each in row] for row in rows if row]
    return InlineKeyboardMarkup(shown) if shown else None


def _button(button: Button) -> InlineKeyboardButton:
    return InlineKeyboardButton(button.text[:64], callback_data=button.data)


def _keyboard(letter: Letter) -> ReplyKeyboardMarkup | None:
    if not letter.keyboard:
        return None
    rows = [list(row) for row in letter.keyboard]
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, is_persistent=True)
