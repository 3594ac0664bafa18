"""`flash-trading rearm`: a person lifts a kill and what breakers have tripped."""

from pathlib import Path
from typing import Annotated

import typer


def rearm(
    data_dir: Annotated[Path | None, typer.Option(help="Directory of the desk.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Configuration file that names the data directory.")
    ] = None,
    why: Annotated[str, typer.Option(help="Kept in the journal.")] = "flash-trading rearm",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """Let the next start of a desk trade again that is killed, or whose breakers have tripped.

    Takes the file KILL away and leaves the file REARM, which the next start uses up. An engine
    that runs stays as it is until it is started again.
    """
    from trading_agent.cli.desks import one_desk
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        directory = one_desk(data_dir, config)
        _ask(directory, yes=yes)
        words = _lift(directory, why)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    for line in words:
        print(line)


def _ask(directory: Path, *, yes: bool) -> None:
    """Raises CommandError unless a person agrees and there is something to lift."""
    import sys

    from trading_agent.cli.desk_process import DeskProcess
    from trading_agent.domain.errors import CommandError
    from trading_agent.runtime.kill_switch import KillFlag

    flag = KillFlag(directory)
    desk = DeskProcess(directory)
    why = flag.order().why if flag.sight() is not None else desk.killed()
    tripped = desk.tripped()
    if not (why or tripped):
        raise CommandError(
            f"{directory} is not killed and no breaker has tripped: nothing was changed"
        )
    if why:
        print(f"{directory} was killed: {why}", flush=True)
    for words in tripped:
        print(f"{directory}: {words}", flush=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("only a person lifts it: call this on a terminal, or with --yes")
    if not typer.confirm(f"May the next start in {directory} trade again?"):
        raise CommandError("nothing was changed: the desk stays as it is")


def _lift(directory: Path, why: str) -> tuple[str, ...]:
    """The flag last: whatever happens in between, the desk is still killed."""
    from trading_agent.cli.desk_process import DeskProcess
    from trading_agent.domain.errors import StorageError
    from trading_agent.runtime.kill_switch import KillFlag
    from trading_agent.runtime.rearming import leave_rearming

    desk = DeskProcess(directory)
    killed, tripped = desk.killed(), desk.tripped()
    try:
        if killed or tripped:
            leave_rearming(directory, why)
        KillFlag(directory).take_down()
    except OSError as error:
        raise StorageError(f"{directory} cannot be changed: {error.strerror}") from error
    lifted = [f"{directory}: lifted with the next start: {words}" for words in tripped]
    armed = f"{directory}: the next start may trade again"
    if not desk.runs():
        return (*lifted, armed)
    engine = f"the engine that runs now (process {desk.number()})"
    stays = "stays killed" if killed else "stays as it is"
    return *lifted, armed, f"{engine} {stays}: restart it"
