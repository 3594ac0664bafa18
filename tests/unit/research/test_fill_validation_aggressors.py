"""Aggressors sent once more: books and prints of which the right price can be worked out."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.builders import (
    START,
    Level,
    a_depth_message,
    a_snapshot_message,
    a_trades_message,
    an_instrument,
    joined,
)
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.fill_validation_aggressors import (
    Aggressor,
    AggressorFigures,
    ErrorFigures,
    aggressors_of,
    replay_aggressors,
)
from trading_agent.research.recorded_tape import RecordedTape

BUY, SELL = Side.BUY, Side.SELL
BIDS: Sequence[Level] = ((10_000, 10), (9_990, 10))
ASKS: Sequence[Level] = ((10_010, 10), (10_020, 10))


def at(milliseconds: float) -> int:
    return START + round(milliseconds * MILLISECOND)


def prints(milliseconds: float, *of: tuple[Side, int, int]) -> Rows:
    return a_trades_message(*of, at=at(milliseconds))


def depth(milliseconds: float, **levels: Any) -> Rows:
    return a_depth_message(**levels, at=at(milliseconds), version=2)


def a_book(milliseconds: float = 0) -> Rows:
    return a_snapshot_message(BIDS, ASKS, at=at(milliseconds), version=1)


def a_tape(depth: Sequence[Rows], *prints: Rows) -> RecordedTape:
    return RecordedTape(
        symbol="BTCUSDC",
        instrument=an_instrument(),
        depth=joined(depth),
        prints=joined(prints),
    )


def figures(depth: Sequence[Rows], *prints: Rows) -> AggressorFigures:
    return replay_aggressors(a_tape(depth, *prints), PaperSettings())


def grouped(*messages: Rows) -> list[Aggressor]:
    return list(aggressors_of(joined(messages), an_instrument()))


def test_prints_of_one_time_and_side_are_one_aggressor() -> None:
    found = grouped(
        prints(1, (BUY, 10_010, 4), (SELL, 10_000, 1), (BUY, 10_020, 6)),
        prints(2, (BUY, 10_010, 5)),
    )
    assert [(each.side, each.size) for each in found] == [(SELL, 1), (BUY, 10), (BUY, 5)]
    assert found[1].paid == pytest.approx(10_016, rel=1e-12)
    # A tick is 0.01 and a lot 0.01: ten lots at 100.16 are worth 10.016.
    assert found[1].value == pytest.approx(10.016, rel=1e-12)


def test_no_prints_are_no_aggressors() -> None:
    assert grouped() == []
    assert figures([a_book()]).all == ErrorFigures(
        orders=0, mean=None, mean_error=None, median=None, p95=None, touch_mean=None
    )


@pytest.mark.parametrize(
    "sweep", [((BUY, 10_010, 10), (BUY, 10_020, 5)), ((SELL, 10_000, 10), (SELL, 9_990, 5))]
)
def test_a_sweep_of_the_shown_levels_is_predicted_exactly(
    sweep: tuple[tuple[Side, int, int], ...],
) -> None:
    found = figures([a_book()], prints(1, *sweep))
    assert (found.aggressors, found.all.orders) == (1, 1)
    assert found.all.mean == pytest.approx(0.0, abs=1e-9)
    touch = found.all.touch_mean
    assert touch is not None
    assert touch < 0.0
    assert found.within_targets


@pytest.mark.parametrize(("side", "paid"), [(BUY, 10_020), (SELL, 9_990)])
def test_a_price_that_was_really_worse_means_paper_was_too_kind(side: Side, paid: int) -> None:
    found = figures([a_book()], prints(1, (side, paid, 10)))
    assert found.all.mean is not None
    assert found.all.mean == pytest.approx(-10 / paid * 1e4, rel=1e-9)
    assert found.all.p95 == pytest.approx(10 / paid * 1e4, rel=1e-9)
    assert not found.within_targets


def test_depth_of_the_same_moment_is_not_before_the_aggressor() -> None:
    moved = depth(5, asks=[(10_010, 0)])
    late = figures([a_book(), moved], prints(5, (BUY, 10_010, 10)))
    assert late.all.mean == pytest.approx(0.0, abs=1e-9)
    early = figures([a_book(), moved], prints(6, (BUY, 10_020, 10)))
    assert early.all.mean == pytest.approx(0.0, abs=1e-9)


def test_what_earlier_aggressors_took_is_gone_until_the_book_is_shown_again() -> None:
    first, second = prints(1, (BUY, 10_010, 10)), prints(2, (BUY, 10_020, 10))
    behind = figures([a_book()], first, second)
    assert behind.all.p95 == pytest.approx(0.0, abs=1e-9)
    assert behind.as_shown.mean == pytest.approx(-10 / 10_020 * 1e4 / 2, rel=1e-9)
    again = depth(1.5, bids=[(9_980, 1)])
    shown = figures([a_book(), again], first, prints(2, (BUY, 10_010, 10)))
    assert shown.all.p95 == pytest.approx(0.0, abs=1e-9)


def test_an_order_beyond_the_visible_book_is_not_filled_and_not_compared() -> None:
    found = figures([a_book()], prints(1, (BUY, 10_010, 21)))
    assert (found.unfilled, found.all.orders) == (1, 0)
    assert not found.within_targets


def test_an_aggressor_before_the_book_is_known_is_not_compared() -> None:
    found = figures([a_book(10)], prints(1, (BUY, 10_010, 1)), prints(11, (BUY, 10_010, 1)))
    assert (found.early, found.aggressors, found.all.orders) == (1, 2, 1)


def test_large_orders_have_figures_of_their_own() -> None:
    deep = a_snapshot_message([(10_000, 1)], [(10_010, 10**7)], at=at(0), version=1)
    small, large = prints(1, (BUY, 10_010, 10)), prints(2, (BUY, 10_010, 60_000))
    found = figures([deep], small, large)
    assert (found.all.orders, found.large.orders) == (2, 1)
