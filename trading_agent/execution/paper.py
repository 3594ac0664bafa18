"""The paper venue: takes approved orders into the compiled matching, answers in venue facts."""

from collections.abc import Iterable
from decimal import ROUND_FLOOR
from struct import Struct
from typing import Any, Final

import numpy as np

from trading_agent.domain.decision import Approved
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import BUY, CancelOrder, OrderId, OrderKind, SubmitOrder
from trading_agent.domain.order_facts import Liquidity, OrderFilled, OrderSent
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.execution.fees import fee_of, fee_rate, payable, worst_rate
from trading_agent.execution.latency import Latency
from trading_agent.execution.mark_outs import LAST_HORIZON, MARKS
from trading_agent.execution.orders import OrderTable
from trading_agent.execution.settings import PaperSettings
from trading_agent.execution.venue import (
    CENTRAL,
    FREE,
    IN_FLIGHT,
    NEVER,
    OPTIMISTIC,
    ORDER,
    ORDERS,
    PESSIMISTIC,
)
from trading_agent.market.columns import integers

Execution = tuple[Nanos, Ticks, Lots, int]
"""What the compiled matching reports of a fill: at, price, size, 1 for maker."""

Mark = tuple[int, Nanos, int, int, Ticks, int, float, float, float]
"""The fields of a MARK."""

LIQUIDITY: Final = (Liquidity.TAKER, Liquidity.MAKER)
_FIRST_WAITING: Final = int(OrderKind.STOP)
_SENT: Final = Struct(f"16q{ORDER.itemsize - 16 * 8}x")
"""An ORDER: what is sent, and zeros where the venue itself writes. Assigning a tuple to the record
takes three times as long."""
_MARK: Final = Struct("6q3d")
_MODELS: Final = {"PESSIMISTIC": PESSIMISTIC, "CENTRAL": CENTRAL, "OPTIMISTIC": OPTIMISTIC}


class PaperTradingSystem:
    """Real market, simulated fills. Owns the venue record of the compiled state.

    It has no key, no signer and no connection: what it accepts can only ever be matched
    against the rows of the market.
    """

    def __init__(self, venue: Any, settings: PaperSettings, latency: Latency) -> None:
        """`venue`: an array of one VENUE."""
        self._model = _MODELS[settings.queue_model]
        venue["model"] = self._model
        venue["power"] = settings.queue_power
        venue["half_life"] = int(settings.refill_half_life_seconds * SECOND)
        venue["book_age"] = int(settings.book_age_limit_seconds * SECOND)
        self._open = integers(venue["open"])
        self._used = integers(venue["used"])
        self._next_due = integers(venue["next_due"])
        self._next_event = integers(venue["next_event"])
        self._orders = venue["orders"][0]
        self._states = integers(self._orders["state"])
        self._order_bytes = memoryview(self._orders.view(np.uint8))
        self._mark_bytes = memoryview(venue["marks"][0].view(np.uint8))
        self._marked = integers(venue["marked"][0])
        self._told = integers(venue["told"])
        self._unknown_fee = settings.unknown_fee
        self._latency = latency

    def observe(self, round_trip: Nanos) -> None:
        """The exchange has answered a request after so long."""
        self._latency.observe(round_trip)

    def submit(self, approved: Approved, request: SubmitOrder, symbol: int, rest: Nanos) -> Nanos:
        """Send an order; returns when it arrives. Only what risk has approved fits. A resting
        order is cancelled `rest` nanoseconds after it came to rest, 0 for never."""
        proposal, draw, used = approved.proposal, self._latency.draw, self._used[0]
        slot = self._free_slot(used) if used else 0
        arrives_at = Nanos(request.decided_at + draw())
        cancel_travel = draw()
        _SENT.pack_into(
            self._order_bytes,
            slot * _SENT.size,
            request.order,
            IN_FLIGHT,
            symbol,
            proposal.side,
            proposal.kind,
            proposal.price,
            approved.size,
            arrives_at,
            NEVER,
            rest + cancel_travel if rest else 0,
            proposal.trigger,
            proposal.trigger_on,
            request.trail,
            draw() if proposal.kind >= _FIRST_WAITING else 0,
            request.group,
            request.budget,
        )
        self._open[0] += 1
        if slot >= used:
            self._used[0] = slot + 1
        self._due(arrives_at)
        return arrives_at

    def _due(self, at: int) -> None:
        if at < self._next_due[0]:
            self._next_due[0] = at
        if at < self._next_event[0]:
            self._next_event[0] = at

    def _free_slot(self, used: int) -> int:
        """The first one."""
        for slot in range(used):
            if self._states[slot] == FREE:
                return slot
        if used == ORDERS:
            raise InvariantError(f"risk let more than {ORDERS} orders be open at once")
        return used

    def cancel(self, request: CancelOrder) -> None:
        """The cancel travels; until it arrives the order can still fill. One that overtakes its
        order acts when both have arrived."""
        arrives_at = request.decided_at + self._latency.draw()
        for order in self._open_slots(request.order):
            order["cancel_at"] = min(int(order["cancel_at"]), arrives_at)
            self._due(arrives_at)

    def cut_to_reserves(
        self, orders: OrderTable, before: Instrument, after: Instrument, at: Nanos
    ) -> None:
        """A pair's fees have changed: no purchase may cost more than is held back for it. Where
        they rose, an open one keeps so many lots as its reserve pays at its price and the worst
        rate; left without any it ends with FEE_ROSE, as of `at`. `orders` are those of the venue.
        """
        worst = worst_rate(after, self._unknown_fee)
        if worst <= worst_rate(before, self._unknown_fee):
            return
        symbol = after.symbol
        open_ones = [each.sent for each in orders.all() if each.sent.symbol == symbol]
        purchases = [sent for sent in open_ones if sent.side is BUY]
        for sent in purchases:
            # Whatever the legs of a pair share out, the dearest price pays for it.
            dearest = max(p.price for p in purchases if _share_a_reserve(p, sent))
            reserve = orders.reserve_of(sent.order)
            scaled = payable(reserve, worst).scaleb(after.price_decimals + after.size_decimals)
            self._cut(sent, max(int(scaled.to_integral_value(ROUND_FLOOR)), 0), dearest, at)

    def _cut(self, sent: OrderSent, value: int, price: Ticks, at: Nanos) -> None:
        """To what `value` (ticks x lots) pays at `price`."""
        for order in self._open_slots(sent.order):
            if order["budget"] > 0 and order["rested"] == 0:
                # None left would be no bound, and one pays for nothing.
                order["budget"] = max(min(int(order["budget"]), value), 1)
                continue
            filled = int(order["filled"][self._model])
            leaves = int(order["size"] - order["yielded"] - order["forgone"]) - filled
            unpaid = max(leaves - value // price, 0)
            order["forgone"] += unpaid
            order["unpaid"] += unpaid
            if unpaid == leaves > 0:
                order["cancel_at"] = at
                self._due(at)

    def _open_slots(self, order: OrderId) -> Iterable[Any]:
        for slot in np.flatnonzero(self._orders["order"] == order):
            if self._orders[slot]["state"] != FREE:
                yield self._orders[slot]

    def filled(
        self, request: OrderSent, instrument: Instrument, outcome: Execution, fill: int
    ) -> OrderFilled:
        at, price, size, maker = outcome
        liquidity = LIQUIDITY[maker]
        rate = fee_rate(instrument, liquidity, self._unknown_fee)
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

    def marked(self) -> list[Mark]:
        """The fills that have been marked since the last time, oldest first."""
        first, end = self._told[0], self._marked[LAST_HORIZON]
        if first == end:
            return []
        self._told[0] = end
        start, stop = first % MARKS * _MARK.size, end % MARKS * _MARK.size
        if start < stop:
            return list(_MARK.iter_unpack(self._mark_bytes[start:stop]))
        # They go on at the beginning of the ring.
        return [
            *_MARK.iter_unpack(self._mark_bytes[start:]),
            *_MARK.iter_unpack(self._mark_bytes[:stop]),
        ]


def _share_a_reserve(one: OrderSent, other: OrderSent) -> bool:
    return one.order == other.order or one.group == other.group != 0
