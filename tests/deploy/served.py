"""Runs the command of a deployment as its manager would, and hears what the manager would."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS: Final = 200.0


class Served:
    """A process with a manager's socket. `heard` are the states told so far, in order."""

    def __init__(self, process: subprocess.Popen[bytes], ear: socket.socket, output: Path) -> None:
        self.process = process
        self.heard: list[str] = []
        self._ear = ear
        self._output = output

    def hears(self, state: str) -> None:
        """Until this has been told."""
        self.hears_of(state, whole=True)

    def hears_of(self, beginning: str, *, whole: bool = False) -> None:
        """Until something that begins so has been told, or is just that."""
        ends = time.monotonic() + DEADLINE_SECONDS
        while not any(
            state == beginning if whole else state.startswith(beginning) for state in self.heard
        ):
            assert time.monotonic() < ends, (self.heard, self.output)
            try:
                self.heard += self._ear.recv(4096).decode().split("\n")
            except TimeoutError:
                assert self.process.poll() is None, self.output

    @property
    def output(self) -> str:
        return self._output.read_text()


def installed(name: str) -> str:
    """This environment's own command."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    assert found is not None, f"{name} is not installed beside {sys.executable}"
    return found


@contextmanager
def served(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> Iterator[Served]:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    address = str(folder / "notify")
    ear.bind(address)
    ear.settimeout(1.0)
    output = folder / "output.txt"
    # What compiled code the tests have is used; nothing else of this environment matters.
    wanted = {name: os.environ[name] for name in ("PATH", "NUMBA_CACHE_DIR") if name in os.environ}
    with ear, output.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**wanted, **environment, "NOTIFY_SOCKET": address},
            stdout=file,
            stderr=file,
        )
        try:
            yield Served(process, ear, output)
        finally:
            process.kill()
            process.wait()
