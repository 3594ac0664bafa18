"""`flash-trading signals`: what is looked at, and whether it predicts anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trading_agent.cli.signal_patterns import patterns

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from trading_agent.research.signal_evaluation import SignalEvaluation
    from trading_agent.research.signal_tables import FigureTable

_WIDTH = 400
"""Columns of a screen: figures with their intervals are wide, and are never cut."""

signals = typer.Typer(
    name="signals",
    help="What the features of the order flow are worth, measured on recordings.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@signals.callback()
def _signals() -> None:
    """What the features of the order flow are worth, measured on recordings."""


signals.command()(patterns)


@signals.command()
def evaluate(
    data: Annotated[
        list[Path],
        typer.Argument(help="Recordings: files, or folders that hold one; ours or an exchange's."),
    ],
    symbol: Annotated[str | None, typer.Option(help="Only this symbol, as recorded.")] = None,
    fee_bps: Annotated[
        float, typer.Option(min=0.0, max=1_000.0, help="Taker fee of each side, basis points.")
    ] = 0.0,
    latency_ms: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=60_000.0,
            help="Least time an order travels, milliseconds; that of paper trading if left out. "
            "Its jitter comes on top.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws resampled blocks and latencies.")] = 1,
    html: Annotated[
        Path | None, typer.Option(help="Write everything to this file, as a page with pictures.")
    ] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
) -> None:
    """Every feature against the mid price 0.1 to 120 seconds later, and the flash signal itself
    against fills.

    Intervals are 95 %, from resampled blocks of time; `false` is the share of false finds among
    all that are at least as sure, against the same series or signals shifted in time.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError
    from trading_agent.execution.settings import PaperSettings
    from trading_agent.research.signal_evaluation import EvaluationRequest, evaluate_signals
    from trading_agent.signals.settings import SessionPlan

    paper = PaperSettings() if latency_ms is None else PaperSettings(latency_ms=latency_ms)
    request = EvaluationRequest(
        data=tuple(data),
        plan=SessionPlan(),
        taker_fee_bps=fee_bps,
        symbol=symbol,
        seed=seed,
        paper=paper,
    )
    try:
        _warm_up()
        found = evaluate_signals(request, _say)
        if html is not None:
            from trading_agent.research.signal_page import write_page

            write_page(found, html)
            _say(f"the page: {html}")
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    if json_output:
        import msgspec

        print(msgspec.json.encode(found).decode())
    else:
        _show(found)


@signals.command()
def calibrate(
    data: Annotated[
        list[Path],
        typer.Argument(help="Recordings: files, or folders that hold one; ours or an exchange's."),
    ],
    symbol: Annotated[str | None, typer.Option(help="Only this symbol, as recorded.")] = None,
    an_hour: Annotated[
        float, typer.Option(min=0.1, max=3_600.0, help="Signals an hour to aim at.")
    ] = 60.0,
    after: Annotated[
        float, typer.Option(min=0.1, max=600.0, help="Seconds after which a signal is judged.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Draws the resampled blocks.")] = 1,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
) -> None:
    """Thresholds of the flash signal, by session, that raise it about so often and hit best.

    Chosen on one half of every session's recording and judged on the other, both ways; the
    thresholds printed are then chosen on all of it. Prints an overlay for the configuration.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError
    from trading_agent.research.signal_calibration import CalibrationRequest, calibrate_signals
    from trading_agent.signals.settings import SessionPlan

    request = CalibrationRequest(
        data=tuple(data),
        plan=SessionPlan(),
        symbol=symbol,
        an_hour=an_hour,
        after=after,
        seed=seed,
    )
    try:
        _warm_up()
        found = calibrate_signals(request, _say)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    import msgspec

    if json_output:
        print(msgspec.json.encode(found).decode())
        return
    from rich.console import Console

    from trading_agent.research.signal_tables import calibration_table

    Console(width=_WIDTH).print(rich_table("", calibration_table(found)))
    print(msgspec.json.format(msgspec.json.encode(found.overlay), indent=2).decode())


def _warm_up() -> None:
    from trading_agent.engine.assembly import prepare_batch
    from trading_agent.runtime.clock import SystemClock
    from trading_agent.runtime.warm_up import Kernel, warm_up

    warm_up((Kernel("the engine's batch loop", prepare_batch),), SystemClock(), _say)


def _show(found: "SignalEvaluation") -> None:
    from rich.console import Console

    from trading_agent.research.signal_tables import (
        feature_table,
        flash_table,
        group_table,
        monotony_table,
        turnover_table,
    )

    console = Console(width=_WIDTH)
    for symbol, seconds in found.seconds.items():
        for table in (
            feature_table(found, symbol),
            group_table(found, symbol),
            monotony_table(found, symbol),
            turnover_table(found, symbol),
            flash_table(found, symbol, whole=False),
            flash_table(found, symbol, whole=True),
        ):
            console.print(rich_table(f"{symbol}, {seconds:,.0f} s: ", table))
    console.print("Deciles and decay: --json or --html.")
    _show_verdicts(found, console)


def _show_verdicts(found: "SignalEvaluation", console: "Console") -> None:
    from trading_agent.research.signal_verdict import judge_evaluation

    for verdict in judge_evaluation(found):
        console.print(f"\n{verdict.symbol}: {verdict.headline}", markup=False, highlight=False)
        for name, lines in (
            ("predicts", verdict.predicts),
            ("pays", verdict.pays),
            ("does not", verdict.does_not),
        ):
            for line in lines:
                console.print(f"  {name:9} {line}", markup=False, highlight=False)


def rich_table(before: str, figures: "FigureTable") -> "Table":
    """For the screen."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=before + figures.title, caption=figures.note, box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for place, name in enumerate(figures.columns):
        table.add_column(name, justify="left" if place < figures.names else "right", no_wrap=True)
    previous = ""
    for row in figures.rows:
        table.add_row(row[0] if row[0] != previous else "", *row[1:])
        previous = row[0]
    return table


def _say(words: str) -> None:
    typer.echo(words, err=True)
