"""Strategies of an evaluation as rows of words, for the screen and the page."""

from typing import Final

from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_tables import (
    NONE,
    RESAMPLED,
    SHIFTED,
    SHOWN,
    FigureTable,
    after_words,
    counted,
    share_of,
    where_known,
    with_interval,
)
from trading_agent.research.signal_verdict import and_failed, strategy_pays
from trading_agent.research.strategy_edge import ProposalFigure, StrategyFigure


def strategy_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Strategies, each alone through the engine",
        note="Net: a round trip after spread, fees and latency, pessimistically filled, of what "
        "was spent. A message later: where orders travel no less than from one message of the book "
        "to the next. Shifted are as many purchases to market, held as long. One that failed was "
        f"not asked any more, and is never said to pay. {SHIFTED}",
        columns=(
            *("strategy", "asked at", "in a word", "asked", "proposals", "refused", "trips"),
            *("net bps", "a message later", "shifted", "shifts", "fees bps", "earning"),
            *("trips an hour", "held s", "chance", "false"),
        ),
        names=3,
        rows=tuple(_strategy_row(each) for each in found.strategies if each.symbol == symbol),
    )


def _strategy_row(each: StrategyFigure) -> tuple[str, ...]:
    return (
        each.strategy,
        each.timeframe or ("quotes" if each.quotes else "signals"),
        in_a_word(each),
        f"{each.asked:,}",
        f"{each.proposals:,}",
        f"{sum(each.refused.values()):,}",
        f"{each.trips:,}",
        where_known(each.net_bps, ".2f"),
        _late(each),
        where_known(each.shifted_net_bps, ".2f"),
        NONE if each.shifted_net_bps is None else f"{each.shifts:,}",
        where_known(each.fees_bps, ".1f"),
        where_known(each.earning, ".0%"),
        where_known(each.an_hour, ".1f"),
        where_known(each.held_seconds, ",.0f"),
        share_of(each.chance),
        share_of(each.false_share),
    )


def in_a_word(each: StrategyFigure) -> str:
    return and_failed(_in_a_word(each), each)


def _in_a_word(each: StrategyFigure) -> str:
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
    return counted(each.late_net_bps, ".2f", each.late_trips)


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
        "IC: rank correlation with the mid's move over all samples, 0 where nothing was proposed. "
        f"{SHIFTED}",
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
        note=f"Groups of fewer than eight are left out. {SHIFTED}",
        columns=("strategy", "group", "after", *_PROPOSAL_COLUMNS, "false"),
        names=3,
        rows=tuple(
            (
                each.strategy,
                f"{each.grouping}: {each.group}",
                after_words(each.horizon, each.bars),
                *_proposal_cells(each),
                share_of(each.false_share),
            )
            for each in sorted(figures, key=lambda e: (e.strategy, e.grouping, e.group, e.horizon))
        ),
    )


_PROPOSAL_COLUMNS: Final = (
    "n",
    "IC",
    "hits",
    "shifted hits",
    "move bps",
    "shifted bps",
    "shifts",
    "chance",
)


def _proposal_cells(each: ProposalFigure) -> tuple[str, ...]:
    return (
        f"{each.n:,}",
        counted(each.ic, ".3f", each.samples),
        counted(each.hit, ".0%", each.moves),
        with_interval(each.shifted_hit, ".0%"),
        with_interval(each.move_bps, ".2f"),
        with_interval(each.shifted_move_bps, ".2f"),
        f"{each.shifts:,}",
        share_of(each.chance),
    )


def trip_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Round trips of strategies, by group",
        note="As they were opened. Groups of fewer than eight are left out. False is of "
        f"earning more than nothing. {RESAMPLED}",
        columns=("strategy", "group", "n", "net bps", "false", "earning"),
        names=2,
        rows=tuple(
            (
                each.strategy,
                f"{each.grouping}: {each.group}",
                f"{each.n:,}",
                with_interval(each.net_bps, ".2f"),
                share_of(each.false_share),
                with_interval(each.earning, ".0%"),
            )
            for each in found.trips
            if each.symbol == symbol
        ),
    )
