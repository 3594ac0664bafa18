"""Settings of what is kept on disk."""

from typing import Annotated

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice


class StorageSettings(SettingsSlice):
    """Journal, recordings and secrets."""

    image_facts: Annotated[int, Field(ge=1_000, le=1_000_000)] = 20_000
    """Facts after which the account is kept as a whole in the journal, so that a start reads no
    more than these; count."""
    reserve_megabytes: Annotated[int, Field(ge=0, le=10_000)] = 50
    """Room set aside beside the journal and given up when the disk is full, so that exits can
    still be written; 0: none; megabytes of 1,048,576 bytes."""
    backups_kept: Annotated[int, Field(ge=0, le=366)] = 7
    """Daily backups of the journal that are kept; 0: none is made; count."""
    chunk_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 65_536
    """Market rows written to a recording at once at most; count."""
    chunk_seconds: Annotated[float, Field(gt=0.0, le=60.0)] = 1.0
    """Longest time an input waits to be written to a recording: what a crash may lose; seconds."""
    waiting_rows: Annotated[int, Field(ge=1_000, le=100_000_000)] = 1_000_000
    """Rows that may wait for the recorder before the recording is given up (48 bytes each,
    any other input counts as one); count."""
    secrets_file: str = ".env-secure/.env"
    """Where secrets are read from beside the environment, relative to the working directory;
    a path."""
