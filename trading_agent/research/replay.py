"""Feeds a recording back into a fresh core: the same inputs must come to the same facts."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trading_agent.adapters.storage.journal import JournalReader
from trading_agent.adapters.storage.recording_format import Ending, RecordingManifest
from trading_agent.adapters.storage.recording_opening import opening_of
from trading_agent.adapters.storage.recording_reader import RecordingReader
from trading_agent.domain.documents import to_text
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import MarketRows
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.engine.assembly import assemble
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.settings_text import settings_from_text
from trading_agent.runtime.digest import FactsDigest
from trading_agent.strategies.own_parts import NOTHING_OWN, OwnParts

LoadOwn = Callable[[EngineSettings], OwnParts]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first fact that is not the same. `sequence` as in the journal; a side that has no
    such fact is empty."""

    sequence: int
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay came to. `ending` is the recording's own last word, None when the run was
    cut off; `why_broken` tells why the recording was given up, if it was. `difference` is only
    known where a journal was at hand; `seconds` includes reading the file."""

    manifest: RecordingManifest
    ending: Ending | None
    why_broken: str
    inputs: int
    rows: int
    facts: int
    digest: str
    difference: Difference | None
    seconds: float
    desk: DeskSnapshot

    @property
    def verified(self) -> bool | None:
        """Whether the replay is the run; None where the recording has no last word."""
        if self.difference is not None:
            return False
        if self.ending is None:
            return None
        return self.ending == Ending(
            inputs=self.inputs, rows=self.rows, facts=self.facts, digest=self.digest
        )


class JournalWitness:
    """Holds what a replay says against what the run's journal says behind fact `after`."""

    def __init__(self, journal: Iterator[tuple[int, Fact]], after: int = 0) -> None:
        self._journal = journal
        self._sequence = after
        self.difference: Difference | None = None

    def hear(self, facts: Iterable[Fact]) -> None:
        """The next facts; only the first difference is kept."""
        for fact in facts:
            if self.difference is not None:
                return
            self._sequence += 1
            _, written = next(self._journal, (0, None))
            recorded = "" if written is None else _line(written)
            if recorded != _line(fact):
                self.difference = Difference(self._sequence, recorded, _line(fact))


def no_own(_settings: EngineSettings) -> OwnParts:
    return NOTHING_OWN


def replay(recording: Path, journal: Path | None = None, load_own: LoadOwn = no_own) -> Replayed:
    """All inputs, one step each. `journal`: the run's own, to name the first fact that differs.
    `load_own`: a person's own, from the folders the run had them from.

    Raises StorageError when the recording or the journal cannot be read or is damaged, or when
    the recording begins with an image that another version made.
    """
    reader = RecordingReader(recording)
    manifest = reader.manifest()
    opening = opening_of(manifest)
    settings = settings_from_text(manifest.settings)
    core = assemble(settings, opening, batch=True, own=load_own(settings))
    witness = None if journal is None else _witness(journal, manifest.folded)
    digest = FactsDigest()

    def hear(facts: tuple[Fact, ...]) -> None:
        digest.add(facts)
        if witness is not None:
            witness.hear(facts)

    began = time.perf_counter()
    at, inputs, rows = opening.at, 0, 0
    if witness is not None:
        witness.hear(opening.history)
    hear(core.open())
    for stamped in reader.inputs():
        hear(core.step(stamped))
        at, inputs = stamped.at, inputs + 1
        if isinstance(stamped.body, MarketRows):
            rows += len(stamped.body.rows)
    return Replayed(
        manifest=manifest,
        ending=reader.ending(),
        why_broken=reader.why_broken(),
        inputs=inputs,
        rows=rows,
        facts=digest.count,
        digest=digest.hexdigest(),
        difference=None if witness is None else witness.difference,
        seconds=time.perf_counter() - began,
        desk=core.snapshot(at),
    )


def _witness(journal: Path, after: int) -> JournalWitness:
    return JournalWitness(JournalReader(journal).read(after), after)


def _line(fact: Fact) -> str:
    return f"{type(fact).__name__} {to_text(fact)}"
