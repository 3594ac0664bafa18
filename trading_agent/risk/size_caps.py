"""The caps on one entry, as configured; the smallest wins and nothing is ever made larger."""

from decimal import Decimal

from trading_agent.domain.decision import RefusalReason, fraction
from trading_agent.domain.units import Lots
from trading_agent.risk.case import EntryCase, Refusal
from trading_agent.risk.settings import SizeCaps
from trading_agent.risk.sizing import (
    SizeCap,
    Stake,
    StopRisk,
    fixed_cap,
    fixed_fraction_cap,
    kelly_cap,
    size_for,
    volatility_cap,
)

_PROPOSAL = "proposal"
_BREAKER = "soft_breaker"
_MULTIPLIER = "risk_multiplier"
_SLIPPAGE = "slippage"
_PERCENT = Decimal("0.01")


def caps_are_set(caps: SizeCaps) -> bool:
    return bool(_needs_equity(caps) or caps.depth_percent)


def payable_size(case: EntryCase, budget: Decimal) -> Lots:
    """Of the proposal's size what the budget buys at the best price there is."""
    price, ask = case.proposal.price, case.desk.ask
    best = ask if 0 < ask < price else price
    return min(case.size, case.desk.instrument.lots_for(budget, best))


def cut_to_size(case: EntryCase, *, capped: bool) -> Refusal | None:
    """Make the case's size what the caps leave of it. `capped`: whether any cap is set."""
    factor, multiplier = case.desk.size_factor, case.desk.risk_multiplier
    smaller = _BREAKER if factor < 1.0 else _MULTIPLIER
    if not multiplier >= 1.0:
        factor *= multiplier
    if factor >= 1.0 and not capped:
        return None
    caps = [fixed_cap(_PROPOSAL, case.size)]
    if capped:
        settings = case.limits.sizing
        equity = case.desk.sight.equity() if _needs_equity(settings) else Decimal(1)
        if equity is None:
            return RefusalReason.EQUITY_UNKNOWN, "something held has no price"
        caps += _caps(case, settings, equity)
    answer = size_for(caps, factor, smaller)
    bound_by = smaller if answer.bound_by == _PROPOSAL and factor < 1.0 else answer.bound_by
    if answer.size <= 0:
        return RefusalReason.SIZED_TO_NOTHING, f"{bound_by}: {answer.reason}"
    if answer.size < case.size:
        case.size, case.bound_by = answer.size, bound_by
    return None


def cut_to_slippage(case: EntryCase) -> None:
    """Make the case's size what can be had without costing too much. Smaller rather than refused:
    what is left is the same trade at a price that was allowed, and never less than the best price
    holds."""
    most = case.limits.max_expected_slippage_bps
    if not most or not case.takes():
        return
    within = case.desk.sight.lots_within(case.proposal.price, case.size, most)
    if within < case.size:
        case.size, case.bound_by = within, _SLIPPAGE


def _needs_equity(caps: SizeCaps) -> bool:
    return bool(caps.stop_risk_percent or caps.kelly_shrink or caps.volatility_target_percent)


def _caps(case: EntryCase, settings: SizeCaps, equity: Decimal) -> list[SizeCap]:
    desk, proposal = case.desk, case.proposal
    price = desk.instrument.price(proposal.price)
    stake = Stake(instrument=desk.instrument, equity=equity, price=price)
    caps = []
    if settings.stop_risk_percent:
        share = Decimal(repr(settings.stop_risk_percent)) * _PERCENT
        caps.append(fixed_fraction_cap(stake, share, _stop_risk(case, price)))
    if settings.kelly_shrink:
        caps.append(kelly_cap(stake, desk.sight.results(), settings.kelly_shrink))
    if settings.volatility_target_percent:
        caps.append(
            volatility_cap(
                stake,
                settings.volatility_target_percent / 100.0,
                desk.sight.volatility(),
                floor=settings.volatility_floor_percent / 100.0,
                largest_share=1.0,
            )
        )
    if settings.depth_percent and case.takes():
        depth = desk.sight.depth(proposal.side, proposal.price, float("inf"))
        caps.append(fixed_cap("depth", int(depth * settings.depth_percent / 100.0)))
    return caps


def _stop_risk(case: EntryCase, price: Decimal) -> StopRisk:
    """Crossing the spread once more is what getting out is expected to slip."""
    return StopRisk(
        entry=price,
        stop=price * (1 - fraction(case.proposal.stop_bps)),
        fee=case.desk.sight.worst_fee(),
        slippage=fraction(case.desk.spread_bps),
    )
