"""Logs of a few orders, written as their recorder wrote them."""

import json
import lzma
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def logged(at: int, event: str, **body: Any) -> str:
    return f"{1_430_438_400_000 + at} {event} {json.dumps(body)}\n"


def an_order(at: int, event: str, order: int, price: str, amount: str, kind: int = 0) -> str:
    about = {"price": price, "amount": amount, "id": order, "order_type": kind, "datetime": "1"}
    return logged(at, f"order_{event}", **about)


def log_lines() -> list[str]:
    """One order that is filled behind another one."""
    return [
        logged(0, "order_book", bids=[["100.00", "1.0"]], asks=[["101.00", "1.0"]]),
        an_order(10, "created", 1, "100.50", "2.00000000"),
        an_order(20, "created", 2, "100.50", "3.00000000"),
        an_order(2_000, "created", 3, "100.50", "4.00000000", 1),
        an_order(2_001, "deleted", 1, "100.50", "0.00000000"),
        an_order(2_002, "changed", 2, "100.50", "1.00000000"),
        an_order(2_003, "deleted", 3, "100.50", "0.00000000", 1),
        logged(2_004, "trade", price=100.5, amount=2.0, id=1),
        logged(2_004, "trade", price=100.5, amount=2.0, id=2),
        an_order(3_000, "deleted", 2, "100.50", "1.00000000"),
    ]


def write_log(path: Path, lines: Iterable[str]) -> Path:
    text = "".join(lines).encode()
    path.write_bytes(lzma.compress(text) if path.suffix == ".xz" else text)
    return path
