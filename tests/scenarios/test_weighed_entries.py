"""Before anything is bought, all evidence about the pair is weighed."""

from decimal import Decimal
from math import fsum
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import NO_TIMEFRAMES, an_instrument, engine_settings
from tests.own_strategies import an_own_strategy
from tests.story import Story
from trading_agent.domain.commands import Origin, PauseEntries
from trading_agent.domain.decision import Proposal, RefusalReason
from trading_agent.domain.evidence_facts import AnomalySeen, EntryWeighed
from trading_agent.domain.facts import ProposalRefused, SignalRaised
from trading_agent.domain.message import CandlesKnown, KnownCandle
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import MINUTE, Lots, Nanos, Ticks
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.strategies.entries import Barriers, enter
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import StrategyView

MINUTES = 60


def enhanced(**aggregation: Any) -> EnhancedSettings:
    """One timeframe is asked."""
    return EnhancedSettings.model_validate(
        {"confirmation": {"timeframe_weights": {"1m": 1.0}}, "aggregation": aggregation}
    )


def a_story(settings: EnhancedSettings) -> Story:
    return Story(engine_settings(enhanced=settings), [an_instrument()])


def trend(story: Story, step: int) -> None:
    """The exchange tells of an hour in which the price went `step` ticks a minute."""
    now = story.at - story.at % MINUTE
    candles = []
    for minute in range(MINUTES):
        close = 10_000 - (MINUTES - minute) * step
        candles.append(
            KnownCandle(
                open_at=Nanos(now - (MINUTES - minute) * MINUTE),
                open=Ticks(close - step),
                high=Ticks(close + abs(step) + 3),
                low=Ticks(close - abs(step) - 3),
                close=Ticks(close),
                volume=Lots(10),
            )
        )
    story.step(CandlesKnown(symbol="BTCUSDC", timeframe="1m", candles=tuple(candles)))


def weighed(story: Story) -> EntryWeighed:
    story.warm_up()
    story.buy_signal()
    (found,) = story.of(EntryWeighed)
    return found


def test_a_signal_alone_counts_by_its_familys_weight() -> None:
    story = a_story(enhanced())
    found = weighed(story)
    (signal,) = [each for each in story.of(SignalRaised) if each.direction is Side.BUY]
    assert found.direction is Side.BUY
    assert found.strength == pytest.approx(0.6 * signal.strength, abs=1e-4)
    assert [(each.family, each.share) for each in found.parts] == [("flash", found.strength)]


def test_candles_that_agree_make_it_stronger_and_the_shares_add_up() -> None:
    story = a_story(enhanced())
    trend(story, 5)
    found = weighed(story)
    assert [each.family for each in found.parts] == ["candles", "flash"]
    assert all(each.share > 0 for each in found.parts)
    assert fsum(each.share for each in found.parts) == found.strength
    assert len(story.of(OrderSent)) == 1


def test_candles_that_disagree_hold_it_back_and_say_so() -> None:
    story = a_story(enhanced(family_weights={"flash": 0.2, "candles": 1.0}))
    trend(story, -5)
    found = weighed(story)
    assert found.direction is Side.SELL
    assert found.size_share == 0.0
    assert not story.of(OrderSent)
    (refused,) = story.of(ProposalRefused)
    assert refused.reason is RefusalReason.EVIDENCE_AGAINST
    assert "candles confirmation" in refused.detail
    assert story.core.account.refusals == {"evidence_against": 1}


def test_what_nearly_cancels_says_nothing() -> None:
    story = a_story(enhanced(dead_band=0.9))
    found = weighed(story)
    assert (found.direction, found.strength, found.parts) == (None, 0.0, ())
    assert [(each.family, each.reason) for each in found.unheard] == [("flash", "dead_band")]
    assert not story.of(OrderSent)


def test_strength_decides_the_size() -> None:
    strong, weak = a_story(enhanced(full_size_strength=0.01)), a_story(enhanced(least_size=0.25))
    full, part = weighed(strong), weighed(weak)
    assert full.size_share == 1.0
    assert part.size_share == pytest.approx(0.25 + 0.75 * part.strength / 0.5)
    (whole,), (cut,) = strong.of(OrderSent), weak.of(OrderSent)
    assert cut.size == int(whole.size * part.size_share) < whole.size


def test_a_session_has_its_own_weights() -> None:
    settings = EnhancedSettings.model_validate(
        {"sessions": {"OFF_HOURS": {"aggregation": {"family_weights": {"candles": 1.0}}}}}
    )
    found = weighed(a_story(settings))
    assert [(each.family, each.reason) for each in found.unheard] == [("flash", "unheard")]


def test_switched_off_nothing_is_weighed() -> None:
    story = a_story(EnhancedSettings(enabled=False))
    story.warm_up()
    story.buy_signal()
    assert not story.of(EntryWeighed)
    assert len(story.of(OrderSent)) == 1


def test_exits_are_never_held_back() -> None:
    story = a_story(enhanced())
    story.warm_up()
    story.buy_signal()
    story.wait(3_000)
    assert story.position() > 0
    trend(story, 5)
    before = len(story.of(EntryWeighed))
    story.sell_signal()
    story.wait(3_000)
    assert story.position() == 0
    assert len(story.of(EntryWeighed)) == before


def test_why_no_trade_names_evidence_that_is_against() -> None:
    story = a_story(enhanced(family_weights={"flash": 0.2, "candles": 1.0}))
    trend(story, -5)
    story.warm_up()
    (symbol,) = story.core.snapshot(Nanos(story.at)).symbols
    assert any("evidence against" in words for words in symbol.obstacles)
    assert symbol.evidence is not None
    assert symbol.evidence.agreement is not None
    assert symbol.evidence.agreement < 0


def test_an_anomaly_silences_entries_and_is_told_once() -> None:
    story = a_story(enhanced(silencing=["spread"]))
    story.warm_up(seconds=90)
    story.depth(bids=[(10_000, 0), (9_999, 0), (9_900, 10)])
    story.wait(1_000)
    story.depth(bids=[(10_000, 50), (9_999, 50)])
    story.wait(1_000)
    story.buy_signal()
    story.wait(4_000)
    story.buy_signal()
    spreads = [each for each in story.of(AnomalySeen) if each.kind == "spread"]
    assert len(spreads) == 1
    assert not story.of(OrderSent)
    assert {each.reason for each in story.of(ProposalRefused)} == {RefusalReason.ANOMALOUS_MARKET}
    story.wait(10_000)
    story.depth(bids=[(10_000, 51)])
    story.buy_signal()
    assert len(story.of(OrderSent)) == 1


def an_own_story(settings: EnhancedSettings, **changes: Any) -> Story:
    """One strategy, which buys at every signal."""

    def wish(view: StrategyView) -> Proposal:
        return replace(
            enter(view, "wishing", Barriers(20.0, 10.0, Nanos(MINUTE)), "why"), **changes
        )

    chosen = StrategySettings(active=(ActiveStrategy(name="wishing"),))
    return Story(
        engine_settings(enhanced=settings, strategies=chosen),
        [an_instrument()],
        own=[an_own_strategy("wishing", wish)],
    )


def test_a_purchase_is_weighed_whatever_it_calls_itself() -> None:
    story = an_own_story(enhanced(family_weights={"candles": 1.0}), purpose=OrderPurpose.EXIT)
    story.warm_up()
    story.buy_signal()
    assert story.of(EntryWeighed)
    assert not story.of(OrderSent)


@pytest.mark.parametrize(
    "changes",
    [
        {"quote_size": Decimal("0.1000000000000000055511151231257827021181583404541015625")},
        {"quote_size": Decimal("sNaN")},
        {"quote_size": Decimal("Infinity")},
        {"quote_size": Decimal(1) / Decimal(3)},
        {"size": 10**400},
    ],
)
def test_numbers_nobody_can_use_do_not_end_the_run(changes: dict[str, Any]) -> None:
    story = an_own_story(enhanced(), **changes)
    story.warm_up()
    story.buy_signal()
    (found,) = story.of(EntryWeighed)
    assert 0.0 < found.size_share < 1.0
    assert len(story.of(OrderSent)) + len(story.of(ProposalRefused)) == 1


def test_a_desk_that_buys_nothing_weighs_nothing() -> None:
    story = a_story(enhanced())
    story.warm_up()
    story.tell(PauseEntries(origin=Origin.PERSON, why="lunch"))
    story.buy_signal()
    assert not story.of(EntryWeighed)
    assert {each.reason for each in story.of(ProposalRefused)} == {RefusalReason.DESK_PAUSED}


def test_the_kind_of_market_has_a_say_which_is_told() -> None:
    influence = {"family_factors": {"candles": 0.5}, "size_factor": 0.5}
    sizes = {}
    for regimes in ({}, {"trending_up": influence}):
        settings = EnhancedSettings.model_validate(
            {
                "confirmation": {"timeframe_weights": {"1m": 1.0}},
                "regime": {"window": 20},
                "aggregation": {"regimes": regimes, "least_size": 1.0},
            }
        )
        watched = NO_TIMEFRAMES.model_copy(update={"regime": "1m"})
        story = Story(engine_settings(enhanced=settings, timeframes=watched), [an_instrument()])
        trend(story, 5)
        found = weighed(story)
        assert found.regime == "trending_up"
        candles, flash = found.parts
        assert (candles.factor, flash.factor) == (0.5 if regimes else 1.0, 1.0)
        assert found.size_share == (0.5 if regimes else 1.0)
        sizes[bool(regimes)] = story.of(OrderSent)[0].size, candles.share
    assert sizes[True][0] == sizes[False][0] // 2
    assert sizes[True][1] == pytest.approx(sizes[False][1] / 2, abs=1e-4)
