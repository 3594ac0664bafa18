"""The paper venue: takes approved orders into the compiled matching, answers in venue facts."""

from typing import Any, Final

import numpy as np

from trading_agent.domain.decision import Approved
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import Liquidity, OrderFilled, OrderSent
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import CancelOrder, OrderKind, OrderState, SubmitOrder
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.execution.fees import fee_of, fee_rate
from trading_agent.execution.latency import Latency
from trading_agent.execution.settings import PaperSettings
from trading_agent.execution.venue import CENTRAL, NEVER, OPTIMISTIC, ORDERS, PESSIMISTIC

Execution = tuple[Nanos, Ticks, Lots, int]
"""What the compiled matching reports of a fill: at, price, size, 1 for maker."""

_FREE: Final = 0
_IN_FLIGHT: Final = int(OrderState.IN_FLIGHT)
_MAKER: Final = 1
_NOTHING_YET: Final = (*(0,) * 11, *((0, 0, 0),) * 4)
"""The fields of an order that the venue itself writes."""
_MODELS: Final = {"PESSIMISTIC": PESSIMISTIC, "CENTRAL": CENTRAL, "OPTIMISTIC": OPTIMISTIC}


class PaperTradingSystem:
    """Real market, simulated fills. Owns the venue record of the compiled state.

    It has no key, no signer and no connection: what it accepts can only ever be matched
    against the rows of the market.
    """

    def __init__(self, venue: Any, settings: PaperSettings, latency: Latency) -> None:
        """`venue`: an array of one VENUE."""
        venue["model"] = _MODELS[settings.queue_model]
        venue["power"] = settings.queue_power
        venue["half_life"] = int(settings.refill_half_life_seconds * SECOND)
        self._open = venue["open"]
        self._used = venue["used"]
        self._next_due = venue["next_due"]
        self._next_event = venue["next_event"]
        self._orders = venue["orders"][0]
        self._states = self._orders["state"]
        self._settings = settings
        self._latency = latency

    def observe(self, round_trip: Nanos) -> None:
        """The exchange has answered a request after so long."""
        self._latency.observe(round_trip)

    def submit(self, approved: Approved, request: SubmitOrder, symbol: int, rest: Nanos) -> Nanos:
        """Send an order; returns when it arrives. Only what risk has approved fits. A resting
        order is cancelled `rest` nanoseconds after it came to rest, 0 for never."""
        slot = self._free_slot()
        draw = self._latency.draw
        arrives_at = request.decided_at + draw()
        cancel_travel = draw()
        self._orders[slot] = (
            request.order,
            _IN_FLIGHT,
            symbol,
            request.side,
            request.kind,
            request.price,
            approved.size,
            arrives_at,
            NEVER,
            rest + cancel_travel if rest else 0,
            request.trigger,
            request.trigger_on,
            request.trail,
            draw() if request.kind >= OrderKind.STOP else 0,
            request.group,
            request.budget,
            *_NOTHING_YET,
        )
        self._open[0] += 1
        self._used[0] = max(self._used.item(), slot + 1)
        self._due(arrives_at)
        return Nanos(arrives_at)

    def _due(self, at: int) -> None:
        self._next_due[0] = min(self._next_due.item(), at)
        self._next_event[0] = min(self._next_event.item(), at)

    def _free_slot(self) -> int:
        """The first one."""
        used: int = self._used.item()
        states = self._states[:used].tolist()
        if _FREE in states:
            first: int = states.index(_FREE)
            return first
        if used == ORDERS:
            raise InvariantError(f"risk let more than {ORDERS} orders be open at once")
        return used

    def cancel(self, request: CancelOrder) -> None:
        """The cancel travels; until it arrives the order can still fill. One that overtakes its
        order acts when both have arrived."""
        arrives_at = request.decided_at + self._latency.draw()
        for slot in np.flatnonzero(self._orders["order"] == request.order):
            order = self._orders[slot]
            if order["state"] != _FREE:
                order["cancel_at"] = min(int(order["cancel_at"]), arrives_at)
                self._due(arrives_at)

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
