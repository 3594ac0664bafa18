"""A market that trades by itself: one order flow a pair, matched by price and time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import OrderId, OrderKind, Side
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.embedded_exchange.candle_history import Candle
from trading_agent.embedded_exchange.matching import HOUSE, NOTHING, Match, Receipt, Refusal
from trading_agent.embedded_exchange.order_flow import OrderFlow
from trading_agent.embedded_exchange.past import Past
from trading_agent.embedded_exchange.settings import EmbeddedSettings, PairPreset
from trading_agent.embedded_exchange.source import (
    BestQuoted,
    BookImage,
    DepthChanged,
    Level,
    MarketEvent,
    Printed,
)


@dataclass(frozen=True, slots=True)
class Execution:
    """A match in which a stranger's order took part."""

    symbol: str
    at: Nanos
    match: Match


class SyntheticMarket:
    """A function of seed, pairs and start time, however `advance` is cut into steps.

    Strangers may trade in it: their orders enter at the market time reached so far, and the
    market answers to them from there on.
    """

    def __init__(self, settings: EmbeddedSettings, starts_at: Nanos) -> None:
        presets = self._presets = settings.synthetic.presets
        self._seed = settings.seed
        self._now = starts_at
        self._pending: list[MarketEvent] = []
        self._executions: list[Execution] = []
        self._pairs = {
            symbol: _Pair(
                listed(symbol, presets[symbol]),
                OrderFlow(symbol, presets[symbol], settings.synthetic, settings.seed, starts_at),
            )
            for symbol in settings.pairs
        }

    def instruments(self) -> Sequence[Instrument]:
        return tuple(pair.instrument for pair in self._pairs.values())

    def past(self, symbol: str, now: Nanos) -> Mapping[str, Sequence[Candle]]:
        """What its charts show of the time before, by interval."""
        return Past(self._presets[symbol], symbol, self._seed).candles(now)

    def next_at(self) -> Nanos | None:
        if self._pending:
            return self._now
        return min(pair.flow.due for pair in self._pairs.values())

    def advance(self, until: Nanos) -> Sequence[MarketEvent]:
        events, self._pending = self._pending, []
        pairs = tuple(self._pairs.values())
        while True:
            pair = min(pairs, key=_due)
            at = pair.flow.due
            if at > until:
                break
            pair.flow.act()
            self._tell(pair, at, events)
        self._now = Nanos(max(self._now, until))
        return events

    def image(self, symbol: str, levels: int) -> BookImage | None:
        pair = self._pairs.get(symbol)
        if pair is None:
            return None
        book = pair.flow.book
        return BookImage(symbol, book.version, book.bids.top(levels), book.asks.top(levels))

    def submit(
        self, symbol: str, side: Side, kind: OrderKind, price: Ticks, size: Lots, owner: int = 1
    ) -> Receipt:
        """A stranger's order, now; raises KeyError for a pair that is not traded here.

        What the public sees of it comes with the next `advance`. `price` is ignored for
        MARKET. `owner` is above 0 and comes back in every match.
        """
        if owner <= HOUSE:
            raise ValueError("a stranger's owner is above 0")
        pair = self._pairs[symbol]
        refusal = pair.refusal(side, kind, price, size)
        if refusal is not None:
            return Receipt(OrderId(0), (), Lots(0), refusal)
        receipt = pair.flow.book.submit(side, kind, price, size, owner)
        self._touched(pair)
        return receipt

    def cancel(self, symbol: str, order: OrderId, owner: int = 1) -> Lots:
        """Withdraws the owner's resting order, now; the size that was left, 0 for none."""
        pair = self._pairs[symbol]
        resting = pair.flow.book.get(order)
        if resting is None or resting.owner != owner:
            return Lots(0)
        left = pair.flow.book.cancel(order)
        self._touched(pair)
        return left

    def executions(self) -> Sequence[Execution]:
        """Matches of strangers' orders since the last call, in order."""
        executions, self._executions = self._executions, []
        return executions

    def _touched(self, pair: "_Pair") -> None:
        self._tell(pair, self._now, self._pending)
        pair.flow.plan(self._now)

    def _tell(self, pair: "_Pair", at: Nanos, events: list[MarketEvent]) -> None:
        """Appends what changed in a pair's book since the last call."""
        change = pair.flow.book.drain()
        if change is None:
            return
        symbol = pair.instrument.symbol
        for match in change.matches:
            events.append(Printed(symbol, at, match.price, match.size, match.taker_bought))
            if match.maker_owner != HOUSE or match.taker_owner != HOUSE:
                self._executions.append(Execution(symbol, at, match))
        events.append(
            DepthChanged(
                symbol, at, change.first_version, change.last_version, change.bids, change.asks
            )
        )
        best = pair.new_best()
        if best is not None:
            events.append(BestQuoted(symbol, at, change.last_version, *best))


def listed(symbol: str, preset: PairPreset) -> Instrument:
    """The pair as the exchange lists it; the synthetic market charges nothing."""
    return Instrument(
        symbol=symbol,
        base=preset.base,
        quote=preset.quote,
        price_decimals=preset.price_decimals,
        size_decimals=preset.size_decimals,
        min_size=Lots(max(1, int(preset.min_size.scaleb(preset.size_decimals)))),
        min_notional=preset.min_notional,
        max_notional=preset.max_notional,
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
        tradable=True,
    )


class _Pair:
    """One listed pair, its flow, and the best prices last told."""

    __slots__ = ("_best", "flow", "instrument")

    def __init__(self, instrument: Instrument, flow: OrderFlow) -> None:
        self.instrument = instrument
        self.flow = flow
        flow.book.drain()
        self._best = (flow.book.bids.best(), flow.book.asks.best())

    def new_best(self) -> tuple[Level, Level] | None:
        """None while they are as before, or a side is empty."""
        best = (self.flow.book.bids.best(), self.flow.book.asks.best())
        if best == self._best:
            return None
        self._best = best
        return None if NOTHING in best else best

    def refusal(self, side: Side, kind: OrderKind, price: Ticks, size: Lots) -> Refusal | None:
        """The rules of the pair; a market order is valued at the best price it would meet."""
        rules = self.instrument
        if kind is OrderKind.MARKET:
            price = self.flow.book.side(side.opposite).best()[0]
        if size <= 0 or price < 0 or (price == 0 and kind is not OrderKind.MARKET):
            return Refusal.NOT_POSITIVE
        if size < rules.min_size:
            return Refusal.SIZE_TOO_SMALL
        notional = rules.notional(price, size)
        if price and notional < rules.min_notional:
            return Refusal.NOTIONAL_TOO_SMALL
        if notional > rules.max_notional:
            return Refusal.NOTIONAL_TOO_LARGE
        return None


def _due(pair: _Pair) -> Nanos:
    return pair.flow.due
