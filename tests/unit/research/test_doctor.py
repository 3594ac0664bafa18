"""The doctor finds what is wrong with a machine, and does not wait for what never answers."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

from tests.fake_mexc_rest import FakeRest, Reply, fake_rest, reply
from tests.fake_mexc_streams import FakeStreams, refuse
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.domain.errors import FeedError
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.research.doctor import (
    Finding,
    Patient,
    examine,
    judge_clock,
    look_at_data_directory,
    look_at_disk,
    look_at_exchange,
    look_at_python,
    look_at_secrets,
)
from trading_agent.research.stream_trial import try_streams
from trading_agent.runtime.clock import SystemClock

SYMBOLS = ("BTCUSDC", "ETHUSDC")


def patient(tmp_path: Path, **changes: Any) -> Patient:
    given: dict[str, Any] = {
        "symbols": SYMBOLS,
        "data_directory": tmp_path / "var",
        "secrets_file": tmp_path / ".env",
        "environment": {},
        "mexc": MexcSettings(),
        "embedded": EmbeddedSettings(),
    }
    return Patient(**given | changes)


@contextmanager
def streams() -> Iterator[FakeStreams]:
    fake = FakeStreams()
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()


def unheard_port() -> int:
    """A port that nobody listens on."""
    with create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def by_subject(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_a_machine_with_the_embedded_exchange_is_well(tmp_path: Path) -> None:
    findings = by_subject(examine(patient(tmp_path)))
    assert list(findings) == [
        *("Python", "disk", "data directory", "secrets", "embedded exchange"),
        *("REST", "pairs", "clock", "streams"),
    ]
    assert [finding.mend for finding in findings.values() if not finding.well] == []
    assert "SIMULATED MARKET" in findings["embedded exchange"].words
    assert "this machine's own" in findings["clock"].words
    assert "answered a ping" in findings["streams"].words


def test_a_pair_without_a_simulated_market_is_told(tmp_path: Path) -> None:
    findings = list(examine(patient(tmp_path, symbols=("BTCUSDC", "XYZUSDC"))))
    assert findings[-1].words == "has no market for XYZUSDC"
    assert "BTCUSDC" in findings[-1].mend


def test_an_exchange_that_nobody_can_reach_fails_fast_and_says_what_to_do() -> None:
    port = unheard_port()
    settings = MexcSettings(
        rest_url=f"http://127.0.0.1:{port}", stream_url=f"ws://127.0.0.1:{port}/ws"
    )
    findings = by_subject(look_at_exchange(settings, SYMBOLS))
    assert [finding.well for finding in findings.values()] == [False] * 4
    assert "network, firewall, DNS" in findings["REST"].mend
    assert findings["pairs"].mend == findings["clock"].mend == "mend REST first"
    assert "127.0.0.1" in findings["streams"].words


@pytest.mark.slow
def test_an_exchange_that_accepts_and_never_answers_is_not_waited_for() -> None:
    with fake_rest() as rest, create_server(("127.0.0.1", 0)) as silent:
        rest.script("/api/v3/ping", Reply(hang=True))
        stream_url = f"ws://127.0.0.1:{silent.getsockname()[1]}/ws"
        settings = MexcSettings(rest_url=rest.url, stream_url=stream_url)
        clock = SystemClock()
        began = clock.monotonic()
        findings = by_subject(look_at_exchange(settings, SYMBOLS))
        assert clock.monotonic() - began < 15 * SECOND
    assert not any(finding.well for finding in findings.values())


def test_too_many_requests_and_a_refusal_are_told_apart() -> None:
    with fake_rest() as fake, streams() as streaming:
        fake.script("/api/v3/ping", reply({"code": 429, "msg": "slow down"}, 429))
        findings = by_subject(look_at_exchange(settings_of(fake, streaming), SYMBOLS))
        assert "too many requests" in findings["REST"].mend
        fake.script("/api/v3/ping", reply({"code": 403, "msg": "no"}, 403))
        findings = by_subject(look_at_exchange(settings_of(fake, streaming), SYMBOLS))
        assert "another network" in findings["REST"].mend
        assert findings["streams"].well


def settings_of(rest: FakeRest, streaming: FakeStreams) -> MexcSettings:
    return MexcSettings(rest_url=rest.url, stream_url=streaming.url)


def test_a_refused_subscription_and_a_silent_exchange_are_told() -> None:
    with fake_rest() as rest, streams() as streaming:
        rest.script("/api/v3/ping", reply({}))
        streaming.policy = refuse
        findings = by_subject(look_at_exchange(settings_of(rest, streaming), SYMBOLS))
        assert "refused" in findings["streams"].words

        settings = MexcSettings(stream_url=streaming.url, subscribe_timeout_seconds=0.3)
        for policy, pings, missing in (
            (lambda _channel, _request: None, True, "the subscription was not answered"),
            (None, False, "the ping was not answered"),
        ):
            streaming.policy = policy or grant_all
            streaming.answers_pings = pings
            with pytest.raises(Exception, match=missing):
                try_streams(settings, "BTCUSDC", SystemClock())


def grant_all(channel: str, request: int) -> str:
    return f'{{"id":{request},"code":0,"msg":"{channel}"}}'


def test_something_that_is_no_exchange_is_not_believed() -> None:
    with fake_rest() as rest:
        rest.script("/ws", reply({}, 200))
        stream_url = rest.url.replace("http", "ws") + "/ws"
        settings = MexcSettings(stream_url=stream_url)
        with pytest.raises(FeedError, match="unreachable"):
            try_streams(settings, "BTCUSDC", SystemClock())


@pytest.mark.parametrize(
    ("offset", "well"),
    [(0, True), (-999 * MILLISECOND, True), (1_001 * MILLISECOND, False), (-2 * SECOND, False)],
)
def test_a_clock_may_be_a_second_off_at_most(offset: int, well: bool) -> None:
    finding = judge_clock(Nanos(offset))
    assert finding.well is well
    assert f"{offset // MILLISECOND:+d} ms" in finding.words


def test_this_python_is_new_enough() -> None:
    finding = look_at_python()
    assert finding.well
    assert finding.words.startswith(sys.version.split()[0])


def test_a_full_disk_is_found(tmp_path: Path) -> None:
    assert look_at_disk(tmp_path / "not" / "yet", least=1).well
    full = look_at_disk(tmp_path, least=1 << 62)
    assert not full.well
    assert "make room" in full.mend


def test_a_data_directory_is_tried_without_being_made(tmp_path: Path) -> None:
    assert look_at_data_directory(tmp_path).words == f"{tmp_path} can be written"
    finding = look_at_data_directory(tmp_path / "var" / "x")
    assert finding.well
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    blocked = look_at_data_directory(tmp_path / "file" / "var")
    assert not blocked.well
    assert "Not a directory" in blocked.words


def test_secrets_that_others_can_read_are_found_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert "fine on paper" in look_at_secrets(file, {}).words
    file.write_text("TELEGRAM_BOT_TOKEN=very-hidden\n")
    file.chmod(0o600)
    finding = look_at_secrets(file, {"OPENROUTER_API_KEY": "also-hidden"})
    assert finding.well
    assert finding.words.endswith("set: OPENROUTER_API_KEY, TELEGRAM_BOT_TOKEN")
    assert "hidden" not in finding.words
    file.chmod(0o644)
    open_to_all = look_at_secrets(file, {})
    assert not open_to_all.well
    assert "chmod 600" in open_to_all.words
