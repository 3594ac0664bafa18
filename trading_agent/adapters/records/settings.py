"""Settings of the records."""

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, SecretStr, field_validator

from trading_agent.domain.settings_slice import SettingsSlice

RECORDS_URL: str = "FLASH_TRADING_RECORDS_URL"
"""The secret that goes before `records.url`: in the environment or in the file of secrets."""


class RecordsSettings(SettingsSlice):
    """Tables that people query. They follow the journal and can be made anew from it."""

    enabled: bool = True
    """Whether a run keeps records."""
    url: SecretStr = SecretStr("")
    """Database of the records, as postgresql://user@host/database or sqlite:///file (relative to
    the data directory); a URL without a password. Empty: records.sqlite in the data directory."""
    commit_seconds: Annotated[float, Field(ge=0.05, le=60.0)] = 1.0
    """Least time between two commits, by which the records stay behind the journal; seconds."""
    commit_facts: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    """Facts read from the journal for one commit at most, when there is much to catch up with;
    count."""
    timeout_seconds: Annotated[float, Field(ge=1.0, le=300.0)] = 5.0
    """How long the database may take to let us in or to answer; seconds. Then the keeper of the
    records starts again."""

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: SecretStr) -> SecretStr:
        if has_password(url.get_secret_value()):
            raise ValueError(
                "holds a password, and this file is no place for one: put the whole URL as "
                f"{RECORDS_URL}=… into .env-secure/.env (mode 0600) or into the environment, "
                "and leave records.url empty"
            )
        return url


def has_password(url: str) -> bool:
    """Before the @ or among the parameters; also in a URL that cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "@" in url
    names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    user = parts.netloc.rpartition("@")[0]
    return ":" in user or any("password" in name for name in names)
