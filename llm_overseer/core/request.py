"""One request to a model, in the provider's words."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llm_overseer.core.catalogue import Offer, Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCall:
    """`offers`: who may be asked; the first of them is, the rest when nobody of it is left."""

    offers: tuple[Offer, ...]
    system: str
    user: str
    schema_name: str
    schema: Mapping[str, Any]
    max_completion_tokens: int
    effort: str
    seed: int
    prompt_version: str

    @property
    def models(self) -> tuple[str, ...]:
        """Tried by the provider in this order."""
        return self.offers[0].models

    @property
    def price(self) -> Price:
        return self.offers[0].price

    def candidates(self) -> tuple[str, ...]:
        return tuple(model for offer in self.offers for model in offer.models)

    def to(self, models: Sequence[str]) -> "ChatCall":
        """The same question to some of the candidates."""
        left = tuple(offer.only(models) for offer in self.offers)
        return replace(self, offers=tuple(offer for offer in left if offer.models))

    def body(self) -> dict[str, Any]:
        """Parameters a model does not know must refuse it, not be dropped in silence; nothing is
        left out of the middle, nothing is repaired, nobody may keep the text."""
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
            **self.offers[0].options(self.max_completion_tokens, self.effort, self.seed),
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
