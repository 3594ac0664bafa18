"""`flash-trading kill`: stop a desk from outside, whatever state its engine is in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trading_agent.cli.killing import KilledDesk


def kill(
    data_dir: Annotated[
        Path | None, typer.Option(help="Directory of one desk, or of several markets' ones.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Configuration file that names the data directory.")
    ] = None,
    flatten: Annotated[
        bool,
        typer.Option(
            "--flatten", help="Sell everything held, for as long as it takes; nothing else."
        ),
    ] = False,
    why: Annotated[str, typer.Option(help="Kept in the journal.")] = "flash-trading kill",
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Cancel all orders and send nothing more, now and after every restart, until `rearm`.

    Puts up the file KILL and waits two seconds for the engine to say that it is killed; an
    engine that lives but does not say so is ended with SIGKILL. Without --data-dir, every desk
    below the configured data directory. Ends with 0 when no order can leave any more, with 1
    when that is not certain.
    """
    from trading_agent.cli.desks import desks_in
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        directories = desks_in(data_dir, config)
        from trading_agent.cli.killing import kill_desks

        killed = kill_desks(directories, why, flatten=flatten)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    if json_output:
        print(_document(killed))
    else:
        for desk in killed:
            print(desk.words)
    raise typer.Exit(0 if all(desk.certain for desk in killed) else 1)


def _document(killed: "tuple[KilledDesk, ...]") -> str:
    import json

    desks = [
        {
            "data_directory": str(desk.directory),
            "outcome": str(desk.outcome),
            "process": desk.process,
            "waited_ms": round(desk.waited * 1_000, 1),
            "detail": desk.detail,
        }
        for desk in killed
    ]
    return json.dumps({"killed": all(desk.certain for desk in killed), "desks": desks})
