"""`flash-trading decode` takes a frame however it is given, and explains what is none."""

import json
from pathlib import Path

import pytest

from tests.mexc_frames import depth
from tests.unit.cli.verbs import call
from trading_agent.cli.decode import decode

FRAME: bytes = depth(asks=[("61234.51", "0.5")], bids=[("61234.50", "1")]).SerializeToString()


def rows(output: str) -> list[tuple[str, str, str]]:
    return [(row["kind"], row["price"], row["size"]) for row in json.loads(output)["rows"]]


@pytest.mark.parametrize(
    "text",
    [
        FRAME.hex(),
        FRAME.hex().upper(),
        f"0x{FRAME.hex()}",
        FRAME.hex(" "),
    ],
    ids=["lower", "upper", "prefixed", "spaced"],
)
def test_a_frame_is_read_from_hexadecimal_digits(text: str) -> None:
    result = call(decode, text)
    assert result.exit_code == 0
    assert rows(result.stdout) == [("ASK", "61234.51", "0.5"), ("BID", "61234.50", "1.0")]


@pytest.mark.parametrize("content", [FRAME, FRAME.hex().encode(), FRAME.hex("\n").encode()])
def test_a_frame_is_read_from_a_file_or_stdin_raw_or_as_digits(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "frame"
    file.write_bytes(content)
    from_file = call(decode, str(file))
    from_stdin = call(decode, "-", given=content)
    assert from_file.exit_code == from_stdin.exit_code == 0
    assert from_file.stdout == from_stdin.stdout
    told = json.loads(from_file.stdout)
    assert told["frame"]["publicAggreDepths"]["toVersion"] == "103"
    assert len(told["rows"]) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("abc", "one is missing"),
        ("nonsense", "neither hexadecimal digits nor a file"),
        ("z" * 5_000, "neither hexadecimal digits nor a file"),
        ("a\0b", "neither hexadecimal digits nor a file"),
        ("deadbeef", "garbage"),
        (FRAME.hex()[:40], "garbage"),
        ("aa" * 3_000, "garbage"),
    ],
)
def test_what_is_no_frame_is_told_on_one_line(given: str, words: str) -> None:
    result = call(decode, given)
    assert result.exit_code == 1
    assert result.stdout == ""
    first = result.stderr.splitlines()[0]
    assert words in first
    assert len(first) < 200


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00", b"{}", b"abc"])
def test_a_file_that_holds_no_frame_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "frame"
    file.write_bytes(content)
    result = call(decode, str(file))
    assert result.exit_code == 1
    assert result.stderr.startswith("flash-trading: ")
    assert "Traceback" not in result.stderr


def test_a_file_too_large_for_a_frame_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "frame"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 36)
    result = call(decode, str(file))
    assert result.exit_code == 1
    assert "larger" in result.stderr
