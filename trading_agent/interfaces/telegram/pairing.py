"""A code on the console, used once, makes the person who sends it the owner."""

import hmac
import secrets
from typing import Final

from trading_agent.domain.units import MINUTE
from trading_agent.runtime.clock import Clock

_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""None that is mistaken for another."""
_LENGTH: Final = 10
_LIFE: Final = 60 * MINUTE
_MOST_GUESSES: Final = 5
_REST: Final = 10 * MINUTE


class Pairing:
    """One code at a time. Five wrong guesses, or an hour, and it is worth nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._code = ""
        self._made_at = 0
        self._guesses = 0

    @property
    def open(self) -> bool:
        return bool(self._code) and self._clock.monotonic() - self._made_at < _LIFE

    @property
    def spent(self) -> bool:
        """It is worth nothing any more, and was made long enough ago for a new one: whoever
        guesses has few guesses, and whoever has missed the hour need not start anew."""
        age = self._clock.monotonic() - self._made_at
        return bool(self._made_at) and not self.open and age >= _REST

    def new_code(self) -> str:
        """For the console; the one before is worth nothing any more."""
        self._code = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
        self._made_at = self._clock.monotonic()
        self._guesses = 0
        return self._code

    def accepts(self, text: str) -> bool:
        """Whether it is the code; then the code is used up."""
        if not self.open:
            return False
        guess = text.strip().upper().encode()
        if hmac.compare_digest(guess, self._code.encode()):
            self._code = ""
            return True
        self._guesses += 1
        if self._guesses >= _MOST_GUESSES:
            self._code = ""
        return False
