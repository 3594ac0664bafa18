"""A recording of another exchange, whatever its format: what it is of, and its rows."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from trading_agent.domain.errors import ConfigError
from trading_agent.embedded_exchange.recorded_books import decimals_of, rows_of
from trading_agent.embedded_exchange.recorded_formats import RecordedRow, RowReader, read_rows
from trading_agent.embedded_exchange.recorded_layouts import is_table, read_tables
from trading_agent.embedded_exchange.recorded_survey import Survey, survey


class Recording(Struct, frozen=True):
    """`rows`: all of them, by time, from the beginning each time it is called; raises FeedError
    where the recording is damaged."""

    about: Survey
    rows: Callable[[], Iterator[RecordedRow]]


def open_recording(files: Sequence[Path]) -> Recording:
    """Of files that are one recording together. Raises ConfigError for what cannot be played,
    FeedError for a table that is damaged."""
    tables = [is_table(path) for path in files]
    if all(tables):
        return _tables(files)
    if any(tables):
        names = ", ".join(path.name for path in files)
        raise ConfigError(f"tables and streams are not one recording: {names}")
    about = survey(files)
    return Recording(about, lambda: read_rows(files, RowReader(about.decimals, about.symbol)))


def _tables(files: Sequence[Path]) -> Recording:
    told = read_tables(files)
    decimals = decimals_of(told.books, told.prints)
    about = Survey(decimals, told.symbol, has_quotes=False, snapshots=1)
    return Recording(about, lambda: rows_of(told.books, told.prints, decimals))
