"""Order flow of one symbol as a page of plain Python. What the compiled one must equal."""

from dataclasses import dataclass, field
from math import sqrt

from tests.plain_book import PlainBook
from trading_agent.domain.market_rows import RowKind, Rows
from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.signals.settings import SignalParameters

Level = tuple[int, int]


@dataclass
class PlainFeatures:
    """After `take`, `evaluated` says whether there are features, in `now` by their names."""

    parameters: SignalParameters
    book: PlainBook = field(default_factory=PlainBook)
    ready: bool = False
    snapshot_begun: bool = False
    next_at: int = 0
    prints: list[tuple[int, int]] = field(default_factory=list)
    mids: list[tuple[int, float]] = field(default_factory=list)
    second: tuple[int, float] = (0, 0.0)
    returns: list[float] = field(default_factory=list)
    evaluated: bool = False
    now: dict[str, float] = field(default_factory=dict)

    def take(self, message: Rows) -> None:
        self.evaluated = False
        kinds = set(message["kind"].tolist())
        at = int(message["at"][0])
        for row in message:
            if row["kind"] in (RowKind.BUY, RowKind.SELL):
                sign = 1 if row["kind"] == RowKind.BUY else -1
                self.prints.append((at, sign * int(row["size"])))
        if RowKind.LOST in kinds:
            self._lose()
        if kinds & {RowKind.CLEAR, RowKind.BID, RowKind.ASK}:
            self.snapshot_begun |= RowKind.CLEAR in kinds
            self.book.take(message)
            self._settle(at)

    def _lose(self) -> None:
        if self.ready:
            self.mids, self.returns, self.second = [], [], (0, 0.0)
        self.ready = self.snapshot_begun = False

    def _settle(self, at: int) -> None:
        if self.book.crossed:
            self._lose()
            return
        both = bool(self.book.bids and self.book.asks)
        if self.snapshot_begun and both:
            self.snapshot_begun, self.ready = False, True
        if self.ready and both and at >= self.next_at:
            self.next_at = at + self.parameters.evaluation_interval_ms * MILLISECOND
            self.evaluated = True
            self._measure(at)

    def _measure(self, at: int) -> None:
        book = self.book
        count = self.parameters.book_levels
        bids, asks = book.best_bids(count), book.best_asks(count)
        mid = (book.bid + book.ask) / 2
        (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
        self.now = {
            "mid": mid,
            "spread_ticks": ask - bid,
            "spread_bps": (ask - bid) / mid * 1e4,
            "top_imbalance": balance(bids[:1], asks[:1], [1.0]),
            "imbalance": balance(bids, asks, [1.0] * count),
            "weighted_imbalance": balance(bids, asks, [0.8**level for level in range(count)]),
            "microprice": (bid * ask_size + ask * bid_size) / (bid_size + ask_size),
            "trade_flow": self._flow(at),
        }
        self._momentum(at, mid)
        self._volatility(at, mid)

    def _flow(self, at: int) -> float:
        since = at - self.parameters.trade_flow_window_ms * MILLISECOND
        lots = [signed for printed_at, signed in self.prints if printed_at >= since]
        total = sum(map(abs, lots))
        return sum(lots) / total if total else 0.0

    def _momentum(self, at: int, mid: float) -> None:
        if not self.mids or at - self.mids[-1][0] >= 20 * MILLISECOND:
            self.mids.append((at, mid))
        then = at - self.parameters.momentum_window_ms * MILLISECOND
        before = [value for seen_at, value in self.mids if seen_at <= then]
        self.now["warm"] = float(bool(before))
        self.now["momentum_bps"] = (mid - before[-1]) / before[-1] * 1e4 if before else 0.0

    def _volatility(self, at: int, mid: float) -> None:
        second, first_mid = self.second
        if at // SECOND != second:
            if at // SECOND == second + 1:
                self.returns.append((mid - first_mid) / first_mid * 1e4)
            self.second = (at // SECOND, mid)
        minute = self.returns[-60:]
        if len(minute) < 5:
            self.now["warm"] = 0.0
        mean = sum(change * change for change in minute) / len(minute) if minute else 0.0
        self.now["volatility_bps"] = sqrt(mean)


def balance(bids: list[Level], asks: list[Level], weights: list[float]) -> float:
    bought = sum(size * weight for (_, size), weight in zip(bids, weights, strict=False))
    sold = sum(size * weight for (_, size), weight in zip(asks, weights, strict=False))
    return (bought - sold) / (bought + sold)
