"""Files that can be configuration, and files that cannot."""

import os
from pathlib import Path

import pytest

from trading_agent.config.files import FILE_NAME, LARGEST_FILE, find_file, read_file


def why_refused(path: Path) -> str:
    tree, problems = read_file(path)
    assert tree is None
    (problem,) = problems
    assert problem.place.source == str(path)
    return problem.text


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{\r\n "venue":\r\n "mexc"\r\n}\r\n')
    tree, problems = read_file(path)
    assert problems == []
    assert tree is not None
    assert tree.plain() == {"venue": "mexc"}
    assert tree.nearest(("venue",))[1].place.line == 2


def test_the_schema_key_is_for_editors_only(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"$schema": "x.json", "venue": "mexc"}')
    tree, problems = read_file(path)
    assert (tree and tree.plain(), problems) == ({"venue": "mexc"}, [])
    path.write_text('{"$schema": 5}')
    _, problems = read_file(path)
    assert ["must be a text" in problem.text for problem in problems] == [True]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"[]", "must hold an object"),
        (b'"text"', "must hold an object"),
        (b'{"a": "\xff"}', "line 1 holds a broken sign"),
        (b'{\n\n"a": "\xc3"}', "line 3 holds a broken sign"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        (b" " * (LARGEST_FILE + 1), "larger than 1024 KiB"),
    ],
)
def test_content_that_is_no_configuration_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert words in why_refused(path)


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"{}" + b" " * (LARGEST_FILE - 2))
    assert read_file(path)[1] == []


def test_a_missing_file_is_named_with_the_nearest_there_is(tmp_path: Path) -> None:
    (tmp_path / "balanced.json").write_text("{}")
    assert "did you mean" in why_refused(tmp_path / "ballanced.json")
    assert str(tmp_path / "balanced.json") in why_refused(tmp_path / "ballanced.json")
    assert why_refused(tmp_path / "no" / "folder.json") == "there is no such file"


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    assert "is a directory" in why_refused(tmp_path)
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    assert "not a regular file" in why_refused(pipe)
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)
    assert why_refused(loop)
    assert why_refused(Path("a\0b.json"))
    assert why_refused(tmp_path / ("x" * 5000))


def test_a_link_to_a_file_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    link = tmp_path / "b.json"
    link.symlink_to(tmp_path / "a.json")
    assert read_file(link)[1] == []


def test_the_folder_in_use_comes_before_the_project(tmp_path: Path) -> None:
    shipped = find_file(tmp_path)
    assert shipped.is_file()
    (tmp_path / FILE_NAME).write_text("{}")
    assert find_file(tmp_path) == tmp_path / FILE_NAME
    assert shipped != tmp_path / FILE_NAME
