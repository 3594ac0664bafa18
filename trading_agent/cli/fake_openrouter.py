"""`flash-trading fake-openrouter`: the simulated provider by itself, for any client."""

from pathlib import Path
from typing import Annotated, Final

import typer

_LOOK_SECONDS: Final = 0.25


def fake_openrouter(
    port: Annotated[
        int, typer.Option(help="TCP port on loopback; 0 takes any free one.", min=0, max=65_535)
    ] = 0,
    scenarios: Annotated[
        bool, typer.Option("--scenarios", help="Take scripted failures at /_scenarios.")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Serve an OpenRouter on loopback whose models are simulated, until told to stop."""
    import os

    from trading_agent.cli.exchange import caught_signals
    from trading_agent.cli.failures import say_failure
    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load
    from trading_agent.domain.errors import TradingError

    try:
        settings = load(config or find_file(Path()), (), os.environ).config.offline_openrouter
        changes = {
            "port": port or settings.port,
            "scenarios_over_http": scenarios or settings.scenarios_over_http,
        }
        from trading_agent.offline_openrouter.server import serve

        with caught_signals() as asked:
            server = serve(settings.model_copy(update=changes))
            print(
                "SIMULATED MODELS: they know nothing, and cost nothing\n"
                f"address  {server.base_url}\n"
                f"models   {', '.join(settings.models)}\n"
                "Ctrl-C stops it",
                flush=True,
            )
            while not asked and not server.wait(_LOOK_SECONDS):
                pass
            server.stop()
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    print("stopped", flush=True)
