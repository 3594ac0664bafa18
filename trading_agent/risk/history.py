"""What risk remembers of the facts: breakers, entries of late, results of closed positions."""

from decimal import Decimal
from typing import Final

from msgspec import Struct, field

from trading_agent.domain.order import OrderId, OrderKind, Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.risk.breakers import Breakers

REMEMBERED: Final = 128
_RESULTS: Final = 500
_OWN_RESULTS: Final = 100


class Entry(Struct, frozen=True):
    """A purchase that was sent."""

    at: Nanos
    order: OrderId
    symbol: str
    side: Side
    kind: OrderKind
    price: Ticks
    size: Lots


class RiskHistory(Struct):
    """A fold over facts, owned by the account. `entries`: the last 128, oldest first. `results`:
    profit and what was spent of the last 500 closed positions, oldest first; `by_strategy`: of the
    last 100 of whose entry opened them."""

    breakers: Breakers = field(default_factory=Breakers)
    entries: list[Entry] = field(default_factory=list)
    results: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    by_strategy: dict[str, list[tuple[Decimal, Decimal]]] = field(default_factory=dict)

    def bought(self, fact: OrderSent) -> None:
        """A purchase was sent."""
        entries = self.entries
        entries.append(
            Entry(
                fact.at,
                fact.order,
                fact.symbol,
                fact.side,
                fact.kind,
                fact.price,
                fact.size,
            )
        )
        if len(entries) > REMEMBERED:
            del entries[0]

    def closed(self, profit: Decimal, spent: Decimal, strategy: str) -> None:
        self.breakers.closed(profit)
        self.results.append((profit, spent))
        if len(self.results) > _RESULTS:
            del self.results[0]
        own = self.by_strategy.setdefault(strategy, [])
        own.append((profit, spent))
        if len(own) > _OWN_RESULTS:
            del own[0]
