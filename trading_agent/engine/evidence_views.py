"""What entries are weighed by, for people."""

from trading_agent.domain.order import Side
from trading_agent.domain.snapshot import DepthView, EvidenceView, LeadView, LiquidityView
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.engine.desk_state import DeskState
from trading_agent.signals.enhanced.liquidity import cost_to_trade


def evidence_view(state: DeskState, index: int, at: Nanos) -> EvidenceView | None:
    """None where entries are not weighed. Looked at once a second: it costs more than all else
    that people are shown of a pair."""
    if not state.settings.enhanced.enabled:
        return None
    evidence, second = state.evidence[index], at // SECOND
    if evidence.drawn is None or evidence.drawn[0] != second:
        evidence.drawn = second, _drawn(state, index, at)
    return evidence.drawn[1]


def _drawn(state: DeskState, index: int, at: Nanos) -> EvidenceView:
    evidence = state.evidence[index]
    found = evidence.confirmation(at, state.sessions.session_at(at).name)
    return EvidenceView(
        agreement=None if found.direction is None else found.score,
        confirmed=found.confirmed,
        liquidity=_liquidity(state, index, at),
        anomalies=tuple(each.words for each in evidence.scrutiny.anomalies(at)),
    )


def _liquidity(state: DeskState, index: int, at: Nanos) -> LiquidityView | None:
    """None while there is no book to look at."""
    execution = state.sessions.session_at(at).execution
    scrutiny = state.evidence[index].scrutiny
    book = scrutiny.book()
    measured = scrutiny.liquidity(at)
    if book is None or measured is None:
        return None
    value = execution.order_notional * execution.size_factor
    buy, sell = (cost_to_trade(book, side, value) for side in (Side.BUY, Side.SELL))
    return LiquidityView(
        depths=tuple(
            DepthView(band_bps=each.band_bps, bids=each.bids, asks=each.asks)
            for each in measured.depths
        ),
        buy_bps=None if buy is None else buy.against_mid_bps,
        sell_bps=None if sell is None else sell.against_mid_bps,
        bids_back_ms=scrutiny.resilience(Side.BUY).half_time_ms,
        asks_back_ms=scrutiny.resilience(Side.SELL).half_time_ms,
    )


def lead_views(state: DeskState, at: Nanos) -> tuple[LeadView, ...]:
    return tuple(
        LeadView(
            leader=each.leader,
            follower=each.follower,
            lag_seconds=each.lag_seconds,
            correlation=each.correlation,
            bound=each.bound,
            seconds=each.n,
            transfer_bits=each.transfer_bits,
            heard=each.speaks,
        )
        for each in state.leads.significant(at)
    )
