"""A whole run with a phone beside it: paired, asked, told, obeyed, killed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.test_kill_switch import facts_in
from tests.telegram_api.api import Message, TelegramApi
from tests.telegram_api.server import TelegramServer
from trading_agent.domain.facts import DeskKilled, EntriesPaused, EntriesResumed
from trading_agent.domain.order_facts import OrderFilled

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "123456789:AAFakeFakeFakeFakeFakeFakeFakeFakeFake"
SECRET = TOKEN.partition(":")[2]
OWNER = 7
PATIENCE = 120.0


@contextmanager
def running(data: Path, base_url: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "trading_agent", "run", "--headless", "--seed", "11"]
    command += ["--overlay", str(PROJECT / "configs" / "demo.json"), "--data-dir", str(data)]
    environment = {
        **os.environ,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "FLASH_TRADING__TELEGRAM__BASE_URL": base_url,
    }
    with (data / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask(api: TelegramApi, text: str, holds: str) -> Message:
    mark = api.mark()
    api.send(text, OWNER)
    return api.reply(mark, holds, chat=OWNER)


def code_in(data: Path) -> str:
    found = re.search(r"/start\s+([0-9A-Z]{10})", (data / "output.txt").read_text())
    return "" if found is None else found[1]


def paired(api: TelegramApi, data: Path) -> None:
    code = api.wait(lambda: code_in(data), PATIENCE)
    api.wait(lambda: api.polls > 0, PATIENCE)
    ask(api, f"/start {code}", "Paired")


def test_a_phone_pairs_is_told_of_trades_and_is_obeyed(tmp_path: Path) -> None:
    with TelegramServer(TelegramApi(TOKEN)) as server:
        api = server.api
        with running(tmp_path, server.base_url):
            paired(api, tmp_path)
            assert "SIMULATED MARKET" in ask(api, "/status", "Equity").text
            api.wait(lambda: any(isinstance(each, OrderFilled) for each in facts_in(tmp_path)), 90)
            for command, holds in ASKED.items():
                ask(api, command, holds)
            assert ask(api, "/chart BTCUSDC 1m", "BTCUSDC").photo.startswith(b"\x89PNG")
            ask(api, "/pause for lunch", "paused")
            assert any(isinstance(each, EntriesPaused) for each in facts_in(tmp_path))
            question = ask(api, "/resume", "Open for")
            mark = api.mark()
            api.press(question, "Yes", OWNER)
            api.reply(mark, "allowed again")
            assert any(isinstance(each, EntriesResumed) for each in facts_in(tmp_path))
            ask(api, "/kill", "Killed")
            assert any(isinstance(each, DeskKilled) for each in facts_in(tmp_path))
            ask(api, "/status", "Not trading")
        output = (tmp_path / "output.txt").read_text()
        logs = "".join(each.read_text(errors="replace") for each in tmp_path.rglob("*.log*"))
        assert SECRET not in output + logs
        assert not [each for each in api.messages if "broke inside" in each.text]
        assert any(" bought " in each.text for each in api.messages), "entries are told"
        assert any(" closed " in each.text for each in api.messages), "exits are told"


ASKED = {
    "/balance": "Worth together",
    "/why": "BTCUSDC",
    "/signals": "imbalance",
    "/session": "Now",
    "/risk": "exposure",
    "/latency": "tick to decision",
    "/health": "Well",
    "/book BTCUSDC": "bid",
    "/trades": "",
    "/daily": "Together",
    "/stats": "",
    "/strategies": "flash",
    "/set": "threshold",
    "/config": "",
    "/logs 3": "",
    "/report": "",
}
