"""Hangs are real: each happens in a process of its own, which the watchdog must end."""

import subprocess
import sys
from pathlib import Path

import pytest

from trading_agent.runtime.exit_codes import ExitCode, hung, wants_restart

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys, threading
from pathlib import Path
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.watchdog import Watchdog
from trading_agent.runtime.worker import Heartbeats, Stop, Worker

how, trace = sys.argv[1], Path(sys.argv[2])
heartbeats = Heartbeats(SystemClock())
settings = RuntimeSettings(silence_seconds=1.0, hang_seconds=1.0, pulse_ms=50)
if how == "silent":
    settings = settings.model_copy(update={"hang_seconds": 30.0})
told = threading.Event()

def tell(silence):
    print("silent", silence.worker, flush=True)
    told.set()

watchdog = Worker(
    "watchdog", Watchdog(heartbeats, trace, settings, tell).run, restart=None,
    heartbeats=heartbeats,
)

def core(stop: Stop) -> None:
    while not stop.wait(0.05):
        if how == "silent":
            threading.Event().wait()
        if how == "holding the lock":
            int("7" * 3_000_000)

sys.set_int_max_str_digits(0)
heartbeats.expect("core", 5.0 if how == "well" else 1.0, critical=True)
heartbeats.expect("telegram", 0.2, critical=False)
worker = Worker("core", core, restart=None, heartbeats=heartbeats)
watchdog.start()
assert told.wait(20.0)
worker.start()
if how == "well":
    assert worker.stop(5.0)
    assert watchdog.stop(5.0)
else:
    worker.join(60.0)
"""


def run(how: str, trace: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, how, str(trace)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_vital_thread_that_falls_silent_ends_the_process(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    done = run("silent", trace)
    assert done.returncode == ExitCode.RESTART, done.stderr
    assert "silent core" in done.stdout
    text = trace.read_text()
    assert text.startswith("core has been silent for")
    assert "in core" in text
    assert trace.stat().st_mode & 0o777 == 0o600


def test_a_hang_that_holds_the_interpreter_is_ended_and_can_be_told(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    done = run("holding the lock", trace)
    assert done.returncode == ExitCode.FAILED, done.stderr
    assert hung(trace)
    assert wants_restart(done.returncode, trace)
    assert "in core" in trace.read_text()


def test_an_orderly_end_leaves_no_trace_and_a_minor_silence_only_a_word(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text("from an earlier death")
    done = run("well", trace)
    assert done.returncode == ExitCode.OK, done.stderr
    assert done.stdout.count("silent telegram") == 1
    assert not trace.exists()
    assert trace.with_name("trace.last").read_text() == "from an earlier death"
    assert not wants_restart(done.returncode, trace)


@pytest.mark.parametrize("code", [ExitCode.BAD_CONFIG, ExitCode.OK, ExitCode.FAILED])
def test_ordinary_ends_are_not_started_again(code: ExitCode, tmp_path: Path) -> None:
    assert not wants_restart(code, tmp_path / "trace")
