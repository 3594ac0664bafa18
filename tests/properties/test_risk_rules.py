"""No order of events gets the desk past its limits."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.builders import a_core, a_plan, an_opening, engine_settings, joined
from tests.fact_laws import assert_lawful, folded, picture
from tests.random_market import PAIRS, RandomMarket, Trouble
from tests.story import Story
from trading_agent.domain.commands import (
    CloseAll,
    ClosePosition,
    Kill,
    Origin,
    PauseEntries,
    Rearm,
    StartTrading,
)
from trading_agent.domain.facts import (
    BreakerRearmed,
    BreakerTripped,
    EquityMarked,
    ExitsArmed,
    Fact,
    PositionClosed,
)
from trading_agent.domain.message import Closing, MarketRows, Stamped, Woke
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderCanceled, OrderFilled, OrderRejected, OrderSent
from trading_agent.domain.units import Nanos
from trading_agent.engine.account_image import image_from_text, restored
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.execution.settings import PaperSettings
from trading_agent.risk.settings import BreakerLimits, RiskLimits

EXPOSURE = Fraction(150)
MOVED = Fraction(1021, 1000)
"""What is held is judged by the bid of then, and prices move by two per cent. Two entries come to
160 without the limit of exposure, and to 128 or more without that of a cluster."""
ONE_CLUSTER = {"majors": tuple(pair.symbol for pair in PAIRS)}
TIGHT = RiskLimits(
    max_order_notional=Decimal(90),
    max_position_notional=Decimal(95),
    max_exposure=Decimal(150),
    max_cluster_exposure=Decimal(120),
    max_open_orders=3,
    breakers=BreakerLimits(
        soft_size_factor=0.6,
        daily_loss_soft_percent=0.02,
        daily_loss_hard_percent=0.05,
        daily_loss_kill_percent=5.0,
        losing_streak_soft=2,
        losing_streak_hard=6,
        feed_losses_hard=4,
    ),
)
EAGER = {"cooldown_ms": 100, "imbalance_threshold": 0.1, "hysteresis": 1.0}


def tight_settings(kind: str, **execution: Any) -> EngineSettings:
    plain: dict[str, Any] = {
        "order_notional": 80.0,
        "hold_seconds": 4,
        "take_profit_bps": 20.0,
        "stop_bps": 9.0,
        "trail_bps": 4.0,
        "break_even_bps": 2.0,
        "resting_seconds": 1,
        "order_kind": kind,
    }
    return engine_settings(
        plan=a_plan(signal=EAGER, **(plain | execution)),
        limits=TIGHT,
        paper=PaperSettings(latency_ms=15, latency_jitter_ms=10),
    )


class Bought:
    """What was paid for what is held (of a part sold, its share), and what is on order, at its
    limit; read off the facts alone. `PAIRS` count alike: ten thousand ticks x lots are a unit."""

    def __init__(self) -> None:
        self.lots = {pair.symbol: 0 for pair in PAIRS}
        self.paid = {pair.symbol: Fraction(0) for pair in PAIRS}
        self.entries: dict[int, tuple[str, int]] = {}
        self.on_order: dict[int, int] = {}

    def hear(self, fact: Fact) -> None:
        match fact:
            case OrderSent(side=Side.BUY):
                self.entries[fact.order] = fact.symbol, fact.price
                self.on_order[fact.order] = fact.size
            case OrderCanceled() | OrderRejected():
                self.on_order.pop(fact.order, None)
            case OrderFilled(side=Side.BUY):
                self.on_order[fact.order] -= fact.size
                assert self.on_order[fact.order] >= 0
                self.lots[fact.symbol] += fact.size
                self.paid[fact.symbol] += fact.price * fact.size
            case OrderFilled():
                self.paid[fact.symbol] *= 1 - Fraction(fact.size, self.lots[fact.symbol])
                self.lots[fact.symbol] -= fact.size
            case _:
                pass

    def size(self, symbol: str) -> int:
        """Lots held and on order."""
        return self.lots[symbol] + sum(size for _, size in self._orders(symbol))

    def of(self, symbol: str) -> Fraction:
        ordered = sum(price * size for price, size in self._orders(symbol))
        return (self.paid[symbol] + ordered) / 10_000

    def _orders(self, symbol: str) -> list[tuple[int, int]]:
        return [
            (self.entries[order][1], size)
            for order, size in self.on_order.items()
            if self.entries[order][0] == symbol
        ]

    def total(self) -> Fraction:
        return sum((self.of(pair.symbol) for pair in PAIRS), Fraction(0))


class DeskUnderLimits(RuleBasedStateMachine):
    """Books that jump, prints, commands, losses, restarts, time: in any order."""

    @initialize(
        kind=st.sampled_from(("IOC", "LIMIT", "LIMIT_MAKER", "MARKET")), together=st.booleans()
    )
    def open(self, kind: str, together: bool) -> None:
        settings = tight_settings(kind)
        if together:
            settings = replace(settings, limits=TIGHT.model_copy(update={"clusters": ONE_CLUSTER}))
        self.story, self.together = Story(settings, PAIRS), together
        self.bought = Bought()
        self.tripped: set[str] = set()
        self.barred = False
        self.heard = 0
        for symbol in range(2):
            self.story.warm_up(symbol=symbol)

    @rule(symbol=st.integers(0, 1), up=st.booleans())
    def signal(self, symbol: int, up: bool) -> None:
        story = self.story
        (story.buy_signal if up else story.sell_signal)(symbol=symbol)

    @rule()
    def signals_of_both_pairs(self) -> None:
        """Together they would exceed the exposure, and each alone does not."""
        self.story.wait(150)
        for symbol in range(2):
            self.story.buy_signal(symbol=symbol)

    @rule(symbol=st.integers(0, 1), price=st.integers(9_900, 10_100))
    def jump(self, symbol: int, price: int) -> None:
        self.story.snapshot(
            [(price, 50), (price - 1, 50)], [(price + 1, 50), (price + 2, 50)], symbol=symbol
        )

    @rule(symbol=st.integers(0, 1), price=st.integers(9_900, 10_100), size=st.integers(1, 99))
    def trade(self, symbol: int, price: int, size: int) -> None:
        self.story.trades((Side.SELL, price, size), symbol=symbol)

    @rule(milliseconds=st.sampled_from((1, 12, 30, 400, 1_500, 7_000, 61_000)))
    def wait(self, milliseconds: int) -> None:
        self.story.wait(milliseconds)

    @rule(symbol=st.integers(0, 1))
    def lose(self, symbol: int) -> None:
        self.story.lose(symbol=symbol)

    @rule(
        command=st.sampled_from(
            (
                PauseEntries(origin=Origin.PERSON),
                StartTrading(origin=Origin.PERSON),
                CloseAll(origin=Origin.PERSON),
                ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"),
                Rearm(origin=Origin.PERSON),
                Rearm(origin=Origin.OVERSEER),
            )
        )
    )
    def tell(self, command: Any) -> None:
        self.story.tell(command)

    @precondition(lambda self: len(self.story.history) + len(self.story.facts) > 200)
    @rule(flatten=st.booleans())
    def kill(self, flatten: bool) -> None:
        self.story.tell(Kill(origin=Origin.PERSON, flatten=flatten))

    @rule(orderly=st.booleans(), warm=st.booleans())
    def restart(self, orderly: bool, warm: bool) -> None:
        """From its facts, which come to the same as its image."""
        if orderly:
            self.story.close()
        core = self.story.core
        remembered = picture(core.account)
        assert picture(restored(image_from_text(core.image()))) == remembered
        assert picture(folded([*self.story.history, *self.story.facts])) == remembered
        self._hear()
        self.story, self.heard = self.story.restarted(), 0
        for symbol in range(2 if warm else 0):
            self.story.warm_up(symbol=symbol)

    @invariant()
    def no_limit_is_exceeded(self) -> None:
        if not hasattr(self, "story"):
            return
        self._hear()
        assert self.bought.total() <= EXPOSURE * MOVED
        for pair in PAIRS:
            assert self.bought.of(pair.symbol) <= Fraction(TIGHT.max_position_notional) * MOVED
        assert len(self.story.core.account.orders) <= TIGHT.max_open_orders + len(PAIRS)

    def _hear(self) -> None:
        """No entry is sent after a breaker bars them, until a person re-arms; and while any has
        tripped all pairs are one cluster, if they are not so anyway."""
        for fact in self.story.facts[self.heard :]:
            self.bought.hear(fact)
            match fact:
                case BreakerTripped(level=level, breaker=breaker):
                    self.tripped.add(breaker)
                    self.barred = self.barred or level.value != "soft"
                case BreakerRearmed():
                    self.tripped.clear()
                    self.barred = False
                case OrderSent(side=Side.BUY):
                    assert not self.barred
                    stress = self.together or self.tripped
                    most = Fraction(TIGHT.max_cluster_exposure) if stress else EXPOSURE
                    assert self.bought.total() <= most * MOVED
                case _:
                    pass
        self.heard = len(self.story.facts)

    def teardown(self) -> None:
        if hasattr(self, "story"):
            assert_lawful([*self.story.history, *self.story.facts])


DeskUnderLimits.TestCase.settings = settings(max_examples=30, stateful_step_count=40)
TestDeskUnderLimits = pytest.mark.slow(DeskUnderLimits.TestCase)


class Run:
    """One core over the messages of a random market."""

    def __init__(self, kind: str) -> None:
        self.core = a_core(tight_settings(kind), an_opening(*PAIRS))
        self.inputs = 0
        self.facts: list[Fact] = list(self.core.open())

    def step(self, at: int, body: Any) -> None:
        self.inputs += 1
        self.facts += self.core.step(Stamped(self.inputs, Nanos(at), body))


def run(messages: list[Any], kind: str, dice: Random | None) -> list[Fact]:
    """All at once, or in random pieces with wake-ups between them."""
    desk, position = Run(kind), 0
    while position < len(messages):
        size = len(messages) if dice is None else 1 + int(dice.random() ** 3 * 40)
        piece = messages[position : position + size]
        rows = joined(piece)
        desk.step(int(rows["at"][0]), MarketRows(rows))
        position += size
        if dice is not None and position < len(messages) and dice.random() < 0.6:
            before, after = (int(messages[n]["at"][0]) for n in (position - 1, position))
            desk.step(before + int(dice.random() * (after - before + 1)), Woke())
    desk.step(int(messages[-1]["at"][0]), Closing())
    return desk.facts


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(("IOC", "LIMIT")), cuts=st.integers(0, 99))
@settings(max_examples=8)
def test_breakers_marks_and_moving_stops_do_not_depend_on_how_the_stream_is_cut(
    seed: int, kind: str, cuts: int
) -> None:
    messages = RandomMarket(seed, Trouble(lost=0.003, crossed=0.002)).messages(900)
    assert run(messages, kind, Random(cuts)) == run(messages, kind, None)


def test_the_cut_streams_have_something_to_agree_on() -> None:
    facts = run(RandomMarket(11, Trouble(lost=0.003)).messages(2_500), "IOC", None)
    kinds = [type(fact) for fact in facts]
    for kind in (BreakerTripped, EquityMarked, PositionClosed):
        assert kinds.count(kind) > 0, kind
    assert any(isinstance(fact, ExitsArmed) and fact.break_even == 0 for fact in facts)


def test_a_hard_breaker_never_lets_a_position_grow() -> None:
    """But for the entries that were on their way when it tripped; what is sold is not bought
    again, and no more is sold than is held."""
    tripped = 0
    for seed in range(8):
        desk, most = Bought(), dict[str, int]()
        for fact in run(RandomMarket(seed, Trouble(lost=0.003)).messages(1_500), "LIMIT", None):
            desk.hear(fact)
            match fact:
                case BreakerTripped(level=level) if level.value != "soft" and not most:
                    most = {pair.symbol: desk.size(pair.symbol) for pair in PAIRS}
                case OrderSent(side=Side.BUY):
                    assert not most
                case OrderSent():
                    assert fact.size <= desk.lots[fact.symbol]
                case OrderFilled(side=Side.SELL) if most:
                    most[fact.symbol] -= fact.size
                case _:
                    pass
            for symbol, size in most.items():
                assert desk.size(symbol) <= size
        tripped += bool(most)
    assert tripped > 1, "no breaker has tripped: nothing was shown"
