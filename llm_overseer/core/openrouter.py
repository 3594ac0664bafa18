"""OpenRouter through the openai client.

The client's own timeout is per read and its retries know no deadline: it retries nothing here,
and one clock runs over the whole exchange. Of the environment it would add headers (an
organisation, whatever stands in OPENAI_CUSTOM_HEADERS, even another key): only those listed here
leave. Loading the client takes most of a second and tens of megabytes, so nobody else imports it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import openai

from llm_overseer.core.transport import (
    CACHE_HEADER,
    SIMULATED_HEADER,
    Received,
    TransportTrouble,
    Trouble,
    refuse_open_road,
)
from llm_overseer.errors import OverseerError

_LOG = logging.getLogger(__name__)

_LEAVING: Final = frozenset(
    (
        *("host", "authorization", "accept", "accept-encoding", "connection", "content-type"),
        *("content-length", "transfer-encoding", "user-agent", "x-openrouter-title"),
        "x-stainless-raw-response",  # the client looks for it in its own request
    )
)
_KEPT: Final = frozenset(("content-type", "retry-after", "x-generation-id"))
"""Headers of an answer that are looked at; and those about its cache."""
_MOST_ANSWER: Final = 512 * 1024
_MOST_LIST: Final = 16 * 1024 * 1024
_NEVER_SENT: Final = frozenset(("ConnectError", "ConnectTimeout"))


class OpenRouterTransport:
    """`ticks` counts seconds, for differences only. One event loop.

    Raises InsecureAddress where the key would travel in the clear.
    """

    def __init__(
        self, base_url: str, api_key: str, ticks: Callable[[], float], *, title: str = ""
    ) -> None:
        local = refuse_open_road(base_url)
        self._ticks = ticks
        self._authorization = f"Bearer {api_key}"
        self._http = openai.DefaultAsyncHttpxClient(
            base_url=base_url,
            follow_redirects=False,
            trust_env=not local,  # a proxy of the environment must not see what stays here
            event_hooks={"request": [self._only_what_is_listed]},
        )
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key,
            max_retries=0,
            http_client=self._http,
            default_headers={"X-OpenRouter-Title": title} if title else None,
        )

    async def send(self, body: Mapping[str, Any], seconds: float) -> Received:
        return await self._within(seconds, lambda begun: self._post(body, begun, seconds))

    async def fetch(self, path: str, seconds: float) -> Received:
        return await self._within(seconds, lambda begun: self._get(path, begun))

    async def close(self) -> None:
        await self._client.close()

    async def _within(self, seconds: float, exchange: Callable[[float], Any]) -> Received:
        begun = self._ticks()
        try:
            async with asyncio.timeout(seconds):
                return cast("Received", await exchange(begun))
        except (TimeoutError, openai.APITimeoutError) as late:
            raise TransportTrouble(Trouble.TIMEOUT, round(seconds * 1_000)) from late
        except OverseerError:
            raise
        except Exception as broken:
            # Besides its own errors the client passes on those of its HTTP library, of codecs
            # and of its parser; whatever it is, there is no answer.
            _LOG.debug("no answer", exc_info=True)
            raise TransportTrouble(_trouble(broken), self._passed(begun)) from broken

    async def _post(self, body: Mapping[str, Any], begun: float, seconds: float) -> Received:
        rest = {key: value for key, value in body.items() if key not in ("model", "messages")}
        completions = self._client.chat.completions.with_streaming_response
        try:
            async with completions.create(
                model=body["model"],
                messages=cast("Any", body["messages"]),
                extra_body=rest,
                timeout=seconds,
            ) as response:
                content = await self._read(response.iter_bytes(), begun, _MOST_ANSWER)
                return self._received(response.status_code, response.headers, content, begun)
        except openai.APIStatusError as refused:
            answer = refused.response
            return self._received(
                answer.status_code, answer.headers, answer.content[:_MOST_ANSWER], begun
            )

    async def _get(self, path: str, begun: float) -> Received:
        address = path.lstrip("/")
        async with self._http.stream("GET", address) as response:
            content = await self._read(response.aiter_bytes(), begun, _MOST_LIST)
            return self._received(response.status_code, response.headers, content, begun)

    async def _read(self, chunks: Any, begun: float, most: int) -> bytes:
        read = bytearray()
        async for chunk in chunks:
            read += chunk
            if len(read) > most:
                raise TransportTrouble(Trouble.TOO_LARGE, self._passed(begun))
        return bytes(read)

    def _received(self, status: int, headers: Any, content: bytes, begun: float) -> Received:
        names = (*_KEPT, CACHE_HEADER, SIMULATED_HEADER)
        kept = {name: str(headers[name]) for name in sorted(names) if name in headers}
        return Received(status, kept, content, self._passed(begun))

    async def _only_what_is_listed(self, request: Any) -> None:
        """The environment could have replaced the key as well."""
        for name in list(request.headers):
            if name.lower() not in _LEAVING:
                del request.headers[name]
        request.headers["authorization"] = self._authorization

    def _passed(self, begun: float) -> int:
        return max(0, round((self._ticks() - begun) * 1_000))


def _trouble(broken: Exception) -> Trouble:
    causes = (broken, broken.__cause__)
    never = any(type(cause).__name__ in _NEVER_SENT for cause in causes)
    return Trouble.UNREACHABLE if never else Trouble.BROKEN
