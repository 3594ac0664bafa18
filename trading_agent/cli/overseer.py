"""`flash-trading overseer`: what the overseer does, and what a person tells it."""

from pathlib import Path
from typing import Annotated

import typer

overseer = typer.Typer(
    name="overseer", help="What the overseer does, and what it is told.", no_args_is_help=True
)

DataDir = Annotated[Path | None, typer.Option(help="Directory of the desk.")]
Config = Annotated[
    Path | None, typer.Option(help="Configuration file that names the data directory.")
]


@overseer.command()
def status(data_dir: DataDir = None, config: Config = None) -> None:
    """Mode, alarms, what it was worth, and what waits for a person."""
    _ask("status", data_dir, config)


@overseer.command()
def notes(data_dir: DataDir = None, config: Config = None) -> None:
    """What models wrote for people: reports, theses that stand, notes after events."""
    _ask("notes", data_dir, config)


@overseer.command()
def decisions(
    count: Annotated[int, typer.Argument(help="How many.", min=1, max=20)] = 5,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """The latest, newest first."""
    _ask(f"decisions {count}", data_dir, config)


@overseer.command()
def why(decision: str, data_dir: DataDir = None, config: Config = None) -> None:
    """All about one decision: what it saw, what it wanted, what became of it."""
    _ask(f"why {decision}", data_dir, config)


@overseer.command()
def budget(data_dir: DataDir = None, config: Config = None) -> None:
    """What was spent, and what may be."""
    _ask("budget", data_dir, config)


@overseer.command()
def estimate(
    data: Annotated[list[Path], typer.Argument(help="Recordings of hours or days.")],
    symbol: Annotated[str | None, typer.Option(help="Only this symbol, as recorded.")] = None,
    config: Config = None,
) -> None:
    """What a day of models would cost: how often a recorded market gives a reason to ask, times
    what a question costs at most. Nobody is asked."""
    import os

    from trading_agent.cli.failures import say_failure
    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load
    from trading_agent.domain.errors import TradingError
    from trading_agent.doors.overseer_day import day_in_words, overseer_day
    from trading_agent.research.signal_evaluation import tapes

    try:
        settings = load(config or find_file(Path()), (), os.environ).config
        for tape in tapes(tuple(data), symbol):
            print(day_in_words(overseer_day(settings, tape, _say)), flush=True)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error


def _say(words: str) -> None:
    typer.echo(words, err=True)


@overseer.command()
def mode(
    name: Annotated[str, typer.Argument(help="Empty: tell the present one.")] = "",
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Let it do more, or less: off, rules, shadow, advise, approve, auto_tighten, auto."""
    _ask(f"mode {name}", data_dir, config)


@overseer.command()
def revert(
    overlay: Annotated[str, typer.Argument(help="An overlay, a decision, or all.")],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """End what it applied, now."""
    _ask(f"revert {overlay}", data_dir, config)


@overseer.command()
def ask(
    question: Annotated[list[str], typer.Argument(help="In your own words.")],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Ask it; a model answers, within its budget."""
    _ask(f"ask {' '.join(question)}", data_dir, config)


@overseer.command()
def answer(
    name: Annotated[str, typer.Argument(help="As in d12.1; status lists what waits.")],
    data_dir: DataDir = None,
    config: Config = None,
    reject: Annotated[bool, typer.Option("--reject", help="No instead of yes.")] = False,
) -> None:
    """Consent to what waits under this name, or reject it."""
    _ask(f"{'reject' if reject else 'approve'} {name}", data_dir, config)


@overseer.command()
def replay(
    decision: Annotated[str, typer.Argument(help="A decision, or all.")],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Take decisions again from their records, without a network, and compare byte for byte."""
    from trading_agent.cli.desks import one_desk
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError
    from trading_agent.doors.oversight import OVERSEER_FOLDER
    from trading_agent.interfaces.oversight.taking_again import taken_again
    from trading_agent.runtime.exit_codes import ExitCode

    try:
        folder = one_desk(data_dir, config) / OVERSEER_FOLDER
        again = taken_again(folder, decision)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    for each in again:
        print(f"{each.decision}: {each.words}")
    same = sum(each.same is True for each in again)
    differ = sum(each.same is False for each in again)
    idle = len(again) - same - differ
    print(f"{same} the same, {differ} different, {idle} with nothing to take again")
    if differ:
        raise typer.Exit(int(ExitCode.FAILED))


def _ask(words: str, data_dir: Path | None, config: Path | None) -> None:
    """Of the engine that runs; of its records where none does."""
    from trading_agent.cli.desks import one_desk
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        print(_answer(one_desk(data_dir, config), words))
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error


def _answer(directory: Path, words: str) -> str:
    from trading_agent.doors.oversight import OVERSEER_FOLDER
    from trading_agent.interfaces.oversight.counter import ask_running
    from trading_agent.interfaces.oversight.looking_back import answer_from_records

    folder = directory / OVERSEER_FOLDER
    told = ask_running(folder, words)
    return answer_from_records(folder, words) if told is None else told
