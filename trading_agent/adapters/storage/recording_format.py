"""What a recording looks like on disk, for the one who writes it and the one who reads it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

from trading_agent.domain.documents import input_from_text, to_text
from trading_agent.domain.errors import StorageError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.message import InstrumentUpdated
from trading_agent.domain.units import Nanos

FORMAT_VERSION: Final = 2
APPLICATION: Final = 0x464C5243
"""Tells a recording from any other SQLite file."""
TABLES: Final = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT_VERSION};
CREATE TABLE manifest (body TEXT NOT NULL);
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY,
    first_sequence INTEGER NOT NULL,
    inputs INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    body BLOB NOT NULL,
    seal BLOB NOT NULL
);
CREATE TABLE last_word (kind TEXT NOT NULL, body TEXT NOT NULL, seal BLOB NOT NULL);
"""
ENDED: Final = "ended"
BROKEN: Final = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingManifest:
    """What a replay must know before the first input.

    `settings` is the JSON the core was assembled from; `history` the facts of the journal it had
    recovered behind the `folded` first ones, as (kind, text); `image` adds those up, empty where
    there are none; `instruments` in the order of the rows' `symbol`.
    """

    venue: str
    source: str
    simulated: bool
    seed: int
    settings_digest: str
    settings: str
    version: str
    started_at: Nanos
    history: tuple[tuple[str, str], ...]
    instruments: tuple[Instrument, ...]
    rearmed: str = ""
    image: str = ""
    folded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the run came to: `digest` is `FactsDigest` over its `facts`."""

    inputs: int
    rows: int
    facts: int
    digest: str


def sealed(seal: bytes, head: tuple[int | str, ...], body: bytes) -> bytes:
    return hashlib.sha256(seal + repr(head).encode() + body).digest()


def manifest_to_text(manifest: RecordingManifest) -> str:
    listed = [to_text(InstrumentUpdated(each)) for each in manifest.instruments]
    plain = asdict(manifest) | {"instruments": listed}
    return json.dumps(plain)


def manifest_from_text(text: str) -> RecordingManifest:
    try:
        plain = json.loads(text)
        listed = [input_from_text("InstrumentUpdated", each) for each in plain["instruments"]]
        updates = (each for each in listed if isinstance(each, InstrumentUpdated))
        plain["instruments"] = tuple(each.instrument for each in updates)
        plain["history"] = tuple((kind, fact) for kind, fact in plain["history"])
        return RecordingManifest(**plain)
    except (ValueError, TypeError, KeyError) as error:
        raise StorageError(f"a recording's manifest cannot be read: {error}") from error
