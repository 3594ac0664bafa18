"""A client that keeps one book by the exchange's procedure: deltas, snapshot, no gaps.

It knows nothing of the project's own feed, so that it can judge the exchange.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests
import websocket

from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper

_PATIENCE = 10.0
"""Longest wait for anything; seconds."""

Best = tuple[Decimal, Decimal, Decimal, Decimal]


def connect(url: str, **options: Any) -> websocket.WebSocket:
    return websocket.create_connection(url, timeout=_PATIENCE, **options)


def ask_for(socket: websocket.WebSocket, channels: list[str], request_id: int = 1) -> Any:
    """Subscribe and return the answer; frames before it are dropped."""
    socket.send(json.dumps({"method": "SUBSCRIPTION", "params": channels, "id": request_id}))
    return next_text(socket)


def next_text(socket: websocket.WebSocket) -> Any:
    while True:
        message = socket.recv()
        if isinstance(message, str):
            return json.loads(message)


def next_frame(socket: websocket.WebSocket) -> bytes:
    while True:
        message = socket.recv()
        if isinstance(message, bytes):
            return message


def channels_of(symbol: str, pace: str = "100ms") -> list[str]:
    return [
        f"spot@public.aggre.{topic}.v3.api.pb@{pace}@{symbol}"
        for topic in ("depth", "deals", "bookTicker")
    ]


@dataclass
class BookClient:
    """Counts what it sees. `same` and `different` compare the own top, after every depth
    frame, with the newest quote whose version that frame reaches."""

    socket: websocket.WebSocket
    rest_url: str
    symbol: str
    version: int = -1
    frames: int = 0
    depth_frames: int = 0
    trades: int = 0
    gaps: int = 0
    same: int = 0
    different: int = 0
    _sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = field(
        default_factory=lambda: ({}, {})
    )
    _early: list[Any] = field(default_factory=list)
    _quotes: deque[tuple[int, Best]] = field(default_factory=deque)

    def read(self, depth_frames: int) -> None:
        """Until so many depth frames have come in all."""
        while self.depth_frames < depth_frames:
            self.take(next_frame(self.socket))

    def take(self, raw: bytes) -> None:
        frame = PushDataV3ApiWrapper.FromString(raw)
        self.frames += 1
        match frame.WhichOneof("body"):
            case "publicAggreDepths":
                self.depth_frames += 1
                self._take_depth(frame.publicAggreDepths)
            case "publicAggreBookTicker":
                self._take_quote(frame.publicAggreBookTicker)
            case "publicAggreDeals":
                self.trades += len(frame.publicAggreDeals.deals)

    def _take_quote(self, quote: Any) -> None:
        texts = (quote.bidPrice, quote.bidQuantity, quote.askPrice, quote.askQuantity)
        bid, bid_size, ask, ask_size = map(Decimal, texts)
        self._quotes.append((int(quote.version), (bid, bid_size, ask, ask_size)))

    def _take_depth(self, change: Any) -> None:
        if self.version >= 0:
            if int(change.toVersion) > self.version:
                self._apply(change)
                self._compare()
            return
        self._early.append(change)
        answer = requests.get(
            f"{self.rest_url}/api/v3/depth",
            params={"symbol": self.symbol, "limit": 5_000},
            timeout=_PATIENCE,
        )
        if answer.status_code == 200:
            self._start_from(answer.json())

    def _start_from(self, snapshot: Any) -> None:
        self.version = snapshot["lastUpdateId"]
        for side, levels in zip(self._sides, (snapshot["bids"], snapshot["asks"]), strict=True):
            side.update((Decimal(price), Decimal(size)) for price, size in levels)
        for change in self._early:
            if int(change.toVersion) > self.version:
                self._apply(change)

    def _apply(self, change: Any) -> None:
        self.gaps += int(change.fromVersion) > self.version + 1
        self.version = int(change.toVersion)
        for side, levels in zip(self._sides, (change.bids, change.asks), strict=True):
            for level in levels:
                price, size = Decimal(level.price), Decimal(level.quantity)
                if size:
                    side[price] = size
                else:
                    side.pop(price, None)

    def _compare(self) -> None:
        while len(self._quotes) > 1 and self._quotes[1][0] <= self.version:
            self._quotes.popleft()
        if not self._quotes or self._quotes[0][0] > self.version:
            return
        bids, asks = self._sides
        bid, ask = max(bids), min(asks)
        equal = self._quotes[0][1] == (bid, bids[bid], ask, asks[ask])
        self.same += equal
        self.different += not equal
