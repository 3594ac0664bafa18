"""A desk that is worth what a test says, to whoever has an overlay."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trading_agent.domain.command_facts import OverlayApplied, OverlayReverted
from trading_agent.domain.commands import ApplyOverlay, RevertOverlay
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import HOUR, Nanos
from trading_agent.runtime.oversight_ports import BesideCore


@dataclass(slots=True)
class ScriptedDesk:
    """Worth more or less by what a market's move is worth to whoever has an overlay."""

    equity: Decimal = Decimal(10_000)
    fees: Decimal = Decimal(0)
    has_overlay: bool = False

    def copy(self) -> "ScriptedDesk":
        return ScriptedDesk(self.equity, self.fees, self.has_overlay)

    def step(self, stamped: Stamped) -> tuple[Fact, ...]:
        body: Any = stamped.body
        match body:
            case ApplyOverlay(overlay=overlay):
                self.has_overlay = True
                return (
                    OverlayApplied(
                        at=stamped.at,
                        origin=body.origin,
                        overlay=overlay,
                        until=Nanos(stamped.at + HOUR),
                        loosens=False,
                        equity=None,
                    ),
                )
            case RevertOverlay(overlay=name, why=why):
                self.has_overlay = False
                origin = body.origin
                return (OverlayReverted(at=stamped.at, origin=origin, overlay=name, why=why),)
            case Decimal() if self.has_overlay:
                self.equity += body
        return ()


def opening() -> tuple[BesideCore, tuple[Fact, ...]]:
    return ScriptedDesk(), ()


def a_halt(name: str) -> Overlay:
    return Overlay(
        overlay=name,
        kind=OverlayKind.HALT_ENTRIES,
        ttl_seconds=3_600,
        baseline="b",
        snapshot_at=Nanos(0),
    )
