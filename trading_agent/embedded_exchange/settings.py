"""Settings of the embedded exchange and of the synthetic market it can trade."""

from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from trading_agent.domain.settings_slice import SettingsSlice

Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9]{3,30}$")]
Rate = Annotated[float, Field(gt=0.0, le=1_000.0)]
Bps = Annotated[float, Field(gt=0.0, le=10_000.0)]
Size = Annotated[float, Field(gt=0.0, le=1e12)]
Factor = Annotated[float, Field(gt=0.0, le=100.0)]

_MOST_ORDERS: Final = 40_000
_LADDER_MEAN: Final = 3.6
"""Mean distance of deeper orders over their median."""


class PairPreset(SettingsSlice):
    """How one synthetic pair trades in an average hour of a normal market."""

    base: str
    """Asset that is bought and sold."""
    quote: str = "USDC"
    """Asset it is priced in."""
    price_decimals: Annotated[int, Field(ge=0, le=12)]
    """Decimals of a price; one tick is one unit of the last of them."""
    size_decimals: Annotated[int, Field(ge=0, le=12)]
    """Decimals of a size; one lot is one unit of the last of them."""
    min_size: Annotated[Decimal, Field(gt=0)]
    """Least size of an order; base asset."""
    min_notional: Annotated[Decimal, Field(ge=0)] = Decimal(1)
    """Least value of an order; quote asset."""
    max_notional: Annotated[Decimal, Field(gt=0)] = Decimal(2_000_000)
    """Most value of an order sent from outside; quote asset."""
    start_price: Annotated[Decimal, Field(gt=0)]
    """Level around which the fair price swings over days; quote asset."""
    volatility_bps: Bps
    """Standard deviation of one-second returns of the fair price; basis points."""
    common_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.85
    """Correlation of the fair price's shocks with those all pairs share; ratio."""
    takers_per_second: Rate
    """Orders that take liquidity, clusters included; count per second."""
    placements_per_second: Rate
    """Orders placed behind the best prices, both sides; count per second."""
    joins_per_second: Rate
    """Orders placed at or next to the best prices, both sides; count per second."""
    reaction_per_second: Rate
    """How fast quotes follow the fair price once they are off; moves per second."""
    tolerance_bps: Bps
    """How far the middle may be off the fair price before quotes follow; basis points."""
    spread_ticks: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Spread that makers are content with; ticks."""
    taker_size: Size
    """Median size of an order that takes; base asset."""
    taker_size_spread: Annotated[float, Field(ge=0.0, le=4.0)] = 2.4
    """Standard deviation of the logarithm of those sizes; number."""
    best_size: Size
    """Median size of an order at or next to the best price; base asset."""
    best_patience_seconds: Annotated[float, Field(gt=0.0, le=3_600.0)] = 2.0
    """Mean life of an order at or next to the best price; seconds."""
    ladder_size: Size
    """Median size of an order deeper in the book; base asset."""
    ladder_bps: Bps = 4.0
    """Median distance from the best price at which deeper orders are placed; basis points."""
    ladder_patience_seconds: Annotated[float, Field(gt=0.0, le=3_600.0)] = 2.0
    """Mean life of a deeper order for every basis point of its distance; seconds."""

    @model_validator(mode="after")
    def _book_is_bounded(self) -> Self:
        seconds = self.best_patience_seconds
        seconds += self.ladder_patience_seconds * self.ladder_bps * _LADDER_MEAN
        orders = self.placements_per_second * seconds
        if orders > _MOST_ORDERS:
            raise ValueError(
                f"about {orders:.0f} orders would stand in the book, {_MOST_ORDERS} may: lower"
                " placements_per_second, ladder_bps or ladder_patience_seconds"
            )
        return self


class RegimeSettings(SettingsSlice):
    """One state of the market's mood."""

    mean_minutes: Annotated[float, Field(gt=0.0, le=100_000.0)]
    """Mean time it lasts; minutes of market time."""
    weight: Annotated[float, Field(gt=0.0, le=1_000.0)]
    """How often it follows another state, relative to the others; number."""
    volatility: Factor
    """Multiplies the size of price moves; factor."""
    activity: Factor
    """Multiplies how many orders arrive; factor."""


def _default_presets() -> dict[str, PairPreset]:
    return {
        "BTCUSDC": PairPreset(
            base="BTC",
            price_decimals=2,
            size_decimals=6,
            min_size=Decimal("0.000001"),
            start_price=Decimal(61_800),
            volatility_bps=0.85,
            takers_per_second=7.5,
            placements_per_second=100.0,
            joins_per_second=50.0,
            reaction_per_second=40.0,
            tolerance_bps=0.25,
            taker_size=0.0035,
            best_size=0.018,
            ladder_size=0.02,
        ),
        "ETHUSDC": PairPreset(
            base="ETH",
            price_decimals=2,
            size_decimals=5,
            min_size=Decimal("0.0001"),
            start_price=Decimal(2_680),
            volatility_bps=0.95,
            takers_per_second=4.5,
            placements_per_second=85.0,
            joins_per_second=40.0,
            reaction_per_second=40.0,
            tolerance_bps=0.25,
            taker_size=0.04,
            best_size=0.09,
            ladder_size=0.3,
        ),
        "XRPUSDC": PairPreset(
            base="XRP",
            price_decimals=4,
            size_decimals=2,
            min_size=Decimal("0.1"),
            start_price=Decimal("0.6"),
            volatility_bps=1.2,
            takers_per_second=1.5,
            placements_per_second=25.0,
            joins_per_second=12.0,
            reaction_per_second=10.0,
            tolerance_bps=1.0,
            taker_size=60.0,
            taker_size_spread=2.0,
            best_size=300.0,
            best_patience_seconds=15.0,
            ladder_size=500.0,
            ladder_bps=12.0,
        ),
        "SOLUSDC": PairPreset(
            base="SOL",
            price_decimals=2,
            size_decimals=3,
            min_size=Decimal("0.001"),
            start_price=Decimal(155),
            volatility_bps=1.3,
            takers_per_second=3.0,
            placements_per_second=40.0,
            joins_per_second=20.0,
            reaction_per_second=20.0,
            tolerance_bps=0.6,
            taker_size=0.5,
            taker_size_spread=2.2,
            best_size=3.0,
            best_patience_seconds=6.0,
            ladder_size=6.0,
            ladder_bps=8.0,
        ),
        "NEXOUSDC": PairPreset(
            base="NEXO",
            price_decimals=3,
            size_decimals=2,
            min_size=Decimal("0.1"),
            start_price=Decimal("1.22"),
            volatility_bps=0.9,
            common_share=0.5,
            takers_per_second=0.06,
            placements_per_second=0.8,
            joins_per_second=0.25,
            reaction_per_second=0.06,
            tolerance_bps=5.0,
            taker_size=30.0,
            taker_size_spread=1.4,
            best_size=8.0,
            best_patience_seconds=30.0,
            ladder_size=60.0,
            ladder_bps=40.0,
        ),
    }


class SyntheticSettings(SettingsSlice):
    """The synthetic market."""

    volatility: Factor = 1.0
    """Multiplies the volatility of every pair; factor."""
    activity: Factor = 1.0
    """Multiplies the order arrivals of every pair; factor."""
    session_strength: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """How much of the daily and weekly rhythm applies, 0 for none; ratio."""
    calm: RegimeSettings = RegimeSettings(
        mean_minutes=25.0, weight=1.0, volatility=0.6, activity=0.75
    )
    normal: RegimeSettings = RegimeSettings(
        mean_minutes=30.0, weight=2.0, volatility=1.0, activity=1.0
    )
    wild: RegimeSettings = RegimeSettings(
        mean_minutes=6.0, weight=0.7, volatility=2.2, activity=1.8
    )
    presets: dict[Symbol, PairPreset] = Field(default_factory=_default_presets)
    """How each pair trades, by symbol. Naming any replaces the whole table."""


class EmbeddedSettings(SettingsSlice):
    """The exchange on loopback."""

    host: Literal["127.0.0.1", "::1"] = "127.0.0.1"
    """Address it listens on; loopback only."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """TCP port it listens on; 0 takes any free one."""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 7
    """The same seed, pairs and start time give the same market; number."""
    pace: Annotated[float, Field(gt=0.0, le=1_000.0)] = 1.0
    """Seconds of market time per second; factor."""
    pairs: Annotated[tuple[Symbol, ...], Field(min_length=1, max_length=50)] = (
        "BTCUSDC",
        "ETHUSDC",
    )
    """Pairs the synthetic market trades, in listing order; each needs a preset."""
    synthetic: SyntheticSettings = SyntheticSettings()
    subscription_seconds: Annotated[float, Field(gt=0.0, le=3_600.0)] = 30.0
    """A connection without a valid subscription or a ping this long is closed; seconds."""
    silence_seconds: Annotated[float, Field(gt=0.0, le=3_600.0)] = 60.0
    """A subscribed connection without data or a ping this long is closed; seconds."""
    connection_hours: Annotated[float, Field(gt=0.0, le=24.0)] = 24.0
    """A connection older than this is closed; hours."""
    backlog_frames: Annotated[int, Field(ge=10, le=1_000_000)] = 5_000
    """Most frames waiting for one client that does not read; count. Beyond it the client is
    closed, unless the market is played as fast as its listeners take it."""
    faults_over_http: bool = False
    """Whether `/_faults` takes scripted faults; for demonstrations and tests."""

    @model_validator(mode="after")
    def _every_pair_is_known(self) -> Self:
        unknown = [pair for pair in self.pairs if pair not in self.synthetic.presets]
        if unknown:
            known = ", ".join(self.synthetic.presets)
            raise ValueError(f"no preset for {', '.join(unknown)}; there are {known}")
        if len(set(self.pairs)) < len(self.pairs):
            raise ValueError("a pair is named twice")
        return self
