"""One update as the Bot API gives it, reduced to what the desk must know of it.

Whatever has another shape than expected is `Unreadable`: it is counted and never answered.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from trading_agent.domain.units import SECOND, Nanos

_NEVER: Final = Nanos(0)
_LONGEST_TEXT: Final = 4_096
"""Telegram sends no longer ones; what is longer did not come from a person's keyboard."""


class Kind(StrEnum):
    MESSAGE = "message"
    BUTTON = "button"
    OTHER = "other"
    """Edited messages, channel posts, inline questions and all that is not meant for a desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """`user` 0: nobody is named. `sent_at`: of the message, 0 for a button, whose press bears no
    time. `message`: the one the button stands under; `text`: of the message, or what the button
    means."""

    update: int
    kind: Kind
    user: int = 0
    name: str = ""
    chat: int = 0
    private: bool = False
    sent_at: Nanos = _NEVER
    message: int = 0
    text: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """`update` 0: not even its number could be read."""

    update: int


class _User(msgspec.Struct, frozen=True):
    id: int
    is_bot: bool = False
    first_name: str = ""
    username: str = ""


class _Chat(msgspec.Struct, frozen=True):
    id: int
    type: str = ""


class _Message(msgspec.Struct, frozen=True):
    message_id: int
    chat: _Chat
    date: int = 0
    sender: _User | None = msgspec.field(name="from", default=None)
    text: str = ""
    sender_chat: _Chat | None = None
    forward_date: int = 0
    forward_origin: object = None
    via_bot: object = None

    @property
    def own_words(self) -> bool:
        """Written by who sent it: not handed on, nor put in his mouth by another bot."""
        return not self.forward_date and self.forward_origin is None and self.via_bot is None


class _Button(msgspec.Struct, frozen=True):
    id: str
    sender: _User = msgspec.field(name="from")
    message: _Message | None = None
    data: str = ""


class _Update(msgspec.Struct, frozen=True):
    update_id: int
    message: _Message | None = None
    callback_query: _Button | None = None


def read_update(raw: object) -> Incoming | Unreadable:
    """`raw`: decoded JSON."""
    try:
        update = msgspec.convert(raw, _Update)
    except msgspec.ValidationError:
        return Unreadable(_number_of(raw))
    if update.callback_query is not None:
        return _pressed(update.update_id, update.callback_query)
    if update.message is not None:
        return _written(update.update_id, update.message)
    return Incoming(update=update.update_id, kind=Kind.OTHER, user=_anyone(raw))


def _written(number: int, message: _Message) -> Incoming:
    sender = message.sender
    if sender is None or sender.is_bot or message.sender_chat is not None:
        # An anonymous administrator, or a channel, speaks for nobody.
        return Incoming(update=number, kind=Kind.OTHER, chat=message.chat.id)
    if not message.own_words:
        return Incoming(update=number, kind=Kind.OTHER, user=sender.id, chat=message.chat.id)
    return Incoming(
        update=number,
        kind=Kind.MESSAGE,
        user=sender.id,
        name=_called(sender),
        chat=message.chat.id,
        private=message.chat.type == "private",
        sent_at=Nanos(message.date * SECOND),
        message=message.message_id,
        text=message.text[:_LONGEST_TEXT],
    )


def _pressed(number: int, button: _Button) -> Incoming:
    message = button.message
    if message is None or button.sender.is_bot:
        return Incoming(update=number, kind=Kind.OTHER, user=button.sender.id)
    return Incoming(
        update=number,
        kind=Kind.BUTTON,
        user=button.sender.id,
        name=_called(button.sender),
        chat=message.chat.id,
        private=message.chat.type == "private",
        message=message.message_id,
        text=button.data[:_LONGEST_TEXT],
        query=button.id,
    )


def _called(user: _User) -> str:
    name = user.username or user.first_name
    return "".join(sign for sign in name if sign.isprintable())[:32]


def _number_of(raw: object) -> int:
    number = raw.get("update_id") if isinstance(raw, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _anyone(raw: object) -> int:
    """The sender of an update of another kind, 0 when none is named."""
    if not isinstance(raw, dict):
        return 0
    bodies: list[dict[str, Any]] = [each for each in raw.values() if isinstance(each, dict)]
    senders = [body.get("from") for body in bodies]
    ids = [each.get("id") for each in senders if isinstance(each, dict)]
    return next((each for each in ids if isinstance(each, int)), 0)
