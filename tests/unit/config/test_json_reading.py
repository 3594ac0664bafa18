"""JSON with positions: what is right is read as json.loads would, what is wrong is named."""

import json

import pytest

from trading_agent.config.json_reading import DEEPEST, read_json
from trading_agent.config.places import Place


def problems_of(text: str) -> list[tuple[int, int, str]]:
    _, problems = read_json(text, "file.json")
    return [(it.place.line, it.place.column, it.text) for it in problems]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "b": [true, false, null], "c": {"d": "e"}}',
        ' \r\n\t{ "a" : -0.5e+2 , "b":[ ] , "c":{ } }\n',
        '"\\u00e9\\n\\ud83d\\ude00"',
        "[1, -1, 0, 1.0, 1E3, 12345678901234567890]",
        '{"": 0}',
        "null",
    ],
)
def test_what_is_json_is_read_as_the_standard_library_reads_it(text: str) -> None:
    tree, problems = read_json(text, "file.json")
    assert problems == []
    assert tree is not None
    assert tree.plain() == json.loads(text)
    assert json.dumps(tree.plain()) == json.dumps(json.loads(text))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_members_stand_where_their_keys_do(end: str) -> None:
    tree, _ = read_json(end.join(["{", '  "a": 1,', '  "b": [', "    5,", "    6]", "}"]), "f")
    assert tree is not None
    a, b = tree.child("a"), tree.child("b")
    assert a is not None
    assert b is not None
    assert (a.place, b.place) == (Place("f", 2, 3), Place("f", 3, 3))
    last = b.child(1)
    assert last is not None
    assert last.place == Place("f", 5, 5)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{"a": 1, "a": 2}', 1, 10, "given twice"),
        ('{"a": NaN}', 1, 2, "NaN"),
        ('{"a": -Infinity}', 1, 2, "-Infinity"),
        ('{"a": 1e999}', 1, 2, "too large"),
        ('{"a": ' + "9" * 50 + "}", 1, 2, "more than 40 digits"),
        ('{"a": 01}', 1, 2, "not a number in JSON"),
        ('{"a": +1}', 1, 2, "not a number in JSON"),
        ('{"a": .5}', 1, 2, "not a number in JSON"),
        ('{"a": 1_000}', 1, 2, "not a number in JSON"),
        ('{"a": \u0661}', 1, 2, "not JSON"),
        ('{"a": True}', 1, 2, "write true"),
        ('{"a": None}', 1, 2, "write null"),
        ('{"a": mexc}', 1, 2, "double quotes"),
        ('{"a": "\\ud800"}', 1, 2, "surrogate"),
        ('{\n // why\n "a": 1}', 2, 2, "no comments"),
        ('{"a": 1 /* why\nnot */ }', 1, 9, "no comments"),
        ('{"a": 1 # why\n}', 1, 9, "no comments"),
        ('{"a": 1,}', 1, 8, "no comma may stand before }"),
        ('{"a": [1, 2,]}', 1, 12, "no comma may stand before ]"),
        ('{"a": 1\n "b": 2}', 2, 2, "a comma is missing"),
        ("", 1, 1, "is empty"),
        (" \n", 2, 1, "is empty"),
        ("{'a': 1}", 1, 2, "double quotes"),
        ('{"a" 1}', 1, 6, "a colon is expected"),
        ('{"a": 1', 1, 8, "the end"),
        ('{"a": }', 1, 7, "a value is expected"),
        ('{"a": 1} {}', 1, 10, "nothing may follow"),
        ('{"a": "x\ny"}', 1, 9, "not well formed"),
        ('{"a": "x', 1, 7, "not well formed"),
        ('{"a": /* x', 1, 7, "a value is expected"),
        ("{,}", 1, 2, "double quotes"),
        ("\0", 1, 1, "a value is expected"),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, line: int, column: int, words: str) -> None:
    (found,) = problems_of(text)
    assert found[:2] == (line, column)
    assert words in found[2]


def test_one_reading_finds_all_mistakes() -> None:
    text = '{"a": NaN, // no\n "b": 1, "b": 2,\n "c": [01, True,],\n "d": yes}'
    assert [line for line, _, _ in problems_of(text)] == [1, 1, 2, 3, 3, 3, 4]


def test_an_unusable_value_is_left_out_and_the_rest_is_kept() -> None:
    tree, _ = read_json('{"a": NaN, "b": 2, "b": 3, "c": {"d": 1,}}', "f")
    assert tree is not None
    assert tree.plain() == {"b": 2, "c": {"d": 1}}


def test_nesting_is_bounded() -> None:
    deep, _ = read_json("[" * DEEPEST + "0" + "]" * DEEPEST, "f")
    assert deep is not None
    (found,) = problems_of('{"a":' * 100_000)
    assert "nested deeper" in found[2]


def test_a_flood_of_mistakes_ends_the_reading() -> None:
    found = problems_of("[" + "NaN," * 100_000 + "1]")
    assert len(found) < 300
    assert "too many mistakes" in found[-1][2]
