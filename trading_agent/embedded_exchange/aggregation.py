"""Market events into what goes out in one frame, batched in market time.

For each pair and pace a window closes on every multiple of the pace, counted in the
market's own time. Within a window trades come first, then the best quote as of the last
depth message, that depth, and last a quote that is newer than it: so that every quote up to
a depth frame's version is out before the frame, and none beyond stands in its place.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

from trading_agent.adapters.mexc.wire import Channel, Topic
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.embedded_exchange.candle_history import INTERVALS, Candle, CandleHistory
from trading_agent.embedded_exchange.source import (
    BestQuoted,
    DepthChanged,
    Level,
    MarketEvent,
    Printed,
)
from trading_agent.embedded_exchange.tempo import Tempo

_FINE_PACE: Final = "10ms"
PACES: Final = {_FINE_PACE: 10 * MILLISECOND, "100ms": 100 * MILLISECOND}
_PACED: Final = (Topic.AGGRE_DEALS, Topic.AGGRE_DEPTH, Topic.AGGRE_BOOK_TICKER)
_KLINE_PACE: Final = SECOND
_NEVER: Final = Nanos(2**63 - 1)


class Batch(Struct, frozen=True):
    """The content of one frame, closed at market time `at`. Trades are oldest first."""

    channel: Channel
    at: Nanos
    content: DepthChanged | BestQuoted | Candle | tuple[Printed, ...]


class _Window(Protocol):
    due: Nanos
    """When it must be taken; _NEVER while nothing waits."""
    topics: set[Topic]

    def add(self, event: MarketEvent) -> bool:
        """True when it must be taken at once."""
        ...

    def take(self) -> Sequence[Batch]: ...


class _PacedWindow:
    """Trades, depth and best quotes of one pair at one pace."""

    def __init__(self, symbol: str, pace: str, tempo: Tempo) -> None:
        self.due = _NEVER
        self.topics: set[Topic] = set()
        self._deals = Channel(Topic.AGGRE_DEALS, symbol, pace)
        self._depth = Channel(Topic.AGGRE_DEPTH, symbol, pace)
        self._quotes = Channel(Topic.AGGRE_BOOK_TICKER, symbol, pace)
        self._length = max(1, tempo.scaled(PACES[pace]))
        self._passes_depth = tempo.depth_is_paced
        self._trades: list[Printed] = []
        self._changes: list[DepthChanged] = []
        self._quote_before: BestQuoted | None = None
        self._quote_after: BestQuoted | None = None

    def add(self, event: MarketEvent) -> bool:
        if self.due == _NEVER:
            self.due = _next_multiple(event.at, self._length)
        match event:
            case DepthChanged():
                self._changes.append(event)
                if self._quote_after is not None:
                    self._quote_before, self._quote_after = self._quote_after, None
                if self._passes_depth:
                    self.due = event.at
                    return True
            case BestQuoted():
                if self._changes and event.version <= self._changes[-1].last_version:
                    self._quote_before = event
                else:
                    self._quote_after = event
            case Printed():
                self._trades.append(event)
        return False

    def take(self) -> Sequence[Batch]:
        at, self.due = self.due, _NEVER
        batches: list[Batch] = []
        if self._trades and Topic.AGGRE_DEALS in self.topics:
            batches.append(Batch(self._deals, at, tuple(self._trades)))
        quotes = Topic.AGGRE_BOOK_TICKER in self.topics
        if self._quote_before is not None and quotes:
            batches.append(Batch(self._quotes, at, self._quote_before))
        if self._changes and Topic.AGGRE_DEPTH in self.topics:
            batches.append(Batch(self._depth, at, _merged(self._changes)))
        if self._quote_after is not None and quotes:
            batches.append(Batch(self._quotes, at, self._quote_after))
        self._trades = []
        self._changes = []
        self._quote_before = self._quote_after = None
        return batches


class _KlineWindow:
    """The open candle of one pair and interval, about once a second while it changes."""

    def __init__(self, channel: Channel, candles: CandleHistory, tempo: Tempo) -> None:
        self.due = _NEVER
        self.topics: set[Topic] = set()
        self._channel = channel
        self._candles = candles
        self._length = max(1, tempo.scaled(_KLINE_PACE))

    def add(self, event: MarketEvent) -> bool:
        if self.due == _NEVER and isinstance(event, Printed):
            self.due = _next_multiple(event.at, self._length)
        return False

    def take(self) -> Sequence[Batch]:
        at, self.due = self.due, _NEVER
        candle = self._candles.current(self._channel.argument or "")
        return () if candle is None else (Batch(self._channel, at, candle),)


class Aggregation:
    """The windows of all pairs, kept only while somebody listens."""

    def __init__(self) -> None:
        self._pairs: dict[str, tuple[Tempo, CandleHistory]] = {}
        self._windows: dict[str, dict[str, _Window]] = {}
        self._earliest = _NEVER  # no window is due before it

    def add_pair(self, symbol: str, tempo: Tempo, candles: CandleHistory) -> None:
        """`candles` are kept by the caller, who adds a print after it was given to `add`."""
        self._pairs[symbol] = (tempo, candles)
        self._windows[symbol] = {}

    def offers(self, channel: Channel) -> bool:
        """Whether `channel` can be listened to."""
        known = channel.symbol in self._pairs
        if channel.topic is Topic.KLINE:
            return known and channel.argument in INTERVALS
        return known and channel.topic in _PACED and channel.argument in PACES

    def listen(self, channel: Channel) -> None:
        """From now on its batches are made; `offers` must have said yes."""
        symbol, argument = channel.symbol or "", channel.argument or ""
        windows = self._windows[symbol]
        if argument not in windows:
            tempo, candles = self._pairs[symbol]
            windows[argument] = (
                _KlineWindow(channel, candles, tempo)
                if channel.topic is Topic.KLINE
                else _PacedWindow(symbol, argument, tempo)
            )
        windows[argument].topics.add(channel.topic)

    def forget(self, channel: Channel) -> None:
        """Nobody listens to it any more."""
        windows = self._windows[channel.symbol or ""]
        window = windows[channel.argument or ""]
        window.topics.discard(channel.topic)
        if not window.topics:
            del windows[channel.argument or ""]

    @property
    def is_fine(self) -> bool:
        """Whether anybody listens at the shorter pace."""
        return any(_FINE_PACE in windows for windows in self._windows.values())

    @property
    def next_due(self) -> Nanos | None:
        """Market time at which something waits to be sent."""
        return None if self._earliest == _NEVER else self._earliest

    def add(self, event: MarketEvent) -> Sequence[Batch]:
        """One more event, in market order: closes the windows that end before it."""
        batches = list(self._take_before(event.at)) if self._earliest < event.at else []
        for window in self._windows[event.symbol].values():
            if window.add(event):
                batches.extend(window.take())
            elif window.due < self._earliest:
                self._earliest = window.due
        return batches

    def close(self, until: Nanos) -> Sequence[Batch]:
        """Everything up to market time `until` has been added: close what is due."""
        return self._take_before(Nanos(until + 1)) if self._earliest <= until else ()

    def _take_before(self, moment: Nanos) -> Sequence[Batch]:
        windows = [window for pair in self._windows.values() for window in pair.values()]
        ended = sorted(
            (window for window in windows if window.due < moment), key=lambda window: window.due
        )
        batches = [batch for window in ended for batch in window.take()]
        self._earliest = min((window.due for window in windows), default=_NEVER)
        return batches


def _next_multiple(at: Nanos, length: int) -> Nanos:
    return Nanos(-(-at // length) * length)


def _merged(changes: Sequence[DepthChanged]) -> DepthChanged:
    """The last size of every level; best first."""
    if len(changes) == 1:
        return changes[0]
    first, last = changes[0], changes[-1]
    bids: dict[int, Level] = {}
    asks: dict[int, Level] = {}
    for change in changes:
        bids.update((level[0], level) for level in change.bids)
        asks.update((level[0], level) for level in change.asks)
    return DepthChanged(
        symbol=last.symbol,
        at=last.at,
        first_version=first.first_version,
        last_version=last.last_version,
        bids=tuple(bids[price] for price in sorted(bids, reverse=True)),
        asks=tuple(asks[price] for price in sorted(asks)),
    )
