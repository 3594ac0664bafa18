"""`flash-trading bench`: how fast this program is on this machine, and beside its peers."""

from pathlib import Path
from typing import Annotated, Any

import typer

_PARTS = ("replay", "frames", "candles", "symbols", "socket", "live", "peers")


def bench(
    rows: Annotated[
        Path | None, typer.Option(help="ev.npy of the peers' gen.py; generated without it.")
    ] = None,
    peers: Annotated[
        Path | None, typer.Option(help="Folder of peers' scripts, run in turn with ours.")
    ] = None,
    prototype: Annotated[
        Path | None, typer.Option(help="A speed proof to be held against: l2_kernel.py.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of recorded market data; ../shared/data.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Measure only {', '.join(_PARTS)}; repeatable.")
    ] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
) -> None:
    """Measure replay, decisions, sockets, memory and start; with --peers also the others."""
    import json

    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import CommandError, TradingError
    from trading_agent.research.bench import Bench, BenchRequest, Part

    try:
        strange = [name for name in only or () if name not in _PARTS]
        if strange:
            raise CommandError(f"--only {strange[0]}: there are {', '.join(_PARTS)}")
        request = BenchRequest(
            rows=rows,
            peers=peers,
            prototype=prototype,
            data=data or Path("..") / "shared" / "data",
            parts=frozenset(Part(name) for name in only or _PARTS),
        )
        document = Bench(request, _say).run()
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    print(json.dumps(document) if json_output else "\n".join(lines(document)))


def lines(document: dict[str, Any], indent: str = "") -> list[str]:
    """The document for a person: a line a figure."""
    told = []
    for name, value in document.items():
        if isinstance(value, dict):
            told += [f"{indent}{name}", *lines(value, indent + "  ")]
        elif isinstance(value, list):
            told += [f"{indent}{name}", *(f"{indent}  {each}" for each in value)]
        else:
            told.append(f"{indent}{name}: {_figure(value)}")
    return told


def _figure(value: object) -> str:
    if value is None:
        return "not measured"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _say(words: str) -> None:
    typer.echo(words, err=True)
