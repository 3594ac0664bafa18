"""The rule overseer: the same brief, the same kind of answer, and no model.

It answers where there is no key, stands in where no model answers in a crisis, and is the rival
a model has to beat. It can make the desk more careful and take that back; it never makes it
bolder.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from llm_overseer.brief import (
    MINUTE,
    Brief,
    Detector,
    Direction,
    Light,
    ParameterState,
    TriggerKind,
)
from llm_overseer.decision import PORTFOLIO, Action, Kind
from llm_overseer.settings import OverseerSettings

_MOST_ACTIONS: Final = 4
_MOST_EVIDENCE: Final = 6
_RISK: Final = {
    TriggerKind.STRESS: (Decimal("0.70"), 60),
    TriggerKind.LOSSES: (Decimal("0.80"), 60),
    TriggerKind.DRAWDOWN_HALF: (Decimal("0.75"), 240),
    TriggerKind.DRAWDOWN_SOFT: (Decimal("0.50"), 240),
    TriggerKind.BLACK_SWAN: (Decimal("0.50"), 240),
}
"""The share of the baseline that is risked, and for how many minutes."""
_PICKY: Final = (Decimal("1.25"), 60)
_HALT_MINUTES: Final = 60
_PAUSE_MINUTES: Final = 60
_PRESET_MINUTES: Final = 120
_REGIME: Final = "d.regime"
"""Detectors of a regime of high volatility, one a symbol."""
_WORDS: Final = {
    TriggerKind.STRESS: "the market is outside its usual range",
    TriggerKind.LOSSES: "results are below what chance explains",
    TriggerKind.DRAWDOWN_HALF: "half of the soft drawdown limit is used",
    TriggerKind.DRAWDOWN_SOFT: "the soft drawdown limit is reached",
    TriggerKind.BLACK_SWAN: "an extreme move or a loss of the feed",
    TriggerKind.REGIME: "a regime of high volatility",
}


class RuleOverseer:
    """Pure: the same brief, the same actions."""

    def __init__(self, settings: OverseerSettings) -> None:
        self._settings = settings

    def actions(self, brief: Brief) -> tuple[Action, ...]:
        """At most four; none when nothing is to be done."""
        alarms = [it for it in brief.detectors if it.light in (Light.AMBER, Light.RED)]
        if alarms:
            return tuple(self._careful(brief, alarms))[:_MOST_ACTIONS]
        return tuple(self._back(brief))[:_MOST_ACTIONS]

    def _careful(self, brief: Brief, alarms: Sequence[Detector]) -> list[Action]:
        kind = brief.trigger.kind
        evidence = [it.id for it in alarms][:_MOST_EVIDENCE]
        words = _WORDS.get(kind, "a detector is on")
        wanted: list[Action] = []
        if kind is TriggerKind.BLACK_SWAN:
            wanted.append(_action(Kind.HALT_NEW_ENTRIES, PORTFOLIO, _HALT_MINUTES, evidence, words))
            wanted += self._pauses(brief, alarms)
        if kind in _RISK:
            wanted += self._less_risk(brief, evidence, words)
        if kind is TriggerKind.LOSSES:
            wanted += self._pickier(brief, evidence, words)
        if kind is TriggerKind.REGIME:
            wanted += _more_careful_preset(brief, alarms, words)
        return wanted

    def _pauses(self, brief: Brief, alarms: Sequence[Detector]) -> list[Action]:
        words = "its own detector is red"
        return [
            _action(Kind.PAUSE_SYMBOL, it.scope, _PAUSE_MINUTES, [it.id], words)
            for it in alarms
            if it.light is Light.RED and it.scope in brief.symbols
        ][:1]

    def _less_risk(self, brief: Brief, evidence: list[str], words: str) -> list[Action]:
        share, minutes = _RISK[brief.trigger.kind]
        state = _stated(brief, "risk_mult")
        if state is None:
            return []
        value = self._within("risk_mult", state.baseline * share)
        if value >= state.current:
            return []
        action = _action(Kind.SET_RISK_MULT, state.scope, minutes, evidence, words)
        return [action.model_copy(update={"value": float(value)})]

    def _pickier(self, brief: Brief, evidence: list[str], words: str) -> list[Action]:
        factor, minutes = _PICKY
        state = _stated(brief, "entry_threshold")
        if state is None or "entry_threshold" not in self._settings.parameters:
            return []
        value = self._within("entry_threshold", state.baseline * factor)
        if value <= state.current:
            return []
        action = _action(Kind.SET_PARAM, state.scope, minutes, evidence, words)
        changes = {"param": state.name, "value": float(value)}
        return [action.model_copy(update=changes)]

    def _back(self, brief: Brief) -> list[Action]:
        """All is calm: what was tightened long enough ago goes back."""
        if any(it.light is not Light.GREEN for it in brief.detectors) or not brief.detectors:
            return []
        hold = self._settings.limits.min_hold * MINUTE
        ripe = {
            (it.parameter or it.kind, it.scope)
            for it in brief.overlays
            if it.direction is Direction.TIGHTEN and brief.at - it.since >= hold
        }
        evidence = [it.id for it in brief.detectors][:_MOST_EVIDENCE]
        return [
            _action(
                Kind.RESTORE, scope, _PAUSE_MINUTES, evidence, "all detectors are green"
            ).model_copy(update={"param": name})
            for name, scope in sorted(ripe)
        ]

    def _within(self, name: str, value: Decimal) -> Decimal:
        low, high = self._settings.parameters[name].overlay
        return max(low, min(high, value))


def _stated(brief: Brief, name: str) -> ParameterState | None:
    """Of the trigger's scope, else of the whole desk."""
    return brief.state_of(name, brief.trigger.scope) or brief.state_of(name, PORTFOLIO)


def _more_careful_preset(brief: Brief, alarms: Sequence[Detector], words: str) -> list[Action]:
    """The one before the baseline's, and only for a regime that is wild where it has changed: a
    change back to calm is a change, too."""
    presets, where = brief.presets, brief.trigger.scope
    wild = [it.id for it in alarms if it.id.startswith(_REGIME) and where in (it.scope, PORTFOLIO)]
    if presets is None or not wild:
        return []
    place = presets.offered.index
    careful = max(0, place(presets.baseline) - 1)
    if place(presets.current) <= careful:
        return []
    evidence = wild[:_MOST_EVIDENCE]
    action = _action(Kind.SWITCH_PRESET, PORTFOLIO, _PRESET_MINUTES, evidence, words)
    return [action.model_copy(update={"param": presets.offered[careful]})]


def _action(kind: Kind, scope: str, minutes: int, evidence: list[str], words: str) -> Action:
    return Action(
        kind=kind,
        scope=scope,
        param=None,
        value=None,
        ttl_minutes=minutes,
        evidence=evidence,
        reason=words,
    )
