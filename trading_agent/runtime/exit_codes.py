"""How the process ends, for whoever starts it: `scripts/start.py`, systemd, a person.

A hang that holds the interpreter's lock can only be ended by `faulthandler`, whose exit
status is always 1. The watchdog therefore keeps a file that is empty while all is well and
holds the tracebacks after such a death; an orderly end removes it. A supervisor asks
`wants_restart`, which knows both marks.
"""

import signal
from enum import IntEnum
from pathlib import Path
from typing import Final


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1
    """An error that starting again would meet again."""
    BAD_CONFIG = 2
    """The configuration or a data directory does not allow a start."""
    RESTART = 75
    """A vital part died or fell silent: start again, the journal knows the rest."""
    KILLED = 80
    """A kill was not answered in time; the process was ended, and is not started again."""
    INTERRUPTED = 130
    """A person pressed Ctrl-C a second time."""


_DELIBERATE: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})


def hung(trace: Path) -> bool:
    """Whether the watchdog left tracebacks behind."""
    try:
        return trace.stat().st_size > 0
    except FileNotFoundError:
        return False


def wants_restart(status: int, trace: Path) -> bool:
    """Whether the process should be started again.

    `status` as `subprocess` gives it: negative for a signal. Death by a signal nobody
    sends on purpose (a crash, out of memory) is restarted; an interrupt is not.
    """
    if status < 0:
        return -status not in _DELIBERATE
    return status == ExitCode.RESTART or (status == ExitCode.FAILED and hung(trace))
