"""What a start finds in its data directory, and which market it says it trades on."""

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.trade_facts import history, write_journal
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.config.loading import load
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.facts import DeskKilled
from trading_agent.domain.units import Nanos
from trading_agent.flash_trading import JOURNAL_NAME, FlashTradingSystem
from trading_agent.notifications.store import NOTICES_NAME
from trading_agent.run_terms import RunOptions

CONFIG = Path(__file__).resolve().parents[2] / "flash_trading_config.json"
SYNTHETIC = JournalIdentity("embedded", "synthetic")


def system_with(
    environment: Mapping[str, str], folder: Path, said: list[str] | None = None
) -> FlashTradingSystem:
    named = {f"FLASH_TRADING__{name}": value for name, value in environment.items()}
    say = [] if said is None else said
    return FlashTradingSystem(
        load(CONFIG, (), named), RunOptions(data_directory=folder), say.append
    )


def test_a_position_nobody_would_watch_forbids_the_start(tmp_path: Path) -> None:
    path = write_journal(tmp_path / JOURNAL_NAME, history())
    with pytest.raises(ConfigError, match=r"holds a position in BTCUSDC.*symbols"):
        system_with({"SYMBOLS": "ETHUSDC", "EMBEDDED__PAIRS": "ETHUSDC"}, tmp_path).start()
    # Nothing is left running, and nothing was written.
    journal = Journal.open(path, SYNTHETIC, Nanos(1))
    assert len(list(journal.read())) == len(history())
    journal.close()


def test_a_position_valued_in_a_market_that_began_anew_is_said(tmp_path: Path) -> None:
    write_journal(tmp_path / JOURNAL_NAME, history())
    said: list[str] = []
    system = system_with({}, tmp_path, said)
    system.start()
    try:
        assert any("began anew" in words and "BTCUSDC" in words for words in said)
        assert system.status().notes == tuple(words for words in said if "began anew" in words)
    finally:
        assert system.stop() == ()


def test_starting_balances_changed_later_are_said_to_count_for_nothing(tmp_path: Path) -> None:
    write_journal(tmp_path / JOURNAL_NAME, history())
    said: list[str] = []
    richer = {"PORTFOLIO__STARTING_BALANCES__USDC": "50000"}
    system = system_with(richer, tmp_path, said)
    system.start()
    try:
        assert any("began with 10000 USDC" in words for words in said)
    finally:
        assert system.stop() == ()


def test_a_kill_that_outlived_a_crash_is_said(tmp_path: Path) -> None:
    killed = DeskKilled(at=Nanos(history()[-1].at), why="smoke")
    write_journal(tmp_path / JOURNAL_NAME, [*history(), killed])
    said: list[str] = []
    system = system_with({}, tmp_path, said)
    system.start()
    try:
        assert any(
            "the desk stays killed until flash-trading rearm: smoke" in words for words in said
        )
    finally:
        assert system.stop() == ()


@pytest.mark.parametrize(
    ("environment", "identity"),
    [
        ({}, SYNTHETIC),
        ({"VENUE": "mexc"}, JournalIdentity("mexc", "public streams")),
        (
            {"VENUE": "mexc", "MEXC__REST_URL": "http://127.0.0.1:9"},
            JournalIdentity("embedded", "an exchange on this machine"),
        ),
        (
            {"VENUE": "mexc", "MEXC__STREAM_URL": "ws://localhost:9/ws"},
            JournalIdentity("embedded", "an exchange on this machine"),
        ),
    ],
)
def test_a_market_on_this_machine_is_never_taken_for_the_real_one(
    environment: Mapping[str, str], identity: JournalIdentity, tmp_path: Path
) -> None:
    system = system_with(environment, tmp_path)
    assert system.identity == identity
    assert system.simulated is (identity.venue == "embedded")


def test_a_damaged_outbox_keeps_nobody_from_trading_and_is_said(tmp_path: Path) -> None:
    outbox = tmp_path / NOTICES_NAME
    outbox.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64)
    before = outbox.read_bytes()
    said: list[str] = []
    system = system_with({}, tmp_path, said)
    system.start()
    try:
        assert any("nobody is told of anything" in words for words in said)
        assert system.wait(1.0) is None
        names = " ".join(thread.name for thread in threading.enumerate())
        assert "overseer" in names, "the outbox is not its business"
    finally:
        assert system.stop() == ()
    assert outbox.read_bytes() == before, "what may be mended is left as it was"
