"""Who leads whom among the tracked symbols, looked at anew as minutes close."""

from collections.abc import Iterator, Sequence

from trading_agent.domain.evidence_facts import LeadChanged
from trading_agent.domain.units import MINUTE, SECOND, Nanos
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
        self._pairs_a_close = parameters.pairs_a_close
        self._lifetime = parameters.window_minutes * MINUTE
        self._newest: dict[tuple[str, str], LeadLag] = {}

    def refresh(self, at: Nanos) -> Iterator[LeadChanged]:
        """Some pairs in turn; what has begun or ceased to hold is told."""
        if not self._flow.pairs or not self._pairs_a_close:
            return
        for symbol, scrutiny in self._scrutinies.items():
            seconds, returns, self._taken[symbol] = scrutiny.returns(self._taken[symbol])
            self._flow.add_seconds(symbol, seconds, returns)
        for pair, found in self._flow.refresh(self._pairs_a_close):
            before = self._newest.pop(pair, None)
            if found is not None:
                self._newest[pair] = found
            followed, follows = _follower(before), _follower(found)
            told = found or before
            if told is not None and followed != follows:
                yield _changed(told, at, leads=bool(follows))

    def of(self, follower: str, at: Nanos) -> tuple[LeadLag, ...]:
        """Those who lead a symbol now."""
        return tuple(each for each in self.significant(at) if _follower(each) == follower)

    def significant(self, at: Nanos) -> tuple[LeadLag, ...]:
        """Pairs that move together or after one another by more than chance. What was found
        longer ago than it looked back says nothing of now."""
        return tuple(
            each
            for each in self._newest.values()
            if each.significant and at - each.second * SECOND <= self._lifetime
        )


def _follower(found: LeadLag | None) -> str:
    """Empty when nobody follows."""
    return found.follower if found and found.significant and found.lag_seconds else ""


def _changed(found: LeadLag, at: Nanos, *, leads: bool) -> LeadChanged:
    return LeadChanged(
        at=at,
        leader=found.leader,
        follower=found.follower,
        leads=leads,
        lag_seconds=found.lag_seconds,
        correlation=found.correlation,
        bound=found.bound,
        seconds=found.n,
        transfer_bits=found.transfer_bits,
        transfer_significant=found.transfer_significant,
    )
