"""Text of strangers, laid flat: one form of every sign, nothing invisible, no markup, no links, no
more than a few hundred signs."""

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = frozenset(("Cf", "Cc", "Co", "Cn", "Cs"))
_MARKUP: Final = re.compile(r"<[^>]{0,200}>|!?\[[^\]]{0,200}\]\([^)]{0,400}\)|[`*_#{}\[\]<>|\\]+")
_LINK: Final = re.compile(r"(?:https?://|www\.|data:)\S+", re.IGNORECASE)
_SPACE: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"\w+")
LONGEST: Final = 480


def normalised(text: str, longest: int = LONGEST) -> str:
    """NFKC; line breaks and tabs become spaces, every other control or unassigned sign goes."""
    composed = unicodedata.normalize("NFKC", text[: longest * 4])
    seen = "".join(" " if sign in "\n\r\t" else sign for sign in composed if _stays(sign))
    plain = _MARKUP.sub(" ", _LINK.sub(" ", seen))
    return _SPACE.sub(" ", plain).strip()[:longest]


def mixes_scripts(text: str) -> bool:
    """A word with letters of two alphabets looks like another word. NFKC does not fold these."""
    return any(len(_scripts(word)) > 1 for word in _WORD.findall(text))


def _stays(sign: str) -> bool:
    return sign in "\n\r\t" or unicodedata.category(sign) not in _INVISIBLE


def _scripts(word: str) -> set[str]:
    """By the first word of each letter's name: LATIN, CYRILLIC, GREEK."""
    return {unicodedata.name(sign, "?").partition(" ")[0] for sign in word if sign.isalpha()}
