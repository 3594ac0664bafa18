"""Our venue, which sees levels and prints, against a market of single orders."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START, a_depth_message, a_snapshot_message, a_trades_message, joined
from tests.paper_exchange import PaperExchange
from tests.reference_matcher import Print, ReferenceMatcher, Single, merged, walk_levels
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.order import OrderKind, Side
from trading_agent.execution.taken import TAKEN_LEVELS
from trading_agent.execution.venue import FREE

MIDDLE = 10_000
REACH = 7
STEP_MS = 1.0


@dataclass
class Flow:
    """Random orders of a market, and what its feed tells of each."""

    dice: Random
    market: ReferenceMatcher = field(default_factory=ReferenceMatcher)
    shown: dict[Side, dict[int, int]] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})
    middle: int = MIDDLE

    def opening(self) -> Rows:
        """Two orders far out of reach keep the book two-sided."""
        for side in Side:
            self.market.arrive(side, MIDDLE - 900 * side, 1_000)
        for step in range(1, REACH + 1):
            for side in Side:
                for _ in range(2):
                    self.market.arrive(side, MIDDLE - step * side, 1 + self._below(12))
        self.shown = {side: self.market.levels(side) for side in Side}
        bids, asks = (sorted(self.shown[side].items()) for side in (Side.BUY, Side.SELL))
        return a_snapshot_message(bids, asks)

    def event(self) -> list[Print]:
        """An order comes, or one goes."""
        kind = self.dice.random()
        if kind < 0.35 and len(self.market.orders) > 12:
            gone = self.market.orders[2 + self._below(len(self.market.orders) - 2)]
            self.market.cancel(gone.number)
            return []
        side = Side.BUY if self.dice.random() < 0.5 else Side.SELL
        if kind < 0.75:
            price = self.middle - side * (1 + self._below(REACH))
            return self.market.arrive(side, price, 1 + self._below(12))
        self.middle += self._below(3) - 1
        touch = self.market.best(side.opposite) or self.middle
        price = touch + side * self._below(3)
        return self.market.arrive(side, price, 1 + self._below(40))

    def change(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Levels that show another size than last time: bids, asks."""
        changed = []
        for side in (Side.BUY, Side.SELL):
            before, now = self.shown[side], self.market.levels(side)
            prices = [p for p in before.keys() | now.keys() if before.get(p) != now.get(p)]
            changed.append(sorted((price, now.get(price, 0)) for price in prices))
            self.shown[side] = now
        return changed[0], changed[1]

    def _below(self, end: int) -> int:
        return int(self.dice.random() * end)


@dataclass
class Ghost:
    """An order of ours in both worlds."""

    number: int
    size: int
    truth: Single
    ended: bool = False

    @property
    def really(self) -> int:
        return self.size - self.truth.left


@dataclass
class Twins:
    """Orders of ours that rest, here and in the market of single orders; `alone`: one a side.
    A print told after others of ours have moved may serve another of them than it truly did."""

    exchange: PaperExchange
    market: ReferenceMatcher
    dice: Random
    ghosts: dict[int, Ghost] = field(default_factory=dict)
    alone: bool = False
    judged: int = 0

    def send(self, at: float) -> None:
        side = Side.BUY if self.dice.random() < 0.5 else Side.SELL
        touch = self.market.best(side.opposite)
        if touch is None:
            return
        price = touch - side * (1 + int(self.dice.random() * 4))
        own = [ghost.truth for ghost in self.ghosts.values() if not ghost.ended]
        if self.alone and any(o.side is side for o in own):
            return
        if any(o.side is not side and (price - o.price) * side >= 0 for o in own):
            return
        size = 1 + int(self.dice.random() * 25)
        number = self.exchange.submit(side, OrderKind.LIMIT_MAKER, price, size, at=at)
        self.exchange.until(at)
        self.ghosts[number] = Ghost(number, size, self.market.ghost(side, price, size))

    def cancel(self, at: float) -> None:
        standing = [ghost for ghost in self.ghosts.values() if not ghost.ended]
        if standing:
            ghost = standing[int(self.dice.random() * len(standing))]
            self.exchange.cancel(ghost.number, at=at)
            self.exchange.until(at)

    def judge(self, *, late: bool) -> None:
        """Strictest to kindest, with the truth in between; a feed whose prints are under way may
        tell the kindest too late."""
        venue = self.exchange.desk["venue"]
        for slot in venue["orders"][: int(venue["used"])]:
            if slot["state"] != FREE:
                self._check(self.ghosts[int(slot["order"])], slot["filled"].tolist(), late=late)
        for number, shadows in self.exchange.shadows.items():
            ghost = self.ghosts[number]
            if not ghost.ended:
                lots = [shadows.pessimistic, shadows.central, shadows.optimistic]
                self._check(ghost, lots, late=late)
                ghost.ended = True
                self.market.cancel(ghost.truth.number)

    def _check(self, ghost: Ghost, lots: list[int], *, late: bool) -> None:
        strict, central, kind = lots
        assert 0 <= strict <= central <= kind <= ghost.size
        assert strict <= ghost.really
        assert late or ghost.really <= kind
        self.judged += 1


def messages(flow: Flow, number: int, prints: list[Print], order: str) -> Iterator[Rows]:
    """What the feed tells of one event, in one of the orders in which its channels come."""
    at = START + number * 1_000_000
    told = [a_trades_message(*[(p.aggressor, p.price, p.size) for p in prints], venue_at=at)]
    bids, asks = flow.change()
    depth = [a_depth_message(bids, asks, venue_at=at)] if bids or asks else []
    yield from (
        [*depth, *told]
        if order == "depth first" and prints
        else [
            *(told if prints else ()),
            *depth,
        ]
    )


def run(seed: int, events: int, order: str) -> Twins:
    """`order`: how the two channels of the feed come: prints first, depth first, prints late."""
    dice = Random(seed)
    flow = Flow(dice)
    exchange = PaperExchange(queue_model="PESSIMISTIC")
    exchange.rows(flow.opening())
    twins = Twins(exchange, flow.market, dice, alone=order == "prints late")
    held: list[Rows] = []
    for number in range(1, events + 1):
        at = number * STEP_MS
        if dice.random() < 0.25:
            twins.send(at)
        # A print that is told after a cancel may have served what was cancelled.
        if dice.random() < 0.05 and order != "prints late":
            twins.cancel(at)
            twins.judge(late=order != "prints first")
        told = list(messages(flow, number, merged(flow.event()), order))
        if order == "prints late" and len(told) == 2 and dice.random() < 0.5:
            held.append(told.pop(0))
        elif held and dice.random() < 0.3:
            told = [*held, *told]
            held = []
        for message in told:
            exchange.rows(message, at)
        twins.judge(late=order != "prints first")
    return twins


ORDERS = ("prints first", "depth first", "prints late")


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=120)
def test_the_truth_lies_between_the_strictest_and_the_kindest_model(seed: int, order: str) -> None:
    """Every order, after every event, with everybody's evidence used once."""
    twins = run(seed, 250, order)
    assert twins.judged > 100


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=6_700)
def test_the_truth_lies_between_them_in_twenty_thousand_beginnings(seed: int, order: str) -> None:
    run(seed, 20, order)


@pytest.mark.long
@pytest.mark.parametrize("order", ORDERS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=2_500)
def test_the_truth_lies_between_them_in_a_great_many_markets(seed: int, order: str) -> None:
    run(seed, 250, order)


class LargeTick:
    """A market of one price a side with some sixty lots, whose cancels fall uniformly or, above
    one, rather on the young. Our orders stand there in turn, each for a while."""

    def __init__(self, seed: int, clustering: float, power: float = 2.0) -> None:
        self.dice = Random(seed)
        self.clustering = clustering
        self.market = ReferenceMatcher()
        self.exchange = PaperExchange(queue_power=power)
        self.ghosts: dict[int, Ghost] = {}
        for price in (MIDDLE, MIDDLE - 50):
            for _ in range(12):
                self.market.arrive(Side.BUY, price, self._size())
        self.market.arrive(Side.SELL, MIDDLE + 1, 10**6)
        shown = sorted(self.market.levels(Side.BUY).items())
        self.exchange.rows(a_snapshot_message(shown, [(MIDDLE + 1, 10**6)]))

    def run(self, events: int, life: int) -> tuple[int, int, int, int]:
        """Lots our orders truly got, and under each model."""
        for number in range(1, events):
            if number % life == 0:
                self._take_turns(number)
            at = START + number * 1_000_000
            told = [(p.aggressor, p.price, p.size) for p in merged(self._event())]
            if told:
                self.exchange.rows(a_trades_message(*told, venue_at=at), number)
            lots = self.market.levels(Side.BUY)[MIDDLE]
            self.exchange.rows(a_depth_message(bids=[(MIDDLE, lots)], venue_at=at), number)
        shadows = self.exchange.shadows
        return (
            sum(self.ghosts[order].really for order in shadows),
            sum(each.pessimistic for each in shadows.values()),
            sum(each.central for each in shadows.values()),
            sum(each.optimistic for each in shadows.values()),
        )

    def _take_turns(self, number: int) -> None:
        for ghost in self.ghosts.values():
            self.exchange.cancel(ghost.number, at=number)
            self.market.cancel(ghost.truth.number)
        order = self.exchange.submit(Side.BUY, OrderKind.LIMIT_MAKER, MIDDLE, 20, at=number)
        self.exchange.until(number)
        self.ghosts[order] = Ghost(order, 20, self.market.ghost(Side.BUY, MIDDLE, 20))

    def _event(self) -> list[Print]:
        queue = [order for order in self.market.orders if order.price == MIDDLE]
        total = sum(order.left for order in queue)
        if total < 25 or (self.dice.random() < 0.5 and total < 90):
            return self.market.arrive(Side.BUY, MIDDLE, self._size())
        if self.dice.random() < 0.6:
            place = self.dice.random() ** (1 / self.clustering)
            self.market.cancel(queue[int(place * len(queue))].number)
            return []
        size = min(self._size() + 2, total - 1)
        return self.market.arrive(Side.SELL, MIDDLE, size, rests=False)

    def _size(self) -> int:
        return 1 + int(self.dice.random() * 9)


@pytest.mark.slow
@pytest.mark.parametrize(("clustering", "power"), [(1.0, 1.0), (2.0, 2.0), (3.0, 2.0)])
def test_the_central_model_is_near_the_truth_of_a_market_with_long_queues(
    clustering: float, power: float
) -> None:
    runs = [LargeTick(seed, clustering, power).run(events=1_500, life=45) for seed in range(8)]
    assert all(strict <= really <= kind for really, strict, _, kind in runs)
    really, strict, central, kind = (sum(each) for each in zip(*runs, strict=True))
    assert strict < central < kind
    assert abs(central / really - 1) < 0.15, (really, strict, central, kind)


def test_without_a_queue_orders_that_live_shortly_would_fill_many_times_over() -> None:
    """What peers that fill at the touch report of a market with long queues."""
    really, strict, _, kind = LargeTick(1, 2.0).run(events=1_500, life=20)
    assert strict <= really
    assert kind > 5 * really


TAKERS = (OrderKind.MARKET, OrderKind.IOC, OrderKind.FOK)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60)
def test_takers_get_what_the_market_shows_and_never_twice(seed: int) -> None:
    dice = Random(seed)
    flow = Flow(dice)
    exchange = PaperExchange()
    exchange.rows(flow.opening())
    taken: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for number in range(1, 150):
        at = number * STEP_MS
        for message in messages(flow, number, merged(flow.event()), "prints first"):
            exchange.rows(message, at)
        for side in Side:
            shown = flow.shown[side.opposite]
            taken[side] = {
                price: min(lots, shown[price])
                for price, lots in taken[side].items()
                if price in shown
            }
        if dice.random() < 0.5:
            continue
        side = Side.BUY if dice.random() < 0.5 else Side.SELL
        kind = TAKERS[int(dice.random() * 3)]
        touch = flow.market.best(side.opposite) or flow.middle
        limit = touch + side * (int(dice.random() * 6) - 1)
        size = 1 + int(dice.random() * 60)
        levels, before = flow.shown[side.opposite], dict(taken[side])
        expected = walk_levels(levels, taken[side], side, limit, size)
        if kind is OrderKind.FOK and sum(lots for _, lots in expected) < size:
            expected, taken[side] = [], before
        order = exchange.submit(side, kind, limit, size, at=at)
        exchange.until(at)
        assert exchange.fills(order) == expected
        assert len(taken[side]) < TAKEN_LEVELS


def test_cutting_the_stream_does_not_change_what_the_models_say() -> None:
    flow = Flow(Random(3))
    told = [flow.opening()]
    for number in range(1, 200):
        told += list(messages(flow, number, merged(flow.event()), "prints first"))
    for rows in told:
        rows["at"] = rows["venue_at"]
    digests = set()
    for pieces in (told, [joined(told)]):
        exchange = PaperExchange()
        exchange.submit(Side.BUY, OrderKind.LIMIT, MIDDLE - 2, 40, at=5)
        exchange.submit(Side.SELL, OrderKind.LIMIT, MIDDLE + 2, 40, at=9)
        for rows in pieces:
            exchange.recorded(rows.copy())
        digests.add(exchange.state.digest())
    assert len(digests) == 1
