"""Settings of the enhanced signals; a session may have its own weights and quorum."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from trading_agent.domain.settings_slice import SettingsSlice
from trading_agent.signals.timeframe_settings import Timeframe

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Bps = Annotated[float, Field(gt=0.0, le=10_000.0)]
Weight = Annotated[float, Field(ge=0.0, le=1.0)]
Milliseconds = Annotated[int, Field(ge=1, le=3_600_000)]
Deviations = Annotated[float, Field(gt=0.0, le=1_000.0)]

Family = Literal["flash", "candles", "patterns", "cross_asset", "strategies"]
"""Where evidence comes from; within one family opinions count together at most once."""
RegimeName = Literal["trending_up", "trending_down", "ranging", "wild", "quiet", "unknown"]
"""What kind of market it is; unknown while too few candles are."""
SilencingName = Literal[
    "spread", "volume", "return", "messages", "flicker", "backwards", "clock_jump"
]
"""Anomalies that a message can show. A silence cannot silence anything: it ends with the message
that would."""

DELAYS: Final = 101
"""Seconds whose median delay is the usual one."""
_SECONDS_LOOKED_AT: Final = 510
"""Finished seconds that are remembered, less one that is judged and one to compare it with."""


class ConfirmationParameters(SettingsSlice):
    """When the trends of several timeframes agree."""

    timeframe_weights: dict[Timeframe, Weight] = {"1m": 0.4, "5m": 0.35, "15m": 0.25}
    """Weight of each timeframe's opinion; ratio. A timeframe left out is not asked."""
    quorum: Ratio = 0.5
    """Least share of all weight that must agree with the direction; ratio. Who abstains does not
    agree."""
    least_opinion: Ratio = 0.1
    """An opinion weaker than this agrees with nobody; ratio."""
    gap_weight: Weight = 0.5
    """Weight of the gap between the averages within an opinion; ratio."""
    histogram_weight: Weight = 0.25
    """Weight of the MACD histogram within an opinion; ratio."""
    rsi_weight: Weight = 0.25
    """Weight of the relative strength within an opinion; ratio."""
    full_gap: Annotated[float, Field(gt=0.0, le=100.0)] = 1.0
    """Gap between the averages that is a full opinion; factor of the average true range."""
    full_histogram: Annotated[float, Field(gt=0.0, le=100.0)] = 0.2
    """MACD histogram that is a full opinion; factor of the average true range."""
    full_rsi: Annotated[float, Field(gt=0.0, le=50.0)] = 20.0
    """Distance of the relative strength from 50 that is a full opinion; number of its points."""
    lifetime_candles: Annotated[float, Field(ge=1.0, le=1_000.0)] = 2.0
    """An opinion older than this abstains; number of its timeframe's candles."""


class ConfirmationOverrides(SettingsSlice):
    """A session's own values; a key left out keeps the base value."""

    timeframe_weights: dict[Timeframe, Weight] | None = None
    quorum: Ratio | None = None
    least_opinion: Ratio | None = None
    gap_weight: Weight | None = None
    histogram_weight: Weight | None = None
    rsi_weight: Weight | None = None
    full_gap: Annotated[float, Field(gt=0.0, le=100.0)] | None = None
    full_histogram: Annotated[float, Field(gt=0.0, le=100.0)] | None = None
    full_rsi: Annotated[float, Field(gt=0.0, le=50.0)] | None = None
    lifetime_candles: Annotated[float, Field(ge=1.0, le=1_000.0)] | None = None


class RegimeParameters(SettingsSlice):
    """How the state of a market is told from its finished candles."""

    window: Annotated[int, Field(ge=10, le=1_000)] = 50
    """Candles that efficiency and variance ratio look at; count."""
    variance_step: Annotated[int, Field(ge=2, le=100)] = 5
    """Length of the longer returns in the variance ratio; count of candles."""
    range_window: Annotated[int, Field(ge=20, le=5_000)] = 200
    """Candles among which the present true range is ranked; count."""
    adx_enter: Annotated[float, Field(ge=0.0, le=100.0)] = 25.0
    """ADX from which it speaks for a trend; number of its points."""
    adx_leave: Annotated[float, Field(ge=0.0, le=100.0)] = 20.0
    """ADX below which it no longer speaks for a trend that holds; number of its points."""
    efficiency_enter: Ratio = 0.35
    """Efficiency (way made / way gone) from which it speaks for a trend; ratio."""
    efficiency_leave: Ratio = 0.25
    """Efficiency below which it no longer speaks for a trend that holds; ratio."""
    variance_enter: Annotated[float, Field(ge=0.0, le=100.0)] = 1.2
    """Variance ratio from which it speaks for a trend; ratio, 1 for a random walk."""
    variance_leave: Annotated[float, Field(ge=0.0, le=100.0)] = 1.0
    """Variance ratio below which it no longer speaks for a trend that holds; ratio."""
    wild_enter: Ratio = 0.95
    """Rank of the true range from which the market is wild; ratio."""
    wild_leave: Ratio = 0.85
    """Rank of the true range below which it is wild no longer; ratio."""
    quiet_enter: Ratio = 0.10
    """Rank of the true range up to which the market is quiet; ratio."""
    quiet_leave: Ratio = 0.20
    """Rank of the true range above which it is quiet no longer; ratio."""
    candles_to_change: Annotated[int, Field(ge=1, le=100)] = 3
    """Candles in a row that must say the same before the regime changes; count."""

    @model_validator(mode="after")
    def _entering_is_harder_than_staying(self) -> "RegimeParameters":
        pairs = (
            ("adx", self.adx_leave, self.adx_enter),
            ("efficiency", self.efficiency_leave, self.efficiency_enter),
            ("variance", self.variance_leave, self.variance_enter),
            ("wild", self.wild_leave, self.wild_enter),
            ("quiet", self.quiet_enter, self.quiet_leave),
        )
        for name, low, high in pairs:
            if low > high:
                raise ValueError(f"{name}: entering must be as hard as staying, or harder")
        if self.quiet_leave >= self.wild_leave:
            raise ValueError("a market would be quiet and wild: quiet_leave, wild_leave")
        if self.window < 2 * self.variance_step:
            raise ValueError("window must hold two variance_steps")
        return self


class LiquidityParameters(SettingsSlice):
    """What is measured of the book, and when it has recovered."""

    bands_bps: Annotated[tuple[Bps, ...], Field(min_length=1, max_length=16)] = (
        1.0,
        5.0,
        10.0,
        25.0,
    )
    """Distances from the mid price within which depth is summed; basis points, rising."""
    sweep_share: Ratio = 0.8
    """A print that took at least this share of the best level is a sweep; ratio."""
    recovery_band_bps: Bps = 10.0
    """Distance from the mid price of the depth that must come back; basis points."""
    recovered_share: Ratio = 0.5
    """A side has recovered when this share of its lost depth is back: 0.5 for the half-time;
    ratio."""
    patience_ms: Milliseconds = 30_000
    """A side that has not recovered after this counts as this long; milliseconds."""
    sweeps: Annotated[int, Field(ge=1, le=64)] = 50
    """Sweeps a side whose times the median is taken of; count."""

    @model_validator(mode="after")
    def _bands_rise(self) -> "LiquidityParameters":
        if any(near >= far for near, far in zip(self.bands_bps, self.bands_bps[1:], strict=False)):
            raise ValueError("bands_bps must rise")
        return self


class AnomalyParameters(SettingsSlice):
    """What is out of the ordinary."""

    window_seconds: Annotated[int, Field(ge=10, le=500)] = 300
    """Seconds a figure is compared with; count."""
    least_seconds: Annotated[int, Field(ge=5, le=10_000)] = 60
    """With fewer seconds than this nothing is out of the ordinary yet; count."""
    spread_deviations: Deviations = 8.0
    """Robust z of the spread from which it is an anomaly; number of deviations."""
    volume_deviations: Deviations = 20.0
    """Robust z of a second's traded volume from which it is one; number of deviations."""
    return_deviations: Deviations = 10.0
    """Absolute robust z of a one-second return from which it is one; number of deviations."""
    message_deviations: Deviations = 12.0
    """Robust z of a second's messages from which they are one; number of deviations."""
    least_spread_bps: Bps = 0.1
    """Deviation of the spread below which it is not taken for smaller; basis points."""
    least_volume: Annotated[float, Field(gt=0.0)] = 100.0
    """Deviation of the volume below which it is not taken for smaller; quote asset."""
    least_return_bps: Bps = 0.5
    """Deviation of returns below which it is not taken for smaller; basis points."""
    least_messages: Annotated[float, Field(gt=0.0)] = 2.0
    """Deviation of messages below which it is not taken for smaller; count a second."""
    flicker_band_bps: Bps = 10.0
    """Levels farther from the mid price are not watched for flicker; basis points."""
    flicker_factor: Annotated[float, Field(gt=1.0, le=10_000.0)] = 100.0
    """A level is large from this many times the median of its side's best levels; factor."""
    flicker_ms: Milliseconds = 1_500
    """A large level gone within this time without a print flickered; milliseconds."""
    flickers_a_minute: Annotated[int, Field(ge=1, le=128)] = 60
    """Flickers within a minute from which they are an anomaly; count."""
    clock_jump_ms: Milliseconds = 2_000
    """A message whose delay differs this much from the usual is a clock jump; milliseconds."""
    silence_ms: Milliseconds = 10_000
    """A feed that says nothing for this long is silent; milliseconds."""

    @model_validator(mode="after")
    def _window_is_long_enough(self) -> "AnomalyParameters":
        if self.least_seconds > self.window_seconds:
            raise ValueError("least_seconds must fit in window_seconds")
        return self


class CrossAssetParameters(SettingsSlice):
    """How long and how surely one symbol leads another."""

    full_move_bps: Bps = 3.0
    """Move of a leader from which its lead counts in full; basis points."""
    pairs_a_close: Annotated[int, Field(ge=0, le=20)] = 1
    """Pairs of symbols that are compared when a symbol's minute closes, in turn; count, 0 for
    none. One comparison takes about a millisecond."""
    window_minutes: Annotated[int, Field(ge=1, le=240)] = 15
    """How far back one-second returns are compared; minutes."""
    most_lag: Annotated[int, Field(ge=1, le=60)] = 10
    """Longest lead that is looked for, either way; seconds."""
    false_alarms: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.01
    """Share of unrelated pairs that may be called related, over all lags of a pair; ratio."""
    least_pairs: Annotated[int, Field(ge=30, le=100_000)] = 120
    """Fewest seconds in which both symbols have a return; count."""


class RegimeInfluence(SettingsSlice):
    """What a kind of market leaves of evidence and of sizes. Nothing counts more than without."""

    family_factors: dict[Family, Ratio] = {}
    """Multiplies the weight of a family; ratio, 1 for one left out."""
    strategy_factors: dict[str, Ratio] = {}
    """Multiplies what a strategy's own wish to buy says, by the strategy's name; ratio, 1 for one
    left out."""
    size_factor: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Multiplies the size of every entry; ratio."""


class AggregationParameters(SettingsSlice):
    """How evidence becomes one opinion a symbol."""

    family_weights: dict[Family, Weight] = {
        "flash": 0.6,
        "candles": 0.4,
        "patterns": 0.1,
        "cross_asset": 0.3,
        "strategies": 0.5,
    }
    """Most that a family can add to or take from the strength; ratio. One left out is not heard."""
    regimes: dict[RegimeName, RegimeInfluence] = {"wild": RegimeInfluence(size_factor=0.7)}
    """What changes with the kind of market that timeframes.regime says; one left out changes
    nothing. In a wild market of 1m candles the next five minutes go 1.4 times as far as usual
    (1.3 to 1.5 in each of nine series, by `flash-trading signals regimes`): 0.7 of the size risks
    as much. Neither trends nor their opposite foretold more in one kind of market than in another,
    so that no family counts less."""
    least_strength: Ratio = 0.05
    """Evidence weaker than this after its decay is not heard; ratio."""
    dead_band: Ratio = 0.05
    """When support less opposition is below this nothing is said; ratio."""
    silencing: tuple[SilencingName, ...] = (
        "spread",
        "return",
        "flicker",
        "backwards",
        "clock_jump",
    )
    """Anomalies during which all evidence is suppressed."""
    anomaly_hold_ms: Milliseconds = 10_000
    """How long an anomaly keeps silencing; milliseconds."""
    flash_lifetime_ms: Milliseconds = 5_000
    """A flash signal fades to nothing within this time; milliseconds."""
    pattern_lifetime_candles: Annotated[float, Field(ge=1.0, le=1_000.0)] = 10.0
    """A chart pattern fades to nothing within this; number of its timeframe's candles."""
    least_size: Ratio = 0.5
    """Share of an entry's size that an opinion without strength leaves; ratio, 1 to leave sizes
    alone."""
    full_size_strength: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5
    """Strength from which an entry has its full size; ratio."""


class AggregationOverrides(SettingsSlice):
    """A session's own values; a key left out keeps the base value."""

    family_weights: dict[Family, Weight] | None = None
    regimes: dict[RegimeName, RegimeInfluence] | None = None
    least_strength: Ratio | None = None
    dead_band: Ratio | None = None
    silencing: tuple[SilencingName, ...] | None = None
    anomaly_hold_ms: Milliseconds | None = None
    flash_lifetime_ms: Milliseconds | None = None
    pattern_lifetime_candles: Annotated[float, Field(ge=1.0, le=1_000.0)] | None = None
    least_size: Ratio | None = None
    full_size_strength: Annotated[float, Field(gt=0.0, le=1.0)] | None = None


class EnhancedSession(SettingsSlice):
    """What a session has of its own."""

    confirmation: ConfirmationOverrides = ConfirmationOverrides()
    aggregation: AggregationOverrides = AggregationOverrides()


class EnhancedSettings(SettingsSlice):
    """Settings of the enhanced signals: what is weighed beside a flash signal or a strategy's wish
    before anything is bought."""

    enabled: bool = True
    """Whether entries are weighed; when not, every one goes straight to risk."""
    scrutiny: bool = True
    """Whether the compiled loop watches every symbol's seconds, flickers and recoveries; without
    that nothing is out of the ordinary and nobody leads. Nothing is watched where entries are not
    weighed."""
    confirmation: ConfirmationParameters = ConfirmationParameters()
    regime: RegimeParameters = RegimeParameters()
    liquidity: LiquidityParameters = LiquidityParameters()
    anomalies: AnomalyParameters = AnomalyParameters()
    cross_asset: CrossAssetParameters = CrossAssetParameters()
    aggregation: AggregationParameters = AggregationParameters()
    sessions: dict[str, EnhancedSession] = {}
    """What sessions change, by the session's name; others keep the base values."""

    @model_validator(mode="after")
    def _what_is_held_can_still_be_judged(self) -> "EnhancedSettings":
        compared = max(self.anomalies.window_seconds, DELAYS)
        if compared + self.longest_hold_ms / 1_000 > _SECONDS_LOOKED_AT:
            raise ValueError(
                f"window_seconds (at least {DELAYS}) and anomaly_hold_ms together: at most "
                f"{_SECONDS_LOOKED_AT} s"
            )
        return self

    @property
    def longest_hold_ms(self) -> int:
        """How long an anomaly keeps silencing in the session that waits longest."""
        own = (session.aggregation.anomaly_hold_ms or 0 for session in self.sessions.values())
        return max(self.aggregation.anomaly_hold_ms, *own, 0)

    def confirmation_in(self, session: str) -> ConfirmationParameters:
        own = self.sessions.get(session, EnhancedSession()).confirmation
        return ConfirmationParameters(**_merged(self.confirmation, own))

    def aggregation_in(self, session: str) -> AggregationParameters:
        own = self.sessions.get(session, EnhancedSession()).aggregation
        return AggregationParameters(**_merged(self.aggregation, own))


def _merged(base: SettingsSlice, own: SettingsSlice) -> dict[str, Any]:
    return base.model_dump() | own.model_dump(exclude_none=True)
