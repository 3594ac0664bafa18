"""Records for doors, without their library before somebody asks: it is large, and a run that
nobody asks never needs it a second time."""

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.domain.units import Nanos
from trading_agent.runtime.door_ports import (
    ClosedTrade,
    EquityLevels,
    GroupProfit,
    PeriodProfit,
    PeriodUnit,
    ProfitSummary,
)
from trading_agent.runtime.picture_ports import FillMark, SignalMark

if TYPE_CHECKING:
    from trading_agent.adapters.records.chart_marks import ChartMarks
    from trading_agent.adapters.records.desk_records import DeskRecords


class LateRecords:
    """`DeskRecords` and `ChartMarks`, loaded with the first question."""

    def __init__(self, address: RecordsAddress, timeout_seconds: float) -> None:
        self._address = address
        self._timeout_seconds = timeout_seconds

    @cached_property
    def _desk(self) -> "DeskRecords":
        from trading_agent.adapters.records.desk_records import DeskRecords

        return DeskRecords(self._address, self._timeout_seconds)

    @cached_property
    def _marks(self) -> "ChartMarks":
        from trading_agent.adapters.records.chart_marks import ChartMarks

        return ChartMarks(self._address, self._timeout_seconds)

    def trades(self, count: int) -> tuple[ClosedTrade, ...]:
        return self._desk.trades(count)

    def profit(self, since: Nanos) -> ProfitSummary:
        return self._desk.profit(since)

    def periods(self, unit: PeriodUnit, count: int, now: Nanos) -> tuple[PeriodProfit, ...]:
        return self._desk.periods(unit, count, now)

    def by_symbol(self) -> tuple[GroupProfit, ...]:
        return self._desk.by_symbol()

    def by_strategy(self, symbol: str) -> tuple[GroupProfit, ...]:
        return self._desk.by_strategy(symbol)

    def by_exit_reason(self, symbol: str) -> tuple[GroupProfit, ...]:
        return self._desk.by_exit_reason(symbol)

    def equity_levels(self) -> EquityLevels | None:
        return self._desk.equity_levels()

    def equity_since(self, since: Nanos) -> tuple[tuple[Nanos, Decimal], ...]:
        return self._desk.equity_since(since)

    def fills(self, symbol: str, since: Nanos, until: Nanos) -> tuple[FillMark, ...]:
        return self._marks.fills(symbol, since, until)

    def signals(self, symbol: str, since: Nanos, until: Nanos) -> tuple[SignalMark, ...]:
        return self._marks.signals(symbol, since, until)
