"""Chart patterns of an evaluation as rows of words, for the screen and the page."""

from collections.abc import Iterator, Sequence

from trading_agent.research.pattern_edge import PatternEdge
from trading_agent.research.recorded_patterns import AFTER, PatternCount, PatternMove, kinds_of
from trading_agent.research.signal_edge import EdgeFigure
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_tables import (
    EDGE_COLUMNS,
    NONE,
    SHOWN,
    FigureTable,
    after_words,
    edge_cells,
    share_of,
    where_known,
    with_interval,
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


def pattern_edge_table(found: SignalEvaluation, symbol: str, *, every: bool) -> FigureTable:
    """`every`: at all horizons; else at some, and at the pattern's own candles."""
    return FigureTable(
        title="What chart patterns pay",
        note="As a signal that is raised when the pattern is known: with the first print after its "
        "last candle. Columns as for the flash signal.",
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
        note="Groups of fewer than eight are left out.",
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
    yield pattern_table(found, symbol)
    yield pattern_count_table(found, symbol)
