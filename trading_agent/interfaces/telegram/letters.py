"""What is to be sent to one chat, before it is put into Telegram's words."""

from dataclasses import dataclass, replace
from typing import Any

from trading_agent.interfaces.telegram.answer import Buttons

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


def changed(letter: Letter, **changes: Any) -> Letter:
    return replace(letter, **changes)
