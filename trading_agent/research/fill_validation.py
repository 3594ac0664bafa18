"""How true paper fills are, measured on recordings: the tables of `validate-fills`.

Any recording of depth and prints gives a table of aggressors; an exchange's own log of every
order gives one of resting orders too, because only there is it known what became of each.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.errors import CommandError, ConfigError
from trading_agent.embedded_exchange.recorded_formats import recording_files
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.fill_validation_aggressors import AggressorFigures, replay_aggressors
from trading_agent.research.fill_validation_order_log import (
    SIZE_DECIMALS,
    is_order_log,
    read_order_log,
)
from trading_agent.research.fill_validation_projection import Projection
from trading_agent.research.fill_validation_twins import (
    TwinChoice,
    TwinTable,
    eligible,
    replay_twins,
)
from trading_agent.research.recorded_tape import is_own, read_tapes

SAMPLE: Final = 20_000
"""Twins of one table, at most."""
SEED: Final = 1

_LOT: Final = 10.0**-SIZE_DECIMALS

Say = Callable[[str], None]


class ValidationRequest(Struct, frozen=True, kw_only=True):
    """`symbol`: only this one of what the recordings hold. `sample`: most twins a table."""

    data: tuple[Path, ...]
    settings: PaperSettings
    symbol: str | None = None
    sample: int = SAMPLE
    seed: int = SEED


class LogFigures(Struct, frozen=True, kw_only=True):
    """An order log and its twins. `traded` and `printed`: volume of the log's trades and of the
    prints made of it, base asset; `agreed`: share of the levels shown by the exchange that were
    as reconstructed; `jumped`: fills out of price-time order. `queued`: twins of orders with a
    queue ahead, `all`: of all that lived long enough, both instead of their originals;
    `beside`: as `queued`, with the originals displayed behind them."""

    name: str
    traded: float
    printed: float
    agreed: float | None
    jumped: int
    queued: TwinTable
    all: TwinTable
    beside: TwinTable


class FillValidation(Struct, frozen=True, kw_only=True):
    aggressors: tuple[AggressorFigures, ...]
    twins: tuple[LogFigures, ...]


def validate_fills(request: ValidationRequest, say: Say) -> FillValidation:
    """Everything the data allows; of the folders inside a folder those are left out, and said,
    that hold nothing to validate. Raises ConfigError for data that cannot be used, FeedError or
    StorageError where it is damaged, CommandError when the symbol is in none of it."""
    found = _Found(request)
    for path in request.data:
        if not path.exists():
            raise ConfigError(f"no recording at {path}")
        folders = sorted(each for each in path.iterdir() if each.is_dir()) if path.is_dir() else []
        if not folders:
            found.add(path)
        for folder in folders:
            try:
                found.add(folder)
            except ConfigError as error:
                say(f"left out: {folder}: {error}")
    return found.validation()


class _Found:
    """Figures so far, and the symbols there were."""

    def __init__(self, request: ValidationRequest) -> None:
        self._request = request
        self._aggressors: list[tuple[str, AggressorFigures]] = []
        self._logs: list[LogFigures] = []
        self._symbols: set[str] = set()

    def add(self, path: Path) -> None:
        """A file, or a folder that holds one recording or several that stand alone."""
        wanted = self._request.symbol
        for files in _recordings_in(path):
            if is_order_log(files[0]):
                if wanted is None:
                    self._logs.append(_validate_log(files[0], self._request))
                continue
            tapes = tuple(read_tapes(files))
            if not any(len(tape.prints) for tape in tapes):
                raise ConfigError(f"no prints in {', '.join(file.name for file in files)}")
            for tape in tapes:
                self._symbols.add(tape.symbol)
                if wanted in (None, tape.symbol):
                    found = replay_aggressors(tape, self._request.settings)
                    self._aggressors.append((path.name, found))

    def validation(self) -> FillValidation:
        if not self._aggressors and not self._logs:
            if self._request.symbol is None:
                raise ConfigError("no recording in the data")
            held = ", ".join(sorted(self._symbols)) or "none by name"
            raise CommandError(f"--symbol {self._request.symbol}: the recordings hold {held}")
        return FillValidation(aggressors=self._told_apart(), twins=tuple(self._logs))

    def _told_apart(self) -> tuple[AggressorFigures, ...]:
        """A symbol that is in several recordings is called by its place too."""
        times = Counter(each.symbol for _, each in self._aggressors)
        return tuple(
            replace(each, symbol=f"{each.symbol}@{place}") if times[each.symbol] > 1 else each
            for place, each in self._aggressors
        )


def _recordings_in(path: Path) -> Iterator[tuple[Path, ...]]:
    """Files that are one recording together."""
    files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
    alone = [file for file in files if _stands_alone(file)]
    for file in alone:
        yield (file,)
    if not alone:
        yield recording_files([path])


def _stands_alone(file: Path) -> bool:
    return is_own(file) or is_order_log(file)


def _validate_log(path: Path, request: ValidationRequest) -> LogFigures:
    log = Projection().project(read_order_log(path))
    compared = log.agreed + log.corrected
    choice = TwinChoice(sample=request.sample, seed=request.seed)
    queued, every = eligible(log, queued=True), eligible(log, queued=False)
    return LogFigures(
        name=path.name,
        traded=float(log.traded) * _LOT,
        printed=float(log.printed) * _LOT,
        agreed=log.agreed / compared if compared else None,
        jumped=log.jumped,
        queued=replay_twins(log, queued, request.settings, choice),
        all=replay_twins(log, every, request.settings, choice),
        beside=replay_twins(log, queued, request.settings, choice, beside=True),
    )
