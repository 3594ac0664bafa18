"""A symbol's market watched as a page of plain Python would. What the compiled watch must equal."""

from dataclasses import dataclass, field
from statistics import median

import numpy as np

from tests.plain_book import PlainBook, put
from trading_agent.domain.market_rows import RowKind, Rows
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.signals.enhanced.flicker import MEDIAN_EVERY, MEDIAN_LEVELS, WATCHED
from trading_agent.signals.enhanced.settings import AnomalyParameters, EnhancedSettings

DEPTH = {RowKind.CLEAR, RowKind.BID, RowKind.ASK}
PRINTS = {RowKind.BUY: Side.BUY, RowKind.SELL: Side.SELL}


@dataclass
class PlainSecond:
    end: int
    touch: tuple[int, int] = (0, 0)
    messages: int = 0
    volume: int = 0
    delay: int | None = None
    back: int = 0
    follows: bool = False

    @property
    def mid(self) -> float:
        return sum(self.touch) / 2

    @property
    def spread_bps(self) -> float:
        return (self.touch[1] - self.touch[0]) / self.mid * 1e4


@dataclass
class PlainLevel:
    since: int
    lots: int
    printed: bool = False


@dataclass
class PlainFlicker:
    """Levels by (side, price)."""

    asked: AnomalyParameters
    levels: dict[tuple[Side, int], PlainLevel] = field(default_factory=dict)
    large: dict[Side, float] = field(default_factory=dict)
    due: int = 0
    found: list[tuple[int, int, int, int]] = field(default_factory=list)

    def row(self, at: int, side: Side, level: tuple[int, int], before: int, mid: float) -> None:
        price, size = level
        key = (side, price)
        longest = self.asked.flicker_ms * MILLISECOND
        in_band = 0.0 < (mid - price) * side <= mid * (self.asked.flicker_band_bps / 1e4)
        watched = self.levels.get(key)
        if watched is not None:
            lived = at - watched.since
            if lived <= longest and 2 * size >= watched.lots:
                return
            if lived <= longest and in_band and not watched.printed:
                self.found.append((at, price * side, watched.lots, lived))
            del self.levels[key]
        large = self.large.get(side)
        if large is None or not before < large <= size or not in_band:
            return
        if len(self.levels) < WATCHED:
            self.levels[key] = PlainLevel(at, size)

    def look(self, at: int, book: PlainBook) -> None:
        longest = self.asked.flicker_ms * MILLISECOND
        self.levels = {k: it for k, it in self.levels.items() if at - it.since <= longest}
        if at < self.due:
            return
        self.due = at + MEDIAN_EVERY
        best = {Side.BUY: book.best_bids(MEDIAN_LEVELS), Side.SELL: book.best_asks(MEDIAN_LEVELS)}
        for side, levels in best.items():
            sizes = sorted(size for _, size in levels)
            self.large[side] = max(sizes[len(sizes) // 2] * self.asked.flicker_factor, 1.0)

    def forget(self) -> None:
        self.levels, self.large, self.due = {}, {}, 0


@dataclass
class PlainSweep:
    since: int
    before: int
    least: int


@dataclass
class PlainScrutiny:
    settings: EnhancedSettings
    book: PlainBook = field(default_factory=PlainBook)
    ready: bool = False
    snapshot_begun: bool = False
    touch: tuple[int, int] = (0, 0)
    seconds: list[PlainSecond] = field(default_factory=list)
    open: PlainSecond = field(default_factory=lambda: PlainSecond(0))
    looking: bool = False
    lost: bool = False
    broken: bool = False
    looked_until: int = 0
    stamp: int = 0
    flicker: PlainFlicker = field(init=False)
    sweeps: dict[Side, PlainSweep] = field(default_factory=dict)
    times: dict[Side, list[int]] = field(default_factory=lambda: {it: [] for it in Side})
    swept: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    given_up: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))

    def __post_init__(self) -> None:
        self.flicker = PlainFlicker(self.settings.anomalies)

    def take(self, message: Rows) -> None:
        kinds = {RowKind(int(kind)) for kind in message["kind"]}
        at, venue_at = int(message["at"][0]), int(message["venue_at"][-1])
        traded = dict.fromkeys(Side, 0)
        for row in message:
            self._row(at, RowKind(int(row["kind"])), int(row["price"]), int(row["size"]))
            if row["kind"] in PRINTS:
                traded[PRINTS[RowKind(int(row["kind"]))]] += int(row["size"])
        if RowKind.LOST in kinds:
            self._lose()
        if kinds & DEPTH:
            self._settle(at, venue_at)
        if kinds & PRINTS.keys():
            self._trades(at, traded)

    def _row(self, at: int, kind: RowKind, price: int, size: int) -> None:
        if kind in PRINTS:
            for side in Side:
                if (side, price) in self.flicker.levels:
                    self.flicker.levels[side, price].printed = True
        elif kind is RowKind.CLEAR:
            self.book = PlainBook()
            self.snapshot_begun = True
            self._look_away()
        elif kind in DEPTH:
            side = Side.BUY if kind is RowKind.BID else Side.SELL
            levels = self.book.bids if side is Side.BUY else self.book.asks
            if self.looking:
                mid = sum(self.touch) / 2
                self.flicker.row(at, side, (price, size), levels.get(price, 0), mid)
            put(levels, price, size)

    def _lose(self) -> None:
        if self.ready:
            self._look_away()
        self.ready = self.snapshot_begun = False

    def _look_away(self) -> None:
        self.looking, self.lost = False, True
        self.flicker.forget()
        self.sweeps = {}

    def _settle(self, at: int, venue_at: int) -> None:
        self.touch = (self.book.bid, self.book.ask)
        if self.book.crossed:
            self.ready |= self.snapshot_begun
            self._lose()
            return
        both = bool(self.book.bids and self.book.asks)
        if self.snapshot_begun and both:
            self.snapshot_begun, self.ready = False, True
        if not (self.ready and both):
            self._look_away()
            return
        if not self.looking or at >= self.looked_until:
            self._turn(at)
            self.broken |= self.lost
            self.lost, self.looking, self.looked_until = False, True, self.open.end
            self.flicker.look(at, self.book)
        self._count(at, venue_at)
        self._recover(at)

    def _turn(self, at: int) -> None:
        if at < self.open.end:
            return
        if self.open.messages:
            before = self.seconds[-1].end if self.seconds else 0
            self.open.follows = not self.broken and before == self.open.end - SECOND
            self.seconds.append(self.open)
        self.open = PlainSecond(at - at % SECOND + SECOND)
        self.broken = False

    def _count(self, at: int, venue_at: int) -> None:
        self.open.messages += 1
        self.open.touch = self.touch
        self.open.delay = at - venue_at if venue_at > 0 else None
        if venue_at > 0:
            self.open.back = max(self.open.back, self.stamp - venue_at)
            self.stamp = venue_at

    def _trades(self, at: int, traded: dict[Side, int]) -> None:
        self._turn(at)
        self.open.volume += sum(traded.values())
        for aggressor, lots in traded.items():
            side = aggressor.opposite
            if not lots or not self.looking or side in self.sweeps:
                continue
            levels = self.book.bids if side is Side.BUY else self.book.asks
            top = levels[self.book.bid if side is Side.BUY else self.book.ask]
            if lots >= self.settings.liquidity.sweep_share * top:
                depth = self.near(side)
                self.sweeps[side] = PlainSweep(at, depth, depth)
                self.swept[side] += 1

    def near(self, side: Side) -> int:
        """Lots within the recovery band."""
        mid = (self.book.bid + self.book.ask) / 2
        reach = mid * (self.settings.liquidity.recovery_band_bps / 1e4)
        if side is Side.BUY:
            return sum(size for price, size in self.book.bids.items() if price >= mid - reach)
        return sum(size for price, size in self.book.asks.items() if price <= mid + reach)

    def _recover(self, at: int) -> None:
        asked = self.settings.liquidity
        patience = asked.patience_ms * MILLISECOND
        for side, sweep in list(self.sweeps.items()):
            waited = at - sweep.since
            if waited <= 0:
                continue
            depth = self.near(side)
            sweep.least = min(sweep.least, depth)
            gone = sweep.before - sweep.least
            enough = sweep.least + asked.recovered_share * gone
            back = gone == 0 or (depth > sweep.least and depth >= enough)
            if back or waited >= patience:
                self.given_up[side] += not back
                self.times[side].append(waited if back else patience)
                del self.sweeps[side]

    def returns(self) -> list[float]:
        """Simple ones of every finished second, NaN across holes."""
        found = [float("nan")] * len(self.seconds)
        for number in range(1, len(self.seconds)):
            if self.seconds[number].follows:
                found[number] = self.seconds[number].mid / self.seconds[number - 1].mid - 1.0
        return found

    def half_time_ms(self, side: Side) -> float | None:
        times = self.times[side][-self.settings.liquidity.sweeps :]
        return median(times) / MILLISECOND if times else None


def robust_z(value: float, window: list[float], least_scale: float) -> tuple[float, float]:
    """By the book: deviations from the median, and the median."""
    middle = float(np.median(window))
    deviation = 1.4826 * float(np.median(np.abs(np.array(window) - middle)))
    return (value - middle) / max(deviation, least_scale), middle
