"""Detectors and parameters of any number of pairs in little room: what stands out is named, the
rest is counted by kind."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from llm_overseer.brief import Brief, Detector, Light, ParameterState
from llm_overseer.core.canonical import Tree
from llm_overseer.decision import PORTFOLIO

_LIT: Final = (Light.RED, Light.AMBER)


def lit_first(brief: Brief) -> tuple[Detector, ...]:
    """What is lit, most important first: red, then where the trigger is, the desk as a whole,
    pairs with a position, pairs that trade most."""
    held = {it.symbol: (not it.held, it.volume_rank) for it in brief.sections if it.symbol}
    last = (True, len(brief.symbols) + 1)

    def place(it: Detector) -> tuple[object, ...]:
        whole = it.scope == PORTFOLIO
        pair = held.get(it.scope, last)
        return it.light is not Light.RED, it.scope != brief.trigger.scope, not whole, *pair, it.id

    return tuple(sorted((it for it in brief.detectors if it.light in _LIT), key=place))


def detectors_shown(brief: Brief, named: Sequence[Detector]) -> Tree:
    """`named`: of those that are lit."""
    chosen = {it.id for it in named}
    lit: dict[str, dict[str, list[str]]] = {light.value: {} for light in _LIT}
    counted: dict[str, Counter[str]] = {}
    for it in sorted(brief.detectors, key=lambda each: each.id):
        if it.id in chosen:
            lit[it.light.value].setdefault(it.scope, []).append(it.id)
        else:
            group = f"{it.light.value}_by_kind"
            counted.setdefault(group, Counter())[_kind(it)] += 1
    return {**lit, **counted}


def parameters_shown(brief: Brief) -> Tree:
    """Those of the desk, of the trigger's pair, and whatever is not as usual; the others by the
    value that is usual for them."""
    usual: dict[str, Counter[str]] = {}
    named: dict[str, Tree] = {}
    for it in brief.parameters:
        if it.scope in (PORTFOLIO, brief.trigger.scope) or it.current != it.baseline:
            named[parameter_id(it)] = {"baseline": it.baseline, "now": it.current}
        else:
            usual.setdefault(it.name, Counter())[f"{it.baseline:f}"] += 1
    return {**named, "others_at_baseline": usual} if usual else named


def counts_of(brief: Brief) -> Iterable[Decimal]:
    """Numbers that stand in either: how many of a kind, or of all, are in one state."""
    by_kind = Counter((_kind(it), it.light) for it in brief.detectors)
    by_light = Counter(it.light for it in brief.detectors)
    pairs = (len(brief.symbols), len(brief.detectors))
    return (Decimal(it) for it in (*by_kind.values(), *by_light.values(), *pairs))


def parameter_id(state: ParameterState) -> str:
    return f"p.{state.name}.{state.scope}"


def _kind(detector: Detector) -> str:
    return detector.id.removesuffix(f".{detector.scope}")
