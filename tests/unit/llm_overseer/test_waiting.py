"""Breakers and the cache: who is not asked, and who waits for whom."""

import asyncio
from decimal import Decimal

import pytest

from llm_overseer.core.breakers import Breaker, Breakers
from llm_overseer.core.cache import SingleFlightCache
from llm_overseer.settings import BreakerSettings

SECOND = 10**9
NOW = 1_790_000_000 * SECOND
SETTINGS = BreakerSettings()


def failing(times: int, at: int = NOW) -> Breaker:
    breaker = Breaker(SETTINGS)
    for _ in range(times):
        breaker.begin(at)
        breaker.fail(at)
    return breaker


def test_three_in_a_row_open_it_for_a_minute() -> None:
    assert not failing(2).blocks(NOW)
    breaker = failing(3)
    assert breaker.blocks(NOW + 60 * SECOND - 1)
    assert not breaker.blocks(NOW + 60 * SECOND)


def test_one_probe_at_a_time() -> None:
    breaker = failing(3)
    later = NOW + 60 * SECOND
    breaker.begin(later)
    assert breaker.blocks(later)
    breaker.succeed()
    assert not breaker.blocks(later)


def test_pauses_double_up_to_half_an_hour() -> None:
    breaker = failing(3)
    pauses = []
    now = NOW
    for _ in range(8):
        assert breaker.open_until is not None
        pauses.append((breaker.open_until - now) // SECOND)
        now = breaker.open_until
        breaker.begin(now)
        assert breaker.fail(now)
    assert pauses == [60, 120, 240, 480, 960, 1_800, 1_800, 1_800]


def test_half_of_the_last_ten_open_it_too() -> None:
    breaker = Breaker(SETTINGS)
    opened = []
    for number in range(10):
        breaker.begin(NOW)
        if number % 2:
            opened.append(breaker.fail(NOW))
        else:
            breaker.succeed()
    assert opened == [False] * 4 + [True]


def test_five_failures_are_half_of_ten_and_not_of_seven() -> None:
    breaker = Breaker(SETTINGS)
    for failed in (True, True, False, True, True, False, True):
        breaker.begin(NOW)
        if failed:
            assert not breaker.fail(NOW)
        else:
            breaker.succeed()


def test_a_success_forgets() -> None:
    breaker = failing(2)
    breaker.succeed()
    breaker.begin(NOW)
    assert not breaker.fail(NOW)


def test_one_for_all_blocks_all() -> None:
    breakers = Breakers(SETTINGS)
    assert breakers.allowed(("a/b", "c/d"), NOW) == ("a/b", "c/d")
    breakers.of("a/b").open(NOW + 1)
    assert breakers.allowed(("a/b", "c/d"), NOW) == ("c/d",)
    breakers.everybody.open(NOW + 1)
    assert breakers.allowed(("a/b", "c/d"), NOW) == ()
    assert breakers.allowed(("a/b", "c/d"), NOW + 1) == ("a/b", "c/d")


class Oracle:
    """Counts questions; answers when its gate opens."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.asked = 0
        self.gate = asyncio.Event()
        self._fault = fault

    async def ask(self) -> int:
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        if self._fault is not None:
            raise self._fault
        return number


def test_an_answer_lives_as_long_as_it_may() -> None:
    async def story() -> list[tuple[int, bool]]:
        cache: SingleFlightCache[int] = SingleFlightCache(300 * SECOND)
        oracle = Oracle()
        oracle.gate.set()
        moments = (NOW, NOW + 300 * SECOND - 1, NOW + 300 * SECOND, NOW - SECOND)
        return [await cache.get("k", moment, oracle.ask) for moment in moments]

    assert asyncio.run(story()) == [(1, False), (1, True), (2, False), (3, False)]


def test_whoever_asks_meanwhile_waits_for_the_first() -> None:
    async def story() -> tuple[list[tuple[int, bool]], int]:
        cache: SingleFlightCache[int] = SingleFlightCache(300 * SECOND)
        oracle = Oracle()
        askers = [asyncio.create_task(cache.get("k", NOW, oracle.ask)) for _ in range(50)]
        await asyncio.sleep(0)
        oracle.gate.set()
        return await asyncio.gather(*askers), oracle.asked

    answers, asked = asyncio.run(story())
    assert asked == 1
    assert sorted(answers) == sorted([(1, False)] + [(1, True)] * 49)


def test_a_failure_reaches_everyone_and_is_not_kept() -> None:
    async def story() -> tuple[list[object], int, tuple[int, bool]]:
        cache: SingleFlightCache[int] = SingleFlightCache(300 * SECOND)
        oracle = Oracle(ValueError("no"))
        oracle.gate.set()
        ends = await asyncio.gather(
            *(cache.get("k", NOW, oracle.ask) for _ in range(3)), return_exceptions=True
        )
        good = Oracle()
        good.gate.set()
        return list(ends), oracle.asked, await cache.get("k", NOW, good.ask)

    ends, asked, after = asyncio.run(story())
    assert [type(end) for end in ends] == [ValueError] * 3
    assert asked in (1, 3)
    assert after == (1, False)


def test_one_who_asked_first_and_left_does_not_take_the_others_along() -> None:
    async def story() -> tuple[tuple[int, bool], int]:
        cache: SingleFlightCache[int] = SingleFlightCache(300 * SECOND)
        oracle = Oracle()
        first = asyncio.create_task(cache.get("k", NOW, oracle.ask))
        await asyncio.sleep(0)
        second = asyncio.create_task(cache.get("k", NOW, oracle.ask))
        await asyncio.sleep(0)
        first.cancel()
        oracle.gate.set()
        answer = await second
        with pytest.raises(asyncio.CancelledError):
            await first
        return answer, oracle.asked

    assert asyncio.run(story()) == ((2, False), 2)


def test_it_does_not_grow_for_ever() -> None:
    async def story() -> int:
        cache: SingleFlightCache[Decimal] = SingleFlightCache(SECOND)

        async def answer() -> Decimal:
            return Decimal(1)

        for number in range(1_000):
            await cache.get(str(number), NOW, answer)
        return len(cache._kept)

    assert asyncio.run(story()) <= 256
