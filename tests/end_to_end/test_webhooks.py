"""Webhooks over real HTTP, with everything that goes wrong there."""

import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.hook_server import Answer, HookServer, hook_server
from tests.threads.waiting import PATIENCE, working
from tests.told_desk import until
from trading_agent.domain.errors import CommandError, ConfigError
from trading_agent.notifications.notice import Lane, Level, Mode, Notice, Topic
from trading_agent.notifications.settings import NotificationSettings
from trading_agent.notifications.store import NoticeStore
from trading_agent.notifications.webhook import Form, WebhookSink, address_of
from trading_agent.notifications.wishes import Wish
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.picture_ports import PictureKind, PictureWish
from trading_agent.runtime.worker import RestartRule, Worker

SETTINGS = NotificationSettings(webhook_timeout_seconds=1.0, webhook_longest_pause_seconds=0.1)
PNG = b"\x89PNG\r\n\x1a\n and so on"
SOON = (("Retry-After", "0.05"),)


class OnePicture:
    """Draws one, or nothing."""

    def __init__(self, picture: bytes | None = PNG) -> None:
        self.picture = picture

    def draw(self, wish: PictureWish) -> bytes:
        if self.picture is None:
            raise CommandError(f"no {wish.kind} today")
        return self.picture


@dataclass
class Hooked:
    store: NoticeStore
    server: HookServer
    said: list[str] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)

    def sink(
        self,
        form: Form = Form.WEBHOOK,
        url: str = "",
        pictures: OnePicture | None = None,
    ) -> WebhookSink:
        self.store.appear(form.value)
        address = address_of(form, url or self.server.url)
        clock = SystemClock()
        return WebhookSink(address, self.store, clock, SETTINGS, self.said.append, pictures)

    def start(self, sink: WebhookSink) -> Worker:
        restart = RestartRule(first=0.02, longest=0.05)
        worker = working(sink.run, name="hook", restart=restart, interrupt=sink.interrupt)
        self.workers.append(worker)
        return worker

    def told_of(self) -> list[str]:
        return [document["key"] for document in self.server.taken()]


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Hooked]:
    store = NoticeStore(tmp_path / "notices.sqlite", SystemClock())
    store.open()
    with hook_server() as server:
        made = Hooked(store, server)
        yield made
        for worker in made.workers:
            worker.stop(PATIENCE)
    store.close()


def a_notice(key: str, **changes: object) -> Notice:
    plain: dict[str, object] = {
        "key": key,
        "at": SystemClock().now(),
        "topic": Topic.FILL,
        "lane": Lane.FILLS,
        "html": f"<b>{key}</b>",
        "plain": key,
        "symbol": "BTCUSDC",
        "simulated": True,
    }
    return Notice(**(plain | changes))  # type: ignore[arg-type]


def test_a_program_is_told_in_json(hooked: Hooked) -> None:
    hooked.start(hooked.sink())
    hooked.store.keep([a_notice("f1:fill", level=Level.WARNING)])
    hooked.server.wait_for(lambda server: bool(server.requests))
    (request,) = hooked.server.requests
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    document = request.document
    assert document.pop("at") > 0
    assert document.pop("late_seconds") < 10
    assert document == {
        "key": "f1:fill",
        "topic": "fill",
        "level": "warning",
        "symbol": "BTCUSDC",
        "text": "f1:fill\n🧪 SIMULATED MARKET",
        "html": "<b>f1:fill</b>\n🧪 SIMULATED MARKET",
        "simulated": True,
        "attempts": 0,
    }
    until(lambda: hooked.store.waiting("webhook") == 0)


def test_a_side_that_fails_is_told_everything_in_order_afterwards(hooked: Hooked) -> None:
    failures = [Answer(503, SOON), Answer(429, SOON), Answer(500), Answer(0), Answer(408, SOON)]
    hooked.server.answers.extend(failures)
    hooked.store.appear("webhook")
    hooked.store.keep([a_notice(f"n{number}") for number in range(20)])
    hooked.start(hooked.sink())
    hooked.server.wait_for(lambda server: len(server.requests) >= 25)
    assert hooked.told_of() == [f"n{number}" for number in range(20)]
    assert hooked.server.taken()[0]["attempts"] == len(failures)
    assert hooked.said == []


def test_nobody_at_the_other_end_is_no_loss(hooked: Hooked) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        hooked.start(hooked.sink(url=f"http://127.0.0.1:{port}/hooks/very-secret"))
        hooked.store.keep([a_notice("a")])
        until(lambda: (hooked.store.due_at("webhook") or 0) > 0)
    assert hooked.store.waiting("webhook") == 1
    for worker in hooked.workers:
        worker.stop(PATIENCE)
    hooked.start(hooked.sink())
    hooked.server.wait_for(lambda server: bool(server.requests))
    assert hooked.told_of() == ["a"]


def test_what_the_other_side_never_takes_is_set_aside(hooked: Hooked) -> None:
    hooked.server.answers.append(Answer(400))
    hooked.store.appear("webhook")
    hooked.store.keep([a_notice("a"), a_notice("b")])
    hooked.start(hooked.sink())
    hooked.server.wait_for(lambda server: len(server.requests) >= 2)
    assert hooked.told_of() == ["b"]
    until(lambda: hooked.store.waiting("webhook") == 0)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 302])
def test_an_address_that_refuses_us_is_told_of_once_and_nothing_is_lost(
    hooked: Hooked, status: int
) -> None:
    elsewhere = (("Location", "http://127.0.0.1:1/"),)
    hooked.server.answers.extend([Answer(status, elsewhere)] * 2)
    hooked.store.appear("webhook")
    hooked.store.keep([a_notice("a"), a_notice("b")])
    hooked.start(hooked.sink())
    hooked.server.wait_for(lambda server: len(server.requests) >= 4)
    assert hooked.told_of() == ["a", "b"]
    (words,) = hooked.said
    assert f"status {status}" in words
    assert "very-secret" not in words


@pytest.mark.parametrize("header", ["soon", "nan", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "inf"])
def test_a_strange_time_to_wait_does_no_harm(hooked: Hooked, header: str) -> None:
    hooked.server.answers.append(Answer(429, (("Retry-After", header),)))
    hooked.start(hooked.sink())
    hooked.store.keep([a_notice("a")])
    hooked.server.wait_for(lambda server: len(server.requests) >= 2)
    assert hooked.told_of() == ["a"]


def test_one_that_hangs_holds_up_nobody_else(hooked: Hooked) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        hooked.start(hooked.sink(url=f"http://127.0.0.1:{port}/"))
        hooked.start(hooked.sink(Form.DISCORD))
        hooked.store.keep([a_notice(f"n{number}") for number in range(3)])
        hooked.server.wait_for(lambda server: len(server.requests) >= 3)
        assert hooked.store.waiting("webhook") == 3


def test_discord_is_told_plainly_and_nobody_is_pinged(hooked: Hooked) -> None:
    hooked.start(hooked.sink(Form.DISCORD))
    hooked.store.wishes.subscribe("discord", Wish(topic=Topic.SIGNAL, mode=Mode.SILENT))
    hooked.store.keep([a_notice("a", plain="@everyone *bold* <#1>", topic=Topic.SIGNAL)])
    hooked.server.wait_for(lambda server: bool(server.requests))
    assert hooked.server.requests[0].document == {
        "content": "\\@everyone \\*bold\\* <\\#1\\>\n🧪 SIMULATED MARKET",
        "allowed_mentions": {"parse": []},
        "flags": 4096,
    }


def test_discord_gets_the_picture_too(hooked: Hooked) -> None:
    hooked.start(hooked.sink(Form.DISCORD, pictures=OnePicture()))
    wish = PictureWish(kind=PictureKind.EQUITY)
    hooked.store.keep([a_notice("a", picture=wish)])
    hooked.server.wait_for(lambda server: bool(server.requests))
    (request,) = hooked.server.requests
    assert request.headers["Content-Type"].startswith("multipart/form-data")
    assert PNG in request.body
    assert b'name="payload_json"' in request.body
    assert b'name="files[0]"; filename="picture.png"' in request.body


def test_a_picture_that_cannot_be_drawn_holds_up_no_message(hooked: Hooked) -> None:
    hooked.start(hooked.sink(Form.DISCORD, pictures=OnePicture(None)))
    hooked.store.keep([a_notice("a", picture=PictureWish(kind=PictureKind.EQUITY))])
    hooked.server.wait_for(lambda server: bool(server.requests))
    assert hooked.server.requests[0].document["content"].startswith("a\n")


def test_a_long_message_is_cut_to_what_discord_takes(hooked: Hooked) -> None:
    hooked.start(hooked.sink(Form.DISCORD))
    hooked.store.keep([a_notice("a", plain="*" * 5_000)])
    hooked.server.wait_for(lambda server: bool(server.requests))
    content = hooked.server.requests[0].document["content"]
    assert len(content) == 2_000
    assert content.endswith("…")


def test_what_is_said_last_still_goes_out(hooked: Hooked) -> None:
    """The stop comes while the last words wait."""
    hooked.store.appear("webhook")
    hooked.store.keep([a_notice(f"n{number}") for number in range(5)])
    worker = hooked.start(hooked.sink())
    worker.stop(PATIENCE)
    assert hooked.told_of() == [f"n{number}" for number in range(5)]


def test_the_address_is_in_no_text(hooked: Hooked, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    hooked.server.answers.extend([Answer(0), Answer(404), Answer(400)])
    hooked.store.appear("webhook")
    hooked.store.keep([a_notice("a"), a_notice("b")])
    sink = hooked.sink()
    hooked.start(sink)
    hooked.server.wait_for(lambda server: len(server.requests) >= 4)
    assert "very-secret" not in f"{caplog.text}{hooked.said}{sink!r}"
    assert "webhook failed" in caplog.text


@pytest.mark.parametrize(
    "url", ["", "ftp://host/x", "http://example.org/hush", "no address", "https://", "http://[x/"]
)
def test_an_address_in_the_open_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        address_of(Form.WEBHOOK, url)
    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_address_shows_its_form_only() -> None:
    assert repr(address_of(Form.DISCORD, "https://discord.com/api/webhooks/1/hush")) == (
        "Address(discord)"
    )
