from typing import Any

from tests.builders import START, a_kline_message, a_trades_message
from tests.paper_exchange import PaperExchange
from trading_agent.domain.order import Side
from trading_agent.domain.units import MINUTE, SECOND
from trading_agent.market.candles import TIMEFRAME_NAMES, TIMEFRAMES

ONE_MINUTE = TIMEFRAME_NAMES.index("1m")


def a_print(exchange: PaperExchange, seconds: float, price: int, size: int = 1) -> None:
    venue_at = START + int(seconds * SECOND)
    exchange.rows(a_trades_message((Side.BUY, price, size), venue_at=venue_at))


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
