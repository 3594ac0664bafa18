"""The paper venue: takes approved orders into the compiled matching, answers in venue facts."""

from typing import Any, Final

import numpy as np

from trading_agent.domain.decision import Approved
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import (
    Liquidity,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import CancelOrder, OrderId, OrderState, SubmitOrder
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.execution.fees import fee_of, fee_rate
from trading_agent.execution.latency import Latency
from trading_agent.execution.matching import END_REASONS, NEVER, ORDERS
from trading_agent.execution.settings import PaperSettings

Execution = tuple[Nanos, Ticks, Lots, int]
"""What the compiled matching reports of a fill: at, price, size, 1 for maker."""

_FREE: Final = 0
_IN_FLIGHT: Final = int(OrderState.IN_FLIGHT)
_MAKER: Final = 1


class PaperTradingSystem:
    """Real market, simulated fills. Owns the venue record of the compiled state.

    It has no key, no signer and no connection: what it accepts can only ever be matched
    against the rows of the market.
    """

    def __init__(self, venue: Any, settings: PaperSettings, latency: Latency) -> None:
        """`venue`: an array of one VENUE."""
        self._open = venue["open"]
        self._used = venue["used"]
        self._next_due = venue["next_due"]
        self._orders = venue["orders"][0]
        self._states = self._orders["state"]
        self._settings = settings
        self._latency = latency

    def submit(self, approved: Approved, request: SubmitOrder, symbol: int, rest: Nanos) -> Nanos:
        """Send an order; returns when it arrives. Only what risk has approved fits. A resting
        order is cancelled `rest` nanoseconds after it arrives, 0 for never."""
        slot = self._free_slot()
        arrives_at = request.decided_at + self._latency.draw()
        cancel_travel = self._latency.draw()
        self._orders[slot] = (
            request.order,
            _IN_FLIGHT,
            symbol,
            request.side,
            request.kind,
            request.price,
            approved.size,
            arrives_at,
            arrives_at + rest if rest else NEVER,
            cancel_travel,
            0,
        )
        self._open[0] += 1
        self._used[0] = max(self._used.item(), slot + 1)
        self._next_due[0] = min(self._next_due.item(), arrives_at)
        return Nanos(arrives_at)

    def _free_slot(self) -> int:
        """The first one: the order of slots is the order in which orders are matched."""
        used: int = self._used.item()
        states = self._states[:used].tolist()
        if _FREE in states:
            first: int = states.index(_FREE)
            return first
        if used == ORDERS:
            raise InvariantError(f"risk let more than {ORDERS} orders be open at once")
        return used

    def cancel(self, request: CancelOrder) -> None:
        """The cancel travels; until it arrives the order can still fill."""
        travel = self._latency.draw()
        for slot in np.flatnonzero(self._orders["order"] == request.order):
            order = self._orders[slot]
            if order["state"] == OrderState.RESTING:
                order["state"] = int(OrderState.CANCEL_IN_FLIGHT)
                order["due_at"] = request.decided_at + travel
            elif order["state"] == OrderState.IN_FLIGHT:
                # It acts when both have arrived: the order first.
                order["expires_at"] = max(int(order["due_at"]), request.decided_at + travel)
                order["cancel_travel"] = 0
        self._next_due[0] = request.decided_at

    def accepted(self, order: OrderId, at: Nanos) -> OrderAccepted:
        return OrderAccepted(at=at, order=order)

    def filled(
        self, request: OrderSent, instrument: Instrument, outcome: Execution, fill: int
    ) -> OrderFilled:
        at, price, size, maker = outcome
        liquidity = Liquidity.MAKER if maker == _MAKER else Liquidity.TAKER
        rate = fee_rate(instrument, liquidity, self._settings.unknown_fee)
        value = instrument.notional(price, size)
        return OrderFilled(
            at=at,
            fill=fill,
            order=request.order,
            symbol=request.symbol,
            side=request.side,
            price=price,
            size=size,
            liquidity=liquidity,
            fee=fee_of(value, rate),
            fee_asset=instrument.quote,
        )

    def canceled(self, order: OrderId, at: Nanos, unfilled: Lots, reason: int) -> OrderCanceled:
        return OrderCanceled(at=at, order=order, unfilled=unfilled, reason=END_REASONS[reason])

    def rejected(self, order: OrderId, at: Nanos, reason: int) -> OrderRejected:
        return OrderRejected(at=at, order=order, reason=END_REASONS[reason])
