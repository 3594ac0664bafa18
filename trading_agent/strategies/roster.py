"""Which strategies the desk runs."""

from trading_agent.strategies.flash import FlashStrategy
from trading_agent.strategies.strategy import Strategy


def roster() -> tuple[Strategy, ...]:
    """In the order in which they are asked."""
    return (FlashStrategy(),)
