"""How indicators are compiled: woven into the loop that calls them. They are shorter than a call:
an array and a candle make twenty arguments, and passing them on costs more than a moving average.
"""

from trading_agent.market.compiling import woven

__all__ = ["woven"]
