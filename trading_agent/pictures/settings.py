"""Settings of pictures."""

from typing import Annotated

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice


class PictureSettings(SettingsSlice):
    """Pictures are drawn by a process of their own, which is there while it is needed."""

    timeout_seconds: Annotated[float, Field(ge=1.0, le=120.0)] = 20.0
    """How long one picture may take, the start of the process included; seconds."""
    idle_seconds: Annotated[float, Field(ge=1.0, le=86_400.0)] = 120.0
    """The process ends when nobody has wished for a picture for so long; seconds."""
    most_mebibytes: Annotated[int, Field(ge=64, le=4_096)] = 256
    """Resident memory, in MiB, at which the process gives way to a fresh one."""
    kept: Annotated[int, Field(ge=0, le=100)] = 8
    """How many of the newest pictures are kept for whoever wishes for the same; count."""
