"""Settings of the threads: how often they look, how much they hold, how long they may be silent."""

from typing import Annotated

from pydantic import Field, model_validator

from trading_agent.domain.settings_slice import SettingsSlice


class RuntimeSettings(SettingsSlice):
    """Threads, queues and time."""

    pulse_ms: Annotated[int, Field(ge=50, le=1_000)] = 500
    """The core is woken at least this often, so that it sees time pass when the market is
    silent; milliseconds."""
    snapshot_ms: Annotated[int, Field(ge=50, le=10_000)] = 250
    """Least time between two snapshots of the desk; milliseconds."""
    switch_interval_ms: Annotated[float, Field(gt=0.0, le=5.0)] = 0.5
    """Longest time a busy Python thread may keep the core from running; milliseconds."""
    share_processor: bool = True
    """The core and the threads that read the market share one processor, where a frame changes
    hands in half the time. Say false on a machine whose processors are all busy."""
    collect_seconds: Annotated[int, Field(ge=1, le=3_600)] = 30
    """Least time between two collections of garbage while the desk is flat; seconds."""
    collect_latest_seconds: Annotated[int, Field(ge=10, le=86_400)] = 600
    """Garbage is collected after this time even when the desk is not flat; seconds."""
    lane_messages: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    """Messages of one feed that may wait for the core before its books are given up; count."""
    outbox_facts: Annotated[int, Field(ge=1_000, le=10_000_000)] = 100_000
    """Facts that may wait for the journal before the desk gives up on it; count."""
    commit_facts: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Facts written in one commit at most; count."""
    subscription_facts: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    """Facts one listener may leave unread before the oldest are dropped; count."""
    commands: Annotated[int, Field(ge=10, le=100_000)] = 1_000
    """Inputs that may wait for the core before further commands are turned away; count.
    Kill is never turned away."""
    silence_seconds: Annotated[float, Field(ge=1.0, le=300.0)] = 5.0
    """A vital thread without a sign of life for longer ends the process, which is then
    started again; seconds."""
    hang_seconds: Annotated[float, Field(ge=1.0, le=300.0)] = 8.0
    """The same when the whole interpreter stands still; seconds."""
    stop_seconds: Annotated[float, Field(ge=0.5, le=60.0)] = 5.0
    """How long each thread may take to end; seconds."""

    @model_validator(mode="after")
    def _in_order(self) -> "RuntimeSettings":
        if self.collect_latest_seconds < self.collect_seconds:
            raise ValueError("collect_latest_seconds must not be less than collect_seconds")
        if self.silence_seconds * 1_000 < 4 * self.pulse_ms:
            raise ValueError("silence_seconds must be at least four times pulse_ms")
        return self
