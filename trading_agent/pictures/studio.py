"""Has pictures drawn by a process of its own, so that no drawing ever holds up the desk.

The process starts with the first wish, ends when nobody wishes any more, and is replaced when it
dies, hangs or has grown. Nothing of matplotlib is loaded here.
"""

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import CommandError
from trading_agent.pictures.settings import PictureSettings
from trading_agent.pictures.wire import DRAWN, HEAD, LARGEST, Answer, asked
from trading_agent.runtime.picture_ports import PictureData

_PACKAGE: Final = Path(__file__).resolve().parents[2]
_PASSED_ON: Final = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "VIRTUAL_ENV")
"""Nothing else of our environment: secrets live there."""
_ENDING_SECONDS: Final = 2.0
_TRIES: Final = 2


class _Gone(Exception):
    """The process has ended, or speaks nonsense."""


class Studio:
    """Any thread may wish; one picture is drawn at a time."""

    def __init__(self, settings: PictureSettings, cache: Path) -> None:
        """`cache`: a directory of our own, for what matplotlib finds out about fonts."""
        self._settings = settings
        self._cache = cache
        self._guard = threading.Lock()  # guards _easel
        self._easel: subprocess.Popen[bytes] | None = None

    def draw(self, data: PictureData, timeout: float | None = None) -> bytes:
        """A PNG. `timeout` in seconds. CommandError: none could be drawn, with words for a
        person."""
        ends = time.monotonic() + (self._settings.timeout_seconds if timeout is None else timeout)
        if not self._guard.acquire(timeout=max(ends - time.monotonic(), 0.0)):
            raise CommandError("other pictures are being drawn: try again in a moment")
        try:
            return self._drawn(asked(data), ends)
        finally:
            self._guard.release()

    def close(self) -> None:
        """Ends the process; a later wish starts another."""
        with self._guard:
            self._end()

    def _drawn(self, wish: bytes, ends: float) -> bytes:
        for _ in range(_TRIES):
            try:
                answer = self._ask(self._ready(), wish, ends)
            except TimeoutError as error:
                self._end()
                raise CommandError("the picture took too long to draw: try again") from error
            except (_Gone, OSError):
                # It had ended, or has died of this: a fresh one may do it.
                self._end()
                continue
            if answer.word == DRAWN:
                return answer.content
            raise CommandError(f"the picture cannot be drawn: {answer.content.decode()}")
        raise CommandError("the process that draws pictures died of it")

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._easel is None or self._easel.poll() is not None:
            self._end()
            self._easel = self._start()
        return self._easel

    def _start(self) -> subprocess.Popen[bytes]:
        settings = self._settings
        try:
            self._cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "trading_agent.pictures.easel",
                    str(settings.idle_seconds),
                    str(settings.most_mebibytes),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(os.environ, self._cache),
                bufsize=0,
                # Of a group of its own: Ctrl-C at the terminal is not meant for it.
                process_group=0,
            )
        except OSError as error:
            raise CommandError(f"no process that draws can be started: {error.strerror}") from error

    def _ask(self, easel: subprocess.Popen[bytes], wish: bytes, ends: float) -> Answer:
        assert easel.stdin is not None
        assert easel.stdout is not None
        _write(easel.stdin.fileno(), wish, ends)
        reading = easel.stdout.fileno()
        word, length = HEAD.unpack(_read(reading, HEAD.size, ends))
        if length > LARGEST:
            raise _Gone
        return Answer(word, _read(reading, length, ends))

    def _end(self) -> None:
        easel, self._easel = self._easel, None
        if easel is None:
            return
        easel.kill()
        for pipe in (easel.stdin, easel.stdout):
            if pipe is not None:
                pipe.close()
        easel.wait(_ENDING_SECONDS)


def _environment(ours: Mapping[str, str], cache: Path) -> dict[str, str]:
    passed = {name: ours[name] for name in _PASSED_ON if name in ours}
    return passed | {
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(cache),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(_PACKAGE),
    }


def _write(pipe: int, content: bytes, ends: float) -> None:
    os.set_blocking(pipe, False)
    left = memoryview(content)
    while left:
        _wait(pipe, ends, writing=True)
        left = left[os.write(pipe, left[:65_536]) :]


def _read(pipe: int, size: int, ends: float) -> bytes:
    found = bytearray()
    while len(found) < size:
        _wait(pipe, ends, writing=False)
        piece = os.read(pipe, min(size - len(found), 1 << 20))
        if not piece:
            raise _Gone
        found += piece
    return bytes(found)


def _wait(pipe: int, ends: float, *, writing: bool) -> None:
    """TimeoutError."""
    poll = select.poll()
    poll.register(pipe, select.POLLOUT if writing else select.POLLIN)
    if not poll.poll(max(ends - time.monotonic(), 0.0) * 1_000):
        raise TimeoutError
