"""A twin of the desk, and copies of it that lack one decision, or have one more.

A twin repeats the desk step by step. When a decision is applied, a copy of the twin goes on
without it; when one is only tried, a copy goes on with it. The difference of what the two are
worth, when all is over and settled, is what the decision was worth.
"""

from dataclasses import dataclass
from typing import Final

from trading_agent.domain.command_facts import OverlayRefused
from trading_agent.domain.commands import (
    ApplyOverlay,
    Command,
    Origin,
    RevertLoosening,
    RevertOverlay,
)
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.oversight.applications import Application
from trading_agent.interfaces.oversight.outcomes import Decided, Outcome
from trading_agent.interfaces.oversight.reckoning import OVERSEER
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.interfaces.oversight.trial import Trial, carried_out, is_of
from trading_agent.runtime.oversight_ports import BesideCore

_MOST_ANNOUNCED: Final = 100
_CHANGES: Final = (ApplyOverlay, RevertOverlay, RevertLoosening)


@dataclass(frozen=True, slots=True)
class TryOut:
    """What is tried beside, and whose idea it was."""

    decided: Decided
    arm: str
    applications: tuple[Application, ...]
    held_out: bool = False


class DesksBeside:
    """One thread. Every method that copies raises ValueError when the desk cannot be copied."""

    def __init__(self, settings: AttributionSettings, twin: BesideCore) -> None:
        self._settings = settings
        self._plain: BesideCore | None = None
        self._without: dict[str, BesideCore] = {}
        self._announced: dict[str, Decided] = {}
        self.twin = twin
        self.trials: list[Trial] = []
        self.last: Stamped | None = None
        self.plain_since = Nanos(0)
        """When the overseer first changed anything in this run."""
        self.skipped = 0
        """Trials that were not begun, for want of room."""

    @property
    def apart(self) -> float | None:
        """What this desk is worth more than one without anything the overseer ever applied in
        this run; None while it has applied nothing."""
        return None if self._plain is None else float(self.twin.equity - self._plain.equity)

    def announce(self, decided: Decided) -> None:
        """What it is about to apply is measured."""
        self._announced[decided.decision] = decided
        if len(self._announced) > _MOST_ANNOUNCED:
            del self._announced[next(iter(self._announced))]

    def step(self, stamped: Stamped) -> tuple[Fact, ...]:
        """What the twin says."""
        twin, body = self.twin, stamped.body
        is_overseers = isinstance(body, _CHANGES) and _is_overseers(body)
        if is_overseers and self._plain is None:
            self._plain, self.plain_since = twin.copy(), stamped.at
        new = self._new_trial(stamped) if isinstance(body, _CHANGES) else None
        told = {id(twin): twin.step(stamped)}
        self.last = stamped
        for decision, core in self._without.items():
            if not is_of(body, decision):
                told[id(core)] = core.step(stamped)
        for trial in self.trials:
            trial.step(stamped, told)
        if new is not None:
            self._take_in(new, stamped, told[id(twin)])
        if self._plain is not None and not is_overseers:
            self._plain.step(stamped)
        return told[id(twin)]

    def settled(self, at: Nanos) -> list[Outcome]:
        """Of trials that are over, which are forgotten."""
        settle = self._settings.settle_minutes * MINUTE
        over = [it for it in self.trials if it.ended is not None and at - it.ended >= settle]
        if over:
            gone = {id(it) for it in over}
            self.trials = [it for it in self.trials if id(it) not in gone]
            needed = {it.decided.decision for it in self.trials}
            self._without = {name: it for name, it in self._without.items() if name in needed}
        return [it.outcome(at) for it in over]

    def cut_short(self, why: str) -> list[Outcome]:
        """All that is not over, as far as it came, forgotten."""
        last, cut = self.last, self.trials
        self.trials, self._without = [], {}
        return [] if last is None else [it.outcome(last.at, why) for it in cut]

    def try_out(self, asked: TryOut) -> None:
        last = self.last
        crowded = asked.arm != OVERSEER and self._rivals() >= self._settings.most_forks // 2
        own = None if last is None or crowded else self._copy_with_room()
        if last is None or own is None:
            self.skipped += 1
            return
        trial = Trial(
            decided=asked.decided,
            arm=asked.arm,
            applied=False,
            held_out=asked.held_out,
            began=last.at,
            with_it=own,
            without=self._without.get(asked.decided.decision, self.twin),
        )
        for application in asked.applications:
            _carry_out(trial, application, last)
        if trial.does_anything:
            self.trials.append(trial)

    def _new_trial(self, stamped: Stamped) -> Trial | None:
        """Of a decision that this input begins to carry out. One that is measured already goes on
        being measured: what a person consents to later is part of it."""
        decision = carried_out(stamped.body)
        decided = self._announced.get(decision)
        measured = any(it.applied and it.decided.decision == decision for it in self.trials)
        if decided is None or measured:
            return None
        without = None if decision in self._without else self._copy_with_room()
        if without is None:
            del self._announced[decision]
            return None
        return Trial(
            decided=decided,
            arm=OVERSEER,
            applied=True,
            began=stamped.at,
            with_it=self.twin,
            without=without,
        )

    def _take_in(self, trial: Trial, stamped: Stamped, facts: tuple[Fact, ...]) -> None:
        """What was refused is not measured; another part of the decision may come yet."""
        trial.begin(stamped, facts)
        if not trial.does_anything:
            return
        decision = trial.decided.decision
        del self._announced[decision]
        self._without[decision] = trial.without
        for other in self.trials:
            if other.decided.decision == decision:
                other.without = trial.without
        self.trials.append(trial)

    def _rivals(self) -> int:
        """They leave room for what the overseer itself does."""
        return sum(it.arm != OVERSEER for it in self.trials)

    def _copy_with_room(self) -> BesideCore | None:
        """None when there is no room."""
        if len(self.trials) >= self._settings.most_forks:
            self.skipped += 1
            return None
        return self.twin.copy()


def _carry_out(trial: Trial, application: Application, last: Stamped) -> None:
    """At the desk of its own; what an overlay takes the place of ends once it is applied."""
    overlay, ends = application.overlay, application.ends

    def told(command: Command) -> tuple[Fact, ...]:
        return trial.try_now(Stamped(last.sequence, last.at, command))

    if overlay is not None:
        facts = told(ApplyOverlay(origin=Origin.PERSON, overlay=overlay))
        ends = () if any(isinstance(it, OverlayRefused) for it in facts) else ends
    for name in ends:
        told(RevertOverlay(origin=Origin.PERSON, overlay=name, why="tried beside the desk"))


def _is_overseers(body: Command) -> bool:
    """Its own, or what a person consented to; not what a person thought of."""
    return getattr(body, "origin", None) is Origin.OVERSEER or bool(carried_out(body))
