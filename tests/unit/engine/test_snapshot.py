from decimal import Decimal
from typing import Any

from tests.builders import a_plan, a_quote_message, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.order import OrderKind, OrderState, Side
from trading_agent.domain.snapshot import DeskSnapshot, SymbolView
from trading_agent.domain.units import SECOND

FREE = an_instrument(taker_fee=Decimal(0))


def a_story(**execution: Any) -> Story:
    plan = a_plan(**({"order_notional": 100.0} | execution))
    story = Story(engine_settings(plan=plan), [FREE])
    story.warm_up()
    return story


def shown(story: Story) -> DeskSnapshot:
    return story.core.snapshot(story.at)


def symbol(story: Story) -> SymbolView:
    (view,) = shown(story).symbols
    return view


def test_a_fresh_desk_shows_its_deposit_and_no_market() -> None:
    story = Story()
    desk = shown(story)
    assert (desk.equity, desk.quote, desk.trading) == (10_000, "USDC", True)
    assert (desk.positions, desk.open_orders, desk.refusals) == ((), (), {})
    view = symbol(story)
    assert (view.book_ready, view.bid, view.ask, view.microprice) == (False, None, None, None)
    assert (view.last_signal, view.last_signal_at) == (None, 0)
    assert view.obstacles == ("book not ready (never ready)",)


def test_the_identity_of_the_run_is_shown() -> None:
    desk = shown(Story())
    assert (desk.venue, desk.source, desk.simulated) == ("embedded", "synthetic", True)


def test_a_market_is_shown_in_its_quote_asset() -> None:
    story = a_story()
    view = symbol(story)
    assert (view.bid, view.ask) == (Decimal("100.00"), Decimal("100.01"))
    assert view.microprice is not None
    assert view.bid < view.microprice < view.ask
    assert 0.99 < view.spread_bps < 1.01
    assert view.book_at == story.at
    assert view.session == "OFF_HOURS"


def test_a_position_is_shown_with_its_protection() -> None:
    story = a_story(take_profit_bps=20.0, stop_bps=10.0, hold_seconds=60)
    story.buy_signal()
    story.wait(20)
    desk = shown(story)
    (position,) = desk.positions
    assert (position.size, position.mark_price) == (Decimal("0.99"), Decimal("100.00"))
    assert position.unrealised_profit == Decimal("99.00") - Decimal("99.0148")
    assert desk.equity == 10_000 + position.unrealised_profit
    assert position.average_price * position.size == Decimal("99.0148")
    armed = story.core.account.exits["BTCUSDC"]
    assert position.take_profit == FREE.price(armed.take_profit)
    assert position.stop == FREE.price(armed.stop)
    assert position.deadline == armed.deadline


def test_no_target_and_no_stop_are_shown_as_none() -> None:
    story = a_story(take_profit_bps=0.0, stop_bps=0.0, hold_seconds=0)
    story.buy_signal()
    story.wait(20)
    (position,) = shown(story).positions
    assert (position.take_profit, position.stop, position.deadline) == (None, None, 0)


def test_an_open_order_is_shown_with_what_it_locks() -> None:
    story = a_story(order_kind="LIMIT_MAKER", resting_seconds=60)
    story.buy_signal()
    (order,) = shown(story).open_orders
    assert (order.state, order.kind, order.side) == (
        OrderState.IN_FLIGHT,
        OrderKind.LIMIT_MAKER,
        Side.BUY,
    )
    story.wait(20)
    story.trades((Side.SELL, 10_000, 60))
    (order,) = shown(story).open_orders
    assert (order.state, order.size, order.filled) == (
        OrderState.RESTING,
        Decimal("1.00"),
        Decimal("0.10"),
    )
    usdc = next(balance for balance in shown(story).balances if balance.asset == "USDC")
    assert (usdc.free, usdc.locked) == (Decimal(9_900), Decimal(90))


def test_the_last_signal_and_its_count_are_shown() -> None:
    story = a_story()
    story.buy_signal()
    view = symbol(story)
    assert (view.last_signal, view.last_signal_at) == (Side.BUY, story.at)
    assert 0 < view.last_signal_strength <= 1
    assert view.signals == {"OFF_HOURS": 1}
    story.wait(2_000)
    story.sell_signal()
    assert symbol(story).last_signal is Side.SELL
    assert symbol(story).signals == {"OFF_HOURS": 2}


def test_the_exchanges_quotes_are_counted_against_the_book() -> None:
    story = a_story()
    story.feed(a_quote_message((10_000, 5), (10_001, 5), version=story.versions[0]))
    story.depth(bids=[(9_000, 1)])
    assert (symbol(story).top_checked, symbol(story).top_equal) == (1, 1)


def test_obstacles_name_everything_between_a_symbol_and_an_entry() -> None:
    story = a_story(max_open_positions=1)
    assert symbol(story).obstacles == ("imbalance +0.00 within ±0.2",)
    story.buy_signal()
    story.wait(20)
    words = symbol(story).obstacles
    assert words[:2] == (
        "a position is open",
        "max open positions: 1 open or under way, at most 1",
    )
    assert any(word.startswith("cooling down for 1.0 s") for word in words)
    story.at += 3 * SECOND
    assert "book is 3020 ms old" in symbol(story).obstacles


def test_a_mark_of_a_book_lost_a_moment_ago_is_kept() -> None:
    story = a_story()
    story.buy_signal()
    story.wait(20)
    before = shown(story).equity
    story.lose()
    assert shown(story).equity == before


def test_a_position_without_a_bid_is_worth_its_cost() -> None:
    story = a_story(take_profit_bps=0.0, stop_bps=0.0)
    story.buy_signal()
    story.wait(20)
    story.depth(bids=[(10_000, 0), (9_999, 0)])
    (position,) = shown(story).positions
    assert (position.mark_price, position.unrealised_profit) == (None, 0)
    assert shown(story).equity == 10_000
