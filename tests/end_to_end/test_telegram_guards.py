"""Who is heard, and who is not: strangers, wrong chats, stolen and forged buttons, floods,
hostile text, commands that come too late or twice."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.telegram_api.api import TelegramApi
from tests.telegram_api.server import TelegramServer
from tests.telegram_desk import (
    OWNER,
    PEOPLE,
    STRANGER,
    TOKEN,
    TRADER,
    Scene,
    desk_snapshot,
    scene,
)
from trading_agent.domain.commands import Kill, PauseEntries
from trading_agent.domain.units import SECOND
from trading_agent.notifications.notice import Topic


def after_all(at: Scene) -> None:
    """When this is answered, everything sent before it was worked through."""
    at.ask("/version", "1.2.3", TRADER)


def test_a_stranger_hears_nothing_and_the_people_of_the_desk_once(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        for text in ("/start", "/status", "/kill", "hello", "/help") * 4:
            at.api.send(text, STRANGER, name="<b>Mallory</b>")
        at.api.wait(lambda: at.door.state.strangers == 20)
        told = at.api.reply(0, "a stranger", chat=OWNER)
        assert "<b>Mallory</b> (666)" in told.text
        after_all(at)
        assert not [each for each in at.api.messages if each.chat == STRANGER]
        assert sum("stranger" in each.text for each in at.api.messages) == len(PEOPLE)
        assert not at.desk.heard


def test_people_of_the_desk_are_strangers_in_groups_that_are_not_on_the_list(
    tmp_path: Path,
) -> None:
    with scene(tmp_path, groups=(-200,), **PEOPLE) as at:
        at.api.send("/pause", OWNER, chat=-100)
        at.api.send("/kill", OWNER, chat=-100)
        at.api.send("/pause", OWNER, chat=555, type="private")
        after_all(at)
        assert not at.desk.heard
        assert at.door.state.strangers == 3
        mark = at.api.mark()
        at.api.send("/status@desk_bot", OWNER, chat=-200)
        assert at.api.reply(mark, "Trading", chat=-200)
        at.api.send("/subscribe fill off", OWNER, chat=-200)
        assert at.api.reply(mark, "private chats alone", chat=-200)
        for text in ("hello", "what now?", "/kill@another_bot", "/pause@another_bot"):
            at.api.send(text, OWNER, chat=-200)
        after_all(at)
        assert at.door.state.strangers == 3
        at.api.send("/pause", STRANGER, chat=-200)
        after_all(at)
        assert not at.desk.heard


def test_a_stolen_button_does_nothing_and_stays_its_owners(tmp_path: Path) -> None:
    with scene(tmp_path, groups=(-200,), **PEOPLE) as at:
        mark = at.api.mark()
        at.api.send("/closeall", OWNER, chat=-200)
        question = at.api.reply(mark, "Open for", chat=-200)
        for thief in (STRANGER, TRADER):
            at.api.press(question, "Yes", thief)
        at.api.wait(lambda: any("somebody else" in each["text"] for each in at.api.bells))
        after_all(at)
        assert not at.desk.heard
        at.api.press(question, "Yes", OWNER)
        at.api.wait(lambda: at.desk.heard)


def test_a_double_tap_and_a_replay_do_it_once(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        question = at.ask("/closeall", "Open for")
        at.api.press(question, "Yes", times=2)
        at.api.wait(lambda: any("not open any more" in each["text"] for each in at.api.bells))
        data = question.buttons[0][0]["callback_data"] if question.buttons else "y:gone"
        at.api.press_data(question, data, OWNER)
        at.api.press_data(question, "y:" + "A" * 16, OWNER)
        at.api.press_data(question, "y:", OWNER)
        after_all(at)
        assert len(at.desk.heard) == 1


def test_no_answer_in_time_means_no(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        question = at.ask("/closeall", "Open for 60 s")
        at.clock.skip(61 * SECOND)
        mark = at.api.mark()
        at.api.press(question, "Yes")
        at.api.wait(lambda: any("Too late" in each["text"] for each in at.api.bells))
        closed = at.api.reply(mark, "Too late")
        assert (closed.number, closed.buttons) == (question.number, [])
        after_all(at)
        assert not at.desk.heard


def test_a_restart_forgets_every_question(tmp_path: Path) -> None:
    with TelegramServer(TelegramApi(TOKEN)) as server:
        with scene(tmp_path, server=server, **PEOPLE) as at:
            question = at.ask("/closeall", "Open for")
        with scene(tmp_path, server=server, **PEOPLE) as at:
            at.api.press(question, "Yes", OWNER)
            at.api.wait(lambda: any("not open any more" in each["text"] for each in at.api.bells))
            assert not at.desk.heard


@pytest.mark.parametrize(
    "data", ["/pause", "/kill", "@1 /kill", "/stop now", "@9999999 /pause", "/subscribe"]
)
def test_what_is_done_at_once_cannot_be_pressed(tmp_path: Path, data: str) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        answer = at.ask("/status", "Equity")
        at.api.press_data(answer, data, OWNER)
        after_all(at)
        assert not [each for each in at.desk.heard if isinstance(each, PauseEntries)]
        assert not [each for each in at.desk.heard if isinstance(each, Kill)]


def test_an_update_is_carried_out_once_over_restarts(tmp_path: Path) -> None:
    with TelegramServer(TelegramApi(TOKEN)) as server:
        with scene(tmp_path, server=server, **PEOPLE) as at:
            number = at.api.send("/pause", OWNER)
            at.api.wait(lambda: at.desk.heard)
            again = {
                "message": {
                    "message_id": 2,
                    "date": at.clock.now() // SECOND,
                    "chat": {"id": OWNER, "type": "private"},
                    "from": {"id": OWNER, "is_bot": False, "first_name": "Anna"},
                    "text": "/pause",
                }
            }
            at.api.push_again(number, again)
            after_all(at)
            assert len(at.desk.heard) == 1
        with scene(tmp_path, server=server, **PEOPLE) as at:
            at.api.push_again(number, again)
            after_all(at)
            assert not at.desk.heard


def test_what_comes_too_late_is_dropped_with_a_notice_but_a_kill_is_not(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        mark = at.api.mark()
        for text in ("/pause", "/closeall", "/status"):
            at.api.send(text, OWNER, ago=300)
        assert "not carried out" in at.api.reply(mark, "late").text
        at.api.send("/kill", OWNER, ago=300)
        at.api.wait(lambda: at.desk.heard)
        after_all(at)
        assert [type(each) for each in at.desk.heard] == [Kill]


def test_when_the_disk_fails_nothing_is_carried_out_but_a_kill(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        after_all(at)
        at.store.close()
        assert "nothing is carried out but /kill" in at.ask("/pause", "disk").text
        at.api.send("/status", STRANGER)
        at.ask("/kill", "Killed")
        assert [type(each) for each in at.desk.heard] == [Kill]


def test_a_kill_goes_before_what_came_with_it(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        at.server.cut()
        for text in ("/pause", "/pause", "/kill"):
            at.api.send(text, OWNER)
        at.server.mend()
        at.api.wait(lambda: len(at.desk.heard) == 3)
        assert isinstance(at.desk.heard[0], Kill)


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


def test_a_flood_of_a_stranger_costs_next_to_nothing(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        after_all(at)
        for _ in range(500):
            at.api.send("/closeall", STRANGER)
        at.api.wait(lambda: at.door.state.strangers == 500)
        began = time.monotonic()
        assert "Equity" in at.ask("/status", "Equity").text
        assert time.monotonic() - began < 2.0
        assert not [each for each in at.api.messages if each.chat == STRANGER]


def test_a_flood_of_the_owner_is_told_once_and_the_kill_is_heard(tmp_path: Path) -> None:
    with scene(tmp_path, command_burst=10, commands_per_minute=60, **PEOPLE) as at:
        after_all(at)
        mark = at.api.mark()
        for _ in range(200):
            at.api.send("/pause", OWNER)
        at.api.send("/kill", OWNER)
        at.api.wait(lambda: any(isinstance(each, Kill) for each in at.desk.heard))
        at.api.reply(mark, "Too many commands", chat=OWNER)
        after_all(at)
        assert 10 <= sum(isinstance(each, PauseEntries) for each in at.desk.heard) <= 20
        assert sum("Too many" in each.text for each in at.api.messages) == 1


HOSTILE = (
    "<b>unclosed & <script>alert(1)</script>",
    "_*[]()~`>#+-=|{}.!<&",
    "\u202egnp.exe\u200b\u200d\u2066",
    "null\0byte and \x1b[31mred",
    "🤖" * 2_000,
    "a" * 1_000_000,
    "&lt;i&gt; &#x0; &notanentity;",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_as_text_or_not_at_all(tmp_path: Path, text: str) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        at.logs.lines[:] = [text, text]
        at.desk.shown = desk_snapshot(trading=False, why_not_trading=text)
        for command in ("/status", "/logs", "/why", f"/status {text}", f"/{text}", text):
            mark = at.api.mark()
            at.api.send(command, OWNER)
            answer = at.api.reply(mark, "SIMULATED", chat=OWNER)
            assert "\u202e" not in answer.text
            assert "\0" not in answer.text
            assert "broke inside" not in answer.text
        at.ask(f"/pause {text}", "paused")
        assert len(at.desk.heard) == 1


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"message": None},
        {"message": {"message_id": "x", "chat": {"id": OWNER}}},
        {"message": {"message_id": 1, "chat": {"id": OWNER, "type": "private"}, "text": "/kill"}},
        {"message": {"message_id": 1, "chat": {"id": OWNER, "type": "private"}, "from": 7}},
        {"callback_query": {"id": "1", "from": {"id": OWNER}, "data": "/kill"}},
        {"callback_query": {"id": 1, "from": {"id": OWNER}, "data": 7}},
        {"edited_message": "text"},
        {"channel_post": {"message_id": 1, "chat": {"id": OWNER, "type": "channel"}}},
        {"inline_query": {"id": "1", "from": {"id": OWNER}, "query": "/kill", "offset": ""}},
        {"my_chat_member": {"from": {"id": OWNER}}},
        {"something_new": [[[[]]]]},
    ],
    ids=lambda update: json.dumps(update)[:40],
)
def test_updates_of_other_kinds_are_counted_and_do_nothing(
    tmp_path: Path, update: dict[str, Any]
) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        at.api.push(update)
        after_all(at)
        assert not at.desk.heard
        assert {each.chat for each in at.api.messages} == {TRADER}


def test_a_message_of_an_edit_a_channel_or_a_bot_is_not_heard(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        chat = {"id": OWNER, "type": "private"}
        person = {"id": OWNER, "is_bot": False, "first_name": "Anna"}
        kill = {"message_id": 5, "date": 1, "chat": chat, "from": person, "text": "/kill"}
        at.api.push({"edited_message": kill})
        at.api.push({"message": {**kill, "sender_chat": {"id": -5, "type": "channel"}}})
        at.api.push({"message": {**kill, "from": {**person, "is_bot": True}}})
        at.api.push({"message": {**kill, "forward_origin": {"type": "user"}, "forward_date": 1}})
        at.api.push({"message": {**kill, "via_bot": {**person, "is_bot": True}}})
        after_all(at)
        assert not at.desk.heard


def test_what_a_person_subscribes_to_is_kept(tmp_path: Path) -> None:
    with scene(tmp_path, **PEOPLE) as at:
        at.ask("/subscribe signal btc on warning", "signal of BTCUSDC")
        wishes = at.store.wishes.of(f"telegram:{OWNER}")
        assert [(each.topic, each.symbol) for each in wishes] == [(Topic.SIGNAL, "BTCUSDC")]
        assert not at.store.wishes.of(f"telegram:{TRADER}")
