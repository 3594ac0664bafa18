"""A strategy that breaks is silent from then on: said once, and the desk trades on."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import a_plan, an_instrument, engine_settings
from tests.own_strategies import an_own_strategy
from tests.story import Story
from trading_agent.domain.decision import Proposal, RefusalReason
from trading_agent.domain.facts import (
    ExitReason,
    ExitTriggered,
    PositionClosed,
    ProposalRefused,
    StrategyFailed,
)
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import DAY, Nanos
from trading_agent.strategies.entries import Barriers, enter, leave
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Requirements, Strategy, StrategyView

FREE = an_instrument(taker_fee=Decimal(0))
PAIRS = (FREE, an_instrument("ETHUSDC", taker_fee=Decimal(0)))
BARRIERS = Barriers(0.0, 50.0, Nanos(0))


class Asked:
    """Buys when flat, unless it does what `instead` says; remembers how often it was asked."""

    def __init__(self, name: str, instead: Callable[[StrategyView, Proposal], Any]) -> None:
        self.name = name
        self.times = 0
        self._instead = instead

    def __call__(self, view: StrategyView) -> Any:
        self.times += 1
        return self._instead(view, enter(view, self.name, BARRIERS, "why not"))


def breaks(_: StrategyView, __: Proposal) -> Any:
    raise ZeroDivisionError("division by zero")


def buys(view: StrategyView, entry: Proposal) -> Any:
    return None if view.position else entry


def breaks_once_it_holds(view: StrategyView, entry: Proposal) -> Any:
    return entry.price / 0 if view.position else entry


def a_story(*own: type[Strategy], pairs: int = 1, **active: dict[str, Any]) -> Story:
    """Own strategies by the order of their names; `active`: more of the settings of one."""
    chosen = tuple(ActiveStrategy(name=each.name, **active.get(each.name, {})) for each in own)
    settings = engine_settings(
        plan=a_plan(order_notional=100.0), strategies=StrategySettings(active=chosen)
    )
    story = Story(settings, PAIRS[:pairs], own=own)
    for symbol in range(pairs):
        story.warm_up(symbol=symbol)
    return story


def obstacles(story: Story, symbol: int = 0) -> list[str]:
    return list(story.core.snapshot(Nanos(story.at)).symbols[symbol].obstacles)


def signal(story: Story, symbol: int = 0) -> None:
    """And what it leads to; calm again."""
    story.buy_signal(symbol)
    story.wait(1_500)
    story.depth(bids=[(9_999, 51)], symbol=symbol)


def test_it_is_told_once_and_not_asked_again() -> None:
    broken = Asked("broken", breaks)
    story = a_story(an_own_strategy("broken", broken))
    story.buy_signal()
    (failed,) = story.of(StrategyFailed)
    assert failed == StrategyFailed(
        at=Nanos(story.at),
        symbol="BTCUSDC",
        strategy="broken",
        why="ZeroDivisionError: division by zero",
    )
    times = broken.times
    story.wait(1_500)
    for _ in range(3):
        signal(story)
    assert broken.times == times
    assert story.of(StrategyFailed) == [failed]
    assert story.of(OrderSent) == story.of(ProposalRefused) == []


def test_what_it_said_is_none_when_nobody_can_use_it() -> None:
    def mistaken(_: StrategyView, entry: Proposal) -> Any:
        return replace(entry, price=float(entry.price))

    story = a_story(an_own_strategy("mistaken", Asked("mistaken", mistaken)))
    signal(story)
    assert [fact.why for fact in story.of(StrategyFailed)] == ["price is 10006.0, not int"]
    assert story.of(OrderSent) == []


def test_the_board_says_who_is_not_asked_any_more_and_why() -> None:
    story = a_story(
        an_own_strategy("broken", Asked("broken", breaks)),
        an_own_strategy("sound", Asked("sound", buys)),
        pairs=2,
        broken={"symbols": ("BTCUSDC",)},
    )
    words = "broken is not asked any more: ZeroDivisionError: division by zero"
    assert words not in obstacles(story)
    signal(story)
    assert words in obstacles(story, 0)
    assert words not in obstacles(story, 1), "it does not trade this one"


def test_the_others_trade_on_at_the_same_signal_and_after_it() -> None:
    story = a_story(
        an_own_strategy("broken", Asked("broken", breaks)),
        an_own_strategy("sound", Asked("sound", buys)),
        pairs=2,
    )
    signal(story, 0)
    signal(story, 1)
    assert len(story.of(StrategyFailed)) == 1
    assert [(sent.strategy, sent.symbol) for sent in story.of(OrderSent)] == [
        ("sound", "BTCUSDC"),
        ("sound", "ETHUSDC"),
    ]
    assert story.position() > 0
    assert story.position("ETHUSDC") > 0


def test_one_that_breaks_over_one_symbol_is_silent_over_all() -> None:
    def dislikes_ether(view: StrategyView, entry: Proposal) -> Any:
        return entry.price / 0 if view.instrument.symbol == "ETHUSDC" else entry

    story = a_story(an_own_strategy("picky", Asked("picky", dislikes_ether)), pairs=2)
    signal(story, 1)
    signal(story, 0)
    assert [fact.symbol for fact in story.of(StrategyFailed)] == ["ETHUSDC"]
    assert story.of(OrderSent) == []


def test_what_it_holds_stays_protected() -> None:
    story = a_story(an_own_strategy("broken", Asked("broken", breaks_once_it_holds)))
    signal(story)
    held = story.position()
    assert held > 0
    signal(story)
    (failed,) = story.of(StrategyFailed)
    assert failed.why.startswith("ZeroDivisionError")
    assert story.position() == held
    story.depth(bids=[(10_000, 0), (9_999, 0), (9_900, 500)])
    story.wait(50)
    assert [fact.reason for fact in story.of(ExitTriggered)] == [ExitReason.STOP]
    (closed,) = story.of(PositionClosed)
    assert (closed.strategy, story.position()) == ("broken", 0)


def test_one_that_breaks_at_the_close_of_a_candle_is_silent_too() -> None:
    broken = Asked("broken", breaks)
    story = a_story(an_own_strategy("broken", broken, Requirements(timeframe="1s")))
    for _ in range(4):
        story.trades((Side.BUY, 10_001, 1))
        story.wait(1_000)
    assert len(story.of(StrategyFailed)) == broken.times == 1
    assert obstacles(story)[-2:] == [
        "broken is not asked any more: ZeroDivisionError: division by zero",
        "strategies are asked at the close of 1s",
    ]


def test_a_restart_asks_it_again() -> None:
    broken = Asked("broken", breaks)
    story = a_story(an_own_strategy("broken", broken))
    signal(story)
    again = story.restarted()
    again.warm_up()
    again.buy_signal()
    assert len(again.of(StrategyFailed)) == 1
    assert len(again.history) > 0


def test_looking_at_the_board_tells_nothing() -> None:
    """People ask why; a strategy that breaks over that question breaks when it matters."""
    broken = Asked("broken", breaks)
    story = a_story(an_own_strategy("broken", broken))
    obstacles(story)
    assert broken.times > 0
    assert story.of(StrategyFailed) == []
    assert not any("not asked any more" in words for words in obstacles(story))


def test_it_leaves_by_its_own_word_as_the_documents_show() -> None:
    def in_and_out(view: StrategyView, entry: Proposal) -> Any:
        return leave(view, "enough") if view.position else entry

    story = a_story(an_own_strategy("mine", Asked("mine", in_and_out)))
    signal(story)
    assert story.position() > 0
    signal(story)
    assert story.of(StrategyFailed) == []
    assert [fact.reason for fact in story.of(ExitTriggered)] == [ExitReason.SIGNAL]
    assert story.position() == 0


HUGE = 10**30
PLAINLY_WRONG: list[dict[str, Any]] = [
    *({"price": price} for price in (0, -1, 1 << 62, HUGE)),
    *({"size": size} for size in (0, -1, 1 << 62, HUGE)),
    *({"hold_for": nanos} for nanos in (-1, 4_000 * DAY, (1 << 63) - 1, 1 << 63, HUGE)),
    *({"take_profit_bps": bps} for bps in (-1, float("nan"), float("inf"), 1e308, 10**400)),
    *({"stop_bps": bps} for bps in (-1.0, float("nan"), 1e308)),
    *({"trigger": ticks} for ticks in (-1, 5, HUGE)),
    *({"trail_bps": bps} for bps in (-1.0, 1.0, float("nan"))),
    *({"quote_size": quote} for quote in (Decimal("NaN"), Decimal(-1), Decimal("Infinity"))),
    *({"kind": OrderKind.STOP, "trigger": ticks} for ticks in (0, -1, 1 << 62, HUGE)),
    *(
        {"kind": OrderKind.TRAILING_STOP, "trigger": ticks, "trail_bps": bps}
        for ticks, bps in ((10_010, 1e308), (10_010, float("nan")), (1 << 53, 1e7), (HUGE, 5.0))
    ),
]


@pytest.mark.parametrize("changes", PLAINLY_WRONG, ids=repr)
@pytest.mark.parametrize("purpose", [OrderPurpose.ENTRY, OrderPurpose.EXIT])
def test_numbers_without_sense_are_refused_by_risk_and_break_nothing(
    changes: dict[str, Any], purpose: OrderPurpose
) -> None:
    """Of an entry when flat, or of an exit while something is held."""
    entering = purpose is OrderPurpose.ENTRY

    def senseless(view: StrategyView, entry: Proposal) -> Any:
        if entering:
            return replace(entry, **changes)
        if not view.position:
            return entry
        return replace(leave(view, "enough"), **({"kind": OrderKind.LIMIT} | changes))

    story = a_story(an_own_strategy("mine", Asked("mine", senseless)))
    signal(story)
    if not entering:
        assert story.position() > 0
        signal(story)
    story.wait(2_000)
    assert story.of(StrategyFailed) == []
    # An exit that was refused is tried again by the desk, which sells at the market.
    sent = [(order.strategy, order.kind) for order in story.of(OrderSent)]
    assert sent[not entering :] in ([], [("exits", OrderKind.MARKET)])
    assert {fact.reason for fact in story.of(ProposalRefused)} <= {
        RefusalReason.BAD_NUMBER,
        RefusalReason.PRICE_BAND,
        RefusalReason.MAX_ORDER_NOTIONAL,
        RefusalReason.NOTHING_TO_SELL,
    }
    assert story.of(ProposalRefused) != []


def test_more_money_than_there_is_buys_no_more_than_was_wished() -> None:
    def rich(view: StrategyView, entry: Proposal) -> Any:
        return None if view.position else replace(entry, quote_size=Decimal(HUGE))

    story = a_story(an_own_strategy("mine", Asked("mine", rich)))
    signal(story)
    assert story.position() == 99
