"""Who leads whom among the tracked symbols, looked at anew as minutes close."""

from collections.abc import Iterator, Sequence

from trading_agent.domain.evidence_facts import LeadChanged
from trading_agent.domain.units import Nanos
from trading_agent.signals.enhanced.cross_asset import CrossAssetFlow, LeadLag
from trading_agent.signals.enhanced.scrutiny import MarketScrutiny
from trading_agent.signals.enhanced.settings import CrossAssetParameters


class Leads:
    """Owned by the core. Symbols in the order of the run's, with what is seen of each."""

    def __init__(
        self,
        symbols: Sequence[str],
        scrutinies: Sequence[MarketScrutiny],
        parameters: CrossAssetParameters,
    ) -> None:
        self._flow = CrossAssetFlow(symbols, parameters)
        self._scrutinies = dict(zip(symbols, scrutinies, strict=True))
        self._taken = dict.fromkeys(symbols, 0)
        self._pairs_a_minute = parameters.pairs_a_minute
        self._newest: dict[frozenset[str], LeadLag] = {}

    def refresh(self, at: Nanos) -> Iterator[LeadChanged]:
        """Some pairs in turn; what has begun or ceased to hold is told."""
        if not self._flow.pairs or not self._pairs_a_minute:
            return
        for symbol, scrutiny in self._scrutinies.items():
            seconds, returns, self._taken[symbol] = scrutiny.returns(self._taken[symbol])
            self._flow.add_seconds(symbol, seconds, returns)
        for found in self._flow.refresh(self._pairs_a_minute):
            pair = frozenset((found.leader, found.follower))
            before = self._newest.get(pair)
            self._newest[pair] = found
            if _leads(found) != (_leads(before) if before else ""):
                yield _changed(found, at)

    def of(self, follower: str) -> tuple[LeadLag, ...]:
        """Those who lead a symbol now, in the order in which pairs are compared."""
        return tuple(each for each in self._newest.values() if _leads(each) == follower)

    def significant(self) -> tuple[LeadLag, ...]:
        """Pairs that move together or after one another by more than chance."""
        return tuple(each for each in self._newest.values() if each.significant)


def _leads(found: LeadLag) -> str:
    """Who follows; empty when nobody does."""
    return found.follower if found.significant and found.lag_seconds else ""


def _changed(found: LeadLag, at: Nanos) -> LeadChanged:
    return LeadChanged(
        at=at,
        leader=found.leader,
        follower=found.follower,
        leads=bool(_leads(found)),
        lag_seconds=found.lag_seconds,
        correlation=found.correlation,
        bound=found.bound,
        seconds=found.n,
        transfer_bits=found.transfer_bits,
    )
