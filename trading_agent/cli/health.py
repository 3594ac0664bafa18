"""`flash-trading health`: whether an engine lives and its desk is seen as it is."""

from pathlib import Path
from typing import Annotated

import typer


def health(
    data_dir: Annotated[
        Path | None, typer.Option(help="Directory of one desk, or of several markets' ones.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Configuration file that names the data directory.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ends with 0 when every engine asked for lives and shows a fresh desk, else with 1.

    A desk that is killed, paused or without a feed is well: its engine works, and says so.
    """
    from trading_agent.cli.desks import desks_in
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        states = [_state(directory) for directory in desks_in(data_dir, config)]
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    well = not any(wrong for _, _, wrong in states)
    if json_output:
        import json

        desks = [
            {"data_directory": str(directory), "wrong": list(wrong), **told}
            for directory, told, wrong in states
        ]
        print(json.dumps({"healthy": well, "desks": desks}))
    else:
        for directory, told, wrong in states:
            print(f"{directory}: {'; '.join(wrong) if wrong else told['words']}")
    raise typer.Exit(0 if well else 1)


def _state(directory: Path) -> tuple[Path, dict[str, object], tuple[str, ...]]:
    """What the engine says of itself, and what is wrong."""
    import msgspec

    from trading_agent.domain.errors import StorageError
    from trading_agent.runtime.clock import SystemClock
    from trading_agent.runtime.health import HEALTH_NAME, complaints, read_health

    try:
        found, age = read_health(directory / HEALTH_NAME, SystemClock().now())
    except StorageError as error:
        return directory, {}, (str(error),)
    told = msgspec.to_builtins(found) | {"words": found.words, "age": round(age, 3)}
    return directory, told, (*_gone(directory, found.process), *complaints(found, age))


def _gone(directory: Path, process: int) -> tuple[str, ...]:
    """What was killed a moment ago has left fresh words behind. Raises CommandError."""
    from trading_agent.cli.desk_process import DeskProcess

    engine = DeskProcess(directory)
    if not engine.runs():
        return (f"process {process} is gone",)
    holder = engine.number()
    if holder is None or holder == process:
        return ()
    return (f"process {process} is gone, and {holder} has not said yet how it is",)
