"""Secrets, from the environment or from a file that only its owner can read.

Only the names given are looked up. On paper the desk signs nothing, so no key of an
exchange is among them: what is never read cannot leak.
"""

import io
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from trading_agent.domain.errors import ConfigError

OPENROUTER_API_KEY: Final = "OPENROUTER_API_KEY"
TELEGRAM_BOT_TOKEN: Final = "TELEGRAM_BOT_TOKEN"
DASHBOARD_PASSWORD: Final = "DASHBOARD_PASSWORD"

PAPER_SECRETS: Final = (OPENROUTER_API_KEY, TELEGRAM_BOT_TOKEN, DASHBOARD_PASSWORD)
"""Everything a run on paper may know."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_LARGEST_FILE: Final = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """Shows the names it holds, never the values. `source` says where to put a missing one."""

    source: Path
    _values: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values)) or 'none'})"

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def require(self, name: str) -> str:
        """Raises ConfigError that says where it belongs."""
        value = self.get(name)
        if value is None:
            raise ConfigError(f"{name} is not set: put {name}=… into {self.source} (mode 0600)")
        return value

    def all_values(self) -> tuple[str, ...]:
        """For the redactor alone."""
        return tuple(self._values.values())


NO_SECRETS: Final = Secrets(Path())


def load_secrets(
    path: Path, environment: Mapping[str, str], names: Sequence[str] = PAPER_SECRETS
) -> Secrets:
    """The environment goes before the file; the file need not exist, an empty value is none.

    ConfigError: others could read the file, or it is not this user's, or it is no text.
    """
    given = _from_file(path) | {name: environment[name] for name in names if name in environment}
    values = {name: value.strip() for name in names if (value := given.get(name, "")).strip()}
    for name, value in values.items():
        if not value.isprintable() or not value.isascii():
            raise ConfigError(f"{name} holds characters that no key has; copy it again")
    return Secrets(path, values)


def _from_file(path: Path) -> dict[str, str]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"the secrets in {path} cannot be read: {error.strerror}") from error
    try:
        # Looked at through the open file, so that it cannot be exchanged in between.
        _check_private(path, os.fstat(descriptor))
        content = os.read(descriptor, _LARGEST_FILE + 1)
    finally:
        os.close(descriptor)
    if len(content) > _LARGEST_FILE:
        raise ConfigError(f"{path} is too large to be a file of secrets")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The error holds the bytes: no cause, no context.
        raise ConfigError(f"{path} is not UTF-8 text") from None
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{path} is not a file")
    if status.st_uid != os.getuid():
        raise ConfigError(
            f"{path} belongs to another user (id {status.st_uid}); "
            f"make a copy of your own, or run: sudo chown {os.getuid()} {path}"
        )
    if status.st_mode & _OTHERS:
        mode = stat.S_IMODE(status.st_mode)
        raise ConfigError(
            f"{path} can be used by other people (mode {mode:04o}); run: chmod 600 {path}"
        )
