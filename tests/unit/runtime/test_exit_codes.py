import signal
from pathlib import Path

import pytest

from trading_agent.runtime.exit_codes import ExitCode, hung, wants_restart


@pytest.mark.parametrize(
    ("status", "again"),
    [
        (0, False),
        (1, False),
        (2, False),
        (75, True),
        (80, False),
        (130, False),
        (-signal.SIGKILL, True),
        (-signal.SIGSEGV, True),
        (-signal.SIGTERM, False),
        (-signal.SIGINT, False),
    ],
)
def test_only_deaths_nobody_wished_for_are_started_again(
    status: int, again: bool, tmp_path: Path
) -> None:
    assert wants_restart(status, tmp_path / "trace") is again


def test_status_one_is_started_again_when_the_watchdog_left_tracebacks(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text("")
    assert not hung(trace)
    assert not wants_restart(1, trace)
    trace.write_text("Timeout (0:00:08)!\n")
    assert wants_restart(1, trace)
    assert not wants_restart(ExitCode.BAD_CONFIG, trace)
