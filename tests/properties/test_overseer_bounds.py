"""What the library proposes the desk takes: whatever the desk's bounds are, whatever holds already,
and whatever a model wishes."""

import random
from decimal import Decimal
from typing import Any, cast

import pytest

from llm_overseer.brief import Brief, Detector, Light, Mode, ParameterState, Presets
from llm_overseer.core.actions import Circumstances, Weighing
from llm_overseer.core.parsing import target_of
from llm_overseer.core.tiers import Tier
from llm_overseer.decision import Action, Kind
from llm_overseer.settings import OverseerSettings
from llm_overseer.verdict import Consent, Proposal
from tests.overseer_desk import brief
from trading_agent.domain.change_views import OverlayView
from trading_agent.domain.command_facts import OverlayApplied, OverlayReverted
from trading_agent.domain.commands import Origin
from trading_agent.domain.overlays import Overlay, OverlayKind, Preset
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import HOUR, MINUTE, SECOND, Nanos
from trading_agent.doors.oversight import limits_of
from trading_agent.engine.changes import Changes
from trading_agent.engine.overlay_rules import Asked, in_bounds, loosens, refusal_of
from trading_agent.engine.settings import OverlayBounds
from trading_agent.engine.tuning import factors_of
from trading_agent.interfaces.oversight.applications import applications
from trading_agent.interfaces.oversight.briefs import BALANCED, PRESETS
from trading_agent.interfaces.oversight.deeds import Deeds, active
from trading_agent.interfaces.oversight.library import bounded

CASES = 20_000
SYMBOLS = ("BTCUSDC", "ETHUSDC")
NOW = Nanos(1_790_000_000 * SECOND)
ONE = Decimal(1)
SETTINGS = OverseerSettings()


def bounds(dice: random.Random) -> OverlayBounds:
    least_ttl = dice.choice((60, 300, 600))
    longest = [least_ttl, 3_600, 7_200, 14_400, 86_400]
    return OverlayBounds(
        least_risk_multiplier=Decimal(dice.randrange(500, 10_001)) / 10_000,
        most_risk_multiplier=Decimal(dice.randrange(10_000, 20_001)) / 10_000,
        least_entry_threshold=Decimal(dice.randrange(50, 101)) / 100,
        most_entry_threshold=Decimal(dice.randrange(100, 301)) / 100,
        overseer_loosens_percent=dice.choice((0.0, 5.0, 25.0, 25.0)),
        least_ttl_seconds=least_ttl,
        most_tightening_seconds=dice.choice(longest),
        most_loosening_seconds=dice.choice(longest),
        most_pause_seconds=dice.choice(longest),
        most_halt_seconds=dice.choice(longest),
        most_halted_seconds_a_day=dice.choice((0, 59, 3_600, 7_201, 21_600)),
        most_at_once=dice.choice((0, 1, 3, 8, 8, 8)),
        most_a_symbol=dice.choice((0, 1, 3, 3)),
        most_changes_a_day=dice.choice((0, 2, 12, 12, 12)),
    )


class DeskOfChanges:
    """What of a desk a brief and an application look at: the overlays that hold."""

    def __init__(self, limits: OverlayBounds, dice: random.Random) -> None:
        self.bounds, self.changes, self.deeds = limits, Changes(), Deeds()
        for number in range(dice.choice((0, 0, 1, 2, 4))):
            overlay = earlier(dice, f"p{number}")
            if in_bounds(overlay, limits):
                origin = dice.choice((Origin.OVERSEER, Origin.PERSON))
                self.apply(overlay, origin, Nanos(NOW - dice.randrange(1, 90) * MINUTE))

    def apply(self, overlay: Overlay, origin: Origin, at: Nanos) -> None:
        fact = OverlayApplied(
            at=at,
            origin=origin,
            overlay=overlay,
            until=Nanos(at + overlay.ttl_seconds * SECOND),
            loosens=loosens(overlay),
            equity=None,
        )
        self.changes.add(fact)
        self.deeds.hear(fact)

    def end(self, name: str) -> None:
        self.changes.add(
            OverlayReverted(at=NOW, origin=Origin.OVERSEER, overlay=name, why="replaced")
        )

    @property
    def overlays(self) -> tuple[OverlayView, ...]:
        return tuple(
            OverlayView(
                overlay=it.overlay.overlay,
                kind=it.overlay.kind,
                scope=it.overlay.scope,
                value=it.overlay.value,
                preset=it.overlay.preset,
                loosens=it.loosens,
                origin=it.origin,
                applied_at=it.at,
                until=it.until,
                remaining=Nanos(max(0, it.until - NOW)),
                why="",
            )
            for it in self.changes.overlays.values()
        )

    def brief(self, dice: random.Random) -> Brief:
        green = (Light.GREEN,)
        lights = dice.choice((green, green, (Light.AMBER, Light.GREEN), (Light.RED,)))
        held = [it.preset.value for it in self.overlays if it.preset is not None]
        parameters = [self.state("risk_mult", scope) for scope in ("portfolio", *SYMBOLS)]
        return brief(
            at=NOW,
            mode=dice.choice((Mode.AUTO, Mode.AUTO, Mode.AUTO_TIGHTEN, Mode.APPROVE)),
            symbols=SYMBOLS,
            detectors=tuple(Detector(f"d.x{n}", light) for n, light in enumerate(lights)),
            parameters=(*parameters, self.state("entry_threshold", "portfolio")),
            presets=Presets(BALANCED, min(held, key=PRESETS.index, default=BALANCED), PRESETS),
            overlays=tuple(active(it) for it in self.overlays),
            halted_minutes_today=self.deeds.halted_minutes(NOW),
            changes_today=self.deeds.changes_today,
            trust_level=dice.choice((0, 2, 2, 2)),
        )

    def state(self, name: str, scope: str) -> ParameterState:
        """Of all that concern it the most careful holds."""
        place = 0 if name == "risk_mult" else 1
        factors = [
            factors_of(it.overlay)[place]
            for it in self.changes.overlays.values()
            if it.overlay.scope in ("", scope) and factors_of(it.overlay)[place] != ONE
        ]
        worst = max if place else min
        now = worst(factors, default=ONE)
        return ParameterState(name=name, scope=scope, baseline=ONE, current=now)

    def refusal(self, overlay: Overlay, origin: Origin) -> Any:
        return refusal_of(
            Asked(
                overlay=overlay,
                origin=origin,
                at=NOW,
                baseline="base01",
                bounds=self.bounds,
                changes=self.changes,
                symbols=SYMBOLS,
                sessions=("US",),
            )
        )


class Pictured:
    """The part of a snapshot that applications look at."""

    def __init__(self, desk: DeskOfChanges) -> None:
        self.changes = desk


def earlier(dice: random.Random, name: str) -> Overlay:
    kind = dice.choice(tuple(OverlayKind)[:5])
    numbers = (OverlayKind.RISK_MULTIPLIER, OverlayKind.ENTRY_THRESHOLD)
    of_symbol = kind is OverlayKind.PAUSE_SYMBOL or (
        kind is OverlayKind.RISK_MULTIPLIER and dice.random() < 0.5
    )
    return Overlay(
        overlay=name,
        kind=kind,
        scope=dice.choice(SYMBOLS) if of_symbol else "",
        value=Decimal(dice.randrange(50, 150)) / 100 if kind in numbers else None,
        preset=dice.choice(tuple(Preset)) if kind is OverlayKind.PRESET else None,
        ttl_seconds=3 * 3_600,
        baseline="base01",
        snapshot_at=NOW,
        why="",
    )


def wish(dice: random.Random, lights: tuple[str, ...]) -> Action:
    kind = dice.choice(tuple(Kind))
    param: str | None = None
    if kind is Kind.SET_PARAM:
        param = "entry_threshold"
    elif kind is Kind.SWITCH_PRESET:
        param = dice.choice(PRESETS)
    elif kind is Kind.RESTORE:
        param = dice.choice((None, "risk_mult", "entry_threshold"))
    alone = kind in (Kind.HALT_NEW_ENTRIES, Kind.SWITCH_PRESET, Kind.NO_CHANGE)
    scope = "portfolio" if alone or dice.random() < 0.5 else dice.choice(SYMBOLS)
    if kind is Kind.PAUSE_SYMBOL:
        scope = dice.choice(SYMBOLS)
    with_value = kind in (Kind.SET_PARAM, Kind.SET_RISK_MULT)
    return Action(
        kind=kind,
        scope=scope,
        param=param,
        value=round(dice.gauss(1.0, 0.3), dice.randrange(1, 5)) if with_value else None,
        ttl_minutes=dice.randrange(5, 1_441),
        evidence=list(lights),
        reason="as wished",
    )


def proposals(desk: DeskOfChanges, dice: random.Random, it: Brief) -> list[Proposal]:
    library = bounded(SETTINGS, limits_of(desk.bounds))
    weighing = Weighing(
        library,
        Circumstances(
            brief=it,
            now=NOW,
            tier=dice.choice(tuple(Tier)),
            numbers=frozenset(),
            known=frozenset(),
            two_samples=dice.random() < 0.9,
        ),
    )
    lights = tuple(each.id for each in it.detectors)
    wishes = [wish(dice, lights) for _ in range(dice.randrange(1, 4))]
    one_a_target = {target_of(it): it for it in wishes}  # or the answer could not be read
    weighing.weigh(tuple(one_a_target.values()))
    return weighing.proposals


@pytest.mark.slow
def test_nothing_is_proposed_that_the_desk_would_refuse() -> None:
    dice = random.Random(20_261_121)
    seen: dict[str, int] = {}
    for number in range(CASES):
        desk = DeskOfChanges(bounds(dice), dice)
        it = desk.brief(dice)
        wanted = proposals(desk, dice, it)
        seen_desk = cast("DeskSnapshot", Pictured(desk))
        least = desk.bounds.least_ttl_seconds
        each_of = applications(wanted, f"d{number}", it, seen_desk, least)
        for application in each_of:
            proposal, overlay = application.proposal, application.overlay
            if overlay is None:
                continue
            alone = proposal.consent is Consent.NONE
            origin = Origin.OVERSEER if alone else Origin.PERSON
            refusal = desk.refusal(overlay, origin)
            assert refusal is None, (number, proposal, refusal, desk.bounds)
            desk.apply(overlay, origin, NOW)
            for name in application.ends:
                desk.end(name)
            key = f"{overlay.kind.value}{' loosens' if loosens(overlay) else ''} {proposal.consent}"
            seen[key] = seen.get(key, 0) + 1
    for needed in (
        *("risk_multiplier none", "risk_multiplier person", "pause_symbol none"),
        *("risk_multiplier loosens none", "risk_multiplier loosens person"),
        *("entry_threshold none", "entry_threshold loosens none", "preset none"),
        *("preset loosens person", "halt_entries none", "halt_entries person"),
    ):
        assert seen.get(needed, 0) >= 10, (needed, seen)


def test_with_no_right_to_loosen_a_person_is_asked() -> None:
    dice = random.Random(7)
    desk = DeskOfChanges(OverlayBounds(), random.Random(0))
    desk.changes = Changes()
    calm = brief(
        mode=Mode.AUTO, trust_level=2, detectors=(Detector("d.x", Light.GREEN),), at=int(NOW)
    )
    library = bounded(SETTINGS, limits_of(desk.bounds))
    circumstances = Circumstances(
        brief=calm,
        now=NOW + HOUR,
        tier=Tier.TIER_2,
        numbers=frozenset(),
        known=frozenset(),
        two_samples=True,
    )
    weighing = Weighing(library, circumstances)
    action = wish(dice, ("d.x",)).model_copy(
        update={"kind": Kind.SET_RISK_MULT, "scope": "portfolio", "param": None, "value": 1.1}
    )
    weighing.weigh([action])
    assert [it.consent for it in weighing.proposals] == [Consent.PERSON]
