"""When what was applied is a reason to ask again."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from llm_overseer.brief import TriggerKind
from tests.oversight_desk import BOUNDS
from tests.run_statuses import busy_snapshot
from trading_agent.domain.command_facts import OverlayApplied, OverlayReverted
from trading_agent.domain.commands import Origin
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import Nanos
from trading_agent.doors.oversight import limits_of
from trading_agent.interfaces.oversight.overlay_watch import HARMS, OverlayWatch

APPLIED = OverlayApplied(
    at=Nanos(1),
    origin=Origin.OVERSEER,
    overlay=Overlay(
        overlay="d1.1",
        kind=OverlayKind.RISK_MULTIPLIER,
        scope="",
        value=Decimal("0.7"),
        preset=None,
        ttl_seconds=60,
        baseline="b",
        snapshot_at=Nanos(1),
        why="x",
    ),
    until=Nanos(2),
    loosens=False,
    equity=None,
)


def reverted(origin: Origin, why: str, overlay: str = "d1.1") -> OverlayReverted:
    return OverlayReverted(at=Nanos(2), origin=origin, overlay=overlay, why=why)


@pytest.mark.parametrize(
    ("ended", "asks"),
    [
        (reverted(Origin.PERSON, "by ann"), True),
        (reverted(Origin.OVERSEER, HARMS), True),
        (reverted(Origin.OVERSEER, "what it was for is over"), False),
        (reverted(Origin.PERSON, "by ann", "lock.7"), False),
    ],
)
def test_who_is_taken_back_early_is_asked_again(ended: OverlayReverted, asks: bool) -> None:
    watch = OverlayWatch(limits_of(BOUNDS))
    watch.hear(APPLIED)
    watch.hear(ended)
    assert [each.kind for each in watch.reasons()] == [TriggerKind.OVERLAY] * asks
    assert watch.reasons() == ()


def test_at_the_bound_it_is_asked_once() -> None:
    limits = limits_of(BOUNDS)
    watch, desk = OverlayWatch(limits), busy_snapshot()
    bound = replace(desk, changes=replace(desk.changes, risk_multiplier=limits.least_risk))
    for view, asks in ((desk, 0), (bound, 1), (bound, 0), (desk, 0), (bound, 1)):
        watch.see(view)
        assert len(watch.reasons()) == asks
