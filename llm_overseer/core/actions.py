"""From a decision to proposals: what an action needs, what it may reach, and whose consent.

Order of the questions: is it known, is it grounded, may this tier do it, is there evidence, does
it fit the bounds, is there room for one more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from llm_overseer.brief import MINUTE, ActiveOverlay, Brief, Direction, Light, Mode, ParameterState
from llm_overseer.core.grounding import ungrounded
from llm_overseer.core.policy import Denied, judge
from llm_overseer.core.tiers import Tier
from llm_overseer.decision import PORTFOLIO, Action, Kind
from llm_overseer.settings import LOCKED, OverseerSettings
from llm_overseer.verdict import Clamp, Consent, Proposal, Refusal

_ONE: Final = Decimal(1)
_CONSENTS: Final = {
    Mode.OFF: Consent.SHADOW_ONLY,
    Mode.SHADOW: Consent.SHADOW_ONLY,
    Mode.ADVISE: Consent.ADVICE_ONLY,
    Mode.APPROVE: Consent.PERSON,
}
"""In the other modes it depends on the direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """`numbers` and `known`: of the prompt. `only_tighten`: the tier, or a missing second
    opinion, allows nothing else. `two_samples`: two vendors' models agreed."""

    brief: Brief
    now: int
    tier: Tier
    numbers: frozenset[Decimal]
    known: frozenset[str]
    only_tighten: bool = False
    two_samples: bool = False
    grounded: bool = True
    """False: written by code, so that its words need no check."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """An action with what it would do."""

    parameter: str
    value: Decimal | None
    baseline: Decimal | None
    previous: Decimal | None
    direction: Direction
    clamps: tuple[Clamp, ...] = ()


class Weighing:
    """Weighs the actions of one decision, one after the other; what is granted counts for the
    next."""

    def __init__(self, settings: OverseerSettings, circumstances: Circumstances) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._it = circumstances
        self.proposals: list[Proposal] = []
        self.refusals: list[Refusal] = []

    def weigh(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if action.kind is Kind.NO_CHANGE:
                continue
            outcome = self._outcome(action)
            if isinstance(outcome, str):
                self.refusals.append(
                    Refusal(
                        kind=action.kind,
                        parameter=action.param or "",
                        scope=action.scope,
                        code=outcome,
                    )
                )
            else:
                self.proposals.append(self._proposal(action, outcome))

    def _outcome(self, action: Action) -> "_Wish | str":
        if (why := self._unfit(action)) is not None:
            return why
        wish = self._wish(action)
        if isinstance(wish, str):
            return wish
        why = self._not_allowed(action, wish) or self._no_room(action, wish)
        return wish if why is None else why

    def _unfit(self, action: Action) -> str | None:
        if action.param in LOCKED:
            return "locked"
        if not self._it.grounded:
            return None
        own = {Decimal(action.ttl_minutes)}
        if action.value is not None:
            own.add(Decimal(repr(action.value)))
        numbers = self._it.numbers | own
        return "ungrounded" if ungrounded(action.reason, numbers, self._it.known) else None

    def _wish(self, action: Action) -> "_Wish | str":
        match action.kind:
            case Kind.SET_RISK_MULT:
                return self._number(action, "risk_mult")
            case Kind.SET_PARAM:
                return self._number(action, action.param or "")
            case Kind.SWITCH_PRESET:
                return self._preset(action.param or "")
            case Kind.RESTORE:
                return self._restore(action)
            case _:
                return _Wish("", None, None, None, Direction.TIGHTEN)

    def _number(self, action: Action, name: str) -> "_Wish | str":
        spec = self._settings.parameters.get(name)
        state = self._it.brief.state_of(name, action.scope)
        if spec is None or state is None:
            return "unknown_parameter"
        return self._judged(state, action.value)

    def _judged(
        self, state: ParameterState, value: object, most: Decimal | None = None
    ) -> "_Wish | str":
        spec = self._settings.parameters[state.name]
        result = judge(spec, state.baseline, state.current, value, most=most)
        if isinstance(result, Denied):
            return result.code
        if state.changes_today >= spec.per_day:
            return "changes_per_day"
        if self._it.now - state.changed_at < spec.cooldown * MINUTE:
            return "cooling_down"
        return _Wish(
            state.name,
            result.value,
            state.baseline,
            state.current,
            result.direction,
            result.clamps,
        )

    def _preset(self, name: str) -> "_Wish | str":
        presets = self._it.brief.presets
        if presets is None or name not in presets.offered:
            return "unknown_preset"
        allowed = self._limits.presets
        if allowed is not None and name not in (*allowed, presets.baseline):
            return "preset_out_of_bounds"
        place = presets.offered.index
        wished, now, baseline = place(name), place(presets.current), place(presets.baseline)
        if wished == now:
            return "below_deadband"
        if wished < now and wished <= baseline:
            direction = Direction.TIGHTEN
        elif min(now, baseline) <= wished <= max(now, baseline):
            direction = Direction.RESTORE
        else:
            direction = Direction.LOOSEN
        return _Wish(name, None, None, None, direction)

    def _restore(self, action: Action) -> "_Wish | str":
        """Of one number: a step towards its baseline. Of the rest: the overlays are dropped."""
        spec = self._settings.parameters.get(action.param or "")
        state = self._it.brief.state_of(action.param or "", action.scope)
        if spec is not None and state is not None:
            most = spec.restore_step if self._it.tier is Tier.TIER_3 else None
            return self._judged(state, state.baseline, most)
        concerned = [
            it
            for it in self._it.brief.overlays
            if it.scope == action.scope and action.param in (None, it.parameter, it.kind)
        ]
        if not concerned:
            return "nothing_to_restore"
        if all(it.direction is Direction.LOOSEN for it in concerned):
            return _Wish(action.param or "", None, None, None, Direction.TIGHTEN)
        return _Wish(action.param or "", None, None, None, Direction.RESTORE)

    def _not_allowed(self, action: Action, wish: _Wish) -> str | None:
        direction = wish.direction
        lights = {it.id: it.light for it in self._it.brief.detectors}
        if direction is Direction.TIGHTEN:
            alarms = (Light.AMBER, Light.RED)
            cited = any(lights.get(name) in alarms for name in action.evidence)
            return None if cited or self._undoes(action, wish) else "no_alarm_cited"
        if self._it.only_tighten or self._it.tier is Tier.TIER_1:
            return "tier_may_only_tighten"
        if direction is Direction.RESTORE:
            return self._may_not_restore(action)
        if self._it.tier is Tier.TIER_3:
            return "crisis_may_not_loosen"
        calm = bool(lights) and all(light is Light.GREEN for light in lights.values())
        return None if calm else "not_all_green"

    def _undoes(self, action: Action, wish: _Wish) -> bool:
        """It takes back a loosening and goes no further: no alarm is needed for that."""
        presets = self._it.brief.presets
        if action.kind is Kind.SWITCH_PRESET and presets is not None:
            return wish.parameter == presets.baseline
        return action.kind is Kind.RESTORE or (
            wish.value is not None and wish.value == wish.baseline
        )

    def _may_not_restore(self, action: Action) -> str | None:
        concerned = (action.scope, PORTFOLIO)
        for detector in self._it.brief.detectors:
            if detector.light is Light.RED and detector.scope in concerned:
                return "still_red"
        hold = self._limits.min_hold * MINUTE
        for overlay in self._it.brief.overlays:
            if overlay.scope == action.scope and self._it.now - overlay.since < hold:
                return "held_too_short"
        return None

    def _no_room(self, action: Action, wish: _Wish) -> str | None:
        if action.kind is Kind.RESTORE and wish.value is None:
            return None
        brief, limits = self._it.brief, self._limits
        if brief.changes_today + len(self.proposals) >= limits.changes_per_day:
            return "too_many_changes_today"
        # What is replaced holds until its successor does: it takes up room as well.
        if len(brief.overlays) + len(self.proposals) >= limits.active:
            return "too_many_overlays"
        here = [it.scope for it in brief.overlays] + [it.scope for it in self.proposals]
        if action.scope != PORTFOLIO and here.count(action.scope) >= limits.active_per_symbol:
            return "too_many_overlays_of_the_symbol"
        return self._loosened_too_much(action, wish)

    def _loosened_too_much(self, action: Action, wish: _Wish) -> str | None:
        if wish.direction is not Direction.LOOSEN:
            return None
        both: list[ActiveOverlay | Proposal] = [*self._it.brief.overlays, *self.proposals]
        whole = self._limits.loosen_sum
        already = [
            _excess(it.baseline, it.value, whole)
            for it in both
            if it.direction is Direction.LOOSEN
            and (it.parameter, it.scope) != (wish.parameter, action.scope)
        ]
        total = sum(already, _excess(wish.baseline, wish.value, whole))
        return "loosened_too_much" if total > self._limits.loosen_sum else None

    def _proposal(self, action: Action, wish: _Wish) -> Proposal:
        return Proposal(
            kind=action.kind,
            parameter=wish.parameter,
            scope=action.scope,
            value=wish.value,
            baseline=wish.baseline,
            previous=wish.previous,
            direction=wish.direction,
            consent=self._consent(action, wish),
            ttl_minutes=self._minutes(action, wish),
            evidence=tuple(action.evidence),
            reason=action.reason,
            clamps=wish.clamps,
        )

    def _minutes(self, action: Action, wish: _Wish) -> int:
        wished = max(action.ttl_minutes, self._limits.least_ttl)
        return min(wished, self._longest(action.kind, wish))

    def _longest(self, kind: Kind, wish: _Wish) -> int:
        limits = self._limits
        by_kind = {Kind.HALT_NEW_ENTRIES: limits.halt_ttl, Kind.PAUSE_SYMBOL: limits.pause_ttl}
        if kind in by_kind:
            return by_kind[kind]
        spec = self._settings.parameters.get(wish.parameter)
        most = limits.loosen_ttl if self._is_bold(wish) else limits.tighten_ttl
        return most if spec is None else min(most, spec.max_ttl)

    def _consent(self, action: Action, wish: _Wish) -> Consent:
        brief = self._it.brief
        if brief.mode in _CONSENTS:
            return _CONSENTS[brief.mode]
        if action.kind is Kind.HALT_NEW_ENTRIES:
            halted = brief.halted_minutes_today + self._minutes(action, wish)
            return Consent.PERSON if halted > self._limits.halted_per_day else Consent.NONE
        alone = not self._is_bold(wish) or self._may_loosen_alone(wish)
        return Consent.NONE if alone else Consent.PERSON

    def _is_bold(self, wish: _Wish) -> bool:
        """Beyond the baseline, be it on the way back to it."""
        if wish.value is None or wish.baseline is None:
            return wish.direction is Direction.LOOSEN
        spec = self._settings.parameters[wish.parameter]
        if not spec.risk_sign:
            return wish.value != wish.baseline
        return spec.risk_sign * wish.value > spec.risk_sign * wish.baseline

    def _may_loosen_alone(self, wish: _Wish) -> bool:
        brief, limits = self._it.brief, self._limits
        trusted = brief.mode is Mode.AUTO and brief.trust_level >= limits.loosen_trust
        excess = _excess(wish.baseline, wish.value, _ONE)
        small = wish.value is not None and excess <= limits.loosen_auto
        return trusted and small and self._it.two_samples


def _excess(baseline: Decimal | None, value: Decimal | None, whole: Decimal) -> Decimal:
    """How far over, or under, its baseline; what has no share of one, as a preset, is `whole`."""
    if baseline is None or value is None or not baseline:
        return whole
    return abs(value / baseline - _ONE)
