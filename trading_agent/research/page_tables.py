"""Which tables of an evaluation are shown where, and in what order."""

from collections.abc import Iterator

from trading_agent.research.feature_tables import (
    decay_table,
    feature_table,
    feature_tables,
    group_table,
    monotony_table,
)
from trading_agent.research.pattern_tables import (
    candlestick_net_table,
    candlestick_table,
    pattern_edge_table,
    pattern_table,
    pattern_tables,
)
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_tables import FigureTable, flash_table, turnover_table
from trading_agent.research.strategy_tables import (
    proposal_group_table,
    proposal_table,
    strategy_table,
    trip_table,
)
from trading_agent.research.weighed_tables import (
    family_table,
    strength_table,
    weighed_table,
    weighed_tables,
)


def screen_tables(found: SignalEvaluation, symbol: str) -> Iterator[FigureTable]:
    """What fits a screen; the most important last, where a person still sees it."""
    yield feature_table(found, symbol)
    yield group_table(found, symbol)
    yield monotony_table(found, symbol)
    yield turnover_table(found, symbol)
    yield flash_table(found, symbol, whole=False, brief=True)
    yield flash_table(found, symbol, whole=True)
    yield family_table(found, symbol)
    yield strength_table(found, symbol)
    yield weighed_table(found, symbol)
    yield strategy_table(found, symbol)
    yield proposal_table(found, symbol, every=False)
    yield pattern_table(found, symbol, every=False)
    yield candlestick_table(found, symbol, every=False)
    yield candlestick_net_table(found, symbol, every=False)
    yield pattern_edge_table(found, symbol, every=False)


def page_tables(found: SignalEvaluation, symbol: str) -> Iterator[FigureTable]:
    """Everything there is."""
    yield strategy_table(found, symbol)
    yield trip_table(found, symbol)
    yield proposal_table(found, symbol, every=True)
    yield proposal_group_table(found, symbol)
    yield from pattern_tables(found, symbol)
    yield from weighed_tables(found, symbol)
    yield flash_table(found, symbol, whole=True)
    yield flash_table(found, symbol, whole=False)
    yield turnover_table(found, symbol)
    yield decay_table(found, symbol, features=False)
    yield from feature_tables(found, symbol)
