"""The order book as anyone would write it: two dictionaries. What the compiled one must equal."""

from dataclasses import dataclass, field
from typing import Any

from tests.compiled_parts import called
from trading_agent.domain.market_rows import RowKind, Rows
from trading_agent.market.book import (
    LADDER,
    first_level,
    level_key,
    level_size,
    next_level,
)

(
    first_level,
    level_key,
    level_size,
    next_level,
) = map(
    called,
    (
        first_level,
        level_key,
        level_size,
        next_level,
    ),
)


@dataclass
class PlainBook:
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)

    def take(self, rows: Rows) -> None:
        """Depth rows of a message; others mean nothing here."""
        for row in rows:
            match row["kind"]:
                case RowKind.CLEAR:
                    self.bids.clear()
                    self.asks.clear()
                case RowKind.BID:
                    put(self.bids, int(row["price"]), int(row["size"]))
                case RowKind.ASK:
                    put(self.asks, int(row["price"]), int(row["size"]))

    @property
    def bid(self) -> int:
        return max(self.bids, default=0)

    @property
    def ask(self) -> int:
        return min(self.asks, default=0)

    @property
    def crossed(self) -> bool:
        return bool(self.bids and self.asks) and self.bid >= self.ask

    def best_bids(self, count: int) -> list[tuple[int, int]]:
        return sorted(self.bids.items(), reverse=True)[:count]

    def best_asks(self, count: int) -> list[tuple[int, int]]:
        return sorted(self.asks.items())[:count]


def put(levels: dict[int, int], key: int, size: int) -> None:
    if size > 0:
        levels[key] = size
    else:
        levels.pop(key, None)


def walked(ladder: Any) -> list[tuple[int, int]]:
    """Every level of a settled ladder by its cursor: key and size, best first."""
    levels = []
    cursor = first_level(ladder)
    while cursor != -1:
        levels.append((int(level_key(ladder, cursor)), int(level_size(ladder, cursor))))
        cursor = next_level(ladder, cursor)
    return levels


def stored(ladder: Any) -> dict[int, int]:
    """Every level by what lies in memory, without the ladder's own functions."""
    assert ladder.dtype == LADDER
    slots = ladder["sizes"].nonzero()[0]
    inside = {int(ladder["base"]) + int(slot): int(ladder["sizes"][slot]) for slot in slots}
    count = int(ladder["far_count"])
    keys, sizes = ladder["far_keys"][:count].tolist(), ladder["far_sizes"][:count].tolist()
    assert keys == sorted(set(keys))
    assert not inside.keys() & set(keys)
    return inside | dict(zip(keys, sizes, strict=True))
