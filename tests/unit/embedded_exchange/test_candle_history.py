"""Candles from prints, and the tape behind them."""

import pytest

from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.candle_history import INTERVALS, CandleHistory, bounds
from trading_agent.embedded_exchange.source import Printed
from trading_agent.embedded_exchange.tape import Tape

NOON = 1_736_424_000 * SECOND
"""Thursday, 2025-01-09 12:00:00 UTC."""


def printed(seconds: float, price: int, size: int = 1) -> Printed:
    at = Nanos(NOON + round(seconds * SECOND))
    return Printed("BTCUSDC", at, Ticks(price), Lots(size), True)


def history(*prints: Printed) -> CandleHistory:
    candles = CandleHistory()
    for trade in prints:
        candles.add(trade)
    return candles


def test_a_candle_holds_what_was_printed_in_its_window() -> None:
    candles = history(printed(1, 100, 2), printed(2, 110, 1), printed(30, 90, 4), printed(59, 95))
    candle = candles.current("Min1")
    assert candle is not None
    assert (candle.opens_at, candle.closes_at) == (NOON, NOON + MINUTE)
    assert (candle.open, candle.high, candle.low, candle.close) == (100, 110, 90, 95)
    assert (candle.volume, candle.turnover) == (8, 200 + 110 + 360 + 95)


def test_a_print_on_the_boundary_opens_the_next_window() -> None:
    rows = history(printed(1, 100), printed(60, 105)).rows("Min1", Nanos(NOON + MINUTE))
    assert [(row.opens_at - NOON, row.close) for row in rows] == [(0, 100), (MINUTE, 105)]


def test_windows_without_a_print_repeat_the_close_without_volume() -> None:
    rows = history(printed(1, 100), printed(185, 105)).rows("Min1", Nanos(NOON + 5 * MINUTE))
    assert [row.close for row in rows] == [100, 100, 100, 105, 105, 105]
    assert [row.volume for row in rows] == [1, 0, 0, 1, 0, 0]
    assert [row.opens_at - NOON for row in rows] == [n * MINUTE for n in range(6)]


def test_a_long_silence_fills_no_more_than_is_kept() -> None:
    rows = history(printed(1, 100)).rows("Min1", Nanos(NOON + 3_000 * DAY))
    assert len(rows) == 1_500
    assert rows[-1].opens_at == NOON + 3_000 * DAY


def test_there_are_no_candles_before_the_first_print() -> None:
    assert CandleHistory().rows("Min1", Nanos(NOON)) == ()
    assert CandleHistory().current("Day1") is None


@pytest.mark.parametrize(
    ("interval", "opens", "length"),
    [
        ("Min5", NOON, 5 * MINUTE),
        ("Min60", NOON, HOUR),
        ("Hour8", NOON - 4 * HOUR, 8 * HOUR),
        ("Day1", NOON - 12 * HOUR, DAY),
        ("Week1", NOON - 12 * HOUR - 3 * DAY, 7 * DAY),
        ("Month1", NOON - 12 * HOUR - 8 * DAY, 31 * DAY),
    ],
)
def test_windows_begin_where_the_calendar_says(interval: str, opens: int, length: int) -> None:
    assert bounds(interval, Nanos(NOON + SECOND)) == (opens, opens + length)


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_interval_has_the_last_print(interval: str) -> None:
    candle = history(printed(0, 7), printed(40 * DAY // SECOND, 9)).current(interval)
    assert candle is not None
    assert (candle.open, candle.close) == (9, 9)


def test_the_tape_gives_prints_by_age_and_by_time() -> None:
    tape = Tape()
    for n in range(10):
        tape.add(printed(n, 100 + n))
    assert [trade.price for trade in tape.newest(3)] == [109, 108, 107]
    first, last = Nanos(NOON + 2 * SECOND), Nanos(NOON + 6 * SECOND)
    assert [trade.price for trade in tape.between(first, last, 99)] == [102, 103, 104, 105, 106]
    assert [trade.price for trade in tape.between(first, last, 2)] == [105, 106]
    assert tape.last is not None
    assert tape.last.price == 109


def test_turnover_counts_the_last_minutes_only() -> None:
    tape = Tape()
    tape.add(printed(-600, 1_000, 5))
    tape.add(printed(-299, 100, 3))
    tape.add(printed(0, 200, 1))
    assert tape.turnover(Nanos(NOON), 5) == (500, 4)
