"""What a journal is known to have held, in a small file beside it."""

import os
from pathlib import Path
from typing import Final

from trading_agent.adapters.storage.files import make_private_file
from trading_agent.domain.errors import StorageError

_WIDTH: Final = 90


class JournalHead:
    """The last sequence and chain known to be committed."""

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(journal.name + ".head")
        self._descriptor = -1

    def read(self) -> tuple[int, bytes]:
        """Zero and nothing when there is none, or when it was never written.

        StorageError: it cannot be read, which says nothing about the journal."""
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return 0, b""
        except OSError as error:
            raise StorageError(f"{self.path} cannot be read: {error.strerror}") from error
        if not text.strip("\0"):
            return 0, b""
        sequence, _, chain = text.strip().partition(" ")
        try:
            return int(sequence), bytes.fromhex(chain)
        except ValueError as error:
            raise StorageError(f"{self.path} cannot be read: it holds no fact's seal") from error

    def open(self, sequence: int, chain: bytes) -> None:
        make_private_file(self.path)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
        self.write(sequence, chain)

    def write(self, sequence: int, chain: bytes) -> None:
        """In place: it may lag behind the journal after a loss of power, never lead it."""
        line = f"{sequence} {chain.hex()}".ljust(_WIDTH - 1) + "\n"
        os.pwrite(self._descriptor, line.encode(), 0)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
