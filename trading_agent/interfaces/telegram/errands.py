"""Slow questions (databases, drawing, models) are asked from threads of their own, so that the
talk and the kill never wait for them."""

import asyncio
import queue
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from trading_agent.domain.errors import CommandError
from trading_agent.runtime.worker import Stop

_MOST_WAITING: Final = 16
_LOOK_SECONDS: Final = 0.25

_Result = TypeVar("_Result")


class Errands:
    """`run` is the body of one worker or several; `ask` is awaited in the door's loop."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Callable[[], None]] = queue.Queue(_MOST_WAITING)

    def run(self, stop: Stop) -> None:
        while not stop.is_set():
            try:
                errand = self._waiting.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            errand()

    async def ask(self, question: Callable[[], _Result], seconds: float) -> _Result:
        """Its answer, or what it raises. CommandError: too much waits, or it takes too long."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[_Result] = loop.create_future()

        def errand() -> None:
            if answered.done():
                return
            try:
                found = question()
            except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
                _tell(loop, partial(_refuse, answered, error))
            else:
                _tell(loop, partial(_answer, answered, found))

        try:
            self._waiting.put_nowait(errand)
        except queue.Full as full:
            raise CommandError("too many questions wait; try again in a moment") from full
        try:
            return await asyncio.wait_for(answered, seconds)
        except TimeoutError as late:
            raise CommandError(f"no answer within {seconds:.0f} s; try again shortly") from late


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(what)
    except RuntimeError:
        # The door has closed meanwhile, and nobody waits for the answer.
        return


def _answer(future: "asyncio.Future[_Result]", found: _Result) -> None:
    if not future.done():
        future.set_result(found)


def _refuse(future: "asyncio.Future[_Result]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
