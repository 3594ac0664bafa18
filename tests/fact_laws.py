"""What the facts of any run must obey, read off the facts alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayReverted,
    SymbolLocked,
    SymbolUnlocked,
)
from trading_agent.domain.facts import (
    BookLost,
    BookReady,
    DeskClosed,
    DeskKilled,
    DeskOpened,
    DeskRearmed,
    EntriesPaused,
    EntriesResumed,
    Fact,
)
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import (
    Liquidity,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
)
from trading_agent.domain.overlays import OverlayKind
from trading_agent.engine.account import Account

_TAKING = (OrderKind.MARKET, OrderKind.IOC)


def folded(facts: Sequence[Fact]) -> Account:
    account = Account()
    for fact in facts:
        account.apply(fact)
    return account


def picture(account: Account) -> dict[str, Any]:
    """Everything an account knows, to be compared."""
    ledger = account.ledger
    return {
        "balances": {
            asset: (ledger.free(asset), ledger.locked(asset)) for asset in ledger.assets()
        },
        "positions": account.positions.all(),
        "realised": account.positions.realised_profit,
        "orders": account.orders.all(),
        "exits": account.exits,
        "instruments": account.instruments,
        "deposited": account.deposited,
        "tally": (account.tally.orders, account.tally.fills, account.tally.fees),
        "signals": account.signals,
        "refusals": account.refusals,
        "permissions": (account.paused, account.killed, account.leaving),
        "risk": account.risk,
        "changes": account.changes,
        "numbers": (account.runs, account.last_order, account.last_fill),
    }


@dataclass
class Laws:
    """Reads facts in order; a broken law is an assertion."""

    at: int = 0
    paused: bool = False
    killed: bool = False
    leaving: bool = False
    ended_in_order: bool = False
    ready: set[str] = field(default_factory=set)
    open: dict[int, OrderSent] = field(default_factory=dict)
    accepted: set[int] = field(default_factory=set)
    filled: dict[int, int] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    closing: dict[str, str] = field(default_factory=dict)
    """Scopes of overlays that allow no entries, by name."""
    last_order: int = 0
    last_fill: int = 0

    def read(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            assert fact.at >= self.at, "time runs back"
            self.at = fact.at
            self._read_book(fact)
            self._read_desk(fact)
            self._read_changes(fact)
            self._read_order(fact)

    def _read_book(self, fact: Fact) -> None:
        match fact:
            case BookReady(symbol=symbol):
                self.ready.add(symbol)
            case BookLost(symbol=symbol):
                assert symbol in self.ready, "a book is lost once"
                self.ready.discard(symbol)
            case _:
                pass

    def _read_desk(self, fact: Fact) -> None:
        match fact:
            case DeskOpened():
                self.ready.clear()
                if self.ended_in_order:
                    self._may_enter()
                self.ended_in_order = False
            case DeskClosed():
                self.ended_in_order = True
            case EntriesPaused(leaving=leaving):
                self.paused = True
                self.leaving = self.leaving or leaving
            case EntriesResumed():
                self._may_enter()
            case DeskKilled(flatten=flatten):
                self.killed, self.leaving = True, flatten
            case DeskRearmed():
                assert self.killed, "a desk was re-armed that was not killed"
                self.killed = self.leaving = False
            case _:
                pass

    def _read_changes(self, fact: Fact) -> None:
        match fact:
            case SymbolLocked(symbol=symbol):
                self.locked.add(symbol)
            case SymbolUnlocked(symbol=symbol):
                self.locked.remove(symbol)
            case OverlayApplied(overlay=overlay):
                if overlay.kind in (OverlayKind.HALT_ENTRIES, OverlayKind.PAUSE_SYMBOL):
                    self.closing[overlay.overlay] = overlay.scope
            case OverlayExpired(overlay=name) | OverlayReverted(overlay=name):
                self.closing.pop(name, None)
            case _:
                pass

    def _may_enter(self) -> None:
        """A kill, and what it leaves, outlives a pause and the end of a run."""
        self.paused = False
        self.leaving = self.leaving and self.killed

    def _read_order(self, fact: Fact) -> None:
        match fact:
            case OrderSent():
                self._sent(fact)
            case OrderAccepted(order=order):
                assert order in self.open
                assert order not in self.accepted
                assert fact.at >= self.open[order].arrives_at
                assert self.open[order].symbol in self.ready
                self.accepted.add(order)
            case OrderFilled():
                self._filled(fact)
            case OrderCanceled(order=order, unfilled=unfilled):
                sent = self.open.pop(order)
                assert unfilled == sent.size - self.filled[order] > 0
            case OrderRejected(order=order):
                assert order not in self.accepted
                del self.open[order]
            case _:
                pass

    def _sent(self, sent: OrderSent) -> None:
        leaves = sent.purpose is OrderPurpose.EXIT and self.leaving
        assert not self.killed or leaves, "an order was sent by a killed desk"
        assert sent.symbol in self.ready, "an order was sent without a book"
        assert sent.side is (Side.BUY if sent.purpose is OrderPurpose.ENTRY else Side.SELL)
        assert not (self.paused and sent.purpose is OrderPurpose.ENTRY)
        if sent.purpose is OrderPurpose.ENTRY:
            assert sent.symbol not in self.locked
            assert not {"", sent.symbol} & set(self.closing.values()), "entries are halted"
        assert not any(
            other.symbol == sent.symbol and other.purpose is sent.purpose
            for other in self.open.values()
        )
        assert sent.order == self.last_order + 1
        assert sent.arrives_at >= sent.at
        self.last_order = sent.order
        self.open[sent.order] = sent
        self.filled[sent.order] = 0

    def _filled(self, fill: OrderFilled) -> None:
        sent = self.open[fill.order]
        assert fill.fill == self.last_fill + 1
        self.last_fill = fill.fill
        assert fill.order in self.accepted
        assert fill.symbol in self.ready, "filled on a book that is not ready"
        assert (fill.symbol, fill.side) == (sent.symbol, sent.side)
        assert (sent.price - fill.price) * sent.side >= 0, "worse than its limit"
        if fill.liquidity is Liquidity.MAKER:
            assert fill.price == sent.price
            assert sent.kind not in _TAKING
        else:
            assert sent.kind is not OrderKind.LIMIT_MAKER
            assert fill.at == sent.arrives_at
        assert fill.size > 0
        self.filled[fill.order] += fill.size
        assert self.filled[fill.order] <= sent.size
        if self.filled[fill.order] == sent.size:
            del self.open[fill.order]


def assert_lawful(facts: Sequence[Fact]) -> None:
    Laws().read(facts)
