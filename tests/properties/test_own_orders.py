"""Own orders of every kind in random markets: the volume they get is volume that was there."""

from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START
from tests.paper_exchange import PaperExchange, Said
from tests.random_market import RandomMarket, Trouble
from trading_agent.domain.market_rows import RowKind, Rows
from trading_agent.domain.order import OrderKind, OrderState, Side, TriggerOn
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.domain.units import MILLISECOND

ENDS = (OutcomeKind.CANCELED, OutcomeKind.REJECTED)
LATENCY_MS = 12.0


@dataclass
class Own:
    side: Side
    kind: OrderKind
    price: int
    size: int
    arrives_at: int
    trigger: int = 0
    accepted: bool = False
    triggered_at: int = 0
    filled: int = 0
    ended: bool = False

    @property
    def acts_at(self) -> int:
        """When it may take: on arrival, or on its second one."""
        travel = round(LATENCY_MS * MILLISECOND)
        return self.triggered_at + travel if self.trigger else self.arrives_at


class Shown:
    """How much has been added to every level since it last stood empty, and what of it own
    orders took there. A snapshot empties the levels it reaches and does not show."""

    def __init__(self) -> None:
        self.now: dict[tuple[Side, int], int] = {}
        self.added: dict[tuple[Side, int], int] = {}
        self.taken: dict[tuple[Side, int], int] = {}

    def rows(self, message: Rows) -> None:
        levels = {
            (Side.SELL if row["kind"] == RowKind.BID else Side.BUY, int(row["price"])): row
            for row in message
            if row["kind"] in (RowKind.BID, RowKind.ASK)
        }
        if message["kind"][0] == RowKind.CLEAR:
            for side in Side:
                worst = max(price * side for taker, price in levels if taker is side)
                for level in list(self.now):
                    if level[0] is side and level[1] * side <= worst and level not in levels:
                        self._level(level, 0)
        for level, row in levels.items():
            self._level(level, int(row["size"]))

    def _level(self, level: tuple[Side, int], size: int) -> None:
        before = self.now.get(level, 0)
        self.now[level] = size
        self.added[level] = self.added.get(level, 0) + max(size - before, 0) if size else 0
        if size == 0:
            self.taken.pop(level, None)

    def filled(self, orders: dict[int, Own], said: list[Said]) -> None:
        """Takers, each at a level of the side it takes from."""
        for each in said:
            if each.kind is OutcomeKind.FILLED and each.word == "taker":
                level = (orders[each.order].side, each.price)
                self.taken[level] = self.taken.get(level, 0) + each.size
                assert self.taken[level] <= self.added[level], "a displayed lot was used twice"


def printed(message: Rows, orders: dict[int, Own], filled: list[Said]) -> None:
    """Maker fills of a message of prints: none without enough opposite volume at its price."""
    for side, kind in ((Side.BUY, RowKind.SELL), (Side.SELL, RowKind.BUY)):
        own = [said for said in filled if orders[said.order].side is side]
        for worst in {said.price for said in own}:
            got = sum(said.size for said in own if (said.price - worst) * side <= 0)
            reaching = (message["kind"] == kind) & ((worst - message["price"]) * side >= 0)
            assert got <= message["size"][reaching].sum()


def check(orders: dict[int, Own], said: list[Said]) -> None:
    for each in said:
        own = orders[each.order]
        assert not own.ended, "an end is the end"
        assert each.at >= own.arrives_at
        if each.kind is OutcomeKind.ACCEPTED:
            assert own.accepted == (own.triggered_at > 0)
            own.accepted = True
        elif each.kind is OutcomeKind.TRIGGERED:
            assert own.trigger
            assert own.accepted
            assert not own.triggered_at
            own.triggered_at = each.at
        elif each.kind is OutcomeKind.FILLED:
            own.filled += each.size
            own.ended = own.filled == own.size
            assert own.accepted
            assert 0 < own.filled <= own.size
            assert (own.price - each.price) * own.side >= 0
            assert each.word == "taker" or each.price == own.price
            assert each.word == "maker" or each.at == own.acts_at
            assert own.kind is not OrderKind.LIMIT_MAKER or each.word == "maker"
            assert own.kind is not OrderKind.FOK or each.word == "taker"
            assert not own.trigger or own.triggered_at
        else:
            assert each.kind in ENDS
            assert own.accepted == (each.kind is OutcomeKind.CANCELED)
            assert each.size == own.size - own.filled
            assert own.kind is not OrderKind.FOK or not own.filled
            own.ended = True


def sent(exchange: PaperExchange, orders: dict[int, Own], dice: Random, now_ms: float) -> None:
    touch = int(exchange.market()["features"]["mid"]) or 10_000
    side = Side.BUY if dice.random() < 0.5 else Side.SELL
    kind = (*OrderKind, *(OrderKind.LIMIT, OrderKind.LIMIT_MAKER) * 4)[int(dice.random() * 18)]
    price = touch + int(dice.random() * 13) - 6
    size = 1 + int(dice.random() * 150)
    rest_ms = dice.random() * 4_000 if dice.random() < 0.5 else 0.0
    waits = kind >= OrderKind.STOP
    trigger = touch + int(dice.random() * 9) - 4 if waits else 0
    about = {"trigger": trigger, "trail": 5 if kind is OrderKind.TRAILING_STOP else 0}
    watched = tuple(TriggerOn)[int(dice.random() * 3)]
    number = exchange.submit(
        side, kind, price, size, at=now_ms, rest_ms=rest_ms, trigger_on=watched, **about
    )
    arrives_at = round((now_ms + LATENCY_MS) * MILLISECOND)
    orders[number] = Own(side, kind, price, size, arrives_at, trigger)


def check_models(exchange: PaperExchange) -> None:
    """Stricter models never fill more, and the orders served are those that rest, best first."""
    venue = exchange.desk["venue"]
    table = venue["orders"]
    for slot in table[: int(venue["used"])]:
        strict, central, kind = slot["filled"].tolist()
        assert slot["state"] == 0 or 0 <= strict <= central <= kind <= slot["size"]
    for shadows in exchange.shadows.values():
        assert shadows.pessimistic <= shadows.central <= shadows.optimistic
    served = [table[slot] for slot in venue["served"][: int(venue["resting"])]]
    ranks = [int(slot["price"] * slot["side"]) for slot in served]
    assert ranks == sorted(ranks, reverse=True)
    open_slots = table[: int(venue["used"])]["state"].tolist()
    assert len(served) == open_slots.count(OrderState.RESTING)
    assert venue["waiting"] == open_slots.count(OrderState.WAITING)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32), model=st.sampled_from(("PESSIMISTIC", "CENTRAL", "OPTIMISTIC")))
@settings(max_examples=60)
def test_own_orders_never_get_more_than_the_market_showed(seed: int, model: str) -> None:
    dice, orders, levels = Random(seed), dict[int, Own](), Shown()
    exchange = PaperExchange(latency_ms=LATENCY_MS, queue_model=model)
    market = RandomMarket(seed, Trouble(lost=0.01, crossed=0.01, one_sided=0.02), pairs=1)
    for message in market.messages(350):
        now_ms = (int(message["at"][0]) - START) / MILLISECOND
        due = exchange.until(now_ms)
        check(orders, due)
        levels.filled(orders, due)
        said = exchange.rows(message, now_ms)
        levels.rows(message)
        check(orders, said)
        filled = [each for each in said if each.kind is OutcomeKind.FILLED]
        assert not filled or exchange.market()["book"]["ready"] == 1
        if message["kind"][0] in (RowKind.BUY, RowKind.SELL):
            printed(message, orders, filled)
        else:
            shown = exchange.market()["book"]
            for side, name in ((Side.BUY, "asks"), (Side.SELL, "bids")):
                got = sum(each.size for each in filled if orders[each.order].side is side)
                assert got <= shown[name]["sizes"].sum()
        if dice.random() < 0.3:
            sent(exchange, orders, dice, now_ms)
        if orders and dice.random() < 0.1:
            exchange.cancel(1 + int(dice.random() * len(orders)), at=now_ms)
        check_models(exchange)
        still_open = sum(not own.ended for own in orders.values())
        assert exchange.desk["venue"]["open"] == still_open
    assert any(own.filled for own in orders.values())
