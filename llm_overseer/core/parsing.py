"""A model's text becomes a decision, or a defect with a name. Strict, and blind to kindness.

The text never reaches a message of ours: an error that quotes it would carry it into prompts,
logs and chats.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from llm_overseer.core.prompts import LONGEST_ANSWER
from llm_overseer.decision import PORTFOLIO, Action, Decision, Kind
from llm_overseer.errors import UnreadableReply

Read = TypeVar("Read", bound=BaseModel)

_FENCE: Final = re.compile(r"\s*```(?:json)?[ \t]*\n(.*)\n[ \t]*```\s*", re.DOTALL)
_WITH_VALUE: Final = frozenset((Kind.SET_PARAM, Kind.SET_RISK_MULT))
_WITH_PARAM: Final = frozenset((Kind.SET_PARAM, Kind.SWITCH_PRESET))
_MAY_HAVE_PARAM: Final = _WITH_PARAM | {Kind.RESTORE}


@dataclass(frozen=True, slots=True)
class Expected:
    """What the answer has to fit."""

    snapshot_id: str
    symbols: frozenset[str]
    known: frozenset[str]
    """Ids that may be cited."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """`defects`: blemishes that were tolerated."""

    decision: Decision
    defects: tuple[str, ...]


def parse_decision(text: str, expected: Expected) -> Parsed:
    """Raises UnreadableReply."""
    decision, defects = parse_strictly(text, Decision)
    if decision.snapshot_id != expected.snapshot_id:
        raise UnreadableReply("wrong_snapshot")
    for action in decision.actions:
        _check(action, expected)
    _check_together(decision.actions)
    return Parsed(decision, defects)


def parse_strictly(text: str, model: type[Read]) -> tuple[Read, tuple[str, ...]]:
    """One object and nothing beside it; one code fence around it is counted and forgiven.

    Raises UnreadableReply.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise UnreadableReply("not_json") from None
    if size > LONGEST_ANSWER:
        raise UnreadableReply("too_long")
    fenced = _FENCE.fullmatch(text)
    bare = fenced[1] if fenced else text
    _refuse_what_json_tolerates(bare)
    try:
        read = model.model_validate_json(bare)
    except ValidationError as error:
        raise UnreadableReply(_first(error)) from None
    except ValueError:
        raise UnreadableReply("not_json") from None
    return read, (("fenced",) if fenced else ())


def _refuse_what_json_tolerates(text: str) -> None:
    try:
        document = json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise UnreadableReply("not_json") from None
    if not isinstance(document, dict):
        raise UnreadableReply("not_an_object")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnreadableReply("duplicate_key")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise UnreadableReply("not_finite")


def _first(error: ValidationError) -> str:
    """Where, by our own names, and which rule; nothing of what was sent."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if fault["type"] == "extra_forbidden":
        return "extra_key"
    place = ".".join(str(part) for part in fault["loc"] if isinstance(part, str))
    return f"schema.{place}.{fault['type']}"[:96]


def _check(action: Action, expected: Expected) -> None:
    if action.scope != PORTFOLIO and action.scope not in expected.symbols:
        raise UnreadableReply("unknown_scope")
    if (action.value is not None) != (action.kind in _WITH_VALUE):
        raise UnreadableReply("value_does_not_fit")
    has_param = action.param is not None
    if (action.kind in _WITH_PARAM and not has_param) or (
        has_param and action.kind not in _MAY_HAVE_PARAM
    ):
        raise UnreadableReply("param_does_not_fit")
    if (action.kind is Kind.PAUSE_SYMBOL) == (action.scope == PORTFOLIO) and action.kind in (
        *(Kind.PAUSE_SYMBOL, Kind.HALT_NEW_ENTRIES, Kind.NO_CHANGE, Kind.SWITCH_PRESET),
    ):
        raise UnreadableReply("scope_does_not_fit")
    if not set(action.evidence) <= expected.known:
        raise UnreadableReply("unknown_evidence")


def _check_together(actions: Sequence[Action]) -> None:
    targets = [target_of(action) for action in actions]
    if len(set(targets)) < len(targets):
        raise UnreadableReply("two_actions_on_one_target")
    if len(actions) > 1 and any(action.kind is Kind.NO_CHANGE for action in actions):
        raise UnreadableReply("change_and_no_change")


def target_of(action: Action) -> tuple[str, str]:
    """What an action is about. A restore of one parameter and a change of it are one."""
    named = {
        Kind.SET_RISK_MULT: "risk_mult",
        Kind.SWITCH_PRESET: "preset",
        Kind.PAUSE_SYMBOL: "pause",
        Kind.HALT_NEW_ENTRIES: "halt",
        Kind.NO_CHANGE: "nothing",
    }
    return named.get(action.kind, action.param or "everything"), action.scope
