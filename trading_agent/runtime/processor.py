"""Where the threads run that hand frames to one another.

Under one interpreter lock they never run at once, so a processor of their own each gains
nothing, and waking a thread on another processor costs an interrupt: 50 µs on a virtual
machine, against 25 µs on the same one.
"""

import os
from collections.abc import Callable
from contextlib import suppress

from trading_agent.runtime.worker import Stop


def shared_processor() -> int | None:
    """One of those this process may use, another for each process; None where there is no
    choice or the system does not let us choose."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[os.getpid() % len(allowed)] if len(allowed) > 1 else None


def staying_on(processor: int | None, run: Callable[[Stop], None]) -> Callable[[Stop], None]:
    """The same work for a worker, whose thread then runs there and nowhere else if the system
    allows it; None: wherever there is room."""
    if processor is None:
        return run

    def settled(stop: Stop) -> None:
        # Forbidden, or the processor was taken away meanwhile: slower, not wrong.
        with suppress(OSError):
            os.sched_setaffinity(0, {processor})
        run(stop)

    return settled
