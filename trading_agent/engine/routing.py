"""From a proposal to an order under way: reviewed, reserved, sent, called back."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from trading_agent.domain.decision import Approved, Proposal, Refused, ticks_of
from trading_agent.domain.facts import (
    OrderSent,
    ProposalRefused,
)
from trading_agent.domain.order import (
    BUY,
    EXIT,
    MAY_REST,
    SELL,
    CancelOrder,
    OrderId,
    OrderPurpose,
    SubmitOrder,
)
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.sight import PairSight, best_ask, best_bid
from trading_agent.engine.views import desk_view
from trading_agent.execution.fees import fee_of, worst_rate
from trading_agent.execution.filters import allowed_kind, refusal_of
from trading_agent.execution.matching import OUTCOMES
from trading_agent.portfolio.ledger import ZERO

# Every fill's fee is rounded up on its own: the reserve has room for as many roundings as one
# instant can have fills.
_ROUNDINGS: Final = OUTCOMES * Decimal("1e-8")


def send(state: DeskState, proposal: Proposal) -> Approved | Refused:
    """Through the gate and, when approved, to the venue. A pair goes together or not at all."""
    proposal = _in_allowed_kind(state, proposal)
    legs = (proposal,) if proposal.alternative is None else (proposal, proposal.alternative)
    reserves = [_reserve(state, leg, leg.size) for leg in legs]
    asset = reserves[0][0]
    reserve = max(amount for _, amount in reserves)
    quote_reserve = reserve if proposal.side is BUY else ZERO
    group = state.account.last_order + 1 if len(legs) > 1 else 0
    answers = []
    for leg in legs:
        answer = state.gate.review(leg, desk_view(state, leg, quote_reserve))
        if isinstance(answer, Approved):
            answer = _by_the_exchange(state, answer)
        if isinstance(answer, Refused):
            _refuse(state, answer)
            return answer
        answers.append(answer)
    # What was made smaller locks less. Of a pair the first holds what either can cost; what ends
    # hands it on.
    if any(each.bound_by for each in answers):
        reserve = max(_reserve(state, each.proposal, each.size)[1] for each in answers)
    for approved in answers:
        _route(state, approved, (asset, reserve), group)
        reserve = ZERO
    return answers[0]


def _in_allowed_kind(state: DeskState, proposal: Proposal) -> Proposal:
    """Where the exchange takes no market orders, one that takes up to its price does the same."""
    instrument = state.account.instruments[proposal.symbol]
    kind = allowed_kind(instrument, proposal.kind)
    return proposal if kind in (None, proposal.kind) else replace(proposal, kind=kind)


def _by_the_exchange(state: DeskState, approved: Approved) -> Approved | Refused:
    """Entries meet the exchange's own filters here; of exits nothing is asked that could keep a
    position from being left."""
    proposal = approved.proposal
    if proposal.purpose is EXIT:
        return approved
    instrument = state.account.instruments[proposal.symbol]
    last = Ticks(0)
    if instrument.price_band is not None:
        last = PairSight(state, proposal.symbol).last_trade()
    reason = refusal_of(
        instrument, proposal.side, proposal.kind, proposal.price, approved.size, last
    )
    if reason is None:
        return approved
    state.gate.withdraw(approved)
    return Refused(proposal, reason, f"{proposal.kind.name}: a filter of the exchange")


def _refuse(state: DeskState, refused: Refused) -> None:
    proposal = refused.proposal
    state.emit(
        ProposalRefused(
            at=state.now,
            symbol=proposal.symbol,
            strategy=proposal.strategy,
            side=proposal.side,
            purpose=proposal.purpose,
            reason=refused.reason,
            detail=refused.detail,
        )
    )


def _reserve(state: DeskState, proposal: Proposal, size: Lots) -> tuple[str, Decimal]:
    """What an order of this size can cost at most: quote for a buy, base for a sale."""
    instrument = state.account.instruments[proposal.symbol]
    if proposal.side is SELL:
        return instrument.base, instrument.size(size)
    value = proposal.quote_size or instrument.notional(proposal.price, size)
    rate = worst_rate(instrument, state.settings.paper.unknown_fee)
    if rate == 0:
        return instrument.quote, value
    return instrument.quote, value + fee_of(value, rate) + _ROUNDINGS


def _route(state: DeskState, approved: Approved, reserved: tuple[str, Decimal], group: int) -> None:
    proposal = approved.proposal
    symbol, trigger = proposal.symbol, proposal.trigger
    index = state.index[symbol]
    request = SubmitOrder(
        order=OrderId(state.account.last_order + 1),
        symbol=symbol,
        side=proposal.side,
        kind=proposal.kind,
        price=proposal.price,
        size=approved.size,
        purpose=proposal.purpose,
        decided_at=state.now,
        trigger=trigger,
        trigger_on=proposal.trigger_on,
        trail=Ticks(ticks_of(trigger, proposal.trail_bps)) if trigger else trigger,
        group=group,
        budget=_budget(state, proposal),
    )
    rest = state.session().execution.resting_seconds * SECOND if proposal.kind in MAY_REST else 0
    arrives_at = state.venue.submit(approved, request, index, Nanos(rest))
    asset, reserve = reserved
    state.emit(
        OrderSent(
            at=state.now,
            order=request.order,
            symbol=symbol,
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
            bid=best_bid(state, symbol),
            ask=best_ask(state, symbol),
            trigger=trigger,
            trigger_on=request.trigger_on,
            trail=request.trail,
            group=group,
            budget=request.budget,
        )
    )


def _budget(state: DeskState, proposal: Proposal) -> int:
    if proposal.quote_size is None:
        return 0
    instrument = state.account.instruments[proposal.symbol]
    decimals = instrument.price_decimals + instrument.size_decimals
    return int(proposal.quote_size.scaleb(decimals))


def call_back(state: DeskState, symbol: str | None, purpose: OrderPurpose | None) -> None:
    """Cancel open orders; None means any. Each may still fill while its cancel travels."""
    for working in state.account.orders.all():
        sent = working.sent
        if symbol in (None, sent.symbol) and purpose in (None, sent.purpose):
            state.venue.cancel(CancelOrder(order=sent.order, decided_at=state.now))
