"""What many pairs cost: the processor's time for a second of their market.

Every pair sends three messages each tenth of a second, as if its market were always moving: a
change of 34 levels, two prints, the best quotes. They are decoded, checked and put into the core
as the live threads do it, with every default of the configuration on and a past of 256 candles;
the desk is looked at as often as a board does. What is left out is the socket, the hop from
thread to thread and the disk.
"""

import dataclasses
import math
import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from trading_agent.adapters.mexc.book_sync import BookSync
from trading_agent.adapters.mexc.codec import FrameDecoder, FrameKind
from trading_agent.adapters.mexc.connection_plan import plan_connections
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.wire import book_ticker_channel, depth_channel, trades_channel
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.message import CandlesKnown, Input, KnownCandle, MarketRows, Stamped
from trading_agent.domain.units import MILLISECOND, MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.market.candles import HISTORY, TIMEFRAME_NAMES, TIMEFRAMES
from trading_agent.research.bench_engine import (
    EVERYTHING,
    bench_core,
    bench_instrument,
    without_collections,
)
from trading_agent.research.bench_frames import MIDDLE, PACE_MS, STARTED, WalkingBook
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.signals.settings import SessionPlan

COUNTS: Final = (2, 10, 50)
SECONDS: Final = 120
"""Of the market: two minutes end, and with one of them five and fifteen."""
_WARM_SECONDS: Final = 5
_PRINTS: Final = 2
_STEP: Final = 0.0008
"""Of a candle of the past, the deviation of its logarithm."""

_Arrived = tuple[int, Nanos, tuple[bytes, ...]]
"""The pair, when its messages came, and what they are."""


def measure_symbols(counts: Sequence[int] = COUNTS, seconds: int = SECONDS) -> dict[str, float]:
    """Percent of one core, by the number of pairs."""
    return {str(count): round(_percent(count, seconds), 2) for count in counts}


class _MovingMarket(WalkingBook):
    """A pair that changes, trades and quotes at every tick of the exchange's clock."""

    def __init__(self, instrument: Instrument, seed: int) -> None:
        super().__init__(instrument, depth_channel(instrument.symbol, PACE_MS), seed)
        self._trades = trades_channel(instrument.symbol, PACE_MS)
        self._quotes = book_ticker_channel(instrument.symbol, PACE_MS)

    def frames(self, sent_at_ms: int) -> tuple[bytes, ...]:
        return self.frame(sent_at_ms), self._prints(sent_at_ms), self._quote(sent_at_ms)

    def _prints(self, sent_at_ms: int) -> bytes:
        message = self._message(self._trades, sent_at_ms)
        body = message.publicAggreDeals
        body.eventType = self._trades.rpartition("@")[0]
        for number in range(_PRINTS):
            bought = self._dice.random() < 0.5
            body.deals.add(
                price=self._price(self._bid + bought),
                quantity=f"{self._instrument.size(self._size()):f}",
                tradeType=1 if bought else 2,
                time=sent_at_ms,
                tradeId=f"{self.version}-{number}",
            )
        return bytes(message.SerializeToString())

    def _quote(self, sent_at_ms: int) -> bytes:
        message = self._message(self._quotes, sent_at_ms)
        body = message.publicAggreBookTicker
        body.bidPrice, body.askPrice = self._price(self._bid), self._price(self._bid + 1)
        body.bidQuantity = body.askQuantity = f"{self._instrument.size(self._size()):f}"
        body.version = str(self.version)
        return bytes(message.SerializeToString())

    def _message(self, channel: str, sent_at_ms: int) -> Any:
        return PushDataV3ApiWrapper(
            channel=channel, symbol=self._instrument.symbol, sendTime=sent_at_ms
        )

    def _price(self, ticks: int) -> str:
        return f"{self._instrument.price(Ticks(ticks)):f}"


class _Feed:
    """Decoders, books and the core behind them, and the inputs they came to."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        plans = plan_connections(MexcSettings(), instruments)
        self._decoders = [FrameDecoder(instruments, tuple(plan.channels)) for plan in plans]
        self._connection = {
            symbol: number for number, plan in enumerate(plans) for symbol in plan.channels.values()
        }
        self._books = [BookSync(symbol) for symbol in range(len(instruments))]
        self._core = bench_core(
            SessionPlan(),
            instruments[0],
            STARTED,
            batch=False,
            extent=EVERYTHING,
            others=tuple(instruments[1:]),
        )
        self._core.open()
        self._looked = STARTED
        self._snapshot_every = RuntimeSettings().snapshot_ms * MILLISECOND
        self._number = 0

    def put(self, at: Nanos, body: Input) -> None:
        self._number += 1
        self._core.step(Stamped(self._number, at, body))

    def open_book(self, symbol: int, market: WalkingBook) -> None:
        rows = self._books[symbol].snapshot(dataclasses.replace(market.snapshot(), symbol=symbol))
        rows["at"] = STARTED
        self.put(STARTED, MarketRows(rows))

    def take_all(self, arrived: Sequence[_Arrived]) -> None:
        for symbol, at, frames in arrived:
            self._take(symbol, frames, at)

    def _take(self, symbol: int, frames: Sequence[bytes], at: Nanos) -> None:
        decode = self._decoders[self._connection[symbol]].decode
        for payload in frames:
            frame = decode(payload)
            rows = self._books[symbol].admit(frame) if frame.kind is FrameKind.DEPTH else frame.rows
            rows["at"] = at
            self.put(at, MarketRows(rows))
        if at - self._looked >= self._snapshot_every:
            self._looked = at
            self._core.snapshot(at)


def _percent(count: int, seconds: int) -> float:
    instruments = tuple(
        replace(bench_instrument(), symbol=f"C{number}USDC", base=f"C{number}")
        for number in range(count)
    )
    feed = _Feed(instruments)
    markets = [_MovingMarket(instrument, seed) for seed, instrument in enumerate(instruments)]
    for symbol, market in enumerate(markets):
        feed.open_book(symbol, market)
        for known in _past(instruments[symbol].symbol, Random(symbol)):
            feed.put(STARTED, known)
    for second in range(_WARM_SECONDS):
        feed.take_all(_second(markets, second))
    taken = 0
    for second in range(_WARM_SECONDS, _WARM_SECONDS + seconds):
        frames = _second(markets, second)
        with without_collections():
            began = time.thread_time_ns()
            feed.take_all(frames)
            taken += time.thread_time_ns() - began
    return 100.0 * taken / (seconds * SECOND)


def _second(markets: Sequence[_MovingMarket], second: int) -> list[_Arrived]:
    """Pairs take turns within each tick of the exchange's clock."""
    began = STARTED + second * SECOND
    tick = PACE_MS * MILLISECOND
    return [
        (symbol, Nanos(at + symbol * tick // len(markets)), market.frames(at // MILLISECOND))
        for at in range(began, began + SECOND, tick)
        for symbol, market in enumerate(markets)
    ]


def _past(symbol: str, dice: Random) -> Iterator[CandlesKnown]:
    """Ends with the newest candle before the start."""
    for name, length in zip(TIMEFRAME_NAMES, TIMEFRAMES, strict=True):
        if length >= MINUTE:
            end = STARTED - STARTED % length
            known, close = [], MIDDLE
            for number in range(HISTORY):
                opened, close = close, round(close * math.exp(dice.gauss(0.0, _STEP)))
                high, low = max(opened, close) + 500, min(opened, close) - 500
                at = Nanos(end - (HISTORY - number) * length)
                prices = (Ticks(opened), Ticks(high), Ticks(low), Ticks(close))
                known.append(KnownCandle(at, *prices, Lots(1_000)))
            yield CandlesKnown(symbol, name, tuple(known))
