"""What a signal would have been filled with: orders that travel, against the book as of their
arrival, through the compiled matching of the paper venue. Nothing rests, so that the strictest
model of the queue and the mildest fill the same."""

from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import Rows, empty_rows
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.execution.latency import Latency
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.fill_validation_venue import PaperFill, ValidationVenue
from trading_agent.research.signal_samples import Floats, Integers

_HIGHEST: Final = Ticks(1 << 50)
_LOWEST: Final = Ticks(1)
_NO_ROWS: Final = empty_rows(0)


class TripTerms(Struct, frozen=True, kw_only=True):
    """`notional`: of one entry, quote asset. `paper`: how long orders travel."""

    horizons: tuple[float, ...]
    notional: float
    paper: PaperSettings
    taker_fee_bps: float
    seed: int


def lots_of(notional: float, price: float, instrument: Instrument) -> Lots:
    """At least one."""
    one = float(instrument.notional(Ticks(max(round(price), 1)), Lots(1)))
    return Lots(max(int(notional / one), 1))


def round_trips(
    rows: Rows, at: Integers, direction: Integers, size: Lots, terms: TripTerms
) -> Floats:
    """Net basis points: a row a signal, a column a horizon. An order sent at `at` enters, one sent
    a horizon later leaves, both to market and as dear as the visible book is, however deep; fees
    paid. No number where the recording ends sooner or the book did not fill the whole of it.
    Every order meets the market as recorded: what others took is there again."""
    offsets = np.array([round(each * SECOND) for each in terms.horizons], np.int64)
    return trips_between(rows, (at, at[:, None] + offsets), direction, size, terms)


def trips_between(
    rows: Rows,
    sent: tuple[Integers, Integers],
    direction: Integers,
    size: Lots,
    terms: TripTerms,
) -> Floats:
    """The same where every signal's entry and, a column each, its exits are sent at `sent`."""
    entered, left = sent
    both = np.concatenate([entered[:, None], left], axis=1)
    side = np.broadcast_to(direction[:, None], both.shape).copy()
    side[:, 1:] *= -1
    travel = Latency(terms.paper, terms.seed)
    # Whatever travels cannot meet the message that caused it before that message.
    arrival = both.ravel() + np.array([max(travel.draw(), 1) for _ in range(both.size)])
    paid = _prices(rows, arrival, side.ravel(), size, terms.paper).reshape(both.shape)
    moved = (paid[:, 1:] / paid[:, :1] - 1.0) * 1e4 * direction[:, None]
    net: Floats = moved - 2.0 * terms.taker_fee_bps
    return net


def _prices(
    rows: Rows, arrival: Integers, side: Integers, size: Lots, paper: PaperSettings
) -> Floats:
    """Mean price of each order, in ticks."""
    venue = ValidationVenue(paper)
    paid = np.full(len(arrival), np.nan)
    order = np.argsort(arrival, kind="stable")
    # Orders act before the rows of their own moment, as in the loop.
    reached = np.searchsorted(rows["at"], arrival, side="left")
    last = int(rows["at"][-1])
    position = 0
    for place in order.tolist():
        now = Nanos(int(arrival[place]))
        if now > last:
            break
        end = int(reached[place])
        venue.advance(rows[position:end], now)
        position = end
        if venue.usable:
            paid[place] = _fill(venue, int(side[place]), size, now)
    return paid


def _fill(venue: ValidationVenue, side: int, size: Lots, now: Nanos) -> float:
    limit = _HIGHEST if side > 0 else _LOWEST
    venue.forget_taken()
    venue.send(Side(side), OrderKind.MARKET, limit, size, now)
    return _mean_price(venue.advance(_NO_ROWS, now), size)


def _mean_price(fills: list[PaperFill], size: Lots) -> float:
    filled = sum(fill.size for fill in fills)
    if filled < size:
        return float("nan")
    return float(sum(fill.price * fill.size for fill in fills) / filled)
