"""However the stream of rows is cut, the same is said and the same state is reached."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import a_core, a_plan, an_opening, engine_settings, joined
from tests.random_market import CALM, PAIRS, RandomMarket, Trouble
from trading_agent.domain.facts import DeskClosed, Fact
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import Closing, MarketRows, Stamped, Woke
from trading_agent.domain.order_facts import OrderFilled
from trading_agent.domain.units import Nanos
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.execution.settings import PaperSettings

BUSY: dict[str, Any] = {
    "order_notional": 70.0,
    "hold_seconds": 3,
    "take_profit_bps": 3.0,
    "stop_bps": 9.0,
    "resting_seconds": 1,
}


def busy_settings(kind: str = "IOC", **execution: Any) -> EngineSettings:
    signal = {"cooldown_ms": 200, "imbalance_threshold": 0.1, "hysteresis": 1.0}
    plan = a_plan(signal=signal, **(BUSY | {"order_kind": kind} | execution))
    return engine_settings(plan=plan, paper=PaperSettings(latency_ms=15, latency_jitter_ms=10))


class Run:
    """One core and the numbering of its inputs."""

    def __init__(self, kind: str, *, batch: bool = False) -> None:
        self.core: Core = a_core(busy_settings(kind), an_opening(*PAIRS), batch=batch)
        self.inputs = 0
        self.facts: list[Fact] = list(self.core.open())

    def rows(self, messages: list[Rows]) -> None:
        rows = joined(messages)
        self.step(int(rows["at"][0]), MarketRows(rows))

    def step(self, at: int, body: Any) -> None:
        self.inputs += 1
        self.facts += self.core.step(Stamped(self.inputs, Nanos(at), body))

    def closed(self, at: int) -> list[Fact]:
        self.step(at, Closing())
        return self.facts


def whole(messages: list[Rows], kind: str, *, batch: bool = False) -> list[Fact]:
    run = Run(kind, batch=batch)
    run.rows(messages)
    return run.closed(int(messages[-1]["at"][0]))


def cut(messages: list[Rows], kind: str, dice: Random, *, woken: float) -> list[Fact]:
    """Random pieces; between two of them the core may be woken, once or several times."""
    run, position = Run(kind), 0
    while position < len(messages):
        size = 1 + int(dice.random() ** 3 * 40)
        run.rows(messages[position : position + size])
        position += size
        if position >= len(messages):
            break
        before, after = (int(messages[n]["at"][0]) for n in (position - 1, position))
        while dice.random() < woken:
            before += int(dice.random() * (after - before + 1))
            run.step(before, Woke())
    return run.closed(int(messages[-1]["at"][0]))


def as_live(messages: list[Rows], kind: str) -> list[Fact]:
    """Every message by itself, and a wake-up whenever the core asks for one."""
    run = Run(kind)
    for message in messages:
        at = int(message["at"][0])
        while (due := run.core.wakeup()) is not None and due < at:
            run.step(due, Woke())
        run.rows([message])
    return run.closed(int(messages[-1]["at"][0]))


@given(
    seed=st.integers(0, 2**32),
    kind=st.sampled_from(("IOC", "LIMIT", "LIMIT_MAKER", "MARKET")),
    cuts=st.integers(0, 2**32),
)
@settings(max_examples=12)
def test_any_cut_of_the_stream_and_any_wake_ups_say_the_same(
    seed: int, kind: str, cuts: int
) -> None:
    messages = RandomMarket(seed, Trouble(lost=0.003, crossed=0.003)).messages(500)
    expected = whole(messages, kind)
    assert isinstance(expected[-1], DeskClosed)
    assert cut(messages, kind, Random(cuts), woken=0.0) == expected
    assert cut(messages, kind, Random(cuts), woken=0.6) == expected


@pytest.mark.parametrize("kind", ["IOC", "LIMIT", "LIMIT_MAKER", "MARKET"])
def test_the_live_loop_and_the_batch_loop_say_the_same(kind: str) -> None:
    """Live: message by message, woken when it asks to be. Batch: all rows at one call."""
    messages = RandomMarket(20_240_605, CALM).messages(2_500)
    expected = whole(messages, kind, batch=True)
    assert sum(isinstance(fact, OrderFilled) for fact in expected) > 20
    assert as_live(messages, kind) == expected


def test_a_message_cut_in_two_is_not_the_same_and_that_is_the_contract() -> None:
    """Rows of one message stand together; this is what tells the tests above apart."""
    messages = RandomMarket(5, CALM).messages(300)
    halves = [part for message in messages for part in (message[:1], message[1:]) if len(part)]
    assert whole(messages, "IOC")[-1] != cut(halves, "IOC", Random(1), woken=0.0)[-1]
