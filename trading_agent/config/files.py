"""Configuration files: found, read within bounds, and opened as trees."""

from pathlib import Path as FilePath
from typing import Final

from trading_agent.config.json_reading import read_json
from trading_agent.config.places import Node, Place, Problem
from trading_agent.config.wording import meant

FILE_NAME: Final = "flash_trading_config.json"
LARGEST_FILE: Final = 1024 * 1024
"""Bytes."""
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_TO_PROJECT: Final = 2


def find_file(folder: FilePath) -> FilePath:
    """The base file in `folder` if it is there, else the one beside the project."""
    here = folder / FILE_NAME
    return here if here.exists() else FilePath(__file__).parents[_TO_PROJECT] / FILE_NAME


def read_file(path: FilePath) -> tuple[Node | None, list[Problem]]:
    """The file's object without `$schema`, None when unusable, and everything wrong with it.

    A byte order mark of UTF-8 and any line ends are accepted.
    """
    source = str(path)
    try:
        text = _decoded(_bytes(path))
    except _Unusable as error:
        return None, [Problem(Place(source), (), str(error))]
    tree, problems = read_json(text, source)
    if tree is None:
        return None, problems
    if not isinstance(tree.value, dict):
        problems.append(Problem(tree.place, (), "must hold an object: { … }"))
        return None, problems
    members = dict(tree.value)
    schema = members.pop("$schema", None)
    if schema is not None and not isinstance(schema.value, str):
        problems.append(Problem(schema.place, ("$schema",), "must be a text: the schema's place"))
    return Node(members, tree.place), problems


class _Unusable(Exception):
    """Why a file cannot be read."""


def _bytes(path: FilePath) -> bytes:
    try:
        if path.is_dir():
            raise _Unusable(f"is a directory; a file such as {path / FILE_NAME} is meant")
        if path.exists() and not path.is_file():
            raise _Unusable("is not a regular file")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise _Unusable(f"there is no such file{_near(path)}") from error
    except OSError as error:
        raise _Unusable(f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise _Unusable("is not the name of a file") from error
    if len(content) > LARGEST_FILE:
        raise _Unusable(f"is larger than {LARGEST_FILE // 1024} KiB; this is no configuration")
    return content


def _decoded(content: bytes) -> str:
    if content.startswith(_UTF16):
        raise _Unusable("is written in UTF-16; save it as UTF-8")
    content = content.removeprefix(_UTF8_MARK)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _Unusable(f"is not UTF-8: line {line} holds a broken sign") from error


def _near(path: FilePath) -> str:
    try:
        names = [other.name for other in path.parent.glob("*.json")]
    except OSError:
        return ""
    name = meant(path.name, names)
    return f"; did you mean {path.parent / name}?" if name else ""
