"""The same question is asked once: answers are kept for a while, and whoever asks meanwhile waits
for the one who asked first. Failures are not kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

Kept = TypeVar("Kept")

_MOST: Final = 256


class SingleFlightCache(Generic[Kept]):
    """One event loop. `lifetime` in nanoseconds."""

    def __init__(self, lifetime: int) -> None:
        self._lifetime = lifetime
        self._kept: dict[str, tuple[int, Kept]] = {}
        self._flying: dict[str, asyncio.Future[Kept]] = {}

    async def get(
        self, key: str, now: int, ask: Callable[[], Awaitable[Kept]]
    ) -> tuple[Kept, bool]:
        """The answer, and whether it is somebody else's. Raises what `ask` raises."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] <= now < kept[0] + self._lifetime:
            return kept[1], True
        while (flying := self._flying.get(key)) is not None:
            done = await _end_of(flying)
            if done:
                return flying.result(), True
        return await self._ask(key, now, ask), False

    def forget(self, key: str) -> None:
        """It turned out to be of no use."""
        self._kept.pop(key, None)

    async def _ask(self, key: str, now: int, ask: Callable[[], Awaitable[Kept]]) -> Kept:
        flying: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._flying[key] = flying
        try:
            answer = await ask()
        except BaseException as fault:
            if isinstance(fault, Exception):
                flying.set_exception(fault)
                flying.exception()  # nobody may be waiting for it
            else:
                flying.cancel()
            raise
        finally:
            del self._flying[key]
        flying.set_result(answer)
        self._keep(key, now, answer)
        return answer

    def _keep(self, key: str, now: int, answer: Kept) -> None:
        self._kept.pop(key, None)
        while len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (now, answer)


async def _end_of(flying: "asyncio.Future[Kept]") -> bool:
    """False when the one who asked first was cancelled: somebody else must ask."""
    await asyncio.wait([flying])
    return not flying.cancelled()
