"""One question to one tier: money first, then the call, at most one retry, one deadline.

Time spent is counted from what the transport says, so that a played recording takes the same
decisions about what is left.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

from llm_overseer.brief import DAY, Slice
from llm_overseer.core import answers
from llm_overseer.core.answers import Answer, Failure, read_answer
from llm_overseer.core.breakers import Breakers
from llm_overseer.core.budget import Budget
from llm_overseer.core.request import ChatCall
from llm_overseer.core.tiers import prompt_tokens
from llm_overseer.core.transport import Take, Transport, TransportTrouble
from llm_overseer.errors import BudgetSpent, CassetteMissing

Pause = Callable[[float], Awaitable[None]]

_SHORTEST_TRY: Final = 0.25
"""Seconds; with less left nothing is sent."""
_PAUSE: Final = 0.4
_JITTER: Final = 0.4
_FOREVER: Final = 2**62
_SECOND: Final = 10**9
_MILLI: Final = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What a question cost and brought. `failure` None: `content` is the model's text."""

    failure: Failure | None
    content: str = ""
    asked: str = ""
    """Whose answer it is, by our name for it; where none came, who was asked first."""
    model: str = ""
    """The same, by its own name."""
    simulated: bool = False
    calls: int = 0
    cost_nano: int = 0
    latency_ms: int = 0
    takes: tuple[Take, ...] = ()
    opened: tuple[str, ...] = ()
    """Breakers that this question opened: models, or "everybody"."""
    denied: str = ""
    """The cap that did not allow another try after this one."""


_TRIES: ContextVar[list[Exchange] | None] = ContextVar("tries", default=None)


@contextmanager
def tries_kept() -> Iterator[list[Exchange]]:
    """Every try made within, also one that was cut off: what is left of a review that nobody
    waits for any more."""
    kept: list[Exchange] = []
    token = _TRIES.set(kept)
    try:
        yield kept
    finally:
        _TRIES.reset(token)


class ModelClient:
    """Owns the breakers. One event loop."""

    def __init__(
        self, transport: Transport, budget: Budget, breakers: Breakers, pause: Pause
    ) -> None:
        self._transport = transport
        self._budget = budget
        self._pause = pause
        self.breakers = breakers

    async def ask(self, call: ChatCall, purse: Slice, now: int, seconds: float) -> Exchange:
        """`now`: nanoseconds UTC, when the question is put. Raises BudgetSpent and
        CassetteMissing; everything else that goes wrong is in the Exchange."""
        models = self.breakers.allowed(call.candidates(), now)
        if not models:
            return Exchange(failure=Failure.BREAKER_OPEN)
        call = call.to(models)
        first = await self._once(call, purse, now, seconds)
        left = seconds - first.exchange.latency_ms / 1_000
        wait = self._wait(call, first.answer)
        if wait is None or left - wait < _SHORTEST_TRY:
            return first.exchange
        await self._pause(wait)
        before = first.exchange.latency_ms + round(wait * 1_000)
        try:
            second = await self._once(call, purse, now + before * _MILLI, left - wait)
        except BudgetSpent as spent:
            return replace(first.exchange, denied=spent.cap)
        return _joined(first.exchange, second.exchange, before)

    def report(self, model: str, *, good: bool, now: int) -> bool:
        """What reading the answer showed; True when it opened the model's breaker."""
        breaker = self.breakers.of(model)
        if good:
            breaker.succeed()
            return False
        return breaker.fail(now)

    async def _once(self, call: ChatCall, purse: Slice, now: int, seconds: float) -> "_Tried":
        request = call.document()
        tokens = prompt_tokens(request)
        cost = call.price.most(tokens, call.max_completion_tokens)
        reservation = self._budget.reserve(
            purse, call.models[0], cost, tokens + call.max_completion_tokens, now
        )
        for breaker in (self.breakers.everybody, self.breakers.of(call.models[0])):
            breaker.begin(now)
        try:
            received = await self._transport.send(call.body(), seconds)
        except TransportTrouble as trouble:
            name, late = trouble.trouble.value, trouble.latency_ms
            take = Take(request=request, trouble=name, latency_ms=late)
            answer = Answer(failure=Failure(name))
        except CassetteMissing:
            self._budget.release(reservation)
            raise
        except (asyncio.CancelledError, Exception):
            self._budget.lose(reservation)
            self._judge(call, Answer(failure=Failure.BROKEN), now)
            self._keep(_cut_off(call, cost))
            raise
        else:
            answer = read_answer(received, now)
            take = Take(
                request=request,
                status=received.status,
                headers=received.headers,
                response=received.body,
                latency_ms=received.latency_ms,
            )
        tried = self._ended(call, answer, take, (reservation, cost, now))
        self._keep(tried.exchange)
        return tried

    def _keep(self, exchange: Exchange) -> None:
        kept = _TRIES.get()
        if kept is not None:
            kept.append(exchange)

    def _ended(
        self, call: ChatCall, answer: Answer, take: Take, reserved: tuple[int, int, int]
    ) -> "_Tried":
        reservation, cost, now = reserved
        booked = self._settle(reservation, cost, answer)
        blamed = _blamed(call, answer)
        opened = self._judge(call, answer, now + take.latency_ms * _MILLI)
        return _Tried(
            answer,
            Exchange(
                failure=answer.failure,
                content=answer.content,
                asked=blamed,
                model=answer.model or blamed,
                simulated=answer.simulated,
                calls=1,
                cost_nano=booked,
                latency_ms=take.latency_ms,
                takes=(take,),
                opened=opened,
            ),
        )

    def _settle(self, reservation: int, reserved: int, answer: Answer) -> int:
        usage = answer.usage
        if usage is not None:
            tokens = usage.prompt_tokens + usage.completion_tokens
            return self._budget.settle(
                reservation, usage.cost, tokens, answer.generation, free=usage.free
            )
        if answer.failure in answers.NOT_CARRIED_OUT:
            self._budget.release(reservation)
            return 0
        self._budget.lose(reservation, answer.generation)
        return reserved

    def _judge(self, call: ChatCall, answer: Answer, now: int) -> tuple[str, ...]:
        """Breakers that this answer opened."""
        everybody, name = self.breakers.everybody, _blamed(call, answer)
        opened = []
        if name != call.models[0] and self.breakers.of(call.models[0]).fail(now):
            opened.append(call.models[0])  # another one had to answer for it
        if answer.failure is None:
            everybody.succeed()
            return tuple(opened)
        if (until := _closed_until(answer, now)) is not None:
            everybody.open(until)
            return ("everybody",)
        if self.breakers.of(name).fail(now):
            opened.append(name)
        if answer.failure not in answers.EVERYBODYS:
            everybody.pass_over()  # the provider is there
        elif everybody.fail(now):
            opened.append("everybody")
        if answer.failure is Failure.MODEL_GONE:
            self.breakers.of(name).open(_FOREVER)
            opened = [name]
        return tuple(opened)

    def _wait(self, call: ChatCall, answer: Answer) -> float | None:
        """Seconds before a retry; None for none. The jitter is the question's own."""
        if answer.failure not in answers.WORTH_A_RETRY:
            return None
        if answer.retry_after is not None:
            return answer.retry_after
        dice = hashlib.sha256(call.key().encode()).digest()[0] / 255
        return _PAUSE * (1.0 + _JITTER * (2.0 * dice - 1.0))


@dataclass(frozen=True, slots=True)
class _Tried:
    answer: Answer
    exchange: Exchange


def _blamed(call: ChatCall, answer: Answer) -> str:
    """Whose answer it is: the provider may have gone on to another model, and may name a dated
    version of it."""
    named = [it for it in call.models if answer.model == it or answer.model.startswith(f"{it}-")]
    return max(named, key=len, default=call.models[0])


def _cut_off(call: ChatCall, cost: int) -> Exchange:
    """Nobody waited for the end."""
    model = call.models[0]
    return Exchange(failure=Failure.BROKEN, asked=model, model=model, calls=1, cost_nano=cost)


def _joined(first: Exchange, second: Exchange, before_ms: int) -> Exchange:
    return replace(
        second,
        calls=first.calls + second.calls,
        cost_nano=first.cost_nano + second.cost_nano,
        latency_ms=before_ms + second.latency_ms,
        takes=first.takes + second.takes,
        opened=first.opened + second.opened,
    )


def _closed_until(answer: Answer, now: int) -> int | None:
    """Nobody needs to ask again before this moment."""
    if answer.failure is Failure.KEY_REFUSED:
        return _FOREVER
    if answer.failure in (Failure.NO_CREDIT, Failure.REMOTE_BUDGET):
        midnight = (now // DAY + 1) * DAY
        return answer.until if answer.until is not None else midnight
    return None
