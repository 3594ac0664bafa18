"""Messages nobody sane would send: the desk stays whole, and nothing depends on who looks."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.builders import (
    START,
    a_plan,
    a_snapshot_message,
    a_trades_message,
    an_instrument,
    an_opening,
    engine_settings,
    joined,
)
from tests.own_strategies import an_own_strategy
from tests.story import Story
from trading_agent.domain.chart_facts import PatternSeen
from trading_agent.domain.facts import DeskClosed, Fact
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import (
    CandlesKnown,
    Closing,
    KnownCandle,
    MarketRows,
    Stamped,
    Woke,
)
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import Liquidity, OrderFilled
from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.execution.venue import OUTCOMES, SPARE
from trading_agent.market.candles import HISTORY, TIMEFRAME_NAMES, TIMEFRAMES
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.indicators.bars import make_bars
from trading_agent.signals.indicators.catalogue import compute
from trading_agent.signals.timeframe_settings import IndicatorChoice, TimeframeSettings
from trading_agent.strategies.entries import Barriers, enter
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Need, Requirements, StrategyView

BEGAN = START - START % DAY
FREE = an_instrument(taker_fee=Decimal(0))
TICK = float(FREE.tick)
EMA = "ema"
OF_SECONDS = Need("1s", EMA)


def prices(count: int, first: int = 0) -> list[int]:
    """They jump, and wander up and down."""
    numbers = range(first, first + count)
    return [10_001 + (n * 37) % 101 + abs(n % 800 - 400) for n in numbers]


def a_burst(count: int, spacing: int, *, first: int = 0, at: int = 0, size: int = 1) -> Rows:
    """One message of prints so far apart by the exchange's time, read at one moment."""
    prints = [(Side.BUY, price, size) for price in prices(count, first)]
    rows = a_trades_message(*prints, at=at or BEGAN + (first + count) * spacing)
    rows["venue_at"] = BEGAN + np.arange(first, first + count) * spacing
    return rows


def keeping(*timeframes: str, **charts: Any) -> TimeframeSettings:
    """Charts of nothing unless a test asks for them."""
    plain = {"patterns": (), "regime": None} | charts
    return TimeframeSettings.model_validate(
        {"timeframes": timeframes, "indicators": (IndicatorChoice(name=EMA),), **plain}
    )


class Watcher:
    """Remembers when it was asked, and what its indicator of seconds was then."""

    def __init__(self, timeframe: str) -> None:
        self.name = f"at_{timeframe}"
        self.seen: list[tuple[str, int, tuple[float, ...], list[float]]] = []
        needs = (OF_SECONDS, Need(timeframe, EMA))
        requires = Requirements(timeframe=timeframe, needs=needs)
        self.strategy = an_own_strategy(self.name, self._look, requires)

    def _look(self, view: StrategyView) -> None:
        sight = view.sight
        closes = sight.last("1m", 3).close.tolist()
        self.seen.append((view.closed, view.at, sight.value(OF_SECONDS), closes))


def a_watched_core(
    *watchers: Watcher, timeframes: TimeframeSettings | None = None, batch: bool = True
) -> Core:
    settings = engine_settings(
        plan=a_plan(),
        strategies=StrategySettings(
            active=tuple(ActiveStrategy(name=watcher.name) for watcher in watchers)
        ),
        timeframes=timeframes or keeping(),
    )
    own = {watcher.name: watcher.strategy for watcher in watchers}
    core = assemble(settings, an_opening(FREE), batch=batch, own=OwnParts(own))
    core.open()
    return core


def fed(core: Core, calls: Iterable[Rows], *, looking: bool = False) -> list[Fact]:
    """Each call by itself; the board may be looked at after each."""
    facts: list[Fact] = []
    number = 0
    for number, rows in enumerate(calls, 1):
        at = Nanos(int(rows["at"][0]))
        facts += core.step(Stamped(number, at, MarketRows(rows)))
        if looking:
            core.snapshot(Nanos(int(rows["at"][-1])))
            facts += core.step(Stamped(number, Nanos(int(rows["at"][-1])), Woke()))
    return [*facts, *core.step(Stamped(number + 1, Nanos(int(rows["at"][-1])), Closing()))]


def of_seconds(core: Core) -> float:
    timeframes = core._state.table.timeframes[0]
    timeframes.catch_up()
    return timeframes.known(OF_SECONDS)


@pytest.mark.parametrize("spacing", [SECOND, 61 * SECOND, 17 * MINUTE, 5 * HOUR, DAY])
def test_thousands_of_candles_in_one_message_are_told_once_a_timeframe(spacing: int) -> None:
    watchers = [Watcher(name) for name in TIMEFRAME_NAMES]
    own = [watcher.strategy for watcher in watchers]
    settings = engine_settings(
        plan=a_plan(),
        strategies=StrategySettings(
            active=tuple(ActiveStrategy(name=watcher.name) for watcher in watchers)
        ),
        timeframes=keeping(*TIMEFRAME_NAMES, patterns=TIMEFRAME_NAMES, regime="1m"),
    )
    story = Story(settings, [FREE], own=own, at=BEGAN)
    story.warm_up()
    count = 5_000
    story.feed(a_burst(count, spacing))
    closing = [
        name
        for name, length in zip(TIMEFRAME_NAMES, TIMEFRAMES, strict=True)
        if (count - 1) * spacing >= length
    ]
    assert [name for watcher in watchers for name, *_ in watcher.seen] == closing
    assert all(len(watcher.seen) <= 1 for watcher in watchers)
    views = story.core.snapshot(Nanos(story.at)).symbols[0].timeframes
    assert [view.timeframe for view in views] == list(TIMEFRAME_NAMES)
    for view, length in zip(views, TIMEFRAMES, strict=True):
        assert view.candles == len({n * spacing // length for n in range(count)}) - 1
    # And the market goes on.
    story.wait(1_000)
    story.depth(bids=[(9_999, 51)])
    story.feed(a_burst(3, spacing, first=count, at=story.at))
    assert all(len(watcher.seen) <= 2 for watcher in watchers)


def test_prints_that_fill_lot_by_lot_and_close_candles_overflow_nothing() -> None:
    """More fills than can be said at once, a minute apart each, of an order that rests."""
    count = OUTCOMES + 1_500
    maker = an_own_strategy(
        "maker",
        lambda view: None if view.position else enter(view, "maker", Barriers(0, 0, Nanos(0)), "x"),
    )
    watcher = Watcher("1m")
    settings = engine_settings(
        plan=a_plan(order_notional=9_900.0, order_kind="LIMIT_MAKER", resting_seconds=60),
        limits=RiskLimits(
            max_order_notional=Decimal(50_000),
            max_position_notional=Decimal(50_000),
        ),
        strategies=StrategySettings(
            active=(ActiveStrategy(name="maker"), ActiveStrategy(name=watcher.name))
        ),
        timeframes=keeping("1m", patterns=("1m",), regime="1m"),
    )
    story = Story(settings, [FREE], own=[maker, watcher.strategy], at=BEGAN)
    story.warm_up()
    story.buy_signal()
    story.wait(50)
    assert len(story.core.account.orders) == 1
    rows = a_trades_message(*[(Side.SELL, 10_000, 1)] * 50, *[(Side.SELL, 9_999, 1)] * count)
    rows["venue_at"] = BEGAN + np.arange(len(rows)) * MINUTE
    told = story.feed(rows)
    fills = [fact for fact in told if isinstance(fact, OrderFilled)]
    assert all(fill.liquidity is Liquidity.MAKER for fill in fills)
    assert len(fills) == OUTCOMES - SPARE, "as many as there is room for; the others wait"
    assert sum(fill.size for fill in fills) == story.position() > 0
    assert len(watcher.seen) == 1
    assert story.core.snapshot(Nanos(story.at)).symbols[0].timeframes[0].candles == len(rows) - 1
    story.close()


@pytest.mark.parametrize("closing", [100, 255, 256, 257, 1_000])
def test_indicators_begin_anew_where_one_message_closes_more_than_is_remembered(
    closing: int,
) -> None:
    core = a_watched_core(timeframes=keeping("1s"))
    before = 120
    fed(core, [a_burst(before + 1, SECOND), a_burst(closing, SECOND, first=before + 1)])
    timeframes = core._state.table.timeframes[0]
    assert timeframes.count("1s") == before + closing
    closes = [price * TICK for price in prices(before + closing)]
    missed = before + closing > HISTORY
    assert of_seconds(core) == of_closes(closes[-HISTORY:] if missed else closes)
    if missed:
        assert of_seconds(core) != of_closes(closes), "this tells the two apart"
    # Where nothing is missing any more, what follows is added to what there is.
    fed(core, [a_burst(50, SECOND, first=before + 1 + closing)])
    later = [price * TICK for price in prices(before + closing + 50)]
    kept = later[-HISTORY - 50 :] if missed else later
    assert of_seconds(core) == of_closes(kept)


def of_closes(closes: Sequence[float]) -> float:
    columns = (closes, closes, closes, closes)
    bars = make_bars(list(range(len(closes))), columns, [0.01] * len(closes))
    return float(compute(EMA, bars)[-1, 0])


CUTS = [
    (128, 200, 60),
    (100, 30, 256, 20),
    (128, 257, 1, 1),
    (90, 90, 90, 90, 90),
    (1, 400, 127, 129, 128, 256, 1),
    (127, 256, 127, 256),
]


@pytest.mark.parametrize("sizes", CUTS, ids=str)
@pytest.mark.parametrize("timeframe", ["1h", "1m", "1s"])
def test_who_looks_in_between_changes_nothing(sizes: tuple[int, ...], timeframe: str) -> None:
    """Nor how many messages are handed over at once: indicators over seconds as a strategy of
    another length sees them, and as they are at the end."""
    messages, first = [], 0
    for size in sizes:
        messages.append(a_burst(size, SECOND, first=first))
        first += size
    messages.append(a_burst(2, HOUR, first=1 + first // 3_600))
    calls = {
        "whole": [joined(messages)],
        "each": messages,
        "halves": [joined(messages[:2]), joined(messages[2:])],
    }
    results = []
    for cut in calls.values():
        for looking in (False, True):
            watcher = Watcher(timeframe)
            core = a_watched_core(watcher, timeframes=keeping("1s", "1m"))
            facts = fed(core, [ready(), *cut], looking=looking)
            results.append((facts, repr(watcher.seen), of_seconds(core)))
    assert results[0][1] != "[]"
    for other in results[1:]:
        assert other == results[0]


def ready() -> Rows:
    """A book, so that strategies are asked."""
    return a_snapshot_message(at=BEGAN)


@pytest.mark.parametrize("size", [pytest.param(3, marks=pytest.mark.slow), 40, 300, 1_600])
def test_the_same_messages_come_to_the_same_however_they_are_handed_over(size: int) -> None:
    """Prints 50 seconds apart: charts, facts and the bytes of the state."""
    total, spacing = 1_600, 50 * SECOND
    messages = [
        a_burst(min(size, total - first), spacing, first=first) for first in range(0, total, size)
    ]
    charts = {"patterns": ("1m", "5m", "1h"), "regime": "1m"}
    told = []
    for calls, batch, looking in (
        ([joined(messages)], True, False),
        (messages, False, True),
        ([joined(messages[:7]), *([joined(messages[7:])] if messages[7:] else [])], False, False),
    ):
        watcher = Watcher("5m")
        core = a_watched_core(watcher, timeframes=keeping("1s", "1m", "5m", **charts), batch=batch)
        told.append((fed(core, [ready(), *calls], looking=looking), repr(watcher.seen)))
    assert told[0] == told[1] == told[2]
    assert isinstance(told[0][0][-1], DeskClosed)
    if size < HISTORY:
        assert any(isinstance(fact, PatternSeen) for fact in told[0][0])


@pytest.mark.parametrize("ours", [-3, -1, 0, 1])
def test_prints_that_belong_to_candles_the_exchange_told_of_make_none_of_them_twice(
    ours: int,
) -> None:
    """Our clock runs ahead, or the first prints come late: the exchange's word stands."""
    core = a_watched_core(timeframes=keeping("1m", patterns=("1m",), regime="1m"))
    newest = BEGAN + HOUR
    past = tuple(
        KnownCandle(
            Nanos(newest - (59 - n) * MINUTE),
            *(Ticks(10_000 + n + o) for o in (0, 9, -9, 1)),
            Lots(5),
        )
        for n in range(60)
    )
    at = Nanos(newest + MINUTE)
    core.step(Stamped(1, at, CandlesKnown("BTCUSDC", "1m", past)))
    rows = a_burst(60, 15 * SECOND, at=at)
    rows["venue_at"] += newest + ours * MINUTE - BEGAN
    fed(core, [rows])
    bars = core._state.table.timeframes[0].last("1m", HISTORY)
    assert (np.diff(bars.open_at) == MINUTE).all()
    assert bars.open_at[0] == past[0].open_at
    assert bars.close[:60].tolist() == [each.close * TICK for each in past]
    # Fifteen minutes of ours, of which the last is open and the first may be the exchange's.
    assert len(bars.close) == 60 + 14 - max(1 - ours, 0)


@pytest.mark.parametrize("oddity", [0, 1, BEGAN - DAY, BEGAN + 40_000 * DAY])
def test_a_time_that_cannot_be_breaks_nothing(oddity: int) -> None:
    watcher = Watcher("1s")
    core = a_watched_core(watcher, timeframes=keeping(*TIMEFRAME_NAMES, regime="1m"))
    first, rest = a_burst(5, SECOND), a_burst(300, SECOND, first=10)
    odd = a_burst(3, SECOND, first=6)
    odd["venue_at"][1] = oddity
    facts = fed(core, [ready(), first, odd, rest], looking=True)
    assert isinstance(facts[-1], DeskClosed)
    candles = core._state.markets[0]["candles"]
    known = core._state.table.timeframes[0].last("1s", HISTORY).open_at
    assert (np.diff(known) > 0).all()
    # Of the past: counted as late. Of the future: everything after it is.
    assert candles["late"] == (1 if oddity < BEGAN else 301)
