"""Who leads whom is found as minutes close, told when it begins, and weighed for the follower."""

import random

import pytest

from tests.builders import an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.evidence_facts import EntryWeighed, LeadChanged
from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos
from trading_agent.signals.enhanced.settings import EnhancedSettings

SECONDS = 400
MID = 10_000
PAIRS = ("BTCUSDC", "ETHUSDC")


def a_market(lag: int, *, related: bool = True) -> Story:
    """The second pair repeats the moves of the first after so many seconds."""
    plain = {"cross_asset": {"window_minutes": 5}, "aggregation": {"silencing": []}}
    settings = EnhancedSettings.model_validate(plain)
    story = Story(engine_settings(enhanced=settings), [an_instrument(name) for name in PAIRS])
    dice = random.Random(11)
    moves = [dice.choice((-3, -1, 0, 1, 3)) for _ in range(SECONDS)]
    own = [dice.choice((-3, -1, 0, 1, 3)) for _ in range(SECONDS)]
    mids = [MID, MID]
    for symbol in (0, 1):
        story.snapshot([(MID - 1, 50)], [(MID + 1, 50)], symbol=symbol)
    for at in range(SECONDS):
        follows = (moves[at - lag] if at >= lag else 0) if related else own[at]
        for symbol, move in enumerate((moves[at], follows)):
            shift(story, symbol, mids[symbol], mids[symbol] + move)
            mids[symbol] += move
            story.trades((Side.BUY, mids[symbol] + 1, 1), symbol=symbol)
        story.wait(1_000)
    for symbol in (0, 1):
        shift(story, symbol, mids[symbol], MID)
    return story


def shift(story: Story, symbol: int, before: int, mid: int) -> None:
    """The touch goes with the middle."""
    gone = ([(before - 1, 0)], [(before + 1, 0)]) if mid != before else ((), ())
    story.depth(bids=[*gone[0], (mid - 1, 50)], asks=[*gone[1], (mid + 1, 50)], symbol=symbol)


@pytest.fixture(scope="module")
def led() -> Story:
    return a_market(2)


def test_a_pair_that_repeats_another_follows_it(led: Story) -> None:
    told = led.of(LeadChanged)
    assert [(each.leader, each.follower, each.leads) for each in told] == [(*PAIRS, True)]
    assert told[0].lag_seconds == 2
    assert told[0].correlation > 0.8 > told[0].bound > 0.0
    assert told[0].seconds >= 120


def test_people_see_it(led: Story) -> None:
    (view,) = led.core.snapshot(Nanos(led.at)).leads
    assert (view.leader, view.follower, view.lag_seconds) == (*PAIRS, 2)
    assert view.heard
    assert view.transfer_bits > 0.3
    assert led.of(LeadChanged)[0].transfer_significant


def test_what_is_unrelated_leads_nobody() -> None:
    story = a_market(2, related=False)
    assert not story.of(LeadChanged)
    assert story.core.snapshot(Nanos(story.at)).leads == ()


def test_a_leaders_rise_speaks_for_its_follower(led: Story) -> None:
    symbol = 1
    (lead,) = led.core.snapshot(Nanos(led.at)).leads
    assert lead.follower == PAIRS[symbol]
    led.wait(3_000)
    shift(led, 0, MID, MID + 40)
    led.buy_signal(symbol=symbol)
    found = [each for each in led.of(EntryWeighed) if each.symbol == PAIRS[symbol]]
    assert found
    shares = {each.family: each.share for each in found[-1].parts}
    assert shares["cross_asset"] > 0.1
