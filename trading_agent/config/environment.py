"""Settings from the environment: FLASH_TRADING__RISK__MAX_ORDER_NOTIONAL=500.

Two underscores stand for a dot, names may be written in any case. A value is read as JSON
where that is what its setting takes; a list of texts may be given as A,B,C.
"""

from collections.abc import Mapping
from typing import Final

from trading_agent.config.allowed import Allowed
from trading_agent.config.json_reading import read_json
from trading_agent.config.places import Node, Path, Place, Problem, overlaid

PREFIX: Final = "FLASH_TRADING__"
_NEARLY: Final = "FLASH_TRADING_"


def overlay_environment(
    tree: Node, environment: Mapping[str, str], allowed: Allowed
) -> tuple[Node, list[str], list[Problem]]:
    """The tree with the environment laid over it, the variables used, and what is wrong."""
    used: list[str] = []
    problems: list[Problem] = []
    for name in sorted(environment):
        place = Place(name)
        if not name.upper().startswith(PREFIX):
            problems += _nearly(name)
            continue
        used.append(name)
        path = _path(name, tree, allowed)
        if path is None:
            problems.append(Problem(place, (), "names no setting: __ must stand between names"))
            continue
        value, wrong = _value(environment[name], path, place, allowed)
        problems += wrong
        if value is not None:
            tree = overlaid(tree, _nested(path, value))
    return tree, used, problems


def _nearly(name: str) -> list[Problem]:
    rest = name.upper().removeprefix(_NEARLY)
    if rest == name.upper() or "__" not in rest.strip("_"):
        return []
    return [Problem(Place(name), (), f"is not read; did you mean {PREFIX}{rest.lstrip('_')}?")]


def _path(name: str, tree: Node, allowed: Allowed) -> Path | None:
    path: Path = ()
    for part in name[len(PREFIX) :].split("__"):
        if not part:
            return None
        path += (_spelt(path, part, tree, allowed),)
    return path


def _spelt(path: Path, part: str, tree: Node, allowed: Allowed) -> str:
    """The key as the settings spell it, or as the files already do (a session, an asset)."""
    if allowed.keys(path):
        return allowed.spelt(path, part.lower())
    depth, node = tree.nearest(path)
    if depth == len(path) and isinstance(node.value, dict):
        return next((key for key in node.value if key.lower() == part.lower()), part)
    return part


def _value(
    text: str, path: Path, place: Place, allowed: Allowed
) -> tuple[Node | None, list[Problem]]:
    if allowed.text_only(path):
        return Node(text, place), []
    structured = text.lstrip()[:1] in ("{", "[", '"')
    if allowed.is_list(path) and not structured:
        return Node([Node(part.strip(), place) for part in text.split(",")], place), []
    tree, problems = read_json(text, place.source)
    if structured:
        wrong = [Problem(place, path + it.path, it.text) for it in problems]
        return (None if tree is None else _moved(tree, place)), wrong
    return Node(text if tree is None or problems else tree.value, place), []


def _moved(node: Node, place: Place) -> Node:
    """A variable has no lines: everything in it stands in one place."""
    if isinstance(node.value, dict):
        return Node({key: _moved(child, place) for key, child in node.value.items()}, place)
    if isinstance(node.value, list):
        return Node([_moved(child, place) for child in node.value], place)
    return Node(node.value, place)


def _nested(path: Path, value: Node) -> Node:
    for step in reversed(path):
        value = Node({str(step): value}, value.place)
    return value
