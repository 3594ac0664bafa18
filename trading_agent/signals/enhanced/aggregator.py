"""One opinion a symbol out of all evidence, and what each piece of it contributed.

Everything is counted in integers: whatever the order of arrival, the same evidence gives the same
bits, and the shares add up to the strength without a remainder. Within a family opinions add up to
at most a whole one, which its weight scales; families add up to at most 1. Opposition subtracts.
Both limits and the sum only ever rise with what agrees, so more agreement never weakens.
"""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.signals.enhanced.anomalies import Anomaly
from trading_agent.signals.enhanced.evidence import Evidence
from trading_agent.signals.enhanced.settings import (
    AggregationParameters,
    RegimeInfluence,
    RegimeName,
)

_NO_INFLUENCE: Final = RegimeInfluence()
_VOTE: Final = 1 << 24
_WEIGHT: Final = 1 << 16
_WHOLE: Final = _VOTE * _WEIGHT
"""A strength of 1: sums of thousands of shares are still exact in a float."""


class SuppressionReason(StrEnum):
    NOT_YET = "not_yet"
    """It is of a later moment than the one asked for."""
    STALE = "stale"
    UNREADABLE = "unreadable"
    """Its strength is no number from 0 to 1."""
    UNHEARD = "unheard"
    """Its family has no weight."""
    WEAK = "weak"
    ANOMALOUS_MARKET = "anomalous_market"
    DEAD_BAND = "dead_band"
    """What was heard nearly cancels, or is too little together."""


class Part(Struct, frozen=True):
    """`share` of the strength: below 0 for what spoke against. `faded`: strength after decay.
    `factor`: what the kind of market left of its say."""

    evidence: Evidence
    faded: float
    share: float
    factor: float = 1.0


class Suppressed(Struct, frozen=True):
    evidence: Evidence
    reason: SuppressionReason
    words: str


class Aggregate(Struct, frozen=True):
    """`direction` None and `strength` 0 when nothing is said. The shares of `parts` add up to
    `strength` exactly. `net`, -1 to 1: support less opposition before the dead band. `regime`:
    the kind of market it was weighed in."""

    at: Nanos
    direction: Side | None
    strength: float
    net: float
    parts: tuple[Part, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    regime: RegimeName = "unknown"


class _Vote(Struct, frozen=True):
    """`count` of `_VOTE`, signed; `weight` of `_WEIGHT`. What is left of both is `factor`."""

    evidence: Evidence
    count: int
    weight: int
    factor: float


def aggregate(
    evidence: Iterable[Evidence],
    at: Nanos,
    parameters: AggregationParameters,
    anomalies: Iterable[Anomaly] = (),
    regime: RegimeName = "unknown",
) -> Aggregate:
    """All evidence about one symbol as of `at`."""
    influence = parameters.regimes.get(regime, _NO_INFLUENCE)
    silence = _silence(at, parameters, anomalies)
    votes: list[_Vote] = []
    suppressed: list[Suppressed] = []
    for piece in sorted(evidence, key=_order):
        refusal = _refusal(piece, at, parameters, silence)
        if refusal is None:
            votes.append(_vote(piece, at, parameters, influence))
        else:
            suppressed.append(Suppressed(piece, *refusal))
    shares = _shares(votes)
    total = sum(shares)
    net = total / _WHOLE
    if total == 0 or abs(net) < parameters.dead_band:
        words = f"net {net:+.2f} is within ±{parameters.dead_band:g}"
        banded = (Suppressed(it.evidence, SuppressionReason.DEAD_BAND, words) for it in votes)
        return Aggregate(at, None, 0.0, net, (), (*suppressed, *banded), regime)
    direction = Side.BUY if total > 0 else Side.SELL
    parts = tuple(
        Part(vote.evidence, _faded(vote.evidence, at), share * direction / _WHOLE, vote.factor)
        for vote, share in zip(votes, shares, strict=True)
    )
    return Aggregate(at, direction, abs(net), net, parts, tuple(suppressed), regime)


def _order(piece: Evidence) -> tuple[str, str, int, float, int, int, str]:
    """What tells two pieces apart. A strength that is no number has its place too."""
    strength = piece.strength if piece.strength == piece.strength else -1.0
    direction, lifetime = int(piece.direction), int(piece.lifetime)
    return (piece.family, piece.name, int(piece.at), strength, direction, lifetime, piece.words)


def _silence(at: Nanos, parameters: AggregationParameters, anomalies: Iterable[Anomaly]) -> str:
    """Why nothing may be said now; empty when it may."""
    hold = parameters.anomaly_hold_ms * MILLISECOND
    words = sorted(
        it.words for it in anomalies if it.kind in parameters.silencing and 0 <= at - it.at <= hold
    )
    return "; ".join(words)


def _refusal(
    piece: Evidence, at: Nanos, parameters: AggregationParameters, silence: str
) -> tuple[SuppressionReason, str] | None:
    age = at - piece.at
    faded = _faded(piece, at)
    checks = (
        (age < 0, SuppressionReason.NOT_YET, "of a later moment"),
        (
            age >= 0 and age >= piece.lifetime,
            SuppressionReason.STALE,
            f"{age / MILLISECOND:.0f} ms old, lives {piece.lifetime / MILLISECOND:.0f}",
        ),
        (
            not 0.0 <= piece.strength <= 1.0,
            SuppressionReason.UNREADABLE,
            f"a strength of {piece.strength:g}",
        ),
        (
            parameters.family_weights.get(piece.family, 0.0) <= 0.0,
            SuppressionReason.UNHEARD,
            f"{piece.family} has no weight",
        ),
        (
            faded < parameters.least_strength,
            SuppressionReason.WEAK,
            f"{faded:.3f} is below {parameters.least_strength:g}",
        ),
        (silence != "", SuppressionReason.ANOMALOUS_MARKET, silence),
    )
    return next(((reason, words) for refused, reason, words in checks if refused), None)


def _faded(piece: Evidence, at: Nanos) -> float:
    """In a straight line from its strength to nothing at the end of its life."""
    left = piece.lifetime - (at - piece.at)
    if piece.lifetime <= 0 or not 0 < left <= piece.lifetime or not math.isfinite(piece.strength):
        return 0.0
    return piece.strength * (left / piece.lifetime)


def _vote(
    piece: Evidence, at: Nanos, parameters: AggregationParameters, influence: RegimeInfluence
) -> _Vote:
    """Of a family all members have one weight: a strategy's own factor is of what it says."""
    heard, own = influence.family_factors.get(piece.family, 1.0), 1.0
    if piece.family == "strategies":
        own = influence.strategy_factors.get(piece.name, 1.0)
    return _Vote(
        piece,
        round(_faded(piece, at) * own * _VOTE) * int(piece.direction),
        round(parameters.family_weights[piece.family] * heard * _WEIGHT),
        heard * own,
    )


def _shares(votes: list[_Vote]) -> list[int]:
    """Of `_WHOLE`, signed by side. They add up to the limited sum of the families' limited sums:
    whole numbers first, and what is left over one by one to the largest remainders."""
    sums: dict[str, int] = {}
    weights: dict[str, int] = {}
    for vote in votes:
        family = vote.evidence.family
        sums[family] = sums.get(family, 0) + vote.count
        weights[family] = vote.weight
    limited = {family: _limited(count, _VOTE) for family, count in sums.items()}
    total = sum(limited[family] * weights[family] for family in sums)
    wanted = _limited(total, _WHOLE)
    if total == 0:
        return [0] * len(votes)
    shares, remainders = [], []
    for place, vote in enumerate(votes):
        family = vote.evidence.family
        # A family that cancels is not limited: its members keep what they say.
        part, whole = (limited[family], sums[family]) if sums[family] else (1, 1)
        numerator, denominator = vote.count * vote.weight * part * wanted, whole * total
        share, remainder = divmod(numerator, denominator)
        shares.append(share)
        remainders.append((-remainder / denominator, place))
    for _, place in sorted(remainders)[: wanted - sum(shares)]:
        shares[place] += 1
    return shares


def _limited(value: int, most: int) -> int:
    return max(-most, min(most, value))
