"""Real resting orders and their paper twins: what a queue model fills beside what was filled.

A twin is sent when its original arrived, with the same side, price and size, into what a feed of
levels and prints shows of the market at that moment, and is left there until the original was
cancelled or the sweep was over that filled it. It stands *instead of* the original, whose size is
taken out of what is shown: paper orders are not displayed. Standing *beside* it is harder than
anything a paper order meets (nobody can tell an undisplayed order from the one displayed behind
it), and is measured too. Every twin is alone: paper orders share prints.
"""

import random
from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.market_rows import RowKind, Rows, empty_rows
from trading_agent.domain.order import BUY, OrderKind
from trading_agent.domain.units import SECOND, Lots, Nanos
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.fill_validation_projection import ProjectedLog, RestingOrder
from trading_agent.research.fill_validation_venue import Triple, ValidationVenue

LEAST_LIFE: Final = Nanos(SECOND)
VOLUME_FROM: Final = 0.95
VOLUME_TO: Final = 1.02
FALSE_FILLS: Final = 0.005
MODEL_NAMES: Final = ("pessimistic", "central", "optimistic")

_NOBODY: Final = (Lots(0), Lots(0), Lots(0))


class TwinFigures(Struct, frozen=True, kw_only=True):
    """Of one queue model. `volume_ratio`: lots filled, twins over originals. `missed`: share of
    the filled originals whose twin got nothing; `false`: share of all twins that got something
    where the original got nothing. `front_bias`: mean difference of the queue ahead, estimated
    minus true, before the first fill or the end, as a share of the queue at arrival. None where
    there is nothing to divide by."""

    model: str
    volume_ratio: float | None
    missed: float | None
    false: float | None
    front_bias: float | None

    @property
    def within_targets(self) -> bool:
        ratio, false = self.volume_ratio, self.false
        if ratio is None or false is None:
            return False
        return VOLUME_FROM <= ratio <= VOLUME_TO and false <= FALSE_FILLS


class TwinChoice(Struct, frozen=True, kw_only=True):
    """At most `sample` orders a table, drawn by `seed`."""

    sample: int
    seed: int


class TwinTable(Struct, frozen=True, kw_only=True):
    """`orders`: of the log that lived long enough, `sampled` of them have twins, `filled` of
    those were really filled. `refused`: twins the venue did not take."""

    orders: int
    sampled: int
    filled: int
    refused: int
    models: tuple[TwinFigures, ...]


class _Twin(Struct, frozen=True):
    """Lots filled and lots ahead, a model each."""

    original: RestingOrder
    filled: Triple
    front: Triple


def eligible(log: ProjectedLog, *, queued: bool) -> tuple[RestingOrder, ...]:
    """Orders that lived a second or more; with `queued` those that had others before them."""
    return tuple(
        order
        for order in log.orders
        if order.ended_at - order.at >= LEAST_LIFE and (order.ahead > 0 or not queued)
    )


def replay_twins(
    log: ProjectedLog,
    orders: Sequence[RestingOrder],
    settings: PaperSettings,
    choice: TwinChoice,
    *,
    beside: bool = False,
) -> TwinTable:
    """Twins of those drawn from `orders`, instead of their originals or beside them."""
    drawn = list(orders)
    if len(drawn) > choice.sample:
        drawn = random.Random(choice.seed).sample(drawn, choice.sample)
        drawn.sort(key=_by_row)
    market, position = ValidationVenue(settings), 0
    venue = market.fork()
    twins = []
    for order in drawn:
        market.advance(log.rows[position : order.row], order.at)
        position = order.row
        venue.become(market)
        rows = log.rows[order.row : order.end_row] if beside else rows_without(log, order)
        twin = _live(venue, rows, order)
        if twin is not None:
            twins.append(twin)
    return TwinTable(
        orders=len(orders),
        sampled=len(drawn),
        filled=sum(twin.original.filled > 0 for twin in twins),
        refused=len(drawn) - len(twins),
        models=tuple(_figures(name, place, twins) for place, name in enumerate(MODEL_NAMES)),
    )


def rows_without(log: ProjectedLog, order: RestingOrder) -> Rows:
    """What was shown during an order's life, had it not been displayed: paper orders are not."""
    rows = log.rows[order.row : order.end_row].copy()
    kind = RowKind.BID if order.side is BUY else RowKind.ASK
    left = np.full(len(rows), order.size, np.int64)
    for row, lots in order.fills:
        left[row - order.row :] -= lots
    own = (rows["kind"] == kind) & (rows["price"] == order.price)
    rows["size"][own] -= left[own]
    return rows


def _live(venue: ValidationVenue, rows: Rows, order: RestingOrder) -> _Twin | None:
    """A twin's whole life; None when the venue did not take it. `rows`: shown meanwhile."""
    sent = venue.send(order.side, OrderKind.LIMIT_MAKER, order.price, order.size, order.at)
    venue.advance(empty_rows(0), order.at)
    if venue.queue_ahead() is None:
        return None
    until_front = order.front_row - order.row
    venue.advance(rows[:until_front], order.at)
    front = venue.queue_ahead() or _NOBODY
    venue.advance(rows[until_front:], order.at)
    if venue.shadows is None:
        venue.cancel(sent, order.ended_at)
        venue.advance(empty_rows(0), order.ended_at)
    return None if venue.shadows is None else _Twin(order, venue.shadows, front)


def _figures(model: str, place: int, twins: Sequence[_Twin]) -> TwinFigures:
    filled = sum(twin.filled[place] for twin in twins)
    real = [twin for twin in twins if twin.original.filled > 0]
    volume = sum(twin.original.filled for twin in real)
    queued = [twin for twin in twins if twin.original.ahead > 0]
    off = sum((twin.front[place] - twin.original.front) / twin.original.ahead for twin in queued)
    false = sum(twin.filled[place] > 0 and twin.original.filled == 0 for twin in twins)
    return TwinFigures(
        model=model,
        volume_ratio=filled / volume if volume else None,
        missed=sum(twin.filled[place] == 0 for twin in real) / len(real) if real else None,
        false=false / len(twins) if twins else None,
        front_bias=off / len(queued) if queued else None,
    )


def _by_row(order: RestingOrder) -> tuple[int, int]:
    return order.row, order.order
