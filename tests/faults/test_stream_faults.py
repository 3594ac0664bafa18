"""Everything a feed can do wrong, over real sockets. The reader behind the service fails the
test by itself if a row of a lost book ever comes through."""

import gzip
import random
from collections.abc import Callable

import pytest

from tests import loopback_certificate
from tests.fake_mexc_market import SENT_AT, depth_frame, instrument, rules_of, trade_frame
from tests.fake_mexc_rest import Reply, fake_rest, reply
from tests.fake_mexc_run import Run, running
from tests.fake_mexc_streams import fake_streams, grant, refuse
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.stream_link import SocketLink
from trading_agent.adapters.mexc.wire import RestPath, ping
from trading_agent.domain.errors import FeedError
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.units import SECOND

DEPTH = "spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDC"
ETH_DEPTH = "spot@public.aggre.depth.v3.api.pb@100ms@ETHUSDC"
TWO = ("BTCUSDC", "ETHUSDC")


def announced(length: int) -> bytes:
    """The header of a binary frame of this length, and nothing of the frame."""
    return b"\x82\x7f" + length.to_bytes(8)


def reconnected(run: Run, connections: int = 2) -> Callable[[], bool]:
    return lambda: run.counters.connected >= connections


def test_a_lost_change_is_a_gap_and_the_book_comes_back() -> None:
    with running(TWO) as run:
        run.until_ready()
        run.books[0].change({"98.00": "1"})
        run.streams.send(run.books[0].change({"97.00": "1"}))
        run.until_lost()
        run.until_ready()
        assert run.reader.book(0).losses == [LossReason.GAP]
        assert run.reader.book(1).losses == []
        assert run.counters.books.gaps == 1
        assert run.counters.books.resyncs == 1
        assert run.counters.disconnected == 0


def test_every_lost_change_of_a_hundred_is_noticed() -> None:
    with running() as run:
        run.until_ready()
        dice = random.Random(7)
        gaps = 0
        for step in range(100):
            frame = run.books[0].change({"98.00": str(step + 1)}, {"103.00": str(step + 1)})
            if dice.random() < 0.1 and step > 0:
                run.streams.send(run.books[0].change({"97.50": "1"}))
                gaps += 1
                run.until(lambda: run.counters.books.gaps == gaps)  # noqa: B023 - used at once
            else:
                run.streams.send(frame)
            run.until_ready()
        assert gaps > 3
        assert len(run.reader.book(0).losses) == gaps


def test_repeated_and_late_changes_do_nothing() -> None:
    with running() as run:
        run.until_ready()
        frames = [run.books[0].change({"98.00": str(size)}) for size in (1, 2, 3)]
        for frame in (*frames, *frames, frames[0]):
            run.streams.send(frame)
        run.until(lambda: run.counters.books.duplicates == 4)
        run.until_ready()
        assert run.reader.book(0).losses == []


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff" * 40,
        bytes(200),
        random.Random(3).randbytes(500),
        gzip.compress(bytes(100_000)),
    ],
    ids=["ones", "zeroes", "noise", "compressed"],
)
def test_garbage_loses_every_book_of_the_connection_and_nothing_more(frame: bytes) -> None:
    with running(TWO) as run:
        run.until_ready()
        run.streams.send(frame)
        run.until_lost(0)
        run.until_lost(1)
        run.until_ready()
        assert run.reader.book(0).losses == [LossReason.INVALID_FRAME]
        assert sum(run.counters.invalid.values()) == 1
        assert run.counters.connected == 1


def test_a_truncated_change_loses_its_book() -> None:
    with running(TWO) as run:
        run.until_ready()
        run.streams.send(run.books[0].change({"98.00": "1"})[:-15])
        run.until_lost()
        run.until_ready()
        assert run.reader.book(0).losses == [LossReason.INVALID_FRAME]
        assert run.reader.book(1).losses == []
        assert run.counters.invalid == {"garbage": 1}


def test_a_change_under_another_name_loses_the_book_of_its_channel() -> None:
    with running(TWO) as run:
        run.until_ready()
        run.streams.send(depth_frame("ETHUSDC", (1_001, 1_001), {"98.00": "1"}, {}, channel=DEPTH))
        run.until_lost(0)
        run.until_ready()
        assert run.reader.book(1).losses == []
        assert run.counters.invalid == {"wrong_symbol": 1}


def test_a_price_between_two_ticks_loses_its_book() -> None:
    with running() as run:
        run.until_ready()
        run.streams.send(depth_frame("BTCUSDC", (1_001, 1_001), {"98.001": "1"}, {}))
        run.until_lost()
        run.until_ready()
        assert run.counters.invalid == {"off_tick": 1}


def test_bad_trades_and_strangers_are_only_counted() -> None:
    with running() as run:
        run.until_ready()
        run.streams.send(trade_frame("BTCUSDC", "100.001", "1"))
        run.streams.send(trade_frame("SOLUSDC", "100.00", "1"))
        run.streams.send(run.books[0].change({"98.00": "1"}))
        run.until_ready()
        assert run.counters.invalid == {"off_tick": 1, "unsubscribed": 1}
        assert run.reader.book(0).losses == []


@pytest.mark.parametrize("length", [4 * 1024 * 1024 + 1, 64 * 1024 * 1024, 2**62])
def test_a_huge_frame_is_refused_by_its_header_and_costs_the_connection(length: int) -> None:
    with running() as run:
        run.until_ready()
        run.streams.send_raw(announced(length))
        run.until_lost()
        run.until(reconnected(run))
        run.until_ready()
        assert run.reader.book(0).losses == [LossReason.DISCONNECTED]
        assert run.counters.disconnected == 1
        assert run.counters.invalid == {"oversize": 1}
        assert run.counters.losses == {"disconnected": 1}


@pytest.mark.parametrize(
    "raw",
    [b"\xc2\x05\x00\x00\x00\x00\x00", b"\x02\x00" * 5_000, b"\x83\x00", b"\x80\x00"],
    ids=["compressed", "fragments", "opcode", "continuation"],
)
def test_frames_against_the_standard_cost_the_connection(raw: bytes) -> None:
    with running() as run:
        run.until_ready()
        run.streams.send_raw(raw)
        run.until_lost()
        run.until(reconnected(run))
        run.until_ready()


def test_a_large_but_allowed_frame_is_read() -> None:
    with running() as run:
        run.until_ready()
        levels = {f"{n // 100}.{n % 100:02}": "1" for n in range(1, 9_000)}
        run.streams.send(run.books[0].change(levels))
        run.until_ready()
        assert run.counters.invalid == {}


@pytest.mark.parametrize("how", ["close", "cut"])
def test_a_lost_connection_loses_its_books_and_comes_back(how: str) -> None:
    with running(TWO) as run:
        run.until_ready()
        if how == "close":
            run.streams.close_all(1001)
        else:
            run.streams.cut_all()
        run.until_lost(0)
        run.until_lost(1)
        run.books[0].change({"98.00": "5"})
        run.until(reconnected(run))
        run.until_ready()
        assert run.reader.book(0).losses == [LossReason.DISCONNECTED]
        assert run.counters.disconnected == 1
        assert run.counters.connected == 2


def test_fifty_lost_connections_in_a_row() -> None:
    quick = {"reconnect_first_seconds": 0.001, "reconnect_most_seconds": 0.002}
    with running(**quick) as run:
        for count in range(1, 51):
            run.until(lambda: run.streams.accepted >= count)  # noqa: B023 - used at once
            run.streams.wait(lambda: bool(run.streams.open))
            run.streams.cut_all()
        run.until(lambda: run.streams.accepted >= 51)
        run.until_ready()
        assert run.counters.disconnected == 50
        assert [event for event in run.events if event.trace] == []


def test_nobody_listening_is_tried_until_somebody_does() -> None:
    with running() as run:
        run.until_ready()
        run.streams.stop()
        run.until_lost()
        run.until(lambda: run.counters.failed_connections >= 3)
        assert run.counters.connected == 1
        assert not run.reader.book(0).ready


def test_a_silent_connection_is_dead_after_its_time() -> None:
    with running(dead_after_seconds=0.5, ping_seconds=0.1) as run:
        run.until_ready()
        run.streams.wait(lambda: run.streams.pings >= 2)
        assert run.counters.connected == 1
        run.streams.answers_pings = False
        run.until_lost()
        run.until(reconnected(run))
        run.until_ready()
        assert run.counters.disconnected >= 1


def test_a_silent_depth_stream_loses_its_book_although_pongs_come() -> None:
    with running(silent_after_seconds=0.6, ping_seconds=0.1) as run:
        run.until_ready()
        before = run.streams.asked.count(DEPTH)
        run.until_lost()
        assert run.reader.book(0).losses == [LossReason.SILENT]
        run.streams.wait(lambda: run.streams.asked.count(DEPTH) > before)
        run.until_ready()
        assert run.counters.silent_books >= 1
        assert run.counters.connected == 1


def test_a_refused_depth_stream_leaves_its_book_alone_without_data() -> None:
    refusals = 0

    def refuse_depth(channel: str, request: int) -> str | None:
        nonlocal refusals
        if channel == ETH_DEPTH and refusals < 1:
            refusals += 1
            return refuse(channel, request)
        return grant(channel, request)

    with running(TWO) as run:
        run.until_ready()
        run.streams.policy = refuse_depth
        run.streams.cut_all()
        run.until(reconnected(run))
        run.until(lambda: run.is_true(0))
        assert not run.reader.book(1).ready
        assert run.counters.refused_subscriptions == 1
        run.until(lambda: run.is_true(1))
        assert run.counters.granted == run.counters.streams


def test_a_subscription_without_an_answer_is_asked_again() -> None:
    def silent_once(channel: str, request: int) -> str | None:
        ignored = channel == DEPTH and run.streams.asked.count(DEPTH) <= 2
        return None if ignored else grant(channel, request)

    with running(subscribe_timeout_seconds=0.2) as run:
        run.until_ready()
        run.streams.policy = silent_once
        run.streams.cut_all()
        run.until_lost()
        run.until(lambda: run.is_true(0))
        assert run.counters.refused_subscriptions == 1


def test_plain_text_that_is_no_answer_does_no_harm() -> None:
    with running() as run:
        run.until_ready()
        for junk in ("Invalid listen key", "{", "[]", '{"msg":null}', "\x00", "[" * 10_000):
            run.streams.send(junk)
        run.streams.send(run.books[0].change({"98.00": "1"}))
        run.until_ready()
        assert run.reader.book(0).losses == []
        assert run.counters.connected == 1


def snapshots_fail(run: Run, *replies: Reply) -> None:
    """The next answers for a snapshot are these; later ones are true."""
    run.rest.script(RestPath.DEPTH, *replies, lambda _: run.books[0].snapshot())


def level(price: str) -> list[list[str]]:
    return [[price, "1"]]


@pytest.mark.parametrize(
    "bad",
    [
        reply({"code": 500}, 500),
        Reply(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
        Reply(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}),
        Reply(200, b'{"lastUpdateId": 5, "bids": [['),
        Reply(200, b""),
        reply({"lastUpdateId": 10**15, "bids": level("99.001"), "asks": []}),
        reply({"lastUpdateId": 10**15, "bids": level("99.00"), "asks": level("98.00")}),
        reply({"lastUpdateId": 1, "bids": level("99.00"), "asks": level("101.00")}),
        reply({"bids": [], "asks": [], "timestamp": SENT_AT}),
    ],
    ids=["500", "502", "html", "truncated", "empty", "off tick", "crossed", "stale", "missing"],
)
def test_a_snapshot_that_fails_is_fetched_again(bad: Reply) -> None:
    with running() as run:
        run.until_ready()
        snapshots_fail(run, bad, bad)
        run.books[0].change({"98.00": "1"})
        run.streams.send(run.books[0].change({"97.00": "1"}))
        run.until_lost()
        run.until_ready()
        assert run.reader.book(0).snapshots == 2
        assert run.requests_of_depth() == 4


def test_a_throttled_snapshot_waits_as_long_as_it_was_told_and_no_longer() -> None:
    with running() as run:
        run.until_ready()
        snapshots_fail(run, reply({"code": 429}, 429, Retry_After="1"))
        run.books[0].change({"98.00": "1"})
        run.streams.send(run.books[0].change({"97.00": "1"}))
        run.until_lost()
        began = run.clock.monotonic()
        run.until_ready()
        assert run.clock.monotonic() - began > 0.8 * SECOND
        assert run.requests_of_depth() == 3
        assert run.counters.throttled_snapshots == 1


def test_a_firewall_is_not_hammered() -> None:
    with running(firewall_stop_seconds=1.0) as run:
        run.until_ready()
        snapshots_fail(run, Reply(403, b"<html>Access Denied</html>"))
        run.books[0].change({"98.00": "1"})
        run.streams.send(run.books[0].change({"97.00": "1"}))
        run.until_lost()
        run.until_ready()
        assert run.requests_of_depth() == 3


def test_a_snapshot_that_hangs_is_given_up_and_fetched_again() -> None:
    with running() as run:
        run.until_ready()
        snapshots_fail(run, Reply(hang=True))
        run.books[0].change({"98.00": "1"})
        run.streams.send(run.books[0].change({"97.00": "1"}))
        run.until_lost()
        run.until_ready()
        assert run.counters.failed_snapshots == 1


def test_rules_that_hang_do_not_keep_a_book_waiting() -> None:
    with running(rules_refresh_seconds=0.2, rules_ttl_seconds=0.01) as run:
        run.until_ready()
        run.rest.script(RestPath.EXCHANGE_INFO, Reply(hang=True))
        asked = len(run.rest.asked(RestPath.EXCHANGE_INFO))
        run.until(lambda: len(run.rest.asked(RestPath.EXCHANGE_INFO)) > asked)
        run.books[0].change({"98.00": "1"})
        run.streams.send(run.books[0].change({"97.00": "1"}))
        run.until_lost()
        run.until_ready()


def test_changes_go_on_while_the_snapshot_is_slow() -> None:
    with running() as run:
        run.until_ready()
        old = run.books[0].snapshot()
        snapshots_fail(run, Reply(old.status, old.body, drip=0.002))
        run.books[0].change({"98.00": "1"})
        for step in range(50):
            run.streams.send(run.books[0].change({"97.00": str(step + 1)}))
        run.until_lost()
        run.until_ready()
        assert run.reader.book(0).losses == [LossReason.GAP]


def test_an_exchange_without_any_rest_leaves_the_book_lost_until_it_is_back() -> None:
    with running() as run:
        run.until_ready()
        run.rest.script(RestPath.DEPTH, reply({}, 503))
        run.streams.cut_all()
        run.until_lost()
        run.until(lambda: run.counters.failed_snapshots >= 4)
        assert not run.reader.book(0).ready
        run.rest.script(RestPath.DEPTH, lambda _: run.books[0].snapshot())
        run.until_ready()


def test_a_core_that_does_not_keep_up_loses_the_books_and_gets_them_back() -> None:
    with running(TWO, lane_messages=50) as run:
        run.until_ready()
        for step in range(500):
            book = run.books[step % 2]
            run.streams.send(book.change({"98.00": str(step + 1)}))
        run.streams.send(trade_frame("BTCUSDC", "100.00", "1"))
        run.until_lost(0)
        run.until_lost(1)
        assert run.reader.book(0).losses[0] is LossReason.OVERFLOW
        run.until_ready()
        assert run.counters.overflows >= 1


def test_a_burst_of_twenty_thousand_changes_arrives_whole() -> None:
    with running(lane_messages=100_000) as run:
        run.until_ready()
        frames = [run.books[0].change({"98.00": str(step + 1)}) for step in range(20_000)]
        raw = b"".join(b"\x82\x7e" + len(frame).to_bytes(2) + frame for frame in frames)
        began = run.clock.monotonic()
        run.streams.send_raw(raw)
        run.until(lambda: run.reader.book(0).version == run.books[0].version)
        assert run.is_true(0)
        assert run.counters.books.gaps == 0
        assert run.clock.monotonic() - began < 10 * SECOND


def test_an_encrypted_stream_works_and_a_stranger_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    certificate = loopback_certificate.make(tmp_path_factory.mktemp("certificate"))
    with fake_streams(certificate.server) as server:
        settings = MexcSettings(stream_url=server.url)
        trusting = SocketLink(settings, certificate.client)
        trusting.open()
        trusting.send(ping())
        received = _first_bytes(trusting)
        assert b"PONG" in received
        trusting.cut()
        with pytest.raises(FeedError, match="closed:"):
            _first_bytes(trusting)
        trusting.close()
        stranger = SocketLink(settings)
        with pytest.raises(FeedError, match="unreachable: SSLCertVerificationError"):
            stranger.open()
        stranger.close()


def _first_bytes(link: SocketLink) -> bytes:
    for _ in range(200):
        if data := link.receive():
            return data
    raise AssertionError("nothing came")


def test_an_exchange_that_insists_on_compression_is_refused() -> None:
    with fake_streams() as server:
        server.headers["Sec-WebSocket-Extensions"] = "permessage-deflate"
        link = SocketLink(MexcSettings(stream_url=server.url))
        with pytest.raises(FeedError, match=r"^protocol: .*compression"):
            link.open()
        link.close()


def test_a_handshake_that_is_refused_or_redirected_says_why() -> None:
    with fake_rest() as server:
        server.script("/ws", reply({}, 403))
        server.script("/moved", Reply(302, b"", {"Location": "ws://127.0.0.1:9/ws"}))
        address = server.url.replace("http", "ws")
        for path, why in (("/ws", "403"), ("/moved", "unreachable")):
            link = SocketLink(MexcSettings(stream_url=address + path))
            with pytest.raises(FeedError, match=why):
                link.open()
            link.close()


def test_a_link_that_was_never_opened_says_so() -> None:
    link = SocketLink(MexcSettings(stream_url="ws://127.0.0.1:9/ws"))
    link.cut()
    uses: list[Callable[[], object]] = [
        link.receive,
        lambda: link.send("x"),
        lambda: link.pong(b""),
    ]
    for use in uses:
        with pytest.raises(FeedError):
            use()
    link.close()
    link.close()


@pytest.mark.parametrize("bad", [reply({}, 500), Reply(200, b"{"), reply({"symbols": None})])
def test_rules_that_cannot_be_read_are_looked_at_again(bad: Reply) -> None:
    quick = {"rules_refresh_seconds": 0.2, "rules_ttl_seconds": 0.01, "attempts": 1}
    with running(**quick) as run:
        changed = rules_of(instrument("BTCUSDC"), takerCommission="0.0005")
        run.rest.script(RestPath.EXCHANGE_INFO, bad, reply({"symbols": [changed]}))
        run.until(lambda: bool(run.reader.updates))
        assert len(run.rest.asked(RestPath.EXCHANGE_INFO)) == 2
        assert run.is_true(0)
        assert [event for event in run.events if event.trace] == []
