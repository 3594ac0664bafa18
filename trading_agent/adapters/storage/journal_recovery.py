"""What a run begins with: the newest image that can be used, and the facts behind it."""

from pathlib import Path
from typing import Final

from msgspec import Struct

from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.adapters.storage.journal_images import warn_of
from trading_agent.adapters.storage.settings import StorageSettings
from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.units import Nanos
from trading_agent.engine.account_image import AccountImage, image_from_text

_MEGABYTE: Final = 1 << 20


class Recovered(Struct, frozen=True):
    """`image` adds up the `folded` first facts; `history` are the others, oldest first."""

    image: AccountImage | None
    folded: int
    history: tuple[Fact, ...]


def open_journal(
    path: Path, identity: JournalIdentity, created: Nanos, settings: StorageSettings
) -> Journal:
    """As `Journal.open`, with the reserve the settings ask for."""
    reserve = settings.reserve_megabytes * _MEGABYTE
    return Journal.open(path, identity, created, reserve=reserve)


def recover(journal: Journal) -> Recovered:
    """Before the first append. An image that cannot be used is passed over, and said."""
    image, folded = _newest(journal)
    return Recovered(image, folded, tuple(fact for _, fact in journal.read(folded)))


def _newest(journal: Journal) -> tuple[AccountImage | None, int]:
    for stored in journal.images():
        try:
            return image_from_text(stored.body), stored.sequence
        except StorageError as error:
            warn_of(journal.path, stored.sequence, str(error))
    return None, 0
