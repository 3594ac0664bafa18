"""Orders by hand: a person enters, and calls orders back."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from trading_agent.domain.commands import CancelEntries, CancelOrder, EnterPosition
from trading_agent.domain.decision import BY_HAND, Proposal
from trading_agent.domain.order import ENTRY, OrderId
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.refusing import refuse_command
from trading_agent.engine.routing import call_back, call_back_order, send
from trading_agent.engine.views import strategy_view
from trading_agent.strategies.entries import enter, session_barriers, two_sided

_LARGEST: Final = Decimal(10) ** 12
_WHOLE: Final = 1.0
_UNKNOWN: Final = "that is not a pair of this run"


def enter_position(state: DeskState, command: EnterPosition) -> None:
    """A person's own judgement stands for the evidence; risk is asked like for any other."""
    known = command.symbol in state.index
    proposal = _proposal(state, command) if known else _UNKNOWN
    if isinstance(proposal, str):
        refuse_command(state, command, proposal, command.symbol)
    else:
        send(state, proposal)


def cancel_order(state: DeskState, command: CancelOrder) -> None:
    if not call_back_order(state, OrderId(command.order)):
        words = f"order {command.order} is not open"
        refuse_command(state, command, words, str(command.order))


def cancel_entries(state: DeskState, command: CancelEntries) -> None:
    symbol = command.symbol or None
    if not call_back(state, symbol, ENTRY):
        where = f" in {command.symbol}" if symbol else ""
        refuse_command(state, command, f"no entry is under way{where}", command.symbol)


def _proposal(state: DeskState, command: EnterPosition) -> Proposal | str:
    """Or why there can be none."""
    symbol, notional = command.symbol, command.notional
    if notional is not None and not (notional.is_finite() and 0 < notional <= _LARGEST):
        return "an entry is worth more than nothing, and less than a thousand billion"
    view = strategy_view(state, state.index[symbol], (None, ""), _WHOLE)
    if not two_sided(view):
        return f"{symbol} has no price now"
    proposal = enter(view, BY_HAND, session_barriers(view), "by hand")
    if notional is not None:
        size = view.instrument.lots_for(notional, proposal.price)
        proposal = replace(proposal, size=size)
    if proposal.size > 0:
        return proposal
    return f"with a spread of {view.spread_bps:.2f} bps less than one lot is left of it"
