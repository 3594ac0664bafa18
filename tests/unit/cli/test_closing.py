"""What a run says at its end."""

import json

import pytest

from tests.run_statuses import busy_snapshot, run_status
from trading_agent.cli.closing import closing_line
from trading_agent.cli.run_log import log_end
from trading_agent.runtime.crew import End
from trading_agent.runtime.exit_codes import ExitCode


def test_the_closing_object_is_one_line_with_what_is_added() -> None:
    line = closing_line(run_status(busy_snapshot()), "duration", {"start_s": 1.5})
    assert line.count("\n") == 1
    document = json.loads(line)
    assert (document["exit_reason"], document["start_s"]) == ("duration", 1.5)


def test_a_run_that_released_nothing_says_nothing_and_keeps_its_exit_code(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An error instead would hide that it asks to be started again."""
    nothing = run_status(None)
    assert closing_line(nothing, "the journal failed", {}) == ""
    with caplog.at_level("INFO"):
        log_end(End(ExitCode.RESTART, "the journal failed"), nothing)
    assert "the journal failed" in caplog.text
