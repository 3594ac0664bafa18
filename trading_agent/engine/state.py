"""The compiled state: one record a symbol, one for the desk. Owned by the core, by nobody else."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Any, Final

import numpy as np

from trading_agent.domain.outcome import Outcome
from trading_agent.execution.taken import TAKEN
from trading_agent.execution.venue import NEVER, VENUE
from trading_agent.market.book import BOOK, open_book
from trading_agent.market.candles import CANDLES, open_candles
from trading_agent.market.columns import integers, prices, reals, times
from trading_agent.market.quotes import TOP_CHECK
from trading_agent.market.seconds import SECONDS
from trading_agent.market.tape import TAPE, open_tape
from trading_agent.risk.exits import EQUITY_WATCH, EXIT, STAKE
from trading_agent.signals.enhanced.flicker import FLICKER
from trading_agent.signals.enhanced.resilience import RESILIENCE
from trading_agent.signals.enhanced.scrutiny import open_scrutiny
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.flash import FLASH
from trading_agent.signals.orderflow import FEATURES
from trading_agent.signals.sessions import SCHEDULE, TradingSessionManager
from trading_agent.strategies.quote_watch import QUOTE_WATCH

Records = np.dtype[np.void]

MARKET: Final = np.dtype(
    [
        ("book", BOOK),
        ("tape", TAPE),
        ("candles", CANDLES),
        ("quotes", TOP_CHECK),
        ("features", FEATURES),
        ("flash", FLASH),
        ("exits", EXIT),
        ("quoting", QUOTE_WATCH),
        ("stake", STAKE),
        ("taken", TAKEN),
        ("snapshot_pending", np.int64),
        ("heeded", np.int64),
        ("flicker", FLICKER),
        ("resilience", RESILIENCE),
        ("seconds", SECONDS),
    ],
    align=True,
)
"""Everything compiled about one symbol. `snapshot_pending`: a snapshot has begun.
`heeded`: level rows of fewer lots concern no scrutiny."""

MOST_UNHEARD: Final = 16

DESK: Final = np.dtype(
    [
        ("now", np.int64),
        ("rows", np.int64),
        ("messages", np.int64),
        ("raised", np.int64),
        ("unheard", np.int64),
        ("next_deadline", np.int64),
        ("venue", VENUE),
        ("watch", EQUITY_WATCH),
        ("schedule", SCHEDULE),
        ("signals", FLASH, (MOST_UNHEARD + 1,)),
    ],
    align=True,
)
"""`now`: how far the loop has come, nanoseconds UTC. `next_deadline`: the earliest time exit or
look at what the desk is worth. `signals`: those `raised` by one call, `unheard` of which ask
nothing of anybody."""


@dataclass(frozen=True, slots=True)
class CompiledState:
    """`markets`: an array of MARKET, a symbol each. `desk`: an array of one DESK."""

    markets: np.ndarray[Any, np.dtype[np.void]]
    desk: np.ndarray[Any, np.dtype[np.void]]

    def digest(self) -> str:
        """Of every byte of the state. What was said last is none of it: it depends on how the rows
        were handed over."""
        desk = self.desk.copy()
        for said in ("raised", "unheard", "signals"):
            desk[said] = 0
        for said in ("outcome_count", "outcomes"):
            desk["venue"][said] = 0
        total = sha256(desk.tobytes())
        for market in self.markets:
            total.update(market.tobytes())
        return total.hexdigest()


_MARKET_SIZE: Final = MARKET.itemsize
_EXITS_AT: Final = {name: field[1] for name, field in (MARKET.fields or {}).items()}["exits"]
_EXIT: Final = Struct(f"{len(EXIT.names or ())}q")
_FLASH: Final = Struct("8q4d")
_OUTCOME: Final = Struct("4q2iqd2q")
OUTCOME_SIZE: Final = _OUTCOME.size
read_outcomes: Final[Callable[[memoryview], Iterable[Outcome]]] = _OUTCOME.iter_unpack
"""Of the bytes of whole outcomes."""


class LadderColumns:
    """One side of the books; `sizes` has a row a symbol."""

    def __init__(self, ladder: np.ndarray[Any, np.dtype[np.void]]) -> None:
        self.base = integers(ladder["base"])
        self.best = integers(ladder["best"])
        self.sizes = ladder["sizes"]

    def holds(self, index: int, size: int) -> bool:
        """Whether the best level alone has so many lots."""
        best = self.best[index]
        at_best: int = self.sizes.item(index, best) if best >= 0 else 0
        return at_best >= size

    def levels(self, index: int, worst: int) -> Iterator[tuple[int, int]]:
        """Levels that hold something, the best first: how many ticks from the best, and lots.
        `worst`: the key of the last one, a bid's price or less an ask's."""
        best = self.best[index]
        if best < 0:
            return
        last = max(worst - self.base[index], 0)
        sizes = self.sizes[index, last : best + 1]
        for place in np.flatnonzero(sizes)[::-1].tolist():
            yield len(sizes) - 1 - place, sizes.item(place)


class WatchColumns:
    """What the loop needs to know to weigh the desk: stakes a symbol, the rest once."""

    def __init__(self, compiled: CompiledState) -> None:
        stake, watch = compiled.markets["stake"], compiled.desk["watch"]
        self.unit = reals(stake["unit"])
        self.stake = integers(stake["held"])
        self.due = integers(watch["due"])
        self.mark_due = integers(watch["mark_due"])
        self.last_symbol = integers(watch["last_symbol"])
        self.held = integers(watch["held"])
        self.cash = reals(watch["cash"])
        self.floor = reals(watch["floor"])


class Columns:
    """What the core reads and writes at every decision. Those of the markets have an entry a
    symbol, those of the desk have one. `outcomes`: bytes, which `read_outcomes` reads."""

    def __init__(self, compiled: CompiledState) -> None:
        book, exits = compiled.markets["book"], compiled.markets["exits"]
        self.book_ready = integers(book["ready"])
        self.book_crossed = integers(book["crossed"])
        self.book_at = times(book["at"])
        self.bid = prices(book["bid"])
        self.ask = prices(book["ask"])
        self.bids = LadderColumns(book["bids"])
        self.asks = LadderColumns(book["asks"])
        self.spread_bps = reals(compiled.markets["features"]["spread_bps"])
        self.armed = integers(exits["armed"])
        self.stop = prices(exits["stop"])
        self.break_even = prices(exits["break_even"])
        self.exit_moved = integers(exits["moved"])
        quoting = compiled.markets["quoting"]
        self.quoted = integers(quoting["on"])
        self.quotes_due = integers(quoting["due"])
        self.quoted_middle = integers(quoting["middle"])
        self.quotes_reach = integers(quoting["reach"])
        self.tape_last_price = prices(compiled.markets["tape"]["last_price"])
        self.watch = WatchColumns(compiled)
        desk, venue = compiled.desk, compiled.desk["venue"]
        self.now = times(desk["now"])
        self.next_deadline = integers(desk["next_deadline"])
        self.next_due = integers(venue["next_due"])
        self.fills = integers(venue["fills"])
        self.outcome_count = integers(venue["outcome_count"])
        self.outcomes = memoryview(venue["outcomes"][0].view(np.uint8))
        self._signals = memoryview(desk["signals"][0].view(np.uint8))
        self._markets = memoryview(compiled.markets.view(np.uint8).data)

    def arm(self, index: int, *exits: int) -> None:
        """The fields of a symbol's EXIT, in their order."""
        _EXIT.pack_into(self._markets, index * _MARKET_SIZE + _EXITS_AT, *exits)

    def signal(self, number: int) -> tuple[Any, ...]:
        """The fields of the FLASH of one of the signals just raised."""
        return _FLASH.unpack_from(self._signals, number * _FLASH.size)


def open_state(
    symbols: int,
    sessions: TradingSessionManager,
    scrutiny: EnhancedSettings | None = None,
    *,
    lean: bool = False,
) -> CompiledState:
    """Empty books, an empty venue, and the session schedule. Without `scrutiny` nobody watches the
    markets' seconds, flickers and recoveries. `lean`: a row may wait for memory that is touched
    for the first time; most of it never is."""
    markets = np.zeros(symbols, MARKET) if lean else _zeroed(symbols, MARKET)
    for market in markets:
        open_book(market["book"])
        open_tape(market["tape"])
        open_candles(market["candles"])
        open_scrutiny(market, scrutiny)
    desk = np.zeros(1, DESK) if lean else _zeroed(1, DESK)
    desk[0]["next_deadline"] = NEVER
    desk[0]["watch"]["due"] = NEVER
    desk[0]["venue"]["next_due"] = desk[0]["venue"]["next_event"] = NEVER
    sessions.write_schedule(desk[0]["schedule"])
    return CompiledState(markets, desk)


def _zeroed(count: int, dtype: Records) -> np.ndarray[Any, Records]:
    """Written once: the system gives a page when it is touched, and no row shall wait for that."""
    memory = np.empty(count, dtype)
    memory.view(np.uint8).fill(0)
    return memory
