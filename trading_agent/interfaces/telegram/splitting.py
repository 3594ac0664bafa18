"""Long messages in parts that Telegram takes: between paragraphs, lines, words, and never
inside a tag."""

import re
from html import unescape
from typing import Final

LONGEST: Final = 4_096
"""Of a message, in the UTF-16 units Telegram counts."""
LONGEST_CAPTION: Final = 1_024
_TAG: Final = re.compile(r"<(/?)(\w+)[^<>]*>")
_ROOM_FOR_TAGS: Final = 60
"""Kept free for tags that must be closed at a cut."""


def units(text: str) -> int:
    """What Telegram counts: signs beyond the first plane count twice."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def split_html(html: str, most: int = LONGEST) -> tuple[str, ...]:
    """Parts of at most `most` units, markup included. Tags open at a cut are closed there and
    opened again behind it."""
    parts: list[str] = []
    rest = html
    while units(rest) > most:
        cut = _cut(rest, most - _ROOM_FOR_TAGS)
        part, rest = rest[:cut].rstrip("\n"), rest[cut:].lstrip("\n")
        open_tags = _open_tags(part)
        parts.append(part + "".join(f"</{_name(tag)}>" for tag in reversed(open_tags)))
        rest = "".join(open_tags) + rest
    return (*parts, rest) if rest or not parts else tuple(parts)


def without_markup(html: str) -> str:
    """The text alone."""
    return unescape(_TAG.sub("", html))


def _cut(text: str, most: int) -> int:
    """Where to cut: the last paragraph, line or word that fits, and not inside a tag or an
    entity."""
    fits = _fitting(text, most)
    for boundary in ("\n\n", "\n", " "):
        at = text.rfind(boundary, fits // 2, fits)
        if at > 0 and not _inside(text, at):
            return at + len(boundary)
    while fits > 1 and _inside(text, fits):
        fits -= 1
    return fits


def _fitting(text: str, most: int) -> int:
    """How many signs take at most so many units."""
    count = 0
    for at, sign in enumerate(text):
        count += 2 if sign > "\uffff" else 1
        if count > most:
            return at
    return len(text)


def _inside(text: str, at: int) -> bool:
    opened = text.rfind("<", 0, at)
    if opened > text.rfind(">", 0, at):
        return True
    begun = text.rfind("&", max(0, at - 10), at)
    return begun >= 0 and ";" not in text[begun:at]


def _open_tags(part: str) -> list[str]:
    """As they stand in the text, the outermost first."""
    found: list[str] = []
    for match in _TAG.finditer(part):
        if match[1]:
            if found:
                found.pop()
        else:
            found.append(match[0])
    return found


def _name(tag: str) -> str:
    match = _TAG.match(tag)
    return match[2] if match else ""
