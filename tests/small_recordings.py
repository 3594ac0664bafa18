"""Recordings of a few messages, written as the recorders of real ones wrote them."""

import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

STARTED = 1_723_161_254_000_000_000
"""Receive time of a recording's first row; nanoseconds."""
MS = 1_000_000

Levels = Sequence[tuple[str, str]]


def diff(first: int, last: int, bids: Levels = (), asks: Levels = (), at_ms: int = 0) -> Any:
    """`at_ms`: the message's own time, counted from the recording's first row."""
    return {
        "e": "depthUpdate",
        "E": STARTED // MS + at_ms,
        "s": "BTCUSDT",
        "U": first,
        "u": last,
        "b": [list(level) for level in bids],
        "a": [list(level) for level in asks],
    }


def quote(version: int, bid: tuple[str, str], ask: tuple[str, str]) -> Any:
    return {"u": version, "s": "BTCUSDT", "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}


def trade(price: str, size: str, *, taker_bought: bool = True, at_ms: int = 0) -> Any:
    return {
        "e": "trade",
        "E": STARTED // MS + at_ms,
        "s": "BTCUSDT",
        "t": 1,
        "p": price,
        "q": size,
        "T": STARTED // MS + at_ms,
        "m": not taker_bought,
        "M": True,
    }


def snapshot(version: int, bids: Levels, asks: Levels) -> Any:
    return {
        "lastUpdateId": version,
        "bids": [list(level) for level in bids],
        "asks": [list(level) for level in asks],
    }


def line(at_ms: float, message: Any, unit: int = 1) -> str:
    """`unit`: nanoseconds of the recorder's clock; 1000 for one that counts microseconds."""
    stamp = (STARTED + round(at_ms * MS)) // unit
    if "lastUpdateId" not in message:
        message = {"stream": "btcusdt@any", "data": message}
    return f"{stamp} {json.dumps(message, separators=(',', ':'))}"


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def write_document(path: Path, document: Any) -> Path:
    text = json.dumps(document).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def usual_lines(unit: int = 1) -> list[str]:
    """Four depth messages of 100 ms, the snapshot after the first two, quotes and trades.

    The quote of version 21 was received before the depth message that ends at 20.
    """
    book = snapshot(
        15, [("100.10", "2.0"), ("100.00", "1.0")], [("100.20", "1.5"), ("100.30", "4.0")]
    )
    return [
        line(0, diff(1, 10, [("100.00", "1.0")], []), unit),
        line(40, quote(12, ("100.10", "2.0"), ("100.20", "1.5")), unit),
        line(100, diff(11, 16, [("100.10", "2.5")], []), unit),
        line(120, book, unit),
        line(150, trade("100.20", "0.5"), unit),
        line(151, quote(18, ("100.10", "2.5"), ("100.20", "1.0")), unit),
        line(198, quote(21, ("100.10", "0.5"), ("100.20", "1.0")), unit),
        line(200, diff(17, 20, [], [("100.20", "1.0")]), unit),
        line(250, trade("100.10", "2.0", taker_bought=False), unit),
        line(300, diff(21, 24, [("100.10", "0.5"), ("100.00", "0.00000000")], []), unit),
    ]
