"""What must be known of a recording before it is played, from one quick look at its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import ConfigError
from trading_agent.embedded_exchange.recorded_bytes import chunks
from trading_agent.embedded_exchange.recorded_formats import Decimals

_TOKEN: Final = 256
"""No number, name or event is longer; this much of a piece is looked at again with the next."""
_MOST: Final = 18
_SYMBOL: Final = re.compile(rb'"s":\s*"([A-Za-z0-9]+)"')

# A price stands first in a level or under p, b, a; a size second or under q, B, A.
_PRICE: Final = rb'(?:\[\s*|"[pba]":\s*)"\d+\.\d{%d}\d*[1-9]'
_SIZE: Final = rb'(?:",\s*|"[qBA]":\s*)"\d+\.\d{%d}\d*[1-9]'


@dataclass(frozen=True, slots=True)
class Survey:
    """`symbol` is the recorded pair's name, None when the recording names none."""

    decimals: Decimals
    symbol: str | None
    has_quotes: bool
    snapshots: int


@dataclass(slots=True)
class _Findings:
    price: int = 0
    size: int = 0
    symbol: str | None = None
    quotes: bool = False
    diffs: bool = False
    snapshots: int = 0
    _tail: bytes = field(default=b"")

    def look(self, chunk: bytes) -> None:
        text = self._tail + chunk
        self.price = _decimals(_PRICE, text, self.price)
        self.size = _decimals(_SIZE, text, self.size)
        self.quotes = self.quotes or b'"B":' in text
        self.diffs = self.diffs or b'"depthUpdate"' in text
        self.snapshots += text.count(b'"lastUpdateId"') - self._tail.count(b'"lastUpdateId"')
        if self.symbol is None and (found := _SYMBOL.search(text)):
            self.symbol = found[1].decode()
        self._tail = text[-_TOKEN:]

    def end_file(self) -> None:
        self._tail = b""


def _decimals(pattern: bytes, text: bytes, known: int) -> int:
    """The most significant decimals of any number of one kind, at least `known`."""
    while known < _MOST and re.search(pattern % known, text):
        known += 1
    return known


def survey(files: Sequence[Path]) -> Survey:
    """Raises ConfigError for what cannot be played: nothing in it, no book, no changes."""
    findings = _Findings()
    for path in files:
        empty = True
        for chunk in chunks(path):
            empty = False
            findings.look(chunk)
        if empty:
            raise ConfigError(f"recording {path} is empty")
        findings.end_file()
    names = ", ".join(path.name for path in files)
    if not findings.diffs:
        raise ConfigError(f"no depth updates in {names}")
    if not findings.snapshots:
        raise ConfigError(f"no book snapshot in {names}: the book cannot be known")
    return Survey(
        Decimals(findings.price, findings.size),
        findings.symbol,
        findings.quotes,
        findings.snapshots,
    )
