"""Chart patterns of an evaluation as rows of words, for the screen and the page."""

from collections.abc import Iterator
from typing import Final

from trading_agent.research.pattern_edge import PatternEdge
from trading_agent.research.recorded_patterns import AFTER, TIMEFRAMES, PatternCount, PatternMove
from trading_agent.research.signal_edge import EdgeFigure
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_tables import (
    EDGE_COLUMNS,
    NONE,
    SHIFTED,
    SHOWN,
    FigureTable,
    after_words,
    counted,
    edge_cells,
    share_of,
    where_known,
    with_interval,
)
from trading_agent.research.signal_verdict import candlestick_pays, surely

_SHOWN_AFTER: Final = AFTER[1]
"""Candles, on a screen."""


def pattern_table(found: SignalEvaluation, symbol: str, *, every: bool) -> FigureTable:
    """A row a kind, `every`: and horizon; those too rare together in one row a timeframe."""
    return FigureTable(
        title="Chart patterns",
        note=f"{_MOVES_NOTE} {_judged_with('chart patterns')}",
        columns=_MOVE_COLUMNS,
        names=3,
        rows=tuple(_pattern_rows(found, symbol, every)),
    )


def candlestick_table(found: SignalEvaluation, symbol: str, *, every: bool) -> FigureTable:
    """`every`: all that were seen eight times; else those that are no luck."""
    moves = [each for each in found.candlesticks if each.symbol == symbol]
    kinds = {(each.timeframe, each.kind) for each in moves}
    shown = moves if every else [each for each in moves if surely(each)]
    which = (
        f"All {len(kinds)} kinds that were seen eight times."
        if every
        else f"Of {len(kinds)} kinds that were seen eight times those that are no luck."
    )
    return FigureTable(
        title="Candlesticks",
        note=f"{which} {_MOVES_NOTE} {_judged_with('candlesticks')}",
        columns=_MOVE_COLUMNS,
        names=3,
        rows=tuple(
            (f"{each.timeframe} ({each.candles + each.after:,})", *_move_cells(each))
            for each in sorted(
                shown, key=lambda each: (TIMEFRAMES.index(each.timeframe), each.kind, each.after)
            )
        ),
    )


def candlestick_net_table(found: SignalEvaluation, symbol: str, *, every: bool) -> FigureTable:
    """`every`: all that were traded eight times; else those that pay."""
    nets = [each for each in found.candlestick_nets if each.symbol == symbol]
    shown = nets if every else [each for each in nets if candlestick_pays(each)]
    which = "All" if every else f"Of {len(nets):,} figures those"
    return FigureTable(
        title="What candlesticks pay",
        note=f"{which} {'that were traded eight times' if every else 'that pay'}: entered with the "
        "first print after the candle, held so many candles and no longer than a quarter of an "
        "hour, spread and fees paid. A message later: where orders travel no less than from one "
        "message of the recorded book to the next. Shifted: of those that seem to pay, the same at "
        "so many other times, the mean and where 95 % lie. Chance: how often luck alone would come "
        "to as much, from how much their own blocks of time differ (Student's, against zero), and "
        "from the shifts where there are any, whichever is more. False: of all that are at least "
        "as sure, the share that would be luck, over all candlesticks of the command.",
        columns=(
            *("candles", "candlestick", "held", "n", "net bps", "a message later"),
            *("shifted", "shifts", "chance", "false"),
        ),
        names=2,
        rows=tuple(
            (
                each.timeframe,
                plain(each.kind),
                str(each.after),
                f"{each.filled:,}",
                with_interval(each.net_bps, ".2f"),
                with_interval(each.coarse_net_bps, ".2f"),
                where_known(each.shifted_net_bps, ".2f"),
                f"{each.shifts:,}",
                share_of(each.chance),
                share_of(each.false_share),
            )
            for each in sorted(
                shown, key=lambda each: (TIMEFRAMES.index(each.timeframe), each.kind, each.after)
            )
        ),
    )


_MOVES_NOTE: Final = (
    "Moves of the candles' closes in the direction of the pattern, basis points, before all costs; "
    "closes are prints, at the bid or the ask, so that where the spread is wide prices fall back "
    "by it and nobody earns that. "
    "IC: rank correlation with them over all candles, 0 without a pattern. Shifted: the same "
    "patterns at other times, never nearer than what is looked ahead and a block of time; the mean "
    "and where 95 % of a thousand lie, and nothing where there is no room for that. Chance: how "
    "often shifted means lie as far off as this one, and no less than so few blocks of time allow."
)
_MOVE_COLUMNS: Final = (
    *("candles", "pattern", "after", "n", "IC", "hits", "shifted", "mean bps", "median bps"),
    *("shifted mean bps", "chance", "false"),
)


def _judged_with(family: str) -> str:
    return (
        "False: of all means that are at least as sure, the share that would be luck, over the "
        f"means and medians of all {family} of the command."
    )


def _pattern_rows(found: SignalEvaluation, symbol: str, every: bool) -> Iterator[tuple[str, ...]]:
    moves = [
        each
        for each in found.patterns
        if each.symbol == symbol and (every or each.after == _SHOWN_AFTER)
    ]
    for count in found.pattern_counts:
        if count.symbol != symbol:
            continue
        timeframe = f"{count.timeframe} ({count.candles:,})"
        for each in moves:
            if each.timeframe == count.timeframe:
                yield (timeframe, *_move_cells(each))
        rest = (NONE,) * (len(_MOVE_COLUMNS) - 2)
        if count.too_few:
            yield (timeframe, _rare(count), *rest)
        elif not count.patterns:
            yield (timeframe, "none seen", *rest)


def _move_cells(each: PatternMove) -> tuple[str, ...]:
    return (
        plain(each.kind),
        str(each.after),
        f"{each.n:,}",
        counted(each.ic, ".3f", each.candles),
        counted(each.hit, ".0%", each.moves),
        with_interval(each.shifted_hit, ".0%"),
        with_interval(each.mean_bps, ".2f"),
        with_interval(each.median_bps, ".2f"),
        with_interval(each.shifted_mean_bps, ".2f"),
        share_of(each.chance),
        share_of(each.false_share),
    )


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


def pattern_edge_table(found: SignalEvaluation, symbol: str, *, every: bool) -> FigureTable:
    """`every`: at all horizons; else at some, and at the pattern's own candles."""
    return FigureTable(
        title="What chart patterns pay",
        note="As a signal that is raised when the pattern is known: with the first print after its "
        f"last candle. Columns as for the flash signal. {SHIFTED}",
        columns=("pattern", "after", *EDGE_COLUMNS),
        names=2,
        rows=tuple(
            (_named(edge), _after(edge, each), *edge_cells(each))
            for edge in _edges(found, symbol)
            for each in edge.whole()
            if every or edge.bars(each.horizon) or each.horizon in SHOWN
        ),
    )


def pattern_group_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="What chart patterns pay, by group",
        note=f"Groups of fewer than eight are left out. {SHIFTED}",
        columns=("pattern", "group", "after", *EDGE_COLUMNS),
        names=3,
        rows=tuple(
            (_named(edge), f"{each.grouping}: {each.group}", _after(edge, each), *edge_cells(each))
            for edge in _edges(found, symbol)
            for each in sorted(edge.figures, key=lambda e: (e.grouping, e.group, e.horizon))
            if each.group != EVERYTHING
        ),
    )


def pattern_turnover_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="How often chart patterns are known",
        note="And how often against the one before of the same kind.",
        columns=("pattern", "n", "to buy", "an hour", "reversing"),
        names=1,
        rows=tuple(
            (
                _named(edge),
                f"{edge.turnover.n:,}",
                f"{edge.turnover.buys:,}",
                with_interval(edge.turnover.an_hour, ".1f"),
                with_interval(edge.turnover.reversed, ".0%"),
            )
            for edge in _edges(found, symbol)
        ),
    )


def _edges(found: SignalEvaluation, symbol: str) -> Iterator[PatternEdge]:
    return (each for each in found.pattern_edges if each.symbol == symbol)


def _named(edge: PatternEdge) -> str:
    return f"{edge.timeframe} {plain(edge.kind)}"


def _after(edge: PatternEdge, each: EdgeFigure) -> str:
    return after_words(each.horizon, edge.bars(each.horizon))


def plain(name: str) -> str:
    return name.replace("_", " ")


def pattern_tables(found: SignalEvaluation, symbol: str) -> Iterator[FigureTable]:
    """All of them."""
    yield pattern_edge_table(found, symbol, every=True)
    yield pattern_group_table(found, symbol)
    yield pattern_turnover_table(found, symbol)
    yield pattern_table(found, symbol, every=True)
    yield candlestick_table(found, symbol, every=True)
    yield candlestick_net_table(found, symbol, every=True)
    yield pattern_count_table(found, symbol)
