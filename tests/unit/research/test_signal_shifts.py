"""The same at other times: never so near that what was foretold is still met."""

from random import Random

import numpy as np
import pytest

from tests.unit.research.planted_market import gauss
from trading_agent.domain.units import SECOND
from trading_agent.research.signal_shifts import (
    across,
    chance_either_way,
    chance_of,
    room_of,
    shifted,
    steps_within,
)

SPAN = 1_000 * SECOND, 1_300 * SECOND
"""Five minutes."""


@pytest.mark.parametrize("horizon", [0.5, 1.0, 5.0, 10.0])
def test_no_shift_is_nearer_than_a_horizon_and_a_block_either_way_round(horizon: float) -> None:
    block = max(5.0, 2.0 * horizon)
    steps = steps_within(room_of(SPAN, horizon), 50)
    assert steps[0] == 0 and len(steps) == 51
    at = np.array([SPAN[0], SPAN[0] + 37 * SECOND, SPAN[1] - 1])
    moved = shifted(at, SPAN, steps)
    assert (moved >= SPAN[0]).all() and (moved < SPAN[1]).all()
    assert moved[0].tolist() == at.tolist()
    length = SPAN[1] - SPAN[0]
    away = np.abs(moved[1:] - at)
    nearest = np.minimum(away, length - away).min()
    assert nearest >= (horizon + block) * SECOND
    assert nearest < (horizon + block + 1) * SECOND


def test_where_there_is_no_room_for_eight_blocks_nothing_is_shifted() -> None:
    """30 s ahead a block takes a minute: 90 s on either side leave two of them."""
    room = room_of(SPAN, 30.0)
    assert room.blocks == 2
    assert steps_within(room, 50).tolist() == [0]
    assert not room.holds(np.array([100 * SECOND])).any()
    assert across(np.empty(0)).low is None
    assert chance_of(1.0, np.zeros(100), room.blocks) is None


def test_shifts_of_a_wider_room_are_kept_where_a_narrower_one_holds_them() -> None:
    steps = steps_within(room_of(SPAN, 0.5), 100)
    room = room_of(SPAN, 10.0)
    kept = steps[room.holds(steps)]
    assert 0 < len(kept) < 100
    assert kept.min() >= 30 * SECOND and kept.max() <= 270 * SECOND


def test_a_chance_is_how_many_come_to_as_much_and_no_less_than_blocks_allow() -> None:
    means = gauss(Random(1), 199)
    usual = float(np.median(means))
    assert chance_of(usual, means, 60) == pytest.approx(0.5, abs=0.06)
    assert chance_of(float(means.max()), means, 10_000) == pytest.approx(0.01, abs=0.004)
    # Nobody of 199 comes near, and yet eight blocks cannot be surer than Student.
    far = float(means.max()) + 0.1
    few, many = chance_of(far, means, 8), chance_of(far, means, 500)
    assert few is not None and many is not None
    assert many == pytest.approx(1.0 / 200.0)
    assert few > 1.5 * many
    assert chance_of(-3.5, means, 8) == pytest.approx(1.0, abs=0.02)
    assert chance_of(float("nan"), means, 60) is None


def test_either_way_both_ends_are_as_far() -> None:
    means = gauss(Random(1), 199)
    usual = float(means.mean())
    above, below = (chance_either_way(usual + far, means, 60) for far in (2.0, -2.0))
    assert above == below
    assert above is not None and 0.02 < above < 0.1
    assert chance_either_way(usual, means, 60) == 1.0
