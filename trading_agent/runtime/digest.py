"""One number for everything a run has said: equal digests, equal facts."""

import hashlib
from collections.abc import Iterable

from trading_agent.domain.documents import to_text
from trading_agent.domain.facts import Fact


class FactsDigest:
    """Covers kind, content and order of facts; not their place in a journal."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.count = 0

    def add(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            self._hash.update(f"{type(fact).__name__}|{to_text(fact)}\n".encode())
            self.count += 1

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
