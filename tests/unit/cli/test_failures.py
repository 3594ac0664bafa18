"""Errors on the command line: one clear line, and an exit code that means something."""

import pytest

from trading_agent.cli.failures import say_failure
from trading_agent.domain.errors import (
    CommandError,
    ConfigError,
    FeedError,
    InvariantError,
    StorageError,
    TradingError,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("a: b\nc: d"), 2, ["flash-trading: a: b", "flash-trading: c: d"]),
        (StorageError("disk\nfull"), 1, ["flash-trading: disk full"]),
        (Unavailable("gone"), 1, ["flash-trading: gone"]),
        (FeedError("x\x1b[31m\x07y"), 1, ["flash-trading: x\ufffd[31m\ufffdy"]),
        (InvariantError("broken"), 1, ["flash-trading: a fault of this program: broken"]),
        (TradingError(), 1, ["flash-trading: TradingError"]),
    ],
)
def test_an_error_is_said_on_stderr(
    error: TradingError, code: int, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert say_failure(error) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == said


def test_who_mistyped_is_told_where_help_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert say_failure(CommandError("--speed x: give a factor")) == 1
    said, hint = capsys.readouterr().err.splitlines()
    assert said == "flash-trading: --speed x: give a factor"
    assert "--help" in hint
