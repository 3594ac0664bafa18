"""Strategies of an evaluation as rows of words, for the screen and the page."""

from typing import Final

from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_tables import (
    NONE,
    SHOWN,
    FigureTable,
    after_words,
    share_of,
    where_known,
    with_interval,
)
from trading_agent.research.signal_verdict import strategy_pays
from trading_agent.research.strategy_edge import ProposalFigure, StrategyFigure


def strategy_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Strategies, each alone through the engine",
        note="Net: a round trip after spread, fees and latency, pessimistically filled, of what "
        "was spent. A message later: where orders travel no less than from one message of the book "
        "to the next. Shifted: as many purchases to market, held as long, at other times.",
        columns=(
            *("strategy", "asked at", "in a word", "asked", "proposals", "refused", "trips"),
            *("net bps", "a message later", "shifted", "fees bps", "earning", "trips an hour"),
            *("held s", "false"),
        ),
        names=3,
        rows=tuple(_strategy_row(each) for each in found.strategies if each.symbol == symbol),
    )


def _strategy_row(each: StrategyFigure) -> tuple[str, ...]:
    return (
        each.strategy,
        each.timeframe or "signals",
        in_a_word(each),
        f"{each.asked:,}",
        f"{each.proposals:,}",
        f"{sum(each.refused.values()):,}",
        f"{each.trips:,}",
        where_known(each.net_bps, ".2f"),
        _late(each),
        where_known(each.shifted_net_bps, ".2f"),
        where_known(each.fees_bps, ".1f"),
        where_known(each.earning, ".0%"),
        where_known(each.an_hour, ".1f"),
        where_known(each.held_seconds, ",.0f"),
        share_of(each.false_share),
    )


def in_a_word(each: StrategyFigure) -> str:
    net = each.net_bps
    if net is None:
        return each.why
    if strategy_pays(each):
        return "pays"
    if net.low is None or net.high is None:
        return "too little to tell"
    return "loses" if net.high < 0 else "no edge shown"


def _late(each: StrategyFigure) -> str:
    if each.net_bps is None:
        return NONE
    if each.late_net_bps is None:
        return f"too few: {each.late_trips}"
    return with_interval(each.late_net_bps, ".2f")


def proposal_table(found: SignalEvaluation, symbol: str, *, every: bool) -> FigureTable:
    """`every`: at all horizons; else at some, and at the strategy's own candles."""
    figures = [
        each
        for each in found.proposals
        if each.symbol == symbol
        and each.group == EVERYTHING
        and (every or each.bars or each.horizon in SHOWN)
    ]
    return FigureTable(
        title="What came after strategies proposed to enter",
        note="Refused ones are counted too. Moves are the mid's, in the direction of the proposal. "
        "Shifted: the same proposals at other times. IC: rank correlation with the mid's move over "
        "all samples, 0 where nothing was proposed.",
        columns=("strategy", "after", *_PROPOSAL_COLUMNS, "false"),
        names=2,
        rows=tuple(
            (
                each.strategy,
                after_words(each.horizon, each.bars),
                *_proposal_cells(each),
                share_of(each.false_share),
            )
            for each in figures
        ),
    )


def proposal_group_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    figures = [e for e in found.proposals if e.symbol == symbol and e.group != EVERYTHING]
    return FigureTable(
        title="What came after proposals, by group",
        note="Groups of fewer than eight are left out.",
        columns=("strategy", "group", "after", *_PROPOSAL_COLUMNS),
        names=3,
        rows=tuple(
            (
                each.strategy,
                f"{each.grouping}: {each.group}",
                after_words(each.horizon, each.bars),
                *_proposal_cells(each),
            )
            for each in sorted(figures, key=lambda e: (e.strategy, e.grouping, e.group, e.horizon))
        ),
    )


_PROPOSAL_COLUMNS: Final = ("n", "IC", "hits", "shifted hits", "move bps", "shifted bps", "chance")


def _proposal_cells(each: ProposalFigure) -> tuple[str, ...]:
    return (
        f"{each.n:,}",
        where_known(each.ic, ".3f"),
        f"{with_interval(each.hit, '.0%')} of {each.moves:,}",
        with_interval(each.shifted_hit, ".0%"),
        with_interval(each.move_bps, ".2f"),
        with_interval(each.shifted_move_bps, ".2f"),
        share_of(each.chance),
    )


def trip_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Round trips of strategies, by group",
        note="As they were opened. Groups of fewer than eight are left out.",
        columns=("strategy", "group", "n", "net bps", "earning"),
        names=2,
        rows=tuple(
            (
                each.strategy,
                f"{each.grouping}: {each.group}",
                f"{each.n:,}",
                with_interval(each.net_bps, ".2f"),
                with_interval(each.earning, ".0%"),
            )
            for each in found.trips
            if each.symbol == symbol
        ),
    )
