"""What is known about each symbol beside its flash signals, kept for whoever weighs an entry."""

from collections.abc import Iterator
from typing import Final

from trading_agent.domain.evidence_facts import AnomalySeen
from trading_agent.domain.snapshot import EvidenceView
from trading_agent.domain.units import Nanos
from trading_agent.engine.timeframes import INDEX, SymbolTimeframes
from trading_agent.market.candles import TIMEFRAMES
from trading_agent.signals.enhanced.anomalies import AnomalyKind
from trading_agent.signals.enhanced.confirmation import Confirmation, TrendReading
from trading_agent.signals.enhanced.flash_signals import EnhancedFlashTradingSignals
from trading_agent.signals.enhanced.scrutiny import MarketScrutiny
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.strategies.strategy import Need

_FAST: Final = ("ema", (("period", 12),))
_SLOW: Final = ("ema", (("period", 26),))
_ATR: Final = ("atr",)
_MACD: Final = ("macd",)
_RSI: Final = ("rsi",)
_HISTOGRAM: Final = 2


def asked_timeframes(settings: EnhancedSettings) -> tuple[str, ...]:
    """Whose trends are asked in any session, the shortest first."""
    found = set(settings.confirmation.timeframe_weights)
    for session in settings.sessions.values():
        found |= set(session.confirmation.timeframe_weights or ())
    return tuple(sorted(found, key=INDEX.__getitem__))


def confirmation_needs(settings: EnhancedSettings) -> Iterator[Need]:
    """What has to be computed for `PairEvidence.confirmation`."""
    if settings.enabled:
        for timeframe in asked_timeframes(settings):
            for indicator in (_FAST, _SLOW, _ATR, _MACD, _RSI):
                yield Need(timeframe, *indicator)


class PairEvidence:
    """Of one symbol; owned by the core. Everything here comes to the same whenever it is looked
    at; only what has been told is remembered."""

    def __init__(
        self,
        symbol: str,
        settings: EnhancedSettings,
        timeframes: SymbolTimeframes,
        scrutiny: MarketScrutiny,
    ) -> None:
        self.signals = EnhancedFlashTradingSignals(settings)
        self.scrutiny = scrutiny
        self._symbol = symbol
        self._timeframes = timeframes
        self._read = dict.fromkeys(asked_timeframes(settings), (0, 0))
        self.drawn: tuple[int, EvidenceView] | None = None
        """What was last made of all this for people, and in which second."""
        self._told: dict[AnomalyKind, Nanos] = {}

    def confirmation(self, at: Nanos, session: str) -> Confirmation:
        self.catch_up()
        return self.signals.confirmation(at, session)

    def catch_up(self) -> None:
        """Read the trends of candles that have finished since."""
        timeframes = self._timeframes
        stale = [name for name, read in self._read.items() if timeframes.stamp(name) != read]
        if stale:
            timeframes.catch_up()
            for name in stale:
                self._read[name] = timeframes.stamp(name)
                self.signals.read(self._reading(name))

    def news(self, now: Nanos) -> Iterator[AnomalySeen]:
        """Anomalies that have not been told."""
        for anomaly in self.scrutiny.anomalies(now):
            if anomaly.at > self._told.get(anomaly.kind, 0):
                self._told[anomaly.kind] = anomaly.at
                yield AnomalySeen(
                    at=now,
                    symbol=self._symbol,
                    kind=anomaly.kind.value,
                    seen_at=anomaly.at,
                    figure=anomaly.figure,
                    words=anomaly.words,
                )

    def _reading(self, name: str) -> TrendReading:
        timeframes = self._timeframes
        opened = int(timeframes.last(name, 1).open_at[0])
        return TrendReading(
            name,
            Nanos(opened + TIMEFRAMES[INDEX[name]]),
            timeframes.known(Need(name, *_FAST)),
            timeframes.known(Need(name, *_SLOW)),
            timeframes.known(Need(name, *_ATR)),
            timeframes.value(Need(name, *_MACD))[_HISTOGRAM],
            timeframes.known(Need(name, *_RSI)),
        )
