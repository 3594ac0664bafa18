"""What a feed of levels and prints shows of an order log, and what became of every order in it.

The log names no aggressor. An order created at or through the opposite touch is one, until it
reaches it no more or is gone; it is not displayed meanwhile. Sizes only fall by trades (a
cancelled order is deleted with what was left of it), so what a *displayed* order loses is a
print against its side. The log begins without a book: what older orders it cannot know stand at
a level is taken from `order_book` events, at once from the first, later once two in a row say so.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.order import BUY, SELL, Side
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.research.fill_validation_order_log import (
    Levels,
    LogEvent,
    LoggedTrade,
    OrderChange,
    ShownBook,
    StandingLevel,
    StandingSide,
)

_PATIENCE: Final = 2 * SECOND
"""How long an aggressor may wait for its trades; past that what it met is no longer there."""
_LOOKAHEAD: Final = 12
"""Events behind a change of an unknown order among which its trade is found."""


class RestingOrder(Struct, kw_only=True):
    """A real order that rested without having taken, and what became of it. Of the rows shown:
    `row` were there before it arrived, `front_row` before its first fill or its end (when `front`
    lots stood before it), `end_row` before its cancel, or up to the end of the sweep that filled
    it. `fills`: rows before each of its prints, and lots. -1 and zero until known."""

    order: int
    side: Side
    price: Ticks
    size: Lots
    at: Nanos
    row: int
    ahead: Lots
    filled: Lots = Lots(0)
    fills: list[tuple[int, Lots]] = []
    front: Lots = Lots(0)
    front_row: int = -1
    end_row: int = -1
    ended_at: Nanos = Nanos(0)


class ProjectedLog(Struct, frozen=True, kw_only=True):
    """`rows`: of symbol 0 with the log's times. `orders`: those that ended, by arrival. `traded`:
    lots of the log's trades, `printed`: of the rows' prints. `agreed` and `corrected`: levels of
    `order_book` events that were as known, and that were put right. `jumped`: fills that reached
    an order before those ahead of it."""

    rows: Rows
    orders: tuple[RestingOrder, ...]
    traded: Lots
    printed: Lots
    agreed: int
    corrected: int
    jumped: int


class _Shown:
    """The rows so far."""

    def __init__(self) -> None:
        self._cells: list[tuple[int, int, int, int, int]] = []
        self.printed = 0

    def __len__(self) -> int:
        return len(self._cells)

    def level(self, at: Nanos, side: Side, price: int, lots: int, *, last: bool = True) -> None:
        kind = RowKind.BID if side is BUY else RowKind.ASK
        self._cells.append((at, kind, price, lots, last))

    def begin(self, at: Nanos) -> None:
        self._cells.append((at, RowKind.CLEAR, 0, 0, False))

    def trade(self, at: Nanos, aggressor: Side, price: int, lots: int) -> None:
        kind = RowKind.BUY if aggressor is BUY else RowKind.SELL
        self._cells.append((at, kind, price, lots, True))
        self.printed += lots

    def rows(self) -> Rows:
        rows = empty_rows(len(self._cells))
        cells = np.array(self._cells, np.int64).reshape(-1, 5)
        rows["at"] = rows["venue_at"] = cells[:, 0]
        rows["kind"], rows["price"], rows["size"] = cells[:, 1], cells[:, 2], cells[:, 3]
        rows["flags"] = cells[:, 4] * int(RowFlag.LAST)
        rows["sequence"] = np.cumsum(cells[:, 4])
        return rows


class _Taking(Struct):
    """An order on its way through the other side. `owed`: lots that displayed orders have lost to
    it and its own changes have not shown yet. `filled`: the resting orders it filled."""

    side: Side
    price: Ticks
    left: Lots
    since: Nanos
    owed: int
    filled: list[RestingOrder]


class Projection:
    """Takes the events of a log in their order."""

    def __init__(self) -> None:
        self._sides = {BUY: StandingSide(BUY), SELL: StandingSide(SELL)}
        self._prices: dict[int, int] = {}
        self._taking: dict[int, _Taking] = {}
        self._resting: dict[int, RestingOrder] = {}
        self._ended: list[RestingOrder] = []
        self._shown = _Shown()
        self._doubts: dict[tuple[Side, int], int] = {}
        self._begun = False
        self._traded = 0
        self._agreed = 0
        self._corrected = 0
        self._jumped = 0

    def project(self, events: Sequence[LogEvent]) -> ProjectedLog:
        coming: deque[LogEvent] = deque()
        source = iter(events)
        while True:
            while len(coming) <= _LOOKAHEAD and (event := next(source, None)) is not None:
                coming.append(event)
            if not coming:
                break
            event = coming.popleft()
            match event:
                case OrderChange():
                    self._change(event, coming)
                case LoggedTrade():
                    self._traded += event.size if self._begun else 0
                case ShownBook():
                    self._check(event)
            self._settle_takers(event.at)
        self._ended.sort(key=_by_row)
        return ProjectedLog(
            rows=self._shown.rows(),
            orders=tuple(self._ended),
            traded=Lots(self._traded),
            printed=Lots(self._shown.printed),
            agreed=self._agreed,
            corrected=self._corrected,
            jumped=self._jumped,
        )

    def _change(self, change: OrderChange, coming: Iterable[LogEvent]) -> None:
        taker = self._taking.get(change.order)
        if taker is not None:
            self._change_taker(change, taker)
        elif change.event == "order_created":
            self._create(change)
        elif change.order in self._prices:
            self._change_known(change)
        else:
            self._change_unknown(change, coming)

    def _create(self, change: OrderChange) -> None:
        if not self._reaches(change.side, change.price) and self._begun:
            level = self._sides[change.side].at(change.price)
            self._resting[change.order] = RestingOrder(
                order=change.order,
                side=change.side,
                price=change.price,
                size=change.left,
                at=change.at,
                row=len(self._shown),
                ahead=Lots(level.shown),
            )
        self._enter(change)

    def _enter(self, change: OrderChange) -> None:
        """Into the other side where it reaches it, else into its own."""
        if self._reaches(change.side, change.price):
            self._taking[change.order] = _Taking(
                change.side, change.price, change.left, change.at, 0, []
            )
        else:
            self._stand(change)

    def _stand(self, change: OrderChange) -> None:
        self._prices[change.order] = change.price
        level = self._sides[change.side].at(change.price)
        level.put(change.order, change.left)
        self._show(change.at, change.side, change.price)

    def _change_taker(self, change: OrderChange, taker: _Taking) -> None:
        taker.owed -= taker.left - change.left
        taker.left = change.left
        taker.price = change.price
        taker.since = change.at
        if change.event == "order_deleted":
            self._finish(change.order, change.at)

    def _change_known(self, change: OrderChange) -> None:
        price = self._prices[change.order]
        level = self._sides[change.side].at(price)
        traded = level.orders[change.order] - change.left
        filled = change.left == 0 or (change.event == "order_changed" and traded > 0)
        if price != change.price:
            self._drop(change.order)
            level.put(change.order, 0)
            del self._prices[change.order]
            self._show(change.at, change.side, price)
            self._enter(change)
        elif filled:
            self._fill(change, level, Lots(traded))
        elif change.event == "order_deleted":
            self._end(change.order, level, change.at)
            level.put(change.order, 0)
            del self._prices[change.order]
            self._show(change.at, change.side, price)

    def _fill(self, change: OrderChange, level: StandingLevel, lots: Lots) -> None:
        """A displayed order lost lots to an aggressor."""
        taker = self._taker_of(change.side)
        if taker is not None:
            taker.owed += lots
        resting = self._resting.get(change.order)
        if resting is not None:
            self._reach_front(resting, level)
            self._jumped += level.ahead_of(change.order) > 0
            resting.filled = Lots(resting.filled + lots)
            resting.fills.append((len(self._shown), lots))
            if change.left == 0 and taker is not None:
                taker.filled.append(self._resting.pop(change.order))
            elif change.left == 0:
                self._close(self._resting.pop(change.order), change.at, rows_more=2)
        level.put(change.order, change.left)
        if change.left == 0:
            del self._prices[change.order]
        self._print(change, lots)

    def _print(self, change: OrderChange, lots: Lots) -> None:
        """As a feed tells it: the trade, then the level without it."""
        if self._begun:
            self._shown.trade(change.at, change.side.opposite, change.price, lots)
            self._show(change.at, change.side, change.price)

    def _change_unknown(self, change: OrderChange, coming: Iterable[LogEvent]) -> None:
        level = self._sides[change.side].at(change.price)
        if change.event == "order_deleted" and change.left > 0:
            level.older = max(level.older - change.left, 0)
            self._show(change.at, change.side, change.price)
            return
        lots = next(
            (
                event.size
                for event in coming
                if isinstance(event, LoggedTrade) and event.price == change.price
            ),
            None,
        )
        if lots is not None:
            if (taker := self._taker_of(change.side)) is not None:
                taker.owed += lots
            level.older = max(level.older - lots, 0)
            self._print(change, lots)

    def _check(self, book: ShownBook) -> None:
        """Hold what is known against what the exchange shows."""
        doubts: dict[tuple[Side, int], int] = {}
        if not self._begun:
            self._shown.begin(book.at)
        for side, levels in ((BUY, book.bids), (SELL, book.asks)):
            self._check_side(side, levels, book.at, doubts)
        self._doubts = doubts
        if not self._begun:
            self._begin(book.at)

    def _check_side(
        self, side: Side, levels: Levels, at: Nanos, doubts: dict[tuple[Side, int], int]
    ) -> None:
        own = self._sides[side]
        worst = min(price * side for price in levels) if levels else 0
        within = {price for price in own.prices() if price * side >= worst} if levels else set()
        for price in sorted(within | levels.keys()):
            shown, known = levels.get(price, 0), own.at(price).shown
            if shown == known:
                self._agreed += 1
            elif self._begun and self._doubts.get((side, price)) != shown - known:
                doubts[side, price] = shown - known
            else:
                self._correct(own.at(price), side, price, shown, at)

    def _correct(self, level: StandingLevel, side: Side, price: int, shown: int, at: Nanos) -> None:
        self._corrected += 1
        if shown < level.known:
            for order in list(level.orders):
                self._drop(order)
                level.put(order, 0)
                del self._prices[order]
        level.older = shown - level.known
        if self._begun:
            self._show(at, side, price)

    def _begin(self, at: Nanos) -> None:
        """The first book: everything known by now is one message."""
        for side, own in self._sides.items():
            for price in sorted(own.prices()):
                self._shown.level(at, side, price, own.at(price).shown, last=False)
        self._begun = True
        best = self._sides[SELL].best()
        if best is not None:
            self._show(at, SELL, best)

    def _show(self, at: Nanos, side: Side, price: int) -> None:
        if self._begun:
            self._shown.level(at, side, price, self._sides[side].at(price).shown)

    def _reaches(self, side: Side, price: int) -> bool:
        best = self._sides[side.opposite].best()
        return best is not None and (price - best) * side >= 0

    def _taker_of(self, side: Side) -> _Taking | None:
        """Who is taking from this side; the one that moved last when there are several."""
        takers = [taker for taker in self._taking.values() if taker.side is not side]
        return max(takers, key=_by_time, default=None)

    def _settle_takers(self, at: Nanos) -> None:
        """An aggressor that reaches nobody any more rests with what is left of it."""
        for order, taker in list(self._taking.items()):
            through = taker.owed <= 0 and not self._reaches(taker.side, taker.price)
            if through or at - taker.since > _PATIENCE:
                self._finish(order, at)
                self._stand(
                    OrderChange(at, "order_created", order, taker.side, taker.price, taker.left)
                )

    def _finish(self, order: int, at: Nanos) -> None:
        for resting in self._taking.pop(order).filled:
            self._close(resting, at)

    def _reach_front(self, resting: RestingOrder, level: StandingLevel) -> None:
        if resting.front_row < 0:
            resting.front_row = len(self._shown)
            resting.front = Lots(level.ahead_of(resting.order))

    def _end(self, order: int, level: StandingLevel, at: Nanos) -> None:
        """A cancel."""
        resting = self._resting.pop(order, None)
        if resting is not None:
            self._reach_front(resting, level)
            self._close(resting, at)

    def _close(self, resting: RestingOrder, at: Nanos, rows_more: int = 0) -> None:
        resting.end_row = len(self._shown) + rows_more
        resting.ended_at = at
        self._ended.append(resting)

    def _drop(self, order: int) -> None:
        """What became of it cannot be told."""
        self._resting.pop(order, None)


def _by_row(resting: RestingOrder) -> tuple[int, int]:
    return resting.row, resting.order


def _by_time(taker: _Taking) -> Nanos:
    return taker.since
