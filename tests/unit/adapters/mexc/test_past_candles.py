"""The exchange's finished candles: what cannot be had is said, and nothing is made up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import an_instrument
from tests.fake_mexc_rest import FakeRest, Reply, client_of, fake_rest, reply
from tests.fakes import ManualClock
from trading_agent.adapters.mexc.past_candles import MOST, read_past_candles
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.domain.message import CandlesKnown, KnownCandle
from trading_agent.domain.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Nanos

NOW = Nanos(1_764_892_800 * SECOND + 13 * HOUR + 37 * MINUTE + 20 * SECOND)
"""2025-12-05, 13:37:20 UTC."""
LENGTHS = {
    "1m": ("1m", MINUTE),
    "5m": ("5m", 5 * MINUTE),
    "15m": ("15m", 15 * MINUTE),
    "1h": ("60m", HOUR),
    "4h": ("4h", 4 * HOUR),
    "1d": ("1d", DAY),
}
"""How the exchange calls them, and how long they are."""
OF_REST = dict(LENGTHS.values())
BITCOIN = an_instrument()
ETHER = an_instrument("ETHUSDC")

Row = list[object]


@pytest.fixture
def fake() -> Iterator[FakeRest]:
    with fake_rest() as server:
        yield server


@pytest.fixture
def client(fake: FakeRest) -> Iterator[MexcClient]:
    with client_of(fake, ManualClock(NOW), attempts=1) as (client, _):
        yield client


def a_row(opened: int, length: int, **changes: str) -> Row:
    prices = {"open": "100", "high": "101.5", "low": "99.25", "close": "100.75", "volume": "12.34"}
    prices |= changes
    opened_ms = opened // MILLISECOND
    return [opened_ms, *prices.values(), opened_ms + length // MILLISECOND, "1234"]


def rows_of(query: Mapping[str, str]) -> list[Row]:
    """Every candle of the window that was asked for, as the exchange would send it; the one that
    is still open too."""
    length = OF_REST[query["interval"]]
    first, last = (int(query[name]) * MILLISECOND for name in ("startTime", "endTime"))
    first += -first % length
    return [a_row(opened, length) for opened in range(first, last + length, length)][:500]


def answering(change: Callable[[Mapping[str, str], list[Row]], Any]) -> Callable[..., Reply]:
    """The exchange's candles after `change`, or another reply in their place."""

    def answer(query: Mapping[str, str]) -> Reply:
        changed = change(query, rows_of(query))
        return changed if isinstance(changed, Reply) else reply(changed)

    return answer


def told(
    client: MexcClient, instruments: Sequence[Any] = (BITCOIN,), now: Nanos = NOW
) -> tuple[dict[tuple[str, str], tuple[KnownCandle, ...]], list[str]]:
    """Candles by symbol and timeframe, and what was said."""
    said: list[str] = []
    known = list(read_past_candles(client, instruments, now, said.append))
    assert all(isinstance(each, CandlesKnown) and each.candles for each in known)
    found = {(each.symbol, each.timeframe): each.candles for each in known}
    assert len(found) == len(known)
    return found, said


def test_of_every_pair_and_timeframe_the_newest_finished_candles(
    fake: FakeRest, client: MexcClient
) -> None:
    fake.script(RestPath.KLINES, answering(lambda _, rows: rows))
    found, said = told(client, (BITCOIN, ETHER))
    assert list(found) == [(symbol, name) for symbol in ("BTCUSDC", "ETHUSDC") for name in LENGTHS]
    assert said == []
    for (_, name), candles in found.items():
        length = LENGTHS[name][1]
        newest = NOW - NOW % length - length
        assert [each.open_at for each in candles] == [
            newest - (MOST - 1 - place) * length for place in range(MOST)
        ], "the oldest first, and the one that is open now is none of them"
    candle = found["BTCUSDC", "1m"][-1]
    assert (candle.open, candle.high, candle.low, candle.close) == (10_000, 10_150, 9_925, 10_075)
    assert candle.volume == 1_234


def test_a_candle_that_closes_after_the_newest_end_is_left_out(
    fake: FakeRest, client: MexcClient
) -> None:
    """Whatever the exchange calls finished."""

    def longer(query: Mapping[str, str], rows: list[Row]) -> list[Row]:
        length = OF_REST[query["interval"]]
        end = NOW - NOW % length
        inside = [row for row in rows if int(str(row[0])) * MILLISECOND < end]
        inside[-1][6] = end // MILLISECOND + 1
        return inside

    fake.script(RestPath.KLINES, answering(longer))
    found, said = told(client)
    assert said == []
    assert {len(candles) for candles in found.values()} == {MOST - 1}
    assert found["BTCUSDC", "1m"][-1].open_at == NOW - NOW % MINUTE - 2 * MINUTE


def test_a_candle_that_ends_now_is_finished(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.KLINES, answering(lambda _, rows: rows))
    found, _ = told(client, now=Nanos(NOW - NOW % MINUTE))
    assert found["BTCUSDC", "1m"][-1].open_at == NOW - NOW % MINUTE - MINUTE


@pytest.mark.parametrize("status", [400, 500])
def test_an_exchange_that_refuses_is_told_and_the_rest_is_read(
    fake: FakeRest, client: MexcClient, status: int
) -> None:
    def only_hours(query: Mapping[str, str], rows: list[Row]) -> Any:
        if query["symbol"] == "BTCUSDC" and query["interval"] != "60m":
            return reply({"code": 700_007, "msg": "No permission to access the endpoint."}, status)
        return rows

    fake.script(RestPath.KLINES, answering(only_hours))
    found, said = told(client, (BITCOIN, ETHER))
    assert [name for symbol, name in found if symbol == "BTCUSDC"] == ["1h"]
    assert [name for symbol, name in found if symbol == "ETHUSDC"] == list(LENGTHS)
    assert [line.split(":")[0] for line in said] == [
        f"no past {name} candles of BTCUSDC" for name in LENGTHS if name != "1h"
    ]


def test_an_exchange_that_wants_to_be_left_alone_is_not_asked_again(
    fake: FakeRest, client: MexcClient
) -> None:
    fake.script(RestPath.KLINES, reply({"code": 403, "msg": "Access Denied"}, 403))
    found, said = told(client, (BITCOIN, ETHER))
    assert found == {}
    assert len(said) == 2 * len(LENGTHS)
    assert len(fake.requests) == 1


def test_an_exchange_that_says_nothing_of_use_stops_nobody(
    fake: FakeRest, client: MexcClient
) -> None:
    for nonsense in (Reply(body=b"<html>"), reply({"candles": 1}), reply([[1, 2]]), Reply(404)):
        fake.script(RestPath.KLINES, nonsense)
        found, said = told(client)
        assert found == {}
        assert len(said) == len(LENGTHS)


def test_a_closed_client_is_told_too(fake: FakeRest, client: MexcClient) -> None:
    client.close()
    found, said = told(client)
    assert found == {}
    assert len(said) == len(LENGTHS)
    assert fake.requests == []


@pytest.mark.parametrize("place", ["open", "high", "low", "close"])
def test_a_price_between_two_ticks_is_told_and_none_of_its_candles_is_used(
    fake: FakeRest, client: MexcClient, place: str
) -> None:
    between = {"open": "100.005", "high": "101.505", "low": "99.255", "close": "100.755"}

    def one_is_off(query: Mapping[str, str], rows: list[Row]) -> list[Row]:
        if query["interval"] == "5m":
            length = OF_REST["5m"]
            rows[7] = a_row(int(str(rows[7][0])) * MILLISECOND, length, **{place: between[place]})
        return rows

    fake.script(RestPath.KLINES, answering(one_is_off))
    found, said = told(client)
    assert [name for _, name in found] == [name for name in LENGTHS if name != "5m"]
    assert said == [
        f"no past 5m candles of BTCUSDC: BTCUSDC: price {between[place]} has more decimals than"
        " the exchange allows"
    ]


def test_a_volume_of_less_than_a_lot_is_rounded_down(fake: FakeRest, client: MexcClient) -> None:
    def fine(query: Mapping[str, str], rows: list[Row]) -> list[Row]:
        length = OF_REST[query["interval"]]
        volumes = ("0", "0.009", "12.349999", "123456789.01")
        return [
            a_row(int(str(row[0])) * MILLISECOND, length, volume=volume)
            for row, volume in zip(rows, volumes, strict=False)
        ]

    fake.script(RestPath.KLINES, answering(fine))
    found, _ = told(client)
    assert [each.volume for each in found["BTCUSDC", "1h"]] == [0, 0, 1_234, 12_345_678_901]


def test_minutes_without_trades_stay_missing(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.KLINES, answering(lambda _, rows: rows[:50] + rows[60:]))
    found, said = told(client)
    opened = [each.open_at for each in found["BTCUSDC", "1m"]]
    assert len(opened) == MOST - 10
    assert opened[50] - opened[49] == 11 * MINUTE
    assert said == []


@pytest.mark.parametrize("change", ["turned", "doubled"])
def test_candles_out_of_order_are_told_and_left_out(
    fake: FakeRest, client: MexcClient, change: str
) -> None:
    def disordered(_: Mapping[str, str], rows: list[Row]) -> list[Row]:
        return rows[::-1] if change == "turned" else [*rows[:5], *rows[4:]]

    fake.script(RestPath.KLINES, answering(disordered))
    found, said = told(client)
    assert found == {}
    assert [line for line in said if "out of order" not in line] == []
    assert len(said) == len(LENGTHS)


def test_a_pair_without_a_past_says_nothing(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.KLINES, reply([]))
    found, said = told(client)
    assert (found, said) == ({}, [])


def test_lots_and_ticks_are_those_of_the_pair(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.KLINES, answering(lambda _, rows: rows))
    fine = an_instrument(price_decimals=4, size_decimals=0, min_notional=Decimal(1))
    found, _ = told(client, [fine])
    candle = found["BTCUSDC", "1d"][0]
    assert (candle.open, candle.volume) == (1_000_000, 12)
