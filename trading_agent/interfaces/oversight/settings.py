"""Settings of the overseer: who decides, when it is asked, and how its worth is measured."""

from typing import Annotated, Final, Literal

from pydantic import Field

from llm_overseer.settings import LimitSettings, OverseerSettings
from trading_agent.domain.settings_slice import SettingsSlice

Percent = Annotated[float, Field(ge=0.0, le=100.0)]
Minutes = Annotated[int, Field(ge=0, le=10_080)]
ModeName = Literal["off", "rules", "shadow", "advise", "approve", "auto_tighten", "auto"]


class DetectorSettings(SettingsSlice):
    """When a market or the desk is out of the ordinary."""

    learn_minutes: Annotated[int, Field(ge=0, le=1_440)] = 10
    """What is usual is not known before so much was seen; minutes, 0 for at once."""
    window_minutes: Annotated[int, Field(ge=10, le=43_200)] = 1_440
    """What is usual is that of so long; minutes."""
    stress_percentile: Annotated[float, Field(ge=50.0, lt=100.0)] = 99.0
    """Volatility and spread above it, or depth as far below, are unusual; percent."""
    stress_seconds: Annotated[int, Field(ge=0, le=3_600)] = 60
    """For how long they must be before it counts; seconds."""
    calm_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300
    """What was unusual is so until it was not for so long; seconds."""
    losing_streak: Annotated[int, Field(ge=2, le=100)] = 5
    """Losing trades in a row; count."""
    least_trades: Annotated[int, Field(ge=5, le=1_000)] = 20
    """Trades or orders before a hit rate or a slippage says anything; count."""
    slippage_factor: Annotated[float, Field(ge=1.0, le=100.0)] = 2.0
    """Orders that cost so many times what the book promised; factor."""
    drawdown_percent: Percent = 8.0
    """Fall from the highest equity that is critical, half of which is alarming; percent, 0 for
    neither."""
    day_loss_percent: Percent = 1.8
    """Loss of a UTC day that is critical; percent, 0 for none."""
    swan_sigmas: Annotated[float, Field(ge=3.0, le=100.0)] = 8.0
    """A minute's move is extreme beyond so many times the usual one; number."""
    swan_percent: Annotated[float, Field(ge=0.5, le=100.0)] = 5.0
    """Or beyond so much, whatever is usual; percent."""
    feed_gap_seconds: Annotated[int, Field(ge=1, le=3_600)] = 30
    """A book is away for so long while its pair is held; seconds."""
    stable_pairs: tuple[str, ...] = ("USDCUSDT",)
    """Pairs whose price should be one; those that are not traded are asked for each minute."""
    depeg_percent: Annotated[float, Field(ge=0.1, le=50.0)] = 1.0
    """How far from one it may be; percent."""


class CadenceSettings(SettingsSlice):
    """How often the overseer is asked. A reason is dropped when it comes again too soon."""

    look_seconds: Annotated[float, Field(ge=0.05, le=60.0)] = 1.0
    """How often the desk is looked at; seconds."""
    coalesce_seconds: Annotated[float, Field(ge=0.0, le=60.0)] = 5.0
    """Reasons that come within this are one question; seconds."""
    heartbeat_minutes: Minutes = 60
    """Without any reason, when the picture has changed; minutes, 0 for never."""
    review_minutes: Minutes = 1_440
    """Time between two reviews of results; minutes, 0 for never."""
    review_trades: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Or so many closed positions; count."""
    regime_minutes: Minutes = 30
    """Between two questions about the kind of market of one pair; minutes."""
    stress_minutes: Minutes = 15
    """Between two about unusual volatility, spread or depth of one pair; minutes."""
    losses_minutes: Minutes = 60
    """Between two about losses; minutes."""
    overlay_minutes: Minutes = 60
    """Between two about what was applied; minutes."""
    drawdown_minutes: Minutes = 240
    """Between two about one step of the drawdown; minutes."""
    swan_minutes: Minutes = 10
    """Between two about an extreme move; minutes."""
    report_minutes: Minutes = 1_440
    """A report in words at the end of each so long time of UTC; minutes, 0 for never."""
    thesis_minutes: Minutes = 10_080
    """Theses on the pairs at the end of each so long time of UTC; minutes, 0 for never."""
    notes: bool = True
    """Whether a note is written when something grave is over."""
    news_minutes: Minutes = 15
    """Between two looks into `news_file`; minutes, 0 for never."""
    mood_minutes: Annotated[int, Field(ge=1, le=10_080)] = 240
    """What was read there is taken into account for so long; minutes."""


class AttributionSettings(SettingsSlice):
    """Whether it helped: desks that run beside, told the same except for one thing."""

    enabled: bool = True
    """Whether other desks run beside at all."""
    hold_out: Annotated[float, Field(ge=0.0, le=0.9)] = 0.2
    """Share of what would be applied that is only tried beside the desk, drawn by lot; ratio."""
    settle_minutes: Annotated[int, Field(ge=0, le=1_440)] = 15
    """How long after an overlay's end its effect is still counted; minutes."""
    most_forks: Annotated[int, Field(ge=1, le=32)] = 8
    """Most desks beside at a time; count."""
    most_waiting: Annotated[int, Field(ge=100, le=10_000_000)] = 20_000
    """Inputs that may wait for them; beyond it measuring is given up for this run; count."""
    most_effect_percent: Annotated[float, Field(gt=0.0, le=100.0)] = 3.0
    """By how much a desk could differ at most from one that decided otherwise at one time. Odds
    hold as far as nothing speaks against them by more: no less than what a day may cost before
    the desk's own breakers act, for so much an overlay may save; percent of its worth."""
    least_decisions: Annotated[int, Field(ge=2, le=100_000)] = 20
    """Decisions before a verdict is given in words; count."""
    harm_evidence: Annotated[float, Field(ge=2.0, le=10_000.0)] = 20.0
    """Odds, safe to look at as often as one likes, at which harm is taken as shown; number."""
    harm_percent: Percent = 0.5
    """Or a loss by it of so much of the desk's worth; percent."""
    harm_drawdown_points: Percent = 1.0
    """Or a drawdown that it made deeper by so much; percent of the desk's worth."""
    lock_days: Annotated[int, Field(ge=0, le=365)] = 7
    """How long a person must wait before promoting it again; days."""


DEMONSTRATION_DETECTORS: Final = DetectorSettings(
    learn_minutes=1, stress_percentile=95.0, stress_seconds=15, calm_seconds=45, losing_streak=3
)
DEMONSTRATION_CADENCE: Final = CadenceSettings(
    heartbeat_minutes=1,
    stress_minutes=2,
    losses_minutes=5,
    regime_minutes=2,
    overlay_minutes=5,
    report_minutes=5,
    thesis_minutes=5,
    news_minutes=1,
)
DEMONSTRATION_SETTLE_MINUTES: Final = 2
DEMONSTRATION_LIMITS: Final = LimitSettings(
    min_hold=1, tighten_ttl=5, halt_ttl=3, pause_ttl=4, loosen_ttl=5, changes_per_day=200
)


class OversightSettings(SettingsSlice):
    """The overseer. It may make the desk more careful by itself, bolder only with consent."""

    mode: Literal["automatic"] | ModeName = "automatic"
    """off; rules (no model); shadow (asked, tried beside the desk, not applied); advise; approve
    (a person answers); auto_tighten; auto. automatic: shadow with a key, auto_tighten with
    simulated models, else rules."""
    provider: Literal["automatic", "openrouter", "offline"] = "automatic"
    """Where models are. offline: simulated ones on this machine, which know nothing, cost nothing
    and need no key. automatic: OpenRouter with a key; without one simulated models on the simulated
    market, and none on a real one."""
    pace: Literal["automatic", "configured", "demonstration"] = "automatic"
    """configured: by `detectors` and `cadence`. demonstration: something happens within minutes,
    whatever those say. automatic: demonstration with simulated models as long as neither says
    anything, else configured."""
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] = "https://openrouter.ai/api/v1"
    """Address of the provider."""
    trust: Annotated[int, Field(ge=0, le=10)] = 0
    """How far mode auto is trusted; below 2 a person answers every loosening; number."""
    news_file: str | None = None
    """A file into which any program may write news, a JSON object a line, with `source` and `text`.
    A model in quarantine makes scores of them; models that decide never see the words."""
    consent_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    """How long a question to a person stays open; minutes."""
    detectors: DetectorSettings = DetectorSettings()
    cadence: CadenceSettings = CadenceSettings()
    attribution: AttributionSettings = AttributionSettings()
    library: OverseerSettings = OverseerSettings()
    """Models, money and bounds: see `llm_overseer/settings.py`."""

    def paced(self, *, simulated: bool) -> "OversightSettings":
        """As it is looked and asked with such models."""
        plain = self.detectors == DetectorSettings() and self.cadence == CadenceSettings()
        wanted = self.pace == "demonstration" or (self.pace == "automatic" and simulated and plain)
        if not wanted:
            return self
        settle = {"settle_minutes": DEMONSTRATION_SETTLE_MINUTES}
        limits = {"limits": DEMONSTRATION_LIMITS}
        return self.model_copy(
            update={
                "detectors": DEMONSTRATION_DETECTORS,
                "cadence": DEMONSTRATION_CADENCE,
                "attribution": self.attribution.model_copy(update=settle),
                "library": self.library.model_copy(update=limits),
            }
        )
