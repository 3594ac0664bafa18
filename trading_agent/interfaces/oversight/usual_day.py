"""What a day of reviews will cost, from how often this desk has had reason to ask."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llm_overseer.brief import Brief, Mode
from llm_overseer.core.tiers import Tier, first_tier
from llm_overseer.estimate import estimate
from llm_overseer.settings import OverseerSettings
from trading_agent.domain.units import DAY, HOUR, Nanos
from trading_agent.interfaces.oversight.settings import CadenceSettings

if TYPE_CHECKING:
    from llm_overseer.core.catalogue import Price
    from llm_overseer.records import DecisionRecords

_MOST: Final = 500
_MINUTES_A_DAY: Final = 1_440
_ENOUGH: Final = 6 * HOUR
"""Of less than so much of a day nothing is concluded."""


def reviews_a_day(
    records: "DecisionRecords", cadence: CadenceSettings, now: Nanos
) -> tuple[dict[Tier, float], str]:
    """By tier, and where that is from in words: what was asked for in the last day, also of
    rules, who are asked for the same reasons; before there is enough of that, the routine alone."""
    latest = [each for each in records.latest(_MOST) if now - each.verdict.at < DAY]
    span = now - min((each.verdict.at for each in latest), default=now)
    if span < _ENOUGH:
        beats = _MINUTES_A_DAY / cadence.heartbeat_minutes if cadence.heartbeat_minutes else 0.0
        reviews = _MINUTES_A_DAY / cadence.review_minutes if cadence.review_minutes else 0.0
        return {Tier.TIER_1: beats, Tier.TIER_2: reviews}, "the routine alone"
    asked = Counter(first_tier(each.brief) for each in latest if each.brief.mode is not Mode.OFF)
    share = DAY / span
    return {tier: count * share for tier, count in asked.items()}, f"the last {span // HOUR} h"


def usual_day(
    settings: OverseerSettings,
    sample: Brief,
    asked: tuple[dict[Tier, float], str],
    prices: "Mapping[str, Price]",
) -> str:
    """In one line."""
    counts, source = asked
    spend = estimate(settings, sample, counts, prices)
    tiers = ", ".join(
        f"{each.reviews.quantize(Decimal('0.1')):f} of tier {int(each.tier)}"
        for each in spend.tiers
        if each.reviews
    )
    known = "" if spend.by_list else " at most"
    return f"a usual day costs{known} about ${spend.usd_day:.2f} ({tiers}; by {source})"
