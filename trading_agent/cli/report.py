"""`flash-trading report`: what the journal of a market adds up to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trading_agent.research.report import FoundJournal


def report(
    data_dir: Annotated[
        Path | None, typer.Option(help="Directory of one journal, or of several markets' ones.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Configuration file that names the data directory.")
    ] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, every fill included.")
    ] = False,
) -> None:
    """Balances, positions, orders, fills and profit from the journal, added up twice.

    Of several journals the newest is reported and the others are named. Ends with 1 when
    the two sums do not agree.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        newest, others = _journals(data_dir, config)
        from trading_agent.research.report import read_report

        document = read_report(newest.path)
        overseer = _overseer(newest.path.parent)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    if json_output:
        from trading_agent.cli.report_text import as_json

        print(as_json(document, [each.path for each in others], overseer))
    else:
        from trading_agent.cli.report_text import show

        show(document, [each.path for each in others], overseer)
    raise typer.Exit(0 if document.reconciles else 1)


def _overseer(directory: Path) -> tuple[str, ...]:
    """Whether it helped, in lines; empty where none was measured. Raises StorageError."""
    from trading_agent.doors.oversight import OVERSEER_FOLDER
    from trading_agent.interfaces.oversight.verdict_of_trials import (
        OUTCOMES_NAME,
        reckoning_of_folder,
        report_in_words,
    )

    folder = directory / OVERSEER_FOLDER
    if not (folder / OUTCOMES_NAME).exists():
        return ()
    return report_in_words(reckoning_of_folder(folder))


def _journals(
    data_directory: Path | None, config: Path | None
) -> tuple["FoundJournal", tuple["FoundJournal", ...]]:
    """The newest and the rest. Raises CommandError when there is none."""
    from trading_agent.domain.errors import CommandError
    from trading_agent.research.report import find_journals

    folder = data_directory if data_directory is not None else _configured_folder(config)
    found = find_journals(folder)
    if not found:
        raise CommandError(f"there is no journal in {folder}: flash-trading run writes one")
    return found[0], found[1:]


def _configured_folder(config: Path | None) -> Path:
    import os

    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load

    return load(config or find_file(Path()), (), os.environ).config.data_directory
