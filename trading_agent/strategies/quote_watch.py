"""What the compiled loop watches for strategies that quote: when they are asked again."""

from typing import Final

import numpy as np

from trading_agent.market.book import best_ask, best_bid
from trading_agent.market.compiling import part

QUOTE_WATCH: Final = np.dtype(
    [("on", np.int64), ("due", np.int64), ("middle", np.int64), ("reach", np.int64)], align=True
)
"""One symbol's quotes. `on`: 0 where nobody quotes. `due`: when they are looked at again,
nanoseconds UTC. `middle`: best bid plus best ask when they were looked at last, ticks; a move of
it beyond `reach` is as good as the time."""


@part
def quotes_are_due(quoting, book, at):
    """Of a book that has two sides."""
    moved = abs(best_bid(book) + best_ask(book) - quoting.middle)
    return at >= quoting.due or moved > quoting.reach
