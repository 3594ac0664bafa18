"""`flash-trading signals`: what is looked at, and whether it predicts anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from trading_agent.research.signal_evaluation import Figure, SignalEvaluation
    from trading_agent.research.signal_statistics import Estimate

signals = typer.Typer(
    name="signals",
    help="What the features of the order flow are worth, measured on recordings.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@signals.callback()
def _signals() -> None:
    """What the features of the order flow are worth, measured on recordings."""


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
    seed: Annotated[int, typer.Option(min=0, help="Draws the resampled blocks.")] = 1,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
) -> None:
    """Every feature against the mid price 0.5 to 60 seconds later.

    Intervals are 95 %, from resampled blocks of time; `false` is the share of false finds among
    all that are at least as sure, against the same series shifted in time.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError
    from trading_agent.engine.assembly import prepare_batch
    from trading_agent.research.signal_evaluation import EvaluationRequest, evaluate_signals
    from trading_agent.runtime.clock import SystemClock
    from trading_agent.runtime.warm_up import Kernel, warm_up
    from trading_agent.signals.settings import SessionPlan

    request = EvaluationRequest(
        data=tuple(data), plan=SessionPlan(), taker_fee_bps=fee_bps, symbol=symbol, seed=seed
    )
    try:
        warm_up((Kernel("the engine's batch loop", prepare_batch),), SystemClock(), _say)
        found = evaluate_signals(request, _say)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    if json_output:
        import msgspec

        print(msgspec.json.encode(found).decode())
    else:
        _show(found)


def _show(found: "SignalEvaluation") -> None:
    from rich.console import Console

    console = Console()
    for symbol, seconds in found.seconds.items():
        figures = [figure for figure in found.figures if figure.symbol == symbol]
        console.print(evaluation_table(f"{symbol}: {seconds:,.0f} s", figures))


def evaluation_table(title: str, figures: "list[Figure]") -> "Table":
    """A row a feature and horizon."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("feature", no_wrap=True)
    for name in ("after", "n", "rank correlation", "halves", "hits", "false"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("strongest tenth, net bps", justify="right", no_wrap=True)
    before = ""
    for figure in sorted(figures, key=lambda each: (each.feature, each.horizon)):
        found = figure.prediction
        false = figure.false_share
        table.add_row(
            figure.feature if figure.feature != before else "",
            f"{figure.horizon:g} s",
            f"{found.n:,}",
            _interval(found.ic, ".2f"),
            f"{found.first_half:+.2f} {found.second_half:+.2f}",
            _interval(found.hit, ".0%"),
            "-" if false is None else f"{false:.2g}",
            _interval(figure.net_bps, ".2f"),
        )
        before = figure.feature
    return table


def _interval(estimate: "Estimate", form: str) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:{form}} (too little)"
    return f"{estimate.value:{form}} ({estimate.low:{form}} to {estimate.high:{form}})"


def _say(words: str) -> None:
    typer.echo(words, err=True)
