"""News out of a file: whole new lines are read once, and only scores come back."""

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from llm_overseer.analysis.mood import AssetMood, EventType, Mood
from llm_overseer.analysis.newsroom import StrangeText
from tests.oversight_desk import Scene, settings
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.oversight.news import NewsDesk
from trading_agent.interfaces.oversight.settings import CadenceSettings


class Quarantine:
    def __init__(self) -> None:
        self.read: list[list[str]] = []

    async def read_news(
        self, items: Sequence[StrangeText], symbols: Sequence[str], now: int
    ) -> Mood:
        self.read.append([item.text for item in items])
        mood = AssetMood("BTCUSDC", Decimal(1), 2, EventType.LISTING)
        return Mood((mood,), len(items), 0)


class Kiosk:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "news.jsonl"
        cadence = CadenceSettings(news_minutes=1, mood_minutes=30)
        desk = Scene(folder, settings(cadence=cadence, news_file=str(self.file)))
        self.library = Quarantine()
        self.news = NewsDesk(desk.parts, self.library)  # type: ignore[arg-type]

    def print(self, *texts: str, end: str = "\n") -> None:
        with self.file.open("a") as file:
            for text in texts:
                file.write(json.dumps({"source": "wire", "text": text}) + end)

    def look(self, minute: int) -> tuple[Any, ...]:
        async def once() -> None:
            self.news.look(["BTCUSDC"], Nanos(minute * MINUTE))
            for _ in range(3):
                await asyncio.sleep(0)

        asyncio.run(once())
        return self.news.mood(Nanos(minute * MINUTE))


def test_what_stood_there_before_is_old_and_what_is_new_is_read_once(tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path)
    kiosk.print("of yesterday")
    assert kiosk.look(1) == ()
    kiosk.print("text one", "text two")
    (section,) = kiosk.look(2)
    assert kiosk.library.read == [["text one", "text two"]]
    assert "text" not in str(section)
    assert section.words[0].value == "listing"
    kiosk.look(3)
    assert len(kiosk.library.read) == 1


def test_a_line_that_is_still_written_waits_and_a_broken_one_is_passed_over(
    tmp_path: Path,
) -> None:
    kiosk = Kiosk(tmp_path)
    kiosk.look(1)
    kiosk.print("half", end="")
    assert kiosk.look(2) == ()
    with kiosk.file.open("a") as file:
        file.write('\nno json\n{"source": "WIRE!", "text": "x"}\n[1]\n')
    kiosk.print("after")
    kiosk.look(3)
    assert kiosk.library.read == [["half", "after"]]


def test_a_file_that_was_begun_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path)
    kiosk.print("of yesterday, and rather long")
    kiosk.look(1)
    kiosk.file.unlink()
    kiosk.print("new")
    kiosk.look(2)
    assert kiosk.library.read == [["new"]]


def test_old_moods_are_none_and_nobody_looks_too_often(tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path)
    kiosk.look(1)
    kiosk.print("one")
    assert kiosk.look(2)
    kiosk.print("two")
    kiosk.news.look(["BTCUSDC"], Nanos(2 * MINUTE + MINUTE // 2))
    assert len(kiosk.library.read) == 1
    assert kiosk.news.mood(Nanos(31 * MINUTE))
    assert kiosk.news.mood(Nanos(32 * MINUTE)) == ()
