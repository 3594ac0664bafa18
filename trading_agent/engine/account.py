"""The account: what the facts add up to. Live and recovery fold the same facts the same way."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import (
    BookLost,
    BreakerRearmed,
    BreakerTripped,
    CashDeposited,
    DeskClosed,
    DeskKilled,
    DeskOpened,
    DeskRearmed,
    EntriesPaused,
    EntriesResumed,
    EquityMarked,
    ExitsArmed,
    Fact,
    InstrumentListed,
    PositionClosed,
    ProposalRefused,
    SignalRaised,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.money import ExactSums, sums_are_exact
from trading_agent.domain.order import BUY, OrderId
from trading_agent.domain.order_facts import (
    EndReason,
    FillMarked,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
    OrderShadowed,
    OrderTriggered,
    ShortfallMeasured,
)
from trading_agent.engine.changes import ADDED, Changes
from trading_agent.execution.orders import OrderTable
from trading_agent.portfolio.execution_quality import ExecutionQuality
from trading_agent.portfolio.ledger import ZERO, Ledger
from trading_agent.portfolio.positions import Positions
from trading_agent.risk.history import RiskHistory


@dataclass(slots=True)
class Tally:
    """Running counts since the desk was opened."""

    orders: int = 0
    fills: int = 0
    fees: Decimal = ZERO


class Account:
    """Ledger, positions, open orders, armed exits, permissions, changes: a fold over facts."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.positions = Positions()
        self.orders = OrderTable()
        self.instruments: dict[str, Instrument] = {}
        self.exits: dict[str, ExitsArmed] = {}
        self.deposited: dict[str, Decimal] = {}
        self.tally = Tally()
        self.quality = ExecutionQuality()
        self.risk = RiskHistory()
        self.changes = Changes()
        self.signals: dict[str, dict[str, int]] = {}
        self.refusals: dict[str, int] = {}
        self.paused = ""
        self.killed = ""
        self.leaving = False
        """Whether everything that is held is to be left."""
        self._ended_in_order = False
        self.runs = 0
        self.last_order = 0
        self.last_fill = 0
        self.folds: dict[type[Fact], Callable[[Any], None]] = {
            **dict.fromkeys(get_args(Fact), _add_nothing),
            DeskOpened: self._fold_opened,
            DeskClosed: self._fold_ended_desk,
            CashDeposited: self._fold_deposit,
            InstrumentListed: self._fold_listed,
            EntriesPaused: self._fold_paused,
            EntriesResumed: self._fold_resumed,
            DeskKilled: self._fold_killed,
            SignalRaised: self._fold_signal,
            ProposalRefused: self._fold_refusal,
            ExitsArmed: self._fold_armed,
            PositionClosed: self._fold_closed,
            OrderSent: self._fold_sent,
            OrderAccepted: self._fold_accepted,
            OrderFilled: self._fold_filled,
            OrderCanceled: self._fold_ended,
            OrderRejected: self._fold_rejected,
            OrderTriggered: self._fold_triggered,
            OrderShadowed: self._fold_shadowed,
            ShortfallMeasured: self._fold_measured,
            FillMarked: self.quality.marked,
            BookLost: self._fold_book_lost,
            EquityMarked: self._fold_equity,
            BreakerTripped: self._fold_tripped,
            BreakerRearmed: self._fold_breaker_rearmed,
            DeskRearmed: self._fold_desk_rearmed,
            **dict.fromkeys(ADDED, self._fold_change),
        }
        """How each kind of fact is added."""

    def apply(self, fact: Fact) -> None:
        """Add one fact."""
        if sums_are_exact():
            self.folds[type(fact)](fact)
        else:
            with ExactSums():
                self.folds[type(fact)](fact)

    def _fold_opened(self, _fact: DeskOpened) -> None:
        self.runs += 1
        if self._ended_in_order:
            # A person stopped it and started it again. After a crash nobody did: what was
            # forbidden stays forbidden. A kill outlives both.
            self.paused = ""
            self.leaving = self.leaving and self.killed != ""
        self._ended_in_order = False
        self.tally = Tally()
        self.quality.begin()
        self.signals = {}
        self.refusals = {}

    def _fold_ended_desk(self, _fact: DeskClosed) -> None:
        self._ended_in_order = True

    def _fold_deposit(self, fact: CashDeposited) -> None:
        asset, amount = fact.asset, fact.amount
        self.ledger.deposit(asset, amount)
        self.deposited[asset] = self.deposited.get(asset, ZERO) + amount

    def _fold_listed(self, fact: InstrumentListed) -> None:
        self.instruments[fact.instrument.symbol] = fact.instrument

    def _fold_paused(self, fact: EntriesPaused) -> None:
        self.paused = fact.why or "paused"
        self.leaving = self.leaving or fact.leaving

    def _fold_resumed(self, _fact: EntriesResumed) -> None:
        self.paused = ""
        self.leaving = self.leaving and self.killed != ""

    def _fold_killed(self, fact: DeskKilled) -> None:
        self.killed = fact.why or "killed"
        self.leaving = fact.flatten

    def _fold_signal(self, fact: SignalRaised) -> None:
        by_session, session = self.signals.setdefault(fact.symbol, {}), fact.session
        by_session[session] = by_session.get(session, 0) + 1

    def _fold_refusal(self, fact: ProposalRefused) -> None:
        self.refusals[fact.reason] = self.refusals.get(fact.reason, 0) + 1

    def _fold_armed(self, fact: ExitsArmed) -> None:
        self.exits[fact.symbol] = fact

    def _fold_closed(self, fact: PositionClosed) -> None:
        position = self.positions.get(fact.symbol)
        spent = ZERO if position is None else position.spent
        self.positions.close(fact.symbol, fact.profit)
        self.exits.pop(fact.symbol, None)
        self.risk.closed(fact, spent)

    def _fold_sent(self, fact: OrderSent) -> None:
        self.ledger.lock(fact.reserved_asset, fact.reserved)
        self.orders.send(fact)
        if fact.order > self.last_order:
            self.last_order = fact.order
        self.tally.orders += 1
        if fact.side is BUY:
            self.risk.bought(fact)

    def _fold_triggered(self, fact: OrderTriggered) -> None:
        self.orders.trigger(fact.order)

    def _fold_accepted(self, fact: OrderAccepted) -> None:
        self.orders.accept(fact)
        self.risk.breakers.accepted()

    def _fold_rejected(self, fact: OrderRejected) -> None:
        self._release(fact.order)
        self.risk.breakers.rejected(fact)

    def _fold_measured(self, fact: ShortfallMeasured) -> None:
        self.quality.measured(fact)
        self.risk.breakers.measured(fact)

    # Through methods, not bound once: an image brings its own breakers.
    def _fold_book_lost(self, fact: BookLost) -> None:
        self.risk.breakers.lost(fact)

    def _fold_equity(self, fact: EquityMarked) -> None:
        self.risk.breakers.marked(fact)

    def _fold_tripped(self, fact: BreakerTripped) -> None:
        self.risk.breakers.trip(fact)

    def _fold_breaker_rearmed(self, fact: BreakerRearmed) -> None:
        self.risk.breakers.rearmed(fact)

    def _fold_desk_rearmed(self, fact: DeskRearmed) -> None:
        self.killed = ""
        self.leaving = False
        self.risk.breakers.desk_rearmed(fact)

    def _fold_change(self, fact: Any) -> None:
        self.changes.add(fact)

    def _fold_ended(self, fact: OrderCanceled) -> None:
        if fact.reason is EndReason.RESTART:
            self.risk.ended_unseen(self.orders.get(fact.order).sent)
        self._release(fact.order)

    def _fold_shadowed(self, fact: OrderShadowed) -> None:
        self.quality.shadowed(fact)
        self.risk.shadowed(fact)

    def _fold_filled(self, fact: OrderFilled) -> None:
        if fact.fill <= self.last_fill:
            raise InvariantError(f"fill {fact.fill} was told twice")
        self.last_fill = fact.fill
        instrument, ledger, fee = self.instruments[fact.symbol], self.ledger, fact.fee
        value = instrument.notional(fact.price, fact.size)
        size = instrument.size(fact.size)
        if fact.side is BUY:
            money = value + fee
            used = self._pay(fact, instrument.quote, money)
            ledger.receive(instrument.base, size)
        else:
            money = value - fee
            used = size
            ledger.pay(instrument.base, used)
            ledger.receive(instrument.quote, money)
        working = self.orders.fill(fact, used)
        self.positions.fill(fact, money, working.sent.strategy)
        self.quality.filled(fact)
        self.risk.filled(fact)
        tally = self.tally
        tally.fills += 1
        tally.fees += fee
        if working.leaves == 0:
            self._release(fact.order)

    def _pay(self, fact: OrderFilled, asset: str, cost: Decimal) -> Decimal:
        """Returns how much of the order's reserve was used. A fee raised on the way costs more
        than was reserved: the rest comes out of free cash."""
        reserved = self.orders.reserve_of(fact.order)
        if cost > reserved:
            self.ledger.lock(asset, cost - reserved)
            self.ledger.pay(asset, cost)
            return reserved
        self.ledger.pay(asset, cost)
        return cost

    def _release(self, order: OrderId) -> None:
        ended = self.orders.end(order)
        if ended.reserved:
            self.ledger.unlock(ended.sent.reserved_asset, ended.reserved)


def _add_nothing(_fact: Fact) -> None:
    """It only tells."""
