"""Every number in a model's text exists: in the snapshot, within the rounding it is written with,
or as a value it proposes itself."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Final

_MINUS: Final = "\u2212"
_NUMBER: Final = re.compile(
    rf"(?:(?<![\w.])[-+{_MINUS}])?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII
)
_TIMEFRAMES: Final = re.compile(r"\b(?:1m|5m|15m|30m|1h|4h|1d|24h)\b")
_SPELLED: Final = re.compile(
    r"\b(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty"
    r"|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|dozen|half|halve[sd]?|twice"
    r"|double[sd]?|triple[sd]?|quarter)\b",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"[A-Za-z0-9]+(?:[._][A-Za-z0-9]+)*", re.ASCII)
_NUMERIC: Final = frozenset(("Nd", "No", "Nl"))
_WIDE: Final = Context(prec=60)
_MOST_DIGITS: Final = 20


def ungrounded(text: str, numbers: frozenset[Decimal], known: frozenset[str]) -> tuple[str, ...]:
    """What stands in the text and nowhere else; empty when all is well.

    Digits of other scripts, fractions in one sign and numbers in words are never grounded:
    nobody could check them.
    """
    if any(ord(sign) > 127 and unicodedata.category(sign) in _NUMERIC for sign in text):
        return ("foreign_digits",)
    plain = _TIMEFRAMES.sub(" ", text)
    plain = _NAME.sub(lambda found: " " if _is_name(found[0], known) else found[0], plain)
    spelled = [found[0].lower() for found in _SPELLED.finditer(plain)]
    written = (found[0].replace(_MINUS, "-") for found in _NUMBER.finditer(plain))
    return tuple([it for it in written if not _exists(it, numbers)] + spelled)


def _is_name(word: str, known: frozenset[str]) -> bool:
    """An id, or a part of one."""
    return word in known or any(
        name.startswith(f"{word}.") or name.endswith(f".{word}") or f".{word}." in name
        for name in known
    )


def _exists(written: str, numbers: Iterable[Decimal]) -> bool:
    if len(written) > 32:
        return False
    number = Decimal(written)
    if number.adjusted() > _MOST_DIGITS:
        return False
    exponent = number.as_tuple().exponent
    places = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    if places > 1:
        places = Decimal(1)
    return any(_same(number, it, places) for it in numbers)


def _same(number: Decimal, known: Decimal, places: Decimal) -> bool:
    """Signs may be in the words: "down 2 percent"."""
    size = abs(known)
    rounded = (size.quantize(places, how, _WIDE) for how in (ROUND_HALF_EVEN, ROUND_HALF_UP))
    fits = abs(number) in set(rounded)
    return fits and (number >= 0 or known <= 0)
