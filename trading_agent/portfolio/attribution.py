"""Who earned what: closed positions by the strategy that opened them, and by the evidence that
spoke for that, each kind of it by its share of the strength."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from trading_agent.domain.evidence_facts import EntryWeighed
from trading_agent.domain.facts import Fact, PositionClosed, PositionOpened
from trading_agent.domain.money import MONEY
from trading_agent.domain.order import ENTRY
from trading_agent.domain.order_facts import OrderSent
from trading_agent.portfolio.ledger import ZERO

_UNITS: Final = 1 << 30
"""Shares are counted in these: sums of fractions stay exact."""


class Earned(Struct, frozen=True):
    """`profit` after fees, in the quote asset; `won`: positions that earned anything."""

    positions: int = 0
    won: int = 0
    profit: Decimal = ZERO


class Attribution:
    """Hears the facts of a desk in their order."""

    def __init__(self) -> None:
        self.by_strategy: dict[str, Earned] = {}
        self.by_evidence: dict[str, Decimal] = {}
        """Families of evidence; what spoke against loses where the position earned. The sum is
        that of the positions whose entries were weighed."""
        self._weighed: dict[str, EntryWeighed] = {}
        self._sent: dict[str, EntryWeighed] = {}
        self._opened: dict[str, EntryWeighed] = {}

    def hear(self, fact: Fact) -> None:
        match fact:
            case EntryWeighed():
                self._weighed[fact.symbol] = fact
            case OrderSent():
                self._on_sent(fact)
            case PositionOpened():
                self._on_opened(fact.symbol)
            case PositionClosed():
                self._on_closed(fact)
            case _:
                pass

    def _on_sent(self, sent: OrderSent) -> None:
        """An entry follows what was weighed for it at once."""
        if sent.purpose is not ENTRY:
            return
        weighed = self._weighed.get(sent.symbol)
        if weighed is not None and weighed.at == sent.at and weighed.strategy == sent.strategy:
            self._sent[sent.symbol] = weighed
        else:
            self._sent.pop(sent.symbol, None)

    def _on_opened(self, symbol: str) -> None:
        self._opened.pop(symbol, None)
        if symbol in self._sent:
            self._opened[symbol] = self._sent[symbol]

    def _on_closed(self, closed: PositionClosed) -> None:
        before = self.by_strategy.get(closed.strategy, Earned())
        self.by_strategy[closed.strategy] = Earned(
            before.positions + 1,
            before.won + (closed.profit > 0),
            MONEY.add(before.profit, closed.profit),
        )
        weighed = self._opened.pop(closed.symbol, None)
        if weighed is not None:
            for family, profit in shared(closed.profit, _by_family(weighed)).items():
                self.by_evidence[family] = MONEY.add(self.by_evidence.get(family, ZERO), profit)


def shared(profit: Decimal, shares: dict[str, float]) -> dict[str, Decimal]:
    """An amount by shares whose sum is above 0: to the last digit, what rounding leaves over goes
    to the largest."""
    units = {name: round(share * _UNITS) for name, share in shares.items()}
    whole = sum(units.values())
    if whole <= 0:
        return {}
    exponent = int(profit.as_tuple().exponent)
    digits = int(profit.scaleb(-exponent, MONEY))
    parts = {name: digits * count // whole for name, count in units.items()}
    parts[max(units, key=lambda name: units[name])] += digits - sum(parts.values())
    return {name: Decimal(part).scaleb(exponent, MONEY) for name, part in parts.items()}


def _by_family(weighed: EntryWeighed) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in weighed.parts:
        found[part.family] = found.get(part.family, 0.0) + part.share
    return found
