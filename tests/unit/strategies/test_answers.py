"""What a person's own strategy may answer, and what is said when nobody can use it."""

import math
from collections.abc import Callable
from decimal import Decimal, getcontext
from typing import Any

import pytest
from msgspec.structs import replace

from tests.own_strategies import an_own_strategy
from tests.unit.strategies.sight import a_view
from trading_agent.domain.decision import Proposal
from trading_agent.domain.documents import to_text
from trading_agent.domain.money import MONEY, ExactSums
from trading_agent.domain.order import OrderKind, OrderPurpose, TriggerOn
from trading_agent.domain.units import Lots, Nanos
from trading_agent.strategies.answers import ask
from trading_agent.strategies.entries import Barriers, enter, leave
from trading_agent.strategies.roster import Seat
from trading_agent.strategies.strategy import StrategyView

BARRIERS = Barriers(30.0, 20.0, Nanos(0))


def entry(view: StrategyView, **changes: Any) -> Proposal:
    return replace(enter(view, "mine", BARRIERS, "why not"), **changes)


def asked(
    answer: Callable[[StrategyView], Any], *, own: bool = True, position: int = 0
) -> tuple[Proposal | None, str]:
    strategy = an_own_strategy("mine", answer)({})
    seat = Seat(strategy, 1.0, 1.0, frozenset(), own)
    return ask(seat, a_view(position=position))


def raising(error: BaseException) -> Callable[[StrategyView], Any]:
    def answer(_: StrategyView) -> Any:
        raise error

    return answer


def test_what_can_be_used_is_handed_on_as_it_is() -> None:
    view = a_view()
    assert asked(entry) == (entry(view), "")
    assert asked(lambda _: None) == (None, "")
    whole = entry(view, take_profit_bps=1, quote_size=Decimal(5), trigger_on=TriggerOn.LAST)
    assert asked(lambda _: whole) == (whole, "")
    pair = entry(view, alternative=entry(view, kind=OrderKind.LIMIT))
    assert asked(lambda _: pair) == (pair, "")


def test_leaving_as_the_documents_say_is_its_own_answer() -> None:
    proposal, why = asked(lambda view: leave(view, "enough"), position=7)
    assert why == ""
    assert proposal is not None
    assert (proposal.purpose, proposal.size) == (OrderPurpose.EXIT, Lots(7))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"price": 10_000.0}, "price is 10000.0, not int"),
        ({"price": True}, "price is True, not int"),
        ({"price": Decimal(5)}, "price is Decimal('5'), not int"),
        ({"price": None}, "price is None, not int"),
        ({"size": "5"}, "size is '5', not int"),
        ({"size": math.nan}, "size is nan, not int"),
        ({"hold_for": 5.0}, "hold_for is 5.0, not int"),
        ({"trigger": 0.0}, "trigger is 0.0, not int"),
        ({"take_profit_bps": Decimal(5)}, "take_profit_bps is Decimal('5'), not int or float"),
        ({"stop_bps": None}, "stop_bps is None, not int or float"),
        ({"trail_bps": "1"}, "trail_bps is '1', not int or float"),
        ({"side": 1}, "side is 1, not Side"),
        ({"kind": "IOC"}, "kind is 'IOC', not OrderKind"),
        ({"purpose": 1}, "purpose is 1, not OrderPurpose"),
        ({"reason": None}, "reason is None, not str"),
        ({"trigger_on": "last"}, "trigger_on is 'last', not TriggerOn"),
        ({"quote_size": 5.0}, "quote_size is 5.0, not Decimal or NoneType"),
        ({"alternative": "x"}, "propose gave str, not a Proposal or None"),
        ({"symbol": "BTCUSDC"}, "asked about ETHUSDC, it proposes BTCUSDC as mine"),
        ({"strategy": "flash"}, "asked about ETHUSDC, it proposes ETHUSDC as flash"),
        ({"strategy": "exits"}, "asked about ETHUSDC, it proposes ETHUSDC as exits"),
    ],
)
def test_an_answer_of_another_kind_is_none_and_said(changes: dict[str, Any], words: str) -> None:
    assert asked(lambda view: entry(view, **changes)) == (None, words)
    other = {"alternative": changes["alternative"]} if "alternative" in changes else changes
    assert asked(lambda view: entry(view, alternative=entry(view, **other))) == (None, words)


@pytest.mark.parametrize("answer", [0, False, "buy", (), Proposal, {"side": "buy"}])
def test_what_is_no_proposal_is_none_and_said(answer: Any) -> None:
    words = f"propose gave {type(answer).__name__}, not a Proposal or None"
    assert asked(lambda _: answer) == (None, words)


class Wordless(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


class Touchy(str):
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("do not compare me")

    __hash__ = str.__hash__


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (KeyError("ema"), "KeyError: 'ema'"),
        (AssertionError(), "AssertionError: "),
        (MemoryError(), "MemoryError: "),
        (SystemExit(3), "SystemExit: 3"),
        (StopIteration(), "StopIteration: "),
        (Wordless(), "Wordless"),
        (ValueError("one\ntwo\x1b[31m\ud800"), "ValueError: one\ufffdtwo\ufffd[31m\ufffd"),
        (ValueError("x" * 10_000), f"ValueError: {'x' * 188}…"),
    ],
)
def test_what_is_raised_is_said_on_one_short_line(error: BaseException, words: str) -> None:
    assert asked(raising(error)) == (None, words)
    assert to_text(words), "the journal can bear it"


def test_an_answer_that_breaks_when_it_is_looked_at_is_none() -> None:
    assert asked(lambda view: entry(view, strategy=Touchy("mine"))) == (
        None,
        "RuntimeError: do not compare me",
    )

    def endless(view: StrategyView) -> Proposal:
        return endless(view)

    assert asked(endless)[1].startswith("RecursionError: ")


def test_ones_own_arithmetic_is_the_ordinary_one_and_ours_comes_back() -> None:
    def thirds(view: StrategyView) -> None:
        assert Decimal(1) / Decimal(3) < Decimal("0.34")

    with ExactSums():
        assert asked(thirds) == (None, "")
        assert getcontext() is MONEY
        assert asked(raising(ValueError("x"))) == (None, "ValueError: x")
        assert getcontext() is MONEY


def test_answers_of_standard_strategies_are_trusted() -> None:
    """They are tested instead: looking at each would cost what it is not worth."""
    proposal, why = asked(lambda view: entry(view, price=1.5), own=False)
    assert (proposal is not None, why) == (True, "")
