"""What an answer is worth, before anyone reads the decision in it.

A status of 200 proves nothing: the error may be in the body or in the choice, the choice may be
missing, empty, cut short, or not JSON at all. What was used is read in every case, because a
useless answer costs as much as a good one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final

from llm_overseer.core.transport import Received, from_cache, is_simulated


class Failure(StrEnum):
    """Why an answer is no answer. The first four are the transport's."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    BROKEN = "broken"
    TOO_LARGE = "too_large"
    BAD_REQUEST = "bad_request"
    KEY_REFUSED = "key_refused"
    NO_CREDIT = "no_credit"
    IN_FLIGHT = "in_flight"
    MODERATED = "moderated"
    REMOTE_BUDGET = "remote_budget"
    MODEL_GONE = "model_gone"
    THROTTLED = "throttled"
    OVERLOADED = "overloaded"
    ERROR_IN_BODY = "error_in_body"
    ERROR_IN_CHOICE = "error_in_choice"
    NOT_JSON = "not_json"
    NO_CHOICES = "no_choices"
    NO_CONTENT = "no_content"
    CUT_SHORT = "cut_short"
    REFUSED = "refused"
    FILTERED = "filtered"
    BREAKER_OPEN = "breaker_open"
    UNREADABLE = "unreadable"


NOT_CARRIED_OUT: Final = frozenset(
    (
        *(Failure.UNREACHABLE, Failure.BAD_REQUEST, Failure.KEY_REFUSED, Failure.NO_CREDIT),
        *(Failure.IN_FLIGHT, Failure.MODERATED, Failure.REMOTE_BUDGET, Failure.MODEL_GONE),
        *(Failure.THROTTLED,),
    )
)
"""Refused before a model saw them: nothing is billed."""
WORTH_A_RETRY: Final = frozenset((Failure.IN_FLIGHT, Failure.THROTTLED, Failure.OVERLOADED))
EVERYBODYS: Final = frozenset(
    (
        *(Failure.UNREACHABLE, Failure.TIMEOUT, Failure.BROKEN, Failure.TOO_LARGE),
        *(Failure.KEY_REFUSED, Failure.NO_CREDIT, Failure.REMOTE_BUDGET, Failure.NOT_JSON),
    )
)
"""Not the fault of one model: they count against all."""

_BUDGET_SOURCES: Final = ("guardrail_budget", "workspace", "key_limit")
_BY_STATUS: Final = {
    401: Failure.KEY_REFUSED,
    404: Failure.MODEL_GONE,
    408: Failure.OVERLOADED,
    429: Failure.THROTTLED,
}
_BY_FINISH: Final = {
    "length": Failure.CUT_SHORT,
    "content_filter": Failure.FILTERED,
    "error": Failure.ERROR_IN_CHOICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """As the provider says; dollars. None where it says nothing."""

    cost: Decimal | None
    prompt_tokens: int
    completion_tokens: int
    free: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Either `content` or `failure`. `retry_after`: seconds; `until`: nanoseconds UTC, when the
    provider's budget starts anew, or None."""

    content: str = ""
    failure: Failure | None = None
    usage: Usage | None = None
    model: str = ""
    generation: str = ""
    retry_after: float | None = None
    until: int | None = None
    simulated: bool = False


def read_answer(received: Received, now: int) -> Answer:
    document = _document(received.body)
    generation = received.headers.get("x-generation-id", "")
    simulated = is_simulated(received)
    if received.status >= 400:
        error = _part(document, "error")
        return Answer(
            failure=_refusal(received.status, error),
            usage=_usage(document, received),
            generation=generation,
            retry_after=_retry_after(received.headers.get("retry-after"), now),
            until=_until(error),
            simulated=simulated,
        )
    if document is None:
        return Answer(failure=Failure.NOT_JSON, generation=generation, simulated=simulated)
    failure, content = _choice(document)
    return Answer(
        content=content,
        failure=failure,
        usage=_usage(document, received),
        model=_text(document.get("model")),
        generation=_text(document.get("id")) or generation,
        simulated=simulated,
    )


def _document(body: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _choice(document: Mapping[str, Any]) -> tuple[Failure | None, str]:
    """JSON that stands in the model's reasoning is not an answer."""
    if document.get("error"):
        return Failure.ERROR_IN_BODY, ""
    choices = document.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return Failure.NO_CHOICES, ""
    if choice.get("error"):
        return Failure.ERROR_IN_CHOICE, ""
    finish = choice.get("finish_reason")
    if finish != "stop":
        return _BY_FINISH.get(str(finish), Failure.NO_CONTENT), ""
    return _message(_part(choice, "message"))


def _message(message: Mapping[str, Any]) -> tuple[Failure | None, str]:
    if message.get("refusal"):
        return Failure.REFUSED, ""
    content = message.get("content")
    if not isinstance(content, str) or not content.strip():
        return Failure.NO_CONTENT, ""
    return None, content


def _refusal(status: int, error: Mapping[str, Any]) -> Failure:
    source = _text(_part(error, "metadata").get("limit_source"))
    if status == 402:
        return Failure.IN_FLIGHT if source.endswith("in_flight_budget") else Failure.NO_CREDIT
    if status == 403:
        return Failure.REMOTE_BUDGET if source.endswith(_BUDGET_SOURCES) else Failure.MODERATED
    if status >= 500:
        return Failure.OVERLOADED
    return _BY_STATUS.get(status, Failure.BAD_REQUEST)


def _usage(document: Mapping[str, Any] | None, received: Received) -> Usage | None:
    usage = None if document is None else document.get("usage")
    if not isinstance(usage, dict):
        return None
    return Usage(
        cost=_dollars(usage.get("cost")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        free=from_cache(received),
    )


def _dollars(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        amount = Decimal(repr(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _count(value: Any) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return min(value, 10**9) if whole and value > 0 else 0


def _retry_after(text: str | None, now: int) -> float | None:
    """Seconds, or a date."""
    if text is None:
        return None
    try:
        return max(0.0, float(text)) if text.strip().isdecimal() else _seconds_to(text, now)
    except (ValueError, TypeError):
        return None


def _seconds_to(text: str, now: int) -> float:
    return max(0.0, parsedate_to_datetime(text).timestamp() - now / 10**9)


def _until(error: Mapping[str, Any]) -> int | None:
    text = _part(error, "metadata").get("resets_at")
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 10**9)


def _part(document: Mapping[str, Any] | None, key: str) -> Mapping[str, Any]:
    part = None if document is None else document.get(key)
    return part if isinstance(part, dict) else {}


def _text(value: Any) -> str:
    return value[:128] if isinstance(value, str) else ""
