"""Three classes of models: which tier answers what, and how many tokens a prompt has."""

import math
from decimal import Decimal
from enum import IntEnum
from typing import Final

from llm_overseer.brief import Brief, Light, Severity, TriggerKind

BYTES_PER_TOKEN: Final = Decimal("2.5")
"""Fewer than any tokenizer was seen to need for JSON, so that token counts are too high."""
USUAL_BYTES_PER_TOKEN: Final = Decimal("3.5")
"""What JSON usually needs; for the length of prompts, where nothing depends on being sure."""


class Tier(IntEnum):
    TIER_1 = 1
    TIER_2 = 2
    TIER_3 = 3


_BY_TRIGGER: Final = {
    TriggerKind.HEARTBEAT: Tier.TIER_1,
    TriggerKind.QUESTION: Tier.TIER_1,
    TriggerKind.DRAWDOWN_SOFT: Tier.TIER_3,
    TriggerKind.BLACK_SWAN: Tier.TIER_3,
}


def first_tier(brief: Brief) -> Tier:
    """By the severity of what happened."""
    if brief.trigger.severity is Severity.CRITICAL:
        return Tier.TIER_3
    return _BY_TRIGGER.get(brief.trigger.kind, Tier.TIER_2)


def may_escalate(brief: Brief, tier: Tier, *, wished: bool) -> bool:
    """One hop, from the first tier to the second, and never by the model's wish alone."""
    alarmed = any(it.light in (Light.AMBER, Light.RED) for it in brief.detectors)
    return wished and alarmed and tier is Tier.TIER_1


def prompt_tokens(request: bytes) -> int:
    """At most this many."""
    return math.ceil(len(request) / BYTES_PER_TOKEN)
