"""Telegram's HTML as its server reads it: what is shown, or the error it answers with."""

import re
from html import unescape

_TAG = re.compile(r"<(/?)([a-zA-Z-]+)((?:\s+[a-z-]+(?:=\"[^\"]*\")?)*)\s*>")
_KNOWN = {
    *("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a"),
    *("tg-emoji", "code", "pre", "blockquote"),
}


class BadMarkup(Exception):
    """As in `can't parse entities: ...`."""


def shown(html: str) -> str:
    """The text without its markup; raises BadMarkup."""
    text: list[str] = []
    open_tags: list[str] = []
    at = 0
    while at < len(html):
        if html[at] != "<":
            end = html.find("<", at)
            end = len(html) if end < 0 else end
            text.append(unescape(html[at:end]))
            at = end
            continue
        match = _TAG.match(html, at)
        offset = len(html[:at].encode())
        if match is None or match[2].lower() not in _KNOWN:
            found = html[at : at + 12]
            raise BadMarkup(f'Unsupported start tag "{found}" at byte offset {offset}')
        name = match[2].lower()
        if not match[1]:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            raise BadMarkup(f"Unmatched end tag at byte offset {offset}")
        at = match.end()
    if open_tags:
        raise BadMarkup(f'Can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    return "".join(text)


def units(text: str) -> int:
    """What Telegram counts as characters."""
    return len(text.encode("utf-16-le")) // 2
