import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.domain.units import DAY, HOUR, SECOND, Nanos
from trading_agent.pictures import numbers
from trading_agent.pictures.labels import apart

NOON = Nanos(1_763_640_000 * SECOND)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_labels_are_moved_apart_and_keep_their_order(heights: list[float]) -> None:
    moved = apart(heights, 0.05)
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    shown = [moved[index] for index in order]
    assert shown == sorted(shown)
    if len(heights) == 2:
        assert shown[1] - shown[0] >= 0.05 - 1e-6


def test_labels_that_are_apart_stay_where_they_are() -> None:
    assert apart([0.9, 0.1, 0.5], 0.05) == [0.9, 0.1, 0.5]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1.234, 2, "+1.23"),
        (-1.234, 2, "\N{MINUS SIGN}1.23"),
        (-0.001, 2, "0.00"),
        (1234.5, 1, "+1,234.5"),
    ],
)
def test_a_sign_is_written_where_there_is_something_to_sign(
    value: float, decimals: int, text: str
) -> None:
    assert numbers.signed(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (12_345.0, "12.3k"), (2.5e6, "2.5M"), (0.0645, "0.0645")]
)
def test_sizes_are_short(value: float, text: str) -> None:
    assert numbers.short(value) == text


def test_times_are_as_fine_as_what_is_shown_is_long() -> None:
    assert numbers.moment(NOON, 300 * SECOND) == "12:00:00"
    assert numbers.moment(NOON, 5 * HOUR) == "12:00"
    assert numbers.moment(NOON, 9 * DAY) == "20 Nov"
    assert numbers.stretch(NOON, Nanos(NOON + HOUR)) == "20 Nov 12:00 to 13:00 UTC"
    assert numbers.stretch(NOON, Nanos(NOON + DAY)) == "20 Nov 12:00 to 21 Nov 12:00 UTC"
