"""Settings of notifications."""

from typing import Annotated, Final

from pydantic import Field, field_validator

from trading_agent.domain.settings_slice import SettingsSlice
from trading_agent.notifications.notice import Mode, Topic
from trading_agent.notifications.zones import zone_of

WEBHOOK_URL: Final = "FLASH_TRADING_WEBHOOK_URL"
DISCORD_URL: Final = "FLASH_TRADING_DISCORD_URL"
"""Secrets: whoever knows such an address can write there."""

Seconds = Annotated[float, Field(ge=0.0, le=3_600.0)]


class NotificationSettings(SettingsSlice):
    """What people are told of, how soon and how it is put together."""

    enabled: bool = True
    """Whether anything is told at all; without it no outbox is kept."""
    topics: dict[Topic, Mode] = {
        Topic.STOP_MOVED: Mode.SILENT,
        Topic.SESSION: Mode.SILENT,
        Topic.SIGNAL: Mode.OFF,
        Topic.PATTERN: Mode.SILENT,
        Topic.ANOMALY: Mode.SILENT,
    }
    """How each topic is told to whoever has not said otherwise: on, silent (without a sound) or
    off. Topics that are not named are on."""
    pictures: tuple[Topic, ...] = (Topic.PATTERN, Topic.REPORT)
    """Topics that come with a picture: exit, pattern, report."""
    report_at: Annotated[str, Field(pattern=r"^$|^([01]\d|2[0-3]):[0-5]\d$")] = "21:00"
    """When the daily report is told, as HH:MM in `report_zone`; empty: never."""
    report_zone: str = "UTC"
    """Time zone of `report_at`, as UTC or Europe/Berlin."""
    burst_seconds: Seconds = 1.5
    """How long fills of one order are collected before they are told; seconds."""
    standing_seconds: Seconds = 10.0
    """How long an entry must have stood unfilled before it is told of; seconds."""
    stop_seconds: Seconds = 30.0
    """How long moves of one position's stop and target are collected; seconds."""
    feed_seconds: Seconds = 5.0
    """How long a book may be away before it is told of; seconds."""
    signal_seconds: Seconds = 60.0
    """How long signals are collected; seconds."""
    pattern_quality: Annotated[float, Field(ge=0.0, le=1.0)] = 0.3
    """Chart patterns of a lower quality are not told; number from 0 to 1."""
    anomaly_seconds: Seconds = 3_600.0
    """How long the same oddity of the same pair is only counted after it was told; seconds."""
    most_waiting: Annotated[int, Field(ge=100, le=1_000_000)] = 10_000
    """How many messages may wait for one destination, count; beyond it the oldest of the least
    urgent are given up, and that is told."""
    webhook_timeout_seconds: Annotated[float, Field(ge=0.5, le=60.0)] = 5.0
    """How long a webhook may take to let us in, and again to answer; seconds."""
    webhook_longest_pause_seconds: Annotated[float, Field(ge=0.1, le=3_600.0)] = 300.0
    """Longest pause before a webhook that failed is tried again; seconds."""

    @field_validator("report_zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        zone_of(zone)
        return zone
