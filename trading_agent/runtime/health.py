"""How the engine is, in a file beside the journal that anyone may ask for at any time.

`health.json` is written anew several times in `LIMIT_SECONDS` while the engine lives and taken
away at its orderly end. Whoever reads it judges by its age first: the dead write nothing.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from trading_agent.domain.errors import StorageError
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.runtime.worker import Heartbeats

HEALTH_NAME: Final = "health.json"
LIMIT_SECONDS: Final = 5.0
"""Older words, or an older snapshot of the desk, are those of an engine that hangs."""
_PRIVATE: Final = 0o600


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`silent`: vital threads without a sign of life. `snapshot_age` in seconds, None before
    the first snapshot. Equity is money as text, in `quote`."""

    process: int
    silent: tuple[str, ...]
    snapshot_age: float | None
    trading: bool
    why_not_trading: str
    books: int
    books_ready: int
    positions: int
    orders: int
    equity: str
    quote: str
    simulated: bool

    @property
    def words(self) -> str:
        """One line for a person."""
        if self.snapshot_age is None:
            return "opening the desk"
        market = "SIMULATED MARKET, " if self.simulated else ""
        mood = "trading on paper" if self.trading else f"not trading: {self.why_not_trading}"
        return (
            f"{market}{mood}; {self.books_ready} of {self.books} books ready, "
            f"{self.positions} positions, {self.orders} orders, equity {self.equity} {self.quote}"
        )


def take_health(heartbeats: Heartbeats, snapshot: DeskSnapshot | None, now: Nanos) -> Health:
    """`now`: nanoseconds UTC by the clock that stamped the snapshot."""
    silent = tuple(each.worker for each in heartbeats.silences() if each.critical)
    if snapshot is None:
        return _opening(silent)
    return Health(
        process=os.getpid(),
        silent=silent,
        snapshot_age=(now - snapshot.at) / SECOND,
        trading=snapshot.trading,
        why_not_trading=snapshot.why_not_trading,
        books=len(snapshot.symbols),
        books_ready=sum(view.book_ready for view in snapshot.symbols),
        positions=len(snapshot.positions),
        orders=len(snapshot.open_orders),
        equity=f"{snapshot.equity:.4f}",
        quote=snapshot.quote,
        simulated=snapshot.simulated,
    )


def _opening(silent: tuple[str, ...]) -> Health:
    return Health(
        process=os.getpid(),
        silent=silent,
        snapshot_age=None,
        trading=False,
        why_not_trading="the desk is opening",
        books=0,
        books_ready=0,
        positions=0,
        orders=0,
        equity="0",
        quote="",
        simulated=False,
    )


def write_health(path: Path, health: Health) -> None:
    """Whole or not at all for whoever reads it; a loss of power may take it. OSError."""
    new = path.with_name(f".{path.name}.{health.process}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PRIVATE)
    try:
        os.write(descriptor, msgspec.json.encode(health))
    finally:
        os.close(descriptor)
    new.replace(path)


def read_health(path: Path, now: Nanos) -> tuple[Health, float]:
    """What it says and how many seconds ago. `now`: nanoseconds UTC of this machine.

    Raises StorageError when there is none to read.
    """
    try:
        changed = path.stat().st_mtime_ns
        health = msgspec.json.decode(path.read_bytes(), type=Health)
    except FileNotFoundError as error:
        raise StorageError(f"no engine is running in {path.parent}") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
    return health, (now - changed) / SECOND


def complaints(health: Health, age: float) -> tuple[str, ...]:
    """What is wrong, in words; empty when the engine lives and its desk is shown as it is."""
    wrong = []
    if not -LIMIT_SECONDS <= age <= LIMIT_SECONDS:
        wrong.append(f"process {health.process} last said how it is {age:.0f} s ago")
    if health.silent:
        wrong.append(f"no sign of life from {', '.join(health.silent)}")
    if health.snapshot_age is not None and health.snapshot_age > LIMIT_SECONDS:
        wrong.append(f"the desk was last seen {health.snapshot_age:.0f} s before that")
    return tuple(wrong)
