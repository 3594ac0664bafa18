"""How a failure is told to a person, and to whoever started the command."""

import sys

from trading_agent.domain.errors import CommandError, ConfigError, InvariantError, TradingError
from trading_agent.runtime.exit_codes import ExitCode


def say_failure(error: TradingError) -> int:
    """What went wrong, on stderr; returns the exit code. A ConfigError has a line for each
    thing that is wrong, everything else has one."""
    lines = [_printable(line) for line in str(error).splitlines() if line.strip()]
    if not lines:
        lines = [type(error).__name__]
    if not isinstance(error, ConfigError):
        lines = [" ".join(lines)]
    if isinstance(error, CommandError):
        lines.append("flash-trading --help lists the commands, and --help after one its options")
    if isinstance(error, InvariantError):
        lines[0] = f"a fault of this program: {lines[0]}"
    for line in lines:
        print(f"flash-trading: {line}", file=sys.stderr)
    return int(ExitCode.BAD_CONFIG if isinstance(error, ConfigError) else ExitCode.FAILED)


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)
