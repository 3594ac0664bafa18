"""How problems are worded: paths, values without secrets, and what was probably meant."""

import difflib
import json
import re
from collections.abc import Iterable
from typing import Final

from trading_agent.config.places import Path, Problem

HIDDEN: Final = "(hidden)"
_LONGEST_VALUE: Final = 48
_MOST_LINES: Final = 100
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]{0,60}")
_SECRET_KEY: Final = re.compile(
    r"secret|passw|passphrase|credential|private|token|cookie|(^|_)(api_?)?key($|_)|apikey|dsn"
    r"|(^|_)pin($|_)|auth",
    re.IGNORECASE,
)
_SECRET_VALUE: Final = re.compile(
    r"""(?x)
    \b\d{6,}:[\w-]{20,}              # a bot's token
    | \b(sk|pk|mx0|ghp|xox[a-z])[-_]?\w{8,}
    | ://[^/\s]*:[^/\s]*@            # a password inside an address
    | -----BEGIN
    | (?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{20,}
    """
)


def dotted(path: Path) -> str:
    """`risk.max_open_orders`; a strange key is quoted, a secret one hidden."""
    return ".".join(str(step) if isinstance(step, int) else shown_key(step) for step in path)


def shown_key(key: str) -> str:
    if _PLAIN_KEY.fullmatch(key) and not _SECRET_VALUE.search(key):
        return key
    return shown(key)


def shown(value: object, path: Path = ()) -> str:
    """A value on one line, cut short; never a secret."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if any(isinstance(step, str) and _SECRET_KEY.search(step) for step in path):
        return HIDDEN
    if isinstance(value, str) and _SECRET_VALUE.search(value):
        return HIDDEN
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def meant(word: str, choices: Iterable[str]) -> str | None:
    """The choice nearest to a misspelt word, whatever its case; None when none is near."""
    by_lower = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def report(problems: Iterable[Problem], sources: Iterable[str]) -> str:
    """One line a problem, in the order of the sources and of their lines."""
    order = {source: index for index, source in enumerate(sources)}
    ordered = sorted(
        dict.fromkeys(problems),
        key=lambda it: (order.get(it.place.source, len(order)), it.place.line, it.place.column),
    )
    lines = [_line(problem) for problem in ordered[:_MOST_LINES]]
    if len(ordered) > _MOST_LINES:
        lines.append(f"and {len(ordered) - _MOST_LINES} more")
    return "\n".join(lines)


def _line(problem: Problem) -> str:
    path = f"{dotted(problem.path)}: " if problem.path else ""
    line = f"{problem.place}: {path}{problem.text}"
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)
