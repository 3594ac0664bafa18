"""Several recordings at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from trading_agent.embedded_exchange.recorded_formats import recording_files
from trading_agent.research.recorded_tape import RecordedTape, read_tapes


def read_band(paths: Sequence[Path]) -> tuple[RecordedTape, ...]:
    """Files, folders that hold one recording each, and folders of such folders. Where a symbol
    was recorded twice, each is called by its place too. Raises ConfigError, FeedError or
    StorageError for what cannot be used."""
    found = [
        (place, tape)
        for path in paths
        for place in _places(path)
        for tape in read_tapes(recording_files((place,)))
    ]
    times = Counter(tape.symbol for _, tape in found)
    return tuple(
        replace(tape, symbol=f"{tape.symbol}@{place.name}") if times[tape.symbol] > 1 else tape
        for place, tape in found
    )


def _places(path: Path) -> Iterator[Path]:
    inside = sorted(path.iterdir()) if path.is_dir() else []
    folders = [each for each in inside if each.is_dir()]
    yield from folders if folders and folders == inside else (path,)
