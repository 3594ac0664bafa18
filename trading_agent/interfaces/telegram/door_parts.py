"""What the Telegram door is given, and what it shows of itself."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from trading_agent.interfaces.telegram.answer import Sources
from trading_agent.interfaces.telegram.settings import TelegramSettings
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.door_ports import DeskPort


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds between tries: `first` grows to `longest` while Telegram is away; `refused` and
    `contested` while the token is, or while another program polls, which counts as over
    when nothing was heard of it for `settled`. A person is sent `burst`
    messages at once and then so many a second, a group a third of it."""

    first: float = 1.0
    longest: float = 30.0
    refused: float = 300.0
    contested: float = 20.0
    settled: float = 60.0
    burst: float = 10.0
    messages_per_second: float = 1.0


class TelegramState(Struct, frozen=True, kw_only=True):
    """`link` as in `connection.Link`, `off` before the first start. `waiting`: answers not sent
    yet; `strangers`: updates from people who may not."""

    link: str = "off"
    username: str = ""
    waiting: int = 0
    strangers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorParts:
    """What the door is given. `say` tells the console, the board and the log, from any thread.
    `sources.store` is open already, and stays open until the workers have ended."""

    token: str
    settings: TelegramSettings
    desk: DeskPort
    sources: Sources
    clock: Clock
    simulated: bool
    say: Callable[[str], None]
    patience: Patience = Patience()
