"""One decision measured: the desk with it and the desk without it, told the same otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayReverted,
)
from trading_agent.domain.commands import ApplyOverlay, RevertOverlay
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.outcomes import Decided, Outcome
from trading_agent.runtime.oversight_ports import BesideCore

_FOR: Final = "for "


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
    """`applied`: the desk itself has the decision, and `with_it` is its twin. Else it was tried in
    a desk of this trial's own, and `without` is the twin, or a desk that lacks what the same
    decision applied meanwhile. `holds`: overlays of the decision that are in force; `lacks`: those
    that it ended, and that are still in force without it."""

    decided: Decided
    arm: str
    applied: bool
    held_out: bool = False
    began: Nanos
    with_it: BesideCore
    without: BesideCore
    holds: set[str] = field(default_factory=set)
    lacks: set[str] = field(default_factory=set)
    ended: Nanos | None = None
    _start: float = 0.0
    _fees: float = 0.0
    _falls: tuple[Fall, Fall] = field(init=False)

    def __post_init__(self) -> None:
        self._start = float(self.without.equity)
        self._fees = float(self.with_it.fees - self.without.fees)
        self._falls = Fall(self._start), Fall(self._start)

    @property
    def does_anything(self) -> bool:
        return bool(self.holds or self.lacks)

    def begin(self, stamped: Stamped, facts: tuple[Fact, ...]) -> None:
        """What the desk said to a command of an applied decision."""
        self._hear_with(facts, stamped, is_its_own=True)

    def try_now(self, stamped: Stamped) -> tuple[Fact, ...]:
        """A command that nobody hears but the desk that has the decision beside."""
        facts = self.with_it.step(stamped)
        self._hear_with(facts, stamped, is_its_own=True)
        return facts

    def step(self, stamped: Stamped, told: Mapping[int, tuple[Fact, ...]]) -> None:
        """`told`: what the others said to it, by `id`. A desk of its own hears everything but
        what the same decision does to the desk itself."""
        own = is_of(stamped.body, self.decided.decision)
        if self.applied:
            facts = told.get(id(self.with_it), ())
        else:
            facts = () if own else self.with_it.step(stamped)
        self._hear_with(facts, stamped, is_its_own=own and self.applied)
        for fact in told.get(id(self.without), ()):
            if isinstance(fact, OverlayExpired | OverlayReverted):
                self.lacks.discard(fact.overlay)
        self._see_whether_over(stamped.at)

    def look(self) -> None:
        """Now and then: what both are worth."""
        for fall, core in zip(self._falls, (self.with_it, self.without), strict=True):
            fall.see(float(core.equity))

    def effect(self) -> float:
        """So far."""
        return float(self.with_it.equity) - float(self.without.equity)

    def outcome(self, at: Nanos, cut: str = "") -> Outcome:
        """`cut`: why it ends before its time."""
        self.look()
        decided = self.decided
        return Outcome(
            decision=decided.decision,
            arm=self.arm,
            applied=self.applied,
            began=self.began,
            ended=at,
            equity=self._start,
            effect=self.effect(),
            drawdown=self._falls[0].deepest - self._falls[1].deepest,
            fees=float(self.with_it.fees - self.without.fees) - self._fees,
            cost_nano=decided.cost_nano,
            decider=decided.decider,
            model=decided.model,
            mode=decided.mode,
            held_out=self.held_out,
            cut=cut,
        )

    def _hear_with(self, facts: tuple[Fact, ...], stamped: Stamped, *, is_its_own: bool) -> None:
        """Facts of whoever has the decision."""
        for fact in facts:
            match fact:
                case OverlayApplied() if (
                    decision_of_overlay(fact.overlay.overlay) == self.decided.decision
                ):
                    self.holds.add(fact.overlay.overlay)
                case OverlayReverted(overlay=name) if is_its_own and name not in self.holds:
                    self.lacks.add(name)
                case OverlayExpired(overlay=name) | OverlayReverted(overlay=name):
                    self.holds.discard(name)
                case _:
                    pass
        self._see_whether_over(stamped.at)

    def _see_whether_over(self, at: Nanos) -> None:
        if self.does_anything:
            self.ended = None
        elif self.ended is None:
            self.ended = at


def is_of(body: object, decision: str) -> bool:
    """A command that carries out this decision, or takes it back."""
    takes_back = isinstance(body, RevertOverlay) and decision_of_overlay(body.overlay) == decision
    return bool(decision) and (takes_back or carried_out(body) == decision)


def carried_out(body: object) -> str:
    """The decision that a command carries out, empty for none: something ends `for d2.1`, or
    `for d2: why`."""
    if isinstance(body, ApplyOverlay):
        return decision_of_overlay(body.overlay.overlay)
    if isinstance(body, RevertOverlay) and body.why.startswith(_FOR):
        return decision_of_overlay(body.why.removeprefix(_FOR).partition(":")[0])
    return ""


def decision_of_overlay(overlay: str) -> str:
    """Whose overlay it is; empty for a person's own."""
    name = overlay.partition(".")[0]
    return name if name[:1] == "d" and name[1:].isdigit() else ""
