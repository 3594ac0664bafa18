"""How fast may be written."""

import asyncio


class Pace:
    """`burst` at once, then `per_second`. Used in one loop."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = burst
        self._rate = per_second
        self._left = burst
        self._at: float | None = None

    async def wait(self) -> None:
        """Until one more may go; those who wait go in turn."""
        while (pause := self._take()) > 0.0:
            await asyncio.sleep(pause)

    def _take(self) -> float:
        """0.0 when one was taken, else how long to wait."""
        now = asyncio.get_running_loop().time()
        gone = 0.0 if self._at is None else now - self._at
        self._at = now
        self._left = min(self._burst, self._left + gone * self._rate)
        if self._left >= 1.0:
            self._left -= 1.0
            return 0.0
        return (1.0 - self._left) / self._rate
