"""Desks beside the desk, told what it is told, except for one thing.

A twin repeats the desk step by step. When a decision is applied, a copy of the twin goes on
without it; when one is only tried, a copy goes on with it. The difference of what the two are
worth, when all is over and settled, is what the decision was worth. The desk itself never waits:
what it hears is put aside, and this thread takes it from there when it finds time.
"""

import logging
from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from trading_agent.domain.commands import (
    ApplyOverlay,
    Origin,
    RevertLoosening,
    RevertOverlay,
)
from trading_agent.domain.errors import TradingError
from trading_agent.domain.facts import EquityMarked, Fact
from trading_agent.domain.message import Closing, Stamped
from trading_agent.domain.overlays import Overlay
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.interfaces.oversight.briefs import Resolved
from trading_agent.interfaces.oversight.outcomes import Outcome, OutcomeStore
from trading_agent.interfaces.oversight.parts import Harm
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.interfaces.oversight.trial import Trial, decision_of
from trading_agent.interfaces.oversight.verdict_of_trials import (
    OVERSEER,
    arms_in_words,
    harm_of,
    worth_in_words,
)
from trading_agent.runtime.oversight_ports import BesideCore, BesideOpening
from trading_agent.runtime.worker import Stop

_log = logging.getLogger(__name__)

_FIRST_PAUSE: Final = 3.0
"""The start of the run comes first."""
_PAUSE: Final = 0.1
_LOOK: Final = 10 * SECOND
_MOST_SHOWN: Final = 5
_MOST_MARKS: Final = 1_000
_CHANGES: Final = (ApplyOverlay, RevertOverlay, RevertLoosening)


@dataclass(frozen=True, slots=True)
class _Begin:
    decision: str
    cost_nano: int


@dataclass(frozen=True, slots=True)
class _TryOut:
    decision: str
    arm: str
    overlays: tuple[Overlay, ...]
    cost_nano: int


class Arena:
    """`put`: the core's thread. `run`: a worker's body. The rest: any thread."""

    def __init__(
        self,
        settings: AttributionSettings,
        opening: BesideOpening,
        path: Path,
        quote: str,
        *,
        first_pause: float = _FIRST_PAUSE,
    ) -> None:
        self._settings = settings
        self._opening = opening
        self._store = OutcomeStore(path)
        self._quote = quote
        self._first_pause = first_pause
        self._waiting: deque[Stamped | EquityMarked | _Begin | _TryOut] = deque()
        self._lost = ""
        self._twin: BesideCore | None = None
        self._plain: BesideCore | None = None
        self._trials: list[Trial] = []
        self._announced: dict[str, int] = {}
        self._last: Stamped | None = None
        self._looked_at = 0
        self._outcomes: list[Outcome] = []
        self._new: deque[Outcome] = deque(maxlen=1_000)
        self._marks: dict[Nanos, Decimal] = {}
        self._running: dict[str, float] = {}
        self._words = "not enough evidence yet: no decision has come to an end"
        self._report: tuple[str, ...] = ()
        self._harm: Harm | None = None
        self._harm_since = Nanos(0)
        self.skipped = 0
        """Trials that were not begun, for want of room."""

    def put(self, stamped: Stamped) -> None:
        """`runtime.ports.RecorderPort`: every input before the core sees it."""
        if not self._lost:
            self._waiting.append(stamped)
            if len(self._waiting) > self._settings.most_waiting:
                self._lost = "it fell too far behind the market"

    def begin(self, decision: str, cost_nano: int) -> None:
        self._waiting.append(_Begin(decision, cost_nano))

    def try_out(
        self, decision: str, arm: str, overlays: tuple[Overlay, ...], cost_nano: int
    ) -> None:
        self._waiting.append(_TryOut(decision, arm, overlays, cost_nano))

    def truth(self, mark: EquityMarked) -> None:
        """What the desk itself said it is worth: a twin that says otherwise is none."""
        self._waiting.append(mark)

    def resolved(self) -> tuple[Resolved, ...]:
        mine = [it for it in self._outcomes[::-1] if it.arm == OVERSEER][:_MOST_SHOWN]
        return tuple(Resolved(it.decision, it.percent) for it in mine)

    def running(self) -> dict[str, float]:
        return self._running

    def finished(self) -> tuple[Outcome, ...]:
        """Outcomes since this was last asked."""
        found = []
        while self._new:
            found.append(self._new.popleft())
        return tuple(found)

    def harm(self) -> Harm | None:
        """Once for each time."""
        harm, self._harm = self._harm, None
        return harm

    def words(self) -> str:
        return f"no longer measured: {self._lost}" if self._lost else self._words

    def report(self) -> tuple[str, ...]:
        return (f"worth: {self.words()}",) if self._lost else self._report

    def run(self, stop: Stop) -> None:
        """A second start after a death does not take up what it missed: measuring is over for
        this run. Raises StorageError."""
        if self._twin is not None:
            self._lost = self._lost or "it broke"
        self._outcomes = self._store.open()
        self._harm_since = self._store.harm_told()
        self._weigh()
        try:
            if not stop.wait(self._first_pause):
                self._attend(stop)
        finally:
            self._store.close()

    def _attend(self, stop: Stop) -> None:
        try:
            if not self._lost:
                self._twin, _ = self._opening()
        except TradingError as error:
            self._lost = str(error)
        while not stop.is_set():
            self.catch_up()
            stop.wait(_PAUSE)
        self.catch_up()

    def catch_up(self) -> None:
        """Everything that waits."""
        while self._waiting and not self._lost:
            item = self._waiting.popleft()
            match item:
                case Stamped():
                    self._step(item)
                case _Begin(decision, cost):
                    self._announced[decision] = cost
                case EquityMarked():
                    self._compare(item)
                case _TryOut():
                    self._begin_beside(item)
        if self._lost:
            self._give_up()

    def start_now(self) -> None:
        """Without a thread: whoever calls `catch_up` owns it."""
        self._outcomes = self._store.open()
        self._twin, _ = self._opening()

    def _step(self, stamped: Stamped) -> None:
        twin = self._twin
        assert twin is not None
        body = stamped.body
        if isinstance(body, _CHANGES):
            self._plain = self._plain or self._copy()
            decision = decision_of(body)
            if decision in self._announced and isinstance(body, ApplyOverlay):
                self._begin_applied(decision, stamped)
        facts = twin.step(stamped)
        self._last = stamped
        self._remember(facts)
        for trial in self._trials:
            trial.step(stamped)
            if trial.applied:
                trial.hear(facts, stamped.at)
        if self._plain is not None and not isinstance(body, _CHANGES):
            self._plain.step(stamped)
        if self._trials:
            self._settle(stamped)

    def _remember(self, facts: tuple[Fact, ...]) -> None:
        for fact in facts:
            if isinstance(fact, EquityMarked):
                self._marks[fact.at] = fact.equity
                if len(self._marks) > _MOST_MARKS:
                    del self._marks[next(iter(self._marks))]

    def _compare(self, mark: EquityMarked) -> None:
        said = self._marks.get(mark.at)
        if said is not None and said != mark.equity:
            self._lost = f"its twin went another way: {said} for {mark.equity}"

    def _begin_applied(self, decision: str, stamped: Stamped) -> None:
        cost = self._announced.pop(decision)
        beside = self._copy()
        twin = self._twin
        if beside is None or twin is None:
            return
        self._trials.append(
            Trial(
                decision=decision,
                arm=OVERSEER,
                applied=True,
                began=stamped.at,
                cost_nano=cost,
                main=twin,
                beside=beside,
            )
        )

    def _begin_beside(self, asked: _TryOut) -> None:
        last, twin = self._last, self._twin
        crowded = asked.arm != OVERSEER and self._rivals() >= self._settings.most_forks // 2
        beside = None if last is None or crowded else self._copy()
        if last is None or twin is None or beside is None:
            self.skipped += 1
            return
        trial = Trial(
            decision=asked.decision,
            arm=asked.arm,
            applied=False,
            began=last.at,
            cost_nano=asked.cost_nano,
            main=twin,
            beside=beside,
        )
        for overlay in asked.overlays:
            command = ApplyOverlay(origin=Origin.PERSON, overlay=overlay)
            trial.hear(beside.step(Stamped(last.sequence, last.at, command)), last.at)
        if trial.holds:
            self._trials.append(trial)

    def _rivals(self) -> int:
        """They leave room for what the overseer itself does."""
        return sum(it.arm != OVERSEER for it in self._trials)

    def _copy(self) -> BesideCore | None:
        """None when there is no room, or it cannot be copied."""
        assert self._twin is not None
        if len(self._trials) >= self._settings.most_forks:
            self.skipped += 1
            return None
        try:
            return self._twin.copy()
        except ValueError as error:
            self._lost = str(error)
            return None

    def _settle(self, stamped: Stamped) -> None:
        at, settle = stamped.at, self._settings.settle_minutes * MINUTE
        over = [it for it in self._trials if it.ended is not None and at - it.ended >= settle]
        refused = [it for it in self._trials if it.refused and not it.holds]
        for trial in over:
            self._keep(trial.outcome(at))
        if over or refused:
            gone = [id(it) for it in (*over, *refused)]
            self._trials = [it for it in self._trials if id(it) not in gone]
            self._weigh()
        if at - self._looked_at >= _LOOK or isinstance(stamped.body, Closing) or over:
            self._looked_at = at
            for trial in self._trials:
                trial.look()
            self._running = {
                it.decision: 100.0 * it.effect() / max(float(it.main.equity), 1e-9)
                for it in self._trials
                if it.applied
            }

    def _keep(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._new.append(outcome)
        self._store.keep(outcome)

    def _weigh(self) -> None:
        """In words; and whether it does harm, by what has begun since harm last had its
        consequence."""
        outcomes, settings = self._outcomes, self._settings
        self._words = worth_in_words(outcomes, OVERSEER, self._quote, settings)
        self._report = (*arms_in_words(outcomes, self._quote, settings), *self._beside_words())
        since = [it for it in outcomes if it.began >= self._harm_since]
        if why := harm_of(since, settings):
            self._harm = Harm(why)
            self._harm_since = Nanos(max(it.ended for it in since))
            self._store.tell_harm(self._harm_since)

    def _beside_words(self) -> tuple[str, ...]:
        if self._plain is None or self._twin is None:
            return ()
        apart = self._twin.equity - self._plain.equity
        return (f"  this run against one without any change: {apart:+.2f} {self._quote}",)

    def _give_up(self) -> None:
        if self._twin is not None:
            _log.warning("effects of the overseer are no longer measured: %s", self._lost)
        self._waiting.clear()
        self._trials.clear()
        self._twin = self._plain = None
        self._running = {}
