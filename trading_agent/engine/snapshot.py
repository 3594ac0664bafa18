"""The desk at one moment, as a frozen picture for whoever looks."""

from decimal import Decimal
from typing import Any

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.money import MONEY
from trading_agent.domain.order import Side
from trading_agent.domain.position import Position
from trading_agent.domain.snapshot import (
    BalanceView,
    DeskSnapshot,
    OrderView,
    PositionView,
    SymbolView,
)
from trading_agent.domain.units import Nanos, Ticks
from trading_agent.engine.changes_view import changes_view
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.evidence_views import evidence_view, lead_views
from trading_agent.engine.obstacles import obstacles_of
from trading_agent.engine.opening import Opening
from trading_agent.engine.sight import best_ask, best_bid, mark_ticks, shown_equity
from trading_agent.engine.timeframe_views import pattern_views, timeframe_views
from trading_agent.portfolio.ledger import ZERO
from trading_agent.portfolio.positions import profit_of


def take_snapshot(
    state: DeskState, opening: Opening, at: Nanos, fact_sequence: int
) -> DeskSnapshot:
    account = state.account
    barred = account.risk.breakers.barred
    stopped = account.killed or account.paused or (f"breaker {barred}" if barred else "")
    stopped = stopped or state.tuning.halted
    quote = state.settings.portfolio.quote
    positions = tuple(_position(state, position) for position in account.positions.all())
    unrealised = sum((view.unrealised_profit for view in positions), ZERO)
    return DeskSnapshot(
        at=at,
        fact_sequence=fact_sequence,
        venue=opening.venue,
        source=opening.source,
        simulated=opening.simulated,
        trading=not stopped,
        why_not_trading=stopped,
        frames=int(state.desk["messages"]),
        rows=int(state.desk["rows"]),
        orders=account.tally.orders,
        fills=account.tally.fills,
        fees=account.tally.fees,
        quote=quote,
        equity=shown_equity(state),
        realised_profit=account.positions.realised_profit,
        unrealised_profit=unrealised,
        symbols=tuple(_symbol(state, symbol, at, fact_sequence) for symbol in state.symbols),
        positions=positions,
        open_orders=_orders(state),
        balances=tuple(
            BalanceView(
                asset=asset, free=account.ledger.free(asset), locked=account.ledger.locked(asset)
            )
            for asset in account.ledger.assets()
        ),
        refusals=dict(account.refusals),
        fill_triple=account.quality.triple_views(account.instruments),
        shortfall=account.quality.shortfall_view(account.instruments),
        mark_outs=account.quality.mark_out_views(),
        leads=lead_views(state, at),
        breakers=account.risk.breakers.words(),
        changes=changes_view(state, at),
    )


def _position(state: DeskState, position: Position) -> PositionView:
    instrument = state.instrument(position.symbol)
    mark = mark_ticks(state, position.symbol)
    value = ZERO if mark is None else instrument.notional(mark, position.size)
    exits = state.account.exits.get(position.symbol)
    return PositionView(
        symbol=position.symbol,
        size=instrument.size(position.size),
        average_price=position.spent / instrument.size(position.bought),
        mark_price=None if mark is None else instrument.price(mark),
        unrealised_profit=ZERO if mark is None else MONEY.add(profit_of(position), value),
        take_profit=_price(instrument, exits.take_profit) if exits else None,
        stop=_price(instrument, exits.stop) if exits else None,
        deadline=exits.deadline if exits else Nanos(0),
    )


def _price(instrument: Instrument, ticks: Ticks) -> Decimal | None:
    return instrument.price(ticks) if ticks else None


def _orders(state: DeskState) -> tuple[OrderView, ...]:
    views = []
    for working in state.account.orders.all():
        sent = working.sent
        instrument = state.instrument(sent.symbol)
        views.append(
            OrderView(
                order=sent.order,
                symbol=sent.symbol,
                side=sent.side,
                kind=sent.kind,
                purpose=sent.purpose,
                state=working.state,
                price=instrument.price(sent.price),
                size=instrument.size(sent.size),
                filled=instrument.size(working.filled),
            )
        )
    return tuple(views)


def _symbol(state: DeskState, symbol: str, at: Nanos, fact_sequence: int) -> SymbolView:
    market = state.markets[state.index[symbol]]
    instrument = state.instrument(symbol)
    book, features, flash = market["book"], market["features"], market["flash"]
    ready = bool(book["ready"])
    raised_at = int(flash["raised_at"])
    return SymbolView(
        symbol=symbol,
        session=state.sessions.session_at(at).name,
        book_ready=ready,
        bid=_price(instrument, best_bid(state, symbol)),
        ask=_price(instrument, best_ask(state, symbol)),
        spread_bps=float(features["spread_bps"]),
        imbalance=float(features["imbalance"]),
        microprice=_microprice(instrument, features),
        momentum_bps=float(features["momentum_bps"]),
        volatility_bps=float(features["volatility_bps"]),
        trade_flow=float(features["trade_flow"]),
        last_signal=Side(int(flash["direction"])) if raised_at else None,
        last_signal_at=Nanos(raised_at),
        last_signal_strength=float(flash["strength"]),
        signals=dict(state.account.signals.get(symbol, {})),
        book_at=Nanos(int(book["at"])),
        gaps=int(book["losses"]),
        top_checked=int(market["quotes"]["checked"]),
        top_equal=int(market["quotes"]["equal"]),
        obstacles=obstacles_of(state, symbol, at, fact_sequence),
        timeframes=timeframe_views(state, state.index[symbol]),
        regime=state.charts[state.index[symbol]].regime,
        patterns=pattern_views(state, state.index[symbol]),
        candlesticks=state.charts[state.index[symbol]].candlesticks,
        evidence=evidence_view(state, state.index[symbol], at),
    )


def _microprice(instrument: Instrument, features: Any) -> Decimal | None:
    ticks = float(features["microprice"])
    if ticks == 0.0:
        return None
    return Decimal(repr(round(ticks, 2))).scaleb(-instrument.price_decimals)
