"""Reasons to ask the overseer: what comes together is one question, what comes again too soon is
none, what is worse goes first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from llm_overseer.brief import Severity, Trigger, TriggerKind
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.interfaces.oversight.settings import CadenceSettings

_ORDER: Final = tuple(TriggerKind)


@dataclass(frozen=True, slots=True)
class _Waiting:
    trigger: Trigger
    since: Nanos


class Reasons:
    """At most one of a kind and scope waits."""

    def __init__(self, cadence: CadenceSettings) -> None:
        self._coalesce = int(cadence.coalesce_seconds * SECOND)
        self._rest = {
            TriggerKind.REGIME: cadence.regime_minutes,
            TriggerKind.STRESS: cadence.stress_minutes,
            TriggerKind.LOSSES: cadence.losses_minutes,
            TriggerKind.OVERLAY: cadence.overlay_minutes,
            TriggerKind.DRAWDOWN_HALF: cadence.drawdown_minutes,
            TriggerKind.DRAWDOWN_SOFT: cadence.drawdown_minutes,
            TriggerKind.BLACK_SWAN: cadence.swan_minutes,
        }
        self._asked: dict[tuple[TriggerKind, str], Nanos] = {}
        self._waiting: dict[tuple[TriggerKind, str], _Waiting] = {}
        self.dropped = 0
        """Came again too soon, or were answered together with another one."""

    def add(self, trigger: Trigger, at: Nanos) -> None:
        key = trigger.kind, trigger.scope
        before = self._asked.get(key)
        rest = self._rest.get(trigger.kind, 0) * MINUTE
        if key in self._waiting or (before is not None and at - before < rest):
            self.dropped += 1
        else:
            self._waiting[key] = _Waiting(trigger, at)

    def recall(self, asked: Mapping[tuple[TriggerKind, str], Nanos]) -> None:
        """When it was asked for what before this start."""
        self._asked.update(asked)

    def forget(self) -> None:
        """Nobody is asked: what was a reason is none any more when somebody is."""
        self.dropped += len(self._waiting)
        self._waiting.clear()

    @property
    def worst(self) -> Severity | None:
        """Of what waits."""
        waiting = [each.trigger.severity for each in self._waiting.values()]
        return max(waiting, default=None)

    def take(self, at: Nanos) -> Trigger | None:
        """The worst, when the first has waited long enough; it stands for all that wait."""
        if not self._waiting:
            return None
        since = min(each.since for each in self._waiting.values())
        if at - since < self._coalesce:
            return None
        taken = min((each.trigger for each in self._waiting.values()), key=_urgency)
        self.dropped += len(self._waiting) - 1
        self._asked.update(dict.fromkeys(self._waiting, at))
        self._waiting.clear()
        return taken


def _urgency(trigger: Trigger) -> tuple[int, int, str]:
    """Among equals what is told later in the list of kinds is the more telling one."""
    return -trigger.severity, -_ORDER.index(trigger.kind), trigger.scope
