"""From a proposal to an order under way: reviewed, reserved, sent, called back."""

from collections.abc import Container
from decimal import Decimal
from operator import itemgetter
from typing import Final

from msgspec.structs import replace

from trading_agent.domain.decision import Approved, Proposal, RefusalReason, Refused, ticks_of
from trading_agent.domain.facts import ProposalRefused
from trading_agent.domain.order import (
    MAY_REST,
    SELL,
    CancelOrder,
    OrderId,
    OrderKind,
    OrderPurpose,
    Side,
    SubmitOrder,
)
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import SECOND, Nanos, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.sight import expected_slippage, last_trade
from trading_agent.engine.views import desk_view, pair_view
from trading_agent.execution.filters import allowed_kind, placing_refusal, size_refusal
from trading_agent.portfolio.ledger import ZERO
from trading_agent.risk.gate import reduces

_ANY_BUDGET: Final = (1 << 63) - 1
"""As much as the compiled loop can hold: no order that risk allows is worth more."""
_FOR_EVER: Final = Nanos(0)


def send(state: DeskState, proposal: Proposal) -> Approved | Refused:
    """Through the gate and, when approved, to the venue. A pair goes together or not at all."""
    if proposal.alternative is not None:
        return _send_pair(state, proposal, proposal.alternative)
    if state.account.instruments[proposal.symbol].kinds is not None:
        proposal = _in_allowed_kind(state, proposal)
    answer = _asked(state, proposal)
    if isinstance(answer, Refused):
        refuse(state, answer)
    else:
        _route(state, answer, _reserved(state, answer), 0)
    return answer


def _send_pair(state: DeskState, proposal: Proposal, alternative: Proposal) -> Approved | Refused:
    answer = _asked_pair(state, proposal, alternative)
    if isinstance(answer, Refused):
        refuse(state, answer)
        return answer
    # The first holds what either can cost; what ends hands it on.
    group = state.account.last_order + 1
    asset, reserve = max((_reserved(state, each) for each in answer), key=itemgetter(1))
    for approved in answer:
        _route(state, approved, (asset, reserve), group)
        reserve = ZERO
    return answer[0]


def _asked_pair(
    state: DeskState, proposal: Proposal, alternative: Proposal
) -> list[Approved] | Refused:
    """Both legs, of the smaller size that either was given; or the first no."""
    if _about(proposal) != _about(alternative):
        detail = "the legs of a pair differ in symbol, side or purpose"
        return Refused(proposal, RefusalReason.BAD_NUMBER, detail)
    alternative = _in_allowed_kind(state, alternative)
    # The gate knows by the very object which legs belong together.
    proposal = _in_allowed_kind(state, replace(proposal, alternative=alternative))
    answers: list[Approved] = []
    for leg in (proposal, alternative):
        answer = _asked(state, leg)
        if isinstance(answer, Refused):
            _withdraw(state, answers)
            return answer
        answers.append(answer)
    size = min(answer.size for answer in answers)
    instrument = state.account.instruments[proposal.symbol]
    for answer in answers:
        reason = size_refusal(instrument, answer.proposal.price, size)
        if reason is not None:
            _withdraw(state, answers)
            return Refused(answer.proposal, reason, f"{size} lots are left of the pair")
    return [replace(answer, size=size) for answer in answers]


def _withdraw(state: DeskState, answers: list[Approved]) -> None:
    for approved in answers:
        state.gate.withdraw(approved)


def _about(proposal: Proposal) -> tuple[str, Side, OrderPurpose]:
    return proposal.symbol, proposal.side, proposal.purpose


def _in_allowed_kind(state: DeskState, proposal: Proposal) -> Proposal:
    """Where the exchange takes no market orders, one that takes up to its price does the same."""
    instrument = state.account.instruments[proposal.symbol]
    kind = allowed_kind(instrument, proposal.kind)
    return proposal if kind in (None, proposal.kind) else replace(proposal, kind=kind)


def _asked(state: DeskState, proposal: Proposal) -> Approved | Refused:
    """The desk's own rules, then the exchange's filters: what the exchange would not take is not
    filled here either."""
    symbol = proposal.symbol
    if reduces(proposal):
        answer = state.gate.review_exit(proposal, pair_view(state, symbol))
    else:
        answer = state.gate.review(proposal, desk_view(state, symbol))
    instrument = state.account.instruments[symbol]
    unfiltered = instrument.kinds is None and instrument.price_band is None
    if unfiltered or isinstance(answer, Refused):
        return answer
    last = last_trade(state, symbol)
    reason = placing_refusal(instrument, proposal.side, proposal.kind, proposal.price, last)
    if reason is None:
        return answer
    state.gate.withdraw(answer)
    return Refused(proposal, reason, f"{proposal.kind.name}: a filter of the exchange")


def refuse(state: DeskState, refused: Refused) -> None:
    """It is told, and counted by its reason."""
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


def _reserved(state: DeskState, approved: Approved) -> tuple[str, Decimal]:
    """What the order can cost at most: quote for a purchase, base for a sale."""
    proposal = approved.proposal
    instrument = state.account.instruments[proposal.symbol]
    if proposal.side is SELL:
        return instrument.base, instrument.size(approved.size)
    return instrument.quote, approved.reserve


def _route(state: DeskState, approved: Approved, reserved: tuple[str, Decimal], group: int) -> None:
    proposal = approved.proposal
    symbol, trigger, columns = proposal.symbol, proposal.trigger, state.columns
    index, now = state.index[symbol], state.now
    order = OrderId(state.account.last_order + 1)
    trail = Ticks(ticks_of(trigger, proposal.trail_bps)) if trigger else trigger
    spend = proposal.quote_size
    budget = 0 if spend is None else _budget(state, symbol, spend)
    request = SubmitOrder(order=order, decided_at=now, trail=trail, group=group, budget=budget)
    rest = _FOR_EVER
    if proposal.kind in MAY_REST:
        rest = Nanos(state.session().execution.resting_seconds * SECOND)
    arrives_at = state.venue.submit(approved, request, index, rest)
    asset, reserve = reserved
    # By place: a call with more than 15 names builds a dict of them, and takes six times as long.
    state.emit(
        OrderSent(
            now,
            order,
            symbol,
            proposal.strategy,
            proposal.side,
            proposal.kind,
            proposal.purpose,
            proposal.price,
            approved.size,
            arrives_at,
            asset,
            reserve,
            proposal.take_profit_bps,
            proposal.stop_bps,
            proposal.hold_for,
            columns.bid[index],
            columns.ask[index],
            trigger,
            proposal.trigger_on,
            trail,
            group,
            budget,
            expected_slippage(state, proposal, approved.size),
        )
    )


def _budget(state: DeskState, symbol: str, spend: Decimal) -> int:
    """In ticks x lots."""
    instrument = state.account.instruments[symbol]
    exact = int(spend.scaleb(instrument.price_decimals + instrument.size_decimals))
    return min(exact, _ANY_BUDGET)


def call_back(
    state: DeskState,
    symbol: str | None,
    purpose: OrderPurpose | None,
    *,
    kinds: Container[OrderKind] | None = None,
) -> bool:
    """Cancel open orders; None means any. Each may still fill while its cancel travels. Whether
    there was one."""
    found = False
    for working in state.account.orders.all():
        sent = working.sent
        if kinds is not None and sent.kind not in kinds:
            continue
        if symbol in (None, sent.symbol) and purpose in (None, sent.purpose):
            state.venue.cancel(CancelOrder(order=sent.order, decided_at=state.now))
            found = True
    return found


def call_back_order(state: DeskState, order: OrderId) -> bool:
    """Whether it is open; it may still fill while its cancel travels."""
    if not state.account.orders.is_open(order):
        return False
    state.venue.cancel(CancelOrder(order=order, decided_at=state.now))
    return True


def call_back_entries_of(state: DeskState, strategy: str) -> None:
    for working in state.account.orders.all():
        sent = working.sent
        if sent.purpose is OrderPurpose.ENTRY and sent.strategy == strategy:
            state.venue.cancel(CancelOrder(order=sent.order, decided_at=state.now))
