"""What is compiled before it is used. Named, not imported: compilers are sent for before the rest
of the program is."""

from collections.abc import Callable
from typing import Final

from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.warm_up import Kernel, warm_up

BATCH_LOOP: Final = Kernel(
    "the engine's batch loop", "trading_agent.engine.compiled_loop", "prepare_batch"
)
INDICATORS: Final = Kernel(
    "the indicators", "trading_agent.engine.timeframes", "prepare_indicators"
)
LIVE: Final = (
    Kernel("the engine's loop", "trading_agent.engine.compiled_loop", "prepare_live"),
    INDICATORS,
    Kernel("the frame decoder", "trading_agent.adapters.mexc.codec", "warm_up"),
)
"""For a live run; first what takes longest."""
REPLAY: Final = (BATCH_LOOP, INDICATORS)


def compile_live(say: Callable[[str], None]) -> None:
    warm_up(LIVE, SystemClock(), say)
