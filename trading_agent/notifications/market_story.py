"""Feeds, signals, sightings and rules, fact by fact: what of them is to be told, and when.

A feed that is back within moments is not told of; many that go or come back together are told
of together, and so are signals and sightings that follow one another closely.
"""

from collections.abc import Callable
from typing import Any, Final

from trading_agent.domain.chart_facts import PatternSeen, RegimeChanged
from trading_agent.domain.evidence_facts import AnomalySeen, LeadChanged
from trading_agent.domain.facts import BookLost, BookReady, Fact, InstrumentListed, SignalRaised
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import BUY
from trading_agent.notifications import wording_market
from trading_agent.notifications.memory import (
    LostFeed,
    Memory,
    Oddity,
    RuleChange,
    RuleChanges,
    Sightings,
    SignalCount,
    Signals,
)
from trading_agent.notifications.notice import Notice
from trading_agent.notifications.pace import TOGETHER, Pace

_MOST_CHARTS: Final = 2
"""More patterns at a time come as a list."""


class MarketStory:
    """`charts`: whether patterns come with a picture."""

    def __init__(self, memory: Memory, pace: Pace, *, charts: bool) -> None:
        self._memory = memory
        self._pace = pace
        self._charts = charts
        self.folds: dict[type[Fact], Callable[[int, Any], None]] = {
            BookLost: self._lost,
            BookReady: self._ready,
            SignalRaised: self._signal,
            PatternSeen: self._pattern,
            RegimeChanged: self._regime,
            AnomalySeen: self._anomaly,
            LeadChanged: self._lead,
            InstrumentListed: self._listed,
        }

    def due(self, now: int) -> list[Notice]:
        return [*self._lost_feeds(now), *self._found_feeds(now), *self._bursts(now)]

    def _lost(self, first: int, fact: BookLost) -> None:
        if fact.reason is LossReason.NEVER_READY:
            return
        known = self._memory.feeds.get(fact.symbol)
        if known is not None and known.told and known.ready_at:
            # Lost again before its return was told: it never was away for shorter.
            known.ready_at = 0
        elif known is None:
            reason = str(int(fact.reason))
            self._memory.feeds[fact.symbol] = LostFeed(first=first, at=fact.at, reason=reason)
            self._memory.tally.feed_losses += 1

    def _ready(self, _: int, fact: BookReady) -> None:
        feed = self._memory.feeds.get(fact.symbol)
        if feed is None:
            return
        if feed.told:
            feed.ready_at = fact.at
        else:
            del self._memory.feeds[fact.symbol]

    def _lost_feeds(self, now: int) -> list[Notice]:
        untold = {name: feed for name, feed in self._memory.feeds.items() if not feed.told}
        if not any(feed.at + self._pace.feeds <= now for feed in untold.values()):
            return []
        for feed in untold.values():
            feed.told = True
        return [wording_market.feeds_lost(self._memory, untold, now)]

    def _found_feeds(self, now: int) -> list[Notice]:
        feeds = self._memory.feeds
        found = {name: feed for name, feed in feeds.items() if feed.told and feed.ready_at}
        if not any(feed.ready_at + TOGETHER <= now for feed in found.values()):
            return []
        for name in found:
            del feeds[name]
        return [wording_market.feeds_back(self._memory, found)]

    def _bursts(self, now: int) -> list[Notice]:
        memory = self._memory
        told: list[Notice] = []
        if 0 < memory.signals.due <= now:
            told.append(wording_market.signals_raised(memory, memory.signals))
            memory.signals = Signals()
        if 0 < memory.sightings.due <= now:
            told.extend(self._sighted(memory.sightings))
            memory.sightings = Sightings()
        if 0 < memory.rules.due <= now:
            changed = wording_market.rules_changed(memory, memory.rules)
            told.extend([] if changed is None else [changed])
            memory.rules = RuleChanges()
        return told

    def _sighted(self, seen: Sightings) -> list[Notice]:
        memory, first = self._memory, seen.first
        told: list[Notice] = []
        if len(seen.patterns) > _MOST_CHARTS:
            told.append(wording_market.patterns_seen(memory, first, seen.patterns))
        else:
            told.extend(
                wording_market.pattern_seen(memory, first, fact, chart=self._charts)
                for fact in seen.patterns
            )
        if seen.regimes:
            told.append(wording_market.regimes_changed(memory, first, seen.regimes))
        if seen.anomalies:
            told.append(wording_market.anomalies_seen(memory, first, seen.anomalies))
        if seen.leads:
            told.append(wording_market.leads_changed(memory, first, seen.leads))
        return told

    def _signal(self, first: int, fact: SignalRaised) -> None:
        signals = self._memory.signals
        if not signals.due:
            signals.first, signals.due = first, fact.at + self._pace.signals
        signals.at = fact.at
        count = signals.by_symbol.setdefault(fact.symbol, SignalCount())
        if fact.direction is BUY:
            count.buys += 1
        else:
            count.sells += 1
        count.strongest = max(count.strongest, fact.strength)

    def _pattern(self, first: int, fact: PatternSeen) -> None:
        if fact.quality >= self._pace.least_quality:
            self._sightings(first, fact.at).patterns.append(fact)

    def _regime(self, first: int, fact: RegimeChanged) -> None:
        self._sightings(first, fact.at).regimes.append(fact)

    def _anomaly(self, first: int, fact: AnomalySeen) -> None:
        known, key = self._memory.oddities, wording_market.oddity_key(fact)
        last = known.get(key)
        if last is None:
            known[key] = Oddity(told_at=fact.at)
        elif fact.at < last.told_at + self._pace.oddities:
            last.again += 1
            return
        else:
            known[key] = Oddity(told_at=fact.at, counted=last.again, before=last.told_at)
        self._sightings(first, fact.at).anomalies.append(fact)

    def _lead(self, first: int, fact: LeadChanged) -> None:
        self._sightings(first, fact.at).leads.append(fact)

    def _sightings(self, first: int, at: int) -> Sightings:
        seen = self._memory.sightings
        if not seen.due:
            seen.first, seen.due = first, at + TOGETHER
        return seen

    def _listed(self, first: int, fact: InstrumentListed) -> None:
        memory, now = self._memory, fact.instrument
        before = memory.instruments.get(now.symbol)
        memory.instruments[now.symbol] = now
        memory.quote = memory.quote or now.quote
        if before is None:
            return
        rules = memory.rules
        if not rules.due:
            rules.first, rules.due = first, fact.at + TOGETHER
        rules.at = fact.at
        known = rules.by_symbol.get(now.symbol)
        rules.by_symbol[now.symbol] = RuleChange(before=known.before if known else before, now=now)
