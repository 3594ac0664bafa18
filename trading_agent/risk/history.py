"""What risk remembers of the facts: breakers, entries of late, results of closed positions."""

from decimal import Decimal
from typing import Final

from msgspec import Struct, field

from trading_agent.domain.facts import PositionClosed
from trading_agent.domain.order import OrderId, OrderKind, Side
from trading_agent.domain.order_facts import OrderFilled, OrderSent, OrderShadowed
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.risk.breakers import Breakers
from trading_agent.risk.trips import Trips

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
    last 100 of whose entry opened them, as the pessimistic model of the queue would have had
    them; `trips`: those that are not over under every model."""

    breakers: Breakers = field(default_factory=Breakers)
    entries: list[Entry] = field(default_factory=list)
    results: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    by_strategy: dict[str, list[tuple[Decimal, Decimal]]] = field(default_factory=dict)
    trips: Trips = field(default_factory=Trips)

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

    def filled(self, fact: OrderFilled) -> None:
        self.trips.fill(fact)

    def shadowed(self, fact: OrderShadowed) -> None:
        self.trips.end(fact)
        self._settle(fact.symbol)

    def ended_unseen(self, sent: OrderSent) -> None:
        """An order of which nobody knows what became of its shadows."""
        self.trips.end_unseen(sent.symbol, sent.order)
        self._settle(sent.symbol)

    def closed(self, fact: PositionClosed, spent: Decimal) -> None:
        self.breakers.closed(fact.profit)
        self.results.append((fact.profit, spent))
        if len(self.results) > _RESULTS:
            del self.results[0]
        self.trips.close(fact.symbol, fact.strategy, (fact.profit, spent))
        self._settle(fact.symbol)

    def _settle(self, symbol: str) -> None:
        for trip in self.trips.settle(symbol):
            result = trip.result()
            if result is not None:
                own = self.by_strategy.setdefault(trip.strategy, [])
                own.append(result)
                if len(own) > _OWN_RESULTS:
                    del own[0]
