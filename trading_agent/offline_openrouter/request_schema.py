"""What a chat completion may ask: the documented fields, and nothing beside them.

Strict where the provider is lax: a parameter it would drop in silence is a fault of the caller
that should be seen here.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_PARAMETERS: Final = (
    *("frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens"),
    *("min_p", "presence_penalty", "reasoning", "repetition_penalty", "seed", "stop"),
    *("temperature", "tool_choice", "tools", "top_a", "top_k", "top_logprobs", "top_p"),
    "verbosity",
)
"""What depends on the model: the rest is the provider's own."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Message(_Strict):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    name: Annotated[str, Field(max_length=64)] | None = None
    tool_call_id: str | None = None
    tool_calls: list[dict[str, Any]] | None = None

    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "".join(str(part.get("text", "")) for part in self.content or [])


class JsonSchema(_Strict):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    description: str | None = None
    strict: bool | None = None
    schema_: Annotated[dict[str, Any], Field(alias="schema")]


class ResponseFormat(_Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class MaxPrice(_Strict):
    """Dollars per million tokens."""

    prompt: float | str | None = None
    completion: float | str | None = None
    request: float | str | None = None
    image: float | str | None = None
    audio: float | str | None = None


class Provider(_Strict):
    order: list[str] | None = None
    only: list[str] | None = None
    ignore: list[str] | None = None
    allow_fallbacks: bool | None = None
    require_parameters: bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: bool | None = None
    enforce_distillable_text: bool | None = None
    quantizations: list[str] | None = None
    sort: str | dict[str, Any] | None = None
    max_price: MaxPrice | None = None
    preferred_min_throughput: float | dict[str, Any] | None = None
    preferred_max_latency: float | dict[str, Any] | None = None


class Reasoning(_Strict):
    effort: Literal["xhigh", "high", "medium", "low", "minimal", "none"] | None = None
    max_tokens: int | None = None
    exclude: bool | None = None
    enabled: bool | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class Plugin(BaseModel):
    """Each plugin has settings of its own."""

    model_config = ConfigDict(extra="allow", strict=True)
    id: str
    enabled: bool = True


class ChatRequest(_Strict):
    messages: Annotated[list[Message], Field(min_length=1)]
    model: str | None = None
    models: Annotated[list[str], Field(max_length=16)] | None = None
    cache_control: dict[str, Any] | None = None
    debug: dict[str, Any] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    image_config: dict[str, Any] | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    metadata: Annotated[dict[str, str], Field(max_length=16)] | None = None
    min_p: float | None = None
    modalities: list[str] | None = None
    parallel_tool_calls: bool | None = None
    plugins: list[Plugin] | None = None
    prediction: dict[str, Any] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    provider: Provider | None = None
    reasoning: Reasoning | None = None
    repetition_penalty: float | None = None
    response_format: ResponseFormat | None = None
    route: Literal["fallback", "sort"] | None = None
    seed: int | None = None
    service_tier: str | None = None
    session_id: Annotated[str, Field(max_length=256)] | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    top_a: float | None = None
    top_k: int | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    trace: dict[str, Any] | None = None
    transforms: list[str] | None = None
    usage: dict[str, Any] | None = None
    user: str | None = None
    verbosity: Literal["low", "medium", "high"] | None = None

    def asked(self) -> list[str]:
        """Models in the order in which they are tried."""
        first = [] if self.model is None else [self.model]
        return list(dict.fromkeys([*first, *(self.models or [])]))

    def needs(self) -> frozenset[str]:
        """What an endpoint has to support to be held to all that is asked."""
        needed = {name for name in _PARAMETERS if getattr(self, name) is not None}
        wanted = self.response_format
        if wanted is not None and wanted.type != "text":
            held = wanted.type == "json_schema"
            needed.add("structured_outputs" if held else "response_format")
        return frozenset(needed)

    def forbids_thinking(self) -> bool:
        told = self.reasoning
        return told is not None and (told.enabled is False or told.effort == "none")

    def schema_name(self) -> str:
        wanted = self.response_format
        return "" if wanted is None or wanted.json_schema is None else wanted.json_schema.name

    def said_by(self, role: str) -> str:
        return "\n".join(it.text() for it in self.messages if it.role == role)


def read_request(body: bytes) -> "ChatRequest | str":
    """The request, or what is wrong with it."""
    try:
        request = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        return f"Invalid request parameters: {place or 'body'}: {fault['msg']}"
    return _contradiction(request) or request


def _contradiction(request: ChatRequest) -> str:
    """Empty: none."""
    if not request.asked():
        return "Invalid request parameters: no model"
    if request.stream:
        return "Invalid request parameters: this server does not stream"
    wanted = request.response_format
    return "" if wanted is None or wanted.type != "json_schema" else _unheld(request, wanted)


def _unheld(request: ChatRequest, wanted: ResponseFormat) -> str:
    provider = request.provider
    if wanted.json_schema is None:
        return "Invalid request parameters: response_format.json_schema is missing"
    if provider is None or provider.require_parameters is not True:
        return "Invalid request parameters: a schema without provider.require_parameters is ignored"
    return ""
