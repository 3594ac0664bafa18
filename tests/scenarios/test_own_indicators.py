"""A desk with an indicator and a strategy of a person's own: from candles to an order."""

import math
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

import numba
import pytest

from tests.builders import (
    START,
    a_depth_message,
    a_plan,
    a_snapshot_message,
    a_trades_message,
    an_instrument,
    an_opening,
    engine_settings,
    joined,
)
from tests.own_strategies import an_own_strategy
from trading_agent.cli.new_indicator import write_indicator
from trading_agent.config.own_indicators import load_own_indicators
from trading_agent.domain.facts import Fact, StrategyFailed
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.doors.twin import twin_of
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.signals.indicators.bars import Bar, Floats
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.entries import Barriers, enter
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Need, Requirements, StrategyView

PAIRS = (
    an_instrument(taker_fee=Decimal(0)),
    an_instrument("ETHUSDC", taker_fee=Decimal(0)),
)
GAP = Need("1s", "my_gap", (("period", 5),))
NEEDED = Requirements(timeframe="1s", needs=(GAP,))
BARRIERS = Barriers(0.0, 50.0, Nanos(0))
BEGAN = START - START % MINUTE


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    sys.modules.pop("own_indicator_my_gap", None)


class Reader:
    """Buys far below the average; remembers what it saw: moment, symbol, gap, closes."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, float, list[float]]] = []

    def __call__(self, view: StrategyView) -> object:
        (gap,) = view.sight.value(GAP)
        closes = view.sight.last("1s", 5).close.tolist()
        self.seen.append((view.at, view.instrument.symbol, gap, closes))
        return enter(view, "reader", BARRIERS, f"gap {gap:+.1f}") if gap < -1.0 else None


def wandering(seconds: int, seed: int) -> list[Rows]:
    """Prints of both pairs within a book that stands."""
    dice = Random(seed)
    messages = [
        a_snapshot_message(symbol=symbol, at=BEGAN, venue_at=BEGAN) for symbol in range(len(PAIRS))
    ]
    for second in range(seconds):
        for symbol in range(len(PAIRS)):
            at = BEGAN + second * SECOND
            side, ticks = (Side.BUY, 10_001) if dice.random() < 0.5 else (Side.SELL, 9_999)
            print_ = (side, ticks + symbol * dice.randrange(2), 1)
            messages.append(a_trades_message(print_, symbol=symbol, at=at, venue_at=at))
            resting = [(9_998, 50 + second % 2)]
            messages.append(a_depth_message(resting, symbol=symbol, at=at, venue_at=at))
    return messages


def a_desk(catalogue: Catalogue, reader: Reader) -> Core:
    strategies = StrategySettings(active=(ActiveStrategy(name="reader"),))
    settings = engine_settings(plan=a_plan(order_notional=100.0), strategies=strategies)
    own = OwnParts({"reader": an_own_strategy("reader", reader, NEEDED)}, catalogue)
    return assemble(settings, an_opening(*PAIRS), batch=True, own=own)


def fed(core: Core, messages: list[Rows], first: int = 1) -> list[Fact]:
    facts: list[Fact] = []
    for number, rows in enumerate(messages, first):
        facts += core.step(Stamped(number, Nanos(int(rows["at"][0])), MarketRows(rows)))
    return facts


def told(catalogue: Catalogue, reader: Reader, messages: list[Rows]) -> list[Fact]:
    core = a_desk(catalogue, reader)
    return [*core.open(), *fed(core, messages)]


def from_template(folder: Path) -> Catalogue:
    write_indicator("my_gap", folder)
    return load_own_indicators(folder)


def test_an_own_strategy_trades_by_an_own_indicator(tmp_path: Path) -> None:
    reader = Reader()
    facts = told(from_template(tmp_path), reader, wandering(60, seed=1))
    assert {symbol for _, symbol, _, _ in reader.seen} == {"BTCUSDC", "ETHUSDC"}
    known = [(gap, closes) for _, _, gap, closes in reader.seen if not math.isnan(gap)]
    assert len(known) > 50
    for gap, closes in known:
        assert gap == pytest.approx((closes[-1] / (sum(closes) / 5) - 1.0) * 1e4, abs=1e-9)
    assert [fact for fact in facts if isinstance(fact, StrategyFailed)] == []
    sent = [fact for fact in facts if isinstance(fact, OrderSent)]
    assert sent
    assert {fact.strategy for fact in sent} == {"reader"}


def test_what_it_says_does_not_depend_on_what_comes_after(tmp_path: Path) -> None:
    catalogue = from_template(tmp_path)
    readers = [Reader(), Reader(), Reader()]
    messages, other = wandering(60, seed=1), wandering(60, seed=2)
    told(catalogue, readers[0], messages)
    told(catalogue, readers[1], [*messages[:122], *other[122:]])
    told(catalogue, readers[2], [joined(messages)])
    end = int(messages[121]["at"][0])
    first, second = ([one for one in each.seen if one[0] <= end] for each in readers[:2])
    assert repr(first) == repr(second)
    assert len(first) > 10
    # However the rows are handed over it is asked the same.
    assert repr(readers[0].seen) == repr(readers[2].seen)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_desk_beside_goes_on_with_it(tmp_path: Path, compiled: bool) -> None:
    catalogue = from_template(tmp_path)
    if compiled:
        catalogue = Catalogue()
        catalogue.register(Compiled())
    core, messages = a_desk(catalogue, Reader()), wandering(60, seed=1)
    core.open()
    fed(core, messages[:122])
    twin = twin_of(core)
    after = [fed(each, messages[122:], 123) for each in (core, twin)]
    assert after[0] == after[1] != []


class Compiled:
    """The last close against the one before, basis points."""

    name = "my_gap"
    parameters = (Parameter("period", 5, 2, 50),)
    outputs = ("gap_bps",)

    def memory_size(self, values: Values) -> int:
        return 3

    def warm_up(self, values: Values) -> int:
        return 2

    @staticmethod
    @numba.njit
    def update(memory: Floats, bar: Bar, out: Floats) -> None:
        before = memory[2]
        memory[2] = bar.close
        if before > 0.0:
            out[0] = (bar.close / before - 1.0) * 10_000.0


class Breaks:
    """Works on the candles it is tried on, and breaks on those of the market."""

    name = "my_gap"
    parameters = (Parameter("period", 5, 2, 50),)
    outputs = ("gap_bps",)

    def memory_size(self, values: Values) -> int:
        return 2

    def warm_up(self, values: Values) -> int:
        return 1

    def update(self, memory: Floats, bar: Bar, out: Floats) -> None:
        memory[0] += 1.0
        out[0] = 1.0 / (memory[0] - 20.0)


def test_one_that_breaks_silences_who_needs_it_and_nobody_else() -> None:
    catalogue, reader = Catalogue(), Reader()
    catalogue.register(Breaks())
    facts = told(catalogue, reader, wandering(60, seed=1))
    (failed,) = [fact for fact in facts if isinstance(fact, StrategyFailed)]
    assert failed.strategy == "reader"
    assert "the indicator my_gap broke" in failed.why
    assert 10 < len(reader.seen) < 80
