"""The rows of orders, fills and positions, moved by what becomes of orders."""

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any, Final

from trading_agent.adapters.records import tables
from trading_agent.adapters.records.changes import Changes, Row
from trading_agent.domain import facts
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.money import MONEY
from trading_agent.domain.order import BUY, OrderState
from trading_agent.domain.order_facts import (
    FillMarked,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
    OrderShadowed,
    OrderTriggered,
)
from trading_agent.domain.units import Ticks
from trading_agent.portfolio.ledger import ZERO

_ROUNDED: Final = Context(prec=40)
_SMALLEST: Final = Decimal(1).scaleb(-12)
OPEN_STATES: Final = tuple(state.name.lower() for state in OrderState if state.open)
_FILLED: Final = OrderState.FILLED.name.lower()


class OrderRows:
    """Open orders by id and open positions by symbol, each as its row."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.instruments: dict[str, Instrument] = {}
        self.open_orders: dict[int, Row] = {}
        self.open_positions: dict[str, Row] = {}
        self._rules: dict[type[Any], Callable[[int, Any], None]] = {
            OrderSent: self._sent,
            OrderAccepted: self._accepted,
            OrderTriggered: self._triggered,
            OrderFilled: self._filled,
            OrderCanceled: self._ended,
            OrderRejected: self._ended,
            OrderShadowed: self._shadowed,
            FillMarked: self._marked,
            facts.ExitTriggered: self._exit,
            facts.PositionClosed: self._closed,
        }

    def apply(self, run: int, fact: facts.Fact) -> None:
        rule = self._rules.get(type(fact))
        if rule is not None:
            rule(run, fact)

    def _sent(self, run: int, fact: OrderSent) -> None:
        instrument = self.instruments[fact.symbol]
        row: Row = dict.fromkeys(tables.orders.columns.keys())
        row.update(
            order_id=fact.order,
            run=run,
            symbol=fact.symbol,
            strategy=fact.strategy,
            side=fact.side.name.lower(),
            kind=fact.kind.name.lower(),
            purpose=fact.purpose.name.lower(),
            price=instrument.price(fact.price),
            trigger_price=_price(instrument, fact.trigger),
            trail=_price(instrument, fact.trail),
            pair=fact.group or None,
            size=instrument.size(fact.size),
            filled=ZERO,
            notional=ZERO,
            fee=ZERO,
            state=OrderState.IN_FLIGHT.name.lower(),
            sent_at=fact.at,
            arrives_at=fact.arrives_at,
            sent_bid=_price(instrument, fact.bid),
            sent_ask=_price(instrument, fact.ask),
            take_profit_bps=fact.take_profit_bps,
            stop_bps=fact.stop_bps,
            hold_for=fact.hold_for,
        )
        self.open_orders[fact.order] = row
        self.changes.put(tables.orders, row)

    def _accepted(self, _run: int, fact: OrderAccepted) -> None:
        row = self._open(fact.order)
        waits = row["trigger_price"] is not None and row["triggered_at"] is None
        row["state"] = (OrderState.WAITING if waits else OrderState.RESTING).name.lower()
        row["arrived_at"] = fact.at
        self._seen(row, fact)

    def _triggered(self, _run: int, fact: OrderTriggered) -> None:
        row = self._open(fact.order)
        row["state"] = OrderState.IN_FLIGHT.name.lower()
        row["triggered_at"] = fact.at

    def _filled(self, run: int, fact: OrderFilled) -> None:
        instrument = self.instruments[fact.symbol]
        size, value = instrument.size(fact.size), instrument.notional(fact.price, fact.size)
        row = self._open(fact.order)
        row["filled"] = MONEY.add(row["filled"], size)
        row["notional"] = MONEY.add(row["notional"], value)
        row["average_price"] = _average(row["notional"], row["filled"])
        row["fee"] = MONEY.add(row["fee"], fact.fee)
        row["fee_asset"] = fact.fee_asset
        fill = {
            "fill_id": fact.fill,
            "order_id": fact.order,
            "at": fact.at,
            "symbol": fact.symbol,
            "side": fact.side.name.lower(),
            "price": instrument.price(fact.price),
            "size": size,
            "notional": value,
            "liquidity": fact.liquidity.value,
            "fee": fact.fee,
            "fee_asset": fact.fee_asset,
            "after_1s_bps": None,
            "after_5s_bps": None,
            "after_30s_bps": None,
        }
        self.changes.put(tables.fills, fill)
        self._move(run, fact, size, value)
        if row["filled"] == row["size"]:
            self._end(row, _FILLED, fact.at)

    def _ended(self, _run: int, fact: OrderCanceled | OrderRejected) -> None:
        row = self._open(fact.order)
        row["end_reason"] = fact.reason.value
        if isinstance(fact, OrderCanceled):
            self._end(row, OrderState.CANCELED.name.lower(), fact.at)
        else:
            self._seen(row, fact)
            self._end(row, OrderState.REJECTED.name.lower(), fact.at)

    def _shadowed(self, _run: int, fact: OrderShadowed) -> None:
        instrument = self.instruments[fact.symbol]
        columns = {
            "filled_pessimistic": instrument.size(fact.pessimistic),
            "filled_central": instrument.size(fact.central),
            "filled_optimistic": instrument.size(fact.optimistic),
        }
        self.changes.amend(tables.orders, fact.order, columns)

    def _marked(self, _run: int, fact: FillMarked) -> None:
        marks = {
            "after_1s_bps": fact.after_1s,
            "after_5s_bps": fact.after_5s,
            "after_30s_bps": fact.after_30s,
        }
        self.changes.amend(tables.fills, fact.fill, marks)

    def _exit(self, _run: int, fact: facts.ExitTriggered) -> None:
        row = self.open_positions.get(fact.symbol)
        if row is not None:
            row["exit_reason"] = fact.reason.value
            self.changes.put(tables.positions, row)

    def _closed(self, _run: int, fact: facts.PositionClosed) -> None:
        row = self.open_positions.pop(fact.symbol, None)
        if row is None:
            raise InvariantError(f"{fact.symbol}: a position was closed that no fill had opened")
        row["closed_at"], row["profit"] = fact.at, fact.profit
        self.changes.put(tables.positions, row)

    def _move(self, run: int, fact: OrderFilled, size: Decimal, value: Decimal) -> None:
        row = self.open_positions.get(fact.symbol)
        if row is None:
            row = self.open_positions[fact.symbol] = _position(run, fact)
        amount, worth, average = (
            ("bought", "buy_value", "average_entry")
            if fact.side is BUY
            else ("sold", "sell_value", "average_exit")
        )
        row[amount] = MONEY.add(row[amount], size)
        row[worth] = MONEY.add(row[worth], value)
        row[average] = _average(row[worth], row[amount])
        row["fees"] = MONEY.add(row["fees"], fact.fee)
        self.changes.put(tables.positions, row)

    def _open(self, order: int) -> Row:
        """Whoever asks is going to change it."""
        row = self.open_orders.get(order)
        if row is None:
            raise InvariantError(f"order {order} is told of, but it was not sent or has ended")
        self.changes.put(tables.orders, row)
        return row

    def _end(self, row: Row, state: str, at: int) -> None:
        row["state"], row["ended_at"] = state, at
        del self.open_orders[row["order_id"]]

    def _seen(self, row: Row, fact: OrderAccepted | OrderRejected) -> None:
        instrument = self.instruments[row["symbol"]]
        row["arrived_bid"] = _price(instrument, fact.bid)
        row["arrived_ask"] = _price(instrument, fact.ask)


def _average(value: Decimal, size: Decimal) -> Decimal:
    return _ROUNDED.divide(value, size).quantize(_SMALLEST, context=_ROUNDED)


def _price(instrument: Instrument, ticks: Ticks) -> Decimal | None:
    return instrument.price(ticks) if ticks else None


def _position(run: int, fact: OrderFilled) -> Row:
    row: Row = dict.fromkeys(tables.positions.columns.keys())
    row.update(
        position_id=fact.fill,
        run=run,
        symbol=fact.symbol,
        opened_at=fact.at,
        bought=ZERO,
        sold=ZERO,
        buy_value=ZERO,
        sell_value=ZERO,
        fees=ZERO,
    )
    return row
