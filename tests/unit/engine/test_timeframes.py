"""Candles of every length, the indicators over them, and who is asked when one closes."""

import math
from random import Random
from typing import ClassVar

import pytest

from tests.builders import (
    START,
    a_plan,
    a_trades_message,
    an_instrument,
    an_opening,
    engine_settings,
    joined,
)
from tests.random_market import CALM, PAIRS, RandomMarket
from trading_agent.domain.decision import Proposal
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import CandlesKnown, KnownCandle, MarketRows, Stamped
from trading_agent.domain.order import Side
from trading_agent.domain.units import MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.signals.indicators.catalogue import compute
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.signals.timeframe_settings import IndicatorChoice, TimeframeSettings
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Need, Requirements, StrategyView

SMA = Need("1m", "sma", (("period", 3),))
BEGAN = START - START % MINUTE


class Watcher:
    """Asked at each close of a minute; remembers what it saw."""

    name: ClassVar[str] = "watcher"
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, values: Values) -> None:
        self.values = values
        self.seen: list[tuple[int, str, tuple[float, ...], tuple[float, ...], list[float]]] = []

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe="1m", needs=(SMA,))

    def propose(self, view: StrategyView) -> Proposal | None:
        newest = view.sight.last("1m", 4).close.tolist()
        value, before = view.sight.value(SMA), view.sight.before(SMA)
        self.seen.append((view.at, view.instrument.symbol, value, before, newest))
        return None


def watched(*calls: Rows) -> Watcher:
    strategies = StrategySettings(active=(ActiveStrategy(name="watcher"),))
    settings = engine_settings(plan=a_plan(), strategies=strategies)
    core = assemble(settings, an_opening(*PAIRS), batch=True, own=OwnParts({"watcher": Watcher}))
    core.open()
    for number, rows in enumerate(calls):
        core.step(Stamped(number + 1, Nanos(int(rows["at"][0])), MarketRows(rows)))
    watcher = core._state.table.seats[0].strategy
    assert isinstance(watcher, Watcher)
    return watcher


def shown(*timeframes: str, pairs: int = 1) -> Core:
    kept = TimeframeSettings.model_validate(
        {"timeframes": timeframes, "indicators": [IndicatorChoice(name="sma")]}
    )
    settings = engine_settings(timeframes=kept)
    core = assemble(settings, an_opening(*PAIRS[:pairs]), batch=True)
    core.open()
    return core


def trades(seconds: int, seed: int = 1) -> list[Rows]:
    """A print a second or so, of a price that wanders."""
    dice, messages = Random(seed), []
    for second in range(seconds):
        if dice.random() < 0.8:
            ticks = 10_000 + int(dice.random() * 200)
            at = BEGAN + second * SECOND
            messages.append(a_trades_message((Side.BUY, ticks, 3), at=at, venue_at=at))
    return messages


def test_a_strategy_is_asked_when_its_candle_has_closed_and_sees_finished_ones_alone() -> None:
    messages = RandomMarket(3, CALM).messages(9_000)
    seen = watched(joined(messages)).seen
    assert len(seen) > 5
    for _, _, (value,), (before,), closes in seen:
        if not math.isnan(before):
            assert before == pytest.approx(sum(closes[:3]) / 3, rel=1e-12)
        if not math.isnan(value):
            assert value == pytest.approx(sum(closes[-3:]) / 3, rel=1e-12)


def test_it_is_asked_the_same_however_the_rows_are_handed_over() -> None:
    messages = RandomMarket(3, CALM).messages(6_000)
    # What has no number equals nothing, so the words are compared.
    assert repr(watched(joined(messages)).seen) == repr(watched(*messages).seen)


@pytest.mark.parametrize("every", [1, 7, 100, 10_000])
def test_indicators_come_to_the_same_whenever_they_are_looked_at(every: int) -> None:
    core = shown("1s", "5s", "1m")
    messages = trades(1_500)
    timeframes = core._state.table.timeframes[0]
    for number, rows in enumerate(messages):
        core.step(Stamped(number + 1, Nanos(int(rows["at"][0])), MarketRows(rows)))
        if number % every == 0:
            timeframes.catch_up()
    timeframes.catch_up()
    for name in ("1s", "5s", "1m"):
        bars = timeframes.last(name, 256)
        assert timeframes.known(Need(name, "sma")) == pytest.approx(
            compute("sma", bars)[-1, 0], rel=1e-12
        )
    assert timeframes.count("1m") == 24


def test_what_the_exchange_knows_of_before_is_taken_once_and_never_over_our_own() -> None:
    core = shown("1m")
    past = tuple(
        KnownCandle(
            Nanos(BEGAN - (30 - n) * MINUTE), Ticks(100), Ticks(110), Ticks(90), Ticks(n), Lots(5)
        )
        for n in range(1, 31)
    )
    known = CandlesKnown("BTCUSDC", "1m", past)
    core.step(Stamped(1, Nanos(BEGAN), known))
    timeframes = core._state.table.timeframes[0]
    timeframes.catch_up()
    tick = float(an_instrument().tick)
    # The last one opened with us: it is ours to make.
    assert timeframes.count("1m") == 30
    assert timeframes.known(Need("1m", "sma")) == pytest.approx(tick * sum(range(11, 31)) / 20)
    core.step(Stamped(2, Nanos(BEGAN), CandlesKnown("BTCUSDC", "1m", past[:5])))
    assert timeframes.count("1m") == 30


def test_the_snapshot_shows_every_timeframe_that_is_kept() -> None:
    core = shown("1s", "1m", "1d")
    for number, rows in enumerate(trades(300)):
        core.step(Stamped(number + 1, Nanos(int(rows["at"][0])), MarketRows(rows)))
    views = core.snapshot(Nanos(BEGAN + 300 * SECOND)).symbols[0].timeframes
    assert [view.timeframe for view in views] == ["1s", "1m", "1d"]
    second, minute, day = views
    assert second.candles > 200
    assert minute.candles == 4
    assert minute.change_bps is not None
    assert (day.candles, day.change_bps, day.rsi) == (0, None, None)
