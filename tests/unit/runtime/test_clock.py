import time

from trading_agent.runtime.clock import SystemClock


def test_time_never_falls_over_many_readings() -> None:
    clock = SystemClock()
    readings = [clock.now() for _ in range(20_000)]
    assert readings == sorted(readings)


def test_time_is_universal_time() -> None:
    before = time.time_ns()  # noqa: TID251 - what it is compared with
    now = SystemClock().now()
    assert before - 50_000_000 <= now <= before + 500_000_000


def test_a_step_of_the_wall_clock_changes_nothing() -> None:
    wall = [1_700_000_000_000_000_000]
    counter = [500]
    clock = SystemClock(wall=lambda: wall[0], counter=lambda: counter[0])
    assert clock.now() == 1_700_000_000_000_000_000
    wall[0] -= 3_600_000_000_000
    counter[0] += 7
    assert clock.now() == 1_700_000_000_000_000_007
    wall[0] += 7_200_000_000_000
    counter[0] += 3
    assert clock.now() == 1_700_000_000_000_000_010


def test_both_readings_advance_by_the_same_counter() -> None:
    counter = [0]
    clock = SystemClock(wall=lambda: 10**18, counter=lambda: counter[0])
    now, monotonic = clock.now(), clock.monotonic()
    counter[0] = 12_345
    assert (clock.now() - now, clock.monotonic() - monotonic) == (12_345, 12_345)
