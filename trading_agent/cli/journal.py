"""`flash-trading journal`: check the journal, copy it, move a broken one aside."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trading_agent.adapters.storage.journal_verification import Verdict

journal = typer.Typer(
    name="journal",
    help="Check the journal, copy it, move a broken one aside.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_DataDirectory = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of one journal, or of several.")
]
_Configuration = Annotated[
    Path | None, typer.Option(help="Configuration file that names the data directory.")
]


@journal.command()
def verify(
    data_dir: _DataDirectory = None,
    config: _Configuration = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Every fact, its place in the chain, unique keys, images, SQLite's own integrity.

    A run may go on meanwhile. Ends with 1 when a journal is not sound.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        from trading_agent.adapters.storage.journal_verification import verify as examine

        verdicts = [examine(path) for path in _journals(data_dir, config)]
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    if json_output:
        print(json.dumps({"journals": [_plain(each) for each in verdicts]}, indent=2))
    else:
        for verdict in verdicts:
            _show(verdict)
    raise typer.Exit(0 if all(each.sound for each in verdicts) else 1)


@journal.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; nothing is replaced.")],
    data_dir: _DataDirectory = None,
    config: _Configuration = None,
) -> None:
    """One committed state of the journal as one file, checked. A run may go on meanwhile."""
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        from trading_agent.adapters.storage.journal_backup import back_up

        source = _one_journal(data_dir, config)
        back_up(source, file)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    print(f"{file}: a sound copy of {source}")


@journal.command()
def quarantine(data_dir: _DataDirectory = None, config: _Configuration = None) -> None:
    """Move a broken journal aside, whole; nothing is deleted. A sound one stays."""
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        from trading_agent.adapters.storage.journal_backup import backups_of
        from trading_agent.adapters.storage.journal_quarantine import quarantine as move_aside
        from trading_agent.runtime.clock import SystemClock

        source = _one_journal(data_dir, config)
        done = move_aside(source, SystemClock().now())
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    _show(done.verdict)
    print(f"moved {', '.join(done.moved)} to {done.folder}")
    if done.earlier is not None:
        print(f"an earlier quarantine was cut short: the journal itself is in {done.earlier}")
    print("What next, one of:")
    for copy in backups_of(source)[-1:]:
        print(f"  go on from the newest backup:  cp -p {copy} {source}")
    owned = f"chown --reference={source.parent} {source}"
    print(f"  put a copy of your own there:  cp COPY {source} && {owned}")
    print("  begin anew, with the starting balances:  move the records aside, start a run")
    print("After a copy, before the start:")
    print(f"  flash-trading records rebuild --data-dir {source.parent}")


def _show(verdict: "Verdict") -> None:
    word = "sound" if verdict.sound else "NOT SOUND"
    images = "1 image" if verdict.images == 1 else f"{verdict.images} images"
    print(
        f"{verdict.journal}: {word}, last good fact {verdict.last_good} of {verdict.facts}, "
        + images
    )
    for finding in verdict.findings:
        print(f"  {finding}")
    if not verdict.sound:
        folder = verdict.journal.parent
        print(f"  to move it aside: flash-trading journal quarantine --data-dir {folder}")


def _plain(verdict: "Verdict") -> dict[str, object]:
    return {
        "journal": str(verdict.journal),
        "sound": verdict.sound,
        "last_good": verdict.last_good,
        "facts": verdict.facts,
        "images": verdict.images,
        "findings": list(verdict.findings),
    }


def _one_journal(data_directory: Path | None, config: Path | None) -> Path:
    """Raises CommandError when there is none, or more than one."""
    from trading_agent.domain.errors import CommandError

    found = _journals(data_directory, config)
    if len(found) > 1:
        folders = ", ".join(str(path.parent) for path in found)
        raise CommandError(f"there are several journals: say which with --data-dir: {folders}")
    return found[0]


def _journals(data_directory: Path | None, config: Path | None) -> list[Path]:
    """In the folder itself and directly below it, also one that is gone and left its head or log.
    Raises CommandError when there is none."""
    from trading_agent.domain.errors import CommandError
    from trading_agent.research.report import JOURNAL_NAME

    folder = data_directory if data_directory is not None else _configured_folder(config)
    found = {
        path.parent / JOURNAL_NAME
        for name in (JOURNAL_NAME, f"{JOURNAL_NAME}.head", f"{JOURNAL_NAME}-wal")
        for path in (folder / name, *folder.glob(f"*/{name}"))
        if path.is_file()
    }
    if not found:
        raise CommandError(f"there is no journal in {folder}: flash-trading run writes one")
    return sorted(found)


def _configured_folder(config: Path | None) -> Path:
    import os

    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load

    return load(config or find_file(Path()), (), os.environ).config.data_directory
