"""The unit is sound by systemd's own checks, knows the exit codes, and its command works."""

import shutil
import signal
import socket
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from tests.deploy.served import DEADLINE_SECONDS, PROJECT, installed, served
from tests.unit.scripts.loading import script
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.outage import EXTENSION_SECONDS
from trading_agent.runtime.settings import RuntimeSettings

UNIT = PROJECT / "deploy" / "flash-trading.service"
PLACE = "/opt/flash-trading"
PROGRAM = f"{PLACE}/.venv/bin/flash-trading"
MOST_EXPOSURE = "20"
"""Of 100: below is what systemd calls OK."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def settings() -> dict[str, list[str]]:
    """Every key of the unit with its values, in order."""
    found = defaultdict(list)
    for line in UNIT.read_text().splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


def one(key: str) -> str:
    (value,) = settings()[key]
    return value


def analysed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def installed_unit(folder: Path, text: str) -> Path:
    """As it would lie on a server whose place is this project."""
    there = text.replace(PROGRAM, installed("flash-trading")).replace(
        f"WorkingDirectory={PLACE}", f"WorkingDirectory={PROJECT}"
    )
    unit = folder / UNIT.name
    unit.write_text(there)
    return unit


@needs_systemd
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    found = analysed("verify", str(installed_unit(tmp_path, UNIT.read_text())))
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@needs_systemd
def test_systemd_would_find_a_misspelt_setting(tmp_path: Path) -> None:
    text = UNIT.read_text().replace("WatchdogSec=", "WatchdogSecs=")
    assert "WatchdogSecs" in analysed("verify", str(installed_unit(tmp_path, text))).stderr


@needs_systemd
def test_little_of_the_machine_is_exposed(tmp_path: Path) -> None:
    unit = installed_unit(tmp_path, UNIT.read_text())
    found = analysed("security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", str(unit))
    assert found.returncode == 0, found.stdout
    loose = unit.with_name("loose.service")
    loose.write_text("[Service]\nExecStart=/bin/true\n")
    found = analysed("security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", str(loose))
    assert found.returncode != 0


def test_what_must_not_start_again_does_not() -> None:
    never = {int(code) for code in one("RestartPreventExitStatus").split()}
    assert never == {ExitCode.BAD_CONFIG, ExitCode.KILLED}
    assert one("Restart") == "on-failure"


def test_it_gives_up_as_the_supervisor_does() -> None:
    start = script("start")
    assert int(one("StartLimitBurst")) == start.MOST_RESTARTS + 1
    assert int(one("StartLimitIntervalSec")) == start.HEALTHY_SECONDS


def test_the_program_notices_a_hang_before_its_manager_does() -> None:
    runtime = RuntimeSettings()
    assert (one("Type"), one("NotifyAccess")) == ("notify", "main")
    assert int(one("WatchdogSec")) / 2 > max(runtime.silence_seconds, runtime.hang_seconds)


def test_the_compiler_may_do_its_work() -> None:
    assert "MemoryDenyWriteExecute" not in settings()


def test_only_state_and_cache_are_written() -> None:
    assert one("ProtectSystem") == "strict"
    assert one("DynamicUser") == "yes"
    assert (one("StateDirectory"), one("StateDirectoryMode")) == ("flash-trading", "0700")
    assert "ReadWritePaths" not in settings()
    assert "--data-dir ${STATE_DIRECTORY}" in one("ExecStart")


def test_the_documents_it_names_are_there() -> None:
    place = one("Documentation").removeprefix("file:")
    assert (PROJECT / place.removeprefix(f"{PLACE}/")).is_file()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_its_command_is_ready_alive_and_ends_in_order(tmp_path: Path) -> None:
    state = tmp_path / "state"
    line = one("ExecStart").replace(PROGRAM, installed("flash-trading"))
    command = line.replace("${STATE_DIRECTORY}", str(state)).split()
    environment = {
        "HOME": "/",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "FLASH_TRADING_TRACE": str(tmp_path / "trace.txt"),
        "WATCHDOG_USEC": "2000000",
    }
    with served(command, tmp_path, environment) as it:
        it.hears("READY=1")
        for _ in range(3):
            it.heard.clear()
            it.hears("WATCHDOG=1")
        it.process.send_signal(signal.SIGTERM)
        it.hears("STOPPING=1")
        assert it.process.wait(DEADLINE_SECONDS) == ExitCode.OK, it.output
    assert (state / "journal.sqlite").exists()
    assert not (tmp_path / "trace.txt").exists()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_killed_desk_is_ready_and_alive_too(tmp_path: Path) -> None:
    """Else it would be started again and again, in the belief that it hangs."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "KILL").touch()
    line = one("ExecStart").replace(PROGRAM, installed("flash-trading"))
    command = line.replace("${STATE_DIRECTORY}", str(tmp_path / "state")).split()
    with served(command, tmp_path, {"HOME": "/", "WATCHDOG_USEC": "2000000"}) as it:
        it.hears("READY=1")
        it.heard.clear()
        it.hears("WATCHDOG=1")
        while not any("not trading" in state for state in it.heard):
            it.heard.clear()
            it.hears("WATCHDOG=1")


def test_a_start_that_waits_asks_for_as_long_as_one_that_does_not() -> None:
    minutes = one("TimeoutStartSec").removesuffix("min")
    assert int(minutes) * 60 == EXTENSION_SECONDS


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_exchange_that_is_away_is_waited_for_until_it_is_told_to_end(tmp_path: Path) -> None:
    """Else an outage of a minute would use up the restarts, and the desk would stay down."""
    line = one("ExecStart").replace(PROGRAM, installed("flash-trading"))
    command = line.replace("${STATE_DIRECTORY}", str(tmp_path / "state")).split()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        environment = {
            "HOME": "/",
            "FLASH_TRADING__VENUE": "mexc",
            "FLASH_TRADING__MEXC__REST_URL": f"http://127.0.0.1:{port}",
            "FLASH_TRADING__MEXC__STREAM_URL": f"ws://127.0.0.1:{port}/ws",
        }
        with served(command, tmp_path, environment) as it:
            it.hears_of("EXTEND_TIMEOUT_USEC=")
            assert any("STATUS=the exchange cannot be reached" in state for state in it.heard)
            it.process.send_signal(signal.SIGTERM)
            assert it.process.wait(DEADLINE_SECONDS) == ExitCode.OK, it.output
        assert "stopped: SIGTERM" in it.output
        log = (tmp_path / "state" / "log.jsonl").read_text()
        assert log.count("waiting for it") == 1
