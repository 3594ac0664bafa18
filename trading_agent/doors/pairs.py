"""Pairs that a person added or removed while it ran: `runtime.door_ports.PairsPort`.

They are kept in a file of settings of their own, which the next start lays over all others: the
files that people write are never written to by the program.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from trading_agent.config.flash_trading_config import canonical_pair
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.runtime.lasting_file import write_lasting

CHOSEN_PAIRS_NAME: Final = "chosen_pairs.json"
_MOST: Final = 100
_PRIVATE: Final = 0o600
_LATER: Final = "from the next start on"


def chosen_pairs_in(directory: Path) -> Path:
    """`directory`: the one asked for, or the configured one of all markets."""
    return directory / CHOSEN_PAIRS_NAME


class PairChoice:
    """`known`: what the venue can trade; empty where it says so only when asked."""

    def __init__(self, path: Path, running: Sequence[str], known: Sequence[str]) -> None:
        self._path = path
        self._running = tuple(running)
        self._known = frozenset(known)

    def add(self, symbol: str) -> str:
        """Raises CommandError, and StorageError when it cannot be kept."""
        said = self.preview("add", symbol)
        self._keep((*self._chosen(), _pair(symbol)))
        return said

    def remove(self, symbol: str) -> str:
        said = self.preview("remove", symbol)
        self._keep(tuple(each for each in self._chosen() if each != _pair(symbol)))
        return said

    def preview(self, action: Literal["add", "remove"], symbol: str) -> str:
        pair, chosen = _pair(symbol), self._chosen()
        if action == "add":
            self._judge_addition(pair, chosen)
            return f"{pair} is traded {_LATER}"
        if pair not in chosen:
            raise CommandError(f"{pair} is not traded; there are {', '.join(chosen)}")
        if len(chosen) == 1:
            raise CommandError(f"{pair} is the only pair: add another one first")
        return f"{pair} is not traded {_LATER}; what is held of it is sold by you, or stays"

    def _judge_addition(self, pair: str, chosen: Sequence[str]) -> None:
        if pair in chosen:
            raise CommandError(f"{pair} is traded already")
        if len(chosen) >= _MOST:
            raise CommandError(f"{_MOST} pairs at most: remove one first")
        if self._known and pair not in self._known:
            names = ", ".join(sorted(self._known))
            raise CommandError(f"there is no market for {pair} here; there are {names}")

    def _chosen(self) -> tuple[str, ...]:
        try:
            return tuple(json.loads(self._path.read_text())["symbols"])
        except FileNotFoundError:
            return self._running
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{self._path} cannot be read: delete it to begin anew") from error

    def _keep(self, pairs: Sequence[str]) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_lasting(self._path, json.dumps({"symbols": pairs}, indent=2) + "\n", _PRIVATE)
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}") from error


def _pair(text: str) -> str:
    try:
        return canonical_pair(text)
    except ValueError as error:
        raise CommandError(f"{text} {error}") from error
