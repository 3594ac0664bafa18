"""Pages of the provider's account, read with suspicion: what is not there, or of another kind, is
nothing."""

import json
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from llm_overseer.core.budget import Budget
from llm_overseer.core.transport import Transport, TransportTrouble
from llm_overseer.errors import ModelUnavailable

PAGE_SECONDS: Final = 10.0


class Pages:
    """One event loop. `transport` None: there is no provider. Raises ModelUnavailable."""

    def __init__(self, transport: Transport | None) -> None:
        self._transport = transport
        self.latency_ms = 0
        """Of the page before."""

    async def models(self, seconds: float) -> Any:
        return await self._page("/models", seconds)

    async def settle(self, budget: Budget, now: int) -> None:
        """What lost calls cost; one that is not found stays booked as reserved."""
        for call, generation in budget.unresolved(now):
            try:
                page = await self._page(f"/generation?id={quote(generation, safe='')}")
            except ModelUnavailable:
                continue
            data = _part(page, "data")
            prompt, answer = (
                _count(data, f"native_tokens_{kind}") for kind in ("prompt", "completion")
            )
            cost = _dollars(data.get("total_cost"))
            budget.settle(call, cost, prompt + answer, generation)

    async def spent_today(self) -> Decimal | None:
        """Dollars, as the provider counts them."""
        return _dollars(_part(await self._page("/key"), "data").get("usage_daily"))

    async def _page(self, path: str, seconds: float = PAGE_SECONDS) -> Any:
        if self._transport is None:
            raise ModelUnavailable("no_transport")
        try:
            received = await self._transport.fetch(path, seconds)
        except TransportTrouble as trouble:
            raise ModelUnavailable(trouble.trouble.value) from trouble
        self.latency_ms = received.latency_ms
        if received.status != 200:
            raise ModelUnavailable(f"status.{received.status}")
        try:
            return json.loads(received.body)
        except (ValueError, RecursionError) as error:
            raise ModelUnavailable("not_json") from error


def _part(document: Any, key: str) -> dict[str, Any]:
    part = document.get(key) if isinstance(document, dict) else None
    return part if isinstance(part, dict) else {}


def _dollars(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return Decimal(repr(value))


def _count(data: dict[str, Any], key: str) -> int:
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
