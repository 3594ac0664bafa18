"""No number of threads gets the desk past its limits."""

import sys
import threading
from decimal import Decimal
from typing import Any

from tests.builders import a_plan, a_proposal, an_instrument, engine_settings
from tests.fact_laws import assert_lawful
from tests.random_market import PAIRS
from tests.story import Story
from tests.unit.risk.views import a_desk
from trading_agent.domain.commands import CloseAll, ClosePosition, Origin, StartTrading
from trading_agent.domain.decision import Approved
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import Nanos
from trading_agent.risk.gate import RiskGate
from trading_agent.risk.settings import RiskLimits
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.desk import Desk
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.worker import Heartbeats, Worker

THREADS, EACH = 64, 20
LIMITS = RiskLimits(
    max_order_notional=Decimal(90), max_position_notional=Decimal(95), max_open_orders=3
)


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
    story = Story(engine_settings(plan=a_plan(order_notional=80.0), limits=LIMITS), PAIRS)
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
