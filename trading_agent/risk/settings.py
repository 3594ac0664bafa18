"""Limits that no one can talk the desk out of."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from trading_agent.domain.settings_slice import SettingsSlice

Percent = Annotated[float, Field(ge=0.0, le=100.0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Losses = Annotated[int, Field(ge=0, le=1_000)]


class SizeCaps(SettingsSlice):
    """Each makes an entry smaller, never larger; the smallest of all holds."""

    stop_risk_percent: Percent = 0.0
    """Most of equity that the stop of one entry may cost, fees and slippage included; percent,
    0 for no such cap. An entry without a stop is then refused."""
    kelly_shrink: Annotated[float, Field(ge=0.0, le=0.5)] = 0.0
    """Share of Kelly's bet by our own closed trades that one entry may be worth, at most a
    quarter of equity; ratio, 0 for no such cap. Needs 30 closed trades."""
    volatility_target_percent: Annotated[float, Field(ge=0.0, le=1_000.0)] = 0.0
    """Yearly volatility one position may bring to the whole account; percent, 0 for no such
    cap."""
    volatility_floor_percent: Annotated[float, Field(gt=0.0, le=1_000.0)] = 10.0
    """A smaller yearly volatility of a pair is not believed; percent."""
    depth_percent: Annotated[float, Field(ge=0.0, le=1_000.0)] = 0.0
    """Most an entry takes of what is displayed up to its price; percent, 0 for no such cap."""


class BreakerLimits(SettingsSlice):
    """When the desk takes power from itself, by level: soft makes entries smaller, hard allows
    exits only, kill cancels everything. 0: not at this level. Only a person re-arms."""

    soft_size_factor: Share = 0.5
    """What entries are multiplied by while a soft breaker is tripped; ratio."""
    flatten_on_kill: bool = False
    """Whether a breaker that kills sells everything held first."""
    daily_loss_soft_percent: Percent = 3.0
    """Loss since 00:00 UTC, open positions and fees included; percent of equity then."""
    daily_loss_hard_percent: Percent = 5.0
    """The same, exits only; percent."""
    daily_loss_kill_percent: Percent = 10.0
    """The same, everything cancelled; percent."""
    drawdown_soft_percent: Percent = 8.0
    """Loss from the highest equity ever marked; percent of it."""
    drawdown_hard_percent: Percent = 15.0
    """The same, exits only; percent."""
    drawdown_kill_percent: Percent = 25.0
    """The same, everything cancelled; percent."""
    losing_streak_soft: Count = 20
    """Positions closed at a loss in a row; count."""
    losing_streak_hard: Count = 0
    """The same, exits only; count. Off: small losses in a row are for the daily loss to judge."""
    losing_streak_kill: Count = 0
    """The same, everything cancelled; count."""
    slippage_soft_z: Annotated[float, Field(ge=0.0, le=1_000.0)] = 6.0
    """How far the spread and impact of an order lie above the median of the last 200, in robust
    deviations (MAD / 0.6745); number, judged from 30 orders on."""
    slippage_hard_z: Annotated[float, Field(ge=0.0, le=1_000.0)] = 20.0
    """The same, exits only; number."""
    slippage_kill_z: Annotated[float, Field(ge=0.0, le=1_000.0)] = 0.0
    """The same, everything cancelled; number."""
    slippage_floor_bps: Annotated[float, Field(gt=0.0, le=1_000.0)] = 1.0
    """A smaller median deviation counts as this; basis points of the order's value."""
    reject_streak_soft: Count = 0
    """Orders rejected by the venue in a row; count. A maker order that would have taken and the
    like ask for their rejection and do not count."""
    reject_streak_hard: Count = 5
    """The same, exits only; count."""
    reject_streak_kill: Count = 0
    """The same, everything cancelled; count."""
    feed_losses_soft: Losses = 50
    """How often the book of one pair was lost within `feed_window_seconds`, of which a thousand
    are remembered; count."""
    feed_losses_hard: Losses = 200
    """The same, exits only; count."""
    feed_losses_kill: Losses = 0
    """The same, everything cancelled; count."""
    feed_window_seconds: Annotated[int, Field(ge=1, le=86_400)] = 600
    """How far back lost books are counted; seconds."""


class RiskLimits(SettingsSlice):
    """Every order passes all of these, whoever asked for it."""

    max_order_notional: Annotated[Decimal, Field(gt=0)] = Decimal(1000)
    """Most value of one order; quote asset."""
    max_open_orders: Annotated[int, Field(ge=1, le=200)] = 20
    """Most orders travelling or resting at once; count."""
    max_open_positions: Annotated[int, Field(ge=0, le=100)] = 8
    """Most positions open at once, whatever a session says; count."""
    max_book_age_ms: Annotated[int, Field(ge=50, le=600_000)] = 2_000
    """An older book refuses entries; milliseconds since its last message."""
    max_position_notional: Annotated[Decimal, Field(gt=0)] = Decimal(5_000)
    """Most value of one pair, held and on order; quote asset."""
    max_exposure: Annotated[Decimal, Field(gt=0)] = Decimal(20_000)
    """Most value of all pairs together, held and on order; quote asset."""
    max_cluster_exposure: Annotated[Decimal, Field(gt=0)] = Decimal(20_000)
    """Most value of pairs that move together, held and on order; quote asset. While any breaker
    is tripped all pairs count as moving together."""
    clusters: dict[str, tuple[str, ...]] = {}
    """Symbols that move together, by a name for them. A pair named nowhere belongs to the
    cluster of its base asset, and none to two."""
    max_tail_loss_percent: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(10)
    """Most that everything held and on order may lose in an hour as bad as the worst hundredth of
    those remembered, all pairs at once; percent of what the desk is worth, 0 for any."""
    unknown_tail_loss_percent: Annotated[Decimal, Field(gt=0, le=100)] = Decimal(10)
    """What a pair loses in such an hour while fewer than 100 hours of it are known; percent of its
    value."""
    max_depth_percent: Annotated[float, Field(ge=0.0, le=100_000.0)] = 1_000.0
    """Most size of an entry against what is displayed up to its price on the side it takes;
    percent, 0 for any. Taking stops at the end of the visible book in any case."""
    max_expected_slippage_bps: Annotated[float, Field(ge=0.0, le=1_000.0)] = 2.5
    """Most that what an entry would take of the book as it is may cost beyond the best price, on
    average; it is made smaller until it does not cost more; basis points, 0 for any. How far its
    last lot may reach is the session's slippage_limit_bps."""
    max_minute_volume_percent: Annotated[float, Field(ge=0.0, le=100_000.0)] = 0.0
    """Most size of an entry against what was traded within the last minute; percent, 0 for
    any."""
    price_band_bps: Annotated[float, Field(ge=0.0, le=10_000.0)] = 300.0
    """How far an entry's price may lie from the mid price and from the last trade, 0 for any;
    basis points."""
    symbol_orders_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 120
    """Entries of one pair, sustained; count per minute."""
    symbol_order_burst: Annotated[int, Field(ge=1, le=10_000)] = 30
    """Entries of one pair at once, after a quiet time; count."""
    orders_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 600
    """Entries of all pairs, sustained; count per minute."""
    order_burst: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Entries of all pairs at once, after a quiet time; count."""
    duplicate_window_ms: Annotated[int, Field(ge=0, le=600_000)] = 200
    """An entry that equals one sent less than this ago is refused; milliseconds."""
    sizing: SizeCaps = SizeCaps()
    breakers: BreakerLimits = BreakerLimits()

    @model_validator(mode="after")
    def _a_symbol_is_in_one_cluster(self) -> Self:
        first: dict[str, str] = {}
        for name, symbols in self.clusters.items():
            for symbol in symbols:
                other = first.setdefault(symbol, name)
                if other != name:
                    raise ValueError(
                        f"clusters: {symbol} is in {other} and in {name}; a symbol moves with one"
                    )
        return self
