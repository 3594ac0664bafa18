"""A copied core goes on as the first one does, and neither feels what the other is told."""

import pytest

from tests.properties.test_core_chunks import Run
from tests.random_market import RandomMarket, Trouble
from trading_agent.domain.commands import Origin, PauseEntries
from trading_agent.domain.facts import DeskClosed, EntriesPaused
from trading_agent.domain.order_facts import OrderSent
from trading_agent.doors.twin import twin_of

KINDS = ("IOC", "LIMIT", "LIMIT_MAKER", "MARKET")


def twin_run(run: Run, kind: str) -> Run:
    other = Run(kind)
    other.core, other.inputs, other.facts = twin_of(run.core), run.inputs, list(run.facts)
    return other


@pytest.mark.parametrize("kind", KINDS)
def test_twins_say_the_same_from_any_moment_on(kind: str) -> None:
    messages = RandomMarket(77, Trouble(lost=0.003, crossed=0.003)).messages(1_200)
    run, twins = Run(kind), []
    for number, message in enumerate(messages):
        if number % 200 == 150:
            twins.append(twin_run(run, kind))
        run.rows([message])
        for twin in twins:
            twin.rows([message])
    closed = [each.closed(int(messages[-1]["at"][0])) for each in (run, *twins)]
    assert any(isinstance(fact, OrderSent) for fact in closed[0])
    assert isinstance(closed[0][-1], DeskClosed)  # it holds the digest of every byte of the state
    assert all(each == closed[0] for each in closed)


def test_a_twin_feels_nothing_of_what_the_other_is_told() -> None:
    messages = RandomMarket(78).messages(900)
    run, alone = Run("IOC"), Run("IOC")
    for message in messages[:400]:
        run.rows([message])
        alone.rows([message])
    twin = twin_run(run, "IOC")
    run.step(int(messages[399]["at"][0]), PauseEntries(origin=Origin.PERSON, why="a test"))
    for message in messages[400:]:
        run.rows([message])
        twin.rows([message])
        alone.rows([message])
    end = int(messages[-1]["at"][0])
    assert twin.closed(end) == alone.closed(end)
    told = run.closed(end)
    assert any(isinstance(fact, EntriesPaused) for fact in told)
    assert told != alone.facts


def test_a_twin_of_a_twin_is_one_too() -> None:
    messages = RandomMarket(79).messages(600)
    run = Run("LIMIT")
    for message in messages[:300]:
        run.rows([message])
    once = twin_run(run, "LIMIT")
    twice = twin_run(once, "LIMIT")
    for message in messages[300:]:
        run.rows([message])
        twice.rows([message])
    end = int(messages[-1]["at"][0])
    assert twice.closed(end) == run.closed(end)
