"""A recording of another exchange, played as the market of one MEXC pair."""

from collections import deque
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots, Nanos
from trading_agent.embedded_exchange.price_levels import PriceLevels
from trading_agent.embedded_exchange.recorded_formats import (
    RecordedDiff,
    RecordedQuote,
    RecordedRow,
    RecordedSnapshot,
    RecordedTrade,
    recording_files,
)
from trading_agent.embedded_exchange.recorded_order import by_version
from trading_agent.embedded_exchange.recorded_survey import Survey
from trading_agent.embedded_exchange.recordings import Recording, open_recording
from trading_agent.embedded_exchange.source import (
    BestQuoted,
    BookImage,
    DepthChanged,
    MarketEvent,
    Printed,
)
from trading_agent.embedded_exchange.tempo import Tempo

_QUOTES: Final = ("USDC", "USDT", "USD1", "USDE", "EUR", "BRL", "BTC", "ETH")
_FREE: Final = Decimal(0)
_LEAST_VALUE: Final = Decimal(1)
_MOST_VALUE: Final = Decimal(4_000_000)
_EARLY_DIFFS: Final = 10_000


class RecordedMarket:
    """A MarketSource over one or several files or folders of one recorded pair.

    The first recorded row falls on `start_at`, until `begin` names a later moment; the
    others follow in their own intervals divided by `speed`. Versions are the recorded ones.
    Raises ConfigError when asked for anything and there is nothing to play, FeedError from
    `advance` where the recording is damaged.
    """

    def __init__(
        self,
        paths: Sequence[Path | str],
        symbol: str,
        *,
        start_at: Nanos,
        speed: float = 1.0,
    ) -> None:
        self.tempo = Tempo(speed, depth_is_paced=True)
        self._paths = tuple(paths)
        self._symbol = symbol
        self._start_at = start_at
        self._played = False
        self._first_at: Nanos | None = None
        self._next: RecordedRow | None = None
        self._failure: FeedError | None = None
        self._book = _OwnBook()
        self._quoted: BestQuoted | None = None
        self._version = 0

    def instruments(self) -> Sequence[Instrument]:
        decimals = self._survey.decimals
        base, quote = split_symbol(self._symbol)
        pair = Instrument(
            symbol=self._symbol,
            base=base,
            quote=quote,
            price_decimals=decimals.price,
            size_decimals=decimals.size,
            min_size=Lots(1),
            min_notional=_LEAST_VALUE,
            max_notional=_MOST_VALUE,
            maker_fee=_FREE,
            taker_fee=_FREE,
            tradable=True,
        )
        return (pair,)

    def begin(self, at: Nanos) -> None:
        """The first row falls on `at`; without effect once something was played."""
        if not self._played:
            self._start_at = at

    def next_at(self) -> Nanos | None:
        row = self._peek()
        if row is not None:
            return self._market_time(row.at)
        return self._start_at if self._failure is not None else None

    def advance(self, until: Nanos) -> Sequence[MarketEvent]:
        events: list[MarketEvent] = []
        while (row := self._peek()) is not None:
            at = self._market_time(row.at)
            if at > until:
                return events
            self._next = None
            self._played = True
            self._play(row, at, events)
        if self._failure is not None and not events:
            raise self._failure
        return events

    def image(self, symbol: str, levels: int) -> BookImage | None:
        book = self._book.levels
        if symbol != self._symbol or book is None:
            return None
        return BookImage(symbol, book.version, book.bids.top(levels), book.asks.top(levels))

    @cached_property
    def _recording(self) -> Recording:
        return open_recording(recording_files(self._paths))

    @property
    def _survey(self) -> Survey:
        return self._recording.about

    @cached_property
    def _rows(self) -> Iterator[RecordedRow]:
        self._book.snapshots_ahead = self._survey.snapshots
        return by_version(self._recording.rows())

    def _peek(self) -> RecordedRow | None:
        if self._next is None and self._failure is None:
            try:
                self._next = next(self._rows, None)
            except FeedError as fault:
                self._failure = fault
        return self._next

    def _market_time(self, recorded: Nanos) -> Nanos:
        """Rows without a time of their own stand at zero: they come first, at the start."""
        if self._first_at is None and recorded > 0:
            self._first_at = recorded
        elapsed = max(0, recorded - (self._first_at or 0)) if recorded else 0
        return Nanos(self._start_at + self.tempo.scaled(elapsed))

    def _play(self, row: RecordedRow, at: Nanos, events: list[MarketEvent]) -> None:
        match row:
            case RecordedDiff():
                self._play_diff(row, at, events)
            case RecordedQuote():
                events.append(BestQuoted(self._symbol, at, row.version, row.bid, row.ask))
            case RecordedTrade():
                events.append(Printed(self._symbol, at, row.price, row.size, row.taker_bought))
            case RecordedSnapshot():
                self._book.load(row)

    def _play_diff(self, row: RecordedDiff, at: Nanos, events: list[MarketEvent]) -> None:
        if row.last_version <= self._version:
            return  # the same message in two overlapping files
        self._version = row.last_version
        self._book.apply(row)
        if not self._survey.has_quotes:
            self._quote_own_book(at, events)
        events.append(
            DepthChanged(self._symbol, at, row.first_version, row.last_version, row.bids, row.asks)
        )

    def _quote_own_book(self, at: Nanos, events: list[MarketEvent]) -> None:
        book = self._book.levels
        if book is None or book.version != self._version:
            return
        bid, ask = book.bids.best(), book.asks.best()
        if bid is None or ask is None:
            return
        before = self._quoted
        if before is None or (before.bid, before.ask) != (bid, ask):
            self._quoted = BestQuoted(self._symbol, at, book.version, bid, ask)
            events.append(self._quoted)


class _OwnBook:
    """The book of the market played: unknown until a snapshot, and after a hole in the
    versions until the next one if another is recorded; else mended from what follows."""

    def __init__(self) -> None:
        self.levels: PriceLevels | None = None
        self.snapshots_ahead = 0
        self._sound = False
        self._expected = 0
        self._early: deque[RecordedDiff] = deque(maxlen=_EARLY_DIFFS)

    def load(self, snapshot: RecordedSnapshot) -> None:
        """Diffs recorded before their snapshot and newer than it are applied to it."""
        self.snapshots_ahead -= 1
        if self._sound:
            return  # the changes since the first snapshot are complete
        self.levels = PriceLevels(snapshot.version, snapshot.bids, snapshot.asks)
        for diff in self._early:
            if diff.last_version > snapshot.version:
                self.levels.change(diff.last_version, diff.bids, diff.asks)
        self._early.clear()
        self._sound = True

    def apply(self, diff: RecordedDiff) -> None:
        if self._expected and diff.first_version > self._expected:
            self._sound = False
            if self.snapshots_ahead > 0:
                self.levels = None
        self._expected = diff.last_version + 1
        if not self._sound:
            self._early.append(diff)
        if self.levels is not None and diff.last_version > self.levels.version:
            self.levels.change(diff.last_version, diff.bids, diff.asks)
            if not self._sound:
                self.levels.uncross(diff.bids, diff.asks)


def split_symbol(symbol: str) -> tuple[str, str]:
    """Base and quote asset of a MEXC symbol; raises ConfigError for one not to be split."""
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol.removesuffix(quote), quote
    raise ConfigError(f"{symbol!r} does not end in a quote asset ({', '.join(_QUOTES)})")
