"""How indicators are compiled: woven into the loop that calls them."""

from typing import Any

from trading_agent.market.compiling import part


def woven(function: Any) -> Any:
    """For helpers of compiled code that are shorter than a call: an array and a candle make twenty
    arguments, and passing them on costs more than a moving average."""
    return part(function, forceinline=True)
