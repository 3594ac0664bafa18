"""What a model may answer: one flat object, strict, and the schema that is sent along.

Bounds of numbers and lengths are enforced here and kept out of the schema on the wire, since
providers differ in which of them they accept.
"""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION: Final = "overseer/1"
PORTFOLIO: Final = "portfolio"

_UNSENT: Final = frozenset(
    ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "title", "default")
)


class Kind(StrEnum):
    NO_CHANGE = "no_change"
    SET_PARAM = "set_param"
    SET_RISK_MULT = "set_risk_mult"
    PAUSE_SYMBOL = "pause_symbol"
    SWITCH_PRESET = "switch_preset"
    HALT_NEW_ENTRIES = "halt_new_entries"
    RESTORE = "restore"


class Regime(StrEnum):
    TREND_UP = "trend_up"
    TREND_DOWN = "trend_down"
    RANGE = "range"
    HIGH_VOLATILITY = "high_volatility"
    LOW_VOLATILITY = "low_volatility"
    CRISIS = "crisis"
    UNCLEAR = "unclear"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Action(Strict):
    kind: Kind
    scope: Annotated[str, Field(max_length=24)]
    param: Annotated[str, Field(max_length=48)] | None
    """The parameter of set_param and restore, the preset of switch_preset, else null."""
    value: float | None
    """The value of set_param and set_risk_mult, else null."""
    ttl_minutes: Annotated[int, Field(ge=5, le=1440)]
    evidence: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=6)
    ]
    reason: Annotated[str, Field(max_length=240)]


class Decision(Strict):
    schema_version: Literal["overseer/1"]
    snapshot_id: Annotated[str, Field(max_length=32)]
    regime: Regime
    regime_conflict: bool
    """The model's label contradicts the one in the snapshot."""
    confidence: Literal["low", "medium", "high"]
    """Logged; never used as a number."""
    escalate: bool
    actions: Annotated[list[Action], Field(max_length=4)]
    summary: Annotated[str, Field(max_length=400)]


def wire_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Strict JSON schema: every property required, nothing beside them."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    return dict(_strict(schema, definitions))


def _strict(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_strict(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _strict(definitions[node["$ref"].rpartition("/")[2]], definitions)
    plain: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            plain[key] = {name: _strict(part, definitions) for name, part in value.items()}
        elif key not in _UNSENT:
            plain[key] = _strict(value, definitions)
    if "properties" in plain:
        plain |= {"required": list(plain["properties"]), "additionalProperties": False}
    return plain
