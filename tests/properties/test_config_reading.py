"""Any document is either read as the standard library reads it, or refused in words."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trading_agent.config.files import FILE_NAME
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.json_reading import read_json
from trading_agent.config.loading import load
from trading_agent.config.places import Node, Place, overlaid
from trading_agent.domain.errors import ConfigError

SHIPPED = (Path(__file__).parents[2] / FILE_NAME).read_text("utf-8")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)
objects = st.dictionaries(st.sampled_from("abc"), documents, max_size=3)
keys = st.sampled_from(
    [*FlashTradingConfig.model_fields, "signal", "max_open_orders", "sessions", "ASIA", "$schema"]
)
configurations = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | texts, inner, max_size=5),
    max_leaves=20,
)


def tree_of(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: tree_of(inner) for key, inner in value.items()}, Place("f"))
    if isinstance(value, list):
        return Node([tree_of(inner) for inner in value], Place("f"))
    return Node(value, Place("f"))


def refusal(text: str | bytes) -> list[str]:
    """The lines of the refusal; none when the document was taken."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            load(path, [], {})
        except ConfigError as error:
            return str(error).split("\n")
    return []


@given(documents, st.sampled_from([None, 1, 3]), st.booleans())
def test_valid_json_reads_as_the_standard_library_reads_it(
    document: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    tree, problems = read_json(text, "f")
    assert problems == []
    assert tree is not None
    assert json.dumps(tree.plain()) == json.dumps(document)


@given(st.dictionaries(texts.filter(bool), documents, min_size=1, max_size=5))
def test_every_member_stands_where_its_key_is_written(document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=1)
    tree, _ = read_json(text, "f")
    assert tree is not None
    lines = text.split("\n")
    for key in document:
        child = tree.child(key)
        assert child is not None
        assert lines[child.place.line - 1][child.place.column - 1 :].startswith(json.dumps(key))


@given(st.text(max_size=60))
def test_what_the_standard_library_refuses_is_refused_with_a_place(text: str) -> None:
    _, problems = read_json(text, "f")
    try:
        json.loads(text, parse_constant=int)
    except ValueError:
        assert problems
    assert all(problem.place.line >= 1 and problem.place.column >= 1 for problem in problems)


@given(st.integers(0, len(SHIPPED) - 1), st.integers(0, 12), st.text(max_size=4))
def test_a_damaged_file_is_taken_or_refused_in_lines_that_name_it(
    at: int, length: int, put: str
) -> None:
    for line in refusal((SHIPPED[:at] + put + SHIPPED[at + length :]).encode("utf-8", "replace")):
        assert "base.json" in line
        assert line.isprintable()


@given(st.binary(max_size=200))
def test_bytes_are_taken_or_refused_in_words(content: bytes) -> None:
    for line in refusal(content):
        assert "base.json" in line


@given(configurations)
def test_any_document_is_taken_or_refused_in_words(document: Any) -> None:
    for line in refusal(json.dumps(document)):
        assert "base.json" in line
        assert line.isprintable()


@given(objects, objects)
def test_an_overlay_says_the_last_word_and_nothing_else(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    once = overlaid(tree_of(one), tree_of(two))
    assert overlaid(once, tree_of(two)).plain() == once.plain()
    assert set(once.plain()) == {*one, *two}  # type: ignore[call-overload]
    for key, node in (once.value if isinstance(once.value, dict) else {}).items():
        if key not in two:
            assert node.plain() == one[key]
        elif key not in one or not (isinstance(one[key], dict) and isinstance(two[key], dict)):
            assert node.plain() == two[key]
