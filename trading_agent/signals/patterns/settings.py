"""Settings of chart patterns: how large a swing is, and how exact a shape must be."""

from typing import Annotated

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice

Share = Annotated[float, Field(gt=0.0, le=1.0)]
Candles = Annotated[int, Field(ge=2, le=1_000)]


class PatternSettings(SettingsSlice):
    """What counts as a swing, and which swings make a shape."""

    range_window: Candles = 14
    """Candles over which the average true range is smoothed (Wilder); count."""
    reversal_ranges: Annotated[float, Field(ge=0.5, le=20.0)] = 1.5
    """How far a close must be from the extreme to end a swing; factor of the average true range."""
    break_ranges: Annotated[float, Field(ge=0.0, le=5.0)] = 0.1
    """How far beyond an edge a close must be to break it; factor of the average true range."""
    level_tolerance: Share = 0.3
    """Most by which tops (or bottoms) of one level differ; fraction of the height of the shape."""
    shoulder_tolerance: Share = 0.4
    """Most by which two shoulders, or the two ends of a neckline, differ; fraction of the height
    of the head."""
    head_share: Share = 0.2
    """Least by which the head stands out over its shoulders; fraction of the height of the head."""
    prior_move: Annotated[float, Field(ge=0.0, le=5.0)] = 0.8
    """Least move into a reversal; factor of the height of the shape."""
    flat_slope: Share = 0.25
    """Most an edge rises or falls and still counts as flat; fraction of the width of the shape."""
    parallel_tolerance: Share = 0.3
    """Most by which the widths at both ends of a channel differ; fraction of the larger one."""
    narrowing: Share = 0.7
    """Most that is left of the width at the end of a triangle, wedge or pennant; fraction."""
    pole_factor: Annotated[float, Field(ge=1.0, le=10.0)] = 2.0
    """Least height of a pole; factor of the width of its flag."""
    cup_candles: Candles = 20
    """Least length of a cup; count of candles."""
    cup_roundness: Share = 0.6
    """Least share of a cup's closes in its lower half: a straight V has a half; fraction."""
    level_swings: Annotated[int, Field(ge=3, le=200)] = 30
    """Swings back over which touches of a level are counted; count."""
    level_ranges: Annotated[float, Field(gt=0.0, le=5.0)] = 0.5
    """Most by which two touches of a support or resistance differ; factor of the average true
    range."""
    level_touches: Annotated[int, Field(ge=2, le=20)] = 3
    """Touches that make a support or a resistance; count."""
    patience: Annotated[float, Field(gt=0.0, le=10.0)] = 1.0
    """How long a finished shape may wait to be broken; factor of its own length."""
    longest_gap: Annotated[int, Field(ge=1, le=10_000)] = 5
    """Missing candles after which everything is forgotten; count."""
