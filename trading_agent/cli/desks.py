"""Which desks a verb is about that looks at engines from outside."""

import os
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import CommandError

JOURNAL: Final = "journal.sqlite"


def desks_in(data_directory: Path | None, config: Path | None) -> tuple[Path, ...]:
    """Directories of desks: the one asked for when it is one, else those directly below it, or
    below the configured data directory. Raises CommandError when there is none."""
    folder = data_directory if data_directory is not None else _configured(config)
    if not folder.is_dir():
        raise CommandError(f"there is no directory {folder}")
    if (folder / JOURNAL).exists():
        return (folder,)
    below = tuple(sorted(path.parent for path in folder.glob(f"*/{JOURNAL}")))
    if not below:
        raise CommandError(f"there is no desk in {folder}: flash-trading run opens one")
    return below


def one_desk(data_directory: Path | None, config: Path | None) -> Path:
    """As `desks_in`, when it must be clear which one is meant."""
    found = desks_in(data_directory, config)
    if len(found) > 1:
        names = ", ".join(str(path) for path in found)
        raise CommandError(f"there are several desks, name one with --data-dir: {names}")
    return found[0]


def _configured(config: Path | None) -> Path:
    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load

    return load(config or find_file(Path()), (), os.environ).config.data_directory
