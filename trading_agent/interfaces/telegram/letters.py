"""What is to be sent to one chat, before it is put into Telegram's words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from trading_agent.interfaces.telegram.answer import Button, Buttons
from trading_agent.runtime.offer import Offer

_IN_A_ROW: Final = 2

KeyboardRows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`edits`: the message it takes the place of, 0 for a new one. `keyboard`: put up with it.
    `written_at`: monotonic nanoseconds."""

    chat: int
    html: str
    buttons: Buttons = ()
    edits: int = 0
    picture: bytes | None = None
    keyboard: KeyboardRows = ()
    silent: bool = False
    written_at: int = 0


@dataclass(frozen=True, slots=True)
class Bell:
    """The answer to a pressed button, shown for a moment; `alert`: until it is closed."""

    query: str
    text: str = ""
    alert: bool = False


def buttons_of(offers: Sequence[Offer]) -> Buttons:
    """Two in a row. Each is pressed as if its command had been typed: by whoever may."""
    made = [Button(each.words, each.command) for each in offers]
    return tuple(tuple(made[at : at + _IN_A_ROW]) for at in range(0, len(made), _IN_A_ROW))


def changed(letter: Letter, **changes: Any) -> Letter:
    return replace(letter, **changes)
