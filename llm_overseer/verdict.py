"""What comes of a review. All values; nothing here acts."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from llm_overseer.brief import Direction, Mode
from llm_overseer.decision import Kind


class Outcome(StrEnum):
    DECIDED = "decided"
    """A readable answer, be it that nothing should change."""
    ABSTAINED = "abstained"
    """No usable answer: nothing changes. `why` is a stable code."""
    REPEATED = "repeated"
    """The answer of a moment ago: it informs, and is not applied again."""


class Source(StrEnum):
    MODEL = "model"
    RULES = "rules"
    NOBODY = "nobody"


class Consent(StrEnum):
    """What a proposal needs before it may be applied."""

    NONE = "none"
    PERSON = "person"
    ADVICE_ONLY = "advice_only"
    SHADOW_ONLY = "shadow_only"


class Clamp(msgspec.Struct, frozen=True):
    """A wish that was cut. `rule`: bounds, step or grid."""

    rule: str
    wished: Decimal
    given: Decimal


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An overlay the desk may put on. `parameter` is "" where the kind has none; a preset's name
    for switch_preset. `value` is None where the kind has none."""

    kind: Kind
    parameter: str
    scope: str
    value: Decimal | None
    baseline: Decimal | None
    previous: Decimal | None
    direction: Direction
    consent: Consent
    ttl_minutes: int
    evidence: tuple[str, ...]
    reason: str
    clamps: tuple[Clamp, ...] = ()


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An action that is not passed on. `code` is stable."""

    kind: Kind
    parameter: str
    scope: str
    code: str


class Notice(msgspec.Struct, frozen=True):
    """Something people should hear, once."""

    code: str
    text: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`effective_at`: nanoseconds UTC; before it nobody could have known. `apply_before`: after
    it, or with another baseline, the proposals are stale. Costs in nano-dollars."""

    id: str
    at: int
    effective_at: int
    apply_before: int
    outcome: Outcome
    why: str
    source: Source
    mode: Mode
    tier: int
    model: str = ""
    simulated: bool = False
    """A machine without knowledge answered: the offline server's model."""
    snapshot_id: str = ""
    baseline_hash: str = ""
    regime: str = ""
    regime_conflict: bool = False
    confidence: str = ""
    summary: str = ""
    proposals: tuple[Proposal, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    defects: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    calls: int = 0
    cost_nano: int = 0
    """What is booked, reservations that may be lost included."""
    latency_ms: int = 0

    def document(self) -> bytes:
        """Canonical bytes."""
        return msgspec.json.encode(self, order="deterministic")


def read_verdict(document: bytes) -> Verdict:
    return msgspec.json.decode(document, type=Verdict)
