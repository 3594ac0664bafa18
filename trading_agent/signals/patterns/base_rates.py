"""How often a pattern was seen, and what followed: measured, not promised."""

from typing import Final

from msgspec import Struct

from trading_agent.signals.patterns.base_rate_table import AFTER, MEASURED

SURE: Final = 0.05
"""Share of false finds from which on a move is told apart from chance."""


class BaseRate(Struct, frozen=True, kw_only=True):
    """What followed `n` patterns after `after` candles, in percent of the price and in the
    direction of the pattern; `low`, `high`: 95 % interval of the median, None where there was too
    little. `hit`: share that moved its way. `false_share`: how many of the medians that are
    at least as far from those of random moments would be false finds."""

    kind: str
    timeframe: str
    n: int
    after: int
    median: float
    low: float | None
    high: float | None
    mean: float
    hit: float
    false_share: float | None

    @property
    def told_from_chance(self) -> bool:
        return self.false_share is not None and self.false_share <= SURE


def base_rate(kind: str, timeframe: str) -> BaseRate | None:
    """None where it was not measured."""
    found = MEASURED.get((kind, timeframe))
    if found is None:
        return None
    n, median, low, high, mean, hit, false_share = found
    return BaseRate(
        kind=kind,
        timeframe=timeframe,
        n=n,
        after=AFTER,
        median=median,
        low=low,
        high=high,
        mean=mean,
        hit=hit,
        false_share=false_share,
    )


def words(kind: str, timeframe: str) -> str:
    """For people: one line, with what is not known said too."""
    rate = base_rate(kind, timeframe)
    if rate is None:
        return f"not measured on {timeframe}"
    seen = (
        f"seen {rate.n} times on {timeframe}, {rate.median:+.2f} % median after {rate.after} bars"
    )
    if rate.low is None or rate.high is None:
        return f"{seen}, too few to say how sure"
    interval = f"95 % CI {rate.low:+.2f} to {rate.high:+.2f}"
    return f"{seen}, {interval}, {rate.hit:.0%} its way{_verdict(rate)}"


def _verdict(rate: BaseRate) -> str:
    if not rate.told_from_chance:
        return "; not told apart from chance"
    return "; it tended to go the other way" if rate.median < 0 else ""
