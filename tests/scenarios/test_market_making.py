"""Two quotes around the market inside the whole engine: what stands, moves, fills, and is left.

A basis point is ten ticks and a lot ten USDC; a full entry is 100 lots, and three are the most.
"""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_plan, an_instrument, an_opening, engine_settings, joined
from tests.own_strategies import an_own_strategy
from tests.random_market import CALM, PAIRS, RandomMarket
from tests.story import Story
from trading_agent.domain.commands import (
    CancelEntries,
    ClosePosition,
    Kill,
    Origin,
    PauseEntries,
    StartTrading,
    SwitchStrategy,
)
from trading_agent.domain.facts import (
    CommandRefused,
    ExitReason,
    ExitsArmed,
    ExitTriggered,
    Fact,
    PositionClosed,
    ProposalRefused,
    StrategyFailed,
)
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import Closing, MarketRows, Stamped
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.order_facts import (
    EndReason,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
)
from trading_agent.domain.units import Lots, Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.strategies.entries import Barriers, enter
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Refresh, Requirements, StrategyView

FREE = an_instrument(taker_fee=Decimal(0))
BUY, SELL = Side.BUY, Side.SELL
PLAIN = {
    "half_spread_bps": 10.0,
    "spread_share": 0.0,
    "volatility_factor": 0.0,
    "stop_bps": 0.0,
    "hold_seconds": 0.0,
}
PERSON = Origin.PERSON


class Market(Story):
    """A maker in a market of 99,990 to 100,010 whose middle can be moved."""

    def __init__(self, parameters: dict[str, float] | None = None, **changes: Any) -> None:
        if "settings" not in changes:
            maker = ActiveStrategy(name="market_making", parameters=PLAIN | (parameters or {}))
            changes["settings"] = engine_settings(
                plan=a_plan(order_notional=1_000.0, resting_seconds=3_600),
                strategies=StrategySettings(active=(maker, *changes.pop("beside", ()))),
            )
        super().__init__(**{"instruments": [FREE], **changes})
        self.middle = 100_000
        self.turn = 0

    def begin(self) -> "Market":
        """Until the volatility of a second is known, and both orders may stand."""
        self.shown()
        for _ in range(8):
            self.pass_by(1_000)
        self.pass_by(20)
        return self

    def shown(self) -> None:
        self.snapshot([(self.middle - 10, 500)], [(self.middle + 10, 500)])

    def pass_by(self, milliseconds: float) -> None:
        """Time, and then a message that changes nothing of the top."""
        self.wait(milliseconds)
        self.turn += 1
        self.depth(bids=[(self.middle - 1_000, 50 + self.turn % 2)])

    def move(self, middle: int) -> None:
        self.middle = middle
        self.shown()

    def quotes(self) -> dict[Side, tuple[int, int]]:
        """What stands, or travels: price and what is left, by side; never two of one side."""
        found: dict[Side, tuple[int, int]] = {}
        for working in self.core.account.orders.all():
            if working.sent.kind is OrderKind.LIMIT_MAKER:
                assert working.sent.side not in found
                found[working.sent.side] = working.sent.price, working.leaves
        return found

    def sold_to_us(self, lots: int) -> None:
        """A tick through the bid: no queue before it is left."""
        self.trades((SELL, self.quotes()[BUY][0] - 1, lots))

    def bought_from_us(self, lots: int) -> None:
        self.trades((BUY, self.quotes()[SELL][0] + 1, lots))

    def settle(self) -> None:
        """Long enough for a cancel, its answer and what replaces it."""
        for _ in range(4):
            self.pass_by(15)


def test_a_bid_stands_first_and_with_something_held_both_sides_do() -> None:
    market = Market().begin()
    assert market.quotes() == {BUY: (99_900, 100)}
    market.sold_to_us(100)
    market.settle()
    # A third of the most is held: both have come down by a third of the half-spread.
    assert market.quotes() == {BUY: (99_866, 100), SELL: (100_067, 100)}
    assert market.of(OrderRejected) == market.of(ProposalRefused) == []


def test_nothing_is_sent_while_everything_is_as_wished() -> None:
    market = Market().begin()
    for _ in range(30):
        market.pass_by(1_000)
    assert len(market.of(OrderSent)) == 1
    market.depth(bids=[(99_991, 5)])
    market.settle()
    assert len(market.of(OrderSent)) == 1, "half a tick is no move"


def test_a_move_of_the_middle_replaces_both_at_once() -> None:
    market = Market().begin()
    market.sold_to_us(100)
    market.settle()
    before = market.of(OrderSent)
    market.move(100_030)
    market.settle()
    assert market.quotes() == {BUY: (99_896, 100), SELL: (100_097, 100)}
    after = market.of(OrderSent)[len(before) :]
    assert [order.side for order in after] == [BUY, SELL]
    ended = {fact.order: fact for fact in market.of(OrderCanceled)}
    for old, new in zip(before[-2:], after, strict=True):
        assert ended[old.order].reason is EndReason.BY_REQUEST
        assert ended[old.order].at <= new.at, "the new one waits for the end of the old one"


def test_a_small_move_waits_for_the_refresh() -> None:
    market = Market({"refresh_bps": 50.0, "refresh_seconds": 3.0}).begin()
    market.move(100_100)
    market.settle()
    assert market.quotes() == {BUY: (99_900, 100)}
    for _ in range(3):
        market.pass_by(1_000)
    market.settle()
    assert market.quotes() == {BUY: (99_999, 100)}


def test_a_part_that_was_filled_is_replaced_by_a_whole_one() -> None:
    market = Market().begin()
    market.sold_to_us(40)
    assert market.position() == 40
    market.settle()
    quotes = market.quotes()
    assert quotes[BUY][1] == 100
    assert quotes[SELL][1] == 40
    market.bought_from_us(15)
    market.settle()
    assert (market.position(), market.quotes()[SELL][1]) == (25, 25)


def test_a_price_that_stays_is_no_reason_to_leave_a_part_standing() -> None:
    market = Market({"skew": 0.0}).begin()
    market.sold_to_us(40)
    market.settle()
    assert market.quotes() == {BUY: (99_900, 100), SELL: (100_100, 40)}


def test_one_position_is_enough_for_a_desk_that_may_hold_one() -> None:
    plan = a_plan(order_notional=1_000.0, resting_seconds=3_600, max_open_positions=1)
    maker = ActiveStrategy(name="market_making", parameters=PLAIN)
    strategies = StrategySettings(active=(maker,))
    market = Market(settings=engine_settings(plan=plan, strategies=strategies)).begin()
    market.sold_to_us(100)
    market.settle()
    assert set(market.quotes()) == {BUY, SELL}
    assert market.of(ProposalRefused) == []


def test_a_bid_waits_until_the_old_ask_is_out_of_its_way() -> None:
    market = Market().begin()
    market.sold_to_us(100)
    market.settle()
    market.tell(CancelEntries(origin=PERSON, symbol="BTCUSDC"))
    market.wait(15)
    assert market.quotes() == {SELL: (100_067, 100)}
    market.depth(asks=[(100_010, 0), (100_450, 500)])
    # The middle is 100,220 now, and a bid below it would meet the ask that is being called back.
    assert market.quotes() == {SELL: (100_067, 100)}
    market.settle()
    quotes = market.quotes()
    assert 100_067 < quotes[BUY][0] < quotes[SELL][0]
    assert market.of(OrderRejected) == []


def test_never_more_is_held_than_the_most_however_much_is_sold_to_it() -> None:
    market = Market().begin()
    for lots in (30, 10_000, 45, 10_000, 10_000, 10_000):
        if BUY in market.quotes():
            market.sold_to_us(lots)
        assert market.position() <= 300
        market.settle()
    assert market.position() == 300
    assert BUY not in market.quotes()
    assert market.quotes()[SELL][1] == market.position()
    reasons = {fact.reason for fact in market.of(ProposalRefused)}
    assert reasons == set(), "what there is no room for is not proposed"


def test_what_is_sold_out_leaves_a_bid_and_a_closed_position() -> None:
    market = Market().begin()
    market.sold_to_us(100)
    market.settle()
    market.bought_from_us(100)
    market.settle()
    (closed,) = market.of(PositionClosed)
    assert (closed.strategy, closed.profit > 0) == ("market_making", True)
    assert market.quotes() == {BUY: (99_900, 100)}


def test_cancels_leave_nothing_behind() -> None:
    market = Market().begin()
    market.sold_to_us(100)
    market.settle()
    market.tell(SwitchStrategy(origin=PERSON, strategy="market_making", on=False))
    for _ in range(7):
        market.pass_by(1_000)
    account = market.core.account
    assert market.quotes() == {}
    assert len(account.orders) == 0
    assert account.ledger.locked("USDC") == account.ledger.locked("BTC") == 0
    market.tell(SwitchStrategy(origin=PERSON, strategy="market_making", on=True))
    for _ in range(7):
        market.pass_by(1_000)
    assert set(market.quotes()) == {BUY, SELL}


def test_quotes_that_would_take_are_rejected_and_quoted_anew() -> None:
    market = Market().begin()
    market.move(100_100)
    market.pass_by(15)
    # The new bid is on its way to 100,000 while the market falls below it.
    market.wait(2)
    assert market.quotes() == {BUY: (99_999, 100)}
    market.move(99_900)
    market.settle()
    assert [fact.reason for fact in market.of(OrderRejected)] == [EndReason.WOULD_TAKE]
    assert market.position() == 0
    assert market.quotes() == {BUY: (99_800, 100)}
    assert all(fact.liquidity == "maker" for fact in market.of(OrderFilled))


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [({"stop_bps": 30.0}, ExitReason.STOP), ({"hold_seconds": 20.0}, ExitReason.TIME)],
)
def test_stop_and_time_end_the_position_and_the_quotes_make_way(
    parameters: dict[str, float], reason: ExitReason
) -> None:
    market = Market(parameters).begin()
    market.sold_to_us(100)
    market.settle()
    assert set(market.quotes()) == {BUY, SELL}
    if reason is ExitReason.STOP:
        market.move(99_500)
    else:
        market.wait(20_000)
    market.pass_by(1)
    for _ in range(10):
        market.pass_by(5)
        if market.position():
            assert not [o for o in market.of(OrderSent) if o.at == market.at and o.side is BUY]
    market.settle()
    assert market.position() == 0
    assert {fact.reason for fact in market.of(ExitTriggered)} == {reason}
    (closed,) = market.of(PositionClosed)
    assert closed.strategy == "market_making"
    for _ in range(6):
        market.pass_by(1_000)
    assert set(market.quotes()) == {BUY}, "and it goes on"


def test_a_stop_follows_what_is_bought_beside_a_standing_sale() -> None:
    market = Market({"stop_bps": 30.0, "max_inventory": 2.0}).begin()
    market.sold_to_us(100)
    market.settle()
    first = market.of(ExitsArmed)[-1].stop
    assert SELL in market.quotes()
    market.sold_to_us(100)
    second = market.of(ExitsArmed)[-1].stop
    assert second < first
    market.settle()
    market.move(first + 5)
    market.settle()
    assert market.of(ExitTriggered) == [], "the stop of before is not watched any more"
    assert market.position() == 200
    market.move(second + 5)
    market.settle()
    market.settle()
    assert [fact.reason for fact in market.of(ExitTriggered)] == [ExitReason.STOP]
    assert market.position() == 0


def test_a_person_closes_the_position_though_a_sale_stands() -> None:
    market = Market().begin()
    market.sold_to_us(100)
    market.settle()
    assert set(market.quotes()) == {BUY, SELL}
    market.tell(ClosePosition(origin=PERSON, symbol="BTCUSDC"))
    assert market.of(CommandRefused) == []
    market.tell(ClosePosition(origin=PERSON, symbol="BTCUSDC"))
    assert [fact.why for fact in market.of(CommandRefused)] == ["BTCUSDC is being sold already"]
    market.settle()
    assert market.position() == 0
    assert len(market.of(PositionClosed)) == 1


def test_a_paused_desk_still_offers_what_it_holds_and_buys_nothing() -> None:
    market = Market().begin()
    market.sold_to_us(100)
    market.settle()
    market.tell(PauseEntries(origin=PERSON, why="lunch"))
    for _ in range(12):
        market.pass_by(1_000)
    assert set(market.quotes()) == {SELL}
    assert market.of(ProposalRefused) == []
    market.tell(StartTrading(origin=PERSON))
    for _ in range(6):
        market.pass_by(1_000)
    assert set(market.quotes()) == {BUY, SELL}


def test_a_killed_desk_quotes_nothing() -> None:
    market = Market().begin()
    market.sold_to_us(100)
    market.settle()
    market.tell(Kill(origin=PERSON, why="enough"))
    for _ in range(7):
        market.pass_by(1_000)
    assert len(market.core.account.orders) == 0
    assert market.of(ProposalRefused) == []


def test_what_a_person_calls_back_is_quoted_anew() -> None:
    market = Market().begin()
    market.tell(CancelEntries(origin=PERSON, symbol="BTCUSDC"))
    market.settle()
    assert market.quotes() == {BUY: (99_900, 100)}
    assert len(market.of(OrderSent)) == 2


def test_a_lost_book_is_left_and_quoted_again_when_it_is_back() -> None:
    market = Market().begin()
    market.sold_to_us(100)
    market.settle()
    market.lose()
    market.wait(1_000)
    assert market.quotes() == {}
    market.shown()
    for _ in range(8):
        market.pass_by(1_000)
    assert set(market.quotes()) == {BUY, SELL}


def test_after_a_restart_nothing_of_before_stands_and_it_quotes_again() -> None:
    market = Market().begin()
    market.sold_to_us(40)
    market.settle()
    assert set(market.quotes()) == {BUY, SELL}
    again = Market(
        settings=market.settings,
        history=[*market.history, *market.facts],
        at=market.at + 1_000_000_000,
    )
    assert again.quotes() == {}
    assert {fact.reason for fact in again.of(OrderCanceled)} == {EndReason.RESTART}
    again.begin()
    again.settle()
    assert again.position() == 40
    assert again.quotes()[SELL][1] == 40
    assert again.quotes()[BUY][1] == 100


def test_the_same_market_gives_the_same_facts() -> None:
    def told() -> list[object]:
        market = Market({"stop_bps": 30.0}).begin()
        for step in range(60):
            market.move(market.middle + (37 * step) % 101 - 50)
            market.settle()
            if step % 3 == 0 and BUY in market.quotes():
                market.sold_to_us(30)
            if step % 4 == 0 and SELL in market.quotes():
                market.bought_from_us(20)
            market.pass_by(300)
        return [*market.facts, *market.close()]

    facts = told()
    assert facts == told()
    assert len([fact for fact in facts if isinstance(fact, OrderFilled)]) > 10


def test_however_the_rows_are_handed_over_the_quotes_are_the_same() -> None:
    maker = ActiveStrategy(name="market_making", parameters=PLAIN | {"half_spread_bps": 0.0})
    settings = engine_settings(strategies=StrategySettings(active=(maker,)))
    messages = RandomMarket(3, CALM).messages(6_000)

    def told(pieces: list[Rows], *, batch: bool) -> list[Fact]:
        core = assemble(settings, an_opening(*PAIRS), batch=batch)
        facts = list(core.open())
        for number, rows in enumerate(pieces, 1):
            facts += core.step(Stamped(number, Nanos(int(rows["at"][0])), MarketRows(rows)))
        return [*facts, *core.step(Stamped(len(pieces) + 1, Nanos(core_end), Closing()))]

    core_end = int(messages[-1]["at"][0])
    whole = told([joined(messages)], batch=True)
    assert whole == told(messages, batch=False)
    assert len([fact for fact in whole if isinstance(fact, OrderFilled)]) > 20


def test_what_another_strategy_holds_is_not_quoted() -> None:
    def answer(view: StrategyView) -> object:
        return None if view.position else enter(view, "other", Barriers(0.0, 0.0, 0), "buys")

    other = an_own_strategy("other", answer, Requirements(timeframe="1s"))
    market = Market(beside=(ActiveStrategy(name="other"),), own=[other])
    market.shown()
    for _ in range(2):
        market.wait(1_000)
        market.trades((BUY, 100_010, 1))
    market.wait(50)
    assert market.position() > 0
    for _ in range(12):
        market.pass_by(1_000)
    assert market.quotes() == {}
    assert {order.strategy for order in market.of(OrderSent)} == {"other"}


@pytest.mark.parametrize("answer", ["a proposal", "a sale beyond the book", "nothing of it"])
def test_a_strategy_of_ones_own_may_quote_and_is_looked_at(answer: str) -> None:
    def proposes(view: StrategyView) -> object:
        entry = enter(view, "own", Barriers(0.0, 0.0, 0), "buys")
        return entry if answer == "a proposal" else answer

    own = an_own_strategy("own", proposes, Requirements(refresh=Refresh(1.0, 1.0)))
    settings = engine_settings(strategies=StrategySettings(active=(ActiveStrategy(name="own"),)))
    market = Market(settings=settings, own=[own])
    market.shown()
    market.pass_by(10)
    (failed,) = market.of(StrategyFailed)
    assert failed.strategy == "own"
    assert "propose gave" in failed.why
    assert market.of(OrderSent) == []


def test_an_order_that_stands_is_accepted_before_it_is_replaced() -> None:
    """A market that moves with every message: what stands is always one a side, and every one
    ends."""
    market = Market({"refresh_bps": 0.0}).begin()
    for step in range(80):
        market.move(100_000 + (step % 9) * 10)
        assert len(market.quotes()) <= 2
        market.wait(3)
    market.settle()
    sent, ended = market.of(OrderSent), market.of(OrderCanceled)
    assert len(sent) > 5
    assert len(sent) - len(ended) == len(market.quotes())
    assert len(market.of(OrderAccepted)) >= len(ended)
    assert market.core.account.positions.size("BTCUSDC") == Lots(0)
