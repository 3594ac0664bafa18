"""`flash-trading signals patterns`: what followed patterns, and who sees the same ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from trading_agent.research.pattern_evaluation import (
        PatternEvaluation,
        PatternFigure,
        PatternRequest,
    )
    from trading_agent.research.pattern_labels import LabelScore

_WIDTH = 190
"""Columns of the table: wider than a narrow window rather than cut."""


def patterns(
    data: Annotated[
        list[Path], typer.Argument(help="CSV files of candles, packed or not, or folders of them.")
    ],
    timeframe: Annotated[
        str | None, typer.Option(help="Only candles of this length: 1m, 5m, 15m, 1h, 4h, 1d.")
    ] = None,
    fold: Annotated[
        list[str] | None,
        typer.Option(help="Candles of one length joined into longer ones too: 1h:4h; repeatable."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="Score double bottoms against a person's labels, columns Date, Label."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws blocks and random moments.")] = 1,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
    as_table: Annotated[
        bool, typer.Option(help="Print the source of the table of base rates instead.")
    ] = False,
    candlesticks: Annotated[
        bool, typer.Option(help="Measure candlesticks too; they take most of the time.")
    ] = True,
) -> None:
    """Chart patterns and candlesticks against the 5, 10 and 20 candles after them.

    Moves are in percent, in the direction of the pattern, before fees. Intervals are 95 %, from
    resampled blocks of time of at least two days, at most 500 of them; `random` is the median and
    mean of as many random moments, and where 95 % of a thousand such lie; `false` is the share of
    false finds among all that are at least as sure, for the median and the mean.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError
    from trading_agent.research.pattern_evaluation import PatternRequest
    from trading_agent.research.pattern_klines import read_fold
    from trading_agent.signals.patterns.settings import PatternSettings

    try:
        if labels is not None:
            _score(tuple(data), labels, json_output)
        else:
            request = PatternRequest(
                data=tuple(data),
                settings=PatternSettings(),
                timeframe=timeframe,
                seed=seed,
                candlesticks=candlesticks,
                folds=tuple(read_fold(each) for each in fold or ()),
            )
            _evaluate(request, json_output, as_table)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error


def _score(data: tuple[Path, ...], labels: Path, json_output: bool) -> None:
    from trading_agent.research.pattern_labels import score_double_bottoms
    from trading_agent.signals.patterns.settings import PatternSettings

    found = score_double_bottoms(data, labels, PatternSettings())
    if json_output:
        _print_json(found)
    else:
        print(score_words(found))


def score_words(score: "LabelScore") -> str:
    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.0%}"

    return (
        f"double bottoms in {score.windows} labelled windows: precision {share(score.precision)} "
        f"({score.hits} of {score.hits + score.false_alarms}), recall {share(score.recall)} "
        f"({score.hits} of {score.hits + score.missed}); guessing: {score.usual:.0%}"
    )


def _evaluate(request: "PatternRequest", json_output: bool, as_table: bool) -> None:
    from trading_agent.research.pattern_evaluation import evaluate_patterns
    from trading_agent.research.pattern_table import table_source

    found = evaluate_patterns(request, _say)
    if as_table:
        print(table_source(found), end="")
    elif json_output:
        _print_json(found)
    else:
        _show(found)


def _show(found: "PatternEvaluation") -> None:
    from rich.console import Console

    console = Console(width=max(Console().width, _WIDTH))
    for timeframe, candles in found.candles.items():
        figures = [figure for figure in found.figures if figure.timeframe == timeframe]
        title = f"{timeframe}: {candles:,} candles, {found.patterns[timeframe]:,} patterns"
        console.print(pattern_table(title, figures))
        named = [figure for figure in found.candlesticks if figure.timeframe == timeframe]
        if named:
            console.print(pattern_table(f"{timeframe}: candlesticks", named))


def pattern_table(title: str, figures: "list[PatternFigure]") -> "Table":
    """A row a kind and horizon."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from trading_agent.research.signal_tables import counted, share_of, with_interval

    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("pattern", no_wrap=True)
    for name in ("after", "n", "median %", "random", "false", "mean %", "random", "false"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("its way", "random"):
        table.add_column(name, justify="right", no_wrap=True)
    before = ""
    for figure in figures:
        kind = figure.kind.replace("_", " ")
        table.add_row(
            kind if kind != before else "",
            str(figure.after),
            f"{figure.n:,}",
            with_interval(figure.median, "+.2f"),
            with_interval(figure.random_median, "+.2f"),
            share_of(figure.median_false_share),
            with_interval(figure.mean, "+.2f"),
            with_interval(figure.random_mean, "+.2f"),
            share_of(figure.mean_false_share),
            counted(figure.hit, ".0%", figure.moves),
            with_interval(figure.random_hit, ".0%"),
        )
        before = kind
    return table


def _print_json(found: "PatternEvaluation | LabelScore") -> None:
    import msgspec

    print(msgspec.json.encode(found).decode())


def _say(words: str) -> None:
    typer.echo(words, err=True)
