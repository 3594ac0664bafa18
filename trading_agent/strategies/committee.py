"""Several strategies asked about one symbol at the same moment: which proposal goes on, if any.

The law. Every vote is for buying, for selling, or silent. Net weight is the weight for buying
minus the weight for selling; its sign is the side that wins. Nothing goes on when the sides are
equal, or when the net weight is less than `quorum` times the weight of all who were asked, the
silent ones included. The proposal of the winning side's heaviest voter goes on, the first of
equals, with everybody who voted named in its reason. A vote without weight decides nothing.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.decision import Proposal
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.order import BUY, SELL, Side

STRATEGY_WEIGHT: Final = 1.0
"""Of a strategy that nobody gave another."""


class Vote(Struct, frozen=True):
    """`direction`: None when silent. A strategy may be for a side and propose nothing: its weight
    counts, and the proposal of another goes on."""

    strategy: str
    weight: float
    proposal: Proposal | None = None
    direction: Side | None = None


class Weights(Protocol):
    def of(self, strategy: str, session: str) -> float:
        """At least 0."""


class StaticWeights:
    """By strategy; one left out weighs 1. ConfigError for what is negative or no number."""

    def __init__(self, by_strategy: Mapping[str, float]) -> None:
        self._by_strategy = checked(by_strategy)

    def of(self, strategy: str, session: str) -> float:  # noqa: ARG002 - the same in all of them
        return self._by_strategy.get(strategy, STRATEGY_WEIGHT)


class SessionWeights:
    """By the session's name, then by strategy; what is left out weighs what `otherwise` says."""

    def __init__(self, by_session: Mapping[str, Mapping[str, float]], otherwise: Weights) -> None:
        self._by_session = {name: checked(weights) for name, weights in by_session.items()}
        self._otherwise = otherwise

    def of(self, strategy: str, session: str) -> float:
        weights = self._by_session.get(session, {})
        if strategy in weights:
            return weights[strategy]
        return self._otherwise.of(strategy, session)


class PerformanceWeights:
    """By recent results, shrunk towards equal.

    With n results whose mean is m, a strategy weighs (1 - s) * 1 + s * e, where s = n / (n +
    `prior`) says how far its results are believed, and e is its earnings as a multiple of the
    mean earnings of all: max(m, 0) over their mean, 0 where nobody earns. Without results it
    weighs 1; it never weighs less than 0, nor more than the number of strategies.
    """

    def __init__(self, results: Mapping[str, Sequence[float]], prior: float = 30.0) -> None:
        """`results`: of closed positions, by strategy, basis points of what was spent; with an
        empty list for one that has none. `prior`: how many results are half believed."""
        if not 0.0 < prior < math.inf:
            raise ConfigError(f"prior = {prior}: above 0")
        for name, each in results.items():
            if not all(map(math.isfinite, each)):
                raise ConfigError(f"results of {name}: each must be a number")
        earned = {name: max(_mean(each), 0.0) for name, each in results.items()}
        mean = _mean(tuple(earned.values()))
        self._by_strategy = {
            name: _shrunk(len(each) / (len(each) + prior), earned[name] / mean if mean else 0.0)
            for name, each in results.items()
        }

    def of(self, strategy: str, session: str) -> float:  # noqa: ARG002 - the same in all of them
        return self._by_strategy.get(strategy, STRATEGY_WEIGHT)


class Committee:
    """`quorum`: least net weight, as a share of the weights of all who were asked."""

    def __init__(self, weights: Weights, quorum: float) -> None:
        if not 0.0 <= quorum <= 1.0:
            raise ConfigError(f"quorum = {quorum}: 0 to 1")
        self._weights = weights
        self._quorum = quorum

    def ballot(
        self, asked: Sequence[tuple[str, Proposal | None]], session: str
    ) -> tuple[Vote, ...]:
        """`asked`: strategies by name with what they propose, in the order they were asked."""
        return tuple(
            Vote(
                name,
                self._weights.of(name, session),
                proposal,
                None if proposal is None else proposal.side,
            )
            for name, proposal in asked
        )

    def decide(self, votes: Sequence[Vote]) -> Proposal | None:
        """At most one proposal; the law stands at the top of this module."""
        net = net_weight(votes)
        present = math.fsum(vote.weight for vote in votes)
        if net == 0.0 or abs(net) < self._quorum * present:
            return None
        side = BUY if net > 0.0 else SELL
        winner = max(
            (vote for vote in votes if vote.direction is side and vote.proposal is not None),
            key=lambda vote: vote.weight,
            default=None,
        )
        if winner is None or winner.proposal is None or winner.weight == 0.0:
            return None
        return replace(winner.proposal, reason=_provenance(winner.proposal, votes, net, present))


def net_weight(votes: Sequence[Vote]) -> float:
    """For buying minus for selling; the same whatever the order of the votes."""
    return math.fsum(vote.weight * vote.direction for vote in votes if vote.direction is not None)


def checked(weights: Mapping[str, float]) -> Mapping[str, float]:
    for name, weight in weights.items():
        if not 0.0 <= weight < math.inf:
            raise ConfigError(f"weight of {name} = {weight}: at least 0")
    return dict(weights)


def _provenance(proposal: Proposal, votes: Sequence[Vote], net: float, present: float) -> str:
    """The winner's reason alone where it was the only one asked."""
    if len(votes) == 1:
        return proposal.reason
    voters = ", ".join(
        f"{vote.strategy} {vote.weight:g} {'buys' if vote.direction is BUY else 'sells'}"
        for vote in votes
        if vote.direction is not None
    )
    return f"{proposal.reason} [net {abs(net):g} of {present:g}: {voters}]"


def _shrunk(belief: float, earnings: float) -> float:
    return (1.0 - belief) * STRATEGY_WEIGHT + belief * earnings


def _mean(figures: Sequence[float]) -> float:
    """0 of nothing."""
    return math.fsum(figures) / len(figures) if figures else 0.0
