"""Values that remember where they were written, and what is wrong with them."""

from dataclasses import dataclass

Path = tuple[str | int, ...]
Conflict = tuple[Path, str]
"""A setting a person would change, and why."""
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file (line and column from 1), or a whole source (both 0)."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document. A member stands where its key does, anything else at its start."""

    value: "Scalar | list[Node] | dict[str, Node]"
    place: Place

    def plain(self) -> object:
        """The value as json.loads would give it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, step: str | int) -> "Node | None":
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int):
            return self.value[step] if 0 <= step < len(self.value) else None
        return None

    def nearest(self, path: Path) -> tuple[int, "Node"]:
        """The deepest node on the way to `path`, and how many steps lead to it."""
        node = self
        for depth, step in enumerate(path):
            child = node.child(step)
            if child is None:
                return depth, node
            node = child
        return len(path), node


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that forbids a start; `path` is empty where a file itself is the trouble."""

    place: Place
    path: Path
    text: str


def overlaid(base: Node, over: Node) -> Node:
    """Objects merge key by key; everything else is replaced whole."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    members = dict(base.value)
    for key, node in over.value.items():
        members[key] = overlaid(members[key], node) if key in members else node
    return Node(members, base.place)
