"""`flash-trading records`: the tables people query, shown, made anew, brought up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from trading_agent.adapters.records.address import RecordsAddress
    from trading_agent.adapters.records.changes import Row
    from trading_agent.adapters.records.database import Database

records = typer.Typer(
    name="records",
    help="Orders, fills, positions, decisions and equity in tables.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DataDir = Annotated[
    Path | None, typer.Option(help="Directory of one journal, or of several markets' ones.")
]
Config = Annotated[
    Path | None, typer.Option(help="Configuration file that names data directory and database.")
]


@records.command()
def show(
    table: Annotated[str, typer.Argument(help="orders, fills, positions, decisions, equity, ...")],
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1, max=1_000_000)] = 20,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print a JSON list; exact numbers stay texts.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """The last rows of a table, newest first."""
    with _told_failures():
        place = _place(data_dir, config)
        from trading_agent.adapters.records.reading import latest

        rows = latest(place.address, table, limit, place.timeout_seconds)
        if json_output:
            _print_json(rows)
        else:
            _print_table(table, rows)


@records.command()
def rebuild(data_dir: DataDir = None, config: Config = None) -> None:
    """Make all tables anew from the journal, in one transaction."""
    with _told_failures(), _database(place := _place(data_dir, config)) as database:
        from trading_agent.adapters.records.opening import bring_up_to_date
        from trading_agent.adapters.records.writer import RecordsWriter
        from trading_agent.adapters.storage.journal import JournalReader

        bring_up_to_date(database)
        facts = JournalReader(place.journal).read()
        count = RecordsWriter(database).rebuild(facts, place.commit_facts)
        print(f"{place.address}: made anew from {count} facts of {place.journal}")


@records.command()
def migrate(data_dir: DataDir = None, config: Config = None) -> None:
    """Bring the tables to the schema of this version; a run does so when it starts."""
    with _told_failures(), _database(place := _place(data_dir, config)) as database:
        from trading_agent.adapters.records.opening import bring_up_to_date

        found, now = bring_up_to_date(database)
        changed = f"was {found or 'empty'}, is now {now}" if found != now else f"is {now} already"
        print(f"{place.address}: the schema {changed}")


class _Place(NamedTuple):
    journal: Path
    address: "RecordsAddress"
    timeout_seconds: float
    commit_facts: int


def _place(data_directory: Path | None, config: Path | None) -> _Place:
    """The newest journal and its records. Raises CommandError when there is no journal."""
    import os

    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load
    from trading_agent.config.records_address import records_address
    from trading_agent.domain.errors import CommandError
    from trading_agent.research.report import find_journals

    settings = load(config or find_file(Path()), (), os.environ).config
    folder = data_directory if data_directory is not None else settings.data_directory
    journals = find_journals(folder)
    if not journals:
        raise CommandError(f"there is no journal in {folder}: flash-trading run writes one")
    journal = journals[0].path
    address = records_address(settings, os.environ, journal.parent)
    kept = settings.records
    return _Place(journal, address, kept.timeout_seconds, kept.commit_facts)


@contextmanager
def _told_failures() -> Iterator[None]:
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        yield
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error


@contextmanager
def _database(place: _Place) -> Iterator["Database"]:
    from trading_agent.adapters.records.database import open_database

    database = open_database(place.address, place.timeout_seconds)
    try:
        yield database
    finally:
        database.close()


def _print_json(rows: "tuple[Row, ...]") -> None:
    import json

    print(json.dumps([{name: _plain(value) for name, value in row.items()} for row in rows]))


def _plain(value: Any) -> Any:
    from decimal import Decimal

    return f"{value:f}" if isinstance(value, Decimal) else value


def _print_table(name: str, rows: "tuple[Row, ...]") -> None:
    """Columns in which no row says anything are left out; a table too wide for the terminal is
    shown row by row."""
    import shutil
    import sys

    from trading_agent.adapters.records.reading import moments

    if not rows:
        print(f"{name} is empty")
        return
    times = moments(name)
    shown = [column for column in rows[0] if any(row[column] is not None for row in rows)]
    lines = [[_words(row[it], time=it in times) for it in shown] for row in rows]
    widths = [max(map(len, column)) for column in zip(shown, *lines, strict=True)]
    if sys.stdout.isatty() and sum(widths) + 2 * len(widths) > shutil.get_terminal_size().columns:
        longest = max(map(len, shown))
        for line in lines:
            for column, value in zip(shown, line, strict=True):
                print(f"{column:{longest}}  {value}")
            print()
        return
    for line in (shown, *lines):
        print("  ".join(f"{it:{width}}" for it, width in zip(line, widths, strict=True)).rstrip())


def _words(value: Any, *, time: bool) -> str:
    from datetime import UTC, datetime

    from trading_agent.domain.units import MICROSECOND, SECOND

    if value is None:
        return ""
    if time:
        moment = datetime.fromtimestamp(value // SECOND, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{value % SECOND // MICROSECOND:06d}"
    return f"{value:.6g}" if isinstance(value, float) else str(_plain(value))
