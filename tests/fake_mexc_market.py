"""A small exchange whose truth is known: books by version, frames as bytes, REST snapshots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.fake_mexc_rest import Reply, reply
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.wire import (
    book_ticker_channel,
    depth_channel,
    kline_channel,
    trades_channel,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots

SENT_AT = 1_755_973_886_309

Changes = Mapping[str, str]
"""Price to size, both as the exchange writes them."""


def instrument(symbol: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        base=symbol[:3],
        quote=symbol[3:],
        price_decimals=2,
        size_decimals=6,
        min_size=Lots(1),
        min_notional=Decimal(1),
        max_notional=Decimal(4_000_000),
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
        tradable=True,
    )


def rules_of(pair: Instrument, **changes: Any) -> dict[str, Any]:
    """The pair as `exchangeInfo` would state it, but for the changes."""
    return {
        "symbol": pair.symbol,
        "status": "1",
        "baseAsset": pair.base,
        "baseAssetPrecision": pair.size_decimals,
        "quoteAsset": pair.quote,
        "quoteAssetPrecision": pair.price_decimals,
        "isSpotTradingAllowed": True,
        "quoteAmountPrecision": "1",
        "baseSizePrecision": "0.000001",
        "permissions": ["SPOT"],
        "maxQuoteAmount": "4000000",
        "makerCommission": "0",
        "takerCommission": "0",
        "tradeSideType": 1,
        **changes,
    }


def depth_frame(
    symbol: str,
    versions: tuple[int, int],
    bids: Changes,
    asks: Changes,
    *,
    channel: str | None = None,
    pace_ms: int = 100,
) -> bytes:
    wrapper = PushDataV3ApiWrapper()
    wrapper.channel = channel or depth_channel(symbol, pace_ms)
    wrapper.symbol = symbol
    wrapper.sendTime = SENT_AT
    body = wrapper.publicAggreDepths
    for side, levels in ((body.asks, asks), (body.bids, bids)):
        for price, quantity in levels.items():
            side.add(price=price, quantity=quantity)
    body.eventType = "spot@public.aggre.depth.v3.api.pb@100ms"
    body.fromVersion, body.toVersion = map(str, versions)
    data: bytes = wrapper.SerializeToString()
    return data


def trade_frame(symbol: str, price: str, size: str, *, bought: bool = True) -> bytes:
    wrapper = PushDataV3ApiWrapper()
    wrapper.channel = trades_channel(symbol, 100)
    wrapper.symbol = symbol
    wrapper.sendTime = SENT_AT
    wrapper.publicAggreDeals.deals.add(
        price=price, quantity=size, tradeType=1 if bought else 2, time=SENT_AT
    )
    data: bytes = wrapper.SerializeToString()
    return data


def quotes_frame(symbol: str, bid: tuple[str, str], ask: tuple[str, str], version: int) -> bytes:
    wrapper = PushDataV3ApiWrapper()
    wrapper.channel = book_ticker_channel(symbol, 100)
    wrapper.symbol = symbol
    wrapper.sendTime = SENT_AT
    body = wrapper.publicAggreBookTicker
    body.bidPrice, body.bidQuantity = bid
    body.askPrice, body.askQuantity = ask
    body.version = str(version)
    data: bytes = wrapper.SerializeToString()
    return data


def kline_frame(symbol: str, window_start: int) -> bytes:
    wrapper = PushDataV3ApiWrapper()
    wrapper.channel = kline_channel(symbol, "1m")
    wrapper.symbol = symbol
    body = wrapper.publicSpotKline
    body.interval, body.windowStart, body.windowEnd = "Min1", window_start, window_start + 60
    body.openingPrice, body.closingPrice = "100.00", "101.00"
    body.highestPrice, body.lowestPrice = "102.00", "99.00"
    body.volume, body.amount = "1.5", "150"
    data: bytes = wrapper.SerializeToString()
    return data


@dataclass
class TrueBook:
    """The exchange's own book of one pair; every change is a frame to send, or to lose."""

    symbol: str
    version: int = 1_000
    bids: dict[str, str] = field(default_factory=lambda: {"99.00": "1", "98.50": "2"})
    asks: dict[str, str] = field(default_factory=lambda: {"101.00": "1", "102.50": "3"})

    def change(
        self, bids: Changes | None = None, asks: Changes | None = None, span: int = 1
    ) -> bytes:
        """Apply, and the frame that says so. `span`: how many versions it covers."""
        first, self.version = self.version + 1, self.version + span
        for side, levels in ((self.bids, bids or {}), (self.asks, asks or {})):
            for price, size in levels.items():
                if Decimal(size) == 0:
                    side.pop(price, None)
                else:
                    side[price] = size
        return depth_frame(self.symbol, (first, self.version), bids or {}, asks or {})

    def snapshot(self) -> Reply:
        return reply(
            {
                "lastUpdateId": self.version,
                "bids": _levels(self.bids, descending=True),
                "asks": _levels(self.asks, descending=False),
                "timestamp": SENT_AT,
            }
        )

    def in_ticks(self) -> tuple[dict[int, int], dict[int, int]]:
        """Both sides in ticks and lots of `instrument`."""
        pair = instrument(self.symbol)
        bids, asks = (
            {pair.ticks(Decimal(price)): int(pair.lots(Decimal(size))) for price, size in side}
            for side in (self.bids.items(), self.asks.items())
        )
        return dict(bids), dict(asks)


def _levels(side: Changes, *, descending: bool) -> Sequence[list[str]]:
    return [[price, side[price]] for price in sorted(side, key=Decimal, reverse=descending)]
