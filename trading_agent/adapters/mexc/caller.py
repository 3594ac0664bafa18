"""One call to the exchange: budget, attempts, deadline, and the answer judged."""

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from trading_agent.adapters.mexc.json_reader import read_json
from trading_agent.adapters.mexc.rate_budget import WEIGHTS, RateBudget
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.transport import HttpAnswer, HttpTransport, retry_seconds
from trading_agent.adapters.mexc.wire import RestPath, error_from_answer, succeeded
from trading_agent.domain.errors import Throttled, Unavailable, VenueError
from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import Clock

_FIREWALL: Final = 403
_LONGEST_MESSAGE: Final = 200
_RETRY_FIRST_SECONDS: Final = 0.2
_RETRY_MOST_SECONDS: Final = 2.0

Pause = Callable[[float], object]
"""Waits so many seconds."""


class Caller:
    """Reads only: every call may be repeated. Any thread may call.

    `pause` waits between attempts; by default it ends early when the caller is closed.
    """

    def __init__(self, settings: MexcSettings, clock: Clock, pause: Pause | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._closed = threading.Event()
        self._pause = pause or self._closed.wait
        self._transport = HttpTransport(settings)
        self.budget = RateBudget(settings, clock)

    def ask(self, path: RestPath, query: Mapping[str, str]) -> Any:
        """The document the exchange answers with.

        Raises Throttled when the budget or a stop leaves no room within the deadline, Denied
        when the exchange says no, Unavailable when attempts ran out.
        """
        ends_at = self._clock.monotonic() + round(self._settings.call_deadline_seconds * SECOND)

        def worth_repeating(error: BaseException) -> bool:
            if self._closed.is_set():
                return False
            if isinstance(error, Throttled):
                return self.budget.stopped_for() < self._left(ends_at)
            return isinstance(error, Unavailable)

        def out_of_attempts(state: RetryCallState) -> bool:
            spent = state.attempt_number >= self._settings.attempts
            return spent or state.upcoming_sleep >= self._left(ends_at)

        attempts = Retrying(
            sleep=self._sleep,
            stop=out_of_attempts,
            wait=wait_random_exponential(_RETRY_FIRST_SECONDS, _RETRY_MOST_SECONDS),
            retry=retry_if_exception(worth_repeating),
            reraise=True,
        )
        return attempts(self._attempt, path, dict(query), ends_at)

    def ask_once(self, path: RestPath, query: Mapping[str, str], within: float = math.inf) -> Any:
        """One attempt, for callers who time it. `within`: most seconds for the exchange to
        answer; waiting for the budget is not counted."""
        ends_at = self._clock.monotonic() + round(self._settings.call_deadline_seconds * SECOND)
        return self._attempt(path, dict(query), ends_at, within)

    def close(self) -> None:
        """Any thread: waits end at once, calls from now on raise Unavailable."""
        self._closed.set()
        self._transport.close()

    def _attempt(
        self, path: RestPath, query: dict[str, str], ends_at: int, within: float = math.inf
    ) -> Any:
        self._wait_for_budget(path, ends_at)
        left = self._left(ends_at)
        if self._closed.is_set() or left <= 0.0:
            raise Unavailable(f"{path}: no time left for an attempt")
        return self._judge(path, self._transport.get(path, query, min(left, within)))

    def _wait_for_budget(self, path: RestPath, ends_at: int) -> None:
        while (wait := self.budget.acquire(WEIGHTS[path])) > 0.0:
            if wait > self._left(ends_at):
                why = "requests are stopped" if self.budget.stopped_for() else "budget is spent"
                raise Throttled(f"{path}: {why} for {wait:.1f} s more", retry_after=wait)
            self._sleep(wait)
            if self._closed.is_set():
                raise Unavailable(f"{path}: closed while waiting for the budget")

    def _judge(self, path: RestPath, answer: HttpAnswer) -> Any:
        if 200 <= answer.status < 300:
            document = read_json(answer.body)
        else:
            document = _document_or_none(answer)
        code, message = _code_and_message(document)
        if succeeded(answer.status, code):
            return document
        after = retry_seconds(answer.retry_after, self._clock.now())
        error = error_from_answer(answer.status, code, f"{path}: {message}", after, idempotent=True)
        self._stop_if_told(answer.status, error)
        raise error

    def _stop_if_told(self, status: int, error: VenueError) -> None:
        if isinstance(error, Throttled):
            named = error.retry_after
            self.budget.stop_for(self._settings.stop_seconds if named is None else max(named, 1.0))
        elif status == _FIREWALL:
            self.budget.stop_for(self._settings.firewall_stop_seconds)

    def _sleep(self, seconds: float) -> None:
        self._pause(seconds)

    def _left(self, ends_at: int) -> float:
        return (ends_at - self._clock.monotonic()) / SECOND


def _document_or_none(answer: HttpAnswer) -> Any:
    """What a refusal says; the firewall speaks HTML, of which nothing is read."""
    if answer.status == _FIREWALL and not answer.body.lstrip().startswith(b"{"):
        return None
    try:
        return read_json(answer.body)
    except Unavailable:
        return None


def _code_and_message(document: Any) -> tuple[int | str | None, str]:
    """A code may come as a number or a text, and with a success too."""
    if not isinstance(document, dict):
        return None, ""
    code, message = document.get("code"), str(document.get("msg") or "")[:_LONGEST_MESSAGE]
    printable = "".join(letter if letter.isprintable() else " " for letter in message)
    return (code if isinstance(code, int | str) else None), printable
