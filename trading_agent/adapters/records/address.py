"""Where the records are: one URL, checked, and words for it that tell no secret."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from trading_agent.adapters.records.settings import RECORDS_URL
from trading_agent.domain.errors import ConfigError

FILE_NAME: Final = "records.sqlite"
_POSTGRES: Final = frozenset(("postgresql", "postgres", "postgresql+psycopg"))
_MASK: Final = "***"
_SHORTEST_SECRET: Final = 3


@dataclass(frozen=True, slots=True, repr=False)
class RecordsAddress:
    """`url` for SQLAlchemy, password included; `file` where it is SQLite, which goes before."""

    url: str
    file: Path | None

    def __repr__(self) -> str:
        return f"RecordsAddress({self})"

    def __str__(self) -> str:
        """For messages: without password."""
        return str(self.file) if self.file is not None else self.redact(self.url)

    def redact(self, text: str) -> str:
        """Any text without the passwords of this URL."""
        for secret in passwords_in(self.url):
            text = text.replace(secret, _MASK)
        return text


def find_address(configured: str, secret: str | None, data_directory: Path) -> RecordsAddress:
    """The secret goes before the configured URL; without both it is SQLite among the data.

    Raises ConfigError for what is neither SQLite nor PostgreSQL.
    """
    url = secret or configured
    if not url:
        return _file(data_directory / FILE_NAME)
    name = RECORDS_URL if secret else "records.url"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # The error of the parser would show what it was given.
        raise ConfigError(f"{name} is not a URL") from None
    if parts.scheme == "sqlite":
        return _file(data_directory / _sqlite_path(parts, name))
    if parts.scheme not in _POSTGRES or port == 0 or not parts.path.strip("/"):
        raise ConfigError(
            f"{name} must be postgresql://user@host/database or sqlite:///file; "
            f"it begins with {parts.scheme or 'no scheme'!r}"
        )
    return RecordsAddress(re.sub(r"^[^:]+", "postgresql+psycopg", url), None)


def _file(path: Path) -> RecordsAddress:
    return RecordsAddress(f"sqlite:///{path.absolute()}", path.absolute())


def _sqlite_path(parts: SplitResult, name: str) -> str:
    path = unquote(parts.path).removeprefix("/")
    if parts.netloc or not path or path == ":memory:" or "\0" in path:
        raise ConfigError(f"{name} must name a file: sqlite:///file, or sqlite:////whole/path")
    return path


def passwords_in(url: str) -> list[str]:
    """Every form of a password in the URL, the longest first; none in what is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    user = parts.netloc.rpartition("@")[0]
    found = [user.partition(":")[2]]
    found += [value for key, value in parse_qsl(parts.query) if "password" in key.lower()]
    forms = {form for each in found for form in (each, unquote(each), quote(each, safe=""))}
    return sorted((it for it in forms if len(it) >= _SHORTEST_SECRET), key=len, reverse=True)
