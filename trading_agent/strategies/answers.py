"""Asking a strategy: a person's own code may break, or answer anything."""

from decimal import Decimal
from typing import Final

from trading_agent.domain.decision import EXITS, Proposal, Quotes
from trading_agent.domain.money import OrdinarySums
from trading_agent.domain.order import (
    BUY,
    ENTRY,
    EXIT,
    SELL,
    OrderKind,
    OrderPurpose,
    Side,
    TriggerOn,
)
from trading_agent.strategies.roster import Seat
from trading_agent.strategies.strategy import StrategyView

_KINDS: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(("price", "size", "hold_for", "trigger", "inventory_limit"), (int,)),
    **dict.fromkeys(("take_profit_bps", "stop_bps", "trail_bps"), (int, float)),
    "side": (Side,),
    "kind": (OrderKind,),
    "purpose": (OrderPurpose,),
    "reason": (str,),
    "trigger_on": (TriggerOn,),
    "quote_size": (Decimal, type(None)),
}
_NO_QUOTES: Final = Quotes()
_LONGEST: Final = 200
"""Signs of what is said about a fault."""


def ask(seat: Seat, view: StrategyView) -> tuple[Proposal | None, str]:
    """The answer; or nothing, and in words why nobody can use it. A person's own strategy is a
    guest: it adds up as anybody does, and what it answers is looked at."""
    answer, fault = _answer(seat, view)
    if isinstance(answer, Quotes):
        answer, fault = None, "propose gave Quotes, which are for a refresh alone"
    return answer, fault


def ask_for_quotes(seat: Seat, view: StrategyView) -> tuple[Quotes, str]:
    """The same of quotes, of which there may be none."""
    answer, fault = _answer(seat, view)
    if answer is None:
        return _NO_QUOTES, fault
    if isinstance(answer, Quotes):
        return answer, fault
    return _NO_QUOTES, "propose gave a Proposal, and a refresh asks for Quotes"


def _answer(seat: Seat, view: StrategyView) -> tuple[Proposal | Quotes | None, str]:
    try:
        if not seat.own:
            return seat.strategy.propose(view), ""
        with OrdinarySums():
            answer = seat.strategy.propose(view)
        fault = "" if answer is None else _fault_of(answer, seat.strategy.name, view)
    # A person's code may raise anything, an exit among it.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - see above
        fault = accident(error)
    return (None, _on_one_line(fault)) if fault else (answer, "")


def accident(error: BaseException) -> str:
    """Of a person's own code, in words."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - its words are a person's code too
        return type(error).__name__


def _on_one_line(text: str) -> str:
    """As journal and board can bear it."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in shown)


def _fault_of(answer: object, strategy: str, view: StrategyView) -> str:
    """Empty when there is none. Whether the numbers make sense is for risk to say."""
    if isinstance(answer, Quotes):
        return _fault_of_quotes(answer, strategy, view)
    if not isinstance(answer, Proposal):
        return f"propose gave {type(answer).__name__}, not a Proposal or None"
    symbol = view.instrument.symbol
    own = answer.strategy == strategy or (answer.purpose is EXIT and answer.strategy == EXITS)
    if not own or answer.symbol != symbol:
        return f"asked about {symbol}, it proposes {answer.symbol} as {answer.strategy}"
    for name, kinds in _KINDS.items():
        given = getattr(answer, name)
        if type(given) not in kinds:
            return f"{name} is {given!r}, not {' or '.join(kind.__name__ for kind in kinds)}"
    other = answer.alternative
    return "" if other is None else _fault_of(other, strategy, view)


def _fault_of_quotes(answer: Quotes, strategy: str, view: StrategyView) -> str:
    for name, side, purpose in (("bid", BUY, ENTRY), ("ask", SELL, EXIT)):
        quote = getattr(answer, name)
        if quote is None:
            continue
        if fault := _fault_of(quote, strategy, view):
            return f"{name}: {fault}"
        if (quote.side, quote.purpose, quote.kind) != (side, purpose, OrderKind.LIMIT_MAKER):
            return f"{name} is no {purpose.name} of kind LIMIT_MAKER that {side.name}S"
        if quote.strategy != strategy or quote.alternative is not None:
            return f"{name} is {quote.strategy}'s, or one of a pair"
    return ""
