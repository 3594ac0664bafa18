"""One request to a model, in the provider's words."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llm_overseer.core.tiers import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCall:
    """`models`: tried by the provider in this order. `price`: the dearest among them."""

    models: tuple[str, ...]
    system: str
    user: str
    schema_name: str
    schema: Mapping[str, Any]
    max_completion_tokens: int
    effort: str
    price: Price
    seed: int
    prompt_version: str

    def body(self) -> dict[str, Any]:
        """Parameters a model does not know must refuse it, not be dropped in silence; nothing is
        left out of the middle, nothing is repaired, nobody may keep the text."""
        effort = {"enabled": False} if self.effort == "none" else {"effort": self.effort}
        return {
            "model": self.models[0],
            "models": list(self.models),
            "messages": [
                {"role": "system", "content": self.system},
                {"role": "user", "content": self.user},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": self.schema_name,
                    "strict": True,
                    "schema": dict(self.schema),
                },
            },
            "provider": {
                "allow_fallbacks": True,
                "require_parameters": True,
                "data_collection": "deny",
                "max_price": self.price.per_million(),
            },
            "reasoning": effort,
            "max_completion_tokens": self.max_completion_tokens,
            "temperature": 0,
            "seed": self.seed,
            "stream": False,
            "plugins": [{"id": "context-compression", "enabled": False}],
        }

    def document(self) -> bytes:
        """Canonical bytes of what is sent; the same for every moment."""
        return request_document(self.body())

    def key(self) -> str:
        """Names the question: the same key, the same answer will do."""
        return hashlib.sha256(self.prompt_version.encode() + b"\n" + self.document()).hexdigest()


def request_document(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
