"""Lines of words with a little emphasis, as Telegram's HTML and as plain text.

Everything a market, a person or an error brought along is foreign: one line, of printable
characters, not too long.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

from msgspec import Struct

_LONGEST_FOREIGN: Final = 300


class Piece(Struct, frozen=True):
    """`tag`: b, i or code."""

    text: str
    tag: str


Line = tuple["str | Piece", ...]


def bold(text: str) -> Piece:
    return Piece(text, "b")


def faint(text: str) -> Piece:
    return Piece(text, "i")


def fixed(text: str) -> Piece:
    return Piece(text, "code")


def foreign(text: str, longest: int = _LONGEST_FOREIGN) -> str:
    """On one line, without control characters or marks that turn the direction of writing."""
    line = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def as_html(lines: Iterable[Line]) -> str:
    return "\n".join("".join(map(_html, line)) for line in lines)


def as_plain(lines: Iterable[Line]) -> str:
    return "\n".join(
        "".join(piece if isinstance(piece, str) else piece.text for piece in line) for line in lines
    )


def _html(piece: str | Piece) -> str:
    if isinstance(piece, str):
        return escape(piece, quote=False)
    return f"<{piece.tag}>{escape(piece.text, quote=False)}</{piece.tag}>"
