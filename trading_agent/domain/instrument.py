"""What can be traded, and the only converter between integers and money."""

from decimal import Decimal
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from trading_agent.domain.order import SELL, OrderKind, Side
from trading_agent.domain.units import Lots, Ticks

_MOST_DECIMALS: Final = 18
_UNITS: Final = tuple(Decimal(1).scaleb(-decimals) for decimals in range(2 * _MOST_DECIMALS + 1))
"""One of the last of so many decimals: multiplying by it comes to the same as `scaleb`, and takes
a third of the time."""


class Instrument(Struct, frozen=True, kw_only=True):
    """Rules of one pair as the exchange states them.

    `price_decimals` and `size_decimals` (0 to 18) define tick and lot as powers of ten. Fees are
    fractions of the notional (0.0005 is five basis points); None means the exchange did
    not say, which is never read as zero.
    """

    symbol: str
    base: str
    quote: str
    price_decimals: int
    size_decimals: int
    min_size: Lots
    min_notional: Decimal
    max_notional: Decimal
    maker_fee: Decimal | None
    taker_fee: Decimal | None
    tradable: bool
    kinds: tuple[OrderKind, ...] | None = None
    """What the exchange takes; None: it did not say, and everything is tried."""
    price_band: Decimal | None = None
    """How far a limit may reach beyond the last trade on its own side, as a fraction of it."""

    still_sold: Literal[True] | UnsetType = UNSET
    """Set for a pair that is not tradable, but open to selling."""

    def lets(self, side: Side) -> bool:
        """Whether the exchange takes orders of this side."""
        return self.tradable or (side is SELL and self.still_sold is True)

    @property
    def tick(self) -> Decimal:
        return Decimal(1).scaleb(-self.price_decimals)

    @property
    def lot(self) -> Decimal:
        return Decimal(1).scaleb(-self.size_decimals)

    @property
    def zero_fee(self) -> bool:
        return self.maker_fee == 0 and self.taker_fee == 0

    def price(self, ticks: Ticks) -> Decimal:
        return Decimal(ticks) * _UNITS[self.price_decimals]

    def size(self, lots: Lots) -> Decimal:
        return Decimal(lots) * _UNITS[self.size_decimals]

    def notional(self, ticks: Ticks, lots: Lots) -> Decimal:
        """Quote value of a quantity at a price, exact."""
        return Decimal(ticks * lots) * _UNITS[self.price_decimals + self.size_decimals]

    def half_notional(self, half_ticks_lots: int) -> Decimal:
        """Quote value of so many half ticks x lots, exact: half a unit is five tenths."""
        decimals = self.price_decimals + self.size_decimals + 1
        return Decimal(half_ticks_lots * 5).scaleb(-decimals)

    def ticks(self, price: Decimal) -> Ticks:
        """Exact; raises ValueError for a price between two ticks."""
        return Ticks(_whole(price.scaleb(self.price_decimals), price, "price", self.symbol))

    def lots(self, size: Decimal) -> Lots:
        """Exact; raises ValueError for a size between two lots."""
        return Lots(_whole(size.scaleb(self.size_decimals), size, "size", self.symbol))

    def lots_for(self, notional: Decimal, price: Ticks) -> Lots:
        """The largest quantity whose value at `price` does not exceed `notional`."""
        if price <= 0:
            return Lots(0)
        # Rounding down twice comes to the same, and integers divide exactly and fast.
        return Lots(int(notional.scaleb(self.price_decimals + self.size_decimals)) // price)


def _whole(scaled: Decimal, given: Decimal, what: str, symbol: str) -> int:
    whole = int(scaled)
    if scaled != whole:
        raise ValueError(f"{symbol}: {what} {given} has more decimals than the exchange allows")
    return whole
