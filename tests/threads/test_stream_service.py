"""The data service as a whole over real sockets, when all is well."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from tests.fake_mexc_market import (
    instrument,
    kline_frame,
    quotes_frame,
    rules_of,
    trade_frame,
)
from tests.fake_mexc_rest import Reply, client_of, fake_rest, reply
from tests.fake_mexc_run import running
from tests.fakes import ManualClock
from trading_agent.adapters.mexc.data_service import read_market
from trading_agent.adapters.mexc.listing import FindingKind
from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.domain.errors import Denied, Unavailable
from trading_agent.domain.market_rows import LossReason, RowKind
from trading_agent.runtime.worker import WorkerChange


def test_a_book_becomes_ready_and_follows_the_truth() -> None:
    with running() as run:
        run.until_ready()
        for step in range(200):
            size = "0" if step % 3 == 0 else f"{step}.5"
            run.streams.send(run.books[0].change({"98.00": size}, {"103.00": size}, span=3))
        run.until_ready()
        counters = run.counters
        assert counters.books.gaps == 0
        assert counters.books.resyncs == 0
        assert counters.frames == 200
        assert counters.compiled_decodes == 200
        assert counters.snapshots == 1
        assert max(run.reader.decode_ns) > 0


def test_every_kind_of_frame_reaches_the_core() -> None:
    with running(kline_timeframes=("1m",)) as run:
        run.until_ready()
        run.streams.send(trade_frame("BTCUSDC", "100.00", "0.5"))
        run.streams.send(quotes_frame("BTCUSDC", ("99.00", "1"), ("101.00", "2"), 1_000))
        run.streams.send(kline_frame("BTCUSDC", 1_755_973_860))
        run.until(lambda: RowKind.KLINE_VOLUME in run.reader.counts)
        assert run.reader.counts[RowKind.BUY] == 1
        assert run.reader.counts[RowKind.BEST_ASK] == 1
        assert run.counters.granted == run.counters.streams == 4


def test_many_pairs_share_few_connections_and_all_become_ready() -> None:
    symbols = [f"C{number:02}USDC" for number in range(35)]
    with running(symbols) as run:
        run.until(lambda: all(run.is_true(symbol) for symbol in range(35)))
        assert run.streams.accepted == run.counters.connections == 4
        assert run.counters.books.ready == run.counters.books.books == 35
        for _ in range(5):
            for book in run.books:
                run.streams.send(book.change({"97.00": "4"}, {"104.00": "2"}))
        run.until_ready()
        # Every connection of the scripted server gets every frame; three quarters of them
        # are for streams it never subscribed.
        assert set(run.counters.invalid) == {"unsubscribed"}
        assert run.counters.books.gaps == 0


def test_a_book_that_is_not_believed_is_rebuilt_on_request() -> None:
    with running(["BTCUSDC", "ETHUSDC"]) as run:
        run.until_ready()
        run.service.request_resync(1, LossReason.CROSSED)
        run.until_lost(1)
        run.until_ready()
        assert run.reader.book(1).losses == [LossReason.CROSSED]
        assert run.reader.book(0).losses == []
        assert run.counters.snapshots == 3


def test_changed_fees_reach_the_core_and_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with running(rules_refresh_seconds=0.2, rules_ttl_seconds=0.05, expect_zero_fee=True) as run:
        pair = instrument("BTCUSDC")
        run.rest.script(
            RestPath.EXCHANGE_INFO,
            reply({"symbols": [rules_of(pair, takerCommission="0.0005")]}),
        )
        run.until(lambda: bool(run.reader.updates))
        (update,) = run.reader.updates
        assert update.taker_fee == Decimal("0.0005")
        assert "takers 0.05 %" in run.service.findings[0].words
    assert "THE RULES OF BTCUSDC CHANGED: fees were 0 % maker and 0 % taker" in caplog.text
    assert "IS NOT FREE OF FEES" in caplog.text


def test_a_new_tick_closes_the_pair_for_this_run(caplog: pytest.LogCaptureFixture) -> None:
    with running(rules_refresh_seconds=0.2, rules_ttl_seconds=0.05) as run:
        pair = instrument("BTCUSDC")
        changed = rules_of(pair, quoteAssetPrecision=3)
        run.rest.script(RestPath.EXCHANGE_INFO, reply({"symbols": [changed]}))
        run.until(lambda: bool(run.reader.updates))
        (update,) = run.reader.updates
        assert (update.price_decimals, update.tradable) == (2, False)
    assert "HAS A NEW TICK" in caplog.text


def test_a_pair_that_disappeared_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    with running(rules_refresh_seconds=0.2, rules_ttl_seconds=0.05) as run:
        run.rest.script(RestPath.EXCHANGE_INFO, reply({"symbols": []}))
        run.until(lambda: bool(run.reader.updates))
        assert not run.reader.updates[0].tradable
    assert "MAY NOT BE TRADED any more" in caplog.text
    assert "DOES NOT EXIST" in caplog.text


def test_a_clock_far_off_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with running(rules_refresh_seconds=0.2) as run:
        late = run.clock.now() // 1_000_000 + 5_000
        run.rest.script(RestPath.TIME, reply({"serverTime": late}))
        run.until(lambda: run.counters.server_offset_ns > 1_000_000_000)
        run.until(lambda: "THE CLOCK OF THIS MACHINE" in caplog.text)


def test_candles_of_an_outage_are_fetched_once_the_pair_is_back() -> None:
    def klines(query: Mapping[str, str]) -> Reply:
        first, last = int(query["startTime"]), int(query["endTime"])
        length = (last - first) // 256
        candle = ["100", "101.5", "99.25", "100.75", "12.34"]
        opened = range(first, last, length)
        return reply([[at, *candle, at + length, "1234"] for at in opened])

    with running() as run:
        run.until_ready()
        assert run.rest.asked(RestPath.KLINES) == []
        run.rest.script(RestPath.KLINES, klines)
        run.streams.cut_all()
        run.until_lost()
        run.until_ready()
        run.until(lambda: len(run.reader.known) == 6)
        assert {each.symbol for each in run.reader.known} == {"BTCUSDC"}
        assert [each.timeframe for each in run.reader.known][:2] == ["1m", "5m"]
        assert all(len(each.candles) == 256 for each in run.reader.known)


def test_candles_that_cannot_be_fetched_keep_nothing_waiting() -> None:
    with running() as run:
        run.until_ready()
        run.rest.script(RestPath.KLINES, Reply(hang=True))
        for losses in (1, 2):
            run.streams.cut_all()
            run.until_lost(losses=losses)
            run.until_ready()
        run.until(lambda: run.rest.asked(RestPath.KLINES) != [])
    assert run.reader.known == []


def test_stopping_is_quick_and_every_worker_says_so() -> None:
    with running() as run:
        run.until_ready()
        assert run.service.stop(2.0)
        stopped = {event.worker for event in run.events if event.change is WorkerChange.STOPPED}
        assert stopped == {"data-service", "rules-watch", "missed-candles", "mexc-1"}
        run.until_lost()
        assert run.reader.book(0).losses == [LossReason.DISCONNECTED]


def test_the_market_is_read_with_everything_wrong_with_it() -> None:
    wanted = ["BTCUSDC", "ETHUSDC", "NOSUCHPAIR"]
    listed = [
        rules_of(instrument("ETHUSDC"), takerCommission="0.0005"),
        rules_of(instrument("BTCUSDC")),
    ]
    with fake_rest() as fake, client_of(fake, ManualClock()) as (client, _):
        refused = reply({"code": -1121, "msg": "Invalid symbol."}, 400)
        fake.script(RestPath.EXCHANGE_INFO, refused, reply({"symbols": listed}))
        fake.script(RestPath.DEFAULT_SYMBOLS, reply({"code": 0, "data": ["BTCUSDC"]}))
        market = read_market(client, wanted)
        asked = fake.asked(RestPath.EXCHANGE_INFO)
    assert [pair.symbol for pair in market.instruments] == ["BTCUSDC", "ETHUSDC"]
    assert [(finding.symbol, finding.kind) for finding in market.findings] == [
        ("ETHUSDC", FindingKind.NOT_OPEN_TO_API),
        ("ETHUSDC", FindingKind.NOT_ZERO_FEE),
        ("NOSUCHPAIR", FindingKind.NOT_LISTED),
    ]
    assert asked == [{"symbols": "BTCUSDC,ETHUSDC,NOSUCHPAIR"}, {}]


def test_a_firewall_in_the_way_of_the_rules_is_called_by_its_name() -> None:
    with fake_rest() as fake, client_of(fake, ManualClock()) as (client, _):
        fake.script(RestPath.EXCHANGE_INFO, Reply(403, b"<html>Access Denied</html>"))
        with pytest.raises(Denied, match="firewall or for this region"):
            read_market(client, ["BTCUSDC"])
        assert len(fake.requests) == 1


def test_without_an_answer_there_is_no_market() -> None:
    with fake_rest() as fake, client_of(fake, ManualClock()) as (client, _):
        fake.script(RestPath.EXCHANGE_INFO, reply({}, 503))
        with pytest.raises(Unavailable):
            read_market(client, ["BTCUSDC"])
