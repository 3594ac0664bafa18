"""Looks at the desk and says what is out of the ordinary, and why the overseer should be asked.

Code decides when a model is asked, never the model. Breakers have acted long before.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from llm_overseer.brief import Detector, Light, Severity, Trigger, TriggerKind
from trading_agent.domain.chart_facts import RegimeChanged
from trading_agent.domain.facts import EquityMarked, Fact, PositionClosed
from trading_agent.domain.snapshot import DeskSnapshot, SymbolView
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.lamps import LampBoard, LampKind
from trading_agent.interfaces.oversight.pair_watch import PairWatch
from trading_agent.interfaces.oversight.results import Results
from trading_agent.interfaces.oversight.settings import DetectorSettings
from trading_agent.runtime.oversight_ports import NOTHING_OUTSIDE, Outside

PORTFOLIO: Final = "portfolio"
_WILD: Final = "wild"
_AMBER, _RED = Light.AMBER, Light.RED


class DeskWatch:
    """Owned by the overseer's thread."""

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        self._lamps = LampBoard()
        self._kinds = _kinds(settings)
        self._told: list[Trigger] = []
        self.pairs: dict[str, PairWatch] = {}
        self.results = Results(settings)
        self.volumes: Mapping[str, Decimal] = {}
        """Of a day, quote asset; of the pairs that the exchange told of."""
        self.at = Nanos(0)

    def hear(self, fact: Fact) -> None:
        if isinstance(fact, (PositionClosed, EquityMarked)):
            self.results.hear(fact)
        elif isinstance(fact, RegimeChanged) and fact.before:
            self._told.append(Trigger(TriggerKind.REGIME, Severity.ELEVATED, fact.symbol))

    def see(self, desk: DeskSnapshot, outside: Outside = NOTHING_OUTSIDE) -> None:
        at = self.at = desk.at
        held = {view.symbol for view in desk.positions}
        for view in desk.symbols:
            pair = self.pairs.get(view.symbol)
            if pair is None:
                pair = self.pairs[view.symbol] = PairWatch(self._settings)
            pair.see(at, view)
            self._look(at, view, pair, held=view.symbol in held)
        for symbol in self._settings.stable_pairs:
            mid = outside.mids.get(symbol)
            if mid is not None and symbol not in self.pairs:
                self._lamps.see(self._kinds["d.peg"], symbol, at, self._is_off_peg(mid))
        self.volumes = outside.volumes
        self.results.see(desk)
        self._weigh(at, desk)

    def reasons(self) -> tuple[Trigger, ...]:
        """To ask the overseer, since this was last asked."""
        told, self._told = tuple(self._told), []
        return (*self._lamps.reasons(), *told)

    def detectors(self) -> tuple[Detector, ...]:
        return self._lamps.detectors()

    def alarms(self) -> tuple[str, ...]:
        return tuple(lamp.detector().id for lamp in self._lamps.lit())

    def _look(self, at: Nanos, view: SymbolView, pair: PairWatch, *, held: bool) -> None:
        high, low = self._settings.stress_percentile, 100.0 - self._settings.stress_percentile
        gap = pair.gap_seconds(at) > self._settings.feed_gap_seconds
        conditions: tuple[tuple[str, bool | None], ...] = (
            ("d.volatility", _above(pair.volatility_rank, high)),
            ("d.spread", _above(pair.spread_rank, high)),
            ("d.depth", _below(pair.depth_rank, low)),
            ("d.regime", None if not view.regime else view.regime == _WILD),
            ("d.swan", pair.extreme),
            ("d.feed", gap and held),
            ("d.peg", self._off_peg(view)),
        )
        for name, condition in conditions:
            if name != "d.peg" or view.symbol in self._settings.stable_pairs:
                self._lamps.see(self._kinds[name], view.symbol, at, condition)

    def _off_peg(self, view: SymbolView) -> bool | None:
        if view.bid is None or view.ask is None:
            return None
        return self._is_off_peg((view.bid + view.ask) / 2)

    def _is_off_peg(self, mid: Decimal) -> bool:
        return abs(mid - 1) * 100 > Decimal(repr(self._settings.depeg_percent))

    def _weigh(self, at: Nanos, desk: DeskSnapshot) -> None:
        settings, results = self._settings, self.results
        fall, loss = results.fall_percent(desk.equity), results.day_loss_percent(desk.equity)
        deep, day = settings.drawdown_percent, settings.day_loss_percent
        slipped = results.slippage
        conditions: tuple[tuple[str, bool | None], ...] = (
            ("d.streak", results.streak >= settings.losing_streak),
            ("d.hit_rate", results.unlucky()),
            ("d.slippage", None if slipped is None else slipped > settings.slippage_factor),
            ("d.drawdown_half", _reached(fall, deep / 2)),
            ("d.drawdown", _reached(fall, deep)),
            ("d.day_loss", _reached(loss, day)),
        )
        for name, condition in conditions:
            self._lamps.see(self._kinds[name], PORTFOLIO, at, condition)


def _kinds(settings: DetectorSettings) -> dict[str, LampKind]:
    stress, calm = float(settings.stress_seconds), float(settings.calm_seconds)
    critical = Severity.CRITICAL
    kinds: Iterable[LampKind] = (
        LampKind("d.volatility", _AMBER, TriggerKind.STRESS, on_seconds=stress, off_seconds=calm),
        LampKind("d.spread", _AMBER, TriggerKind.STRESS, on_seconds=stress, off_seconds=calm),
        LampKind("d.depth", _AMBER, TriggerKind.STRESS, on_seconds=stress, off_seconds=calm),
        LampKind("d.regime", _AMBER, None, off_seconds=calm),
        LampKind("d.swan", _RED, TriggerKind.BLACK_SWAN, critical, off_seconds=calm),
        LampKind("d.feed", _RED, TriggerKind.BLACK_SWAN, critical, off_seconds=calm),
        LampKind("d.peg", _RED, TriggerKind.BLACK_SWAN, critical, off_seconds=calm),
        LampKind("d.streak", _AMBER, TriggerKind.LOSSES, off_seconds=calm),
        LampKind("d.hit_rate", _AMBER, TriggerKind.LOSSES, off_seconds=calm),
        LampKind("d.slippage", _AMBER, TriggerKind.LOSSES, off_seconds=calm),
        LampKind("d.drawdown_half", _AMBER, TriggerKind.DRAWDOWN_HALF, off_seconds=calm),
        LampKind("d.drawdown", _RED, TriggerKind.DRAWDOWN_SOFT, critical, off_seconds=calm),
        LampKind("d.day_loss", _RED, TriggerKind.DRAWDOWN_SOFT, critical, off_seconds=calm),
    )
    return {kind.id: kind for kind in kinds}


def _above(rank: float | None, bound: float) -> bool | None:
    return None if rank is None else rank > bound


def _below(rank: float | None, bound: float) -> bool | None:
    return None if rank is None else rank < bound


def _reached(share: float | None, bound: float) -> bool | None:
    return None if share is None or not bound else share >= bound
