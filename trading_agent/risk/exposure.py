"""What is held, on order and promised, by pair and by what moves together."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.decision import Proposal
from trading_agent.domain.instrument import Instrument
from trading_agent.risk.desk_view import Holding
from trading_agent.risk.settings import RiskLimits

_ZERO = Decimal(0)


class Promise(Struct, frozen=True):
    """An approval that the account does not know of yet: it holds its share of every limit."""

    proposal: Proposal
    instrument: Instrument
    value: Decimal
    reserve: Decimal


class Clusters:
    """Which pairs move together."""

    def __init__(self, limits: RiskLimits) -> None:
        self._named = {
            symbol: name for name, symbols in limits.clusters.items() for symbol in symbols
        }

    def of(self, instrument: Instrument) -> tuple[str, str]:
        name = self._named.get(instrument.symbol)
        return ("base", instrument.base) if name is None else ("named", name)


class Exposure(Struct, frozen=True):
    """Values in the quote asset, the order in question not included."""

    of_symbol: Decimal
    of_cluster: Decimal
    total: Decimal
    unknown: tuple[str, ...]
    """What is held and has no price."""


NOTHING = Exposure(_ZERO, _ZERO, _ZERO, ())


def exposure_of(
    instrument: Instrument,
    holdings: Sequence[Holding],
    promises: Sequence[Promise],
    clusters: Clusters,
    *,
    stress: bool,
) -> Exposure:
    """`stress`: all pairs move together."""
    if not holdings and not promises:
        return NOTHING
    cluster = clusters.of(instrument)
    of_symbol = of_cluster = total = _ZERO
    parts = [(held.instrument, held.value) for held in holdings]
    parts += [(promise.instrument, promise.value) for promise in promises]
    unknown = tuple(other.symbol for other, value in parts if value is None)
    for other, value in parts:
        if value is None:
            continue
        total += value
        if stress or clusters.of(other) == cluster:
            of_cluster += value
        if other.symbol == instrument.symbol:
            of_symbol += value
    return Exposure(of_symbol, of_cluster, total, unknown)
