"""Which picture shows what."""

from typing import assert_never

from trading_agent.pictures.candles import draw_chart
from trading_agent.pictures.depth import draw_book
from trading_agent.pictures.equity import draw_equity
from trading_agent.pictures.report import draw_report
from trading_agent.runtime.picture_ports import (
    BookData,
    ChartData,
    EquityData,
    PictureData,
    ReportData,
)


def drawn(data: PictureData) -> bytes:
    """A PNG. CommandError: there is nothing to show."""
    match data:
        case ChartData():
            return draw_chart(data)
        case EquityData():
            return draw_equity(data)
        case BookData():
            return draw_book(data)
        case ReportData():
            return draw_report(data)
        case _:
            assert_never(data)
