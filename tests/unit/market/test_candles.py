from typing import Any

import pytest

from tests.builders import (
    START,
    a_depth_message,
    a_kline_message,
    a_loss_message,
    a_trades_message,
    joined,
)
from tests.paper_exchange import PaperExchange
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import Side
from trading_agent.domain.units import DAY, MINUTE, SECOND
from trading_agent.market.candles import ALLOWANCE, TIMEFRAME_NAMES, TIMEFRAMES

ONE_MINUTE = TIMEFRAME_NAMES.index("1m")


def a_print(exchange: PaperExchange, seconds: float, price: int, size: int = 1) -> None:
    venue_at = START + int(seconds * SECOND)
    exchange.rows(a_trades_message((Side.BUY, price, size), venue_at=venue_at))


def depth(exchange: PaperExchange, seconds: float) -> None:
    venue_at = START + int(seconds * SECOND)
    exchange.rows(a_depth_message(bids=[(90, 1)], venue_at=venue_at), at=1_000 * seconds)


def finished(exchange: PaperExchange) -> dict[str, int]:
    """How many of each length."""
    counts = exchange.market()["candles"]["series"]["count"].tolist()
    return dict(zip(TIMEFRAME_NAMES, counts, strict=True))


def last(exchange: PaperExchange, timeframe: int = ONE_MINUTE) -> dict[str, int]:
    series = exchange.market()["candles"]["series"][timeframe]
    candle = series["past"][int(series["count"]) - 1]
    return dict(zip(candle.dtype.names, candle.item(), strict=True))


def now(exchange: PaperExchange, timeframe: int = ONE_MINUTE) -> dict[str, int]:
    candle = exchange.market()["candles"]["series"][timeframe]["now"]
    return dict(zip(candle.dtype.names, candle.item(), strict=True))


def kline(
    exchange: PaperExchange, *numbers: int, timeframe: int = ONE_MINUTE, late: int = 0
) -> None:
    opened_at = START - late * MINUTE
    exchange.rows(a_kline_message(timeframe, *numbers, venue_at=opened_at))


def joined_midway() -> PaperExchange:
    """One minute of which 30 seconds were missed, two finished seconds of it seen."""
    exchange = PaperExchange()
    for second, price in ((30, 100), (31, 104), (32, 102)):
        a_print(exchange, second, price, size=5)
    return exchange


def test_names_and_lengths_of_timeframes_belong_together() -> None:
    unit = {"s": SECOND, "m": MINUTE, "h": 60 * MINUTE, "d": 24 * 60 * MINUTE}
    assert [int(name[:-1]) * unit[name[-1]] for name in TIMEFRAME_NAMES] == list(TIMEFRAMES)


def test_the_first_candle_is_not_whole_and_the_next_is() -> None:
    exchange = PaperExchange()
    a_print(exchange, 30, 100)
    a_print(exchange, 65, 101)
    a_print(exchange, 66, 102)
    past: Any = exchange.market()["candles"]["series"][ONE_MINUTE]["past"]
    assert (past[0]["open_at"], past[0]["whole"]) == (START, 0)
    assert (now(exchange)["open_at"], now(exchange)["whole"]) == (START + MINUTE, 1)


def test_a_second_without_prints_makes_no_candle() -> None:
    exchange = PaperExchange()
    for second in (0, 1, 4):
        a_print(exchange, second, 100 + second)
    series = exchange.market()["candles"]["series"][0]
    assert series["count"] == 2
    assert series["past"]["open_at"][:2].tolist() == [START, START + SECOND]
    assert series["now"]["open_at"] == START + 4 * SECOND


def test_the_exchanges_candle_completes_one_joined_midway() -> None:
    exchange = joined_midway()
    kline(exchange, 90, 110, 95, 102, 77)
    candle = now(exchange)
    assert {key: candle[key] for key in ("open", "high", "low", "volume", "whole")} == {
        "open": 90,
        "high": 110,
        "low": 95,
        "volume": 72,
        "whole": 1,
    }
    a_print(exchange, 33, 102, size=5)
    assert now(exchange)["volume"] == 77, "the second that was open counts once"


def test_what_was_seen_beyond_the_exchanges_extremes_stays() -> None:
    exchange = joined_midway()
    kline(exchange, 101, 101, 101, 101, 3)
    candle = now(exchange)
    assert (candle["high"], candle["low"], candle["volume"]) == (104, 100, 10)


def test_a_completed_candle_goes_on_with_prints_and_is_not_completed_again() -> None:
    exchange = joined_midway()
    kline(exchange, 90, 110, 95, 102, 77)
    kline(exchange, 1, 999, 1, 1, 999)
    a_print(exchange, 40, 120, size=1)
    a_print(exchange, 41, 100, size=1)
    candle = now(exchange)
    assert (candle["open"], candle["high"], candle["low"], candle["close"]) == (90, 120, 95, 120)


def test_the_exchanges_candle_of_another_minute_changes_nothing() -> None:
    exchange = joined_midway()
    before = now(exchange)
    kline(exchange, 90, 110, 95, 102, 77, late=1)
    assert now(exchange) == before


def test_seconds_and_unknown_timeframes_are_not_completed() -> None:
    exchange = joined_midway()
    before = exchange.market()["candles"]["series"].tobytes()
    for timeframe in (0, len(TIMEFRAMES), 200 - 128):
        kline(exchange, 90, 110, 95, 102, 77, timeframe=timeframe)
    assert exchange.market()["candles"]["series"].tobytes() == before


def test_late_prints_are_counted_and_left_out() -> None:
    exchange = PaperExchange()
    a_print(exchange, 5, 100)
    a_print(exchange, 4.9, 50)
    assert exchange.market()["candles"]["late"] == 1
    assert now(exchange, 0)["low"] == 100


def test_the_tape_remembers_the_last_price_of_a_late_print_too() -> None:
    exchange = PaperExchange()
    a_print(exchange, 5, 100)
    a_print(exchange, 4.9, 50)
    assert exchange.market()["tape"]["last_price"] == 50


def test_a_print_of_a_new_minute_finishes_the_minute_and_its_last_second_at_once() -> None:
    exchange = PaperExchange()
    a_print(exchange, 58, 100, size=3)
    a_print(exchange, 59, 104, size=4)
    assert finished(exchange)["1m"] == 0
    a_print(exchange, 60, 99)
    assert [finished(exchange)[name] for name in ("1s", "5s", "15s", "1m", "5m")] == [2, 1, 1, 1, 0]
    minute = last(exchange)
    assert (minute["open_at"], minute["close"], minute["volume"]) == (START, 104, 7)


def test_depth_finishes_what_has_ended_an_allowance_ago_and_no_sooner() -> None:
    exchange = PaperExchange()
    a_print(exchange, 58.5, 100)
    depth(exchange, 59 + ALLOWANCE / SECOND - 0.001)
    assert finished(exchange)["1s"] == 0
    depth(exchange, 59 + ALLOWANCE / SECOND)
    assert (finished(exchange)["1s"], finished(exchange)["5s"]) == (1, 0)
    depth(exchange, 60 + ALLOWANCE / SECOND - 0.001)
    assert finished(exchange)["5s"] == 0
    depth(exchange, 60 + ALLOWANCE / SECOND)
    assert [finished(exchange)[name] for name in ("5s", "15s", "1m", "5m")] == [1, 1, 1, 0]
    assert now(exchange)["open_at"] == 0


def test_a_day_ends_with_its_last_second_or_by_depth_alone() -> None:
    to_midnight = (DAY - START % DAY) / SECOND
    by_print, by_depth = PaperExchange(), PaperExchange()
    for exchange in (by_print, by_depth):
        a_print(exchange, to_midnight - 1, 100)
        assert finished(exchange)["1d"] == 0
    a_print(by_print, to_midnight, 101)
    depth(by_depth, to_midnight + ALLOWANCE / SECOND)
    assert set(finished(by_print).values()) == set(finished(by_depth).values()) == {1}


def test_a_print_of_what_depth_has_ended_is_late_and_one_behind_it_is_not() -> None:
    exchange = PaperExchange()
    a_print(exchange, 57, 100)
    depth(exchange, 62)
    a_print(exchange, 59, 50)
    assert (exchange.market()["candles"]["late"], last(exchange)["low"]) == (1, 100)
    a_print(exchange, 60, 70)
    assert (exchange.market()["candles"]["late"], now(exchange, 0)["low"]) == (1, 70)


def test_a_stamp_far_ahead_of_the_moment_ends_nothing() -> None:
    exchange = PaperExchange()
    a_print(exchange, 1, 100)
    exchange.rows(a_depth_message(bids=[(90, 1)], venue_at=START + DAY))
    assert set(finished(exchange).values()) == {0}


def test_rows_of_one_call_and_of_many_come_to_the_same_bytes() -> None:
    messages = [
        a_trades_message((Side.BUY, 100, 1), venue_at=START + 58 * SECOND),
        a_depth_message(bids=[(90, 1)], venue_at=START + 61 * SECOND),
        a_trades_message((Side.BUY, 101, 1), venue_at=START + 59 * SECOND),
        a_trades_message((Side.BUY, 102, 1), venue_at=START + 66 * SECOND),
        a_depth_message(bids=[(91, 1)], venue_at=START + 75 * SECOND),
    ]
    at_once, one_by_one = PaperExchange(), PaperExchange()
    at_once.recorded(joined(messages))
    for rows in messages:
        one_by_one.recorded(rows)
    assert at_once.state.digest() == one_by_one.state.digest()
    assert finished(at_once)["1m"] == 1


LOSING_PRINTS = {
    LossReason.DISCONNECTED,
    LossReason.INVALID_FRAME,
    LossReason.OVERFLOW,
    LossReason.SILENT,
}
"""See the loop for the reasons."""


@pytest.mark.parametrize("reason", LossReason)
def test_a_candle_is_whole_unless_prints_may_have_gone(reason: LossReason) -> None:
    exchange = PaperExchange()
    depth(exchange, -1)
    a_print(exchange, 10, 100)
    a_print(exchange, 70, 100)
    assert last(exchange)["whole"] == 1
    exchange.rows(a_loss_message(reason))
    for minute in (2, 3, 4):
        a_print(exchange, minute * 60 + 10, 100)
    past = exchange.market()["candles"]["series"][ONE_MINUTE]["past"]
    whole = past["whole"][:4].tolist()
    assert whole == ([1, 0, 0, 1] if reason in LOSING_PRINTS else [1, 1, 1, 1])


def test_minutes_of_an_outage_are_missing_and_minutes_without_trades_are_not() -> None:
    exchange = PaperExchange()
    depth(exchange, -1)
    a_print(exchange, 10, 100)
    a_print(exchange, 610, 100)
    exchange.rows(a_loss_message(LossReason.DISCONNECTED))
    depth(exchange, 30 * 60)
    a_print(exchange, 40 * 60, 100)
    a_print(exchange, 41 * 60, 100)
    past = exchange.market()["candles"]["series"][ONE_MINUTE]["past"]
    # From minute 11, after the one that was open, until depth came back with minute 30.
    assert past["missing"][:3].tolist() == [0, 0, 19]
    assert past["whole"][:3].tolist() == [1, 0, 1]


def test_the_exchanges_candle_mends_a_finished_one_that_is_not_whole() -> None:
    exchange = joined_midway()
    a_print(exchange, 65, 103)
    assert (last(exchange)["whole"], last(exchange)["open"]) == (0, 100)
    kline(exchange, 90, 110, 95, 102, 14)
    assert last(exchange)["whole"] == 0, "stated before the end"
    kline(exchange, 90, 110, 95, 105, 77)
    mended = last(exchange)
    assert [mended[name] for name in ("open", "high", "low", "close", "volume", "whole")] == [
        90,
        110,
        95,
        105,
        77,
        1,
    ]
    kline(exchange, 1, 999, 1, 1, 999)
    assert last(exchange) == mended
