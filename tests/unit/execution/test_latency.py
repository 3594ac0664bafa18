import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.domain.units import Nanos
from trading_agent.execution.latency import MEASUREMENTS, Latency
from trading_agent.execution.settings import PaperSettings


def draws(seed: int, count: int, least: float = 15.0, jitter: float = 10.0) -> list[int]:
    latency = Latency(PaperSettings(latency_ms=least, latency_jitter_ms=jitter), seed)
    return [latency.draw() for _ in range(count)]


@given(
    seed=st.integers(-(2**70), 2**70),
    least=st.floats(0, 1_000),
    jitter=st.floats(0, 1_000),
)
def test_draws_stay_within_their_bounds(seed: int, least: float, jitter: float) -> None:
    low = int(least * 1_000_000)
    assert all(
        low <= draw <= low + int(jitter * 1_000_000) for draw in draws(seed, 50, least, jitter)
    )


def test_the_same_seed_draws_the_same() -> None:
    assert draws(7, 100) == draws(7, 100)
    assert draws(7, 100) != draws(8, 100)


def test_the_generator_is_splitmix64() -> None:
    """First outputs for seed 1234567, as its authors' reference code gives them."""
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    jitter = 60_000.0
    modulus = int(jitter * 1_000_000) + 1
    assert draws(1234567, 5, 0.0, jitter) == [number % modulus for number in expected]


def test_without_jitter_every_draw_is_the_least() -> None:
    assert set(draws(3, 100, 12.5, 0.0)) == {12_500_000}


def test_draws_fill_their_range_evenly() -> None:
    many = draws(11, 4_000, 0.0, 10.0)
    tenths = [0] * 10
    for draw in many:
        tenths[min(draw // 1_000_000, 9)] += 1
    assert min(tenths) > 300
    assert sum(many) / len(many) == pytest.approx(5_000_000, rel=0.03)


def empirical(floor: float = 1.0) -> Latency:
    settings = PaperSettings(latency_model="EMPIRICAL", latency_floor_ms=floor)
    return Latency(settings, seed=7)


def test_empirical_draws_are_halves_of_what_was_measured() -> None:
    latency = empirical()
    for way in (20_000_000, 30_000_000, 50_000_000):
        latency.observe(Nanos(way))
    drawn = {latency.draw() for _ in range(200)}
    assert drawn == {10_000_000, 15_000_000, 25_000_000}


def test_empirical_is_constant_until_something_was_measured_and_never_below_its_floor() -> None:
    latency = empirical(floor=40.0)
    assert 15_000_000 <= latency.draw() <= 25_000_000
    latency.observe(Nanos(0))
    assert 15_000_000 <= latency.draw() <= 25_000_000
    latency.observe(Nanos(20_000_000))
    assert latency.draw() == 40_000_000


def test_only_the_latest_thousand_count() -> None:
    latency = empirical()
    latency.observe(Nanos(500_000_000))
    for _ in range(MEASUREMENTS):
        latency.observe(Nanos(20_000_000))
    assert {latency.draw() for _ in range(2_000)} == {10_000_000}
