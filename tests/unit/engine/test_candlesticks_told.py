"""Candlesticks are told when their last candle has closed, and nothing of them is known before."""

import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random

import pytest

from tests.builders import START, a_trades_message, an_opening, engine_settings, joined
from tests.unit.engine.test_charts import seen, told
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import CandlesKnown, KnownCandle, Stamped
from trading_agent.domain.order import Side
from trading_agent.domain.snapshot import CandlestickView
from trading_agent.domain.units import MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.signals.timeframe_settings import Timeframe, TimeframeSettings

BEGAN = START - START % MINUTE
Candle = tuple[int, int, int, int]
"""Open, high, low, close in ticks."""

FALLING = [(10_000 - 30 * n, 10_005 - 30 * n, 9_975 - 30 * n, 9_980 - 30 * n) for n in range(20)]
ENGULFED = [*FALLING, (9_400, 9_402, 9_370, 9_380), (9_370, 9_440, 9_365, 9_430)]
NEXT = (9_430, 9_440, 9_425, 9_432)


def a_core(*candlesticks: Timeframe) -> Core:
    kept = TimeframeSettings(timeframes=(), patterns=(), candlesticks=candlesticks, regime=None)
    core = assemble(engine_settings(timeframes=kept), an_opening(), batch=True)
    core.open()
    return core


def prints(candles: Iterable[Candle], first: int = 0) -> list[Rows]:
    """Four prints a minute, from the given minute on."""
    messages = []
    for minute, (opened, high, low, close) in enumerate(candles, first):
        for quarter, price in enumerate((opened, high, low, close)):
            at = BEGAN + minute * MINUTE + quarter * 15 * SECOND
            messages.append(a_trades_message((Side.BUY, price, 5), at=at, venue_at=at))
    return messages


def walk(count: int, seed: int, step: int = 40) -> list[Candle]:
    dice, closes = Random(seed), [10_000]
    for _ in range(count):
        closes.append(max(closes[-1] + dice.randint(-step, step), 100))
    return [
        (a, max(a, b) + dice.randint(0, step), min(a, b) - dice.randint(0, step // 2), b)
        for a, b in pairwise(closes)
    ]


def shown(core: Core) -> tuple[CandlestickView, ...]:
    return core.snapshot(Nanos(BEGAN)).symbols[0].candlesticks


def test_an_engulfing_is_told_when_its_second_candle_has_closed() -> None:
    core = a_core("1m")
    facts = seen(told(core, prints([*ENGULFED, NEXT])))
    (found,) = [fact for fact in facts if fact.kind == "cdlengulfing"]
    ended = BEGAN + len(ENGULFED) * MINUTE
    assert (found.name, found.timeframe, found.direction) == ("engulfing", "1m", Side.BUY)
    assert ended <= found.at < ended + MINUTE
    assert found.invalidation == pytest.approx(93.65)
    assert found.target is None
    assert [point.at for point in found.points] == [ended - MINUTE]
    assert found.experience.startswith("seen ")
    (view,) = [view for view in shown(core) if view.name == "engulfing"]
    assert (view.confirmed_at, view.direction) == (ended, Side.BUY)
    assert view.invalidation == found.invalidation


def test_switched_off_nothing_is_told() -> None:
    core = a_core()
    assert seen(told(core, prints([*ENGULFED, NEXT]))) == []
    assert shown(core) == ()


def test_they_are_told_the_same_however_the_rows_are_handed_over() -> None:
    messages = prints(walk(200, 5))
    facts = told(a_core("1m", "5m"), messages)
    assert len(seen(facts)) > 30
    assert facts == told(a_core("1m", "5m"), [joined(messages)])


@pytest.mark.parametrize("known", [45, 60, 61, 90, 119])
def test_another_future_changes_nothing_that_was_said(known: int) -> None:
    """Noise instead of the candles from `known` on."""
    past, noise = walk(120, 6), walk(120, 7, step=400)
    changed = [*past[:known], *noise[known:]]
    until = BEGAN + known * MINUTE
    facts, others = (
        [fact for fact in seen(told(a_core("1m"), prints(candles))) if fact.points[0].at < until]
        for candles in (past, changed)
    )
    # Only the moment at which the last of them was known may lie in the future.
    heard = [(fact.kind, fact.points, fact.invalidation) for fact in facts]
    assert heard == [(fact.kind, fact.points, fact.invalidation) for fact in others]
    cut = seen(told(a_core("1m"), [*prints(past[:known]), *prints([noise[known]], known)[:2]]))
    assert heard == [(fact.kind, fact.points, fact.invalidation) for fact in cut]


def known_candles(candles: Sequence[Candle]) -> tuple[KnownCandle, ...]:
    return tuple(
        KnownCandle(Nanos(BEGAN + minute * MINUTE), *(Ticks(price) for price in candle), Lots(20))
        for minute, candle in enumerate(candles)
    )


@pytest.mark.parametrize("seed", range(5))
def test_what_the_exchange_knows_of_the_past_is_read_as_if_seen(seed: int) -> None:
    candles = walk(150, seed)
    lived, knew = a_core("1m"), a_core("1m")
    facts = seen(told(lived, prints(candles)))
    at = Nanos(BEGAN + 100 * MINUTE)
    past = known_candles(candles[:100])
    assert knew.step(Stamped(1, at, CandlesKnown("BTCUSDC", "1m", past))) is not None
    remembered = told(knew, prints(candles[100:], 100))
    assert shown(knew) == shown(lived)
    since = [fact for fact in facts if fact.points[0].at >= at]
    assert len(since) > 5
    assert [fact for fact in seen(remembered) if fact.points[0].at >= at] == since


def test_an_outage_ends_what_a_candlestick_is_made_of() -> None:
    """The engulfed candle is the last before, the engulfing one the first after."""
    together = a_core("1m")
    assert "engulfing" in {fact.name for fact in seen(told(together, prints([*ENGULFED, NEXT])))}
    apart = a_core("1m")
    late = len(ENGULFED) + 30
    messages = [*prints(ENGULFED[:-1]), *prints([ENGULFED[-1], NEXT], late)]
    assert "engulfing" not in {fact.name for fact in seen(told(apart, messages))}


def test_what_is_old_is_not_shown_any_more() -> None:
    core = a_core("1m")
    still = [(9_430, 9_430, 9_430, 9_430)] * 8
    told(core, prints([*ENGULFED, *still]))
    assert "engulfing" not in {view.name for view in shown(core)}


def test_recognition_does_without_pandas() -> None:
    import subprocess

    code = (
        "import sys; from trading_agent.signals.patterns.candlesticks import candlesticks;"
        "print('pandas' in sys.modules, 'talib' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True
    )
    assert ended.stdout.split() == ["False", "True"]
