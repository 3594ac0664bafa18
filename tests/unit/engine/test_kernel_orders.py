"""However rows are handed over: orders of every kind act, trigger, fill and are marked alike."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START, joined
from tests.paper_exchange import PaperExchange
from tests.random_market import RandomMarket, Trouble
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.order import OrderKind, Side, TriggerOn
from trading_agent.domain.units import MILLISECOND


def with_orders(seed: int) -> PaperExchange:
    """Forty of all kinds under way, some of them pairs, before the first row."""
    dice = Random(seed)
    exchange = PaperExchange(latency_ms=7, refill_half_life_seconds=2.0, queue_model="CENTRAL")
    for number in range(40):
        side = Side.BUY if dice.random() < 0.5 else Side.SELL
        kind = tuple(OrderKind)[number % len(OrderKind)]
        price = 10_000 + int(dice.random() * 17) - 8
        exchange.submit(
            side,
            kind,
            price,
            1 + int(dice.random() * 60),
            at=dice.random() * 20_000,
            rest_ms=dice.random() * 30_000,
            trigger=10_000 + int(dice.random() * 9) - 4 if kind >= OrderKind.STOP else 0,
            trigger_on=tuple(TriggerOn)[number % 3],
            trail=3 if kind is OrderKind.TRAILING_STOP else 0,
            group=number // 10 if dice.random() < 0.5 else 0,
            budget=600_000 if dice.random() < 0.3 else 0,
        )
    return exchange


def picture(exchange: PaperExchange) -> tuple[Any, ...]:
    # Of two marks that are not numbers nothing says that they are equal, but their words.
    marks = repr(exchange.venue.marked())
    return exchange.said, exchange.shadows, marks, exchange.state.digest()


def handed_over(messages: list[Rows], seed: int, pieces: Random | None) -> tuple[Any, ...]:
    """At once, or in random pieces with wake-ups in between."""
    exchange = with_orders(seed)
    position = 0
    while position < len(messages):
        size = len(messages) if pieces is None else 1 + int(pieces.random() ** 3 * 60)
        piece = messages[position : position + size]
        exchange.recorded(joined(piece))
        position += size
        if pieces is not None and position < len(messages):
            before, after = (int(messages[n]["at"][0]) for n in (position - 1, position))
            woken = before + int(pieces.random() * (after - before))
            exchange.until((woken - START) / MILLISECOND)
    exchange.until(200_000)
    return picture(exchange)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=25)
def test_any_cut_and_any_wake_up_say_the_same_of_every_order(seed: int) -> None:
    messages = RandomMarket(seed, Trouble(lost=0.003, crossed=0.003), pairs=1).messages(600)
    whole = handed_over(messages, seed, None)
    said, _, marks, _ = whole
    assert said
    assert marks != "[]"
    assert handed_over(messages, seed, Random(seed)) == whole
    assert handed_over(messages, seed, Random(seed + 1)) == whole
