"""An open position: what was bought and sold of one symbol since it was last flat."""

from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.units import Lots, Nanos


class Position(Struct, kw_only=True):
    """Changed by its owner, `portfolio.positions`, and by nobody else.

    `spent` and `earned` are quote amounts over the position's life, fees included, so its
    profit is a difference of exact sums and never an average. `entered_at`, `entry_size` and
    `entry_value` (ticks x lots, fees not included) count from the first purchase after the last
    sale: exits are measured from them, so that a rest too small to sell does not colour the next
    entry. `strategy`: whose entry opened it."""

    symbol: str
    opened_at: Nanos
    bought: Lots
    size: Lots
    spent: Decimal
    earned: Decimal
    entered_at: Nanos
    entry_size: Lots
    entry_value: int
    strategy: str = ""
