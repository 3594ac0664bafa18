"""How well orders were filled in this run: the triple of the queue models, what orders cost
against their decisions, and where the market went after each fill."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import Struct

from trading_agent.domain.facts import Fact
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.money import MONEY, ExactSums
from trading_agent.domain.order_facts import (
    FillMarked,
    Liquidity,
    OrderFilled,
    OrderShadowed,
    ShortfallMeasured,
)
from trading_agent.domain.snapshot import FillTriple, MarkOutView, ShortfallView
from trading_agent.domain.units import Lots
from trading_agent.portfolio.ledger import ZERO

HORIZONS: Final = ("after_1s", "after_5s", "after_30s")
_PARTS: Final = ("spread", "impact", "drift", "opportunity")


class TripleCount(Struct):
    """Lots of one symbol: really `filled`, and how many more each model would have."""

    filled: Lots = Lots(0)
    pessimistic: Lots = Lots(0)
    central: Lots = Lots(0)
    optimistic: Lots = Lots(0)


@dataclass(slots=True)
class ShortfallSums:
    """Of one symbol, as in `ShortfallMeasured`. Made once and written at every end of an order:
    slots are written in half the time of a Struct's fields."""

    orders: int = 0
    notional: int = 0
    spread: int = 0
    impact: int = 0
    drift: int = 0
    opportunity: int = 0
    fees: Decimal = ZERO
    expected_impact: int = 0


class MarkSums(Struct):
    """Of one liquidity: sums of basis points and how many there were, by horizon."""

    fills: int
    sums: list[float]
    counts: list[int]


class ExecutionQuality:
    """A fold over facts: of one run for the account, of a whole journal for a report."""

    def __init__(self) -> None:
        self.triples: dict[str, TripleCount] = {}
        self.shortfalls: dict[str, ShortfallSums] = {}
        self.marks: dict[Liquidity, MarkSums] = {}

    def begin(self) -> None:
        self.triples = {}
        self.shortfalls = {}
        self.marks = {}

    def hear(self, fact: Fact) -> None:
        """Any fact; those of other matters are passed over."""
        match fact:
            case OrderFilled():
                self.filled(fact)
            case OrderShadowed():
                self.shadowed(fact)
            case ShortfallMeasured():
                with ExactSums():
                    self.measured(fact)
            case FillMarked():
                self.marked(fact)
            case _:
                pass

    def filled(self, fact: OrderFilled) -> None:
        """What is filled counts under every model, until a shadow says otherwise."""
        triple = self.triples.get(fact.symbol)
        if triple is None:
            triple = self.triples[fact.symbol] = TripleCount()
        triple.filled = Lots(triple.filled + fact.size)

    def shadowed(self, fact: OrderShadowed) -> None:
        triple = self.triples.setdefault(fact.symbol, TripleCount())
        filled = fact.filled
        triple.pessimistic = Lots(triple.pessimistic + fact.pessimistic - filled)
        triple.central = Lots(triple.central + fact.central - filled)
        triple.optimistic = Lots(triple.optimistic + fact.optimistic - filled)

    def measured(self, fact: ShortfallMeasured) -> None:
        """While `domain.money.ExactSums` is held."""
        sums = self.shortfalls.get(fact.symbol)
        if sums is None:
            sums = self.shortfalls[fact.symbol] = ShortfallSums()
        sums.orders += 1
        sums.notional += fact.notional
        sums.spread += fact.spread
        sums.impact += fact.impact
        sums.drift += fact.drift
        sums.opportunity += fact.opportunity
        sums.fees += fact.fees
        sums.expected_impact += fact.expected_impact

    def marked(self, fact: FillMarked) -> None:
        marks = self.marks.get(fact.liquidity)
        if marks is None:
            marks = self.marks[fact.liquidity] = MarkSums(0, [0.0] * 3, [0] * 3)
        marks.fills += 1
        sums, counts = marks.sums, marks.counts
        if fact.after_1s is not None:
            sums[0] += fact.after_1s
            counts[0] += 1
        if fact.after_5s is not None:
            sums[1] += fact.after_5s
            counts[1] += 1
        if fact.after_30s is not None:
            sums[2] += fact.after_30s
            counts[2] += 1

    def triple_views(self, instruments: dict[str, Instrument]) -> dict[str, FillTriple]:
        """By symbol."""
        views = {}
        for symbol, lots in self.triples.items():
            size = instruments[symbol].size
            views[symbol] = FillTriple(
                pessimistic=size(Lots(lots.filled + lots.pessimistic)),
                central=size(Lots(lots.filled + lots.central)),
                optimistic=size(Lots(lots.filled + lots.optimistic)),
            )
        return views

    def shortfall_view(self, instruments: dict[str, Instrument]) -> ShortfallView:
        """Of all symbols together."""
        money = dict.fromkeys(("notional", "expected_impact", *_PARTS), ZERO)
        orders, fees = 0, ZERO
        for symbol, sums in self.shortfalls.items():
            orders += sums.orders
            fees = MONEY.add(fees, sums.fees)
            for name in money:
                value = instruments[symbol].half_notional(getattr(sums, name))
                money[name] = MONEY.add(money[name], value)
        total = fees
        for part in _PARTS:
            total = MONEY.add(total, money[part])
        return ShortfallView(orders=orders, fees=fees, total=total, **money)

    def mark_out_views(self) -> dict[str, MarkOutView]:
        """By liquidity."""
        return {str(liquidity): _means(marks) for liquidity, marks in self.marks.items()}


def _means(marks: MarkSums) -> MarkOutView:
    means = [
        total / count if count else None
        for total, count in zip(marks.sums, marks.counts, strict=True)
    ]
    return MarkOutView(fills=marks.fills, **dict(zip(HORIZONS, means, strict=True)))
