"""Settings of what may be changed at the desk while it runs."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from trading_agent.domain.settings_slice import SettingsSlice

Seconds = Annotated[int, Field(ge=1, le=86_400)]
Lesser = Annotated[Decimal, Field(ge=Decimal("0.05"), le=1)]
Greater = Annotated[Decimal, Field(ge=1, le=2)]


class OverlayBounds(SettingsSlice):
    """How far an overlay may go and how long it may hold, whoever applies it. What no overlay has
    a word for (kill switch, breakers, limits, fees, symbols) cannot be loosened by one."""

    least_risk_multiplier: Lesser = Decimal("0.1")
    """Smallest factor on the size of entries; factor."""
    most_risk_multiplier: Greater = Decimal("1.25")
    """Largest factor on the size of entries, which every limit of risk still holds for; factor."""
    least_entry_threshold: Annotated[Decimal, Field(ge=Decimal("0.5"), le=1)] = Decimal("0.8")
    """Smallest factor on the book imbalance at which signals fire; factor."""
    most_entry_threshold: Annotated[Decimal, Field(ge=1, le=3)] = Decimal(2)
    """Largest factor on the book imbalance at which signals fire; factor."""
    overseer_loosens_percent: Annotated[float, Field(ge=0.0, le=25.0)] = 0.0
    """How far the overseer may loosen without a person, away from 1; percent, 0 for never."""
    least_ttl_seconds: Seconds = 300
    """Shortest time an overlay is given; seconds."""
    most_tightening_seconds: Seconds = 14_400
    """Longest time of what tightens; seconds."""
    most_loosening_seconds: Seconds = 7_200
    """Longest time of what loosens; seconds."""
    most_pause_seconds: Seconds = 7_200
    """Longest time in which a pair has no entries; seconds."""
    most_halt_seconds: Seconds = 3_600
    """Longest time in which no pair has; seconds."""
    most_halted_seconds_a_day: Annotated[int, Field(ge=0, le=86_400)] = 21_600
    """Most that the overseer may halt all entries of a UTC day without a person; seconds."""
    most_at_once: Annotated[int, Field(ge=0, le=32)] = 8
    """Most overlays at once; count, 0 for none at all."""
    most_a_symbol: Annotated[int, Field(ge=0, le=32)] = 3
    """Most overlays of one symbol at once; count."""
    most_changes_a_day: Annotated[int, Field(ge=0, le=1_000)] = 12
    """Most overlays that the overseer may apply without a person on a UTC day; count."""
    most_snapshot_age_seconds: Annotated[int, Field(ge=1, le=3_600)] = 120
    """How old the picture of the desk may be that an overlay was made from; seconds."""
    revert_drawdown_percent: Annotated[float, Field(ge=0.0, le=100.0)] = 1.0
    """What loosens ends when the desk is worth so much less than at its application; percent of
    that, 0 for not at all."""

    @model_validator(mode="after")
    def _times_leave_room(self) -> Self:
        for longest in (
            self.most_tightening_seconds,
            self.most_loosening_seconds,
            self.most_pause_seconds,
            self.most_halt_seconds,
        ):
            if longest < self.least_ttl_seconds:
                raise ValueError(
                    f"least_ttl_seconds: {self.least_ttl_seconds} is longer than {longest}, "
                    "the longest time of some overlays"
                )
        return self
