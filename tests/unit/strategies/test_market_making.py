"""Both quotes, by hand: the middle is 100,000 ticks, where a basis point is ten ticks and a lot ten
USDC; a full entry is 100 lots, and three of them are the most."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.unit.strategies.sight import NAN, WrittenSight, a_strategy, a_view, an_instrument
from trading_agent.domain.decision import Proposal, Quotes
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.units import SECOND, Lots, Ticks
from trading_agent.strategies.strategy import Refresh, Strategy, StrategyView

PLAIN = {"half_spread_bps": 10.0, "spread_share": 0.0, "volatility_factor": 3.0, "skew": 1.0}
MAKER = a_strategy("market_making", **PLAIN)


def seen(
    volatility: float = 1.0, position: int = 0, bid: int = 99_990, ask: int = 100_010, **more: Any
) -> StrategyView:
    changes = {"bid": Ticks(bid), "ask": Ticks(ask), "closed": ""} | more
    execution = {"order_notional": 1_000.0}
    return a_view(WrittenSight(volatility=volatility), position, execution=execution, **changes)


def quoted(strategy: Strategy, view: StrategyView) -> Quotes:
    answer = strategy.propose(view)
    assert isinstance(answer, Quotes)
    return answer


def bid_of(strategy: Strategy, view: StrategyView) -> Proposal:
    """There must be one."""
    bid = quoted(strategy, view).bid
    assert bid is not None
    return bid


def ask_of(strategy: Strategy, view: StrategyView) -> Proposal:
    ask = quoted(strategy, view).ask
    assert ask is not None
    return ask


def prices(strategy: Strategy, view: StrategyView) -> tuple[int, int]:
    return bid_of(strategy, view).price, ask_of(strategy, view).price


def test_with_nothing_held_there_is_nothing_to_sell() -> None:
    quotes = quoted(MAKER, seen())
    assert quotes.ask is None
    bid = quotes.bid
    assert bid is not None
    assert (bid.side, bid.purpose, bid.kind) == (
        Side.BUY,
        OrderPurpose.ENTRY,
        OrderKind.LIMIT_MAKER,
    )
    assert (bid.price, bid.size, bid.inventory_limit) == (99_900, 100, 300)
    assert (bid.stop_bps, bid.hold_for) == (25.0, 900 * SECOND)
    assert "10.00 bps around" in bid.reason


def test_with_something_held_both_sides_are_quoted() -> None:
    view = seen(position=100)
    ask = ask_of(MAKER, view)
    assert (ask.side, ask.purpose, ask.kind) == (
        Side.SELL,
        OrderPurpose.EXIT,
        OrderKind.LIMIT_MAKER,
    )
    assert (ask.strategy, ask.size, ask.inventory_limit) == ("market_making", 100, 0)
    assert bid_of(MAKER, view).size == 100
    assert bid_of(MAKER, view).price < ask.price


@pytest.mark.parametrize(
    ("position", "bid", "ask"),
    [
        (100, 99_866, 100_067),
        (150, 99_850, 100_050),
        (200, 99_833, 100_034),
        (250, 99_816, 100_017),
    ],
)
def test_what_is_held_moves_both_quotes_down(position: int, bid: int, ask: int) -> None:
    """By a half-spread of ten basis points times the share held: a third, a half, and so on."""
    assert prices(MAKER, seen(position=position)) == (bid, ask)


def test_with_a_target_it_leans_up_until_so_much_is_held() -> None:
    strategy = a_strategy("market_making", **PLAIN, target_inventory=0.5)
    assert bid_of(strategy, seen()).price == 99_950
    assert prices(strategy, seen(position=150)) == (99_900, 100_100)


def test_without_skew_the_quotes_stay_around_the_middle() -> None:
    strategy = a_strategy("market_making", **(PLAIN | {"skew": 0.0}))
    assert prices(strategy, seen(position=200)) == (99_900, 100_100)


@pytest.mark.parametrize(("position", "size"), [(0, 100), (150, 100), (220, 80), (299, 1)])
def test_no_more_is_bought_than_there_is_room_for(position: int, size: int) -> None:
    assert bid_of(MAKER, seen(position=position)).size == size


@pytest.mark.parametrize("position", [300, 301, 5_000])
def test_with_the_most_held_nothing_is_bought_and_the_sale_comes_to_the_middle(
    position: int,
) -> None:
    quotes = quoted(MAKER, seen(position=position))
    assert quotes.bid is None
    assert quotes.ask is not None
    assert (quotes.ask.price, quotes.ask.size) == (100_000, position)


def test_what_is_too_small_for_the_exchange_is_not_quoted() -> None:
    picky = replace(an_instrument(), min_notional=Decimal(100))
    assert quoted(MAKER, seen(position=291, instrument=picky)).bid is None
    assert bid_of(MAKER, seen(position=289, instrument=picky)).size == 11


def test_dust_counts_as_held_and_cannot_be_sold() -> None:
    quotes = quoted(MAKER, seen(held=Lots(250)))
    assert quotes.ask is None
    assert quotes.bid is not None
    assert quotes.bid.size == 50


@pytest.mark.parametrize(
    ("volatility", "price"), [(0.0, 99_900), (3.33, 99_900), (4.0, 99_880), (10.0, 99_700)]
)
def test_it_stands_farther_off_where_the_market_moves_more(volatility: float, price: int) -> None:
    assert bid_of(MAKER, seen(volatility)).price == price


def test_it_stands_no_closer_than_its_share_of_the_spread() -> None:
    wide = seen(bid=99_000, ask=101_000)
    assert (
        bid_of(a_strategy("market_making", **(PLAIN | {"spread_share": 1.0})), wide).price == 99_000
    )
    assert (
        bid_of(a_strategy("market_making", **(PLAIN | {"spread_share": 0.5})), wide).price == 99_500
    )


def test_it_stands_no_closer_than_its_fee() -> None:
    dear = replace(an_instrument(), maker_fee=Decimal("0.002"))
    assert bid_of(MAKER, seen(instrument=dear)).price == 99_800
    unstated = replace(an_instrument(), maker_fee=None)
    assert bid_of(MAKER, seen(instrument=unstated)).price == 99_900


def test_it_never_quotes_into_the_other_side_or_its_own() -> None:
    none = {"half_spread_bps": 0.0, "spread_share": 0.0, "volatility_factor": 0.0}
    inside = a_strategy("market_making", **none)
    assert prices(inside, seen(bid=99_999, ask=100_000, position=100)) == (99_999, 100_000)
    assert prices(inside, seen(bid=99_990, ask=100_010, position=100)) == (100_000, 100_001)
    eager = a_strategy("market_making", **PLAIN | {"skew": 10.0}, target_inventory=1.0)
    assert bid_of(eager, seen(bid=99_990, ask=100_010)).price == 100_009
    urgent = a_strategy("market_making", **PLAIN | {"skew": 10.0})
    assert ask_of(urgent, seen(bid=99_990, ask=100_010, position=290)).price == 99_991


def test_it_does_not_buy_at_nothing() -> None:
    far = a_strategy("market_making", half_spread_bps=1_000.0, volatility_factor=100.0)
    assert quoted(far, seen(volatility=200.0)) == Quotes()


@pytest.mark.parametrize("position", [0, 100])
def test_what_is_not_known_is_silence(position: int) -> None:
    assert quoted(MAKER, seen(volatility=NAN, position=position)) == Quotes()
    assert quoted(MAKER, seen(position=position, ask=99_900)) == Quotes()


def test_the_size_is_the_strategys_share_whatever_the_spread() -> None:
    half = seen(allocation=0.5, spread_bps=11.0)
    assert (bid_of(MAKER, half).size, bid_of(MAKER, half).inventory_limit) == (50, 150)


def test_it_says_when_it_wants_to_be_asked() -> None:
    strategy = a_strategy("market_making", refresh_seconds=2.5, refresh_bps=0.5)
    assert strategy.requires.refresh == Refresh(seconds=2.5, move_bps=0.5)
    assert not strategy.requires.timeframe
