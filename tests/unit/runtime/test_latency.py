import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.runtime.latency import Latency


@given(st.lists(st.integers(0, 2**39), min_size=1, max_size=400), st.floats(0.0, 1.0))
def test_percentiles_are_within_one_percent_of_the_exact_ones(
    values: list[int], share: float
) -> None:
    latency = Latency()
    for value in values:
        latency.record(value)
    exact = float(np.percentile(values, share * 100, method="inverted_cdf"))
    assert latency.percentile(share) == pytest.approx(exact, rel=0.01)


def test_a_view_speaks_in_microseconds() -> None:
    latency = Latency()
    for micros in range(1, 101):
        latency.record(micros * 1_000)
    view = latency.view()
    assert view.count == 100
    assert view.p50 == pytest.approx(50, rel=0.01)
    assert view.p99 == pytest.approx(99, rel=0.01)
    assert view.largest == 100.0


def test_nothing_recorded_is_all_zero() -> None:
    view = Latency().view()
    assert (view.count, view.p50, view.p99, view.largest) == (0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("nanos", [-1, -(10**15), 0])
def test_a_negative_time_counts_as_zero(nanos: int) -> None:
    latency = Latency()
    latency.record(nanos)
    assert (latency.view().count, latency.percentile(1.0)) == (1, 0.0)


def test_times_beyond_the_range_are_counted_in_the_last_place() -> None:
    latency = Latency()
    for nanos in (10**18, 10**17, 2**40, 2**40 - 1):
        latency.record(nanos)
    assert latency.view().count == 4
    assert latency.percentile(0.5) == pytest.approx(2**40, rel=0.01)
    assert latency.view().largest == 10**15
