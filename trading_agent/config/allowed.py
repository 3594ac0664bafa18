"""What the settings allow at a path, read from their JSON Schema."""

from collections.abc import Mapping
from typing import Any, Final

from trading_agent.config.places import Path
from trading_agent.config.wording import dotted, meant

Schema = Mapping[str, Any]
_MOST_KEYS: Final = 16
_OTHER_KINDS: Final = {"boolean": "true or false", "object": "an object"}


class Allowed:
    """Answers about one schema."""

    def __init__(self, schema: Schema) -> None:
        self._root = schema
        self._definitions: Schema = schema.get("$defs", {})

    def at(self, path: Path) -> Schema | None:
        """The schema of the value at `path`; None where nothing is allowed."""
        schema: Schema | None = self._root
        for step in path:
            schema = self._step(self._opened(schema), step) if schema is not None else None
        return None if schema is None else self._opened(schema)

    def keys(self, path: Path) -> tuple[str, ...]:
        """The named settings of the object at `path`."""
        schema = self.at(path)
        return () if schema is None else tuple(schema.get("properties", ()))

    def spelt(self, path: Path, key: str) -> str:
        """`key` as the settings spell it, whatever its case."""
        return next((name for name in self.keys(path) if name.lower() == key.lower()), key)

    def kinds(self, path: Path) -> frozenset[str]:
        """What JSON calls the values that can stand here; empty where the schema is silent."""
        kinds = [option.get("type") for option in self._options(path)]
        return frozenset() if None in kinds else frozenset(str(kind) for kind in kinds)

    def text_only(self, path: Path) -> bool:
        return bool(self.kinds(path)) and self.kinds(path) <= {"string", "null"}

    def is_list(self, path: Path) -> bool:
        return "array" in self.kinds(path)

    def secret(self, path: Path) -> bool:
        return any(option.get("format") == "password" for option in self._options(path))

    def words(self, path: Path) -> str:
        """For example: a whole number from 1 to 50, for example 10."""
        schema = self.at(path)
        if schema is None:
            return "nothing"
        known = dict.fromkeys(
            _words(option) for option in self._options(path) if option.get("type") != "null"
        )
        if {"number", "string"} <= self.kinds(path):
            # An exact number may stand as a text.
            known = {words: None for words in known if not words.startswith("a text")}
        if "null" in self.kinds(path):
            known["null"] = None
        example = schema.get("default")
        shown = isinstance(example, str | int | float) and not isinstance(example, bool)
        hidden = schema.get("writeOnly", False) or "enum" in schema
        return " or ".join(known) + (f", for example {example}" if shown and not hidden else "")

    def instead(self, path: Path) -> str:
        """A hint for a key that is not known: what was meant, or what is allowed there."""
        parent, key = path[:-1], str(path[-1])
        near = meant(key, self.keys(parent))
        if near is not None:
            return f"did you mean {near}?"
        elsewhere = [place for place in self._places(()) if str(place[-1]).lower() == key.lower()]
        if elsewhere:
            return f"did you mean {dotted(elsewhere[0])}?"
        keys = self.keys(parent)
        more = f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
        return f"allowed here: {', '.join(keys[:_MOST_KEYS])}{more}"

    def _places(self, path: Path) -> list[Path]:
        found: list[Path] = []
        for key in self.keys(path):
            found.append((*path, key))
            found.extend(self._places((*path, key)))
        return found

    def _options(self, path: Path) -> list[Schema]:
        schema = self.at(path)
        if schema is None:
            return []
        return [self._opened(option) for option in schema.get("anyOf", (schema,))]

    def _opened(self, schema: Schema) -> Schema:
        """Past references, with what stands beside them."""
        while "$ref" in schema:
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self._definitions[str(schema["$ref"]).rpartition("/")[2]], **beside}
        return schema

    def _step(self, schema: Schema, step: str | int) -> Schema | None:
        for option in schema.get("anyOf", (schema,)):
            opened = self._opened(option)
            if isinstance(step, int):
                found = opened.get("items")
            else:
                found = opened.get("properties", {}).get(step, _any_key(opened))
            if isinstance(found, Mapping):
                return found
        return None


def _any_key(schema: Schema) -> object:
    """What stands behind free keys: sessions, assets."""
    patterns = list(schema.get("patternProperties", {}).values())
    return patterns[0] if patterns else schema.get("additionalProperties")


def _words(schema: Schema) -> str:
    if "enum" in schema:
        return f"one of {', '.join(str(choice) for choice in schema['enum'])}"
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _bounds(schema)
    if kind == "array":
        return "a list" + _count(schema)
    if kind == "string" and "const" not in schema:
        return _text(schema)
    return _OTHER_KINDS.get(str(kind), str(schema.get("const", "a value")))


def _text(schema: Schema) -> str:
    least, most = schema.get("minLength"), schema.get("maxLength")
    words = [f"of at least {least} signs"] if least else []
    words += [f"of at most {most} signs"] if most is not None else []
    words += [f"like {schema['pattern']}"] if "pattern" in schema else []
    return " ".join(["a text", *words])


def _bounds(schema: Schema) -> str:
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if lowest is not None and highest is not None:
        return f" from {lowest:g} to {highest:g}"
    signs = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    bounds = [f"{words} {schema[key]:g}" for key, words in signs.items() if key in schema]
    return f" {' and '.join(bounds)}" if bounds else ""


def _count(schema: Schema) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and most is not None:
        return f" of {least} to {most}"
    return f" of at least {least}" if least is not None else ""
