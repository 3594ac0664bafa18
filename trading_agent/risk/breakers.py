"""Breakers: what has gone wrong, how much power that takes from the desk, and that it stays so.

A fold over facts: what is counted and what is tripped is read off the journal, so a restart
changes neither. What trips is told as a fact; only a person's fact lifts it, and from then on
losses are counted from the last mark before it.
"""

from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal
from math import inf
from operator import lt
from typing import Final

from msgspec import Struct, field

from trading_agent.domain.facts import (
    BookLost,
    BreakerLevel,
    BreakerRearmed,
    BreakerTripped,
    DeskRearmed,
    EquityMarked,
)
from trading_agent.domain.money import ROUNDED
from trading_agent.domain.order_facts import EndReason, OrderRejected, ShortfallMeasured
from trading_agent.domain.units import DAY, SECOND, Nanos
from trading_agent.risk.settings import BreakerLimits
from trading_agent.risk.slippage import SlippageScale

EQUITY: Final = "equity"
DAILY_LOSS: Final = "daily_loss"
DRAWDOWN: Final = "drawdown"
LOSING_STREAK: Final = "losing_streak"
SLIPPAGE: Final = "slippage"
REJECT_STREAK: Final = "reject_streak"
FEED: Final = "feed"

_COUNTED: Final = {  # in the order in which they are judged
    LOSING_STREAK: "{:g} positions in a row were closed at a loss",
    REJECT_STREAK: "{:g} orders in a row were rejected",
    FEED: "the book of a pair was lost {:g} times within {window} seconds",
    SLIPPAGE: "an order cost {:.1f} robust deviations more than usual",
}
_RANKS: Final = {BreakerLevel.SOFT: 1, BreakerLevel.HARD: 2, BreakerLevel.KILL: 3}
_FROM_THE_TOP: Final = (BreakerLevel.KILL, BreakerLevel.HARD, BreakerLevel.SOFT)
_MOST_LOSSES: Final = 1_000
_ASKED_FOR: Final = frozenset(
    (
        EndReason.WOULD_TAKE,
        EndReason.NOT_FILLABLE_WHOLE,
        EndReason.OWN_ORDER,
        EndReason.ALTERNATIVE_FILLED,
        EndReason.FEE_ROSE,
    )
)
_ZERO: Final = Decimal(0)
_HUNDRED: Final = Decimal(100)


class Trip(Struct, frozen=True):
    """What should be told as tripped now."""

    breaker: str
    level: BreakerLevel
    why: str


class BreakerRules:
    """The limits, laid out by breaker. `thresholds`: kill, hard, soft; 0 for not at this level.
    `least`: where the first of them lies, in the order of `_COUNTED`."""

    def __init__(self, limits: BreakerLimits) -> None:
        self.feed_window_seconds = limits.feed_window_seconds
        self.slippage_floor_bps = limits.slippage_floor_bps
        self.thresholds: dict[str, tuple[float, float, float]] = {
            DAILY_LOSS: (
                limits.daily_loss_kill_percent,
                limits.daily_loss_hard_percent,
                limits.daily_loss_soft_percent,
            ),
            DRAWDOWN: (
                limits.drawdown_kill_percent,
                limits.drawdown_hard_percent,
                limits.drawdown_soft_percent,
            ),
            LOSING_STREAK: (
                limits.losing_streak_kill,
                limits.losing_streak_hard,
                limits.losing_streak_soft,
            ),
            SLIPPAGE: (limits.slippage_kill_z, limits.slippage_hard_z, limits.slippage_soft_z),
            REJECT_STREAK: (
                limits.reject_streak_kill,
                limits.reject_streak_hard,
                limits.reject_streak_soft,
            ),
            FEED: (limits.feed_losses_kill, limits.feed_losses_hard, limits.feed_losses_soft),
        }
        self.least = tuple(
            min((limit for limit in self.thresholds[breaker] if limit), default=inf)
            for breaker in _COUNTED
        )


class Breakers(Struct):
    """Owned by the account. `barred`: why no entry may be sent, empty while one may. `counted`:
    how often something happened that a breaker counts. `day_start` and
    `high_water` as the last mark told them; `day_base` and `peak` are what losses count from."""

    tripped: dict[str, BreakerTripped] = field(default_factory=dict)
    barred: str = ""
    counted: int = 0
    day: int = -1
    day_start: Decimal | None = None
    high_water: Decimal | None = None
    last_mark: Decimal | None = None
    day_base: Decimal | None = None
    peak: Decimal | None = None
    losing: int = 0
    rejections: int = 0
    slippage: SlippageScale = field(default_factory=SlippageScale)
    losses: dict[str, list[Nanos]] = field(default_factory=dict)

    def mark(self, at: Nanos, equity: Decimal) -> EquityMarked:
        """The fact to tell of this equity. A day that began while nobody looked began with the
        last mark before it: what was lost meanwhile is lost today."""
        day_start, most = self.day_start, self.high_water
        if at // DAY != self.day:
            began_unseen = at % DAY != 0 and self.last_mark is not None
            day_start = self.last_mark if began_unseen else equity
        return EquityMarked(
            at=at,
            equity=equity,
            day_start=equity if day_start is None else day_start,
            high_water=equity if most is None else max(most, equity),
        )

    def marked(self, fact: EquityMarked) -> None:
        if fact.at // DAY != self.day:
            self.day = fact.at // DAY
            self.day_base = fact.day_start
        if self.day_base is None:
            self.day_base = fact.day_start
        self.last_mark = fact.equity
        self.day_start, self.high_water = fact.day_start, fact.high_water
        peak = self.peak
        self.peak = fact.equity if peak is None else max(peak, fact.equity)

    def closed(self, profit: Decimal) -> None:
        if profit < 0:
            self.losing += 1
            self.counted += 1
        else:
            self.losing = 0

    def rejected(self, fact: OrderRejected) -> None:
        if fact.reason not in _ASKED_FOR:
            self.rejections += 1
            self.counted += 1

    def accepted(self) -> None:
        self.rejections = 0

    def measured(self, fact: ShortfallMeasured) -> None:
        value = fact.notional
        if value > 0 and self.slippage.add((fact.spread + fact.impact) / value):
            self.counted += 1

    def lost(self, fact: BookLost) -> None:
        times = self.losses.get(fact.symbol)
        if times is None:
            times = self.losses[fact.symbol] = []
        times.append(fact.at)
        del times[:-_MOST_LOSSES]
        self.counted += 1

    def trip(self, fact: BreakerTripped) -> None:
        self.tripped[fact.breaker] = fact
        self._weigh()

    def rearmed(self, fact: BreakerRearmed) -> None:
        names = (fact.breaker,) if fact.breaker else tuple(self.tripped)
        for name in names:
            self.tripped.pop(name, None)
            self._forget(name)
        self._weigh()

    def desk_rearmed(self, _fact: DeskRearmed) -> None:
        """Who lifts a kill lifts the breakers that killed."""
        for name, fact in tuple(self.tripped.items()):
            if fact.level is BreakerLevel.KILL:
                del self.tripped[name]
                self._forget(name)
        self._weigh()

    def judge(self, rules: BreakerRules, at: Nanos) -> list[Trip]:
        """What has been counted since the last time."""
        figures = (
            self.losing,
            self.rejections,
            self._worst_feed(at - rules.feed_window_seconds * SECOND) if self.losses else 0,
            self.slippage.outlier(rules.slippage_floor_bps),
        )
        trips: list[Trip] = []
        if all(map(lt, figures, rules.least)):
            return trips
        for breaker, figure in zip(_COUNTED, figures, strict=True):
            level = self._level(breaker, figure, rules)
            if level is not None:
                words = _COUNTED[breaker].format(figure, window=rules.feed_window_seconds)
                trips.append(Trip(breaker, level, words))
        return trips

    def judge_equity(self, rules: BreakerRules, equity: Decimal) -> list[Trip]:
        """By what the desk is worth now. No number is the end of trading."""
        if not equity.is_finite():
            already = self.tripped.get(EQUITY)
            return [] if already else [Trip(EQUITY, BreakerLevel.KILL, f"equity is {equity}")]
        trips = []
        for breaker, base in self._bases():
            lost = ROUNDED.divide((base - equity) * _HUNDRED, base)
            level = self._level(breaker, float(lost), rules)
            if level is not None:
                trips.append(Trip(breaker, level, f"{lost:.2f} percent of {base:f} are lost"))
        return trips

    def floor(self, rules: BreakerRules) -> float:
        """The highest equity at which something would trip that has not."""
        highest = float("-inf")
        thresholds = rules.thresholds
        for breaker, base in self._bases():
            for level, most in zip(_FROM_THE_TOP, thresholds[breaker], strict=True):
                if most and not self._latched(breaker, level):
                    highest = max(highest, float(base) * (1.0 - most / 100.0))
        return highest

    def words(self) -> tuple[str, ...]:
        """What is tripped, for people."""
        return tuple(
            f"breaker {fact.breaker} ({fact.level.value}): {fact.why}"
            for fact in self.tripped.values()
        )

    def _bases(self) -> Iterator[tuple[str, Decimal]]:
        for breaker, base in ((DAILY_LOSS, self.day_base), (DRAWDOWN, self.peak)):
            if base is not None and base > 0:
                yield breaker, base

    def _level(self, breaker: str, figure: float, rules: BreakerRules) -> BreakerLevel | None:
        """The highest level this figure reaches that is not latched already."""
        for level, least in zip(_FROM_THE_TOP, rules.thresholds[breaker], strict=True):
            if least and not figure < least:
                return None if self._latched(breaker, level) else level
        return None

    def _latched(self, breaker: str, level: BreakerLevel) -> bool:
        fact = self.tripped.get(breaker)
        return fact is not None and _RANKS[fact.level] >= _RANKS[level]

    def _worst_feed(self, since: int) -> int:
        return max(len(times) - bisect_right(times, since) for times in self.losses.values())

    def _forget(self, breaker: str) -> None:
        """A person has seen it: it counts anew."""
        match breaker:
            case "daily_loss":
                self.day_base = self.last_mark if self.last_mark is not None else self.day_base
            case "drawdown":
                self.peak = self.last_mark if self.last_mark is not None else self.peak
            case "losing_streak":
                self.losing = 0
            case "reject_streak":
                self.rejections = 0
            case "feed":
                self.losses.clear()
            case "slippage":
                self.slippage.forget_outlier()
            case _:
                pass

    def _weigh(self) -> None:
        self.barred = next(
            (
                f"{fact.breaker}: {fact.why}"
                for fact in self.tripped.values()
                if fact.level is not BreakerLevel.SOFT
            ),
            "",
        )
