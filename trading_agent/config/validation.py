"""A tree of settings becomes the configuration, or a list of everything wrong with it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from trading_agent.config.allowed import Allowed
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.places import Node, Path, Problem, Scalar
from trading_agent.config.wording import HIDDEN, shown
from trading_agent.domain.units import read_decimal


def validated(
    tree: Node, allowed: Allowed, *, partial: bool
) -> tuple[FlashTradingConfig | None, list[Problem]]:
    """Every field on its own; numbers must be numbers and texts must be texts.

    `partial` says that some of the settings could not be read: what is missing then was
    reported already.
    """
    problems = list(_wrong_kinds(tree, (), allowed))
    try:
        config = FlashTradingConfig.model_validate(tree.plain())
    except ValidationError as error:
        problems += [
            _problem(found, tree, allowed)
            for found in error.errors(include_url=False)
            if not (partial and found["type"] == "missing")
        ]
        problems = _innermost(problems)
        return None, problems
    return (None if problems else config), problems


def _innermost(problems: list[Problem]) -> list[Problem]:
    """One problem a path, and none of a group whose members are the trouble."""
    first = {problem.path: problem for problem in reversed(problems)}
    groups = {path[:depth] for path in first for depth in range(len(path))}
    return [problem for path, problem in first.items() if path not in groups]


def _wrong_kinds(node: Node, path: Path, allowed: Allowed) -> Iterator[Problem]:
    """Values of another kind than their setting: pydantic alone would read "5" as 5."""
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _wrong_kinds(child, (*path, key), allowed)
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from _wrong_kinds(child, (*path, index), allowed)
    elif not _right_kind(node.value, allowed.kinds(path)):
        yield Problem(node.place, path, _refused(node.value, path, allowed))


def _right_kind(value: Scalar, kinds: frozenset[str]) -> bool:
    if isinstance(value, str) and {"number", "string"} <= kinds:
        return _plain_decimal(value)
    kind = {str: "string", bool: "boolean", int: "integer", float: "number"}.get(
        type(value), "null"
    )
    return not kinds or kind in kinds or (kind == "integer" and "number" in kinds)


def _plain_decimal(text: str) -> bool:
    """Whether a text stands for an exact number in its plain form."""
    try:
        read_decimal(text)
    except ValueError:
        return False
    return True


def _problem(found: Mapping[str, Any], tree: Node, allowed: Allowed) -> Problem:
    path: Path = found["loc"]
    depth, node = tree.nearest(path)
    if found["type"] == "missing":
        return Problem(node.place, path, f"is missing; it must be {allowed.words(path)}")
    path = path[:depth]
    if found["type"] == "extra_forbidden":
        return Problem(node.place, path, f"is not a setting; {allowed.instead(path)}")
    if found["type"] == "value_error":
        reason = str(found["ctx"]["error"])
        given = _shown(node.value, path, allowed)
        whole = isinstance(node.value, dict | list)
        return Problem(node.place, path, reason if whole else f"{given} {reason}")
    return Problem(node.place, path, _refused(node.plain(), path, allowed))


def _refused(value: object, path: Path, allowed: Allowed) -> str:
    return f"{_shown(value, path, allowed)} is not allowed; it must be {allowed.words(path)}"


def _shown(value: object, path: Path, allowed: Allowed) -> str:
    return HIDDEN if allowed.secret(path) else shown(value, path)
