"""Candles that the stream of trades was away for: marked, mended, filled in, and not run across."""

from collections.abc import Iterable

import numpy as np
import pytest

from tests.builders import (
    START,
    a_depth_message,
    a_kline_message,
    a_loss_message,
    a_trades_message,
    an_instrument,
    an_opening,
    engine_settings,
)
from trading_agent.domain.chart_facts import PatternSeen, RegimeChanged
from trading_agent.domain.facts import Fact
from trading_agent.domain.market_rows import LossReason, Rows
from trading_agent.domain.message import CandlesKnown, Input, KnownCandle, MarketRows, Stamped
from trading_agent.domain.order import Side
from trading_agent.domain.units import HOUR, MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.engine.timeframes import LONGEST_HOLE, SymbolTimeframes
from trading_agent.market.candles import TIMEFRAME_NAMES
from trading_agent.signals.indicators.catalogue import compute
from trading_agent.signals.timeframe_settings import IndicatorChoice, TimeframeSettings
from trading_agent.strategies.strategy import Need

BEGAN = START - START % HOUR
PERIOD = 10
SMA = Need("1m", "sma", (("period", PERIOD),))
TICK = float(an_instrument().tick)


class Desk:
    """A core that hears messages of its own minute by minute."""

    def __init__(self, *, charts: bool = False) -> None:
        sma = IndicatorChoice(name="sma", parameters={"period": PERIOD})
        kept = TimeframeSettings(
            timeframes=("1m",),
            indicators=(sma,),
            patterns=("1m",) if charts else (),
            candlesticks=("1m",) if charts else (),
            regime="1m" if charts else None,
        )
        self.core: Core = assemble(engine_settings(timeframes=kept), an_opening(), batch=True)
        self.core.open()
        self.facts: list[Fact] = []
        self._count = 0
        self.hear(a_depth_message(at=BEGAN - MINUTE, bids=[(90, 1)]))

    @property
    def timeframes(self) -> SymbolTimeframes:
        kept: SymbolTimeframes = self.core._state.table.timeframes[0]
        return kept

    def hear(self, rows: Rows) -> None:
        self.step(MarketRows(rows), int(rows["at"][0]))

    def step(self, body: Input, at: int) -> None:
        self._count += 1
        self.facts += self.core.step(Stamped(self._count, Nanos(at), body))

    def minutes(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            for second in (10, 40):
                at = BEGAN + number * MINUTE + second * SECOND
                print_ = (Side.BUY, price(number) + second, 5)
                self.hear(a_trades_message(print_, at=at, venue_at=at))

    def away(
        self, after: float, until: float, reason: LossReason = LossReason.DISCONNECTED
    ) -> None:
        """In minutes; depth is back at the end."""
        self.hear(a_loss_message(reason, at=BEGAN + int(after * MINUTE), venue_at=0))
        self.hear(a_depth_message(at=BEGAN + int(until * MINUTE), bids=[(90, 1)]))

    def learn(self, numbers: Iterable[int], at: float) -> None:
        known = CandlesKnown("BTCUSDC", "1m", tuple(known_candle(number) for number in numbers))
        self.step(known, BEGAN + int(at * MINUTE))

    def opened(self) -> list[int]:
        """Minutes."""
        return ((self.timeframes.last("1m", 256).open_at - BEGAN) // MINUTE).tolist()

    def whole(self) -> list[bool]:
        return self.timeframes.whole("1m", 256).tolist()

    def sma(self) -> float:
        self.timeframes.catch_up()
        return self.timeframes.known(SMA)


def price(number: int) -> int:
    return 10_000 + 7 * (number % 13) + number


def known_candle(number: int) -> KnownCandle:
    at = price(number) + 20
    return KnownCandle(
        Nanos(BEGAN + number * MINUTE),
        *(Ticks(each) for each in (at, at + 50, at - 50, at + 1)),
        Lots(99),
    )


@pytest.mark.parametrize("reason", [LossReason.DISCONNECTED, LossReason.GAP])
def test_indicators_begin_anew_behind_a_hole_that_is_too_long(reason: LossReason) -> None:
    desk = Desk()
    desk.minutes(range(15))
    desk.away(14.9, 15 + LONGEST_HOLE + 1, reason)
    behind = 15 + LONGEST_HOLE + 1
    desk.minutes(range(behind, behind + 2))
    unknown = reason is LossReason.DISCONNECTED
    assert np.isnan(desk.sma()) == unknown
    assert np.isnan(desk.timeframes.before(SMA)[0]) == unknown, "no neighbour of what is behind it"
    desk.minutes(range(behind + 2, behind + PERIOD + 1))
    closes = desk.timeframes.last("1m", PERIOD).close
    assert desk.sma() == pytest.approx(closes.mean(), rel=1e-12)


def test_indicators_go_on_across_a_short_hole_and_across_minutes_without_trades() -> None:
    short, quiet = Desk(), Desk()
    short.minutes(range(15))
    short.away(14.9, 15 + LONGEST_HOLE)
    short.minutes(range(15 + LONGEST_HOLE, 18 + LONGEST_HOLE))
    quiet.minutes(range(15))
    quiet.minutes(range(60, 63))
    for desk in (short, quiet):
        assert desk.sma() == pytest.approx(desk.timeframes.last("1m", PERIOD).close.mean())
    assert short.timeframes.missing("1m", 3).tolist() == [0, LONGEST_HOLE, 0]
    assert quiet.timeframes.missing("1m", 3).tolist() == [0, 0, 0]


def test_what_was_missed_is_marked_until_it_is_known() -> None:
    desk = Desk()
    desk.minutes(range(3))
    desk.away(2.9, 8.5)
    desk.minutes(range(9, 11))
    assert (desk.opened(), desk.whole()) == ([0, 1, 2, 9], [True, True, False, True])
    view = desk.core.snapshot(Nanos(BEGAN + 11 * MINUTE)).symbols[0].timeframes[0]
    assert view.whole
    desk.away(10.9, 11.5)
    assert not desk.core.snapshot(Nanos(BEGAN + 12 * MINUTE)).symbols[0].timeframes[0].whole


def test_the_exchanges_candles_fill_a_hole_and_replace_what_is_not_whole_alone() -> None:
    desk = Desk()
    desk.minutes(range(15))
    desk.away(14.9, 24.5)
    desk.minutes(range(25, 28))
    desk.learn(range(1, 25), at=27.8)
    assert desk.opened() == list(range(27))
    assert all(desk.whole())
    assert desk.timeframes.missing("1m", 27).tolist() == [0] * 27
    bars = desk.timeframes.last("1m", 27)
    ours = [price(number) + 40 for number in (*range(14), 25, 26)]
    theirs = [price(number) + 21 for number in range(14, 25)]
    assert bars.close.tolist() == [TICK * each for each in (*ours[:14], *theirs, *ours[14:])]
    assert desk.sma() == pytest.approx(compute("sma", bars, period=PERIOD)[-1, 0], rel=1e-12)


def test_a_candle_of_the_exchange_is_not_taken_for_a_minute_in_which_nobody_traded() -> None:
    desk = Desk()
    desk.minutes(range(3))
    desk.minutes(range(9, 12))
    desk.learn(range(12), at=11.9)
    assert desk.opened() == [0, 1, 2, 9, 10]
    assert desk.timeframes.last("1m", 1).close[0] == TICK * (price(10) + 40)


def test_a_past_that_comes_late_is_taken_in_before_our_own() -> None:
    desk = Desk()
    desk.minutes(range(3))
    desk.learn(range(-20, 3), at=2.9)
    assert desk.opened() == list(range(-20, 2))
    assert desk.sma() == pytest.approx(desk.timeframes.last("1m", PERIOD).close.mean(), rel=1e-12)


def test_a_finished_candle_that_was_mended_counts_from_then_on_whoever_looked_before() -> None:
    found = []
    for looking in (False, True):
        desk = Desk()
        desk.minutes(range(12))
        desk.away(11.8, 12.2)
        if looking:
            desk.sma()
        numbers = (10_000, 10_400, 9_900, 10_333, 777)
        kline = a_kline_message(TIMEFRAME_NAMES.index("1m"), *numbers, venue_at=BEGAN + 11 * MINUTE)
        kline["at"] = BEGAN + int(12.3 * MINUTE)
        desk.hear(kline)
        assert desk.timeframes.last("1m", 1).close[0] == TICK * 10_333
        assert desk.whole()[-1]
        found.append(desk.sma())
    assert found[0] == found[1]
    assert found[0] == pytest.approx(desk.timeframes.last("1m", PERIOD).close.mean(), rel=1e-12)


def test_the_kind_of_market_is_unknown_behind_a_hole_and_known_again_once_it_is_filled() -> None:
    desk = Desk(charts=True)
    desk.minutes(range(120))
    before = desk.core.snapshot(Nanos(BEGAN + 2 * HOUR)).symbols[0].regime
    assert before not in ("", "unknown")
    desk.away(119.9, 140)
    desk.minutes(range(140, 142))
    changes = [fact for fact in desk.facts if isinstance(fact, RegimeChanged)]
    assert (changes[-1].before, changes[-1].regime) == (before, "unknown")
    told = len(desk.facts)
    desk.learn(range(100, 140), at=142)
    assert desk.core.snapshot(Nanos(BEGAN + 142 * MINUTE)).symbols[0].regime != "unknown"
    news = [each for each in desk.facts[told:] if isinstance(each, PatternSeen | RegimeChanged)]
    assert news == [], "of the past"
