"""Settings of the offline OpenRouter."""

from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from trading_agent.domain.settings_slice import SettingsSlice

Parameter = Literal[
    "frequency_penalty",
    "include_reasoning",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "presence_penalty",
    "reasoning",
    "response_format",
    "seed",
    "stop",
    "structured_outputs",
    "temperature",
    "tools",
    "top_k",
    "top_p",
]
"""Names in `supported_parameters`; a request that says another one's word is not served."""
PerMillion = Annotated[Decimal, Field(ge=0, le=10_000)]


class OfflineModel(SettingsSlice):
    """One model in the list."""

    prompt: PerMillion
    """Price of a million prompt tokens; dollars."""
    completion: PerMillion
    """Price of a million completion tokens; dollars."""
    context_tokens: Annotated[int, Field(ge=1_000, le=10_000_000)] = 200_000
    """Longest prompt and answer together; tokens."""
    expires: str = ""
    """Last day it is offered, yyyy-mm-dd UTC; empty for none."""
    parameters: tuple[Parameter, ...] = (
        *("max_completion_tokens", "max_tokens", "reasoning", "response_format", "seed"),
        *("structured_outputs", "temperature", "top_p"),
    )
    """What a request to it may say."""
    always_thinks: bool = False
    """Whether thinking cannot be switched off."""


_THINKER: Final[tuple[Parameter, ...]] = (
    *("include_reasoning", "max_tokens", "reasoning", "response_format", "seed"),
    *("structured_outputs", "tools"),
)
"""As one vendor's models list themselves: no temperature, and thinking that stays on."""
_SEEDLESS: Final[tuple[Parameter, ...]] = (
    *("include_reasoning", "max_tokens", "reasoning", "response_format", "stop"),
    *("structured_outputs", "temperature", "tools", "top_k", "top_p"),
)
"""As another's: no seed."""


def _models() -> dict[str, OfflineModel]:
    return {
        "simulated/swift": OfflineModel(
            prompt=Decimal("0.05"),
            completion=Decimal("0.40"),
            parameters=_THINKER,
            always_thinks=True,
        ),
        "simulated/steady": OfflineModel(
            prompt=Decimal(1), completion=Decimal(5), parameters=_SEEDLESS
        ),
        "simulated/deep": OfflineModel(prompt=Decimal(5), completion=Decimal(25)),
        "simulated/second": OfflineModel(
            prompt=Decimal("1.25"),
            completion=Decimal(10),
            parameters=("max_completion_tokens", *_THINKER),
            always_thinks=True,
        ),
    }


class OfflineOpenRouterSettings(SettingsSlice):
    """The provider on loopback."""

    host: Literal["127.0.0.1", "::1"] = "127.0.0.1"
    """Address it listens on; loopback only."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """TCP port it listens on; 0 takes any free one."""
    models: dict[str, OfflineModel] = Field(default_factory=_models)
    """What it offers, by id. Naming any replaces the table."""
    answer_seconds: Annotated[float, Field(ge=0.0, le=600.0)] = 0.6
    """How long the simulated model takes; seconds."""
    limit_usd: Annotated[Decimal, Field(gt=0, le=1_000_000)] = Decimal(100)
    """What the key may spend a UTC day; dollars. Nobody pays them."""
    key: str = ""
    """The only key it takes; empty for any."""
    scenarios_over_http: bool = False
    """Whether `/_scenarios` takes scripted failures; for demonstrations and tests."""

    @model_validator(mode="after")
    def _there_is_a_model(self) -> Self:
        if not self.models:
            raise ValueError("no model is offered")
        return self
