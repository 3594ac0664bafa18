"""The door against somebody else's Bot API, so that ours is not the only judge."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.telegram_api.api import TelegramApi
from tests.telegram_api.second_opinion import install, second_opinion
from tests.telegram_desk import OWNER, TOKEN, scene
from trading_agent.domain.commands import CloseAll
from trading_agent.domain.units import SECOND
from trading_agent.notifications.notice import Lane, Notice, Topic
from trading_agent.runtime.clock import SystemClock


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_another_bot_api_hears_and_is_heard_too(tmp_path: Path) -> None:
    install(tmp_path / "npm")
    with second_opinion(tmp_path / "npm", TOKEN) as other:
        there: Any = SimpleNamespace(base_url=other.base_url, api=TelegramApi(TOKEN))
        # Its updates bear no time that could be compared.
        age = SystemClock().now() // SECOND
        with scene(tmp_path, server=there, owners=(OWNER,), stale_seconds=3_600) as at:
            at.clock.skip(-age * SECOND)
            other.send(OWNER, "/status")
            assert "SIMULATED" in other.answer("Equity")["message"]["text"]
            other.send(OWNER, "/daily 3")
            other.answer("Together")
            other.send(OWNER, "/closeall")
            question = other.answer("Open for")
            rows = question["message"]["reply_markup"]["inline_keyboard"]
            other.press(OWNER, question, rows[0][0]["callback_data"])
            assert other.answer("being closed")["messageId"] == question["messageId"]
            assert [type(each) for each in at.desk.heard] == [CloseAll]
            told = Notice(
                key="f1:fill",
                at=at.clock.now(),
                topic=Topic.FILL,
                lane=Lane.FILLS,
                html="a <b>fill</b> &amp; more",
                plain="a fill & more",
            )
            at.store.keep((told,))
            other.answer("a <b>fill</b> &amp; more")
