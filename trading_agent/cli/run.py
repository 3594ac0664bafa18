"""`flash-trading run`: trade on paper until told to stop."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def run(
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    overlay: Annotated[
        list[Path] | None, typer.Option(help="File laid over the configuration; repeatable.")
    ] = None,
    venue: Annotated[
        str | None, typer.Option(help="embedded (simulated, no network) or mexc (public data).")
    ] = None,
    play: Annotated[
        list[Path] | None, typer.Option(help="Recorded market to play on the embedded exchange.")
    ] = None,
    play_as: Annotated[
        str | None, typer.Option("--as", help="Symbol under which the recording is played.")
    ] = None,
    speed: Annotated[str, typer.Option(help="How many times faster to play it, or max.")] = "1",
    record_to: Annotated[
        Path | None, typer.Option(help="Record every input of the run to this file.")
    ] = None,
    duration: Annotated[
        float | None, typer.Option(help="Stop after so many seconds.", min=0.1)
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Fixes the simulated market and latencies.", min=0, max=2**63 - 1),
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where journal and log are kept.")] = None,
    headless: Annotated[bool, typer.Option(help="No live board, even on a terminal.")] = False,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one closing JSON object as the last line.")
    ] = False,
) -> None:
    """Trade on paper: the embedded exchange by default, MEXC's live market with --venue mexc."""
    from trading_agent.config.kernels import LIVE
    from trading_agent.runtime.allocator import share_arena
    from trading_agent.runtime.clock import SystemClock
    from trading_agent.runtime.warm_up import Compilation

    share_arena()
    with Compilation(LIVE, SystemClock()) as compilation:
        # While compilers are at work, where it is the first start.
        from trading_agent.cli.failures import say_failure
        from trading_agent.cli.live_run import LiveRun, RunRequest
        from trading_agent.config.files import find_file
        from trading_agent.domain.errors import Throttled, TradingError, Unavailable
        from trading_agent.runtime.exit_codes import ExitCode

        request = RunRequest(
            config=config or find_file(Path()),
            overlays=tuple(overlay or ()),
            venue=venue,
            play=tuple(play or ()),
            play_as=play_as,
            speed=speed,
            record_to=record_to,
            duration=duration,
            seed=seed,
            data_directory=data_dir,
            board=sys.stdout.isatty() and not headless and not json_output,
            json=json_output,
        )
        try:
            code = int(LiveRun(request, compilation).go())
        except TradingError as error:
            code = say_failure(error)
            if isinstance(error, (Throttled, Unavailable)):
                # An outage passes; a desk with open positions must not stay down because of one.
                code = int(ExitCode.RESTART)
    raise typer.Exit(code)
