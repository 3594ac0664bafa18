"""Who is left alone for a while: one breaker a model, and one for all."""

from collections import deque
from typing import Final

from llm_overseer.settings import BreakerSettings

_WINDOW: Final = 10
_SECOND: Final = 10**9


class Breaker:
    """Closed, open until a moment, or letting one probe through. Moments: nanoseconds UTC."""

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._in_a_row = 0
        self._last: deque[bool] = deque(maxlen=_WINDOW)
        self._openings = 0
        self._probing = False
        self.open_until: int | None = None
        """None: closed."""

    def blocks(self, now: int) -> bool:
        return self.open_until is not None and (now < self.open_until or self._probing)

    def begin(self, now: int) -> None:
        """A call leaves; after a pause it is the only one until its end is known."""
        self._probing = self.open_until is not None and now >= self.open_until

    def succeed(self) -> None:
        self._last.append(False)
        if self.open_until is not None:
            self._last.clear()
        self._in_a_row = self._openings = 0
        self._probing = False
        self.open_until = None

    def pass_over(self) -> None:
        """A failure that says nothing against it: where it was the probe, the probe got through."""
        if self._probing:
            self.succeed()

    def fail(self, now: int) -> bool:
        """True when this failure opened it."""
        self._in_a_row += 1
        self._last.append(True)
        half = len(self._last) == _WINDOW and sum(self._last) * 2 >= _WINDOW
        if not (self._probing or self._in_a_row >= self._settings.failures or half):
            return False
        pause = self._settings.open_seconds * 2 ** min(self._openings, 20)
        self._openings += 1
        self.open(now + int(min(pause, self._settings.max_open_seconds) * _SECOND))
        return True

    def open(self, until: int) -> None:
        """At least until then."""
        self._probing = False
        self._in_a_row = 0
        self.open_until = max(until, self.open_until or 0)


class Breakers:
    """`everybody` for what is no single model's fault."""

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self.everybody = Breaker(settings)
        self._models: dict[str, Breaker] = {}

    def of(self, model: str) -> Breaker:
        return self._models.setdefault(model, Breaker(self._settings))

    def forget(self, model: str) -> None:
        """It is asked otherwise from now on."""
        self._models.pop(model, None)

    def allowed(self, models: tuple[str, ...], now: int) -> tuple[str, ...]:
        if self.everybody.blocks(now):
            return ()
        return tuple(model for model in models if not self.of(model).blocks(now))
