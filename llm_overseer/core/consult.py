"""A question, its answer read, and the model's conduct kept in mind.

An answer that cannot be read may be asked for once more, with the name of the defect and never
with the text itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from llm_overseer.brief import Slice
from llm_overseer.core.answers import Failure
from llm_overseer.core.cache import SingleFlightCache
from llm_overseer.core.client import Exchange, ModelClient
from llm_overseer.core.request import ChatCall
from llm_overseer.errors import BudgetSpent, UnreadableReply
from llm_overseer.settings import OverseerSettings

Read = TypeVar("Read")
_FOREVER: Final = 2**62
_MILLI: Final = 10**6
_SHORTEST: Final = 1.0
"""Seconds; with less left nothing is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consulted(Generic[Read]):
    """`value` None: `why` is the failure or the defect."""

    value: Read | None
    why: str
    exchange: Exchange
    defects: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    """Models that answer unreadably too often, from now on unused."""
    repeated: bool = False


class Conduct:
    """How many of a model's answers could be read."""

    def __init__(self, settings: OverseerSettings) -> None:
        self._settings = settings
        self._counts: dict[str, tuple[int, int]] = {}

    def note(self, model: str, *, good: bool) -> bool:
        """True: too many were bad. The count begins anew after that."""
        calls, bad = self._counts.get(model, (0, 0))
        calls, bad = calls + 1, bad + (not good)
        if calls < self._settings.defect_calls:
            self._counts[model] = (calls, bad)
            return False
        self._counts[model] = (0, 0)
        return bad > calls * self._settings.defect_share

    def counts(self) -> Mapping[str, tuple[int, int]]:
        """Calls and bad ones of the window under way."""
        return dict(self._counts)


class Consultant:
    """One event loop."""

    def __init__(self, client: ModelClient, settings: OverseerSettings) -> None:
        self.client = client
        self.conduct = Conduct(settings)
        lifetime = settings.cache_seconds * 10**9
        self._cache: SingleFlightCache[Exchange] = SingleFlightCache(lifetime)

    async def consult(
        self,
        call: ChatCall,
        purse: Slice,
        now: int,
        seconds: float,
        read: Callable[[str], tuple[Read, tuple[str, ...]]],
        *,
        again: bool = False,
    ) -> Consulted[Read]:
        """`read`: from text to value and blemishes, raises UnreadableReply. `again`: whether an
        unreadable answer may be asked for once more. Raises BudgetSpent and CassetteMissing."""
        first = await self._asked(call, purse, now, seconds, read)
        left = seconds - first.exchange.latency_ms / 1_000
        unreadable = first.value is None and first.exchange.failure is Failure.UNREADABLE
        if not (again and unreadable and left >= _SHORTEST):
            return first
        told = replace(call, user=f'{{"refused":"{first.why}","task":{call.user}}}')
        passed = first.exchange.latency_ms
        try:
            second = await self._asked(told, purse, now + passed * _MILLI, left, read)
        except BudgetSpent as spent:
            return replace(first, exchange=replace(first.exchange, denied=spent.cap))
        return replace(
            second,
            exchange=joined(first.exchange, second.exchange),
            defects=first.defects + second.defects,
            dropped=first.dropped + second.dropped,
        )

    async def _asked(
        self,
        call: ChatCall,
        purse: Slice,
        now: int,
        seconds: float,
        read: Callable[[str], tuple[Read, tuple[str, ...]]],
    ) -> Consulted[Read]:
        async def ask() -> Exchange:
            exchange = await self.client.ask(call, purse, now, seconds)
            if exchange.failure is not None:
                raise _NotKept(exchange)
            return exchange

        try:
            exchange, repeated = await self._cache.get(call.key(), now, ask)
        except _NotKept as failed:
            failure = failed.exchange.failure
            why = failure.value if failure is not None else ""
            return Consulted(value=None, why=why, exchange=failed.exchange)
        consulted = self._read(exchange, now, read, repeated=repeated)
        if consulted.value is None:
            self._cache.forget(call.key())
        return consulted

    def _read(
        self,
        exchange: Exchange,
        now: int,
        read: Callable[[str], tuple[Read, tuple[str, ...]]],
        *,
        repeated: bool,
    ) -> Consulted[Read]:
        if repeated:
            exchange = replace(exchange, calls=0, cost_nano=0, latency_ms=0, takes=(), opened=())
        try:
            value, defects = read(exchange.content)
        except UnreadableReply as unreadable:
            why = unreadable.defect
            opened, dropped = self._noted(exchange, now, good=False, repeated=repeated)
            failed = replace(exchange, failure=Failure.UNREADABLE, opened=exchange.opened + opened)
            return Consulted(value=None, why=why, exchange=failed, defects=(why,), dropped=dropped)
        self._noted(exchange, now, good=True, repeated=repeated)
        return Consulted(value=value, why="", exchange=exchange, defects=defects, repeated=repeated)

    def _noted(
        self, exchange: Exchange, now: int, *, good: bool, repeated: bool
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Breakers opened and models dropped."""
        if repeated:
            return (), ()
        model = exchange.asked
        moment = now + exchange.latency_ms * _MILLI
        opened = (model,) if self.client.report(model, good=good, now=moment) else ()
        if not self.conduct.note(model, good=good):
            return opened, ()
        self.client.breakers.of(model).open(_FOREVER)
        return opened, (model,)


class _NotKept(Exception):
    """A failure on its way past the cache."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__("a failure is not kept")
        self.exchange = exchange


def joined(first: Exchange, second: Exchange) -> Exchange:
    """One after the other."""
    return replace(
        second,
        calls=first.calls + second.calls,
        cost_nano=first.cost_nano + second.cost_nano,
        latency_ms=first.latency_ms + second.latency_ms,
        takes=first.takes + second.takes,
        opened=first.opened + second.opened,
    )
