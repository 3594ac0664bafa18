"""Books as arrays."""

import numpy as np

from trading_agent.signals.enhanced.liquidity import BookSides


def a_book(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], lot_tick_value: float = 1.0
) -> BookSides:
    """Levels of (ticks, lots), best first."""
    columns = [
        np.array([level[field] for level in side], np.int64)
        for side in (bids, asks)
        for field in (0, 1)
    ]
    return BookSides(*columns, lot_tick_value)
