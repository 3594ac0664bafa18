"""`flash-trading signals regimes`: what a kind of market is worth knowing for."""

from pathlib import Path
from typing import Annotated, Final

import typer

from trading_agent.cli.figure_table import rich_table

_WIDTH: Final = 200
"""Columns of the table: figures with their intervals are wide, and are never cut."""


def regimes(
    data: Annotated[
        list[Path], typer.Argument(help="CSV files of candles, packed or not, or folders of them.")
    ],
    timeframe: Annotated[
        str, typer.Option(help="Only candles of this length: 1m, 5m, 15m, 1h, 4h, 1d.")
    ] = "1m",
    after: Annotated[int, typer.Option(min=1, max=1_000, help="Candles to look ahead.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Draws the resampled blocks.")] = 1,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
) -> None:
    """How far prices go in each kind of market, and whether trends or their opposite foretell more
    in one than in another.

    What enhanced.aggregation.regimes says by default rests on it. Intervals are 95 %, from
    resampled blocks of time.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError
    from trading_agent.research.regime_moves import regime_moves, regime_table
    from trading_agent.signals.enhanced.settings import RegimeParameters

    try:
        found = list(regime_moves(tuple(data), RegimeParameters(), after, timeframe, seed))
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    if json_output:
        import msgspec

        print(msgspec.json.encode({"after": after, "regimes": found}).decode())
        return
    from rich.console import Console

    console = Console(width=_WIDTH)
    console.print(rich_table("", regime_table(found, after)))
