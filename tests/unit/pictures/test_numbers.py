"""Times on pictures stand at round moments."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND
from trading_agent.pictures.numbers import round_moments

START = int(datetime(2024, 7, 23, 15, 39, 44, tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (24 * HOUR, ["18:00", "00:00", "06:00", "12:00"]),
        (80 * MINUTE, ["16:00", "16:30"]),
        (90 * SECOND, ["15:40:00", "15:40:30", "15:41:00"]),
    ],
)
def test_they_are_whole_and_evenly_apart(length: int, shown: list[str]) -> None:
    form = "%H:%M:%S" if length < MINUTE * 10 else "%H:%M"
    found = round_moments(START, START + length, 4)
    assert [f"{datetime.fromtimestamp(at // SECOND, UTC):{form}}" for at in found] == shown


@pytest.mark.parametrize("length", [0, 1, SECOND, 7 * MINUTE, 3 * DAY, 700 * DAY, 40_000 * DAY])
def test_there_are_never_too_many(length: int) -> None:
    found = round_moments(START, START + length, 4)
    assert len(found) <= 4
    assert all(START <= at <= START + length for at in found)
    assert len({after - before for before, after in pairwise(found)}) <= 1
