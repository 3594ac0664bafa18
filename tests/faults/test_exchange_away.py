"""The exchange is away when a run begins: the desk waits for it instead of staying down."""

import socket
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.fake_mexc_market import instrument, rules_of
from tests.fake_mexc_rest import FakeRest, fake_rest, reply
from tests.trade_facts import history, write_journal
from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.config.loading import load
from trading_agent.domain.errors import ConfigError
from trading_agent.flash_trading import JOURNAL_NAME, FlashTradingSystem
from trading_agent.run_terms import RunOptions
from trading_agent.runtime.crew import End
from trading_agent.runtime.exit_codes import ExitCode

CONFIG = Path(__file__).resolve().parents[2] / "flash_trading_config.json"
WAITING = "waiting for it"


@pytest.fixture
def nowhere() -> Iterator[str]:
    """A URL nobody listens at, and nobody else can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


class Begun:
    """A system on an exchange of this machine; `on_outage` is called when it begins to wait."""

    def __init__(self, rest: str, streams: str, folder: Path, **more: str) -> None:
        self.said: list[str] = []
        self.on_outage = lambda: None
        environment: Mapping[str, str] = {
            "VENUE": "mexc",
            "SYMBOLS": "BTCUSDC",
            "MEXC__REST_URL": rest,
            "MEXC__STREAM_URL": f"ws://{streams}/ws",
            "MEXC__ATTEMPTS": "1",
            "MEXC__EXPECT_ZERO_FEE": "false",
            **more,
        }
        named = {f"FLASH_TRADING__{name}": value for name, value in environment.items()}
        options = RunOptions(data_directory=folder)
        self.system = FlashTradingSystem(load(CONFIG, (), named), options, self._hear)

    def _hear(self, words: str) -> None:
        self.said.append(words)
        if WAITING in words:
            self.on_outage()

    @property
    def outages(self) -> int:
        return sum(WAITING in words for words in self.said)


@pytest.mark.slow
def test_a_signal_ends_the_waiting_in_order(tmp_path: Path, nowhere: str) -> None:
    it = Begun(f"http://{nowhere}", nowhere, tmp_path)
    it.on_outage = lambda: it.system.end("SIGTERM")
    assert it.system.start() == End(ExitCode.OK, "SIGTERM")
    assert it.outages == 1
    assert not (tmp_path / JOURNAL_NAME).exists()


@pytest.mark.slow
def test_the_desk_opens_when_the_exchange_is_there_again(tmp_path: Path, nowhere: str) -> None:
    with fake_rest() as rest:
        away(rest)
        it = Begun(rest.url, nowhere, tmp_path)
        assert it.system.start() is None
        assert it.system.stop() == ()
    assert it.outages == 1
    connection = sqlite3.connect(tmp_path / JOURNAL_NAME)
    (kind,) = connection.execute("SELECT kind FROM facts WHERE sequence = 1").fetchone()
    connection.close()
    assert kind == "DeskOpened"


def away(rest: FakeRest) -> None:
    """For the first two questions."""
    down = reply({"msg": "maintenance"}, 503)
    rules = reply({"symbols": [rules_of(instrument("BTCUSDC"))]})
    rest.script(RestPath.EXCHANGE_INFO, down, down, rules)
    rest.script(RestPath.DEFAULT_SYMBOLS, reply({"code": 0, "data": ["BTCUSDC"]}))


def test_what_waiting_would_not_mend_is_said_at_once(tmp_path: Path, nowhere: str) -> None:
    write_journal(tmp_path / JOURNAL_NAME, history())
    it = Begun(f"http://{nowhere}", nowhere, tmp_path)
    with pytest.raises(ConfigError, match="belongs to 'embedded'"):
        it.system.start()
    empty = tmp_path / "empty"
    empty.mkdir()
    it = Begun(f"http://{nowhere}", nowhere, empty, RECORDS__URL="mysql://host/desk")
    with pytest.raises(ConfigError, match="postgresql"):
        it.system.start()
    assert it.outages == 0
    assert threading.active_count() == 1
