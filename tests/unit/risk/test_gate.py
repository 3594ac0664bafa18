"""Every rule by its code and its words, and the order in which they are asked."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import START, a_proposal, an_instrument
from trading_agent.domain.decision import Approved, Proposal, RefusalReason, Refused
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.units import MILLISECOND, Lots, Nanos
from trading_agent.risk.checks import DeskView
from trading_agent.risk.gate import RiskGate
from trading_agent.risk.settings import RiskLimits

GATE = RiskGate(RiskLimits(max_order_notional=Decimal(1_000)))
ENTRY = a_proposal()
EXIT = a_proposal(side=Side.SELL, kind=OrderKind.MARKET, purpose=OrderPurpose.EXIT)


def a_desk(**changes: Any) -> DeskView:
    """Flat, healthy and rich; for an exit: `position` and what it holds."""
    plain: dict[str, Any] = {
        "at": START,
        "instrument": an_instrument(min_size=Lots(2), min_notional=Decimal(5)),
        "paused": "",
        "killed": "",
        "book_ready": True,
        "book_crossed": False,
        "book_at": START,
        "spread_bps": 1.0,
        "spread_limit_bps": 5.0,
        "position": Lots(0),
        "open_positions": 0,
        "pending_entries": 0,
        "max_open_positions": 5,
        "symbol_has_entry": False,
        "symbol_has_exit": False,
        "open_orders": 0,
        "free_quote": Decimal(1_000),
        "reserve": Decimal(101),
    }
    return DeskView(**(plain | changes))


def refused(proposal: Proposal, desk: DeskView) -> tuple[str, str]:
    answer = GATE.review(proposal, desk)
    assert isinstance(answer, Refused)
    assert answer.proposal is proposal
    return answer.reason.value, answer.detail


def test_an_entry_on_a_healthy_desk_is_approved_whole() -> None:
    assert GATE.review(ENTRY, a_desk()) == Approved(ENTRY, ENTRY.size)


def test_an_exit_of_what_is_held_is_approved_whole() -> None:
    assert GATE.review(EXIT, a_desk(position=Lots(100))) == Approved(EXIT, EXIT.size)


# In the order in which the gate asks.
ENTRY_RULES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("desk_killed", {}, {"killed": "enough"}, "enough"),
    ("desk_paused", {}, {"paused": "lunch"}, "lunch"),
    (
        "symbol_not_tradable",
        {},
        {"instrument": an_instrument(tradable=False)},
        "the exchange does not let the API trade it",
    ),
    ("book_not_ready", {}, {"book_ready": False}, "the book is being rebuilt"),
    (
        "book_stale",
        {},
        {"book_at": Nanos(START - 2_001 * MILLISECOND)},
        "last message 2001 ms ago, at most 2000",
    ),
    ("bad_number", {"price": 0}, {}, "price 0 ticks, size 100 lots"),
    ("spread_too_wide", {}, {"spread_bps": 5.01}, "5.01 bps, at most 5"),
    ("position_open", {}, {"position": Lots(1)}, "a position is open"),
    (
        "max_open_positions",
        {},
        {"open_positions": 3, "pending_entries": 2},
        "5 open or under way, at most 5",
    ),
    ("too_many_open_orders", {}, {"open_orders": 20}, "20 open"),
    ("max_order_notional", {"size": 1_000}, {}, "1000.6000 above 1000"),
    (
        "not_enough_cash",
        {},
        {"free_quote": Decimal("100.99")},
        "needs 101, free 100.99",
    ),
]
MORE_ENTRY_RULES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("book_crossed", {}, {"book_crossed": True}, "bid at or above ask"),
    ("bad_number", {"size": 0}, {}, "price 10006 ticks, size 0 lots"),
    ("bad_number", {"size": -5}, {}, "price 10006 ticks, size -5 lots"),
    ("spread_too_wide", {}, {"spread_bps": float("nan")}, "nan bps, at most 5"),
    ("order_open", {}, {"symbol_has_entry": True}, "an entry is under way"),
    (
        "max_open_positions",
        {},
        {"open_positions": 8, "max_open_positions": 99},
        "8 open or under way, at most 8",
    ),
    (
        "above_maximum",
        {},
        {"instrument": an_instrument(max_notional=Decimal(100))},
        "100.0600 above 100",
    ),
    ("below_minimum", {"size": 1, "price": 90_000}, {}, "0.01 worth 9.0000; least 0.02 and 5"),
    ("below_minimum", {"size": 4}, {}, "0.04 worth 4.0024; least 0.02 and 5"),
]
EXIT_RULES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("desk_killed", {}, {"killed": "enough"}, "enough"),
    ("book_not_ready", {}, {"book_ready": False}, "the book is being rebuilt"),
    ("bad_number", {"price": -1}, {}, "price -1 ticks, size 100 lots"),
    ("nothing_to_sell", {}, {"position": Lots(3)}, "3 lots held"),
    ("order_open", {}, {"symbol_has_exit": True}, "an exit is under way"),
    ("below_minimum", {"size": 4}, {}, "0.04 worth 4.0024; least 0.02 and 5"),
]
MORE_EXIT_RULES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("book_crossed", {}, {"book_crossed": True}, "bid at or above ask"),
    ("nothing_to_sell", {}, {"position": Lots(0)}, "0 lots held"),
]


@pytest.mark.parametrize(("code", "asked", "found", "words"), ENTRY_RULES + MORE_ENTRY_RULES)
def test_each_rule_refuses_an_entry_with_its_code_and_its_words(
    code: str, asked: dict[str, Any], found: dict[str, Any], words: str
) -> None:
    assert refused(a_proposal(**asked), a_desk(**found)) == (code, words)


@pytest.mark.parametrize(("code", "asked", "found", "words"), EXIT_RULES + MORE_EXIT_RULES)
def test_each_rule_refuses_an_exit_with_its_code_and_its_words(
    code: str, asked: dict[str, Any], found: dict[str, Any], words: str
) -> None:
    desk = a_desk(**({"position": Lots(100)} | found))
    assert refused(replace(EXIT, **asked), desk) == (code, words)


@pytest.mark.parametrize("first", range(len(ENTRY_RULES)))
def test_of_several_reasons_against_an_entry_the_first_is_given(first: int) -> None:
    asked: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for _, wrong, trouble, _ in reversed(ENTRY_RULES[first:]):
        asked |= wrong
        found |= trouble
    assert refused(a_proposal(**asked), a_desk(**found))[0] == ENTRY_RULES[first][0]


@pytest.mark.parametrize("first", range(len(EXIT_RULES)))
def test_of_several_reasons_against_an_exit_the_first_is_given(first: int) -> None:
    asked: dict[str, Any] = {}
    found: dict[str, Any] = {"position": Lots(100)}
    for _, wrong, trouble, _ in reversed(EXIT_RULES[first:]):
        asked |= wrong
        found |= trouble
    assert refused(replace(EXIT, **asked), a_desk(**found))[0] == EXIT_RULES[first][0]


@pytest.mark.parametrize(
    "trouble",
    [
        {"paused": "lunch"},
        {"book_at": Nanos(START - 10**12)},
        {"spread_bps": float("nan")},
        {"open_orders": 999},
        {"open_positions": 99},
        {"free_quote": Decimal(0)},
        {"symbol_has_entry": True},
        {"instrument": an_instrument(tradable=False)},
    ],
)
def test_what_stops_entries_does_not_keep_anyone_in_a_position(trouble: dict[str, Any]) -> None:
    desk = a_desk(**({"position": Lots(100)} | trouble))
    assert isinstance(GATE.review(EXIT, desk), Approved)


def test_nothing_is_sold_short() -> None:
    short = a_proposal(side=Side.SELL)
    for position in (0, 1_000):
        code, words = refused(short, a_desk(position=Lots(position)))
        assert (code, words) == ("nothing_to_sell", "spot sells only to leave")


def test_a_purchase_that_calls_itself_an_exit_is_judged_as_an_entry() -> None:
    disguised = a_proposal(purpose=OrderPurpose.EXIT)
    assert refused(disguised, a_desk(paused="lunch"))[0] == "desk_paused"
    assert refused(disguised, a_desk(position=Lots(100)))[0] == "position_open"


@pytest.mark.parametrize(
    "exactly",
    [
        {"book_at": Nanos(START - 2_000 * MILLISECOND)},
        {"spread_bps": 5.0},
        {"open_positions": 4},
        {"open_orders": 19},
        {"free_quote": Decimal(101)},
    ],
)
def test_a_limit_itself_is_allowed(exactly: dict[str, Any]) -> None:
    assert isinstance(GATE.review(ENTRY, a_desk(**exactly)), Approved)


def test_every_code_but_none_other_is_given_by_some_rule() -> None:
    codes = {rule[0] for rule in ENTRY_RULES + MORE_ENTRY_RULES + EXIT_RULES + MORE_EXIT_RULES}
    assert codes == {reason.value for reason in RefusalReason}
