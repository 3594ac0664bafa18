"""`flash-trading validate-fills`: how true paper fills are, measured on recordings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from trading_agent.research.fill_validation import FillValidation, LogFigures
    from trading_agent.research.fill_validation_aggressors import AggressorFigures, ErrorFigures
    from trading_agent.research.fill_validation_twins import TwinTable


def validate_fills(
    data: Annotated[
        list[Path],
        typer.Argument(help="Recordings: files, or folders that hold one; ours or an exchange's."),
    ],
    symbol: Annotated[str | None, typer.Option(help="Only this symbol, as recorded.")] = None,
    sample: Annotated[
        int, typer.Option(min=1, help="Most resting orders to give a twin, a table.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="Draws which orders get a twin.")] = 1,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
) -> None:
    """Send real aggressors and real resting orders through paper execution and compare.

    Prices of aggressors need depth and prints; resting orders need a log of every order.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.config.kernels import BATCH_LOOP
    from trading_agent.domain.errors import TradingError
    from trading_agent.execution.settings import PaperSettings
    from trading_agent.research.fill_validation import ValidationRequest
    from trading_agent.research.fill_validation import validate_fills as validate
    from trading_agent.runtime.clock import SystemClock
    from trading_agent.runtime.warm_up import warm_up

    request = ValidationRequest(
        data=tuple(data), settings=PaperSettings(), symbol=symbol, sample=sample, seed=seed
    )
    try:
        warm_up((BATCH_LOOP,), SystemClock(), _say)
        found = validate(request, _say)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    if json_output:
        import msgspec

        print(msgspec.json.encode(found).decode())
    else:
        _show(found)


def _show(found: "FillValidation") -> None:
    from rich.console import Console

    console = Console()
    if found.aggressors:
        console.print(aggressor_table(found.aggressors))
    for log in found.twins:
        console.print(log_line(log), markup=False)
        console.print(twin_table("orders with a queue ahead", log.queued))
        console.print(twin_table("all orders", log.all))
        console.print(twin_table("orders with a queue ahead, originals displayed", log.beside))


def aggressor_table(figures: "tuple[AggressorFigures, ...]") -> "Table":
    """Three rows a symbol: against the book just before, the large ones of these (quote asset),
    and against the feed's last book as it was shown. `touch`: mean error of an order filled whole
    at the best price."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from trading_agent.research.fill_validation_aggressors import (
        LARGE_VALUE,
        MEAN_WITHIN_BP,
        P95_WITHIN_BP,
    )

    table = Table(
        title="Aggressors: paper's price against the real one, bp (below 0: too kind)",
        caption=f"targets: mean within ±{MEAN_WITHIN_BP}, p95 of the error ≤ {P95_WITHIN_BP}",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for name in ("symbol", "book"):
        table.add_column(name, no_wrap=True)
    for name in ("n", "mean", "± s.e.", "median", "p95", "touch"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("targets", no_wrap=True)
    for each in figures:
        verdict = "met" if each.within_targets else "missed"
        table.add_row(each.symbol, "just before", *_cells(each.all), verdict)
        table.add_row("", f" > {LARGE_VALUE:,}", *_cells(each.large))
        table.add_row("", "as shown", *_cells(each.as_shown))
        if each.unfilled or each.early:
            table.add_row("", "too small", f"{each.unfilled:,}")
            table.add_row("", "not ready", f"{each.early:,}")
    return table


def log_line(log: "LogFigures") -> str:
    """How far the log itself can be trusted."""
    agreed = "-" if log.agreed is None else f"{log.agreed:.3%}"
    return (
        f"{log.name}: {log.traded:,.2f} traded, {log.printed:,.2f} printed; {agreed} of the "
        f"shown levels as reconstructed; {log.jumped} fills out of turn"
    )


def twin_table(title: str, twins: "TwinTable") -> "Table":
    """A row a model."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from trading_agent.research.fill_validation_twins import (
        FALSE_FILLS,
        VOLUME_FROM,
        VOLUME_TO,
    )

    table = Table(
        title=f"Twins of {title}: {twins.sampled:,} of {twins.orders:,}, {twins.filled:,} filled",
        box=SIMPLE_HEAD,
        caption=f"targets: volume {VOLUME_FROM}-{VOLUME_TO}, false fills ≤ {FALSE_FILLS:.1%}",
    )
    table.add_column("model")
    for name in ("volume ratio", "missed", "false", "front bias"):
        table.add_column(name, justify="right")
    table.add_column("targets")
    for model in twins.models:
        table.add_row(
            model.model,
            _number(model.volume_ratio, ".3f"),
            _number(model.missed, ".2%"),
            _number(model.false, ".2%"),
            _number(model.front_bias, "+.1%"),
            "met" if model.within_targets else "missed",
        )
    return table


def _cells(errors: "ErrorFigures") -> tuple[str, ...]:
    figures = (errors.mean, errors.mean_error, errors.median, errors.p95, errors.touch_mean)
    return f"{errors.orders:,}", *(_number(figure, ".3f") for figure in figures)


def _number(figure: float | None, form: str) -> str:
    return "-" if figure is None else format(figure, form)


def _say(words: str) -> None:
    typer.echo(words, err=True)
