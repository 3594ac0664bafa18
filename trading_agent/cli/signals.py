"""`flash-trading signals`: what is looked at, and whether it predicts anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trading_agent.cli.figure_table import rich_table
from trading_agent.cli.signal_patterns import patterns
from trading_agent.cli.signal_regimes import regimes

if TYPE_CHECKING:
    from rich.console import Console

    from trading_agent.config.flash_trading_config import FlashTradingConfig
    from trading_agent.research.signal_evaluation import EvaluationRequest, SignalEvaluation

_WIDTH = 400
"""Columns of a screen: figures with their intervals are wide, and are never cut."""

Config = Annotated[
    Path | None,
    typer.Option(help="Configuration file; the one that `run` finds if left out."),
]
Overlay = Annotated[
    list[Path] | None, typer.Option(help="File laid over the configuration; repeatable.")
]

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
signals.command()(regimes)


@signals.command()
def evaluate(
    data: Annotated[
        list[Path],
        typer.Argument(help="Recordings: files, or folders that hold one; ours or an exchange's."),
    ],
    symbol: Annotated[str | None, typer.Option(help="Only this symbol, as recorded.")] = None,
    config: Config = None,
    overlay: Overlay = None,
    standard: Annotated[
        bool,
        typer.Option(
            "--standard", help="Try every strategy that comes with the engine, enabled or not."
        ),
    ] = False,
    fee_bps: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1_000.0,
            help="Taker fee of each side, basis points. What the recording states if left out, "
            "else paper.unknown_fee.",
        ),
    ] = None,
    maker_fee_bps: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1_000.0, help="The same for orders that rested; as --fee-bps if left out."
        ),
    ] = None,
    latency_ms: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=60_000.0,
            help="Least time an order travels, milliseconds; that of the configuration if left "
            "out. Its jitter comes on top.",
        ),
    ] = None,
    notional: Annotated[
        float | None,
        typer.Option(
            min=1e-8,
            max=1_000_000.0,
            help="What one entry is worth, in the quote asset of the recording. If left out, "
            "trading.execution.order_notional where that asset is a dollar as the desk's money "
            "is, else what the recording's middle print is worth.",
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
    """Every feature against the mid price 0.1 to 120 seconds later, the flash signal against
    fills, every enabled strategy alone through the engine, and chart patterns and candlesticks:
    what followed them, and what they pay.

    Sessions, thresholds, limits, latency and strategies are those of the configuration.
    Intervals are 95 %, from resampled blocks of time; `false` is the share of false finds among
    all that are at least as sure, against the same series or signals shifted in time, or as much
    as their own blocks of time differ: the note under each table says which.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError
    from trading_agent.research.signal_evaluation import evaluate_signals

    try:
        request = _request(
            _configured(config, overlay),
            data=tuple(data),
            standard=standard,
            taker_fee_bps=fee_bps,
            maker_fee_bps=maker_fee_bps,
            symbol=symbol,
            seed=seed,
            latency_ms=latency_ms,
            notional=notional,
        )
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
    config: Config = None,
    overlay: Overlay = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the resampled blocks.")] = 1,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
) -> None:
    """Thresholds of the flash signal, by session, that raise it about so often and hit best.

    Chosen on one half of every session's recording and judged on the other, both ways; the
    thresholds printed are then chosen on all of it. Prints an overlay for the configuration, whose
    sessions and other parameters it starts from.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError
    from trading_agent.research.signal_calibration import CalibrationRequest, calibrate_signals

    try:
        request = CalibrationRequest(
            data=tuple(data),
            plan=_configured(config, overlay).trading,
            symbol=symbol,
            an_hour=an_hour,
            after=after,
            seed=seed,
        )
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


def _configured(config: Path | None, overlays: list[Path] | None) -> "FlashTradingConfig":
    """As `run` reads it. Raises ConfigError."""
    import os

    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load

    loaded = load(config or find_file(Path()), tuple(overlays or ()), os.environ)
    _say(f"settings from {', '.join(loaded.sources)}")
    return loaded.config


def _request(
    config: "FlashTradingConfig", *, latency_ms: float | None, **asked: Any
) -> "EvaluationRequest":
    """Raises ConfigError for a person's own strategies that cannot be used."""
    from dataclasses import replace

    from trading_agent.config.engine_parts import engine_settings, own_parts
    from trading_agent.research.signal_evaluation import EvaluationRequest

    settings = engine_settings(config)
    if latency_ms is not None:
        paper = settings.paper.model_copy(update={"latency_ms": latency_ms})
        settings = replace(settings, paper=paper)
    return EvaluationRequest(settings=settings, own=own_parts(settings), **asked)


def _warm_up() -> None:
    from trading_agent.config.kernels import REPLAY
    from trading_agent.runtime.clock import SystemClock
    from trading_agent.runtime.warm_up import warm_up

    warm_up(REPLAY, SystemClock(), _say)


def _show(found: "SignalEvaluation") -> None:
    from rich.console import Console

    from trading_agent.research.page_tables import screen_tables

    console = Console(width=_WIDTH)
    for symbol, seconds in found.seconds.items():
        for table in screen_tables(found, symbol):
            console.print(rich_table(f"{symbol}, {seconds:,.0f} s: ", table))
    console.print("Deciles, decay, candlesticks, more of groups and horizons: --json or --html.")
    _show_verdicts(found, console)


def _show_verdicts(found: "SignalEvaluation", console: "Console") -> None:
    from trading_agent.research.signal_verdict import judge_evaluation

    for verdict in judge_evaluation(found):
        console.print(f"\n{verdict.symbol}: {verdict.headline}", markup=False, highlight=False)
        for name, lines in (
            ("predicts", verdict.predicts),
            ("pays", verdict.pays),
            ("does not", verdict.does_not),
            ("note", verdict.notes),
        ):
            for line in lines:
                console.print(f"  {name:9} {line}", markup=False, highlight=False)


def _say(words: str) -> None:
    typer.echo(words, err=True)
