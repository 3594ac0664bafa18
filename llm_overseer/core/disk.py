"""SQLite files that survive a loss of power."""

import sqlite3
from pathlib import Path
from typing import Final

_BUSY_SECONDS: Final = 30.0


def durable_connection(path: Path) -> sqlite3.Connection:
    """Transactions are begun by hand; whoever shares it between threads guards it."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
