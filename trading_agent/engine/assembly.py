"""Builds a core: the same one for live, replay and backtest."""

from collections.abc import Iterator

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.instrument import Instrument
from trading_agent.engine.charts import Charts
from trading_agent.engine.compiled_loop import entry_point
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import DeskState, EngineSettings
from trading_agent.engine.kernel import advance_batch, advance_live
from trading_agent.engine.leads import Leads
from trading_agent.engine.opening import Opening
from trading_agent.engine.pair_evidence import PairEvidence, confirmation_needs
from trading_agent.engine.settings_text import settings_to_text
from trading_agent.engine.sight import PairSight
from trading_agent.engine.state import Columns, CompiledState, open_state
from trading_agent.engine.strategy_table import StrategyTable
from trading_agent.engine.tail_losses import TailLosses
from trading_agent.engine.timeframes import INDEX, SymbolTimeframes
from trading_agent.engine.tuning import Baseline
from trading_agent.execution.latency import Latency
from trading_agent.execution.paper import PaperTradingSystem
from trading_agent.market.candles import NOBODY
from trading_agent.risk.gate import RiskGate
from trading_agent.signals.enhanced.scrutiny import MarketScrutiny
from trading_agent.signals.flash import FlashTradingSignals
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.own_parts import NOTHING_OWN, OwnParts
from trading_agent.strategies.roster import Seat, missing_leaders, roster
from trading_agent.strategies.strategy import Need


def assemble(
    settings: EngineSettings,
    opening: Opening,
    *,
    batch: bool,
    own: OwnParts = NOTHING_OWN,
    lean: bool = False,
) -> Core:
    """`batch`: for millions of rows at a call; the result is the same to the bit. `own`: what
    a person has written. ConfigError for strategies that cannot be made. The compiled loop
    is told whose closings are waited for. `lean`: little memory is worth more than even speed."""
    sessions = TradingSessionManager(settings.plan)
    symbols = tuple(instrument.symbol for instrument in opening.instruments)
    enhanced = settings.enhanced
    compiled = open_state(len(symbols), sessions, enhanced if enhanced.enabled else None, lean=lean)
    seats = roster(settings.strategies, own.strategies)
    for seat in seats:
        if words := missing_leaders(seat.strategy, symbols):
            raise ConfigError(words)
    table = _table(settings, seats, opening.instruments, compiled, own.catalogue)
    charts = [
        Charts(symbol, timeframes, settings.timeframes, settings.patterns, enhanced.regime)
        for symbol, timeframes in zip(symbols, table.timeframes, strict=True)
    ]
    for index, (market, chart) in enumerate(zip(compiled.markets, charts, strict=True)):
        market["candles"]["heard"] = min(
            table.heard(index), chart.heard, INDEX["1m"] if enhanced.enabled else NOBODY
        )
        market["quoting"]["on"] = bool(table.quoting[index])
    scrutinies = [
        MarketScrutiny(market, instrument, enhanced)
        for market, instrument in zip(compiled.markets, opening.instruments, strict=True)
    ]
    evidence = [
        PairEvidence(symbol, enhanced, timeframes, scrutiny)
        for symbol, timeframes, scrutiny in zip(symbols, table.timeframes, scrutinies, strict=True)
    ]
    state = DeskState(
        settings=settings,
        symbols=symbols,
        sessions=sessions,
        baseline=Baseline(settings_to_text(settings), sessions, settings.limits, settings.overlays),
        compiled=compiled,
        columns=Columns(compiled),
        venue=PaperTradingSystem(
            compiled.desk["venue"], settings.paper, Latency(settings.paper, opening.seed)
        ),
        signals=FlashTradingSignals(sessions),
        table=table,
        charts=charts,
        evidence=evidence,
        tails=TailLosses(table.timeframes),
        leads=Leads(symbols, scrutinies, enhanced.cross_asset),
        gate=RiskGate(settings.limits),
        advance=entry_point(advance_batch if batch else advance_live),
        now=opening.at,
        index={symbol: index for index, symbol in enumerate(symbols)},
        markets=list(compiled.markets),
        desk=compiled.desk[0],
    )
    state.sights.extend(PairSight(state, symbol) for symbol in symbols)
    return Core(state, opening)


def _table(
    settings: EngineSettings,
    seats: tuple[Seat, ...],
    instruments: tuple[Instrument, ...],
    compiled: CompiledState,
    catalogue: Catalogue,
) -> StrategyTable:
    shown = (*_shown(settings.timeframes), *confirmation_needs(settings.enhanced))
    kept = [
        SymbolTimeframes(
            market["candles"],
            instrument,
            [*_needs(seats, instrument.symbol), *shown],
            catalogue,
        )
        for instrument, market in zip(instruments, compiled.markets, strict=True)
    ]
    return StrategyTable(seats, tuple(each.symbol for each in instruments), kept)


def _needs(seats: tuple[Seat, ...], symbol: str) -> Iterator[Need]:
    for seat in seats:
        if seat.trades(symbol):
            yield from seat.strategy.requires.needs


def _shown(settings: TimeframeSettings) -> Iterator[Need]:
    for timeframe in settings.timeframes:
        for choice in settings.indicators:
            yield Need(timeframe, choice.name, tuple(sorted(choice.parameters.items())))
