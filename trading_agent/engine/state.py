"""The compiled state: one record a symbol, one for the desk. Owned by the core, by nobody else."""

from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Any, Final

import numpy as np

from trading_agent.execution.taken import TAKEN
from trading_agent.execution.venue import NEVER, VENUE
from trading_agent.market.book import BOOK, open_book
from trading_agent.market.candles import CANDLES, open_candles
from trading_agent.market.quotes import TOP_CHECK
from trading_agent.market.tape import TAPE, open_tape
from trading_agent.risk.exits import EQUITY_WATCH, EXIT, STAKE
from trading_agent.signals.flash import FLASH
from trading_agent.signals.orderflow import FEATURES
from trading_agent.signals.sessions import SCHEDULE, TradingSessionManager

MARKET: Final = np.dtype(
    [
        ("book", BOOK),
        ("tape", TAPE),
        ("candles", CANDLES),
        ("quotes", TOP_CHECK),
        ("features", FEATURES),
        ("flash", FLASH),
        ("exits", EXIT),
        ("stake", STAKE),
        ("taken", TAKEN),
        ("snapshot_pending", np.int64),
    ],
    align=True,
)
"""Everything compiled about one symbol. `snapshot_pending`: a snapshot has begun."""

DESK: Final = np.dtype(
    [
        ("now", np.int64),
        ("rows", np.int64),
        ("messages", np.int64),
        ("next_deadline", np.int64),
        ("venue", VENUE),
        ("watch", EQUITY_WATCH),
        ("schedule", SCHEDULE),
    ],
    align=True,
)
"""`now`: how far the loop has come, nanoseconds UTC. `next_deadline`: the earliest time exit or
look at what the desk is worth."""


@dataclass(frozen=True, slots=True)
class CompiledState:
    """`markets`: an array of MARKET, a symbol each. `desk`: an array of one DESK."""

    markets: np.ndarray[Any, np.dtype[np.void]]
    desk: np.ndarray[Any, np.dtype[np.void]]

    def digest(self) -> str:
        """Of every byte of the state."""
        total = sha256(self.desk.tobytes())
        for market in self.markets:
            total.update(market.tobytes())
        return total.hexdigest()


_PLACES: Final = {name: field[1] for name, field in (MARKET.fields or {}).items()}
_EXIT: Final = Struct(f"{len(EXIT.names or ())}q")
_FLASH: Final = Struct("8q4d")


class WatchColumns:
    """What the loop needs to know to weigh the desk: stakes a symbol, the rest once."""

    def __init__(self, compiled: CompiledState) -> None:
        stake, watch = compiled.markets["stake"], compiled.desk["watch"]
        self.unit = stake["unit"]
        self.stake = stake["held"]
        self.due = watch["due"]
        self.mark_due = watch["mark_due"]
        self.last_symbol = watch["last_symbol"]
        self.held = watch["held"]
        self.cash = watch["cash"]
        self.floor = watch["floor"]


class Columns:
    """Fields of the compiled state as plain arrays over the same memory, for what the core reads
    and writes at every decision: asking a record for a field costs ten times as much.

    Those of the markets have an entry a symbol, those of the desk have one.
    """

    def __init__(self, compiled: CompiledState) -> None:
        book, exits = compiled.markets["book"], compiled.markets["exits"]
        self.book_ready = book["ready"]
        self.book_crossed = book["crossed"]
        self.book_at = book["at"]
        self.bid_base = book["bids"]["base"]
        self.bid_best = book["bids"]["best"]
        self.bid_sizes = book["bids"]["sizes"]
        self.ask_sizes = book["asks"]["sizes"]
        self.ask_base = book["asks"]["base"]
        self.ask_best = book["asks"]["best"]
        self.spread_bps = compiled.markets["features"]["spread_bps"]
        self.armed = exits["armed"]
        self.stop = exits["stop"]
        self.exits = exits
        self._markets = memoryview(compiled.markets.view(np.uint8).data)
        self.exit_moved = exits["moved"]
        self.tape_last_price = compiled.markets["tape"]["last_price"]
        self.watch = WatchColumns(compiled)
        desk, venue = compiled.desk, compiled.desk["venue"]
        self.now = desk["now"]
        self.next_deadline = desk["next_deadline"]
        self.next_due = venue["next_due"]
        self.fills = venue["fills"]
        self.outcome_count = venue["outcome_count"]
        self.outcomes = venue["outcomes"][0]

    def arm(self, index: int, *exits: int) -> None:
        """The fields of a symbol's EXIT, in their order."""
        _EXIT.pack_into(self._markets, index * MARKET.itemsize + _PLACES["exits"], *exits)

    def flash(self, index: int) -> tuple[Any, ...]:
        """The fields of a symbol's FLASH."""
        return _FLASH.unpack_from(self._markets, index * MARKET.itemsize + _PLACES["flash"])


def open_state(symbols: int, sessions: TradingSessionManager) -> CompiledState:
    """Empty books, an empty venue, and the session schedule."""
    markets = np.zeros(symbols, MARKET)
    for market in markets:
        open_book(market["book"])
        open_tape(market["tape"])
        open_candles(market["candles"])
    desk = np.zeros(1, DESK)
    desk[0]["next_deadline"] = NEVER
    desk[0]["watch"]["due"] = NEVER
    desk[0]["venue"]["next_due"] = desk[0]["venue"]["next_event"] = NEVER
    sessions.write_schedule(desk[0]["schedule"])
    return CompiledState(markets, desk)
