"""News that any program may write into a file: read by a model in quarantine, of which scores and
kinds of events come back, and nothing else. No word of it reaches a model that decides."""

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llm_overseer.brief import Section
from llm_overseer.errors import OverseerError
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.oversight.parts import OversightParts

if TYPE_CHECKING:
    from llm_overseer.analysis.newsroom import StrangeText
    from llm_overseer.main import LLMOverseer

_log = logging.getLogger(__name__)

_MOST_BYTES: Final = 64 * 1024
"""Read at once; the newest."""
_MOST_TEXTS: Final = 16


class NewsDesk:
    """One event loop. The file holds a JSON object a line, `source` and `text`; what stood in it
    before the start is old."""

    def __init__(self, parts: OversightParts, library: "LLMOverseer") -> None:
        self._parts = parts
        self._library = library
        named = parts.settings.news_file
        self._path = None if named is None else Path(named)
        self._read: int | None = None
        self._looked_at = Nanos(0)
        self._mood: tuple[Section, ...] = ()
        self._mood_at = Nanos(0)
        self._task: asyncio.Task[None] | None = None

    def look(self, symbols: Sequence[str], at: Nanos) -> None:
        """Starts to read when there is something new and it is time."""
        pause = self._parts.settings.cadence.news_minutes * MINUTE
        if self._path is None or not pause or (self._looked_at and at - self._looked_at < pause):
            return
        if self._task is not None and not self._task.done():
            return
        self._looked_at = at
        texts = self._new_texts(self._path)
        if texts:
            self._task = asyncio.create_task(self._label(texts, symbols, at))

    def mood(self, at: Nanos) -> tuple[Section, ...]:
        """Scores for a brief; nothing when they are old."""
        keep = self._parts.settings.cadence.mood_minutes * MINUTE
        return self._mood if at - self._mood_at < keep else ()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _label(
        self, texts: "Sequence[StrangeText]", symbols: Sequence[str], at: Nanos
    ) -> None:
        try:
            mood = await self._library.read_news(texts, symbols, at)
        except OverseerError as error:
            _log.info("news were not read: %s", error)
            return
        self._mood, self._mood_at = mood.sections(), at
        _log.info("news: %d texts read, %d thrown away", mood.read, mood.discarded)

    def _new_texts(self, path: Path) -> "list[StrangeText]":
        from llm_overseer.analysis.newsroom import StrangeText
        from llm_overseer.errors import UnusableBrief

        found = []
        for line in self._new_lines(path):
            try:
                entry = json.loads(line)
                found.append(StrangeText(source=str(entry["source"]), text=str(entry["text"])))
            except (ValueError, KeyError, TypeError, RecursionError, UnusableBrief) as error:
                _log.info("a line of the news was passed over: %s", type(error).__name__)
        return found[-_MOST_TEXTS:]

    def _new_lines(self, path: Path) -> list[str]:
        """Whole lines that were not read yet; a file that has shrunk is a new one."""
        try:
            size = path.stat().st_size
            before, self._read = self._read, size
            if before is None or before == size:
                return []
            start = 0 if before > size else before
            with path.open("rb") as file:
                file.seek(max(start, size - _MOST_BYTES))
                content = file.read(_MOST_BYTES)
        except FileNotFoundError:
            self._read = 0
            return []
        except OSError as error:
            self._parts.say(f"overseer: {path} cannot be read: {error.strerror}")
            return []
        end = content.rfind(b"\n") + 1
        self._read = size - (len(content) - end)
        return content[:end].decode("utf-8", "replace").splitlines()
