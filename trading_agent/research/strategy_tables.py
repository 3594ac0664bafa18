"""Strategies and chart patterns of an evaluation as rows of words, for the screen and the page."""

from collections.abc import Iterator, Sequence
from typing import Final

from trading_agent.research.recorded_patterns import AFTER, PatternCount, PatternMove, kinds_of
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_tables import (
    NONE,
    FigureTable,
    seconds_of,
    share_of,
    where_known,
    with_interval,
)
from trading_agent.research.signal_verdict import strategy_pays
from trading_agent.research.strategy_edge import ProposalFigure, StrategyFigure

_SHOWN: Final = (1.0, 10.0, 60.0)
"""Seconds shown on a screen beside a strategy's own candles."""


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
        and (every or each.bars or each.horizon in _SHOWN)
    ]
    return FigureTable(
        title="What came after strategies proposed to enter",
        note="Refused ones are counted too. Moves are the mid's, in the direction of the proposal. "
        "Shifted: the same proposals at other times. IC: rank correlation with the mid's move over "
        "all samples, 0 where nothing was proposed.",
        columns=("strategy", "after", *_PROPOSAL_COLUMNS, "false"),
        names=2,
        rows=tuple(
            (each.strategy, after_words(each), *_proposal_cells(each), share_of(each.false_share))
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
                after_words(each),
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


def after_words(each: ProposalFigure) -> str:
    seconds = seconds_of(each.horizon)
    return f"{seconds} = {each.bars} candle{'s' if each.bars > 1 else ''}" if each.bars else seconds


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


def pattern_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    """A row a kind; those too rare together in one row a timeframe."""
    return FigureTable(
        title="Chart patterns",
        note="Mean move of the candles' closes in the direction of the pattern, basis points, "
        "before all costs. IC: rank correlation with it over all candles, 0 without a pattern. "
        "False: of the surest of the three, against the same patterns at other "
        "times.",
        columns=(
            *("candles", "pattern", "n", "IC after 5", "hits after 5"),
            *(f"after {each}" for each in AFTER),
            *("shifted after 5", "false"),
        ),
        names=2,
        rows=tuple(_pattern_rows(found, symbol)),
    )


def _pattern_rows(found: SignalEvaluation, symbol: str) -> Iterator[tuple[str, ...]]:
    groups = list(kinds_of([each for each in found.patterns if each.symbol == symbol]))
    for count in found.pattern_counts:
        if count.symbol != symbol:
            continue
        timeframe = f"{count.timeframe} ({count.candles:,})"
        for group in groups:
            if group[0].timeframe == count.timeframe:
                yield (timeframe, *_pattern_cells(group))
        rest = (NONE,) * (len(AFTER) + 5)
        if count.too_few:
            yield (timeframe, _rare(count), *rest)
        elif not count.patterns:
            yield (timeframe, "none seen", *rest)


def _rare(count: PatternCount) -> str:
    seen = [count.patterns[kind] for kind in count.too_few]
    if len(seen) == 1:
        return f"too few: {plain(count.too_few[0])} {seen[0]}"
    most = "1 of each" if max(seen) == 1 else f"{min(seen)} to {max(seen)} of each"
    return f"too few: {len(seen)} kinds, {most}"


def pattern_count_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="How many chart patterns there were",
        note="Of fewer than eight of a kind nothing is said.",
        columns=("candles", "pattern", "n"),
        names=2,
        rows=tuple(
            (f"{count.timeframe} ({count.candles:,})", plain(kind), f"{n:,}")
            for count in found.pattern_counts
            if count.symbol == symbol
            for kind, n in count.patterns.items()
        ),
    )


def _pattern_cells(group: Sequence[PatternMove]) -> tuple[str, ...]:
    by_after = {each.after: each for each in group}
    middle = by_after.get(AFTER[1])
    shares = [each.false_share for each in group if each.false_share is not None]
    return (
        plain(group[0].kind),
        f"{group[0].n:,}",
        NONE if middle is None else where_known(middle.ic, ".3f"),
        NONE if middle is None else with_interval(middle.hit, ".0%"),
        *(
            with_interval(by_after[after].mean_bps, ".2f") if after in by_after else NONE
            for after in AFTER
        ),
        NONE if middle is None else with_interval(middle.shifted_mean_bps, ".2f"),
        share_of(min(shares, default=None)),
    )


def plain(name: str) -> str:
    return name.replace("_", " ")


def screen_tables(found: SignalEvaluation, symbol: str) -> Iterator[FigureTable]:
    yield strategy_table(found, symbol)
    yield proposal_table(found, symbol, every=False)
    yield pattern_table(found, symbol)


def page_tables(found: SignalEvaluation, symbol: str) -> Iterator[FigureTable]:
    yield strategy_table(found, symbol)
    yield trip_table(found, symbol)
    yield proposal_table(found, symbol, every=True)
    yield proposal_group_table(found, symbol)
    yield pattern_table(found, symbol)
    yield pattern_count_table(found, symbol)
