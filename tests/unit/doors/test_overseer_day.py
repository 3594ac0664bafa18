"""What a recorded day would have cost."""

from random import Random

import pytest

from tests.unit.research.planted_market import FIRST, PRICE, walking_tape
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.domain.errors import ConfigError
from trading_agent.doors.overseer_day import day_in_words, overseer_day
from trading_agent.engine.compiled_loop import prepare_live
from trading_agent.research.recorded_tape import RecordedTape

SLOWER = 20


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    prepare_live()


def tape(seconds: int, slower: int = 1) -> RecordedTape:
    dice = Random(3)
    bids, bid = [], PRICE
    for second in range(seconds):
        bid += dice.choice((-1, 0, 1)) * (30 if 200 < second < 220 else 1)
        bids += [bid] * 10
    made = walking_tape(bids)
    for rows in (made.depth, made.prints):
        for name in ("at", "venue_at"):
            rows[name] = FIRST + (rows[name] - FIRST) * slower
    return made


def test_a_day_is_told_from_the_reasons_of_its_hours() -> None:
    config = FlashTradingConfig()
    said: list[str] = []
    day = overseer_day(config, tape(400, SLOWER), said.append)
    assert day.hours == pytest.approx(400 * SLOWER / 3_600, rel=0.02)
    assert sum(day.asked.values()) >= 2
    reviews = sum(float(each.reviews) for each in day.spend.tiers)
    assert reviews == pytest.approx(sum(day.asked.values()) * 24.0 / day.hours)
    assert day.spend.usd_day > 0
    words = day_in_words(day)
    assert f"together ${day.spend.usd_day:.2f} a day, at the highest prices" in words
    assert said == []


def test_some_minutes_tell_nothing_of_a_day() -> None:
    with pytest.raises(ConfigError, match="minutes tell nothing"):
        overseer_day(FlashTradingConfig(), tape(60), lambda _: None)
