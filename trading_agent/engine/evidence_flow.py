"""Entries are weighed before risk is asked: all evidence about the pair, in one opinion."""

from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

from msgspec.structs import replace

from trading_agent.domain.decision import Proposal, RefusalReason, Refused
from trading_agent.domain.evidence_facts import EntryWeighed, EvidencePart, UnheardEvidence
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.order import Side
from trading_agent.domain.units import Lots, Nanos
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.market_sight import DeskSight
from trading_agent.engine.routing import refuse
from trading_agent.market.candles import TIMEFRAME_NAMES
from trading_agent.signals.enhanced.aggregator import Aggregate, SuppressionReason
from trading_agent.signals.enhanced.flash_signals import Flash, Heard, Lead

_MINUTE: Final = 1 << TIMEFRAME_NAMES.index("1m")
_DOWN: Final = Context(prec=60, rounding=ROUND_FLOOR)
_DIGIT: Final = Decimal("1e-18")
_MOST_SPENT: Final = Decimal(10) ** 18


def on_closed(state: DeskState, index: int, closed: int) -> None:
    """Candles of a symbol have closed: what is out of the ordinary now is told, and with a minute
    who leads whom."""
    if not state.settings.enhanced.enabled:
        return
    for fact in state.evidence[index].news(state.now):
        state.emit(fact)
    if closed & _MINUTE:
        for changed in state.leads.refresh(state.now):
            state.emit(changed)


def weigh(state: DeskState, proposal: Proposal, signal: SignalRaised | None) -> Proposal | None:
    """The entry with the size its evidence is worth; None when it is held back, which is told.
    `signal`: the flash signal it was proposed at, None at a candle's close. On a desk that buys
    nothing, risk says so."""
    if entries_stand_still(state, proposal.symbol) or not state.settings.enhanced.enabled:
        return proposal
    index = state.index[proposal.symbol]
    for fact in state.evidence[index].news(state.now):
        state.emit(fact)
    opinion = opinion_of(state, proposal, signal)
    objection = objection_to(proposal, opinion)
    signals, session = state.evidence[index].signals, state.session().name
    share = 0.0 if objection else signals.size_share(opinion, session)
    state.emit(_weighed(state, proposal, opinion, share))
    if objection:
        refuse(state, objection)
        return None
    return _scaled(proposal, share)


def entries_stand_still(state: DeskState, symbol: str) -> bool:
    """Whether the desk buys nothing of the pair, whatever is proposed."""
    account = state.account
    stopped = account.killed or account.paused or account.risk.breakers.barred
    return bool(stopped or state.tuning.no_entries(symbol))


def opinion_of(state: DeskState, proposal: Proposal, signal: SignalRaised | None) -> Aggregate:
    """Changes nothing: it may be asked for people."""
    index = state.index[proposal.symbol]
    strategy = "" if signal is not None else proposal.strategy
    return opinion_about(state, index, _flash(state, index, signal), strategy)


def opinion_about(state: DeskState, index: int, flash: Flash | None, strategy: str) -> Aggregate:
    """The same of a pair alone. `flash`: the newest flash signal; `strategy`: who wants to buy by
    itself, empty for nobody."""
    session = state.session().name
    evidence = state.evidence[index]
    evidence.catch_up()
    heard = Heard(
        flash=flash,
        strategy=strategy,
        patterns=state.charts[index].patterns,
        leads=_leads(state, index),
        anomalies=evidence.scrutiny.anomalies(state.now),
        regime=state.charts[index].regime or "unknown",
    )
    return evidence.signals.opinion(heard, state.now, session)


def objection_to(proposal: Proposal, opinion: Aggregate) -> Refused | None:
    """Why it is held back; None when the evidence is for it."""
    if opinion.direction is proposal.side:
        return None
    for each in opinion.suppressed:
        if each.reason is SuppressionReason.ANOMALOUS_MARKET:
            return Refused(proposal, RefusalReason.ANOMALOUS_MARKET, each.words)
    against = ", ".join(
        f"{each.evidence.family} {each.evidence.name} {each.share:+.2f}"
        for each in opinion.parts
        if each.evidence.direction is not proposal.side
    )
    words = f"evidence comes to {opinion.net:+.2f}" + (f": {against}" if against else "")
    return Refused(proposal, RefusalReason.EVIDENCE_AGAINST, words)


def _flash(state: DeskState, index: int, signal: SignalRaised | None) -> Flash | None:
    if signal is not None:
        return Flash(signal.direction, signal.strength, signal.at)
    newest = state.markets[index]["flash"]
    raised_at = int(newest["raised_at"])
    if not raised_at:
        return None
    return Flash(Side(int(newest["direction"])), float(newest["strength"]), Nanos(raised_at))


def _leads(state: DeskState, index: int) -> tuple[Lead, ...]:
    sight = DeskSight(state, index)
    return tuple(
        Lead(each, sight.move_bps(each.leader, each.lag_seconds))
        for each in state.leads.of(state.symbols[index], state.now)
    )


def _weighed(
    state: DeskState, proposal: Proposal, opinion: Aggregate, share: float
) -> EntryWeighed:
    return EntryWeighed(
        at=state.now,
        symbol=proposal.symbol,
        strategy=proposal.strategy,
        direction=opinion.direction,
        strength=opinion.strength,
        net=opinion.net,
        size_share=share,
        parts=tuple(
            EvidencePart(each.evidence.family, each.evidence.name, each.share, each.factor)
            for each in opinion.parts
        ),
        unheard=tuple(
            UnheardEvidence(each.evidence.family, each.evidence.name, each.reason.value)
            for each in opinion.suppressed
        ),
        regime=state.charts[state.index[proposal.symbol]].regime,
    )


def _scaled(proposal: Proposal, share: float) -> Proposal:
    """Both legs of a pair; rounded down. Whether its numbers make sense is for risk to say."""
    if share >= 1.0:
        return proposal
    other = proposal.alternative
    part, whole = share.as_integer_ratio()
    return replace(
        proposal,
        size=Lots(proposal.size * part // whole),
        quote_size=_spent(proposal.quote_size, share),
        alternative=None if other is None else _scaled(other, share),
    )


def _spent(amount: Decimal | None, share: float) -> Decimal | None:
    if amount is None or not amount.is_finite() or not 0 < amount < _MOST_SPENT:
        return amount
    return _DOWN.quantize(_DOWN.multiply(amount, Decimal(repr(share))), _DIGIT)
