"""A market source that plays a list of events."""

from collections.abc import Sequence
from decimal import Decimal

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots, Nanos
from trading_agent.embedded_exchange.price_levels import PriceLevels
from trading_agent.embedded_exchange.source import (
    BookImage,
    DepthChanged,
    Level,
    MarketEvent,
)


def pair(symbol: str = "BTCUSDC", *, taker_fee: Decimal | None = Decimal(0)) -> Instrument:
    return Instrument(
        symbol=symbol,
        base=symbol[:-4],
        quote=symbol[-4:],
        price_decimals=2,
        size_decimals=6,
        min_size=Lots(10),
        min_notional=Decimal(1),
        max_notional=Decimal(4_000_000),
        maker_fee=Decimal(0),
        taker_fee=taker_fee,
        tradable=True,
    )


class ScriptedSource:
    """Events in the order given; the book starts as `bids` and `asks` at `version`, or is
    unknown until the first depth event when they are left out."""

    def __init__(
        self,
        events: Sequence[MarketEvent] = (),
        *,
        listed: Instrument | None = None,
        book: tuple[int, tuple[Level, ...], tuple[Level, ...]] | None = None,
    ) -> None:
        self.events = list(events)
        self._listed = listed or pair()
        self._book = None if book is None else PriceLevels(*book)

    def instruments(self) -> Sequence[Instrument]:
        return (self._listed,)

    def next_at(self) -> Nanos | None:
        return self.events[0].at if self.events else None

    def advance(self, until: Nanos) -> Sequence[MarketEvent]:
        due = [event for event in self.events if event.at <= until]
        self.events = self.events[len(due) :]
        for event in due:
            if isinstance(event, DepthChanged):
                if self._book is None:
                    self._book = PriceLevels(0, (), ())
                self._book.change(event.last_version, event.bids, event.asks)
        return due

    def image(self, symbol: str, levels: int) -> BookImage | None:
        book = self._book
        if book is None or symbol != self._listed.symbol:
            return None
        return BookImage(symbol, book.version, book.bids.top(levels), book.asks.top(levels))
