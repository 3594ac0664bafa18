"""From what was proposed to what the desk is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from llm_overseer.brief import Brief
from llm_overseer.decision import Kind
from llm_overseer.verdict import Proposal
from trading_agent.domain.change_views import OverlayView
from trading_agent.domain.commands import LONGEST_WHY
from trading_agent.domain.overlays import Overlay, OverlayKind, Preset
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.briefs import BALANCED
from trading_agent.interfaces.oversight.deeds import scope_of, words_of
from trading_agent.interfaces.oversight.watch import PORTFOLIO

_ONE: Final = Decimal(1)
_MINUTE: Final = 60
_PLAIN: Final = {
    Kind.PAUSE_SYMBOL: OverlayKind.PAUSE_SYMBOL,
    Kind.HALT_NEW_ENTRIES: OverlayKind.HALT_ENTRIES,
    Kind.NO_CHANGE: None,
}
_NUMBERS: Final = {
    "risk_mult": OverlayKind.RISK_MULTIPLIER,
    "entry_threshold": OverlayKind.ENTRY_THRESHOLD,
}


@dataclass(frozen=True, slots=True)
class Application:
    """`overlay` is applied, and when it is, `ends` are over; None: `ends` are just ended. `name`:
    of the proposal, and of its overlay."""

    name: str
    proposal: Proposal
    overlay: Overlay | None
    ends: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        return self.overlay is None and not self.ends


def applications(
    proposals: Sequence[Proposal], names: str, brief: Brief, desk: DeskSnapshot, least_ttl: int
) -> tuple[Application, ...]:
    """Overlays are called `names` and a number. They state the baseline and the moment of the
    brief they were made from, so that the desk can refuse what comes too late. `desk`: what holds
    now; `least_ttl`: seconds."""
    return tuple(
        Application(
            name,
            proposal,
            _overlay(proposal, name, brief, least_ttl),
            tuple(view.overlay for view in _concerned(proposal, desk)),
        )
        for name, proposal in ((f"{names}.{it}", each) for it, each in enumerate(proposals, 1))
    )


def _overlay(proposal: Proposal, name: str, brief: Brief, least_ttl: int) -> Overlay | None:
    kind = _kind(proposal)
    if kind is None:
        return None
    everywhere = kind in (OverlayKind.HALT_ENTRIES, OverlayKind.PRESET)
    with_value = kind in (OverlayKind.RISK_MULTIPLIER, OverlayKind.ENTRY_THRESHOLD)
    return Overlay(
        overlay=name,
        kind=kind,
        scope="" if everywhere or proposal.scope == PORTFOLIO else proposal.scope,
        value=proposal.value if with_value else None,
        preset=Preset(proposal.parameter) if kind is OverlayKind.PRESET else None,
        ttl_seconds=max(least_ttl, proposal.ttl_minutes * _MINUTE),
        baseline=brief.baseline_hash,
        snapshot_at=Nanos(brief.at),
        why=proposal.reason[:LONGEST_WHY],
    )


def _kind(proposal: Proposal) -> OverlayKind | None:
    """None: something ends, and nothing begins."""
    if proposal.kind in _PLAIN:
        return _PLAIN[proposal.kind]
    if proposal.kind is Kind.SWITCH_PRESET:
        return None if proposal.parameter == BALANCED else OverlayKind.PRESET
    if proposal.value is None or proposal.value == _ONE:
        return None
    return _NUMBERS.get(proposal.parameter)


def _concerned(proposal: Proposal, desk: DeskSnapshot) -> Iterator[OverlayView]:
    """Those that the proposal takes the place of, or takes back."""
    for view in desk.changes.overlays:
        kind, parameter = words_of(view)
        same_scope = scope_of(view) == proposal.scope
        everything = proposal.kind is Kind.RESTORE and not proposal.parameter
        named = everything or proposal.parameter in (parameter, kind)
        if proposal.kind is Kind.SWITCH_PRESET:
            named, same_scope = view.kind is OverlayKind.PRESET, True
        if named and same_scope:
            yield view
