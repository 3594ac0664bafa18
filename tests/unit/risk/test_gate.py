"""Every rule by its code and its words, and the order in which they are asked."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import START, a_proposal, an_instrument
from tests.unit.risk.views import PlainSight, a_desk
from trading_agent.domain.decision import Approved, Proposal, RefusalReason, Refused
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, Side
from trading_agent.domain.units import MILLISECOND, SECOND, Lots, Nanos, Ticks
from trading_agent.risk.desk_view import DeskView, Holding
from trading_agent.risk.gate import RiskGate
from trading_agent.risk.history import Entry
from trading_agent.risk.settings import RiskLimits, SizeCaps

NAN = float("nan")
LIMITS = RiskLimits(
    max_order_notional=Decimal(1_000),
    max_position_notional=Decimal(2_000),
    max_exposure=Decimal(4_000),
    max_cluster_exposure=Decimal(3_000),
    max_minute_volume_percent=50.0,
)
ENTRY = a_proposal()
WHOLE = Approved(ENTRY, ENTRY.size, reserve=Decimal(101))
EXIT = a_proposal(side=Side.SELL, kind=OrderKind.MARKET, purpose=OrderPurpose.EXIT)


def refused(proposal: Proposal, desk: DeskView) -> tuple[str, str]:
    answer = RiskGate(LIMITS).review(proposal, desk)
    assert isinstance(answer, Refused)
    assert answer.proposal is proposal
    return answer.reason.value, answer.detail


def test_an_entry_on_a_healthy_desk_is_approved_whole() -> None:
    assert RiskGate(LIMITS).review(ENTRY, a_desk()) == WHOLE


def test_an_exit_of_what_is_held_is_approved_whole() -> None:
    assert RiskGate(LIMITS).review(EXIT, a_desk(position=Lots(100))) == Approved(EXIT, EXIT.size)


BTC, ETH = an_instrument(), an_instrument("ETHUSDC")
HUNDRED = Decimal(100)


def sent(**changes: Any) -> Entry:
    plain: dict[str, Any] = {
        "at": START,
        "order": OrderId(7),
        "symbol": "BTCUSDC",
        "side": Side.BUY,
        "kind": OrderKind.IOC,
        "price": Ticks(10_006),
        "size": Lots(100),
    }
    return Entry(**(plain | changes))


# In the order in which the gate asks.
ENTRY_RULES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("nothing_to_sell", {"side": Side.SELL}, {}, "spot sells only to leave"),
    ("desk_killed", {}, {"killed": "enough"}, "enough"),
    ("desk_paused", {}, {"paused": "lunch"}, "lunch"),
    ("breaker_tripped", {}, {"barred": "daily_loss: too much"}, "daily_loss: too much"),
    (
        "session_ending",
        {},
        {"session_ending": True},
        "positions are closed before the session ends",
    ),
    ("book_not_ready", {}, {"book_ready": False}, "the book is being rebuilt"),
    (
        "book_stale",
        {},
        {"book_at": Nanos(START - 2_001 * MILLISECOND)},
        "last message 2001 ms ago, at most 2000",
    ),
    (
        "symbol_not_tradable",
        {},
        {"instrument": an_instrument(tradable=False)},
        "the exchange does not let the API trade it",
    ),
    ("bad_number", {"price": 0}, {}, "price 0 ticks, size 100 lots"),
    ("price_band", {"price": 10_301}, {}, "more than 300 bps from the mid price"),
    ("spread_too_wide", {}, {"spread_bps": 5.01}, "5.01 bps, at most 5"),
    (
        "duplicate_order",
        {"size": 100},
        {"seen": {"recent_entries": (sent(at=Nanos(START - 5 * MILLISECOND)),)}},
        "equals order 7, sent 5 ms ago",
    ),
    ("max_order_notional", {"size": 1_000}, {}, "1000.6000 above 1000"),
    ("below_minimum", {"size": 4}, {}, "0.04 worth 4.0024; least 0.02 and 5"),
    (
        "max_depth_share",
        {},
        {"seen": {"depth": 9.0}},
        "1.00 is more than 1000 percent of the 0.09 displayed",
    ),
    (
        "max_volume_share",
        {},
        {"seen": {"minute_volume": 199}},
        "1.00 is more than 50 percent of the 1.99 traded in a minute",
    ),
    ("not_enough_cash", {}, {"free_quote": Decimal("100.99")}, "needs 101, free 100.99"),
    ("position_open", {}, {"position": Lots(1)}, "a position is open"),
    (
        "max_open_positions",
        {},
        {"open_positions": 3, "pending_entries": 2},
        "5 open or under way, at most 5",
    ),
    ("equity_unknown", {}, {"seen": {"holdings": (Holding(ETH, None),)}}, "ETHUSDC has no price"),
    (
        "max_position",
        {},
        {"seen": {"holdings": (Holding(BTC, Decimal(1_950)),)}},
        "1950 held or on order and 100.0600 more, at most 2000",
    ),
    (
        "max_exposure",
        {},
        {"seen": {"holdings": (Holding(ETH, Decimal(3_950)),)}},
        "3950 held or on order and 100.0600 more, at most 4000",
    ),
    (
        "max_cluster_exposure",
        {},
        {"stress": True, "seen": {"holdings": (Holding(ETH, Decimal(2_950)),)}},
        "2950 held or on order and 100.0600 more, at most 3000",
    ),
    ("too_many_open_orders", {}, {"open_orders": 20}, "20 open"),
]
MORE_ENTRY_RULES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("book_crossed", {}, {"book_crossed": True}, "bid at or above ask"),
    ("bad_number", {"size": 0}, {}, "price 10006 ticks, size 0 lots"),
    ("bad_number", {"size": -5}, {}, "price 10006 ticks, size -5 lots"),
    ("bad_number", {"stop_bps": NAN}, {}, "protection is no distance"),
    ("bad_number", {"take_profit_bps": float("inf")}, {}, "protection is no distance"),
    (
        "bad_number",
        {"trail_bps": -1.0},
        {},
        "IOC: does not wait, and has trigger 0 and trail -1 bps",
    ),
    (
        "bad_number",
        {"trigger": 9_000},
        {},
        "IOC: does not wait, and has trigger 9000 and trail 0 bps",
    ),
    ("bad_number", {"kind": OrderKind.STOP}, {}, "STOP: waits for 0 ticks"),
    (
        "bad_number",
        {"kind": OrderKind.TAKE_PROFIT, "trigger": -7},
        {},
        "TAKE_PROFIT: waits for -7 ticks",
    ),
    (
        "bad_number",
        {"kind": OrderKind.STOP_LIMIT, "trigger": 10_006, "trail_bps": 5.0},
        {},
        "STOP_LIMIT: does not follow, and has a trail of 5 bps",
    ),
    (
        "bad_number",
        {"kind": OrderKind.TRAILING_STOP, "trigger": 10_006, "trail_bps": 0.9},
        {},
        "TRAILING_STOP: follows 0.9 bps behind 10006 ticks, which is less than one",
    ),
    (
        "bad_number",
        {"kind": OrderKind.TRAILING_STOP, "trigger": 10_006, "trail_bps": NAN},
        {},
        "TRAILING_STOP: follows nan bps behind 10006 ticks, which is less than one",
    ),
    ("bad_number", {"quote_size": Decimal("NaN")}, {}, "cannot spend NaN"),
    (
        "bad_number",
        {},
        {"free_quote": Decimal("NaN")},
        "cash_is_there: InvalidOperation [<class 'decimal.InvalidOperation'>]",
    ),
    (
        "bad_number",
        {},
        {"seen": {"holdings": (Holding(ETH, Decimal("NaN")),)}},
        "exposure_is_small: InvalidOperation [<class 'decimal.InvalidOperation'>]",
    ),
    (
        "rule_failed",
        {},
        {"seen": {"depth": RuntimeError("no such pair")}},
        "depth_is_there: RuntimeError no such pair",
    ),
    (
        "price_band",
        {},
        {"last_trade": Ticks(9_000)},
        "more than 300 bps from the last trade",
    ),
    (
        "price_band",
        {},
        {"bid": Ticks(0), "ask": Ticks(10_001)},
        "more than 300 bps from the mid price",
    ),
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
    (
        "max_cluster_exposure",
        {},
        {"seen": {"holdings": (Holding(an_instrument("BTCUSDT"), Decimal(2_950)),)}},
        "2950 held or on order and 100.0600 more, at most 3000",
    ),
    (
        "sized_to_nothing",
        {"size": 2},
        {"size_factor": 0.1},
        "soft_breaker: below_one_lot",
    ),
]
MORE_ENTRY_RULES += [
    ("entries_halted", {}, {"halted": "overlay calm"}, "overlay calm"),
    ("symbol_locked", {}, {"locked": "locked by person"}, "locked by person"),
    ("sized_to_nothing", {}, {"risk_multiplier": 0.0}, "risk_multiplier: not_positive"),
    ("sized_to_nothing", {}, {"risk_multiplier": NAN}, "risk_multiplier: not_finite"),
]
MORE_ENTRY_RULES.append(
    ("sized_to_nothing", {}, {"size_factor": 0.0}, "soft_breaker: not_positive")
)
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
    (
        "symbol_not_tradable",
        {},
        {"instrument": an_instrument(tradable=False)},
        "the exchange does not let the API trade it",
    ),
    (
        "above_maximum",
        {},
        {"instrument": an_instrument(max_notional=Decimal(100))},
        "100.0600 above 100",
    ),
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
    ],
)
def test_what_stops_entries_does_not_keep_anyone_in_a_position(trouble: dict[str, Any]) -> None:
    desk = a_desk(**({"position": Lots(100)} | trouble))
    assert isinstance(RiskGate(LIMITS).review(EXIT, desk), Approved)


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
    assert isinstance(RiskGate(LIMITS).review(ENTRY, a_desk(**exactly)), Approved)


def test_every_code_but_none_other_is_given_by_some_rule() -> None:
    codes = {rule[0] for rule in ENTRY_RULES + MORE_ENTRY_RULES + EXIT_RULES + MORE_EXIT_RULES}
    by_others = {"kind_not_allowed", "outside_price_band", "anomalous_market", "evidence_against"}
    elsewhere_here = {"order_rate", "max_tail_loss"}
    assert codes | elsewhere_here | by_others == {reason.value for reason in RefusalReason}


def entries(gate: RiskGate, count: int, **found: Any) -> list[str]:
    """What the gate says to so many entries of pairs of their own."""
    said = []
    for number in range(count):
        instrument = an_instrument(f"A{number}USDC")
        answer = gate.review(
            a_proposal(symbol=instrument.symbol), a_desk(instrument=instrument, **found)
        )
        said.append(answer.reason.value if isinstance(answer, Refused) else "")
    return said


def test_approvals_hold_their_share_of_every_limit_until_they_are_sent() -> None:
    """The same old view again and again: nothing it says has changed, and still no limit is
    exceeded."""
    rich = {"free_quote": Decimal(10**9), "max_open_positions": 99}
    cases: list[tuple[dict[str, Any], dict[str, Any], str, int]] = [
        ({}, {"free_quote": Decimal(303)}, "not_enough_cash", 3),
        ({}, {"max_open_positions": 4}, "max_open_positions", 4),
        ({"max_open_orders": 6}, {}, "too_many_open_orders", 6),
        ({"max_exposure": Decimal(250)}, {}, "max_exposure", 2),
        ({"max_cluster_exposure": Decimal(250)}, {"stress": True}, "max_cluster_exposure", 2),
        ({"order_burst": 5}, {}, "order_rate", 5),
    ]
    for limits, found, code, allowed in cases:
        gate = RiskGate(RiskLimits(**limits))
        said = entries(gate, 8, **(rich | found))
        assert said == [""] * allowed + [code] * (8 - allowed), code


def test_a_promise_ends_when_its_order_is_in_the_account() -> None:
    gate = RiskGate(RiskLimits(max_exposure=Decimal(150)))
    assert entries(gate, 2) == ["", "max_exposure"]
    assert entries(gate, 1, last_order=1) == [""]


def test_what_was_approved_and_is_not_sent_can_be_given_back() -> None:
    gate = RiskGate(RiskLimits(max_exposure=Decimal(150)))
    answer = gate.review(a_proposal(), a_desk())
    assert isinstance(answer, Approved)
    assert isinstance(gate.review(a_proposal(), a_desk()), Refused)
    gate.withdraw(answer)
    assert isinstance(gate.review(a_proposal(), a_desk()), Approved)


def test_the_legs_of_a_pair_are_one_exposure() -> None:
    gate = RiskGate(RiskLimits(max_exposure=Decimal(150)))
    other = a_proposal(kind=OrderKind.LIMIT)
    first = a_proposal(alternative=other)
    assert isinstance(gate.review(first, a_desk()), Approved)
    assert isinstance(gate.review(other, a_desk()), Approved)
    assert isinstance(gate.review(a_proposal(), a_desk()), Refused)


def test_a_pair_whose_second_leg_is_refused_holds_nothing() -> None:
    gate = RiskGate(RiskLimits(max_exposure=Decimal(150)))
    other = a_proposal(price=0)
    assert isinstance(gate.review(a_proposal(alternative=other), a_desk()), Approved)
    assert isinstance(gate.review(other, a_desk()), Refused)
    assert isinstance(gate.review(a_proposal(), a_desk()), Approved)


def test_a_rate_is_a_burst_and_then_its_sustained_pace() -> None:
    gate = RiskGate(RiskLimits(symbol_orders_per_minute=60, symbol_order_burst=3))

    def asked(at: int, order: int) -> str:
        answer = gate.review(a_proposal(), a_desk(at=at, book_at=at, last_order=order))
        return answer.reason.value if isinstance(answer, Refused) else ""

    assert [asked(START, number) for number in range(4)] == ["", "", "", "order_rate"]
    assert asked(START + SECOND - 1, 4) == "order_rate"
    assert asked(START + SECOND, 5) == ""
    assert asked(START + SECOND, 6) == "order_rate"
    assert asked(START + 10 * SECOND, 7) == ""


def test_a_turn_that_was_not_used_is_given_back() -> None:
    limits = RiskLimits(symbol_orders_per_minute=60, symbol_order_burst=1)
    gate = RiskGate(limits)
    answer = gate.review(a_proposal(), a_desk())
    assert isinstance(answer, Approved)
    gate.withdraw(answer)
    gate.withdraw(answer)
    again = gate.review(a_proposal(), a_desk())
    assert isinstance(again, Approved)
    assert isinstance(gate.review(a_proposal(), a_desk(last_order=1)), Refused)


def test_a_pair_whose_second_leg_is_refused_gives_the_turn_of_its_first_back_once() -> None:
    gate = RiskGate(RiskLimits(symbol_orders_per_minute=60, symbol_order_burst=2))
    other = a_proposal(price=0)
    first = gate.review(a_proposal(alternative=other), a_desk())
    assert isinstance(first, Approved)
    assert isinstance(gate.review(other, a_desk()), Refused)
    gate.withdraw(first)
    said = [isinstance(gate.review(a_proposal(), a_desk(last_order=n)), Approved) for n in range(3)]
    assert said == [True, True, False]


def test_the_legs_of_a_pair_are_two_orders() -> None:
    gate = RiskGate(RiskLimits(max_open_orders=1))
    other = a_proposal(kind=OrderKind.LIMIT)
    assert isinstance(gate.review(a_proposal(alternative=other), a_desk()), Approved)
    answer = gate.review(other, a_desk())
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.TOO_MANY_OPEN_ORDERS


@pytest.mark.parametrize(
    ("asked", "found", "lots", "reserve"),
    [
        ({"quote_size": Decimal(50)}, {}, 49, "49.0294"),
        ({"quote_size": Decimal(50), "price": 10_000}, {}, 50, "50"),
        ({"quote_size": Decimal(500)}, {}, 100, "100.0600"),
        ({"quote_size": Decimal(50), "size": 10**9}, {"size_factor": 0.5}, 24, "24.0144"),
        ({"quote_size": Decimal("10.006"), "price": 10_300}, {}, 10, "10.006"),
    ],
)
def test_a_budget_is_judged_by_what_it_buys_and_not_by_the_size_it_is_wrapped_in(
    asked: dict[str, Any], found: dict[str, Any], lots: int, reserve: str
) -> None:
    class Paying(PlainSight):
        def reserve(self, value: Decimal) -> Decimal:
            return value

    answer = RiskGate(LIMITS).review(a_proposal(**asked), a_desk(sight=Paying(), **found))
    assert isinstance(answer, Approved)
    assert (answer.size, answer.reserve) == (lots, Decimal(reserve))


def test_a_budget_below_the_minimum_is_refused_whatever_size_it_names() -> None:
    budget = a_proposal(quote_size=Decimal(4), size=10_000)
    code, words = refused(budget, a_desk())
    assert code == "below_minimum"
    assert words.endswith("; least 0.02 and 5")


def test_a_restart_that_remembers_not_all_takes_the_rate_for_used_up() -> None:
    """More were sent than are remembered, and nobody knows how many in the last minute."""
    limits = RiskLimits(
        orders_per_minute=60, order_burst=200, symbol_orders_per_minute=6, symbol_order_burst=5
    )
    gate = RiskGate(limits)
    gate.recall([sent(at=Nanos(START - SECOND), symbol="ETHUSDC")] * 128)
    answer = gate.review(a_proposal(), a_desk())
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.ORDER_RATE
    assert answer.detail == "room for the next in 9000 ms", "of a pair that is not remembered"
    later = Nanos(START + 9 * SECOND)
    assert isinstance(gate.review(a_proposal(), a_desk(at=later, book_at=later)), Approved)


def test_a_restart_that_remembers_all_knows_what_is_left_of_the_rate() -> None:
    gate = RiskGate(RiskLimits(orders_per_minute=60, order_burst=128))
    gate.recall([sent(at=START, symbol=f"A{number}USDC") for number in range(127)])
    assert isinstance(gate.review(a_proposal(), a_desk()), Approved)


def test_a_restart_does_not_reset_a_rate() -> None:
    gate = RiskGate(RiskLimits(symbol_orders_per_minute=60, symbol_order_burst=3))
    gate.recall([sent(at=START)] * 3)
    answer = gate.review(a_proposal(price=10_005), a_desk())
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.ORDER_RATE


def test_a_soft_breaker_makes_entries_smaller_and_says_so() -> None:
    answer = RiskGate(LIMITS).review(ENTRY, a_desk(size_factor=0.5))
    assert answer == Approved(ENTRY, Lots(50), "soft_breaker", Decimal(101))


def test_asking_why_holds_nothing_and_names_every_no() -> None:
    gate = RiskGate(RiskLimits(max_open_orders=1))
    desk = a_desk(paused="lunch", spread_bps=9.0, position=Lots(1))
    found = [refused.reason.value for refused in gate.objections(ENTRY, desk)]
    assert found == ["desk_paused", "spread_too_wide", "position_open"]
    assert isinstance(gate.review(ENTRY, a_desk()), Approved)


CAPS: list[tuple[dict[str, Any], dict[str, Any], int, str]] = [
    ({"stop_risk_percent": 0.001}, {}, 47, "fixed_fraction"),
    ({"depth_percent": 25.0}, {"depth": 240.0}, 60, "depth"),
    ({"volatility_target_percent": 0.4}, {}, 79, "volatility"),
    ({"kelly_shrink": 0.5}, {"results": (0.02, -0.01) * 40, "equity": Decimal(500)}, 0, "kelly"),
]


@pytest.mark.parametrize(("caps", "seen", "lots", "name"), CAPS)
def test_the_smallest_cap_wins_and_is_named(
    caps: dict[str, Any], seen: dict[str, Any], lots: int, name: str
) -> None:
    gate = RiskGate(RiskLimits(sizing=SizeCaps(**caps)))
    answer = gate.review(ENTRY, a_desk(seen=seen))
    assert isinstance(answer, Approved)
    assert answer.bound_by == name
    assert answer.size == lots or (lots == 0 and 0 < answer.size < 100)


@pytest.mark.parametrize(
    ("caps", "seen", "code"),
    [
        ({"kelly_shrink": 0.5}, {"results": (0.02, -0.01) * 10}, "sized_to_nothing"),
        ({"volatility_target_percent": 10.0}, {"volatility": NAN}, "sized_to_nothing"),
        ({"stop_risk_percent": 1.0}, {"equity": None}, "equity_unknown"),
        ({"stop_risk_percent": 1.0}, {"equity": Decimal("NaN")}, "sized_to_nothing"),
        ({"depth_percent": 1.0}, {"depth": NAN}, "rule_failed"),
    ],
)
def test_a_cap_that_cannot_tell_is_a_no(
    caps: dict[str, Any], seen: dict[str, Any], code: str
) -> None:
    gate = RiskGate(RiskLimits(sizing=SizeCaps(**caps)))
    answer = gate.review(ENTRY, a_desk(seen=seen))
    assert isinstance(answer, Refused)
    assert answer.reason.value == code


def test_no_cap_ever_makes_an_entry_larger() -> None:
    gate = RiskGate(
        RiskLimits(sizing=SizeCaps(stop_risk_percent=100.0, volatility_target_percent=1_000.0))
    )
    assert gate.review(ENTRY, a_desk()) == WHOLE


@pytest.mark.parametrize(
    ("held", "limit", "refusal"),
    [
        (0, 100, None),
        (0, 99, "max_position"),
        (100, 200, None),
        (101, 200, "max_position"),
        (100, 0, "position_open"),
        (0, -1, "max_position"),
    ],
)
def test_a_purchase_adds_to_what_is_held_up_to_its_own_limit(
    held: int, limit: int, refusal: str | None
) -> None:
    adding = a_proposal(inventory_limit=Lots(limit))
    desk = a_desk(position=Lots(held), held=Lots(held), open_positions=5)
    if held == 0:
        desk = a_desk()
    answer = RiskGate(LIMITS).review(adding, desk)
    assert (answer.reason.value if isinstance(answer, Refused) else None) == refusal


def test_dust_counts_towards_the_limit_of_what_is_held() -> None:
    adding = a_proposal(inventory_limit=Lots(100))
    assert refused(adding, a_desk(held=Lots(1))) == (
        "max_position",
        "1 lots held and 100 more, at most 100",
    )
