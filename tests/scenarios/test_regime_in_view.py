"""What kind of market it is, as strategies are told and as people see it."""

import pytest

from tests.builders import an_opening, engine_settings, joined
from tests.own_strategies import an_own_strategy
from tests.random_market import CALM, PAIRS, RandomMarket
from trading_agent.domain.chart_facts import RegimeChanged
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.units import Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.signals.enhanced.regime import RegimeKind
from trading_agent.signals.timeframe_settings import Timeframe, TimeframeSettings
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Requirements, StrategyView


@pytest.mark.parametrize("timeframe", ["1s", None])
def test_a_strategy_is_told_the_kind_of_market_that_people_see(timeframe: Timeframe | None) -> None:
    seen: list[tuple[int, RegimeKind | None]] = []

    def answer(view: StrategyView) -> None:
        if view.instrument.symbol == "BTCUSDC":
            seen.append((view.at, view.regime))

    watcher = an_own_strategy("watcher", answer, Requirements(timeframe="1s"))
    settings = engine_settings(
        strategies=StrategySettings(active=(ActiveStrategy(name="watcher"),)),
        timeframes=TimeframeSettings(timeframes=(), patterns=(), candlesticks=(), regime=timeframe),
    )
    rows = joined(RandomMarket(5, CALM).messages(6_000))
    core = assemble(settings, an_opening(*PAIRS), batch=True, own=OwnParts({"watcher": watcher}))
    core.open()
    facts = core.step(Stamped(1, Nanos(int(rows["at"][0])), MarketRows(rows)))
    kinds = {kind for _, kind in seen}
    shown = core.snapshot(Nanos(int(rows["at"][-1]))).symbols[0]
    if timeframe is None:
        assert kinds == {None}
        assert shown.regime == ""
        return
    assert len(kinds) > 2
    assert seen[-1][1] == shown.regime
    changes = [
        fact for fact in facts if isinstance(fact, RegimeChanged) and fact.symbol == "BTCUSDC"
    ]
    assert len(changes) > 2
    for change in changes:
        told = [kind for at, kind in seen if at < change.at][-1:]
        assert told in ([], [RegimeKind(change.before)])
        (now,) = [kind for at, kind in seen if at >= change.at][:1]
        assert now == change.regime
