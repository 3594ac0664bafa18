"""What a chart shows of the desk's own doings: its fills and its signals, from the records."""

from typing import Final

from sqlalchemy import select

from trading_agent.adapters.records import tables
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.database import reading
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.units import Nanos
from trading_agent.runtime.picture_ports import FillMark, SignalMark

_SIDES: Final = {side.name.lower(): side for side in Side}


class ChartMarks:
    """Any thread. Raises StorageError when the records cannot be read."""

    def __init__(self, address: RecordsAddress, timeout_seconds: float) -> None:
        self._address = address
        self._timeout_seconds = timeout_seconds

    def fills(self, symbol: str, since: Nanos, until: Nanos) -> tuple[FillMark, ...]:
        fills, orders = tables.fills.c, tables.orders.c
        query = (
            select(fills.at, fills.side, fills.price, orders.purpose)
            .join_from(tables.fills, tables.orders, orders.order_id == fills.order_id)
            .where(fills.symbol == symbol, fills.at >= since, fills.at <= until)
            .order_by(fills.at)
        )
        with reading(self._address, self._timeout_seconds) as connection:
            return tuple(
                FillMark(
                    at=row.at,
                    side=_SIDES[row.side],
                    price=float(row.price),
                    entry=row.purpose == OrderPurpose.ENTRY.name.lower(),
                )
                for row in connection.execute(query)
            )

    def signals(self, symbol: str, since: Nanos, until: Nanos) -> tuple[SignalMark, ...]:
        columns = tables.decisions.c
        query = (
            select(columns.at, columns.side, columns.strength)
            .where(columns.symbol == symbol, columns.kind == "signal")
            .where(columns.at >= since, columns.at <= until)
            .order_by(columns.at)
        )
        with reading(self._address, self._timeout_seconds) as connection:
            return tuple(
                SignalMark(
                    at=row.at, direction=_SIDES[row.side], strength=float(row.strength or 0.0)
                )
                for row in connection.execute(query)
            )
