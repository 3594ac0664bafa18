"""How much the book holds near the touch, and what it would cost to trade against it."""

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.order import Side
from trading_agent.domain.units import BASIS_POINTS, Nanos, Ticks
from trading_agent.signals.enhanced.settings import LiquidityParameters

Integers = NDArray[np.int64]

_EDGE: Final = 1e-9
"""Part of a basis point: a level at the very edge of a band is inside, however it rounds."""


class BookSides(Struct, frozen=True):
    """A book that is ready and not crossed: one array a side of ticks and of lots, of equal
    length, best first. `lot_tick_value`: one lot at a price of one tick, in the quote asset."""

    bid_ticks: Integers
    bid_lots: Integers
    ask_ticks: Integers
    ask_lots: Integers
    lot_tick_value: float


class Depth(Struct, frozen=True):
    """Value that rests within `band_bps` of the mid price, quote asset. A side whose book as
    given ends inside the band is not `whole`: there may be more."""

    band_bps: float
    bids: float
    asks: float
    whole_bids: bool
    whole_asks: bool


class Cost(Struct, frozen=True):
    """Taking a value from the book: the average price in ticks, how much worse it is than the mid
    price and than the touch, the worst price, and levels touched."""

    average_ticks: float
    against_mid_bps: float
    slippage_bps: float
    worst: Ticks
    levels: int


class Liquidity(Struct, frozen=True):
    """A book at one moment. `mid` in ticks; depths by rising band."""

    at: Nanos
    mid: float
    spread_bps: float
    depths: tuple[Depth, ...]


def measure_liquidity(
    book: BookSides, at: Nanos, parameters: LiquidityParameters
) -> Liquidity | None:
    """None when a side is empty."""
    mid = mid_price(book)
    if mid is None:
        return None
    bands = np.array(parameters.bands_bps)
    bids, bid_reach = _depths(book.bid_ticks, book.bid_lots, mid, bands)
    asks, ask_reach = _depths(book.ask_ticks, book.ask_lots, mid, bands)
    value = book.lot_tick_value
    return Liquidity(
        at=at,
        mid=mid,
        spread_bps=float(book.ask_ticks[0] - book.bid_ticks[0]) / mid * BASIS_POINTS,
        depths=tuple(
            Depth(band, bid * value, ask * value, bid_reach >= band, ask_reach >= band)
            for band, bid, ask in zip(parameters.bands_bps, bids, asks, strict=True)
        ),
    )


def cost_to_trade(book: BookSides, side: Side, value: float) -> Cost | None:
    """What an aggressor pays who buys or sells for `value` (quote asset, above 0) now; None when
    the book as given ends before. InvariantError when the value is not above 0."""
    if not value > 0.0:
        raise InvariantError(f"a trade for {value:g}")
    mid = mid_price(book)
    if mid is None:
        return None
    buys = side is Side.BUY
    ticks, lots = (book.ask_ticks, book.ask_lots) if buys else (book.bid_ticks, book.bid_lots)
    # Prices as a distance from the touch: an average near 1e9 ticks would lose its last digits.
    wanted = value / book.lot_tick_value
    worth = np.cumsum(ticks * lots.astype(np.float64))
    last = int(np.searchsorted(worth, wanted))
    if last == len(worth):
        return None
    touch = int(ticks[0])
    before = float(worth[last - 1]) if last else 0.0
    rest = (wanted - before) / float(ticks[last])
    away = np.abs(ticks[: last + 1] - touch).astype(np.float64)
    taken = lots[: last + 1].astype(np.float64)
    taken[last] = rest
    slip = float((away * taken).sum()) / float(taken.sum())
    average = touch + slip * side
    return Cost(
        average_ticks=average,
        against_mid_bps=(abs(touch - mid) + slip) / mid * BASIS_POINTS,
        slippage_bps=slip / touch * BASIS_POINTS,
        worst=Ticks(int(ticks[last])),
        levels=last + 1,
    )


def mid_price(book: BookSides) -> float | None:
    """In ticks; None when a side is empty."""
    if len(book.bid_ticks) == 0 or len(book.ask_ticks) == 0:
        return None
    return 0.5 * (int(book.bid_ticks[0]) + int(book.ask_ticks[0]))


def _depths(
    ticks: Integers, lots: Integers, mid: float, bands: NDArray[np.float64]
) -> tuple[list[float], float]:
    """Ticks times lots within each band, and how far the side reaches in basis points."""
    away = np.abs(ticks - mid) / mid * BASIS_POINTS
    worth = np.concatenate(((0.0,), np.cumsum(ticks * lots.astype(np.float64))))
    inside = np.searchsorted(away, bands + _EDGE, side="right")
    return worth[inside].tolist(), float(away[-1])
