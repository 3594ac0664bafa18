"""Real aggressors sent once more: what the paper venue would have paid beside what was paid.

Prints of one time and one side were one aggressor. The same quantity goes as a market order to
the book as it was just before: the last one the feed showed, without what earlier aggressors have
taken since. For that the earlier ones go through the venue too, whose ledger keeps what they
took until the next message shows the book anew. A paper order sees the book *as shown*, up to a
message's interval old: figures of that stand beside it.
"""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.order import BUY, SELL, OrderKind, Side
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.fill_validation_venue import PaperFill, ValidationVenue
from trading_agent.research.recorded_tape import RecordedTape

LARGE_VALUE: Final = 50_000
"""From so much on an order is large; quote asset."""
MEAN_WITHIN_BP: Final = 0.25
P95_WITHIN_BP: Final = 1.5

_PROTECTION: Final = 10
"""A market order reaches a tenth beyond the price really paid."""


class Aggressor(Struct, frozen=True, kw_only=True):
    """`paid`: average price in ticks; `value` in the quote asset."""

    at: Nanos
    side: Side
    size: Lots
    paid: float
    value: float


class ErrorFigures(Struct, frozen=True, kw_only=True):
    """Of paper's price against the real one in basis points; below zero paper was too kind.
    `mean_error`: standard error of the mean. `touch_mean`: of an order filled whole at the best
    price, for comparison. None without orders."""

    orders: int
    mean: float | None
    mean_error: float | None
    median: float | None
    p95: float | None
    touch_mean: float | None


class AggressorFigures(Struct, frozen=True, kw_only=True):
    """`unfilled`: orders that the visible book was too small for; `early`: orders while there
    was no book. Neither has an error. `large`: of those above `LARGE_VALUE`; `as_shown`: all,
    against the feed's last book with nothing taken out."""

    symbol: str
    aggressors: int
    unfilled: int
    early: int
    all: ErrorFigures
    large: ErrorFigures
    as_shown: ErrorFigures

    @property
    def within_targets(self) -> bool:
        mean, p95 = self.all.mean, self.all.p95
        if mean is None or p95 is None:
            return False
        return abs(mean) <= MEAN_WITHIN_BP and p95 <= P95_WITHIN_BP


class _Replayed(Struct):
    """`errors`: a row an aggressor: paper's and the touch's error in basis points, whether the
    order was large."""

    errors: list[tuple[float, float, bool]]
    aggressors: int = 0
    unfilled: int = 0
    early: int = 0

    def figures(self, *, large: bool = False) -> ErrorFigures:
        chosen = [each for each in self.errors if each[2] or not large]
        return _figures(np.array(chosen, np.float64).reshape(-1, 3))


def replay_aggressors(tape: RecordedTape, settings: PaperSettings) -> AggressorFigures:
    """Every aggressor of a recording."""
    behind = _replay(tape, settings, behind_prints=True)
    return AggressorFigures(
        symbol=tape.symbol,
        aggressors=behind.aggressors,
        unfilled=behind.unfilled,
        early=behind.early,
        all=behind.figures(),
        large=behind.figures(large=True),
        as_shown=_replay(tape, settings, behind_prints=False).figures(),
    )


def _replay(tape: RecordedTape, settings: PaperSettings, *, behind_prints: bool) -> _Replayed:
    """`behind_prints`: without what earlier aggressors took since the book was shown."""
    venue, replayed = ValidationVenue(settings), _Replayed([])
    ends = np.flatnonzero(tape.depth["flags"] & int(RowFlag.LAST)) + 1
    shown_at = tape.depth["at"][ends - 1]
    position = 0
    for aggressor in aggressors_of(tape.prints, tape.instrument):
        replayed.aggressors += 1
        messages = int(np.searchsorted(shown_at, aggressor.at, side="left"))
        shown = int(ends[messages - 1]) if messages else 0
        venue.advance(tape.depth[position:shown], aggressor.at)
        if shown > position or not behind_prints:
            venue.forget_taken()
        position = shown
        if not venue.usable:
            replayed.early += 1
            continue
        fills = _predict(venue, aggressor)
        if sum(fill.size for fill in fills) < aggressor.size:
            replayed.unfilled += 1
        else:
            replayed.errors.append(_errors(aggressor, fills))
    return replayed


def aggressors_of(prints: Rows, instrument: Instrument) -> Iterator[Aggressor]:
    """By time; of one time buyers last."""
    order = np.lexsort((prints["kind"] == RowKind.BUY, prints["at"]))
    rows = prints[order]
    changes = (np.diff(rows["at"]) != 0) | (np.diff(rows["kind"]) != 0)
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1, [len(rows)]))
    unit = 10.0 ** -(instrument.price_decimals + instrument.size_decimals)
    for first, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        group = rows[first:end]
        size = int(group["size"].sum())
        if size <= 0:
            continue
        # Exact: ticks times lots of a sweep outgrow a float's 53 bits.
        total = sum(
            price * lots
            for price, lots in zip(group["price"].tolist(), group["size"].tolist(), strict=True)
        )
        yield Aggressor(
            at=Nanos(int(group["at"][0])),
            side=BUY if group["kind"][0] == RowKind.BUY else SELL,
            size=Lots(size),
            paid=total / size,
            value=total * unit,
        )


def _predict(venue: ValidationVenue, aggressor: Aggressor) -> list[PaperFill]:
    reach = int(aggressor.paid) // _PROTECTION * aggressor.side
    price = Ticks(max(int(aggressor.paid) + reach, 1))
    venue.send(aggressor.side, OrderKind.MARKET, price, aggressor.size, aggressor.at)
    return venue.advance(empty_rows(0), aggressor.at)


def _errors(aggressor: Aggressor, fills: list[PaperFill]) -> tuple[float, float, bool]:
    """Basis points of paper's price and of the touch; whether the order was large."""
    paper = sum(fill.price * fill.size for fill in fills) / aggressor.size
    scale = aggressor.side * 1e4 / aggressor.paid
    error = (paper - aggressor.paid) * scale
    touch = (fills[0].price - aggressor.paid) * scale
    return error, touch, aggressor.value > LARGE_VALUE


def _figures(errors: NDArray[np.float64]) -> ErrorFigures:
    if len(errors) == 0:
        return ErrorFigures(
            orders=0, mean=None, mean_error=None, median=None, p95=None, touch_mean=None
        )
    paper = errors[:, 0]
    several = len(paper) > 1
    return ErrorFigures(
        orders=len(errors),
        mean=float(paper.mean()),
        mean_error=float(paper.std(ddof=1)) / math.sqrt(len(paper)) if several else None,
        median=float(np.median(paper)),
        p95=float(np.percentile(np.abs(paper), 95)),
        touch_mean=float(errors[:, 1].mean()),
    )
