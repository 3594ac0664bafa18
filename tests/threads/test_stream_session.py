"""One connection's conversation over a link made of a script: time moves when told to."""

import json
import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.fake_mexc_market import instrument, trade_frame
from tests.fakes import ManualClock
from tests.market_reader import MarketReader
from trading_agent.adapters.mexc.book_sync import BookSnapshot
from trading_agent.adapters.mexc.codec import FrameDecoder
from trading_agent.adapters.mexc.connection_plan import plan_connections
from trading_agent.adapters.mexc.frame_route import FrameRoute
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.snapshot_wishes import FetchedSnapshot, SnapshotWish
from trading_agent.adapters.mexc.stream import MexcStream, ResyncWish
from trading_agent.adapters.mexc.websocket_frames import Opcode
from trading_agent.domain.errors import FeedError
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.message import MarketRows
from trading_agent.domain.units import HOUR, MILLISECOND, SECOND, Lots, Ticks
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.worker import Stop

DEPTH = "spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDC"
PONG = '{"id":0,"code":0,"msg":"PONG"}'


def message(opcode: int, payload: bytes) -> bytes:
    return bytes([0x80 | opcode, 0x7E]) + len(payload).to_bytes(2) + payload


def text(content: str) -> bytes:
    return message(Opcode.TEXT, content.encode())


@dataclass
class ScriptedLink:
    """Each call of `receive` takes 50 milliseconds and brings what `answer` puts there."""

    clock: ManualClock
    stop: Stop
    ends_at: int
    respond: Callable[["ScriptedLink", str], None]
    sent: list[tuple[float, str]] = field(default_factory=list)
    incoming: deque[bytes] = field(default_factory=deque)
    pongs: list[bytes] = field(default_factory=list)
    refuses: bool = False
    closed: bool = False

    def open(self) -> None:
        self.clock.advance(10 * MILLISECOND)
        if self.refuses:
            raise FeedError("unreachable: ConnectionRefusedError")

    def receive(self) -> bytes:
        if self.clock.monotonic() >= self.ends_at:
            self.stop.set()
        if self.incoming:
            return self.incoming.popleft()
        self.clock.advance(50 * MILLISECOND)
        return b""

    def send(self, text: str) -> None:
        self.sent.append((self.clock.monotonic() / SECOND, text))
        self.respond(self, text)

    def pong(self, payload: bytes) -> None:
        self.pongs.append(payload)

    def close(self) -> None:
        self.closed = True

    def cut(self) -> None:
        self.incoming.append(b"")


def polite(link: ScriptedLink, sent: str) -> None:
    """Grants every stream and answers every ping."""
    request = json.loads(sent)
    if request["method"] == "PING":
        link.incoming.append(text(PONG))
    else:
        granted = {"id": request["id"], "code": 0, "msg": request["params"][0]}
        link.incoming.append(text(json.dumps(granted)))


def mute(_link: ScriptedLink, _sent: str) -> None:
    """Says nothing at all."""


Responder = Callable[[ScriptedLink, str], None]


class Bench:
    """One stream over scripted links; `make_link` makes them."""

    def __init__(
        self,
        respond: Responder,
        make_link: Callable[..., ScriptedLink] = ScriptedLink,
        **changes: object,
    ) -> None:
        quick = {"reconnect_first_seconds": 0.01, "reconnect_most_seconds": 0.02}
        settings = MexcSettings.model_validate({"kline_timeframes": (), **quick, **changes})
        pairs = [instrument("BTCUSDC")]
        (plan,) = plan_connections(settings, pairs)
        self.clock = ManualClock()
        self.began = self.clock.monotonic()
        self.inbox = Inbox(self.clock)
        self.wishes: list[SnapshotWish] = []
        self.links: list[ScriptedLink] = []
        self.refuse_links = 0
        self.stop = Stop()
        self.ends_at = 0
        self.respond = respond
        self.make_link = make_link
        lane = self.inbox.feed(plan.name, 1_000)
        decoder = FrameDecoder(pairs, tuple(plan.channels))
        self.missed: list[int] = []
        self.route = FrameRoute(
            plan, decoder, lane, self.clock, self.wishes.append, self.missed.append
        )
        self.stream = MexcStream(
            settings, plan, self.route, self.clock, random.Random(1), self._link
        )

    def _link(self, _settings: MexcSettings) -> ScriptedLink:
        link = self.make_link(self.clock, self.stop, self.ends_at, self.respond)
        link.refuses = len(self.links) < self.refuse_links
        self.links.append(link)
        return link

    def fulfil(self) -> None:
        """Answer the last wish with a book of two levels."""
        snapshot = BookSnapshot(0, 1_000, ((Ticks(99), Lots(1)),), ((Ticks(101), Lots(1)),))
        self.stream.leave(FetchedSnapshot(self.wishes[-1], snapshot))

    def losses(self) -> list[LossReason]:
        """Of everything the core was told."""
        reader = MarketReader()
        while self.inbox.waiting:
            body = self.inbox.take(None).stamped.body
            assert isinstance(body, MarketRows)
            reader.read(body.rows)
        return reader.book(0).losses

    def run(self, seconds: float) -> None:
        self.ends_at = self.clock.monotonic() + round(seconds * SECOND)
        self.stream.run(self.stop)

    def sent(self, method: str, link: int = 0) -> list[float]:
        """Seconds since the start at which such messages were sent."""
        start = self.began / SECOND
        return [
            at - start for at, sent in self.links[link].sent if json.loads(sent)["method"] == method
        ]


def test_every_stream_is_asked_for_by_itself_and_granted() -> None:
    bench = Bench(polite)
    bench.run(1.0)
    assert len(bench.sent("SUBSCRIPTION")) == 3
    assert all(len(json.loads(sent)["params"]) == 1 for _, sent in bench.links[0].sent)
    assert bench.stream.subscriptions.granted == 3
    assert bench.wishes == [SnapshotWish(0, 1, 0)]
    assert bench.links[0].closed


def test_pings_go_out_every_fifteen_seconds() -> None:
    bench = Bench(polite)
    bench.run(61.0)
    gaps = bench.sent("PING")
    assert len(gaps) == 4
    assert all(abs(at - 15 * (n + 1)) < 0.5 for n, at in enumerate(gaps))
    assert bench.route.tally.connected == 1


def test_a_connection_without_data_or_pong_is_dead_after_thirty_seconds() -> None:
    bench = Bench(mute)
    bench.run(31.0)
    assert bench.route.tally.disconnected == 1
    assert bench.links[0].closed


def test_pongs_alone_keep_a_connection_alive_but_not_a_silent_book() -> None:
    bench = Bench(polite, silent_after_seconds=60.0)
    bench.run(130.0)
    assert bench.route.tally.connected == 1
    assert bench.route.tally.silent_books == 2
    asked = [json.loads(sent) for _, sent in bench.links[0].sent]
    again = [request["method"] for request in asked if request.get("params") == [DEPTH]]
    assert again == ["SUBSCRIPTION", *["UNSUBSCRIPTION", "SUBSCRIPTION"] * 2]


def test_bytes_that_never_become_a_message_do_not_keep_a_connection_alive() -> None:
    class Dripping(ScriptedLink):
        def receive(self) -> bytes:
            return super().receive() or (b"\x00" if self.sent else b"")

    def begin_a_frame(link: ScriptedLink, sent: str) -> None:
        if not link.incoming and len(link.sent) == 1:
            link.incoming.append(b"\x82\x7f" + (1_000_000).to_bytes(8))

    bench = Bench(begin_a_frame, Dripping)
    bench.run(31.0)
    assert bench.route.tally.disconnected == 1


def test_a_refused_stream_is_reported_and_asked_for_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusals = iter(range(2))

    def refuse_depth_twice(link: ScriptedLink, sent: str) -> None:
        if DEPTH in sent and next(refusals, None) is not None:
            refused = f"Not Subscribed successfully! [{DEPTH}].  Reason\uff1a Blocked! "
            link.incoming.append(text(json.dumps({"id": 0, "code": 0, "msg": refused})))
        else:
            polite(link, sent)

    bench = Bench(refuse_depth_twice)
    bench.run(10.0)
    assert bench.route.tally.refused_subscriptions == 2
    assert bench.stream.subscriptions.granted == 3
    assert len(bench.wishes) == 1
    assert "FAILED" in caplog.text
    assert "Blocked" in caplog.text


def test_a_subscription_without_an_answer_fails_after_ten_seconds() -> None:
    def no_answer(link: ScriptedLink, sent: str) -> None:
        if "PING" in sent:
            polite(link, sent)

    bench = Bench(no_answer)
    bench.run(9.9)
    assert bench.route.tally.refused_subscriptions == 0
    bench = Bench(no_answer)
    bench.run(10.5)
    assert bench.route.tally.refused_subscriptions == 3
    assert bench.wishes == []


def test_a_connection_is_replaced_on_purpose_before_a_day_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(polite, rotate_after_hours=0.1)
    bench.run(400.0)
    assert bench.route.tally.rotations == 1
    assert bench.route.tally.disconnected == 0
    assert len(bench.links) == 2
    assert "as planned" in caplog.text
    life = (bench.links[1].sent[0][0] * SECOND - bench.began) / HOUR
    assert 0.095 <= life <= 0.1001


def test_connecting_is_tried_until_it_succeeds() -> None:
    bench = Bench(polite)
    bench.refuse_links = 3
    bench.run(5.0)
    assert bench.route.tally.failed_connections == 3
    assert bench.route.tally.connected == 1
    assert bench.route.tally.disconnected == 0
    assert bench.stream.subscriptions.granted == 3


def test_a_protocol_ping_is_answered() -> None:
    def ping_once(link: ScriptedLink, sent: str) -> None:
        if DEPTH in sent:
            link.incoming.append(message(Opcode.PING, b"are you there"))
        polite(link, sent)

    bench = Bench(ping_once)
    bench.run(1.0)
    assert bench.links[0].pongs == [b"are you there"]


@pytest.mark.parametrize(
    "junk",
    [b"Invalid listen key", b"\xff\xfe", b"{", b"[" * 5_000, b'{"msg":5}', b"", b"null"],
    ids=lambda junk: repr(junk[:12]),
)
def test_text_nobody_understands_does_no_harm(junk: bytes) -> None:
    def talk(link: ScriptedLink, sent: str) -> None:
        link.incoming.append(message(Opcode.TEXT, junk))
        polite(link, sent)

    bench = Bench(talk)
    bench.run(1.0)
    assert bench.stream.subscriptions.granted == 3
    assert bench.route.tally.connected == 1


@pytest.mark.parametrize(
    "goodbye",
    [message(Opcode.CLOSE, b"\x03\xe8bye"), message(Opcode.CLOSE, b""), b"\xc2\x01x"],
)
def test_a_goodbye_or_a_broken_frame_ends_the_connection(goodbye: bytes) -> None:
    def leave(link: ScriptedLink, sent: str) -> None:
        if DEPTH in sent and len(bench.links) == 1:
            link.incoming.append(goodbye)
        else:
            polite(link, sent)

    bench = Bench(leave)
    bench.run(3.0)
    assert bench.route.tally.disconnected == 1
    assert bench.route.tally.connected == 2
    assert bench.stream.subscriptions.granted == 3


def test_frames_before_a_broken_one_are_used() -> None:
    def trade_then_rubbish(link: ScriptedLink, sent: str) -> None:
        if DEPTH in sent and len(bench.links) == 1:
            trade = message(Opcode.BINARY, trade_frame("BTCUSDC", "100.00", "1"))
            link.incoming.append(trade + b"\xc2\x00")
        else:
            polite(link, sent)

    bench = Bench(trade_then_rubbish)
    bench.run(1.0)
    assert bench.route.tally.rows == 1
    assert bench.route.tally.disconnected == 1


def test_errands_are_done_between_frames() -> None:
    bench = Bench(polite)
    bench.stream.leave(ResyncWish(0, LossReason.CROSSED))
    bench.run(1.0)
    assert bench.wishes == [SnapshotWish(0, 1, 0)]


def test_a_handshake_that_drips_is_cut_from_outside() -> None:
    cut: list[float] = []

    class Dripping(ScriptedLink):
        def open(self) -> None:
            for _ in range(12):
                self.clock.advance(SECOND)
                bench.stream.cut_slow_opening()
            raise FeedError("unreachable: it was cut")

        def cut(self) -> None:
            cut.append((self.clock.monotonic() - bench.began) / SECOND)
            self.stop.set()

    bench = Bench(polite, Dripping)
    bench.run(60.0)
    assert cut
    assert 10.0 < cut[0] <= 11.0


def test_books_are_lost_whatever_ends_the_connection() -> None:
    def explode_at_the_first_ping(link: ScriptedLink, sent: str) -> None:
        if "PING" in sent:
            raise RuntimeError("a fault of ours")
        polite(link, sent)

    class Fulfilling(ScriptedLink):
        def receive(self) -> bytes:
            if bench.wishes and not bench.route.books[0].ready:
                bench.fulfil()
            return super().receive()

    bench = Bench(explode_at_the_first_ping, Fulfilling)
    with pytest.raises(RuntimeError):
        bench.run(60.0)
    assert bench.links[0].closed
    assert bench.losses() == [LossReason.DISCONNECTED]
