"""The last lines of the run's log, for a door: `runtime.door_ports.LogPort`."""

import json
from datetime import datetime
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import MICROSECOND, Nanos
from trading_agent.runtime.door_ports import LogLine

_LOOK_BACK: Final = 512 * 1024
"""Bytes of the file that are looked through for what people want to read."""
_MICROSECONDS: Final = 1_000_000


class LogTail:
    """Reads the file that `runtime.log` writes: it is redacted already. Facts are left out: they
    are told as messages, and would crowd out everything else."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def tail(self, count: int) -> tuple[LogLine, ...]:
        """The newest last. StorageError when the log cannot be read."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(size - _LOOK_BACK, 0))
                text = file.read()
        except OSError as error:
            raise StorageError(f"the log cannot be read: {error.strerror}") from error
        found = (_line(each) for each in text.splitlines())
        lines = tuple(line for line in found if line is not None)
        return lines[-count:] if count > 0 else ()


def _line(text: bytes) -> LogLine | None:
    """None for a fact, and for the piece of a line at which reading began."""
    try:
        document = json.loads(text)
        if "fact" in document:
            return None
        at = datetime.fromisoformat(document["ts"])
        return LogLine(
            at=Nanos(round(at.timestamp() * _MICROSECONDS) * MICROSECOND),
            level=document["level"],
            logger=document["logger"],
            words=document["event"],
        )
    except (ValueError, KeyError, TypeError):
        return None
