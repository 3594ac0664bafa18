"""Strict JSON that keeps positions and goes on after a mistake.

Mistakes a person makes (comments, trailing commas, duplicate keys, NaN, barewords) are
reported and stepped over, so that one reading finds all of them; a value that cannot be used
is left out of the tree. Only a broken structure ends the reading.
"""

import json
import math
import re
from bisect import bisect_right
from typing import Final

from trading_agent.config.places import Node, Path, Place, Problem, Scalar
from trading_agent.config.wording import shown, shown_key

DEEPEST: Final = 32
_LONGEST_NUMBER: Final = 40
_MOST_PROBLEMS: Final = 200

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_COMMENT: Final = re.compile(r"//[^\r\n]*|#[^\r\n]*|/\*(?:[^*]|\*(?!/))*\*/")
_WORD: Final = re.compile(r"[-+.\w]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_CONSTANTS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_MEANT: Final = {"True": "true", "False": "false", "None": "null", "nil": "null"}
_SCANNER: Final = json.JSONDecoder()


def read_json(text: str, source: str) -> tuple[Node | None, list[Problem]]:
    """The document, None when its structure is broken, and everything wrong with it."""
    reader = _Reader(text, source)
    return reader.document(), reader.problems


class _Broken(Exception):
    """The rest of the document cannot be understood."""


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._source = source
        self._lines = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self._at = 0
        self._path: Path = ()

    def document(self) -> Node | None:
        try:
            self._skip()
            if self._at == len(self._text):
                raise self._broken("is empty; it must hold an object: { … }")
            node = self._value(self._at)
            self._skip()
            if self._at < len(self._text):
                raise self._broken(f"nothing may follow the document, but {self._next()} does")
        except _Broken:
            return None
        return node

    def _value(self, placed: int) -> Node | None:
        """The value that starts here; None after a mistake that was reported."""
        if len(self._path) > DEEPEST:
            raise self._broken(f"is nested deeper than {DEEPEST} levels")
        sign = self._text[self._at : self._at + 1]
        if sign == "{":
            return Node(self._object(), self._place(placed))
        if sign == "[":
            return Node(self._list(), self._place(placed))
        if sign == '"':
            return self._known(self._string(), placed)
        return self._word(placed)

    def _object(self) -> dict[str, Node]:
        members: dict[str, Node] = {}
        seen: dict[str, Place] = {}
        while self._more("}", first=not seen):
            if self._text[self._at : self._at + 1] != '"':
                raise self._broken(f'a key in "double quotes" is expected, not {self._next()}')
            placed = self._at
            key = self._string()
            self._path += (key,)
            self._colon()
            node = self._value(placed)
            if key in seen:
                self._report(placed, f"is given twice; the first is in line {seen[key].line}")
            elif node is not None and self._known(key, placed) is not None:
                members[key] = node
            seen.setdefault(key, self._place(placed))
            self._path = self._path[:-1]
        return members

    def _list(self) -> list[Node]:
        items: list[Node] = []
        count = 0
        while self._more("]", first=count == 0):
            self._path += (count,)
            node = self._value(self._at)
            if node is not None:
                items.append(node)
            self._path = self._path[:-1]
            count += 1
        return items

    def _more(self, closing: str, *, first: bool) -> bool:
        """Steps to the next member; False, and past the closing sign, when there is none."""
        if first:
            self._at += 1
        self._skip()
        comma = self._at
        if not first and self._take(","):
            self._skip()
            if self._text[self._at : self._at + 1] == closing:
                self._report(comma, f"no comma may stand before {closing}")
        elif not first and not self._text.startswith(closing, self._at):
            if self._text[self._at : self._at + 1] not in ('"', "{", "["):
                raise self._broken(f"a comma or {closing} is expected, not {self._next()}")
            self._report(self._at, "a comma is missing before this")
        return not self._take(closing)

    def _colon(self) -> None:
        self._skip()
        if not self._take(":"):
            raise self._broken(f"a colon is expected after the key, not {self._next()}")
        self._skip()

    def _string(self) -> str:
        try:
            text, self._at = _SCANNER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._at = min(error.pos, len(self._text))
            raise self._broken(f"the text is not well formed: {error.msg}") from error
        return str(text)

    def _known(self, text: str, placed: int) -> Node | None:
        if not any("\ud800" <= sign <= "\udfff" for sign in text):
            return Node(text, self._place(placed))
        self._report(placed, "holds half of a surrogate pair; no text has that")
        return None

    def _word(self, placed: int) -> Node | None:
        """A number, true, false or null."""
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise self._broken(f"a value is expected, not {self._next()}")
        self._at = found.end()
        try:
            return Node(_scalar(found.group()), self._place(placed))
        except ValueError as error:
            self._report(placed, str(error))
            return None

    def _skip(self) -> None:
        """Past white space; comments are reported and passed too."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            comment = _COMMENT.match(self._text, self._at)
            if comment is None:
                return
            self._report(self._at, "JSON has no comments: take this one out")
            self._at = comment.end()

    def _take(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += 1
        return True

    def _next(self) -> str:
        return shown_key(self._text[self._at]) if self._at < len(self._text) else "the end"

    def _place(self, at: int) -> Place:
        line = bisect_right(self._lines, at)
        return Place(self._source, line, at - self._lines[line - 1] + 1)

    def _report(self, at: int, text: str) -> None:
        self.problems.append(Problem(self._place(at), self._path, text))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise self._broken("has too many mistakes to read on")

    def _broken(self, text: str) -> _Broken:
        self.problems.append(Problem(self._place(self._at), self._path, text))
        return _Broken()


def _scalar(word: str) -> Scalar:
    """Raises ValueError with what is wrong."""
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    number = _NUMBER.fullmatch(word)
    if number is None:
        raise ValueError(_unknown_word(word))
    if len(word) > _LONGEST_NUMBER:
        raise ValueError(f"has more than {_LONGEST_NUMBER} digits")
    value = float(word) if number[1] or number[2] else int(word)
    if math.isinf(value):
        raise ValueError(f"{word} is too large for a number")
    return value


def _unknown_word(word: str) -> str:
    if word.lstrip("+-").lower() in ("nan", "inf", "infinity"):
        return f"{word} is not a number that settings may hold"
    if word in _MEANT:
        return f"{word} is not JSON: write {_MEANT[word]}"
    if word[0] in "+-.0123456789":
        return f"{shown_key(word)} is not a number in JSON"
    return f"{shown(word)} is not JSON: a text stands in double quotes"
