"""What decisions were worth: measured by desks beside the desk, kept, and told in words.

The desk itself never waits: what it hears is put aside, and this thread takes it from there when
it finds time.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from trading_agent.domain.errors import TradingError
from trading_agent.domain.facts import EquityMarked, Fact
from trading_agent.domain.message import Closing, Stamped
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.interfaces.oversight.applications import Application
from trading_agent.interfaces.oversight.briefs import Resolved
from trading_agent.interfaces.oversight.desks_beside import DesksBeside, TryOut
from trading_agent.interfaces.oversight.outcomes import Decided, Kept, Outcome, OutcomeStore
from trading_agent.interfaces.oversight.parts import Harm
from trading_agent.interfaces.oversight.reckoning import OVERSEER, Reckoning
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.interfaces.oversight.verdict_of_trials import report_in_words, worth_in_words
from trading_agent.runtime.oversight_ports import BesideOpening
from trading_agent.runtime.worker import Stop

if TYPE_CHECKING:
    from llm_overseer.core.budget import Charge

_log = logging.getLogger(__name__)

_FIRST_PAUSE: Final = 3.0
"""The start of the run comes first."""
_PAUSE: Final = 0.1
_LOOK: Final = 10 * SECOND
_KEEP: Final = MINUTE
_MOST_SHOWN: Final = 5
_MOST_MARKS: Final = 1_000
_ENDED: Final = "the run ended"
Charges = Callable[[], "tuple[Charge, ...]"]


@dataclass(frozen=True, slots=True)
class _StandStill:
    decided: Decided
    arm: str


class Arena:
    """`put`: the core's thread. `run`: a worker's body. The rest: any thread. `charges`: what was
    paid for asking, as it is on the disk now."""

    def __init__(
        self,
        settings: AttributionSettings,
        opening: BesideOpening,
        store: OutcomeStore,
        charges: Charges,
        *,
        first_pause: float = _FIRST_PAUSE,
    ) -> None:
        self._settings = settings
        self._opening = opening
        self._store = store
        self._charges = charges
        self._first_pause = first_pause
        self._waiting: deque[Stamped | EquityMarked | Decided | TryOut | _StandStill] = deque()
        self._lost = ""
        self._desks: DesksBeside | None = None
        self._began = False
        self._looked_at = self._kept_at = 0
        self._kept = Kept()
        self._unweighed = False
        self._new: deque[Outcome] = deque(maxlen=1_000)
        self._marks: dict[Nanos, Decimal] = {}
        self._running: dict[str, float] = {}
        self._words = "not enough evidence yet: no decision has come to an end"
        self._report: tuple[str, ...] = ()
        self._harm: Harm | None = None
        self._harm_since = Nanos(0)

    def put(self, stamped: Stamped) -> None:
        """`runtime.ports.RecorderPort`: every input before the core sees it."""
        if not self._lost:
            self._waiting.append(stamped)
            if len(self._waiting) > self._settings.most_waiting:
                self._lost = "it fell too far behind the market"

    def begin(self, decided: Decided) -> None:
        self._waiting.append(decided)

    def try_out(
        self,
        decided: Decided,
        arm: str,
        applications: tuple[Application, ...],
        *,
        held_out: bool = False,
    ) -> None:
        self._waiting.append(TryOut(decided, arm, applications, held_out))

    def stand_still(self, decided: Decided, arm: str) -> None:
        self._waiting.append(_StandStill(decided, arm))

    def truth(self, mark: EquityMarked) -> None:
        """What the desk itself said it is worth: a twin that says otherwise is none."""
        self._waiting.append(mark)

    def resolved(self) -> tuple[Resolved, ...]:
        own = [it for it in self._kept.outcomes if it.arm == OVERSEER and not it.stood_still]
        return tuple(Resolved(it.decision, it.percent) for it in own[::-1][:_MOST_SHOWN])

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
        return (f"worth: {self.words()}", *self._report[1:]) if self._lost else self._report

    def run(self, stop: Stop) -> None:
        """A second start after a death does not take up what it missed: measuring is over for
        this run. Raises StorageError."""
        if self._began:
            self._desks, self._lost = None, self._lost or "it broke"
        self._began = True
        self._open()
        try:
            if not stop.wait(self._first_pause):
                self._attend(stop)
        finally:
            self._store.close()

    def start_now(self) -> None:
        """Without a thread: whoever calls `catch_up` owns it, and `end`."""
        self._open()
        self._desks = DesksBeside(self._settings, self._opening()[0])

    def catch_up(self) -> None:
        """Everything that waits."""
        try:
            while self._waiting and not self._lost:
                self._take(self._waiting.popleft())
        except ValueError as error:
            self._lost = str(error)
        if self._lost:
            self._give_up()
        if self._unweighed:
            self._weigh()

    def end(self, why: str = _ENDED) -> None:
        """What is unfinished is kept as far as it came."""
        desks, self._desks = self._desks, None
        self._running = {}
        if desks is not None and desks.last is not None:
            self._keep(desks, desks.cut_short(why))
            self._weigh()

    def _open(self) -> None:
        self._kept = self._store.open()
        self._harm_since = self._store.harm_told()
        self._weigh()

    def _attend(self, stop: Stop) -> None:
        try:
            if not self._lost:
                self._desks = DesksBeside(self._settings, self._opening()[0])
        except TradingError as error:
            self._lost = str(error)
        while not stop.is_set():
            self.catch_up()
            stop.wait(_PAUSE)
        self.catch_up()
        self.end()

    def _take(self, item: Stamped | EquityMarked | Decided | TryOut | _StandStill) -> None:
        desks = self._desks
        assert desks is not None
        match item:
            case Stamped():
                self._step(desks, item)
            case Decided():
                desks.announce(item)
            case EquityMarked():
                self._compare(desks, item)
            case TryOut():
                desks.try_out(item)
            case _StandStill():
                self._stand_still(desks, item)

    def _step(self, desks: DesksBeside, stamped: Stamped) -> None:
        self._remember(desks.step(stamped))
        over = desks.settled(stamped.at)
        if over:
            self._keep(desks, over)
        if stamped.at - self._looked_at >= _LOOK or isinstance(stamped.body, Closing) or over:
            self._look(desks, stamped.at)

    def _stand_still(self, desks: DesksBeside, asked: _StandStill) -> None:
        decided, last = asked.decided, desks.last
        if last is None:
            return
        still = Outcome(
            decision=decided.decision,
            arm=asked.arm,
            applied=False,
            began=last.at,
            ended=last.at,
            equity=float(desks.twin.equity),
            effect=0.0,
            drawdown=0.0,
            fees=0.0,
            cost_nano=decided.cost_nano,
            decider=decided.decider,
            model=decided.model,
            mode=decided.mode,
            stood_still=True,
        )
        self._keep(desks, [still])

    def _remember(self, facts: tuple[Fact, ...]) -> None:
        for fact in facts:
            if isinstance(fact, EquityMarked):
                self._marks[fact.at] = fact.equity
                if len(self._marks) > _MOST_MARKS:
                    del self._marks[next(iter(self._marks))]

    def _compare(self, desks: DesksBeside, mark: EquityMarked) -> None:
        said = self._marks.get(mark.at)
        if said is not None and said != mark.equity:
            self._lost = f"its twin went another way: {said} for {mark.equity}"
            desks.trials.clear()  # what they say is about another desk

    def _look(self, desks: DesksBeside, at: Nanos) -> None:
        self._looked_at = at
        for trial in desks.trials:
            trial.look()
        self._running = {
            it.decided.decision: 100.0 * it.effect() / max(float(it.without.equity), 1e-9)
            for it in desks.trials
            if it.applied
        }
        if at - self._kept_at >= _KEEP:
            self._keep(desks, [])

    def _keep(self, desks: DesksBeside, outcomes: list[Outcome]) -> None:
        """More outcomes; and how far the others have come, should this run die."""
        assert desks.last is not None
        at = self._kept_at = desks.last.at
        before, unfinished = self._kept, tuple(it.outcome(at) for it in desks.trials)
        if outcomes or unfinished or before.unfinished:
            self._store.keep(outcomes, unfinished)
        apart = dict(before.apart)
        if desks.apart is not None:
            apart[desks.plain_since] = desks.apart
            self._store.keep_apart(desks.plain_since, desks.apart)
        kept = (*before.outcomes, *outcomes)
        self._kept = replace(before, outcomes=kept, unfinished=unfinished, apart=apart)
        self._new.extend(it for it in outcomes if not it.stood_still)
        self._unweighed = self._unweighed or bool(outcomes) or apart != before.apart

    def _weigh(self) -> None:
        """In words; and whether it does harm, by what has begun since harm last had its
        consequence."""
        self._unweighed = False
        charges = self._charges()
        reckoning = Reckoning(self._kept, charges)
        self._words = worth_in_words(reckoning)
        self._report = report_in_words(reckoning)
        lately = Reckoning(self._kept, charges, self._harm_since)
        if why := lately.harm():
            self._harm = Harm(why)
            self._harm_since = Nanos(max(it.ended for it in lately.own))
            self._store.tell_harm(self._harm_since)

    def _give_up(self) -> None:
        if self._desks is not None:
            _log.warning("effects of the overseer are no longer measured: %s", self._lost)
            self.end(self._lost)
        self._waiting.clear()
