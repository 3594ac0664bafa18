"""What a command is told, and what it answers: values, without Telegram."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from trading_agent.domain.errors import CommandError
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.telegram.confirmations import Deed
from trading_agent.interfaces.telegram.people import Role
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.door_ports import (
    LogPort,
    OverseerPort,
    PairsPort,
    RecordsPort,
    RiskBounds,
    RunPort,
    SessionsPort,
    SettingsPort,
)
from trading_agent.runtime.picture_ports import PicturePort, PictureSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where answers come from beside the snapshot; None: this run does not have it."""

    run: RunPort
    store: NoticeStore
    records: RecordsPort | None = None
    logs: LogPort | None = None
    settings: SettingsPort | None = None
    pairs: PairsPort | None = None
    sessions: SessionsPort | None = None
    limits: RiskBounds | None = None
    overseer: OverseerPort | None = None
    pictures: PicturePort | None = None
    picture_data: PictureSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A command as it was sent: its own name, its arguments, and the moment."""

    command: str
    words: tuple[str, ...]
    now: Nanos
    desk: DeskSnapshot
    role: Role
    person: str
    chat: int
    sources: Sources

    @property
    def destination(self) -> str:
        """Under which the outbox knows this chat."""
        return destination(self.chat)

    def word(self, index: int) -> str:
        """That argument, empty when there is none."""
        return self.words[index] if index < len(self.words) else ""


TELEGRAM: Final = "telegram:"
"""How destinations of this door begin."""


def destination(chat: int) -> str:
    return f"{TELEGRAM}{chat}"


@dataclass(frozen=True, slots=True)
class Button:
    """`data`: a command to be sent as if it had been typed, or the answer to a question."""

    text: str
    data: str


Buttons = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`pages`: Telegram HTML, shown one at a time; `live`: it can be asked anew in place."""

    pages: tuple[str, ...]
    buttons: Buttons = ()
    live: bool = False
    picture: bytes | None = None
    keyboard: bool = False
    """The buttons under the message field are put up with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Something to be done. `what`: in a few words, as in "close BTCUSDC". With a `preview` it
    is done after a yes; without, at once."""

    what: str
    deed: Deed
    preview: str = ""


Reply = Answer | Wish
Answering = Callable[[Ask], Reply]


class Group(StrEnum):
    """Chapters of /help, in their order."""

    DESK = "Desk"
    MARKET = "Market"
    RESULTS = "Results"
    TRADING = "Trading"
    LIMITS = "Risk and rules"
    RUN = "The run"
    TALK = "Messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRow:
    """`slow`: it asks a database or draws, and is answered from a thread of its own; `asks_models`:
    for as long as a model may take. `dated`: it is not carried out when it comes too late."""

    name: str
    aliases: tuple[str, ...] = ()
    group: Group
    role: Role = Role.VIEWER
    usage: str = ""
    does: str
    answer: Answering = field(repr=False)
    slow: bool = False
    asks_models: bool = False
    dated: bool = True


def page(html: str, *, live: bool = False, buttons: Buttons = ()) -> Answer:
    """An answer of one page."""
    return Answer(pages=(html,), live=live, buttons=buttons)


_Port = TypeVar("_Port")


def needed(port: _Port | None, what: str) -> _Port:
    """The port; CommandError when this run does not have it."""
    if port is None:
        raise CommandError(f"{what} is not part of this run")
    return port
