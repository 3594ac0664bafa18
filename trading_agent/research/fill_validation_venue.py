"""The compiled loop and the paper venue as the desk uses them, without a desk: orders that
travel in no time, against recorded rows of one symbol."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.decision import Approved, Proposal
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.order import (
    ENTRY,
    RESTING,
    CancelOrder,
    OrderId,
    OrderKind,
    Side,
    SubmitOrder,
)
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.engine.kernel import advance_batch
from trading_agent.engine.state import CompiledState, open_state
from trading_agent.execution.latency import Latency
from trading_agent.execution.paper import PaperTradingSystem
from trading_agent.execution.settings import PaperSettings
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan

_SYMBOL: Final = "RECORDED"
_FILLED: Final = int(OutcomeKind.FILLED)
_SHADOWED: Final = int(OutcomeKind.SHADOWED)

_HEARD: Final = ("kind", "price", "size", "detail")
_STRICT_AND_AT_ONCE: Final = {
    "latency_ms": 0.0,
    "latency_jitter_ms": 0.0,
    "latency_model": "CONSTANT",
    "queue_model": "PESSIMISTIC",
    "book_age_limit_seconds": 0.0,
}

Triple = tuple[Lots, Lots, Lots]
"""One figure a model of the queue: pessimistic, central, optimistic."""


class PaperFill(Struct, frozen=True):
    price: Ticks
    size: Lots


class ValidationVenue:
    """One book, advanced row by row, and one order at a time."""

    def __init__(self, settings: PaperSettings, state: CompiledState | None = None) -> None:
        """`settings`: of the paper venue, except that nothing takes time to travel, that a resting
        order is there for as long as the strictest model leaves something of it, and that no book
        is too old: what a recording does not say has not happened."""
        self._settings = settings.model_copy(update=_STRICT_AND_AT_ONCE)
        self._state = state or open_state(1, TradingSessionManager(SessionPlan()))
        self._desk = self._state.desk
        self._venue: Any = self._desk["venue"]
        latency = Latency(self._settings, seed=0)
        self._paper = PaperTradingSystem(self._venue, self._settings, latency)
        self._orders = 0
        self.shadows: Triple | None = None
        """Lots that the last order to have rested was filled with when it ended."""

    @property
    def usable(self) -> bool:
        """Whether orders can meet the book."""
        book = self._state.markets[0]["book"]
        return bool(book["ready"]) and not bool(book["crossed"])

    def queue_ahead(self) -> Triple | None:
        """Lots before the order in the book; None without one."""
        orders = self._venue["orders"][0]
        resting = orders["ahead"][orders["state"] == RESTING].tolist()
        return _triple(resting[0]) if resting else None

    def fork(self) -> "ValidationVenue":
        """Another one, from here on."""
        state = CompiledState(self._state.markets.copy(), self._desk.copy())
        return ValidationVenue(self._settings, state)

    def become(self, other: "ValidationVenue") -> None:
        """As the other one is now; cheaper than another fork."""
        np.copyto(self._state.markets, other._state.markets)
        np.copyto(self._desk, other._desk)
        self.shadows = None

    def forget_taken(self) -> None:
        """What earlier orders took is there again: each order meets the market as recorded."""
        self._state.markets["taken"]["count"] = 0

    def advance(self, rows: Rows, now: Nanos) -> list[PaperFill]:
        """Whole messages, and time up to `now`; what the order is filled with meanwhile."""
        fills: list[PaperFill] = []
        position = 0
        while True:
            position = advance_batch(rows, position, now, self._state.markets, self._desk)
            count = int(self._venue["outcome_count"][0])
            if count:
                self._hear(self._venue["outcomes"][0][:count], fills)
                self._venue["outcome_count"] = 0
            elif position >= len(rows):
                return fills

    def _hear(self, outcomes: Any, fills: list[PaperFill]) -> None:
        told = zip(*(outcomes[name].tolist() for name in _HEARD), strict=True)
        for kind, price, size, detail in told:
            if kind == _FILLED:
                fills.append(PaperFill(Ticks(price), Lots(size)))
            elif kind == _SHADOWED:
                self.shadows = _triple((price, size, detail))

    def send(self, side: Side, kind: OrderKind, price: Ticks, size: Lots, at: Nanos) -> OrderId:
        """It acts with the next `advance` to `at` or beyond. `price`: of MARKET the protection."""
        self._orders += 1
        proposal = Proposal(
            strategy="validation",
            symbol=_SYMBOL,
            side=side,
            kind=kind,
            price=price,
            size=size,
            purpose=ENTRY,
            take_profit_bps=0.0,
            stop_bps=0.0,
            hold_for=Nanos(0),
            reason="recorded",
        )
        request = SubmitOrder(order=OrderId(self._orders), decided_at=at)
        self._paper.submit(Approved(proposal, size), request, 0, Nanos(0))
        return request.order

    def cancel(self, order: OrderId, at: Nanos) -> None:
        self._paper.cancel(CancelOrder(order=order, decided_at=at))


def _triple(lots: Sequence[int]) -> Triple:
    pessimistic, central, optimistic = lots
    return Lots(pessimistic), Lots(central), Lots(optimistic)
