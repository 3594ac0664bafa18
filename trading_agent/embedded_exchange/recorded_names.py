"""What a recorded pair is called, and of which assets it is made."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_QUOTES: Final = (
    *("FDUSD", "USDC", "USDT", "TUSD", "BUSD", "USD1", "USDE", "USD", "DAI"),
    *("EUR", "GBP", "BRL", "TRY", "JPY", "BTC", "ETH", "BNB"),
)
"""Longer names before those that they end in."""
_BETWEEN: Final = re.compile(r"[_\-.]")
_SHORTEST: Final = 3


def name_by_place(file: Path) -> str:
    """Of a recording that does not say of which pair it is: the words in capitals of the file's
    name (`orderbooks_BTC_USDT_2025.csv`) or of its folder's, else the file's name."""
    for name in (file.name, file.resolve().parent.name):
        if found := "".join(_in_capitals(name)):
            return found
    return file.stem


def _in_capitals(name: str) -> Iterator[str]:
    """The first such words that stand together."""
    begun = False
    for word in _BETWEEN.split(name):
        if len(word) >= _SHORTEST and word[0].isalpha() and word.isalnum() and word.isupper():
            begun = True
            yield word
        elif begun:
            return


def split_pair(symbol: str) -> tuple[str, str]:
    """Base and quote asset; the name itself and nothing where it does not end in a quote asset."""
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol.removesuffix(quote).rstrip("-_/"), quote
    return symbol, ""
