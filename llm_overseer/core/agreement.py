"""Two opinions: only what both want is wanted, and the more careful number of the two."""

from collections.abc import Sequence
from decimal import Decimal

from llm_overseer.brief import Brief
from llm_overseer.core.parsing import target_of
from llm_overseer.decision import Action, Kind
from llm_overseer.settings import OverseerSettings


def agreed(
    first: Sequence[Action], second: Sequence[Action], brief: Brief, settings: OverseerSettings
) -> list[Action]:
    """Of the first one's actions those the second has too, with the same kind, target and
    direction."""
    others = {(action.kind, *target_of(action)): action for action in second}
    common = []
    for action in first:
        other = others.get((action.kind, *target_of(action)))
        joined = None if other is None else _joined(action, other, brief, settings)
        if joined is not None:
            common.append(joined)
    return common


def _joined(one: Action, other: Action, brief: Brief, settings: OverseerSettings) -> Action | None:
    ttl = min(one.ttl_minutes, other.ttl_minutes)
    if one.value is None or other.value is None:
        return one.model_copy(update={"ttl_minutes": ttl})
    name = "risk_mult" if one.kind is Kind.SET_RISK_MULT else one.param or ""
    spec, state = settings.parameters.get(name), brief.state_of(name, one.scope)
    if spec is None or state is None:
        return one
    now = float(state.current)
    if (one.value > now) != (other.value > now):
        return None
    if spec.risk_sign == 0:
        near = abs(Decimal(repr(one.value)) - Decimal(repr(other.value))) <= spec.deadband
        return one if near else None
    careful = min(one.value, other.value) if spec.risk_sign > 0 else max(one.value, other.value)
    chosen = one if careful == one.value else other
    return chosen.model_copy(update={"ttl_minutes": ttl})
