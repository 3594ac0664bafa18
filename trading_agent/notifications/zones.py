"""Time zones by name. Universal time is known everywhere; the others need the system's tables."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


def zone_of(name: str) -> tzinfo:
    """ValueError: there is none of this name."""
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is no time zone; write UTC or one like Europe/Berlin"
        ) from error
