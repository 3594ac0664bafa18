"""Alerts arrive, whatever lies between: cut cables, limits, refusals, restarts, death."""

import io
import logging
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.telegram_api.api import Refused, TelegramApi
from tests.telegram_api.server import TelegramServer
from tests.telegram_desk import OWNER, PNG, QUICK, TOKEN, VIEWER, Scene, scene
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.telegram.door_parts import Patience
from trading_agent.notifications.notice import Lane, Notice, Topic
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.log import start_logging, stop_logging
from trading_agent.runtime.picture_ports import PictureKind, PictureWish
from trading_agent.runtime.redaction import Redactor

PROJECT = Path(__file__).resolve().parents[2]


def notice(number: int, at: int, **more: object) -> Notice:
    fields = {
        "key": f"f{number}:fill",
        "topic": Topic.FILL,
        "lane": Lane.FILLS,
        "html": f"fill number <b>{number:04d}</b>",
        "plain": f"fill number {number:04d}",
        "simulated": True,
    }
    return Notice(at=Nanos(at), **{**fields, **more})  # type: ignore[arg-type]


def numbers(api: TelegramApi, chat: int = OWNER) -> list[int]:
    """Of the fills this chat was told, in the order in which it was."""
    texts = [each.text for each in api.messages if each.chat == chat]
    return [int(found) for text in texts for found in re.findall(r"fill number (\d+)", text)]


def repeated(api: TelegramApi) -> int:
    """Messages that tell the owner of a fill he was told of before."""
    known: set[str] = set()
    count = 0
    for each in api.messages:
        fills = set(re.findall(r"fill number (\d+)", each.text)) if each.chat == OWNER else set()
        count += bool(fills & known)
        known |= fills
    return count


def connected(at: Scene) -> None:
    at.api.wait(lambda: at.door.state.link == "connected" and at.api.polls > 1)
    at.ask("/version", "1.2.3")


def test_an_alert_is_told_to_everybody_and_answered_for(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,), viewers=(VIEWER,)) as at:
        connected(at)
        at.store.keep((notice(1, at.clock.now()),))
        for chat in (OWNER, VIEWER):
            at.api.wait(lambda chat=chat: numbers(at.api, chat) == [1])
        at.api.wait(lambda: at.store.waiting(f"telegram:{VIEWER}") == 0)


def test_a_risk_goes_before_fills_and_a_picture_comes_with_its_words(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,)) as at:
        connected(at)
        at.server.cut()
        wish = PictureWish(kind=PictureKind.EQUITY)
        report = {"html": "the day", "lane": Lane.REPORTS, "topic": Topic.REPORT, "picture": wish}
        breaker = {"html": "a breaker", "lane": Lane.RISK, "topic": Topic.BREAKER}
        now = at.clock.now()
        at.store.keep((notice(1, now, **report), notice(2, now), notice(3, now, **breaker)))
        at.server.mend()
        last = at.api.reply(0, "the day", chat=OWNER)
        assert last.photo == PNG
        texts = [each.text for each in at.api.messages[-3:]]
        assert ["breaker" in texts[0], "0002" in texts[1], "day" in texts[2]] == [True] * 3


def test_who_asks_while_a_picture_is_drawn_is_answered_first(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,)) as at:
        connected(at)
        at.pictures.ready.clear()
        try:
            wish = PictureWish(kind=PictureKind.EQUITY)
            report = {"html": "the day", "topic": Topic.REPORT, "picture": wish}
            at.store.keep((notice(1, at.clock.now(), **report), notice(2, at.clock.now())))
            at.api.wait(lambda: at.pictures.wishes)
            assert "1.2.3" in at.ask("/version", "1.2.3").text
            assert "Equity" in at.ask("/status", "Equity").text
            assert not any("the day" in each.text for each in at.api.messages)
        finally:
            at.pictures.ready.set()
        assert at.api.reply(0, "the day", chat=OWNER).photo == PNG
        at.api.wait(lambda: numbers(at.api) == [2])


def burst_over_a_cut(at: Scene, seconds: float) -> None:
    """Fifty fills, the cable cut after some of them, and mended after so many seconds."""
    connected(at)
    for number in range(1, 51):
        at.store.keep((notice(number, at.clock.now()),))
        if number == 20:
            at.api.wait(lambda: len(numbers(at.api)) >= 5)
            at.server.cut()
    at.clock.skip(4 * MINUTE)
    assert not threading.Event().wait(seconds)
    at.server.mend()
    at.api.wait(lambda: len(set(numbers(at.api))) == 50, 60.0)


@pytest.mark.slow
def test_a_network_cut_in_a_burst_of_fills_loses_nothing_and_says_how_late(
    tmp_path: Path,
) -> None:
    with scene(tmp_path, owners=(OWNER,)) as at:
        burst_over_a_cut(at, 2.0)
        told = numbers(at.api)
        assert list(dict.fromkeys(told)) == sorted(set(told))
        assert repeated(at.api) <= 1, "one may have arrived whose answer was cut off"
        assert re.search(r"4 min( \d+ s)? late", at.api.messages[-1].text)
        assert any("cannot be reached" in each for each in at.said)
        at.api.wait(lambda: any("reached again" in each for each in at.said))
        at.api.wait(lambda: at.store.waiting(f"telegram:{OWNER}") == 0)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_network_cut_of_two_minutes_loses_nothing(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,), patience=Patience()) as at:
        burst_over_a_cut(at, 120.0)
        told = numbers(at.api)
        assert list(dict.fromkeys(told)) == sorted(set(told))
        assert repeated(at.api) <= 1


@pytest.mark.slow
def test_limits_are_kept_and_retry_after_is_waited_out(tmp_path: Path) -> None:
    quick = Patience(first=0.05, longest=0.2, burst=5.0, messages_per_second=3.0)
    with scene(tmp_path, owners=(OWNER,), patience=quick) as at:
        connected(at)
        at.api.rates = True
        began = time.monotonic()
        at.api.fail("sendMessage", Refused(429, "Too Many Requests", retry_after=2))
        at.store.keep((notice(1, at.clock.now()),))
        at.api.wait(lambda: numbers(at.api) == [1])
        assert time.monotonic() - began >= 2.0
        at.store.keep(tuple(notice(each, at.clock.now()) for each in range(2, 102)))
        at.api.wait(lambda: len(numbers(at.api)) == 101, 60.0)
        assert numbers(at.api) == list(range(1, 102))
        assert at.api.calls.count("sendMessage") <= 12, "bursts are told together"


def test_markup_the_server_refuses_is_sent_as_text(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,)) as at:
        connected(at)
        at.store.keep((notice(1, at.clock.now(), html="<b>fill number 0001 &lt;x&gt;</i>"),))
        at.api.wait(lambda: numbers(at.api) == [1])
        assert "<x>" in at.api.messages[-1].text


def test_a_long_alert_comes_in_parts(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,)) as at:
        connected(at)
        lines = "\n".join(f"fill number {each:04d} with words around it" for each in range(400))
        at.store.keep((notice(1, at.clock.now(), html=f"<pre>{lines}</pre>"),))
        at.api.wait(lambda: numbers(at.api) == list(range(400)))
        at.api.wait(lambda: at.store.waiting(f"telegram:{OWNER}") == 0)


def test_who_blocks_the_bot_keeps_nobody_else(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,), viewers=(VIEWER,)) as at:
        connected(at)
        at.api.blocked_by.add(VIEWER)
        at.store.keep((notice(1, at.clock.now()),))
        at.api.wait(lambda: numbers(at.api) == [1])
        at.api.wait(lambda: at.store.waiting(f"telegram:{VIEWER}") == 0)
        at.api.blocked_by.clear()
        at.store.keep((notice(2, at.clock.now()),))
        at.api.wait(lambda: numbers(at.api, VIEWER) == [2])


def test_who_has_never_opened_the_bot_is_named_once(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,), viewers=(777,)) as at:
        connected(at)
        at.api.wait(lambda: any("777 has not opened the bot" in each for each in at.said))
        at.store.keep((notice(1, at.clock.now()),))
        at.api.wait(lambda: numbers(at.api) == [1])


def test_who_opens_the_bot_later_gets_the_menu_then(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,), viewers=(777,)) as at:
        connected(at)
        at.api.wait(lambda: any("777 has not opened the bot" in each for each in at.said))
        assert 777 not in at.api.menus
        at.ask("/start", "Hello", 777)
        at.api.wait(lambda: 777 in at.api.menus)


def test_a_start_without_network_waits_and_then_works(tmp_path: Path) -> None:
    with TelegramServer(TelegramApi(TOKEN)) as server:
        server.cut()
        with scene(tmp_path, server=server, owners=(OWNER,)) as at:
            at.api.wait(lambda: any("cannot be reached" in each for each in at.said))
            at.store.keep((notice(1, at.clock.now()),))
            server.mend()
            at.api.wait(lambda: numbers(at.api) == [1])
            connected(at)
            assert sum("cannot be reached" in each for each in at.said) == 1


def test_a_refused_token_is_told_in_plain_words_and_taken_when_it_is_good(tmp_path: Path) -> None:
    with (
        TelegramServer(TelegramApi("123456789:another")) as server,
        scene(tmp_path, server=server, owners=(OWNER,)) as at,
    ):
        at.api.wait(lambda: any("@BotFather" in each for each in at.said))
        assert at.door.state.link == "refused"
        server.api.token = TOKEN
        connected(at)
        assert not any(TOKEN in each for each in at.said)
        assert sum("@BotFather" in each for each in at.said) == 1


def test_a_token_that_is_withdrawn_in_between_is_told(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,)) as at:
        connected(at)
        at.api.token = "123456789:withdrawn"
        at.server.cut()
        at.server.mend()
        at.api.wait(lambda: at.door.state.link == "refused")
        at.api.token = TOKEN
        connected(at)


def test_a_second_instance_is_told_and_alerts_go_on(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,)) as at:
        connected(at)
        conflict = "Conflict: terminated by other getUpdates request; make sure that only one ..."
        at.api.fail("getUpdates", Refused(409, conflict), times=0)
        at.api.wait(lambda: any("another program uses" in each for each in at.said))
        at.store.keep((notice(1, at.clock.now()),))
        at.api.wait(lambda: numbers(at.api) == [1])
        assert at.door.state.link == "contested"
        at.api.heal()
        connected(at)
        assert sum("another program uses" in each for each in at.said) == 1


def test_two_that_are_heard_by_turns_are_told_once(tmp_path: Path) -> None:
    patience = replace(QUICK, settled=2.0)
    with scene(tmp_path, owners=(OWNER,), patience=patience, poll_seconds=1) as at:
        connected(at)
        conflict = Refused(409, "Conflict: terminated by other getUpdates request; make sure ...")
        for _ in range(3):
            at.api.fail("getUpdates", conflict)
            at.api.wait(lambda: at.door.state.link == "contested")
            assert at.ask("/version", "venue")
            assert at.door.state.link == "contested"
        connected(at)
        assert sum("another program uses" in each for each in at.said) == 1
        assert sum("is reached again" in each for each in at.said) == 1


@pytest.mark.slow
def test_two_real_instances_are_both_told(tmp_path: Path) -> None:
    with TelegramServer(TelegramApi(TOKEN)) as server:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        with scene(tmp_path / "a", server=server, owners=(OWNER,)) as one:
            connected(one)
            with scene(tmp_path / "b", server=server, owners=(OWNER,)):
                one.api.wait(lambda: any("another program uses" in each for each in one.said))
            connected(one)


def test_a_webhook_somebody_left_is_taken_away(tmp_path: Path) -> None:
    with scene(tmp_path, owners=(OWNER,), poll_seconds=1) as at:
        connected(at)
        at.api.webhook = "https://example.org/hook"
        at.api.wait(lambda: not at.api.webhook)
        connected(at)


@pytest.mark.slow
@pytest.mark.parametrize("status", [500, 502, 504, 404])
def test_a_server_in_trouble_is_waited_out(tmp_path: Path, status: int) -> None:
    with scene(tmp_path, owners=(OWNER,)) as at:
        connected(at)
        at.api.fail("*", Refused(status, "Bad Gateway"), times=6)
        at.store.keep((notice(1, at.clock.now()),))
        at.api.wait(lambda: numbers(at.api) == [1] or status == 404)
        connected(at)


@contextmanager
def logged(path: Path) -> Iterator[io.StringIO]:
    """Everything that is logged, to the run's own log and, unguarded, to memory."""
    handler = start_logging(path, Redactor([TOKEN]), level=logging.DEBUG)
    raw = io.StringIO()
    naked = logging.StreamHandler(raw)
    logging.getLogger().addHandler(naked)
    try:
        yield raw
    finally:
        logging.getLogger().removeHandler(naked)
        stop_logging(handler)


def test_the_token_is_in_no_log_and_on_no_console(tmp_path: Path) -> None:
    secret = TOKEN.partition(":")[2]
    with logged(tmp_path / "log" / "flash.log") as raw, scene(tmp_path, owners=(OWNER,)) as at:
        connected(at)
        at.server.cut()
        at.store.keep((notice(1, at.clock.now()),))
        at.api.wait(lambda: any("cannot be reached" in each for each in at.said))
        at.server.mend()
        at.api.wait(lambda: numbers(at.api) == [1])
        at.api.token = "123456789:withdrawn"
        at.server.cut()
        at.server.mend()
        at.api.wait(lambda: at.door.state.link == "refused")
        said = "\n".join(at.said)
    written = (tmp_path / "log" / "flash.log").read_text()
    assert secret not in written + raw.getvalue() + said


@pytest.mark.slow
def test_kill_9_with_a_full_outbox_loses_nothing(tmp_path: Path) -> None:
    """Killed again and again while it delivers: each fill is told, in order, and at most the
    one that was on its way when it died is told twice."""
    with TelegramServer(TelegramApi(TOKEN)) as server:
        server.api.known_chats.add(OWNER)
        store = NoticeStore(tmp_path / "notices.sqlite", SystemClock())
        store.open()
        store.appear(f"telegram:{OWNER}")
        now = SystemClock().now()
        wish = {"picture": PictureWish(kind=PictureKind.EQUITY)}
        # A picture keeps notices from being joined, so that there is something to interrupt.
        store.keep(tuple(notice(each, now, **wish) for each in range(1, 121)))
        store.close()
        kills = 0
        while len(set(numbers(server.api))) < 120:
            enough = min(len(set(numbers(server.api))) + 30, 120)
            child = start_child(tmp_path, server.base_url)
            try:
                server.api.wait(lambda most=enough: len(set(numbers(server.api))) >= most, 60.0)
            finally:
                child.send_signal(signal.SIGKILL)
                child.wait()
            kills += 1
        told = numbers(server.api)
        assert list(dict.fromkeys(told)) == list(range(1, 121))
        assert repeated(server.api) <= kills


def start_child(directory: Path, base_url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.telegram_child", str(directory), base_url]
    return subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
