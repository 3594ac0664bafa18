"""Settings of the overseer: tiers, money, breakers, and what a proposal may reach."""

from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NANO: Final = 10**9
"""Nano-dollars in a dollar."""

Dollars = Annotated[Decimal, Field(ge=0, le=100_000)]
Share = Annotated[Decimal, Field(ge=0, le=1)]
Minutes = Annotated[int, Field(ge=1, le=1_440)]
Model = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._:-]+$", max_length=128)]

LOCKED: Final = frozenset(
    (
        *("kill_switch", "breakers", "daily_loss_limit", "drawdown_limit", "max_drawdown"),
        *("fees", "slippage_model", "symbols", "paper", "live", "api_key", "credentials"),
        *("order_type", "overseer_budget", "overseer_tiers", "overseer_prompt", "logging"),
        *("notifications",),
    )
)
"""What no model may ever ask for; named so that a refusal can say so."""


class Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        validate_default=True,
    )


class MostPrice(Frozen):
    """The dearest price of a model that is still used."""

    prompt: Dollars
    """Dollars per million prompt tokens."""
    completion: Dollars
    """Dollars per million completion tokens, reasoning included."""


class TierSettings(Frozen):
    """One class of models."""

    models: Annotated[tuple[Model, ...], Field(max_length=4)]
    """Tried in this order."""
    second: Annotated[tuple[Model, ...], Field(max_length=4)] = ()
    """Asked for a second opinion, of another vendor; empty for none."""
    context_tokens: Annotated[int, Field(ge=500, le=100_000)]
    """Most tokens of a prompt; tokens."""
    max_completion_tokens: Annotated[int, Field(ge=16, le=32_000)]
    """Most tokens of an answer, reasoning included; tokens."""
    deadline_seconds: Annotated[float, Field(gt=0.0, le=600.0)]
    """A review may take this long altogether; seconds."""
    effort: Literal["none", "minimal", "low", "medium", "high"]
    """How much the model may think before it answers."""
    max_price: MostPrice
    calls_per_hour: Annotated[int, Field(ge=0, le=1_000)] = 4
    """Most reviews in sixty minutes; count."""


class BudgetSettings(Frozen):
    """Caps; nothing is sent that could pass one of them."""

    usd_day: Dollars = Decimal("1.0")
    """Most dollars a UTC day."""
    usd_hour: Dollars = Decimal("0.35")
    """Most dollars in sixty minutes."""
    usd_call: Dollars = Decimal("0.30")
    """Most dollars one call may cost."""
    tokens_day: Annotated[int, Field(ge=0, le=10**9)] = 600_000
    """Most tokens a UTC day."""
    routine: Share = Decimal("0.45")
    """Share of the day's dollars for what is routine; ratio."""
    user: Share = Decimal("0.15")
    """Share of the day's dollars for people's questions; ratio. What is critical may use all."""
    alerts: tuple[Share, ...] = (Decimal("0.5"), Decimal("0.8"), Decimal(1))
    """Shares of the day's dollars that are told once; ratio."""
    remote_tolerance: Share = Decimal("0.05")
    """How far the provider's count may be above ours before theirs is taken; ratio."""


class BreakerSettings(Frozen):
    """When a model, or all of them, are left alone for a while."""

    failures: Annotated[int, Field(ge=1, le=100)] = 3
    """Failures in a row; count."""
    open_seconds: Annotated[float, Field(gt=0.0, le=86_400.0)] = 60.0
    """First pause, doubled each time; seconds."""
    max_open_seconds: Annotated[float, Field(gt=0.0, le=86_400.0)] = 1_800.0
    """Longest pause; seconds."""


class ParameterSettings(Frozen):
    """What may be asked of one parameter."""

    hard: tuple[Decimal, Decimal]
    """Least and most the operator allows; the parameter's own number."""
    overlay: tuple[Decimal, Decimal]
    """Least and most an overlay may set, within `hard`; the parameter's own number."""
    step: Annotated[Decimal, Field(gt=0)]
    """Grid of values, from the overlay's least; the parameter's own number."""
    max_step: Annotated[Decimal, Field(gt=0)]
    """Most that one decision may move it; the parameter's own number."""
    deadband: Annotated[Decimal, Field(ge=0)]
    """Smaller moves are none; the parameter's own number."""
    risk_sign: Literal[-1, 0, 1]
    """1 when more of it is more risk, -1 when less, 0 when neither; number."""
    restore_step: Annotated[Decimal, Field(gt=0)] = Decimal("0.25")
    """Most that a restore in a crisis moves it; the parameter's own number."""
    max_ttl: Minutes = 240
    """Longest life of an overlay; minutes."""
    cooldown: Annotated[int, Field(ge=0, le=1_440)] = 5
    """Least time between two changes; minutes."""
    per_day: Annotated[int, Field(ge=0, le=1_000)] = 8
    """Most changes a UTC day; count."""

    @model_validator(mode="after")
    def _ranges_nest(self) -> Self:
        (low, high), (inner_low, inner_high) = self.hard, self.overlay
        if not low <= inner_low < inner_high <= high:
            raise ValueError("the overlay's range is not within the hard one")
        return self


class LimitSettings(Frozen):
    """What all proposals together may do."""

    active: Annotated[int, Field(ge=0, le=100)] = 8
    """Most overlays at a time; count."""
    active_per_symbol: Annotated[int, Field(ge=0, le=100)] = 3
    """Most overlays of one symbol at a time; count."""
    changes_per_day: Annotated[int, Field(ge=0, le=1_000)] = 12
    """Most changes a UTC day; count."""
    snapshot_seconds: Annotated[int, Field(ge=1, le=3_600)] = 120
    """A verdict is stale after this; seconds."""
    min_hold: Minutes = 30
    """A tightening stays at least this long before it is taken back; minutes."""
    least_ttl: Minutes = 5
    """Shortest life of an overlay; minutes."""
    tighten_ttl: Minutes = 240
    """Longest life of a tightening; minutes."""
    halt_ttl: Minutes = 60
    """Longest halt of entries; minutes."""
    pause_ttl: Minutes = 120
    """Longest pause of a symbol; minutes."""
    loosen_ttl: Minutes = 120
    """Longest life of a loosening; minutes."""
    halted_per_day: Annotated[int, Field(ge=0, le=1_440)] = 360
    """More halted minutes a day than this need a person's consent; minutes."""
    loosen_sum: Annotated[Decimal, Field(ge=0)] = Decimal("0.30")
    """Most that all loosenings together may add to their baselines; ratio."""
    loosen_auto: Annotated[Decimal, Field(ge=0)] = Decimal("0.15")
    """A loosening up to this over the baseline may go without a person; ratio."""
    presets: tuple[str, ...] | None = None
    """Presets that may be asked for beside the baseline's; None for all that are offered."""
    loosen_trust: Annotated[int, Field(ge=0, le=10)] = 2
    """Trust level from which it may; number."""


def _parameters() -> dict[str, ParameterSettings]:
    return {
        "risk_mult": ParameterSettings(
            hard=(Decimal(0), Decimal("1.5")),
            overlay=(Decimal("0.10"), Decimal("1.25")),
            step=Decimal("0.05"),
            max_step=Decimal("0.50"),
            deadband=Decimal("0.05"),
            risk_sign=1,
        ),
        "entry_threshold": ParameterSettings(
            hard=(Decimal("0.5"), Decimal(3)),
            overlay=(Decimal("0.80"), Decimal("2.00")),
            step=Decimal("0.05"),
            max_step=Decimal("1.00"),
            deadband=Decimal("0.05"),
            risk_sign=-1,
        ),
    }


class OverseerSettings(Frozen):
    """Model ids and prices are configuration: they are checked against the provider's own list
    before the first call."""

    tier_1: TierSettings = TierSettings(
        models=("openai/gpt-5-nano", "google/gemini-2.5-flash-lite"),
        context_tokens=2_500,
        max_completion_tokens=400,
        deadline_seconds=15.0,
        effort="none",
        max_price=MostPrice(prompt=Decimal("0.5"), completion=Decimal(2)),
    )
    tier_2: TierSettings = TierSettings(
        models=("anthropic/claude-haiku-4.5", "openai/gpt-5-mini"),
        context_tokens=6_000,
        max_completion_tokens=1_500,
        deadline_seconds=40.0,
        effort="low",
        max_price=MostPrice(prompt=Decimal(3), completion=Decimal(15)),
    )
    tier_3: TierSettings = TierSettings(
        models=("anthropic/claude-opus-4.5",),
        second=("openai/gpt-5",),
        context_tokens=12_000,
        max_completion_tokens=6_000,
        deadline_seconds=90.0,
        effort="medium",
        max_price=MostPrice(prompt=Decimal(6), completion=Decimal(30)),
        calls_per_hour=2,
    )
    budget: BudgetSettings = BudgetSettings()
    breaker: BreakerSettings = BreakerSettings()
    limits: LimitSettings = LimitSettings()
    parameters: dict[str, ParameterSettings] = Field(default_factory=_parameters)
    """What may be asked, by parameter; naming any replaces the table."""
    cache_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300
    """The same question is answered from memory this long; seconds."""
    defect_share: Share = Decimal("0.05")
    """A model with more unreadable answers than this is dropped; ratio."""
    defect_calls: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Calls over which they are counted; count."""
    rules_in_crisis: bool = True
    """Whether the rule overseer answers what is critical when no model does."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 7
    """Sent along with every request; number."""

    @model_validator(mode="after")
    def _nothing_locked_is_offered(self) -> Self:
        if locked := LOCKED & set(self.parameters):
            raise ValueError(f"no overlay may reach {', '.join(sorted(locked))}")
        if "risk_mult" not in self.parameters:
            raise ValueError("risk_mult must be among the parameters")
        return self

    def tiers(self) -> tuple[TierSettings, TierSettings, TierSettings]:
        return (self.tier_1, self.tier_2, self.tier_3)
