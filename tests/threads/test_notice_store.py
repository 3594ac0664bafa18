"""One file, several threads: who puts in and who takes out at the same time."""

import threading
from pathlib import Path

from tests.threads.waiting import PATIENCE, working
from tests.told_desk import until
from trading_agent.notifications.notice import Lane, Notice, Topic
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.worker import Stop

DESTINATIONS = ("telegram:1", "telegram:2", "webhook")
NOTICES = 120


class Taker:
    """Takes what waits for one destination, as its thread would."""

    def __init__(self, store: NoticeStore, destination: str) -> None:
        self._store = store
        self._destination = destination
        self._news = threading.Event()
        self.taken: list[str] = []
        store.appear(destination)
        store.listen(self._news.set)

    def run(self, stop: Stop) -> None:
        while not stop.is_set():
            self._news.clear()
            while (claimed := self._store.claim(self._destination, join=False)) is not None:
                self.taken.append(claimed.key)
                self._store.delivered(claimed.id)
            self._news.wait(0.2)


def test_everybody_is_told_everything_once_and_in_order(tmp_path: Path) -> None:
    clock = SystemClock()
    store = NoticeStore(tmp_path / "notices.sqlite", clock)
    store.open()
    takers = [Taker(store, name) for name in DESTINATIONS]
    workers = [working(taker.run, name=f"taker-{n}") for n, taker in enumerate(takers)]
    keys = [f"n{number}" for number in range(NOTICES)]
    for first in range(0, NOTICES, 6):
        store.keep(
            [
                Notice(
                    key=key,
                    at=clock.now(),
                    topic=Topic.FILL,
                    lane=Lane.FILLS,
                    html=key,
                    plain=key,
                )
                for key in keys[first : first + 6]
            ],
            cursor=first,
        )
    until(lambda: all(len(taker.taken) == NOTICES for taker in takers))
    for worker in workers:
        assert worker.stop(PATIENCE)
    assert [taker.taken for taker in takers] == [keys] * len(DESTINATIONS)
    assert all(store.waiting(name) == 0 for name in DESTINATIONS)
    store.close()
