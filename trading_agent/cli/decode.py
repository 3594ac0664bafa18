"""`flash-trading decode`: what a binary frame of the exchange says."""

import json
import string
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

_STDIN: Final = "-"
_MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a file or of stdin; hexadecimal text of the largest frame takes half of it."""
_HEX_SIGNS: Final = frozenset(string.hexdigits.encode())


def decode(
    frame: Annotated[
        str,
        typer.Argument(
            metavar="HEX|FILE",
            help="The frame as hexadecimal digits, or a file that holds it raw or as "
            "hexadecimal text; - reads it from stdin.",
        ),
    ],
) -> None:
    """Show a binary stream frame as JSON: the exchange's own fields, and the rows made of it."""
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import TradingError

    try:
        content = read_frame(frame)
        from trading_agent.adapters.mexc.frame_text import explain

        told = explain(content)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    print(json.dumps(told, indent=2, ensure_ascii=False))


def read_frame(given: str) -> bytes:
    """The frame's bytes. Raises CommandError when there are none."""
    from trading_agent.domain.errors import CommandError

    if given == _STDIN:
        frame = _raw_or_hex(sys.stdin.buffer.read(_MOST_BYTES + 1), "stdin")
    elif _is_file(given):
        frame = _raw_or_hex(_content(Path(given)), given)
    else:
        digits = _hex_digits(given.encode(errors="replace"))
        if digits is None:
            raise CommandError(f"{_short(given)} is neither hexadecimal digits nor a file")
        frame = _from_hex(digits, "the argument")
    if not frame:
        raise CommandError("the frame is empty")
    return frame


def _raw_or_hex(content: bytes, source: str) -> bytes:
    """No frame consists of hexadecimal digits alone: each names its channel, with an @."""
    from trading_agent.domain.errors import CommandError

    if len(content) > _MOST_BYTES:
        raise CommandError(f"{_short(source)} is larger than {_MOST_BYTES} bytes: no frame is")
    digits = _hex_digits(content)
    return content if digits is None else _from_hex(digits, _short(source))


def _hex_digits(content: bytes) -> bytes | None:
    """The digits without white space and leading 0x; None when there is anything else."""
    digits = b"".join(content.split())
    if digits[:2].lower() == b"0x":
        digits = digits[2:]
    return digits if _HEX_SIGNS.issuperset(digits) else None


def _from_hex(digits: bytes, source: str) -> bytes:
    from trading_agent.domain.errors import CommandError

    if len(digits) % 2:
        raise CommandError(f"{source} has {len(digits)} hexadecimal digits: one is missing")
    return bytes.fromhex(digits.decode("ascii"))


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:
        return False  # long digits are no name of a file


def _content(path: Path) -> bytes:
    from trading_agent.domain.errors import CommandError

    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}…")
