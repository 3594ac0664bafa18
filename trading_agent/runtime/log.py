"""Structured lines to a file that only its owner reads. Never called in the hot path.

One JSON object a line: `ts` (UTC, microseconds), `level`, `logger`, `thread`, `event`, then
whatever was given as `extra`, and `trace` for an exception. Every text in it is redacted
before it is written; control characters are escaped, so a line cannot be forged.
"""

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from trading_agent.runtime.redaction import Redactor

LOG_NAME: Final = "log.jsonl"
"""Of a run, in its data directory."""

_TALKATIVE: Final = (
    "alembic",
    "asyncio",
    "httpcore",
    "httpx",
    "numba",
    "openai",
    "telegram",
    "urllib3",
    "uvicorn",
    "uvicorn.access",
    "websocket",
    "websockets",
)
"""They log addresses and headers at INFO; from WARNING on they are wanted."""

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_MEGABYTE: Final = 1_000_000


class _Lines(logging.Formatter):
    """A record as one redacted JSON line."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "ts": moment.isoformat(timespec="microseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "event": _message(record),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(self._clean(line), separators=(",", ":"))

    def _clean(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {self._redactor.redact(str(k)): self._clean(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(item) for item in value]
        return self._redactor.redact(str(value))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # whoever logs has miscounted; the words still matter
        return f"{record.msg} {record.args!r}"


class _PrivateFile(RotatingFileHandler):
    """Rotates by size; every file it makes is readable by its owner alone."""

    failures = 0
    """Lines that could not be written; the log must not take the run with it."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.fchmod(descriptor, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's name
        """The standard answer prints the record, unredacted, to the terminal."""
        self.failures += 1


def start_logging(
    path: Path,
    redactor: Redactor,
    *,
    level: int = logging.INFO,
    megabytes: int = 10,
    files: int = 5,
) -> logging.Handler:
    """Everything logged from now on goes to `path`; `files` old ones of `megabytes` are kept.

    Also sends what kills the main thread there, redacted. Returns the handler for
    `stop_logging`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = _PrivateFile(path, maxBytes=megabytes * _MEGABYTE, backupCount=files)
    handler.setFormatter(_Lines(redactor))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _LastWords(redactor)
    return handler


def stop_logging(handler: logging.Handler) -> None:
    logging.getLogger().removeHandler(handler)
    handler.close()
    sys.excepthook = sys.__excepthook__


class _LastWords:
    """What kills the main thread, to the log and, redacted like it, to the terminal."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(
        self, kind: type[BaseException], death: BaseException, trace: TracebackType | None
    ) -> None:
        logging.getLogger(__name__).critical("died", exc_info=(kind, death, trace))
        text = "".join(traceback.format_exception(kind, death, trace))
        sys.stderr.write(self._redactor.redact(text))
