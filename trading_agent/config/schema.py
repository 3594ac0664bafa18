"""The JSON Schema of the configuration files: python -m trading_agent.config.schema."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from trading_agent.config.flash_trading_config import FlashTradingConfig

SCHEMA_FILE: Final = Path(__file__).parents[2] / "configs" / "flash_trading_config.schema.json"
_OVERRIDES: Final = "Overrides"
_PARAMETERS: Final = "Parameters"


def schema_text() -> str:
    """The schema of a file, which may be partial: what is missing is found after merging."""
    schema = FlashTradingConfig.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    for name, definition in definitions.items():
        definition.pop("required", None)
        if name.endswith(_OVERRIDES):
            _describe(definition, definitions[name.removesuffix(_OVERRIDES) + _PARAMETERS])
    schema.pop("required", None)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["$schema"] = {
        "description": "Where this schema lies, for editors.",
        "type": "string",
    }
    _trim(schema)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    sys.stdout.write(f"{SCHEMA_FILE.name} written\n")


def _describe(overrides: dict[str, Any], parameters: dict[str, Any]) -> None:
    """A session's own value means what the base value means."""
    for key, override in overrides["properties"].items():
        override.setdefault("description", parameters["properties"][key]["description"])


def _trim(schema: Any) -> None:
    """Titles say what keys say; the defaults of a group stand at its members already."""
    if isinstance(schema, list):
        for item in schema:
            _trim(item)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("title"), str):
        del schema["title"]
    if isinstance(schema.get("default"), dict) and "$ref" in schema:
        del schema["default"]
    for value in schema.values():
        _trim(value)


if __name__ == "__main__":
    main()
