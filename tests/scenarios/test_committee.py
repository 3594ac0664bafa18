"""Several strategies over one symbol: whose word goes on to risk, inside the whole engine."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from tests.builders import START, a_plan, an_instrument, engine_settings
from tests.own_strategies import an_own_strategy
from tests.story import Story
from trading_agent.domain.decision import Proposal, sell_all
from trading_agent.domain.facts import (
    ExitReason,
    ExitTriggered,
    PositionClosed,
    ProposalRefused,
    SignalRaised,
    StrategyFailed,
)
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderSent, OrderShadowed
from trading_agent.domain.units import HOUR, SECOND, Lots, Nanos
from trading_agent.execution.settings import PaperSettings
from trading_agent.signals.settings import SessionSettings
from trading_agent.strategies.entries import Barriers, enter
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Requirements, StrategyView

FREE = an_instrument(taker_fee=Decimal(0))
BUY, SELL = Side.BUY, Side.SELL
LATE = SessionSettings(start_hour=13, end_hour=14)


class Room:
    """Strategies at one table by their weights, each of which says what stands beside its name.
    `rules`: more of the settings; a strategy that `breaks` raises."""

    def __init__(
        self,
        seats: dict[str, float],
        *,
        at: int = START,
        timeframes: Mapping[str, str] = MappingProxyType({}),
        execution: Mapping[str, Any] = MappingProxyType({}),
        paper: PaperSettings | None = None,
        **rules: Any,
    ) -> None:
        self.says: dict[str, Side | None] = {}
        self.breaks: set[str] = set()
        self.asked: list[str] = []
        own = [
            an_own_strategy(name, self._voice(name), _requirements(timeframes.get(name, "")))
            for name in seats
        ]
        active = tuple(ActiveStrategy(name=name, weight=each) for name, each in seats.items())
        plan = a_plan(**{"order_notional": 100.0} | dict(execution))
        settings = engine_settings(
            plan=plan.model_copy(update={"sessions": {"LATE": LATE}}),
            strategies=StrategySettings(active=active, **rules),
            paper=paper,
        )
        self.story = Story(settings, [FREE], at=at, own=own)
        self.story.warm_up()
        self.asked.clear()

    def _voice(self, name: str) -> Any:
        def answer(view: StrategyView) -> Proposal | None:
            self.asked.append(name)
            if name in self.breaks:
                raise ValueError("no more")
            side = self.says.get(name)
            if side is BUY:
                barriers = Barriers(30.0, 30.0, Nanos(0))
                return enter(view, name, barriers, f"{name} buys")
            if side is SELL:
                size = view.position or Lots(1)
                return sell_all(view.instrument.symbol, size, view.bid, 5.0, f"{name} sells")
            return None

        return answer

    def signal(self, **says: Side | None) -> list[OrderSent]:
        """What is sent when these say so, and the others nothing; calm again afterwards."""
        self.says = dict(says)
        before = len(self.story.of(OrderSent))
        self.story.buy_signal()
        self.calm()
        return self.story.of(OrderSent)[before:]

    def calm(self) -> None:
        self.story.wait(1_500)
        self.story.snapshot()
        self.story.wait(1_500)
        self.story.depth(bids=[(9_999, 51)])


def _requirements(timeframe: str) -> Requirements:
    return Requirements(timeframe=timeframe) if timeframe else Requirements(signals=True)


def senders(sent: list[OrderSent]) -> list[tuple[str, Side]]:
    return [(order.strategy, order.side) for order in sent]


def test_two_of_one_weight_who_disagree_do_nothing() -> None:
    room = Room({"a": 1.0, "b": 1.0})
    assert room.signal(a=BUY, b=SELL) == room.signal(a=SELL, b=BUY) == []
    assert room.story.of(ProposalRefused) == room.story.of(ExitTriggered) == []
    assert len(room.story.of(SignalRaised)) == 2
    assert senders(room.signal(a=BUY)) == [("a", BUY)], "the silent one is not against it"


def test_what_is_held_is_held_until_the_heavier_side_sells() -> None:
    room = Room({"a": 1.0, "b": 1.0, "c": 0.5})
    room.signal(a=BUY)
    assert room.story.position() > 0
    assert room.signal(a=BUY, b=SELL) == []
    assert room.story.of(ExitTriggered) == []
    assert senders(room.signal(a=BUY, b=SELL, c=SELL)) == [("exits", SELL)]
    assert [fact.reason for fact in room.story.of(ExitTriggered)] == [ExitReason.SIGNAL]
    assert room.story.position() == 0


@pytest.mark.parametrize(
    ("weights", "buyer"),
    [
        ({"a": 1.0, "b": 2.0, "c": 2.5}, "b"),
        ({"a": 2.0, "b": 1.0, "c": 2.5}, "a"),
        ({"a": 1.0, "b": 1.0, "c": 1.5}, "a"),
    ],
)
def test_the_heaviest_of_the_winning_side_is_the_one_who_trades(
    weights: dict[str, float], buyer: str
) -> None:
    room = Room(weights)
    assert senders(room.signal(a=BUY, b=BUY, c=SELL)) == [(buyer, BUY)]
    room.signal(a=None, b=SELL, c=SELL)
    assert room.story.position() == 0
    (closed,) = room.story.of(PositionClosed)
    assert closed.strategy == buyer, "its result, whoever ended it"


@pytest.mark.parametrize(("quorum", "reached"), [(0.5, False), (1 / 3, True), (0.0, True)])
def test_a_quorum_counts_the_silent_ones(quorum: float, reached: bool) -> None:
    room = Room({"a": 1.0, "b": 1.0, "c": 1.0}, quorum=quorum)
    assert bool(room.signal(a=BUY)) is reached
    assert room.story.of(ProposalRefused) == []


def test_a_quorum_is_of_the_difference() -> None:
    room = Room({"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, quorum=0.5)
    assert room.signal(a=BUY, b=BUY, c=BUY, d=SELL) != []
    room = Room({"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, quorum=0.6)
    assert room.signal(a=BUY, b=BUY, c=BUY, d=SELL) == []
    assert room.signal(a=BUY, b=BUY, c=BUY) != []


def test_one_alone_speaks_for_itself_whatever_the_quorum() -> None:
    room = Room({"a": 0.0}, quorum=1.0)
    assert senders(room.signal(a=BUY)) == [("a", BUY)]


def test_a_vote_without_weight_is_heard_by_nobody() -> None:
    room = Room({"a": 0.0, "b": 1.0})
    assert room.signal(a=BUY) == []
    assert senders(room.signal(a=SELL, b=BUY)) == [("b", BUY)]


def test_who_breaks_is_silent_at_once_and_counts_no_more_afterwards() -> None:
    room = Room({"a": 1.0, "b": 1.0}, quorum=0.6)
    room.breaks.add("b")
    assert room.signal(a=BUY) == [], "one of two"
    assert [fact.strategy for fact in room.story.of(StrategyFailed)] == ["b"]
    assert senders(room.signal(a=BUY)) == [("a", BUY)], "one of one"


@pytest.mark.parametrize(
    ("weights", "late", "buys"),
    [
        ("session", False, True),
        ("session", True, False),
        ("static", True, True),
    ],
)
def test_weights_by_session_hold_in_their_session(weights: str, late: bool, buys: bool) -> None:
    """Outside it, and where one is left out, those of the strategies do."""
    at = START + HOUR * late
    room = Room({"a": 2.0, "b": 1.0}, at=at, weights=weights, session_weights={"LATE": {"b": 3.0}})
    sent = room.signal(a=BUY, b=SELL)
    assert {signal.session for signal in room.story.of(SignalRaised)} == {
        "LATE" if late else "OFF_HOURS"
    }
    assert (senders(sent) == [("a", BUY)]) is buys
    assert (room.story.position() > 0) is buys


def test_a_session_that_comes_takes_its_weights_along() -> None:
    room = Room(
        {"a": 2.0, "b": 1.0},
        at=START + HOUR - 20 * SECOND,
        weights="session",
        session_weights={"LATE": {"a": 0.5}},
    )
    room.signal(a=BUY, b=SELL)
    assert room.story.position() > 0
    while room.story.at < START + HOUR:
        room.calm()
    room.signal(a=BUY, b=SELL)
    assert room.story.position() == 0
    assert [signal.session for signal in room.story.of(SignalRaised)] == ["OFF_HOURS", "LATE"]


def traded(room: Room, *, at: int) -> PositionClosed:
    """`a` buys, and is sold out by its barriers at a bid of so many ticks."""
    room.signal(a=BUY)
    assert room.story.position() > 0
    story = room.story
    story.depth(bids=[(10_000, 0), (9_999, 0)], asks=[(10_001, 0), (10_002, 0)])
    story.depth(bids=[(at, 500)], asks=[(at + 1, 500)])
    story.wait(50)
    assert story.position() == 0
    room.calm()
    return story.of(PositionClosed)[-1]


def test_who_earned_is_believed_more() -> None:
    room = Room({"a": 1.0, "b": 1.0}, weights="performance")
    assert room.signal(a=BUY, b=SELL) == []
    closed = traded(room, at=10_100)
    assert closed.strategy == "a"
    assert closed.profit > 0
    assert senders(room.signal(a=BUY, b=SELL)) == [("a", BUY)]
    assert room.story.position() > 0


def test_who_lost_is_believed_less() -> None:
    room = Room({"a": 1.0, "b": 1.0}, weights="performance")
    closed = traded(room, at=9_900)
    assert closed.profit < 0
    room.signal(b=BUY)
    assert room.story.position() > 0
    assert room.signal(a=BUY, b=SELL) != []
    assert room.story.position() == 0


def rested(room: Room, lots: int) -> PositionClosed:
    """`a` buys by an order that rests behind 50 lots, after so many of whose price are sold; the
    rest of it is called back, and what was bought is sold to market with a gain."""
    room.says = {"a": BUY}
    story = room.story
    story.buy_signal()
    story.wait(20)
    story.trades((SELL, 10_000, lots))
    assert story.position() == min(lots, 100), "under the model whose fills are real"
    room.calm()
    story.depth(bids=[(10_000, 0), (9_999, 0)], asks=[(10_001, 0), (10_002, 0)])
    story.depth(bids=[(10_100, 500)], asks=[(10_101, 500)])
    story.wait(50)
    assert story.position() == 0
    room.calm()
    (closed,) = story.of(PositionClosed)
    assert closed.profit > 0
    return closed


@pytest.mark.parametrize(("lots", "believed"), [(160, True), (100, True), (40, False)])
@pytest.mark.parametrize("restart", [False, True])
def test_a_gain_counts_as_far_as_the_pessimist_would_have_had_it(
    lots: int, believed: bool, restart: bool
) -> None:
    """Whichever model makes the fills real: of 40 lots sold nothing comes through a queue of 50."""
    room = Room(
        {"a": 1.0, "b": 1.0},
        weights="performance",
        execution={"order_kind": "LIMIT_MAKER"},
        paper=PaperSettings(latency_ms=10.0, latency_jitter_ms=0.0, queue_model="OPTIMISTIC"),
    )
    rested(room, lots)
    (shadowed,) = room.story.of(OrderShadowed)
    assert shadowed.pessimistic == max(min(lots - 50, 100), 0)
    if restart:
        room.story = room.story.restarted()
        room.story.warm_up()
    assert (senders(room.signal(a=BUY, b=SELL)) == [("a", BUY)]) is believed


def test_what_was_earned_is_remembered_over_a_restart() -> None:
    room = Room({"a": 1.0, "b": 1.0}, weights="performance")
    traded(room, at=10_100)
    room.story = room.story.restarted()
    room.story.warm_up()
    assert senders(room.signal(a=BUY, b=SELL)) == [("a", BUY)]


def test_static_weights_care_for_no_results() -> None:
    room = Room({"a": 1.0, "b": 1.0}, weights="static")
    traded(room, at=10_100)
    assert room.signal(a=BUY, b=SELL) == []


def test_the_longest_candle_that_closes_is_asked_first_and_each_length_by_itself() -> None:
    """Strategies of different timeframes are no committee: the first order bars the others."""
    room = Room(
        {"s": 9.0, "x": 1.0, "m": 1.0, "never": 1.0},
        timeframes={"s": "1s", "x": "5s", "m": "5s", "never": "1h"},
        quorum=0.5,
    )
    story = room.story
    for seconds in (10, 13):
        story.at = START + seconds * SECOND
        story.depth(bids=[(9_999, 40 + seconds)])
        story.trades((BUY, 10_001, 1))
    assert room.asked == ["s"]
    # All lengths are over with what first comes behind their end.
    room.asked.clear()
    room.says = dict.fromkeys(("s", "x", "m"), BUY)
    story.at = START + 15 * SECOND
    story.depth(bids=[(9_999, 55)])
    story.trades((BUY, 10_001, 1))
    assert room.asked == ["x", "m", "s"]
    story.wait(50)
    assert senders(story.of(OrderSent)) == [("x", BUY)]
    assert [fact.strategy for fact in story.of(ProposalRefused)] == ["s"]
