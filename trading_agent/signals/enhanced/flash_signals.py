"""EnhancedFlashTradingSignals: everything known about one symbol, weighed before a purchase."""

from collections.abc import Iterator

from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.signals.enhanced.aggregator import Aggregate, aggregate
from trading_agent.signals.enhanced.anomalies import Anomaly
from trading_agent.signals.enhanced.confirmation import (
    Confirmation,
    TimeframeConfirmation,
    TrendReading,
)
from trading_agent.signals.enhanced.cross_asset import LeadLag
from trading_agent.signals.enhanced.evidence import (
    Evidence,
    evidence_of_confirmation,
    evidence_of_lead,
    evidence_of_pattern,
    evidence_of_signal,
)
from trading_agent.signals.enhanced.settings import (
    AggregationParameters,
    ConfirmationParameters,
    EnhancedSettings,
    RegimeName,
)
from trading_agent.signals.patterns.pattern import Pattern

_OF_NOW = Nanos(SECOND)


class Flash(Struct, frozen=True):
    """The newest flash signal."""

    direction: Side
    strength: float
    raised_at: Nanos


class Lead(Struct, frozen=True):
    """Who leads this symbol, and how far it has moved over the lead."""

    lead: LeadLag
    leader_move_bps: float


class Heard(Struct, frozen=True):
    """What there is to weigh at one moment. `strategy`: who wants to buy by itself, empty when
    a strategy only follows the flash signal."""

    flash: Flash | None
    strategy: str
    patterns: tuple[Pattern, ...]
    leads: tuple[Lead, ...]
    anomalies: tuple[Anomaly, ...]
    regime: RegimeName = "unknown"


class EnhancedFlashTradingSignals:
    """About one symbol; owned by the core. What counts how much depends on the session."""

    def __init__(self, settings: EnhancedSettings) -> None:
        self._settings = settings
        self._confirmation = TimeframeConfirmation()
        self._newest = Nanos(0)
        self._confirming: dict[str, ConfirmationParameters] = {}
        self._aggregating: dict[str, AggregationParameters] = {}

    def aggregation(self, session: str) -> AggregationParameters:
        found = self._aggregating.get(session)
        if found is None:
            found = self._aggregating[session] = self._settings.aggregation_in(session)
        return found

    def read(self, reading: TrendReading) -> None:
        """After a candle has closed."""
        self._newest = max(self._newest, reading.at)
        self._confirmation.update(reading)

    def confirmation(self, at: Nanos, session: str) -> Confirmation:
        """Whether the trends of several timeframes agree."""
        parameters = self._confirming.get(session)
        if parameters is None:
            parameters = self._confirming[session] = self._settings.confirmation_in(session)
        # A candle that has finished is not of the future, whatever our clock says.
        return self._confirmation.as_of(max(at, self._newest), parameters)

    def opinion(self, heard: Heard, at: Nanos, session: str) -> Aggregate:
        """One opinion out of all, and what each piece of evidence has to do with it."""
        evidence = self._evidence(heard, at, session)
        return aggregate(evidence, at, self.aggregation(session), heard.anomalies, heard.regime)

    def size_share(self, opinion: Aggregate, session: str) -> float:
        """Of the wanted size, by the strength of an opinion that agrees and by the kind of
        market."""
        parameters = self.aggregation(session)
        reached = min(opinion.strength / parameters.full_size_strength, 1.0)
        share = parameters.least_size + (1.0 - parameters.least_size) * reached
        influence = parameters.regimes.get(opinion.regime)
        return share if influence is None else share * influence.size_factor

    def _evidence(self, heard: Heard, at: Nanos, session: str) -> Iterator[Evidence]:
        parameters = self.aggregation(session)
        if heard.flash is not None:
            flash = heard.flash
            lifetime = Nanos(parameters.flash_lifetime_ms * MILLISECOND)
            yield evidence_of_signal(flash.direction, flash.strength, flash.raised_at, lifetime)
        if heard.strategy:
            yield Evidence("strategies", heard.strategy, Side.BUY, 1.0, at, _OF_NOW)
        confirmed = evidence_of_confirmation(self.confirmation(at, session), at, _OF_NOW)
        if confirmed is not None:
            yield confirmed
        for pattern in heard.patterns:
            found = evidence_of_pattern(pattern, at, parameters.pattern_lifetime_candles)
            if found is not None:
                yield found
        for each in heard.leads:
            full = self._settings.cross_asset.full_move_bps
            led = evidence_of_lead(each.lead, each.leader_move_bps, full, at)
            if led is not None:
                yield led
