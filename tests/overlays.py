"""Overlays as an overseer would propose them, of the desk as it is."""

from typing import Any

from tests.story import Story
from trading_agent.domain.commands import ApplyOverlay, Origin
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import Nanos
from trading_agent.engine.core import Core


def an_overlay(core: Core, at: int, **fields: Any) -> Overlay:
    """A halt of five minutes, made from what the desk shows now."""
    plain: dict[str, Any] = {
        "overlay": "o1",
        "kind": OverlayKind.HALT_ENTRIES,
        "ttl_seconds": 300,
        "baseline": core.snapshot(Nanos(at)).changes.baseline,
        "snapshot_at": Nanos(at),
        "why": "test",
    }
    return Overlay(**(plain | fields))


def propose(story: Story, origin: Origin = Origin.OVERSEER, **fields: Any) -> Any:
    """What is told of it, one fact or several."""
    overlay = an_overlay(story.core, story.at, **fields)
    told = story.tell(ApplyOverlay(origin=origin, overlay=overlay))
    return told[0] if len(told) == 1 else told
