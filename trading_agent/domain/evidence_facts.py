"""What was weighed before something was bought, and what was out of the ordinary."""

from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos


class EvidencePart(Struct, frozen=True):
    """`share` of the strength: below 0 for what spoke against. `factor`: what the kind of market
    left of its say."""

    family: str
    name: str
    share: float
    factor: float = 1.0


class UnheardEvidence(Struct, frozen=True):
    """Evidence that did not count. `reason` is a stable code."""

    family: str
    name: str
    reason: str


class EntryWeighed(Struct, frozen=True, kw_only=True):
    """All evidence about a pair when a strategy wanted to buy it. `net`, -1 to 1: support less
    opposition; the shares of `parts` add up to `strength` exactly. `direction`: what it comes to,
    None for nothing. `size_share`: the part of the wanted size that goes on to risk, 0 when the
    entry is held back. `regime`: the kind of market it was weighed in, empty where none is
    watched."""

    at: Nanos
    symbol: str
    strategy: str
    direction: Side | None
    strength: float
    net: float
    size_share: float
    parts: tuple[EvidencePart, ...]
    unheard: tuple[UnheardEvidence, ...]
    regime: str = ""


class AnomalySeen(Struct, frozen=True, kw_only=True):
    """Something out of the ordinary in a pair's market or in the feed that tells of it.
    `seen_at`: when it was; `figure`: a robust z, flickers a minute or milliseconds, by `kind`."""

    at: Nanos
    symbol: str
    kind: str
    seen_at: Nanos
    figure: float
    words: str


class LeadChanged(Struct, frozen=True, kw_only=True):
    """Whether one pair's moves foretell another's, over the last minutes. `bound`: what the
    correlation must reach to be no chance; `seconds`: in which both had moved. `transfer_bits`:
    what the direction of a move of the leader's tells of the follower's, beyond what the
    follower's own last move tells; `transfer_significant`: more than chance tells."""

    at: Nanos
    leader: str
    follower: str
    leads: bool
    lag_seconds: int
    correlation: float
    bound: float
    seconds: int
    transfer_bits: float
    transfer_significant: bool = False
