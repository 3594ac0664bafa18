"""What has been applied at the desk on the overseer's word, and since when."""

from collections.abc import Sequence
from typing import Final

from llm_overseer.brief import ActiveOverlay, Direction
from trading_agent.domain.change_views import OverlayView
from trading_agent.domain.command_facts import OverlayApplied, OverlayExpired, OverlayReverted
from trading_agent.domain.commands import Origin
from trading_agent.domain.facts import Fact
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import DAY, MINUTE, Nanos
from trading_agent.interfaces.oversight.earlier import Change
from trading_agent.interfaces.oversight.watch import PORTFOLIO

_WORDS: Final = {
    OverlayKind.RISK_MULTIPLIER: ("set_risk_mult", "risk_mult"),
    OverlayKind.ENTRY_THRESHOLD: ("set_param", "entry_threshold"),
    OverlayKind.PAUSE_SYMBOL: ("pause_symbol", ""),
    OverlayKind.HALT_ENTRIES: ("halt_new_entries", ""),
    OverlayKind.PRESET: ("switch_preset", ""),
    OverlayKind.RESTORE: ("restore", ""),
}


def words_of(overlay: Overlay | OverlayView) -> tuple[str, str]:
    """Kind and parameter as the library says them."""
    kind, parameter = _WORDS[overlay.kind]
    return kind, overlay.preset.value if overlay.preset is not None else parameter


def scope_of(overlay: Overlay | OverlayView) -> str:
    return overlay.scope or PORTFOLIO


class Deeds:
    """Counts by UTC day, from facts."""

    def __init__(self) -> None:
        self._day = 0
        self._changes: dict[tuple[str, str], int] = {}
        self._changed_at: dict[tuple[str, str], Nanos] = {}
        self._halted = 0
        self.changes_today = 0

    def hear(self, fact: Fact) -> None:
        if isinstance(fact, OverlayApplied):
            self._turn(fact.at)
            overlay = fact.overlay
            key = words_of(overlay)[1], scope_of(overlay)
            self._changed_at[key] = fact.at
            if fact.origin is Origin.OVERSEER:
                self.changes_today += 1
                self._changes[key] = self._changes.get(key, 0) + 1
                if overlay.kind is OverlayKind.HALT_ENTRIES:
                    self._halted += fact.until - fact.at

    def recall(self, changes: Sequence[Change]) -> None:
        """What was applied before this start."""
        for change in changes:
            self._turn(change.at)
            key = change.parameter, change.scope
            self._changed_at[key] = change.at
            if change.by_overseer:
                self.changes_today += 1
                self._changes[key] = self._changes.get(key, 0) + 1
                if change.halts:
                    self._halted += change.held

    def changed_at(self, parameter: str, scope: str) -> Nanos:
        return self._changed_at.get((parameter, scope), Nanos(0))

    def changes(self, parameter: str, scope: str, at: Nanos) -> int:
        self._turn(at)
        return self._changes.get((parameter, scope), 0)

    def halted_minutes(self, at: Nanos) -> int:
        self._turn(at)
        """A minute begun counts whole, so that the desk never counts more."""
        return -(-self._halted // MINUTE)

    def _turn(self, at: Nanos) -> None:
        if (day := at // DAY) != self._day:
            self._day, self.changes_today, self._halted = day, 0, 0
            self._changes.clear()


def active(view: OverlayView) -> ActiveOverlay:
    """As the library knows it."""
    kind, parameter = words_of(view)
    return ActiveOverlay(
        id=view.overlay,
        kind=kind,
        parameter=parameter,
        scope=scope_of(view),
        direction=Direction.LOOSEN if view.loosens else Direction.TIGHTEN,
        since=view.applied_at,
        expires_at=view.until,
        value=view.value,
        baseline=None if view.value is None else type(view.value)(1),
    )


ENDS: Final = (OverlayExpired, OverlayReverted)
