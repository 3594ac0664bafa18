"""Orders and positions, fact by fact: what of them is to be told, together and when.

An order whose end follows its beginning at once is told in one message; fills that follow one
another closely too; an exit's fill is told with the position it closes.
"""

from collections.abc import Callable
from typing import Any

from trading_agent.domain.decision import BY_HAND
from trading_agent.domain.evidence_facts import EntryWeighed
from trading_agent.domain.facts import (
    ExitsArmed,
    ExitTriggered,
    Fact,
    PositionClosed,
    SignalRaised,
)
from trading_agent.domain.order import BUY, ENTRY, EXIT
from trading_agent.domain.order_facts import (
    TAKER,
    EndReason,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
    OrderShadowed,
    ShortfallMeasured,
)
from trading_agent.notifications import wording_orders
from trading_agent.notifications.memory import (
    Earned,
    Ended,
    HeldPosition,
    Memory,
    MovedStop,
    WatchedOrder,
)
from trading_agent.notifications.notice import Notice
from trading_agent.notifications.pace import SETTLING, Pace

Fold = Callable[[int, Any], None]


class OrderStory:
    """`charts`: whether exits come with a picture."""

    def __init__(self, memory: Memory, pace: Pace, *, charts: bool) -> None:
        self._memory = memory
        self._pace = pace
        self._charts = charts
        self.folds: dict[type[Fact], Fold] = {
            SignalRaised: self._signal,
            EntryWeighed: self._weighed,
            OrderSent: self._sent,
            OrderFilled: self._filled,
            OrderCanceled: self._ended,
            OrderRejected: self._ended,
            ShortfallMeasured: self._measured,
            OrderShadowed: self._shadowed,
            ExitsArmed: self._armed,
            ExitTriggered: self._triggered,
            PositionClosed: self._closed,
        }

    def due(self, now: int) -> list[Notice]:
        """What has waited long enough, in the order in which it became due."""
        memory = self._memory
        told: list[tuple[int, Notice]] = []
        for number, order in list(memory.orders.items()):
            if 0 < order.due <= now:
                due = order.due
                notice = self._tell(number, order)
                if notice is not None:
                    told.append((due, notice))
        for symbol, moved in list(memory.stops.items()):
            if moved.due <= now:
                del memory.stops[symbol]
                if moved.before != moved.now:
                    told.append((moved.due, wording_orders.stop_moved(memory, symbol, moved)))
        return [notice for _, notice in sorted(told, key=lambda each: each[0])]

    def _tell(self, number: int, order: WatchedOrder) -> Notice | None:
        memory = self._memory
        order.told_at, order.due = order.due, 0
        if order.over:
            del memory.orders[number]
            return self._tell_end(order)
        if order.filled > order.told:
            order.told = order.filled
            return wording_orders.filled(memory, order, memory.positions.get(order.sent.symbol))
        if order.sent.purpose is ENTRY:
            order.placed = True
            return wording_orders.placed(memory, order)
        return None

    def _tell_end(self, order: WatchedOrder) -> Notice | None:
        memory, symbol = self._memory, order.sent.symbol
        if order.closed is not None:
            return wording_orders.exited(memory, order, order.closed, self._charts)
        if order.filled > order.told:
            return wording_orders.filled(memory, order, memory.positions.get(symbol))
        if order.filled or order.end == EndReason.RESTART:
            return None
        if order.sent.purpose is EXIT:
            return self._tell_miss(order)
        at_once = order.ended_at - order.sent.at < self._pace.standing
        wanted = order.placed or (at_once and order.end != EndReason.BY_REQUEST)
        return wording_orders.withdrawn(memory, order) if wanted else None

    def _tell_miss(self, order: WatchedOrder) -> Notice | None:
        position = self._memory.positions.get(order.sent.symbol)
        if position is None or order.end == EndReason.BY_REQUEST:
            return None
        position.tries += 1
        return wording_orders.exit_waits(self._memory, order) if position.tries == 1 else None

    def _signal(self, _: int, fact: SignalRaised) -> None:
        self._memory.reasons[fact.symbol] = f"signal {fact.strength:.2f}"

    def _weighed(self, _: int, fact: EntryWeighed) -> None:
        if fact.size_share > 0:
            known = self._memory.reasons.get(fact.symbol, "")
            before = f"{known.partition(',')[0]}, " if known.startswith("signal") else ""
            kind = "" if fact.regime == "unknown" else fact.regime.replace("_", " ")
            market = f" in a {kind} market" if kind else ""
            self._memory.reasons[fact.symbol] = f"{before}evidence {fact.net:+.2f}{market}"

    def _sent(self, first: int, fact: OrderSent) -> None:
        why = self._memory.reasons.pop(fact.symbol, "") if fact.purpose is ENTRY else ""
        if fact.strategy == BY_HAND:
            # A person buys for reasons of his own, whatever was signalled before.
            why = ""
        order = WatchedOrder(first=first, sent=fact, why=why)
        order.due = fact.at + self._pace.standing if fact.purpose is ENTRY else 0
        self._memory.orders[fact.order] = order

    def _filled(self, _: int, fact: OrderFilled) -> None:
        memory = self._memory
        order, rules = memory.orders[fact.order], memory.instruments[fact.symbol]
        order.filled += fact.size
        order.value += fact.price * fact.size
        order.taken += fact.size if fact.liquidity is TAKER else 0
        order.fills += 1
        order.fees += fact.fee
        order.due = min(order.due or fact.at + self._pace.burst, fact.at + self._pace.burst)
        if order.filled == order.sent.size:
            self._end(order, fact.at, "")
        worth = rules.notional(fact.price, fact.size)
        tally = memory.tally
        tally.fills += 1
        tally.fees += fact.fee
        tally.volume += worth
        self._move(fact, memory.positions.get(fact.symbol))

    def _move(self, fact: OrderFilled, position: HeldPosition | None) -> None:
        memory, rules = self._memory, self._memory.instruments[fact.symbol]
        if position is None:
            position = memory.positions[fact.symbol] = HeldPosition(opened_at=fact.at)
        value = fact.price * fact.size
        position.fees += fact.fee
        if fact.side is BUY:
            position.bought += fact.size
            position.bought_value += value
            position.spent += rules.notional(fact.price, fact.size) + fact.fee
        else:
            position.sold += fact.size
            position.sold_value += value
            position.last_sale = fact.order

    def _ended(self, _: int, fact: OrderCanceled | OrderRejected) -> None:
        order = self._memory.orders.get(fact.order)
        if order is not None:
            self._end(order, fact.at, fact.reason.value)

    def _end(self, order: WatchedOrder, at: int, reason: str) -> None:
        order.ended_at, order.end = at, reason
        order.due = at + SETTLING

    def _measured(self, _: int, fact: ShortfallMeasured) -> None:
        order = self._memory.orders.get(fact.order)
        if order is not None:
            order.shortfall = fact

    def _shadowed(self, _: int, fact: OrderShadowed) -> None:
        order = self._memory.orders.get(fact.order)
        if order is not None:
            order.shadow = fact

    def _triggered(self, _: int, fact: ExitTriggered) -> None:
        position = self._memory.positions.get(fact.symbol)
        if position is not None:
            position.reason = fact.reason.value

    def _armed(self, first: int, fact: ExitsArmed) -> None:
        memory, symbol = self._memory, fact.symbol
        position = memory.positions.get(symbol)
        if position is None:
            return
        before, now = (position.stop, position.target), (int(fact.stop), int(fact.take_profit))
        position.stop, position.target = now
        position.deadline = fact.deadline
        known, position.armed = position.armed, True
        if not known or before == now:
            return
        moved = memory.stops.get(symbol)
        if moved is None:
            due = fact.at + self._pace.stops
            moved = MovedStop(first=first, at=fact.at, before=before, now=now, due=due)
            memory.stops[symbol] = moved
        moved.at, moved.now = fact.at, now

    def _closed(self, _: int, fact: PositionClosed) -> None:
        memory = self._memory
        position = memory.positions.pop(fact.symbol)
        memory.stops.pop(fact.symbol, None)
        self._count(fact, position)
        order = memory.orders.get(position.last_sale)
        if order is not None:
            order.closed = Ended(
                at=fact.at, profit=fact.profit, strategy=fact.strategy, position=position
            )

    def _count(self, fact: PositionClosed, position: HeldPosition) -> None:
        tally = self._memory.tally
        won = fact.profit > 0
        tally.profit += fact.profit
        tally.closed += 1
        tally.won += won
        for by, name in ((tally.by_symbol, fact.symbol), (tally.by_exit, position.reason)):
            earned = by.setdefault(name, Earned())
            earned.profit += fact.profit
            earned.closed += 1
            earned.won += won
