"""Keeps secrets out of every text that leaves the process."""

import base64
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

_MASK: Final = "[redacted]"
_SHORTEST_SECRET: Final = 6
"""Anything shorter is found in innocent words; no real key is."""

_PATTERNS: Final = (
    re.compile(r"(?<=/bot)\d+:[\w-]+"),
    re.compile(r"\b\d{6,12}:[\w-]{30,}"),
    re.compile(r"(?<=signature=)[^&\s\"']+", re.IGNORECASE),
    re.compile(r"(?<=token=)[^&\s\"']+", re.IGNORECASE),
    re.compile(r"(?<=password=)[^&\s\"']+", re.IGNORECASE),
    re.compile(r"(?<=api_key=)[^&\s\"']+", re.IGNORECASE),
    re.compile(r"(?<=bearer )[\w.~+/=-]+", re.IGNORECASE),
    re.compile(r"\bsk-[\w-]{12,}"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)


class Redactor:
    """Knows the exact secrets of this run, in the forms they travel in, and the shapes of
    secrets in general."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._exact = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def redact(self, text: str) -> str:
        if self._exact is not None:
            text = self._exact.sub(_MASK, text)
        for pattern in _PATTERNS:
            text = pattern.sub(_MASK, text)
        return text


def _forms(secret: str) -> set[str]:
    if len(secret) < _SHORTEST_SECRET:
        return set()
    encoded = base64.b64encode(secret.encode()).decode()
    urlsafe = base64.urlsafe_b64encode(secret.encode()).decode()
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    return plain | {encoded, encoded.rstrip("="), urlsafe, urlsafe.rstrip("=")}
