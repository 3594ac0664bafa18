"""The overseer's door: a thread with a loop of its own, and answers for people."""

import asyncio
import logging
import sqlite3
from collections.abc import Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import TYPE_CHECKING, Any, Final, TypeVar

from llm_overseer.errors import CatalogueRefused, ModelUnavailable, RecordsDamaged
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.interfaces.oversight import answers
from trading_agent.interfaces.oversight.counter import Counter
from trading_agent.interfaces.oversight.library import RECORDS_NAME, bounded, open_library
from trading_agent.interfaces.oversight.parts import OversightParts, OversightState
from trading_agent.runtime.oversight_ports import ConsentView
from trading_agent.runtime.worker import Stop

if TYPE_CHECKING:
    from llm_overseer.main import LLMOverseer
    from llm_overseer.records import DecisionRecords
    from trading_agent.interfaces.oversight.service import Oversight

_log = logging.getLogger(__name__)

_BEAT_SECONDS: Final = 0.2
_ANSWER_SECONDS: Final = 10.0
_MODEL_SECONDS: Final = 110.0
Answer = TypeVar("Answer")


class OversightDoor:
    """`run` is the body of a worker with a restart rule; the rest from any thread."""

    def __init__(self, parts: OversightParts) -> None:
        self._parts = parts
        self._loop: asyncio.AbstractEventLoop | None = None
        self._service: Oversight | None = None
        self._records: DecisionRecords | None = None
        self._library: LLMOverseer | None = None

    @property
    def state(self) -> OversightState:
        service = self._service
        return OversightState() if service is None else service.state

    def run(self, stop: Stop) -> None:
        """Raises what breaks it; the desk goes on, and the worker starts it anew."""
        if stop.wait(self._parts.first_pause):
            return
        self._parts.folder.mkdir(parents=True, exist_ok=True)
        try:
            asyncio.run(self._live(stop))
        except (sqlite3.Error, RecordsDamaged) as error:
            raise StorageError(f"the overseer's records: {error}") from error
        finally:
            self._loop = None

    def answer(self, arguments: str, person: str) -> str:
        """`runtime.door_ports.OverseerPort`: what `/overseer` says. Raises CommandError."""
        told = answers.answer(self, arguments, person)
        return told if isinstance(told, str) else self.ask(told, _MODEL_SECONDS)

    def consents(self) -> tuple[ConsentView, ...]:
        """What waits for a person's yes or no."""
        now = self._parts.clock.now()
        return tuple(
            ConsentView(name=each.name, words=each.words, until=each.until)
            for each in self.service.carrying.consents.waiting(now)
        )

    def worth(self) -> str:
        return self.state.worth

    def ask(
        self, errand: "Coroutine[Any, Any, Answer]", seconds: float = _ANSWER_SECONDS
    ) -> Answer:
        """Have the overseer's thread do it, and wait. Raises CommandError when it is away."""
        loop = self._loop
        if loop is None:
            errand.close()
            raise CommandError("the overseer is still starting, or is starting anew")
        future: Future[Answer] = asyncio.run_coroutine_threadsafe(errand, loop)
        try:
            return future.result(seconds)
        except TooLate as error:
            future.cancel()
            raise CommandError("the overseer has not answered in time") from error

    @property
    def parts(self) -> OversightParts:
        return self._parts

    @property
    def service(self) -> "Oversight":
        """Raises CommandError while it is away."""
        service = self._service
        if service is None:
            raise CommandError("the overseer is still starting, or is starting anew")
        return service

    @property
    def library(self) -> "LLMOverseer":
        library = self._library
        if library is None:
            raise CommandError("the overseer is still starting")
        return library

    @property
    def records(self) -> "DecisionRecords":
        """Any thread. Raises CommandError before they are open."""
        if self._records is None:
            raise CommandError("the overseer is still starting")
        return self._records

    async def _live(self, stop: Stop) -> None:
        from llm_overseer.records import DecisionRecords
        from trading_agent.interfaces.oversight.service import Oversight

        parts = self._parts
        records = DecisionRecords(parts.folder / RECORDS_NAME)
        settings = bounded(parts.settings.library, parts.limits)
        library = open_library(settings, parts.provider(), parts.folder, records)
        library.start()
        try:
            service = Oversight(parts, library, records)
        except BaseException:
            await library.close()
            raise
        self._records, self._library, self._service = records, library, service
        self._loop = asyncio.get_running_loop()
        reading = asyncio.create_task(self._read_models(library))
        counter = Counter(parts.folder, self._answered)
        try:
            await self._open(counter)
            await self._attend(service, stop)
        finally:
            await counter.close()
            self._service = self._loop = None
            reading.cancel()
            await service.close()
            await library.close()

    async def _open(self, counter: Counter) -> None:
        try:
            await counter.open()
        except OSError as error:
            self._parts.say(f"overseer: the command line cannot ask it: {error}")

    async def _answered(self, words: str) -> str:
        told = answers.answer(self, words, "the command line")
        return told if isinstance(told, str) else await told

    async def _attend(self, service: "Oversight", stop: Stop) -> None:
        look = self._parts.settings.cadence.look_seconds
        waited = look
        while not stop.is_set():
            if waited >= look:
                waited = 0.0
                service.look()
            pause = min(_BEAT_SECONDS, look)
            await asyncio.sleep(pause)
            waited += pause

    async def _read_models(self, library: "LLMOverseer") -> None:
        """At once, so that a wrong model or price is told at the start."""
        if not self._parts.has_provider:
            return
        try:
            catalogue = await library.read_models(self._parts.clock.now())
            notices = await library.try_models(self._parts.clock.now())
        except (ModelUnavailable, CatalogueRefused) as error:
            self._parts.say(f"overseer: no models can be used: {error}")
            return
        for notice in notices:
            self._parts.say(f"overseer: {notice.text}")
        _log.info("overseer: models that can be used: %s", ", ".join(sorted(catalogue.prices)))
