"""What the rules may know of the desk."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import Side
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.risk.history import Entry


class Holding(Struct, frozen=True):
    """What is held and on order of one pair. `value` in the quote asset, None while what is held
    has no price."""

    instrument: Instrument
    value: Decimal | None


class Sight(Protocol):
    """One pair, looked at when a rule asks and not before: most orders need little of it."""

    def depth(self, side: Side, price: Ticks, enough: float) -> float:
        """Lots displayed that an order of this side and price could take; may stop counting
        when there are `enough`."""

    def lots_within(self, price: Ticks, size: Lots, most_bps: float) -> Lots:
        """Of so many lots to be bought at this price at most, how many may be taken from what is
        displayed before they cost more than so many basis points beyond the best price, on
        average. What would rest or find nothing costs nothing."""

    def minute_volume(self) -> int:
        """Lots traded within the last minute, of those the tape remembers."""

    def holdings(self) -> Sequence[Holding]:
        """Of every pair that is held or being bought."""

    def tail_loss(self, symbol: str) -> float:
        """What a pair has lost in the worst hundredth of its hours, on average, as a fraction of
        its value; NaN while too few are known."""

    def equity(self) -> Decimal | None:
        """In the quote asset; None while something held has no price."""

    def results(self) -> Sequence[float]:
        """Of closed positions, as fractions of what was spent, oldest first."""

    def worst_fee(self) -> Decimal:
        """Of a fill, as a fraction of its value."""

    def reserve(self, value: Decimal) -> Decimal:
        """What a purchase of this value locks of the quote asset, fees included."""

    def volatility(self) -> float:
        """Of a year, as a ratio; NaN while it is not known."""

    def recent_entries(self) -> Sequence[Entry]:
        """Oldest first."""


class PairView(Struct, frozen=True):
    """One pair, as far as an order is asked that leaves it."""

    instrument: Instrument
    killed: str
    book_ready: bool
    book_crossed: bool
    position: Lots
    symbol_has_exit: bool


class DeskView(PairView, frozen=True):
    """The rest, for entries. `max_open_positions`: the session's own limit. `barred`: by a
    breaker; `size_factor`: of a soft one; `stress`: any is tripped. `session_ending`: too late
    to enter. `bid`, `ask`, `last_trade`: 0 where there is none. `last_order`: the number of the
    last order sent. `halted`, `locked`: why no pair, or not this one, may be entered;
    `risk_multiplier`: makes entries smaller, below 1. `held`: the position with what is too small
    to be sold."""

    at: Nanos
    paused: str
    barred: str
    size_factor: float
    stress: bool
    session_ending: bool
    book_at: Nanos
    bid: Ticks
    ask: Ticks
    last_trade: Ticks
    spread_bps: float
    spread_limit_bps: float
    open_positions: int
    pending_entries: int
    max_open_positions: int
    symbol_has_entry: bool
    open_orders: int
    last_order: int
    free_quote: Decimal
    sight: Sight
    halted: str = ""
    locked: str = ""
    risk_multiplier: float = 1.0
    held: Lots = Lots(0)
