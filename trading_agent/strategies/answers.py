"""Asking a strategy: a person's own code may break, or answer anything."""

from typing import Final

from trading_agent.domain.decision import Proposal
from trading_agent.domain.money import OrdinarySums
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.strategies.roster import Seat
from trading_agent.strategies.strategy import StrategyView

_KINDS: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(("price", "size", "hold_for", "trigger"), (int,)),
    **dict.fromkeys(("take_profit_bps", "stop_bps", "trail_bps"), (int, float)),
    "side": (Side,),
    "kind": (OrderKind,),
    "purpose": (OrderPurpose,),
}


def ask(seat: Seat, view: StrategyView) -> tuple[Proposal | None, str]:
    """The answer; or nothing, and in words why nobody can use it."""
    try:
        with OrdinarySums():
            answer = seat.strategy.propose(view)
        looked_at = seat.own and answer is not None
        fault = _fault_of(answer, seat.strategy.name, view) if looked_at else ""
    except Exception as error:  # noqa: BLE001 - a person's code may raise anything
        return None, f"{type(error).__name__}: {error}"
    return (None, fault) if fault else (answer, "")


def _fault_of(answer: object, strategy: str, view: StrategyView) -> str:
    """Empty when there is none. Whether the numbers make sense is for risk to say."""
    if not isinstance(answer, Proposal):
        return f"propose gave {type(answer).__name__}, not a Proposal or None"
    symbol = view.instrument.symbol
    if (answer.strategy, answer.symbol) != (strategy, symbol):
        return f"asked about {symbol}, it proposes {answer.symbol} as {answer.strategy}"
    for name, kinds in _KINDS.items():
        given = getattr(answer, name)
        if type(given) not in kinds:
            return f"{name} is {given!r}, not {' or '.join(kind.__name__ for kind in kinds)}"
    return ""
