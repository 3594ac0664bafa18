"""Runs, risk and what was earned, fact by fact."""

from collections.abc import Callable
from typing import Any

from trading_agent.domain.facts import (
    BreakerTripped,
    CashDeposited,
    DeskClosed,
    DeskOpened,
    EquityMarked,
    Fact,
    PositionsRemarked,
    ProposalRefused,
)
from trading_agent.domain.order_facts import EndReason, OrderCanceled
from trading_agent.notifications import wording_changes, wording_run
from trading_agent.notifications.markup import foreign
from trading_agent.notifications.memory import Beginning, Memory
from trading_agent.notifications.notice import Notice
from trading_agent.notifications.pace import OPENING


class RunStory:
    """`at_once` has what is told as soon as it is heard."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.folds: dict[type[Fact], Callable[[int, Any], None]] = {
            DeskOpened: self._opened,
            CashDeposited: self._deposited,
            OrderCanceled: self._canceled,
            PositionsRemarked: self._remarked,
            EquityMarked: self._equity,
            BreakerTripped: self._tripped,
            ProposalRefused: self._refused,
        }

    def due(self, now: int) -> list[Notice]:
        beginning = self._memory.beginning
        if beginning is None or now < beginning.due:
            return []
        self._memory.beginning = None
        return [wording_run.begun(self._memory, beginning)]

    def at_once(self, first: int, fact: Fact) -> Notice | None:
        memory = self._memory
        if isinstance(fact, DeskClosed):
            memory.closed_in_order = True
            memory.run_ended = fact.at
            memory.feeds.clear()
            return wording_run.closed(memory, first, fact)
        told = wording_run.risk_told(memory, first, fact)
        return told or wording_changes.change_told(memory, first, fact)

    def _opened(self, first: int, fact: DeskOpened) -> None:
        memory = self._memory
        memory.runs += 1
        memory.simulated, memory.venue, memory.source = fact.simulated, fact.venue, fact.source
        memory.beginning = Beginning(
            first=first,
            at=fact.at,
            due=fact.at + OPENING,
            version=fact.version,
            run=memory.runs,
            crashed=not memory.closed_in_order,
            since=memory.run_ended or memory.heard_at,
            held={name: each.bought - each.sold for name, each in memory.positions.items()},
        )
        memory.run_began, memory.run_ended, memory.closed_in_order = fact.at, 0, False
        memory.feeds.clear()

    def _deposited(self, _: int, fact: CashDeposited) -> None:
        beginning = self._memory.beginning
        if beginning is not None:
            beginning.deposits.append(f"{fact.amount.normalize():,f} {foreign(fact.asset, 20)}")

    def _canceled(self, _: int, fact: OrderCanceled) -> None:
        beginning = self._memory.beginning
        if beginning is not None and fact.reason is EndReason.RESTART:
            beginning.canceled += 1

    def _remarked(self, _: int, fact: PositionsRemarked) -> None:
        if self._memory.beginning is not None:
            self._memory.beginning.remarked = fact.symbols

    def _equity(self, _: int, fact: EquityMarked) -> None:
        tally, equity = self._memory.tally, fact.equity
        if not tally.equity:
            tally.first_equity = tally.peak = equity
        tally.equity = equity
        tally.peak = max(tally.peak, equity)
        if tally.peak - equity > tally.drawdown:
            tally.drawdown, tally.fallen_from = tally.peak - equity, tally.peak

    def _tripped(self, _: int, _fact: BreakerTripped) -> None:
        self._memory.tally.trips += 1

    def _refused(self, _: int, _fact: ProposalRefused) -> None:
        self._memory.tally.refused += 1
