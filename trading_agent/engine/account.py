"""The account: what the facts add up to. Live and recovery fold the same facts the same way."""

from dataclasses import dataclass
from decimal import Decimal

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import (
    CashDeposited,
    DeskKilled,
    DeskOpened,
    EntriesPaused,
    EntriesResumed,
    ExitsArmed,
    Fact,
    InstrumentListed,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
    PositionClosed,
    ProposalRefused,
    SignalRaised,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import OrderId, Side
from trading_agent.execution.orders import OrderTable
from trading_agent.portfolio.ledger import MONEY, ZERO, Ledger
from trading_agent.portfolio.positions import Positions


@dataclass(slots=True)
class Tally:
    """Running counts since the desk was opened."""

    orders: int = 0
    fills: int = 0
    fees: Decimal = ZERO


class Account:
    """Ledger, positions, open orders, armed exits, permissions: a fold over facts."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.positions = Positions()
        self.orders = OrderTable()
        self.instruments: dict[str, Instrument] = {}
        self.exits: dict[str, ExitsArmed] = {}
        self.deposited: dict[str, Decimal] = {}
        self.tally = Tally()
        self.signals: dict[str, dict[str, int]] = {}
        self.refusals: dict[str, int] = {}
        self.paused = ""
        self.killed = ""
        self.runs = 0
        self.last_order = 0
        self.last_fill = 0

    def apply(self, fact: Fact) -> None:
        """Add one fact. Facts that only tell change nothing."""
        match fact:
            case OrderSent() | OrderAccepted() | OrderFilled() | OrderCanceled() | OrderRejected():
                self._apply_order(fact)
            case SignalRaised(symbol=symbol, session=session):
                by_session = self.signals.setdefault(symbol, {})
                by_session[session] = by_session.get(session, 0) + 1
            case ProposalRefused(reason=reason):
                self.refusals[reason] = self.refusals.get(reason, 0) + 1
            case ExitsArmed(symbol=symbol):
                self.exits[symbol] = fact
            case PositionClosed(symbol=symbol, profit=profit):
                self.positions.close(symbol, profit)
                self.exits.pop(symbol, None)
            case _:
                self._apply_desk(fact)

    def _apply_desk(self, fact: Fact) -> None:
        match fact:
            case DeskOpened():
                self.runs += 1
                self.killed = ""
                self.paused = ""
                self.tally = Tally()
                self.signals = {}
                self.refusals = {}
            case CashDeposited(asset=asset, amount=amount):
                self.ledger.deposit(asset, amount)
                self.deposited[asset] = MONEY.add(self.deposited.get(asset, ZERO), amount)
            case InstrumentListed(instrument=instrument):
                self.instruments[instrument.symbol] = instrument
            case EntriesPaused(why=why):
                self.paused = why or "paused"
            case EntriesResumed():
                self.paused = ""
            case DeskKilled(why=why):
                self.killed = why or "killed"
            case _:
                pass

    def _apply_order(
        self, fact: OrderSent | OrderAccepted | OrderFilled | OrderCanceled | OrderRejected
    ) -> None:
        match fact:
            case OrderSent():
                self.ledger.lock(fact.reserved_asset, fact.reserved)
                self.orders.send(fact)
                self.last_order = max(self.last_order, fact.order)
                self.tally.orders += 1
            case OrderAccepted(order=order):
                self.orders.accept(order)
            case OrderFilled():
                self._settle(fact)
            case OrderCanceled(order=order) | OrderRejected(order=order):
                self._release(order)

    def _settle(self, fact: OrderFilled) -> None:
        if fact.fill <= self.last_fill:
            raise InvariantError(f"fill {fact.fill} was told twice")
        self.last_fill = fact.fill
        instrument = self.instruments[fact.symbol]
        value = instrument.notional(fact.price, fact.size)
        size = instrument.size(fact.size)
        if fact.side is Side.BUY:
            used = self._pay(fact, instrument.quote, MONEY.add(value, fact.fee))
            self.ledger.receive(instrument.base, size)
        else:
            used = size
            self.ledger.pay(instrument.base, used)
            self.ledger.receive(instrument.quote, MONEY.subtract(value, fact.fee))
        working = self.orders.fill(fact.order, fact.size, used)
        self.positions.fill(fact, value)
        self.tally.fills += 1
        self.tally.fees = MONEY.add(self.tally.fees, fact.fee)
        if working.leaves == 0:
            self._release(fact.order)

    def _pay(self, fact: OrderFilled, asset: str, cost: Decimal) -> Decimal:
        """Returns how much of the order's reserve was used. A fee raised on the way costs more
        than was reserved: the rest comes out of free cash."""
        reserved = self.orders.get(fact.order).reserved
        if cost > reserved:
            self.ledger.lock(asset, MONEY.subtract(cost, reserved))
        self.ledger.pay(asset, cost)
        return min(cost, reserved)

    def _release(self, order: OrderId) -> None:
        ended = self.orders.end(order)
        self.ledger.unlock(ended.sent.reserved_asset, ended.reserved)
