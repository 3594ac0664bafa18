"""An exchange that is away when a run begins: it is waited for as long as it takes.

Giving up would leave a desk that holds positions down after a few restarts, because of an
outage that ends by itself. Whoever waits can be ended at any moment, and says so to a service
manager, which would otherwise take the start for one that hangs.
"""

import random
from collections.abc import Callable
from typing import Final, TypeVar

from trading_agent.domain.errors import Throttled, Unavailable
from trading_agent.runtime.crew import End
from trading_agent.runtime.service_notice import ServiceManager
from trading_agent.runtime.worker import RestartRule

EXTENSION_SECONDS: Final = 900
"""What every attempt asks for: as long as a start may take without an outage."""
_PAUSES: Final = RestartRule(first=1.0, longest=30.0)
_MICROSECONDS: Final = 1_000_000

Answer = TypeVar("Answer")


class Outage:
    """`rest(seconds)` waits, and returns at once with the reason when the run is to end."""

    def __init__(
        self,
        manager: ServiceManager,
        rest: Callable[[float], End | None],
        say: Callable[[str], None],
        draw: Callable[[], float] = random.random,
    ) -> None:
        """`say` hears of the outage once; `draw` gives a number from 0 to 1."""
        self._manager = manager
        self._rest = rest
        self._say = say
        self._draw = draw
        self._attempts = 0

    def ask(self, question: Callable[[], Answer]) -> Answer | End:
        """The answer, or why the run ends before there is one. Raises what will not pass."""
        while True:
            try:
                return question()
            except (Unavailable, Throttled) as error:
                end = self._wait(error)
            if end is not None:
                return end

    def _wait(self, error: Unavailable | Throttled) -> End | None:
        words = f"the exchange cannot be reached, waiting for it: {error}"
        if self._attempts == 0:
            self._say(words)
        self._attempts += 1
        named = error.retry_after if isinstance(error, Throttled) else None
        pause = max(_PAUSES.pause(self._attempts, self._draw()), named or 0.0)
        patience = int((EXTENSION_SECONDS + pause) * _MICROSECONDS)
        self._manager.tell(f"STATUS={words}", f"EXTEND_TIMEOUT_USEC={patience}")
        return self._rest(pause)
