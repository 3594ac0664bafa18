"""Patterns and the kind of market are told once, when a candle's close has said so."""

from collections.abc import Iterable
from itertools import pairwise

from tests.builders import START, a_trades_message, an_opening, engine_settings, joined
from trading_agent.domain.chart_facts import PatternSeen, RegimeChanged
from trading_agent.domain.facts import Fact
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import CandlesKnown, KnownCandle, MarketRows, Stamped
from trading_agent.domain.order import Side
from trading_agent.domain.units import MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.signals.timeframe_settings import TimeframeSettings

BEGAN = START - START % MINUTE
W = (10_000, 9_400, 9_800, 9_405, 9_900, 10_100)
"""Two bottoms, then a close above the top between them."""


def a_charting_core() -> Core:
    kept = TimeframeSettings(timeframes=("1m",), patterns=("1m",), regime="1m")
    core = assemble(engine_settings(timeframes=kept), an_opening(), batch=True)
    core.open()
    return core


def along(corners: Iterable[int], minutes: int = 10) -> list[int]:
    """So many minutes from corner to corner."""
    return [
        start + (end - start) * step // minutes
        for start, end in pairwise(corners)
        for step in range(minutes)
    ]


def prints(path: Iterable[int]) -> list[Rows]:
    """Four prints a minute around each price."""
    messages = []
    for minute, price in enumerate(path):
        for quarter, offset in enumerate((0, 12, -12, 3)):
            at = BEGAN + minute * MINUTE + quarter * 15 * SECOND
            messages.append(a_trades_message((Side.BUY, price + offset, 5), at=at, venue_at=at))
    return messages


def told(core: Core, messages: Iterable[Rows]) -> list[Fact]:
    facts: list[Fact] = []
    for number, rows in enumerate(messages):
        facts += core.step(Stamped(number + 1, Nanos(int(rows["at"][0])), MarketRows(rows)))
    return facts


def seen(facts: Iterable[Fact]) -> list[PatternSeen]:
    return [fact for fact in facts if isinstance(fact, PatternSeen)]


PATH = [*along((10_600, 10_300, 10_500, *W)), *[10_110] * 20]


def test_a_double_bottom_is_told_when_the_close_above_its_top_is_known() -> None:
    core = a_charting_core()
    (pattern,) = [one for one in seen(told(core, prints(PATH))) if one.kind == "double_bottom"]
    assert (pattern.symbol, pattern.timeframe, pattern.direction) == ("BTCUSDC", "1m", Side.BUY)
    assert pattern.points[-1].at + MINUTE <= pattern.at < pattern.points[-1].at + 2 * MINUTE
    assert pattern.invalidation < pattern.points[-1].price < pattern.target
    view = core.snapshot(Nanos(pattern.at)).symbols[0]
    assert pattern.name in [each.name for each in view.patterns]


def test_it_is_told_the_same_however_the_rows_are_handed_over() -> None:
    messages = prints(PATH)
    assert told(a_charting_core(), messages) == told(a_charting_core(), [joined(messages)])


def test_looking_at_the_board_changes_nothing() -> None:
    core, messages = a_charting_core(), prints(PATH)
    facts: list[Fact] = []
    for number, rows in enumerate(messages):
        at = Nanos(int(rows["at"][0]))
        facts += core.step(Stamped(number + 1, at, MarketRows(rows)))
        core.snapshot(at)
    assert facts == told(a_charting_core(), messages)


def test_what_happened_before_the_start_is_shown_and_not_told() -> None:
    core = a_charting_core()
    past = tuple(
        KnownCandle(
            Nanos(BEGAN - (len(PATH) - n) * MINUTE),
            *(Ticks(price), Ticks(price + 12), Ticks(price - 12), Ticks(price + 3)),
            Lots(20),
        )
        for n, price in enumerate(PATH)
    )
    core.step(Stamped(1, Nanos(BEGAN), CandlesKnown("BTCUSDC", "1m", past)))
    facts = told(core, prints([10_110] * 4))
    assert seen(facts) == []
    names = [each.name for each in core.snapshot(Nanos(BEGAN)).symbols[0].patterns]
    assert any("bottom" in name for name in names)


def test_a_change_of_the_kind_of_market_is_told() -> None:
    core = a_charting_core()
    facts = told(core, prints([*[10_000] * 80, *along((10_000, 14_000), 200)]))
    changes = [fact for fact in facts if isinstance(fact, RegimeChanged)]
    assert "trending_up" in [fact.regime for fact in changes]
    assert all(one.regime == other.before for one, other in pairwise(changes))
    assert core.snapshot(Nanos(BEGAN)).symbols[0].regime == changes[-1].regime
