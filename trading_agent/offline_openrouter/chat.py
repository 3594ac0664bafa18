"""The pages of the provider: completions, models, key, generations, and the door for scripts."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from trading_agent.domain.units import SECOND
from trading_agent.offline_openrouter.accounts import (
    Account,
    Generation,
    cost_of,
    models_document,
)
from trading_agent.offline_openrouter.completions import Draft, envelope, spoiled, tokens_of
from trading_agent.offline_openrouter.damage import DAMAGED, Abort, Damaged
from trading_agent.offline_openrouter.refusals import Refusal, scripted_refusal
from trading_agent.offline_openrouter.request_schema import ChatRequest, read_request
from trading_agent.offline_openrouter.scenarios import Scenario, ScenarioOrder, Script
from trading_agent.offline_openrouter.settings import OfflineModel, OfflineOpenRouterSettings
from trading_agent.runtime.clock import Clock

Author = Callable[[ChatRequest, str], str]
"""From a request and the model that answers it to the content of the answer."""

SCENARIOS_PATH: Final = "/_scenarios"
_MOST_LOGGED: Final = 10_000
_MOST_COMPLETION: Final = 16_000
_SIMULATED: Final = {"X-OpenRouter-Simulated": "true"}
_NO_ENDPOINT: Final = Refusal(
    404,
    "No endpoints found that can handle the requested parameters. "
    "To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing",
)
_ALWAYS_THINKS: Final = Refusal(
    400, "Reasoning is mandatory for this endpoint and cannot be disabled."
)
_PAGE: Final = "<!DOCTYPE html><html><body>Just a moment...</body></html>"


@dataclass(frozen=True, slots=True)
class Logged:
    """A request as it came, whatever became of it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Refused(Exception):
    """The answer is this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Pages:
    """Owned by the server's loop. `abort` resets a client's connection."""

    def __init__(
        self,
        settings: OfflineOpenRouterSettings,
        clock: Clock,
        script: Script,
        author: Author,
        abort: Abort,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._script = script
        self._author = author
        self._abort = abort
        self.stopping = asyncio.Event()
        self.account = Account(settings.limit_usd)
        self.log: deque[Logged] = deque(maxlen=_MOST_LOGGED)
        self._made = 0

    def routes(self) -> list[Route]:
        pages = [
            Route("/api/v1/chat/completions", self._page(self._chat), methods=["POST"]),
            Route("/api/v1/models", self._page(self._models), methods=["GET"]),
            Route("/api/v1/key", self._page(self._key), methods=["GET"]),
            Route("/api/v1/generation", self._page(self._generation), methods=["GET"]),
            Route("/api/v1/credits", self._page(self._credits), methods=["GET"]),
        ]
        if self._settings.scenarios_over_http:
            pages += [
                Route(SCENARIOS_PATH, self._order, methods=["POST"]),
                Route(SCENARIOS_PATH, self._clear, methods=["DELETE"]),
            ]
        return pages

    def _page(self, answer: Any) -> Any:
        async def page(request: Request) -> Response:
            body = await request.body()
            logged = Logged(request.method, request.url.path, dict(request.headers), body)
            self.log.append(logged)
            try:
                self._admit(request)
                response: Response = await answer(request, body)
            except Refused as refused:
                response = refused.refusal.response()
            if isinstance(response, Response):
                response.headers.update(_SIMULATED)
            return response

        return page

    def _admit(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise Refused(Refusal(401, "Missing Authentication header"))
        if self._settings.key and key != self._settings.key:
            raise Refused(Refusal(401, "User not found."))

    async def _models(self, _request: Request, _body: bytes) -> Response:
        return JSONResponse(models_document(self._settings.models))

    async def _key(self, _request: Request, _body: bytes) -> Response:
        return JSONResponse({"data": self.account.key_document(self._clock.now())})

    async def _credits(self, _request: Request, _body: bytes) -> Response:
        raise Refused(Refusal(403, "Only management keys can fetch credits"))

    async def _generation(self, request: Request, _body: bytes) -> Response:
        made = self.account.generations.get(request.query_params.get("id", ""))
        if made is None:
            raise Refused(Refusal(404, "Generation not found"))
        return JSONResponse({"data": made.document()})

    async def _chat(self, request: Request, body: bytes) -> Any:
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise Refused(Refusal(400, "Content-Type must be application/json"))
        asked = read_request(body)
        if isinstance(asked, str):
            raise Refused(Refusal(400, asked))
        name, scenario = self._chosen(asked)
        if refusal := scripted_refusal(scenario, self._clock.now()):
            raise Refused(refusal)
        if scenario is Scenario.ERROR_200:
            return JSONResponse({"error": {"code": 502, "message": "Provider returned error"}})
        if scenario is Scenario.HTML_200:
            return HTMLResponse(_PAGE)
        if scenario not in DAMAGED:
            await self._think()
        return self._answer(asked, name, scenario)

    def _answer(self, asked: ChatRequest, name: str, scenario: Scenario) -> Any:
        if scenario in (Scenario.HANG, Scenario.RESET):
            return Damaged(scenario, b"", self.stopping, self._abort)
        draft = self._draft(asked, name, scenario)
        document = envelope(draft, scenario)
        if scenario in DAMAGED:
            return Damaged(scenario, json.dumps(document).encode(), self.stopping, self._abort)
        headers = {"X-Generation-Id": draft.generation.id}
        if scenario is Scenario.OK_CACHED:
            headers["X-OpenRouter-Cache-Status"] = "HIT"
        return JSONResponse(document, headers=headers)

    async def _think(self) -> None:
        """As long as the model takes, or until the server stops."""
        if self._settings.answer_seconds > 0.0:
            try:
                await asyncio.wait_for(self.stopping.wait(), self._settings.answer_seconds)
            except TimeoutError:
                return

    def _chosen(self, asked: ChatRequest) -> tuple[str, Scenario]:
        """The model that answers, and what goes wrong."""
        models = asked.asked()
        unknown = [name for name in models if name not in self._settings.models]
        if unknown:
            raise Refused(Refusal(400, f"{unknown[0]} is not a valid model ID"))
        if self.account.exhausted(self._clock.now()):
            facts = {"limit_source": "openrouter_key_limit"}
            raise Refused(Refusal(402, "Key limit exceeded", facts))
        able = [name for name in models if self._serves(asked, self._settings.models[name])]
        if not able:
            raise Refused(_NO_ENDPOINT)
        scenario = self._script.next(able[0])
        name = able[-1] if scenario is Scenario.MODEL_FALLBACK else able[0]
        chosen = self._settings.models[name]
        if chosen.always_thinks and asked.forbids_thinking():
            raise Refused(_ALWAYS_THINKS)
        self._priced(asked, chosen)
        return name, scenario

    def _serves(self, asked: ChatRequest, model: OfflineModel) -> bool:
        """What a model does not know is dropped, unless the request forbids that."""
        strict = asked.provider is not None and asked.provider.require_parameters is True
        return not strict or asked.needs() <= set(model.parameters)

    def _priced(self, asked: ChatRequest, model: OfflineModel) -> None:
        most = None if asked.provider is None else asked.provider.max_price
        if most is None:
            return
        for limit, price in ((most.prompt, model.prompt), (most.completion, model.completion)):
            if limit is not None and float(price) > float(limit):
                facts = {"availability": {"code": "constraint_filtered", "retryable": False}}
                raise Refused(Refusal(404, "No endpoints match your max price.", facts))

    def _draft(self, asked: ChatRequest, name: str, scenario: Scenario) -> Draft:
        allowed = asked.max_completion_tokens or asked.max_tokens or _MOST_COMPLETION
        content = self._author(asked, name)
        prompt = tokens_of(json.dumps([it.model_dump() for it in asked.messages]))
        used = min(allowed, tokens_of(content))
        if scenario is Scenario.LENGTH:
            used = allowed
        free = scenario is Scenario.OK_CACHED
        prompt, used = (0, 0) if free else (prompt, used)
        now = self._clock.now()
        self._made += 1
        made = Generation(
            id=f"gen-{now // SECOND}-{self._made:06d}",
            at=now,
            model=name,
            prompt_tokens=prompt,
            completion_tokens=used,
            reasoning_tokens=used if scenario is Scenario.LENGTH else 0,
            cost=cost_of(self._settings.models[name], prompt, used),
        )
        self.account.book(made)
        return spoiled(Draft(content, made), scenario)

    async def _order(self, request: Request) -> Response:
        try:
            order = ScenarioOrder.model_validate_json(await request.body())
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            return JSONResponse({"problems": problems}, 400)
        self._script.put(order.scenario, model=order.model, times=order.times)
        return JSONResponse({"pending": self._script.pending})

    async def _clear(self, _request: Request) -> Response:
        self._script.clear()
        return JSONResponse({"pending": 0})


async def unknown_page(_request: Request, _fault: Exception) -> Response:
    return Refusal(404, "Resource not found").response()


async def wrong_method(_request: Request, _fault: Exception) -> Response:
    return Refusal(405, "Method not allowed").response()
