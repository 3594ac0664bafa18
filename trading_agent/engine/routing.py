"""From a proposal to an order under way: reviewed, reserved, sent, called back."""

from decimal import Decimal
from typing import Final

from trading_agent.domain.decision import Approved, Proposal, Refused
from trading_agent.domain.facts import (
    OrderSent,
    ProposalRefused,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import (
    BUY,
    SELL,
    CancelOrder,
    OrderId,
    OrderKind,
    OrderPurpose,
    SubmitOrder,
)
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.views import desk_view
from trading_agent.execution.fees import fee_of, worst_rate
from trading_agent.execution.matching import OUTCOMES

# Every fill's fee is rounded up on its own: the reserve has room for as many roundings as one
# instant can have fills.
_ROUNDINGS: Final = OUTCOMES * Decimal("1e-8")
_RESTING_KINDS: Final = (OrderKind.LIMIT, OrderKind.LIMIT_MAKER)


def send(state: DeskState, proposal: Proposal) -> Approved | Refused:
    """Through the gate and, when approved, to the venue."""
    instrument = state.account.instruments[proposal.symbol]
    asset, reserve = _reserve(state, proposal, instrument)
    quote_reserve = reserve if proposal.side is BUY else Decimal(0)
    answer = state.gate.review(proposal, desk_view(state, proposal, quote_reserve))
    match answer:
        case Approved():
            _route(state, answer, asset, reserve)
        case Refused(reason=reason, detail=detail):
            state.emit(
                ProposalRefused(
                    at=state.now,
                    symbol=proposal.symbol,
                    strategy=proposal.strategy,
                    side=proposal.side,
                    purpose=proposal.purpose,
                    reason=reason,
                    detail=detail,
                )
            )
    return answer


def _reserve(state: DeskState, proposal: Proposal, instrument: Instrument) -> tuple[str, Decimal]:
    """What the order can cost at most: quote for a buy, base for a sale."""
    if proposal.side is SELL:
        return instrument.base, instrument.size(proposal.size)
    value = instrument.notional(proposal.price, proposal.size)
    rate = worst_rate(instrument, state.settings.paper.unknown_fee)
    if rate == 0:
        return instrument.quote, value
    return instrument.quote, value + fee_of(value, rate) + _ROUNDINGS


def _route(state: DeskState, approved: Approved, asset: str, reserve: Decimal) -> None:
    proposal = approved.proposal
    order = OrderId(state.account.last_order + 1)
    request = SubmitOrder(
        order=order,
        symbol=proposal.symbol,
        side=proposal.side,
        kind=proposal.kind,
        price=proposal.price,
        size=approved.size,
        purpose=proposal.purpose,
        decided_at=state.now,
    )
    rests = proposal.kind in _RESTING_KINDS
    rest = state.session().execution.resting_seconds * SECOND if rests else 0
    arrives_at = state.venue.submit(approved, request, state.index[proposal.symbol], Nanos(rest))
    state.emit(
        OrderSent(
            at=state.now,
            order=order,
            symbol=proposal.symbol,
            strategy=proposal.strategy,
            side=proposal.side,
            kind=proposal.kind,
            purpose=proposal.purpose,
            price=proposal.price,
            size=approved.size,
            arrives_at=arrives_at,
            reserved_asset=asset,
            reserved=reserve,
            take_profit_bps=proposal.take_profit_bps,
            stop_bps=proposal.stop_bps,
            hold_for=proposal.hold_for,
        )
    )


def call_back(state: DeskState, symbol: str | None, purpose: OrderPurpose | None) -> None:
    """Cancel open orders; None means any. Each may still fill while its cancel travels."""
    for working in state.account.orders.all():
        sent = working.sent
        if symbol in (None, sent.symbol) and purpose in (None, sent.purpose):
            state.venue.cancel(CancelOrder(order=sent.order, decided_at=state.now))
