"""A process with a Telegram door and an outbox, to be killed: `python -m` it with the outbox's
directory and the address of the Bot API."""

import sys
from pathlib import Path
from typing import Any

from trading_agent.domain.errors import CommandError
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.interfaces.telegram.answer import Sources
from trading_agent.interfaces.telegram.door import TelegramDoor
from trading_agent.interfaces.telegram.door_parts import DoorParts, Patience
from trading_agent.interfaces.telegram.settings import TelegramSettings
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.picture_ports import PictureWish
from trading_agent.runtime.worker import Heartbeats, Worker


class NothingElse:
    """Draws, and has no desk."""

    def snapshot(self) -> DeskSnapshot:
        raise CommandError("there is no desk here")

    def draw(self, wish: PictureWish) -> bytes:
        return b"\x89PNG\r\n\x1a\n"


def main(directory: Path, base_url: str) -> None:
    clock = SystemClock()
    store = NoticeStore(directory / "notices.sqlite", clock)
    store.open()
    absent: Any = NothingElse()
    door = TelegramDoor(
        DoorParts(
            token="123456789:AAFakeFakeFakeFakeFakeFakeFakeFakeFake",
            settings=TelegramSettings(base_url=base_url, owners=(7,), poll_seconds=5),
            desk=absent,
            sources=Sources(run=absent, store=store, pictures=NothingElse()),
            clock=clock,
            simulated=True,
            say=print,
            patience=Patience(burst=200.0, messages_per_second=200.0),
        )
    )
    heartbeats = Heartbeats(clock)
    workers = [
        Worker(name, body, restart=None, heartbeats=heartbeats) for name, body in door.bodies
    ]
    for worker in workers:
        worker.start()
    workers[0].join(100.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
