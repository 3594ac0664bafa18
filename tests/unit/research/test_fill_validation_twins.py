"""Twins of orders whose fate is known by construction."""

from typing import Final

import pytest

from tests.unit.research.test_fill_validation_projection import (
    changed,
    created,
    deleted,
    project,
    traded,
)
from trading_agent.domain.order import BUY, SELL
from trading_agent.domain.units import SECOND
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.fill_validation_order_log import LogEvent
from trading_agent.research.fill_validation_projection import ProjectedLog
from trading_agent.research.fill_validation_twins import (
    TwinChoice,
    TwinFigures,
    TwinTable,
    eligible,
    replay_twins,
    rows_without,
)

S: Final = SECOND
EVERY: Final = TwinChoice(sample=100, seed=1)


def table(log: ProjectedLog, *, beside: bool = False) -> TwinTable:
    orders = tuple(order for order in log.orders if order.order == 2)
    assert orders
    return replay_twins(log, orders, PaperSettings(), EVERY, beside=beside)


def ratios(log: ProjectedLog) -> list[float | None]:
    return [model.volume_ratio for model in table(log).models]


def a_sale(at: int, order: int, left: int, trades: int) -> list[LogEvent]:
    """A sale of so many lots meets order 2 at 105."""
    size = trades
    return [
        created(at, order, SELL, 105, size),
        changed(at + 1, 2, BUY, 105, left) if left else deleted(at + 1, 2, BUY, 105, 0),
        deleted(at + 2, order, SELL, 105, 0),
        traded(at + 3, 105, size),
    ]


def queue_of_two() -> list[LogEvent]:
    """Order 2 stands behind ten lots of order 1."""
    return [created(S, 1, BUY, 105, 10), created(2 * S, 2, BUY, 105, 5)]


def test_a_queue_that_trades_away_is_what_every_model_but_the_optimist_sees() -> None:
    log = project(
        *queue_of_two(),
        created(3 * S, 8, SELL, 105, 10),
        deleted(3 * S + 1, 1, BUY, 105, 0),
        deleted(3 * S + 2, 8, SELL, 105, 0),
        *a_sale(4 * S, 9, 2, 3),
        deleted(9 * S, 2, BUY, 105, 2),
    )
    pessimistic, central, optimistic = ratios(log)
    assert (pessimistic, central) == (1.0, 1.0)
    assert optimistic == pytest.approx(5 / 3)


def test_an_order_that_the_queue_kept_from_filling_is_a_false_fill_of_the_optimist() -> None:
    log = project(
        *queue_of_two(),
        created(3 * S, 8, SELL, 105, 10),
        deleted(3 * S + 1, 1, BUY, 105, 0),
        deleted(3 * S + 2, 8, SELL, 105, 0),
        deleted(9 * S, 2, BUY, 105, 5),
    )
    found = table(log)
    assert [model.false for model in found.models] == [0.0, 0.0, 1.0]
    assert [model.volume_ratio for model in found.models] == [None, None, None]


def test_cancels_ahead_shorten_the_queue_by_what_the_level_no_longer_shows() -> None:
    log = project(
        *queue_of_two(),
        deleted(3 * S, 1, BUY, 105, 10),
        *a_sale(4 * S, 9, 0, 5),
    )
    found = table(log)
    assert [model.volume_ratio for model in found.models] == [1.0, 1.0, 1.0]
    assert [model.front_bias for model in found.models] == [0.0, 0.0, 0.0]
    # Displayed beside it, the original could as well be what is still ahead of its twin.
    missed = [model.missed for model in table(log, beside=True).models]
    assert missed == [1.0, 1.0, 0.0]


def test_cancels_of_which_nobody_can_tell_where_they_stood_part_the_models() -> None:
    log = project(
        *queue_of_two(),
        created(3 * S, 3, BUY, 105, 10),
        deleted(4 * S, 1, BUY, 105, 10),
        *a_sale(5 * S, 9, 0, 5),
    )
    pessimistic, central, optimistic = table(log).models
    # Nothing is ahead in truth. Ten of twenty vanished: the strict see ten ahead still, the
    # central ten times one half squared fewer, rounded up.
    assert pessimistic.front_bias == 1.0
    assert central.front_bias == pytest.approx(0.8)
    assert optimistic.front_bias == 0.0
    assert [model.missed for model in (pessimistic, central, optimistic)] == [1.0, 1.0, 0.0]


def test_the_original_is_taken_out_of_what_is_shown() -> None:
    log = project(
        *queue_of_two(),
        created(3 * S, 8, SELL, 105, 13),
        deleted(3 * S + 1, 1, BUY, 105, 0),
        changed(3 * S + 2, 2, BUY, 105, 2),
        deleted(3 * S + 3, 8, SELL, 105, 0),
        created(4 * S, 3, BUY, 105, 7),
        deleted(9 * S, 2, BUY, 105, 2),
    )
    order = next(order for order in log.orders if order.order == 2)
    rows = rows_without(log, order)
    levels = rows[rows["price"] == 105]
    assert levels["size"].tolist() == [10, 10, 0, 3, 0, 7]
    assert log.rows["size"][order.row] == 15


def test_orders_count_that_lived_a_second_and_had_a_queue() -> None:
    log = project(
        created(S, 1, BUY, 105, 1),
        created(S + 1, 2, BUY, 105, 1),
        created(S + 2, 3, BUY, 105, 1),
        deleted(S + 3, 3, BUY, 105, 1),
        deleted(2 * S, 1, BUY, 105, 1),
        deleted(2 * S + 1, 2, BUY, 105, 1),
    )
    assert [order.order for order in eligible(log, queued=True)] == [2]
    assert [order.order for order in eligible(log, queued=False)] == [1, 2]


def test_a_sample_is_drawn_by_its_seed() -> None:
    events: list[LogEvent] = [
        act(at + number, number, BUY, 100 - number % 5, 1 + number)
        for act, at in ((created, S), (deleted, 9 * S))
        for number in range(40)
    ]
    log = project(*events)

    def biases(seed: int) -> list[TwinFigures]:
        choice = TwinChoice(sample=10, seed=seed)
        found = replay_twins(log, log.orders, PaperSettings(), choice)
        assert (found.orders, found.sampled, found.refused) == (40, 10, 0)
        return list(found.models)

    assert biases(1) == biases(1)
    assert biases(1) != biases(2)
