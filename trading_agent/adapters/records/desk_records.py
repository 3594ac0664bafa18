"""What doors for people ask of the records: closed trades, in sums and one by one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, Select, func, select

from trading_agent.adapters.records import tables
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.database import reading
from trading_agent.domain.money import ExactSums
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.runtime.door_ports import (
    ClosedTrade,
    EquityLevels,
    GroupProfit,
    PeriodProfit,
    PeriodUnit,
    ProfitSummary,
)

_NOTHING: Final = Decimal(0)
_EVER: Final = Nanos(0)
_Marks = Iterable[tuple[int, Decimal]]
"""Equity by rising time."""


class DeskRecords:
    """`runtime.door_ports.RecordsPort`. Any thread; every call has a connection of its own, for
    it is asked seldom, and a database that was away is found again."""

    def __init__(self, address: RecordsAddress, timeout_seconds: float) -> None:
        self._address = address
        self._timeout_seconds = timeout_seconds

    def trades(self, count: int) -> tuple[ClosedTrade, ...]:
        with self._connection() as connection:
            closed = tables.positions.c.closed_at.is_not(None)
            query = select(func.count()).select_from(tables.positions).where(closed)
            total = int(connection.execute(query).scalar_one())
            return tuple(_trades(connection, _closed_since(_EVER).limit(count), total))

    def profit(self, since: Nanos) -> ProfitSummary:
        with self._connection() as connection, ExactSums():
            trades = self._all(connection, since)
            marks = list(_marks(connection, since))
            return _summary(
                trades,
                marks=marks,
                fees=_sum(connection, tables.positions.c.fees, tables.positions.c.closed_at, since),
                volume=_sum(connection, tables.fills.c.notional, tables.fills.c.at, since),
                running_since=_first_run(connection),
            )

    def periods(self, unit: PeriodUnit, count: int, now: Nanos) -> tuple[PeriodProfit, ...]:
        starts = list(_starts(unit, count, now))
        with self._connection() as connection, ExactSums():
            trades = self._all(connection, Nanos(starts[-1]))
            ends = [None, *starts[:-1]]
            return tuple(
                _period(connection, trades, start, end)
                for start, end in zip(starts, ends, strict=True)
            )

    def by_symbol(self) -> tuple[GroupProfit, ...]:
        return self._grouped("", lambda trade: trade.symbol)

    def by_strategy(self, symbol: str) -> tuple[GroupProfit, ...]:
        return self._grouped(symbol, lambda trade: trade.strategy)

    def by_exit_reason(self, symbol: str) -> tuple[GroupProfit, ...]:
        return self._grouped(symbol, lambda trade: trade.exit_reason)

    def equity_levels(self) -> EquityLevels | None:
        columns = tables.equity.c
        query = select(columns.day_start, columns.high_water).order_by(columns.minute.desc())
        with self._connection() as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else EquityLevels(day_start=row[0], high_water=row[1])

    def equity_since(self, since: Nanos) -> tuple[tuple[Nanos, Decimal], ...]:
        """The last mark of every minute, the oldest first."""
        with self._connection() as connection:
            return tuple((Nanos(at), equity) for at, equity in _marks(connection, since))

    def _grouped(
        self, symbol: str, name_of: Callable[[ClosedTrade], str]
    ) -> tuple[GroupProfit, ...]:
        with self._connection() as connection, ExactSums():
            trades = self._all(connection, _EVER)
            return _groups((each for each in trades if symbol in ("", each.symbol)), name_of)

    def _all(self, connection: Connection, since: Nanos) -> Sequence[ClosedTrade]:
        return tuple(_trades(connection, _closed_since(since), 0))

    def _connection(self) -> AbstractContextManager[Connection]:
        return reading(self._address, self._timeout_seconds)


def _closed_since(since: Nanos) -> Select[tuple[object, ...]]:
    """A position's number is that of its first fill, whose order says which strategy it was."""
    positions, fills, orders = tables.positions.c, tables.fills.c, tables.orders.c
    return (
        select(
            positions.symbol,
            orders.strategy,
            positions.opened_at,
            positions.closed_at,
            positions.buy_value,
            positions.profit,
            positions.exit_reason,
        )
        .select_from(
            tables.positions.outerjoin(
                tables.fills, fills.fill_id == positions.position_id
            ).outerjoin(tables.orders, orders.order_id == fills.order_id)
        )
        .where(positions.closed_at.is_not(None), positions.closed_at >= since)
        .order_by(positions.closed_at.desc(), positions.position_id.desc())
    )


def _trades(
    connection: Connection, query: Select[tuple[object, ...]], newest: int
) -> Iterator[ClosedTrade]:
    """`newest`: the number of the first one."""
    for place, row in enumerate(connection.execute(query).mappings()):
        yield ClosedTrade(
            number=newest - place,
            symbol=row["symbol"],
            strategy=row["strategy"] or "",
            opened_at=row["opened_at"],
            closed_at=row["closed_at"],
            entry_value=row["buy_value"],
            profit=row["profit"],
            exit_reason=row["exit_reason"] or "",
        )


def _sum(connection: Connection, column: object, time: object, since: Nanos) -> Decimal:
    """Added here: exact decimals are texts to SQLite."""
    query = select(column).where(time >= since)  # type: ignore[call-overload, operator]
    return sum(connection.execute(query).scalars(), _NOTHING)


def _marks(connection: Connection, since: Nanos) -> _Marks:
    columns = tables.equity.c
    query = select(columns.at, columns.equity).where(columns.at >= since).order_by(columns.minute)
    return ((row[0], row[1]) for row in connection.execute(query))


def _first_run(connection: Connection) -> Nanos | None:
    found = connection.execute(select(func.min(tables.runs.c.opened_at))).scalar()
    return None if found is None else Nanos(found)


def _summary(
    trades: Sequence[ClosedTrade],
    *,
    marks: Sequence[tuple[int, Decimal]],
    fees: Decimal,
    volume: Decimal,
    running_since: Nanos | None,
) -> ProfitSummary:
    wins = [each for each in trades if each.profit > 0]
    losses = [each for each in trades if each.profit < 0]
    pairs = _groups(trades, lambda trade: trade.symbol)
    fall = _deepest_fall(marks)
    return ProfitSummary(
        trades=len(trades),
        wins=len(wins),
        losses=len(losses),
        profit=_total(trades),
        fees=fees,
        volume=volume,
        gained=_total(wins),
        lost=_total(losses),
        first_closed_at=min((each.closed_at for each in trades), default=None),
        last_closed_at=max((each.closed_at for each in trades), default=None),
        mean_held_for=_held(trades),
        win_held_for=_held(wins),
        loss_held_for=_held(losses),
        best=pairs[0] if pairs else None,
        worst=pairs[-1] if pairs else None,
        drawdown=None if fall is None else fall[0],
        drawdown_from=None if fall is None else fall[1],
        drawdown_to=None if fall is None else fall[2],
        start_equity=marks[0][1] if marks else None,
        running_since=running_since,
    )


def _total(trades: Iterable[ClosedTrade]) -> Decimal:
    return sum((each.profit for each in trades), _NOTHING)


def _held(trades: Sequence[ClosedTrade]) -> Nanos | None:
    """The mean."""
    if not trades:
        return None
    return Nanos(sum(each.closed_at - each.opened_at for each in trades) // len(trades))


def _groups(
    trades: Iterable[ClosedTrade], name_of: Callable[[ClosedTrade], str]
) -> tuple[GroupProfit, ...]:
    """The best first."""
    groups: dict[str, list[ClosedTrade]] = {}
    for trade in trades:
        groups.setdefault(name_of(trade), []).append(trade)
    found = (
        GroupProfit(
            name=name,
            trades=len(those),
            wins=sum(each.profit > 0 for each in those),
            losses=sum(each.profit < 0 for each in those),
            profit=_total(those),
            spent=sum((each.entry_value for each in those), _NOTHING),
            held_for=_held(those) or Nanos(0),
        )
        for name, those in groups.items()
    )
    return tuple(sorted(found, key=lambda group: (-group.profit, group.name)))


def _deepest_fall(marks: _Marks) -> tuple[Decimal, Nanos, Nanos] | None:
    """Share of the high, the time of the high and of the low; None without marks."""
    deepest: tuple[Decimal, Nanos, Nanos] | None = None
    high, high_at = _NOTHING, 0
    for at, equity in marks:
        if equity > high:
            high, high_at = equity, at
        # A share is shown, not reckoned with: four digits of a per cent are plenty.
        fall = round(1.0 - float(equity) / float(high), 8) if high > 0 else 0.0
        if deepest is None or fall > deepest[0]:
            deepest = Decimal(str(fall)), Nanos(high_at), Nanos(at)
    return deepest


def _starts(unit: PeriodUnit, count: int, now: Nanos) -> Iterator[int]:
    """When the last periods began, UTC nanoseconds, the present one first."""
    start = datetime.fromtimestamp(now // SECOND, UTC)
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        start -= timedelta(days=start.weekday())
    elif unit == "month":
        start = start.replace(day=1)
    for _ in range(max(count, 1)):
        yield int(start.timestamp()) * SECOND
        if unit == "month":
            start = (start - timedelta(days=1)).replace(day=1)
        else:
            start -= timedelta(days=7 if unit == "week" else 1)


def _period(
    connection: Connection, trades: Sequence[ClosedTrade], start: int, end: int | None
) -> PeriodProfit:
    inside = [
        each for each in trades if each.closed_at >= start and (end is None or each.closed_at < end)
    ]
    return PeriodProfit(
        starts_at=Nanos(start),
        trades=len(inside),
        profit=_total(inside),
        start_equity=_worth_at(connection, start, end),
    )


def _worth_at(connection: Connection, start: int, end: int | None) -> Decimal | None:
    """The last mark before; on the desk's first day the first one within."""
    columns = tables.equity.c
    before = select(columns.equity).where(columns.at < start).order_by(columns.minute.desc())
    within = select(columns.equity).where(columns.at >= start).order_by(columns.minute)
    if end is not None:
        within = within.where(columns.at < end)
    for query in (before, within):
        found: Decimal | None = connection.execute(query.limit(1)).scalar()
        if found is not None:
            return found
    return None
