"""Scripted faults on the REST side, and the door through which they are ordered."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from trading_agent.domain.settings_slice import SettingsSlice
from trading_agent.embedded_exchange.faults import (
    AnswerFault,
    AnswerFaultKind,
    Faults,
    FrameFault,
    RulesChange,
)

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

_DENIED_PAGE: Final = (
    "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>"
    "You don't have permission to access this server.</BODY></HTML>"
)
_OTHER_PAGE: Final = (
    "<!DOCTYPE html><html><body>Please wait while we check your browser</body></html>"
)
_LATE_PAGE: Final = "<html><body>504 Gateway Time-out</body></html>"
FAULTS_PATH: Final = "/_faults"


class FaultyAnswers:
    """ASGI middleware: the next answer is wrong when the script says so."""

    def __init__(self, app: _App, faults: Faults, stopping: asyncio.Event) -> None:
        self._app = app
        self._faults = faults
        self._stopping = stopping

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path == FAULTS_PATH:
            await self._app(scope, receive, send)
            return
        fault = self._faults.answer_fault(path)
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind is AnswerFaultKind.HANGING:
            await self._wait(fault.seconds)
            await HTMLResponse(_LATE_PAGE, HTTPStatus.GATEWAY_TIMEOUT)(scope, receive, send)
        elif fault.kind is AnswerFaultKind.LATE:
            await self._wait(fault.seconds)
            await self._app(scope, receive, send)
        elif fault.kind is AnswerFaultKind.TRUNCATED:
            await self._app(scope, receive, _Halving(send))
        else:
            await _wrong_answer(fault)(scope, receive, send)

    async def _wait(self, seconds: float) -> None:
        """Until the time is over or the server stops."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


class _Halving:
    """Sends half of the body, and says that this is all."""

    def __init__(self, send: _Send) -> None:
        self._send = send
        self._start: _Message = {}

    async def __call__(self, message: _Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        half = message["body"][: len(message["body"]) // 2]
        others = [pair for pair in self._start["headers"] if pair[0] != b"content-length"]
        length = (b"content-length", str(len(half)).encode())
        await self._send({**self._start, "headers": [*others, length]})
        await self._send({**message, "body": half})


def _wrong_answer(fault: AnswerFault) -> Response:
    match fault.kind:
        case AnswerFaultKind.THROTTLED:
            retry = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            status = fault.status or HTTPStatus.TOO_MANY_REQUESTS
            words = "too many requests"
            return JSONResponse({"code": int(status), "msg": words}, status, headers=retry)
        case AnswerFaultKind.FORBIDDEN:
            return HTMLResponse(_DENIED_PAGE, HTTPStatus.FORBIDDEN)
        case AnswerFaultKind.HTML:
            return HTMLResponse(_OTHER_PAGE)
        case _:
            status = fault.status or HTTPStatus.SERVICE_UNAVAILABLE
            return JSONResponse({"code": int(status), "msg": "service unavailable"}, status)


class FaultOrder(SettingsSlice):
    """One order by HTTP; any of its parts."""

    frame: FrameFault | None = None
    """A fault of the next frames."""
    answer: AnswerFault | None = None
    """A fault of the next REST answers."""
    rules: RulesChange | None = None
    """Other rules of a pair, from now on."""
    silent: bool | None = None
    """Whether frames are withheld from now on."""
    close: Annotated[int, Field(ge=1_000, le=4_999)] | None = None
    """Close every WebSocket with this code; number."""


def fault_routes(faults: Faults) -> list[Route]:
    """POST an order, GET what is pending, DELETE everything not used up."""

    async def order(request: Request) -> Response:
        try:
            wish = FaultOrder.model_validate_json(await request.body())
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            return JSONResponse({"problems": problems}, HTTPStatus.BAD_REQUEST)
        _carry_out(wish, faults)
        return JSONResponse({"pending": faults.pending, "silent": faults.silent})

    async def show(_request: Request) -> Response:
        return JSONResponse({"pending": faults.pending, "silent": faults.silent})

    async def clear(_request: Request) -> Response:
        faults.clear()
        return JSONResponse({"pending": faults.pending, "silent": faults.silent})

    return [
        Route(FAULTS_PATH, order, methods=["POST"]),
        Route(FAULTS_PATH, show, methods=["GET"]),
        Route(FAULTS_PATH, clear, methods=["DELETE"]),
    ]


def _carry_out(wish: FaultOrder, faults: Faults) -> None:
    for fault in (wish.frame, wish.answer):
        if fault is not None:
            faults.script(fault)
    if wish.rules is not None:
        faults.change_rules(wish.rules)
    if wish.silent is not None:
        faults.silent = wish.silent
    if wish.close is not None:
        faults.close_sockets(wish.close)
