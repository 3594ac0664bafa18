"""The Bot API through python-telegram-bot: raw updates in, letters out.

The library's own `Updater` ends in silence when the token is refused, and loses a whole batch
for one update it cannot read; so updates are asked for here, as the server gives them. Nothing
of it logs an address: the token is part of every one.
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
        mode = ParseMode.HTML if marked_up else None
        inline = _inline(letter.buttons)
        if letter.edits:
            await self.edit_message_text(
                html,
                chat_id=letter.chat,
                message_id=letter.edits,
                parse_mode=mode,
                reply_markup=inline,
                link_preview_options=_NO_PREVIEW,
            )
            return
        await self.send_message(
            letter.chat,
            html,
            parse_mode=mode,
            reply_markup=inline or _keyboard(letter),
            disable_notification=letter.silent,
            link_preview_options=_NO_PREVIEW,
        )

    async def post_picture(self, letter: Letter, picture: bytes, *, marked_up: bool) -> None:
        """With the words under it, which must fit."""
        await self.send_photo(
            letter.chat,
            InputFile(picture, filename="picture.png"),
            caption=letter.html or None,
            parse_mode=ParseMode.HTML if marked_up else None,
            reply_markup=_inline(letter.buttons),
            disable_notification=letter.silent,
        )

    async def ring(self, bell: Bell) -> None:
        await self.answer_callback_query(bell.query, text=bell.text[:200], show_alert=bell.alert)


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


def _inline(buttons: Buttons) -> InlineKeyboardMarkup | None:
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
