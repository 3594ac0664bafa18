"""No order of events gets the desk past its limits, and no number of threads either."""

import sys
import threading
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.builders import (
    a_core,
    a_plan,
    a_proposal,
    an_instrument,
    an_opening,
    engine_settings,
    joined,
)
from tests.fact_laws import assert_lawful
from tests.random_market import PAIRS, RandomMarket, Trouble
from tests.story import Story
from tests.unit.risk.views import a_desk
from trading_agent.domain.commands import (
    CloseAll,
    ClosePosition,
    Kill,
    Origin,
    PauseEntries,
    Rearm,
    StartTrading,
)
from trading_agent.domain.decision import Approved
from trading_agent.domain.facts import (
    BreakerRearmed,
    BreakerTripped,
    EquityMarked,
    ExitsArmed,
    Fact,
    PositionClosed,
)
from trading_agent.domain.message import Closing, MarketRows, Stamped, Woke
from trading_agent.domain.order import BUY, ENTRY, OrderKind, Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.execution.settings import PaperSettings
from trading_agent.risk.gate import RiskGate
from trading_agent.risk.settings import BreakerLimits, RiskLimits
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.desk import Desk
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.worker import Heartbeats, Worker

EXPOSURE = Decimal(150)
TIGHT = RiskLimits(
    max_order_notional=Decimal(90),
    max_position_notional=Decimal(95),
    max_exposure=EXPOSURE,
    max_cluster_exposure=Decimal(120),
    max_open_orders=3,
    breakers=BreakerLimits(
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


def bought(core: Core) -> Decimal:
    """What was paid for what is held, and what is on order, at its limit."""
    account, worth = core.account, Decimal(0)
    for position in account.positions.all():
        instrument = account.instruments[position.symbol]
        worth += instrument.notional(Ticks(position.entry_value), Lots(1))
    for working in account.orders.all():
        if working.sent.purpose is ENTRY:
            instrument = account.instruments[working.sent.symbol]
            worth += instrument.notional(working.sent.price, working.leaves)
    return worth


class DeskUnderLimits(RuleBasedStateMachine):
    """Books that jump, prints, commands, losses, restarts, time: in any order."""

    @initialize(kind=st.sampled_from(("IOC", "LIMIT", "LIMIT_MAKER", "MARKET")))
    def open(self, kind: str) -> None:
        self.story = Story(tight_settings(kind), PAIRS)
        for symbol in range(2):
            self.story.warm_up(symbol=symbol)
        self.held: dict[str, int] = {}
        self.barred_orders: set[int] = set()
        self.seen = 0

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

    @precondition(lambda self: len(self.story.facts) > 200)
    @rule(flatten=st.booleans())
    def kill(self, flatten: bool) -> None:
        self.story.tell(Kill(origin=Origin.PERSON, flatten=flatten))

    @invariant()
    def no_limit_is_exceeded(self) -> None:
        if not hasattr(self, "story"):
            return
        core = self.story.core
        assert bought(core) <= EXPOSURE
        assert len(core.account.orders) <= TIGHT.max_open_orders + len(PAIRS)

    @invariant()
    def a_barred_desk_sends_no_entry(self) -> None:
        """No entry is sent after a breaker bars them, until a person re-arms."""
        if not hasattr(self, "story"):
            return
        barred = False
        for fact in self.story.facts:
            match fact:
                case BreakerTripped(level=level):
                    barred = barred or level.value != "soft"
                case OrderSent(side=side):
                    assert not (barred and side is BUY)
                case BreakerRearmed():
                    barred = False
                case _:
                    pass

    def teardown(self) -> None:
        if hasattr(self, "story"):
            assert_lawful(self.story.facts)


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


THREADS, EACH = 64, 20


def started(work: Any, count: int) -> None:
    """Each thread begins at once; all are over when this returns."""
    gate = threading.Barrier(count)

    def begin(number: int) -> None:
        gate.wait(20.0)
        work(number)

    heartbeats = Heartbeats(SystemClock())
    workers = [
        Worker(
            f"asker-{number}",
            lambda _stop, number=number: begin(number),
            restart=None,
            heartbeats=heartbeats,
        )
        for number in range(count)
    ]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60.0)
            assert not worker.alive
    finally:
        sys.setswitchinterval(interval)


def test_64_threads_against_one_limit_share_exactly_what_it_allows() -> None:
    """The promise: judging and holding are one step of one owner. Callers that take turns need
    nothing else, although all of them show the gate the same old view of the desk."""
    limit = Decimal(5_000)
    gate = RiskGate(
        RiskLimits(
            max_exposure=limit,
            max_cluster_exposure=limit,
            max_open_orders=200,
            max_open_positions=100,
            order_burst=10_000,
            symbol_order_burst=10_000,
        )
    )
    turn, approved = threading.Lock(), []

    def ask(thread: int) -> None:
        for number in range(EACH):
            instrument = an_instrument(f"T{thread}N{number}USDC")
            desk = a_desk(instrument=instrument, max_open_positions=100, free_quote=Decimal(10**9))
            proposal = a_proposal(symbol=instrument.symbol)
            with turn:
                answer = gate.review(proposal, desk)
            if isinstance(answer, Approved):
                approved.append(instrument.notional(proposal.price, answer.size))

    started(ask, THREADS)
    assert sum(approved) <= limit < sum(approved) + Decimal("100.06")


def test_64_threads_commanding_one_desk_never_sell_or_hold_more_than_there_is(
    tmp_path: Any,
) -> None:
    """The promise: whoever asks, one thread at a time decides, because the inbox has one taker."""
    story = Story(engine_settings(plan=a_plan(order_notional=80.0), limits=TIGHT), PAIRS)
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    held = story.position()
    assert held > 0
    inbox = Inbox(_Clock(story))
    desk = Desk(inbox, None, _Many())  # type: ignore[arg-type]

    def ask(thread: int) -> None:
        for number in range(EACH):
            asked: tuple[Any, ...] = (
                CloseAll(origin=Origin.PERSON),
                StartTrading(origin=Origin.PERSON),
                ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"),
            )
            desk.submit(asked[(thread + number) % len(asked)])

    started(ask, THREADS)
    for _ in range(THREADS * EACH):
        story.step(inbox.take(None).stamped.body)
    assert inbox.waiting == 0
    sold = [sent.size for sent in story.of(OrderSent) if sent.side is Side.SELL]
    assert sold == [held]
    assert_lawful(story.facts)


class _Clock:
    """The story's time."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def now(self) -> Nanos:
        return Nanos(self._story.at)

    def monotonic(self) -> int:
        return self._story.at


class _Many:
    commands = THREADS * EACH + 1


def test_a_hard_breaker_never_lets_a_position_grow() -> None:
    """Fills of entries that were on their way when it tripped are the only growth there is."""
    for seed in range(6):
        facts = run(RandomMarket(seed, Trouble(lost=0.003)).messages(1_500), "MARKET", None)
        barred_at = next(
            (
                number
                for number, fact in enumerate(facts)
                if isinstance(fact, BreakerTripped) and fact.level.value != "soft"
            ),
            None,
        )
        if barred_at is None:
            continue
        later = facts[barred_at:]
        assert not any(isinstance(fact, OrderSent) and fact.side is BUY for fact in later)
        assert all(fact.kind is OrderKind.MARKET for fact in later if isinstance(fact, OrderSent))
