"""A person's leave to trade again after a kill or a trip, kept for the next start.

`REARM` counts for one start: it is taken away before it is heeded. What is lost in between is
the leave, never what it lifts.
"""

from pathlib import Path
from typing import Final

from trading_agent.domain.errors import StorageError
from trading_agent.runtime.lasting_file import make_lasting, write_lasting

MARKER_NAME: Final = "REARM"
_READABLE: Final = 0o644
_MOST_WORDS: Final = 300


def leave_rearming(directory: Path, why: str) -> None:
    """OSError when it cannot be kept."""
    write_lasting(directory / MARKER_NAME, " ".join(why.split()) + "\n", _READABLE)


def take_rearming(directory: Path) -> str:
    """Why the desk may trade again, once; empty when nobody has said so. StorageError when it
    cannot be taken away: nothing is lifted then."""
    path = directory / MARKER_NAME
    try:
        words = path.read_text(encoding="utf-8", errors="replace")
        path.unlink()
        make_lasting(directory)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StorageError(f"{path} cannot be taken away: {error.strerror}") from error
    printable = "".join(sign if sign.isprintable() else " " for sign in words)
    return printable.strip()[:_MOST_WORDS] or "re-armed by hand"
