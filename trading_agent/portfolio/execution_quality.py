"""How well orders were filled in this run: the triple of the queue models, what orders cost
against their decisions, and where the market went after each fill."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from trading_agent.domain.facts import (
    Fact,
    FillMarked,
    Liquidity,
    OrderFilled,
    OrderShadowed,
    ShortfallMeasured,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.snapshot import FillTriple, MarkOutView, ShortfallView
from trading_agent.domain.units import Lots
from trading_agent.portfolio.ledger import MONEY, ZERO

HORIZONS: Final = ("after_1s", "after_5s", "after_30s")


class TripleCount(Struct):
    """Lots of one symbol."""

    pessimistic: Lots = Lots(0)
    central: Lots = Lots(0)
    optimistic: Lots = Lots(0)


class ShortfallSums(Struct):
    """Quote amounts, as in `ShortfallMeasured`."""

    orders: int = 0
    notional: Decimal = ZERO
    spread: Decimal = ZERO
    impact: Decimal = ZERO
    drift: Decimal = ZERO
    opportunity: Decimal = ZERO
    fees: Decimal = ZERO
    total: Decimal = ZERO


class MarkSums(Struct):
    """Of one liquidity: sums of basis points and how many there were, by horizon."""

    fills: int
    sums: list[float]
    counts: list[int]


class ExecutionQuality:
    """A fold over facts: of one run for the account, of a whole journal for a report."""

    def __init__(self) -> None:
        self.triples: dict[str, TripleCount] = {}
        self.shortfall = ShortfallSums()
        self.marks: dict[Liquidity, MarkSums] = {}

    def begin(self) -> None:
        self.triples = {}
        self.shortfall = ShortfallSums()
        self.marks = {}

    def hear(self, fact: Fact) -> None:
        """Any fact; those of other matters are passed over."""
        match fact:
            case OrderFilled():
                self.filled(fact)
            case OrderShadowed():
                self.shadowed(fact)
            case ShortfallMeasured():
                self.measured(fact)
            case FillMarked():
                self.marked(fact)
            case _:
                pass

    def filled(self, fact: OrderFilled) -> None:
        """What is filled counts under every model, until a shadow says otherwise."""
        triple = self._triple(fact.symbol)
        triple.pessimistic = Lots(triple.pessimistic + fact.size)
        triple.central = Lots(triple.central + fact.size)
        triple.optimistic = Lots(triple.optimistic + fact.size)

    def shadowed(self, fact: OrderShadowed) -> None:
        triple = self._triple(fact.symbol)
        filled = fact.filled
        triple.pessimistic = Lots(triple.pessimistic + fact.pessimistic - filled)
        triple.central = Lots(triple.central + fact.central - filled)
        triple.optimistic = Lots(triple.optimistic + fact.optimistic - filled)

    def measured(self, fact: ShortfallMeasured) -> None:
        sums = self.shortfall
        sums.orders += 1
        sums.notional = MONEY.add(sums.notional, fact.notional)
        sums.spread = MONEY.add(sums.spread, fact.spread)
        sums.impact = MONEY.add(sums.impact, fact.impact)
        sums.drift = MONEY.add(sums.drift, fact.drift)
        sums.opportunity = MONEY.add(sums.opportunity, fact.opportunity)
        sums.fees = MONEY.add(sums.fees, fact.fees)
        sums.total = MONEY.add(sums.total, fact.total)

    def marked(self, fact: FillMarked) -> None:
        marks = self.marks.get(fact.liquidity)
        if marks is None:
            marks = self.marks[fact.liquidity] = MarkSums(0, [0.0] * 3, [0] * 3)
        marks.fills += 1
        for place, moved in enumerate((fact.after_1s, fact.after_5s, fact.after_30s)):
            if moved is not None:
                marks.sums[place] += moved
                marks.counts[place] += 1

    def triple_views(self, instruments: dict[str, Instrument]) -> dict[str, FillTriple]:
        """By symbol."""
        views = {}
        for symbol, lots in self.triples.items():
            size = instruments[symbol].size
            views[symbol] = FillTriple(
                pessimistic=size(lots.pessimistic),
                central=size(lots.central),
                optimistic=size(lots.optimistic),
            )
        return views

    def shortfall_view(self) -> ShortfallView:
        sums = self.shortfall
        return ShortfallView(**{name: getattr(sums, name) for name in sums.__struct_fields__})

    def mark_out_views(self) -> dict[str, MarkOutView]:
        """By liquidity."""
        return {str(liquidity): _means(marks) for liquidity, marks in self.marks.items()}

    def _triple(self, symbol: str) -> TripleCount:
        triple = self.triples.get(symbol)
        if triple is None:
            triple = self.triples[symbol] = TripleCount()
        return triple


def _means(marks: MarkSums) -> MarkOutView:
    means = [
        total / count if count else None
        for total, count in zip(marks.sums, marks.counts, strict=True)
    ]
    return MarkOutView(fills=marks.fills, **dict(zip(HORIZONS, means, strict=True)))
