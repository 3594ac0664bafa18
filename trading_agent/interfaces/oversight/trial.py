"""One decision measured: the desk with it and the desk without it, told the same otherwise."""

from dataclasses import dataclass, field

from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayRefused,
    OverlayReverted,
)
from trading_agent.domain.commands import ApplyOverlay, Command, RevertOverlay
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.outcomes import Outcome
from trading_agent.runtime.oversight_ports import BesideCore


@dataclass(slots=True)
class Fall:
    """The deepest fall from a high, in money."""

    high: float
    deepest: float = 0.0

    def see(self, equity: float) -> None:
        self.high = max(self.high, equity)
        self.deepest = max(self.deepest, self.high - equity)


@dataclass(slots=True, kw_only=True)
class Trial:
    """`beside` does without the decision where it was `applied` to the desk, and has it where it
    was not. `main` is the desk itself, or its twin."""

    decision: str
    arm: str
    applied: bool
    began: Nanos
    cost_nano: int
    main: BesideCore
    beside: BesideCore
    holds: set[str] = field(default_factory=set)
    ended: Nanos | None = None
    refused: bool = False
    _start: float = 0.0
    _fees: float = 0.0
    _falls: tuple[Fall, Fall] = field(init=False)

    def __post_init__(self) -> None:
        self._start = float(self.main.equity)
        self._fees = float(self.main.fees - self.beside.fees)
        self._falls = Fall(self._start), Fall(float(self.beside.equity))

    def step(self, stamped: Stamped) -> None:
        """The desk beside hears everything but the decision itself."""
        if self.applied and is_of(stamped.body, self.decision):
            return
        facts = self.beside.step(stamped)
        if not self.applied:
            self.hear(facts, stamped.at)

    def hear(self, facts: tuple[Fact, ...], at: Nanos) -> None:
        """Facts of whoever has the decision."""
        for fact in facts:
            match fact:
                case OverlayApplied() if _decision(fact.overlay.overlay) == self.decision:
                    self.holds.add(fact.overlay.overlay)
                    self.ended = None
                case OverlayExpired(overlay=name) | OverlayReverted(overlay=name):
                    self._end(name, at)
                case OverlayRefused(overlay=name) if _decision(name) == self.decision:
                    self.refused = not self.holds
                case _:
                    pass

    def look(self) -> None:
        """Now and then: what both are worth."""
        for fall, core in zip(self._falls, (self.main, self.beside), strict=True):
            fall.see(float(core.equity))

    def effect(self) -> float:
        """So far."""
        without = float(self.main.equity) - float(self.beside.equity)
        return without if self.applied else -without

    def outcome(self, at: Nanos) -> Outcome:
        self.look()
        sign = 1 if self.applied else -1
        more_fees = float(self.main.fees - self.beside.fees) - self._fees
        return Outcome(
            decision=self.decision,
            arm=self.arm,
            applied=self.applied,
            began=self.began,
            ended=at,
            equity=self._start,
            effect=self.effect(),
            drawdown=sign * (self._falls[0].deepest - self._falls[1].deepest),
            fees=sign * more_fees,
            cost_nano=self.cost_nano,
        )

    def _end(self, name: str, at: Nanos) -> None:
        if name in self.holds:
            self.holds.discard(name)
            self.ended = at if not self.holds else None


def is_of(body: object, decision: str) -> bool:
    """A command that carries out this decision, or takes it back."""
    if isinstance(body, ApplyOverlay):
        return _decision(body.overlay.overlay) == decision
    if isinstance(body, RevertOverlay):
        for_it = body.why.startswith(f"for {decision}.")
        return for_it or (bool(body.overlay) and _decision(body.overlay) == decision)
    return False


def decision_of(command: Command) -> str:
    return _decision(command.overlay.overlay) if isinstance(command, ApplyOverlay) else ""


def _decision(overlay: str) -> str:
    return overlay.partition(".")[0]
