"""Does it predict, and does it pay? Every feature against the mid price so much later, the flash
signal itself against fills, strategies through the engine, chart patterns, on recordings."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec import Struct

from trading_agent.domain.errors import CommandError, ConfigError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import SECOND
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.execution.settings import PaperSettings
from trading_agent.market.candles import TIMEFRAME_NAMES
from trading_agent.research.candlestick_net import CandlestickNet, candlestick_nets
from trading_agent.research.feature_figures import Figure, feature_figures
from trading_agent.research.pattern_edge import PatternEdge, PatternEdges
from trading_agent.research.recorded_band import read_band
from trading_agent.research.recorded_candles import candles_of
from trading_agent.research.recorded_money import money_of
from trading_agent.research.recorded_notes import notes_of
from trading_agent.research.recorded_patterns import PatternCount, PatternMove, RecordedPatterns
from trading_agent.research.recorded_strategies import (
    RecordedStrategies,
    Troupe,
    chosen_strategies,
)
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_decay import DecayPoint, decay_points, speaker
from trading_agent.research.signal_edge import EdgeFigure, Ground, Turnover, measure_edge
from trading_agent.research.signal_fills import TripTerms
from trading_agent.research.signal_groups import (
    DecileFigure,
    GroupFigure,
    Monotony,
    decile_figures,
    group_figures,
    group_samples,
    imbalance_deciles,
)
from trading_agent.research.signal_raised import Raised, raised_signals
from trading_agent.research.signal_samples import (
    Samples,
    in_one_stream,
    sample,
    told_horizons,
)
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_statistics import corrected
from trading_agent.research.strategy_edge import (
    ProposalFigure,
    StrategyFigure,
    TripFigure,
)
from trading_agent.research.strategy_trials import Fees, stage_of
from trading_agent.research.weighed_edge import WeighedFigures, judged_weighed, measure_weighed
from trading_agent.research.weighed_signal import beside, weighed_signals
from trading_agent.signals.settings import SessionPlan
from trading_agent.strategies.own_parts import NOTHING_OWN, OwnParts

FLASH_SPEAKER: Final = "flash signal"

Say = Callable[[str], None]


class EvaluationRequest(Struct, frozen=True, kw_only=True):
    """`settings`: a person's configuration, by whose strategies, sessions, thresholds, limits and
    latency is measured; `own`: what a person has written. `standard`: whether those that come
    with the engine are all tried. Fees of a side in basis points; None: what the recording
    states, else the configured one for an unknown fee. `notional`: of one entry, in the quote asset
    of every recording; None: see `money_of`."""

    data: tuple[Path, ...]
    settings: EngineSettings
    own: OwnParts = NOTHING_OWN
    standard: bool = False
    taker_fee_bps: float | None = None
    maker_fee_bps: float | None = None
    symbol: str | None = None
    seed: int = 1
    notional: float | None = None

    @property
    def plan(self) -> SessionPlan:
        return self.settings.plan

    @property
    def paper(self) -> PaperSettings:
        return self.settings.paper

    def fees(self, instrument: Instrument) -> Fees:
        """A maker's fee that nobody states is the taker's: never less for want of knowledge."""
        unknown = self.paper.unknown_fee
        taker = self.taker_fee_bps
        if taker is None:
            taker = _bps(unknown if instrument.taker_fee is None else instrument.taker_fee)
        maker = self.maker_fee_bps
        if maker is None:
            stated = self.taker_fee_bps is None and instrument.maker_fee is not None
            maker = _bps(instrument.maker_fee or 0) if stated else taker
        return Fees(taker_bps=taker, maker_bps=maker)


def _bps(fraction: Decimal | int) -> float:
    return float(Decimal(fraction).scaleb(4))


class SignalEvaluation(Struct, frozen=True, kw_only=True):
    """`seconds`: of usable recording, by symbol; `fees`: by symbol."""

    seconds: dict[str, float]
    figures: tuple[Figure, ...]
    latency_ms: tuple[float, float]
    """Least and most time an order travels; milliseconds."""
    fees: dict[str, Fees]
    groups: tuple[GroupFigure, ...] = ()
    deciles: tuple[DecileFigure, ...] = ()
    monotonies: tuple[Monotony, ...] = ()
    decay: tuple[DecayPoint, ...] = ()
    turnovers: tuple[Turnover, ...] = ()
    flash: tuple[EdgeFigure, ...] = ()
    weighed: tuple[WeighedFigures, ...] = ()
    strategies: tuple[StrategyFigure, ...] = ()
    proposals: tuple[ProposalFigure, ...] = ()
    trips: tuple[TripFigure, ...] = ()
    pattern_counts: tuple[PatternCount, ...] = ()
    patterns: tuple[PatternMove, ...] = ()
    candlesticks: tuple[PatternMove, ...] = ()
    candlestick_nets: tuple[CandlestickNet, ...] = ()
    pattern_edges: tuple[PatternEdge, ...] = ()
    notes: dict[str, tuple[str, ...]] = {}
    """By symbol, what must be known of the recording to read its figures."""


class _Found:
    """What the recordings have said so far."""

    def __init__(self, request: EvaluationRequest) -> None:
        self._request = request
        self.seconds: dict[str, float] = {}
        self.fees: dict[str, Fees] = {}
        self.notes: dict[str, tuple[str, ...]] = {}
        self.figures: list[Figure] = []
        self.groups: list[GroupFigure] = []
        self.deciles: list[DecileFigure] = []
        self.monotonies: list[Monotony] = []
        self.decay: list[DecayPoint] = []
        self.turnovers: list[Turnover] = []
        self.flash: list[EdgeFigure] = []
        self.weighed: list[WeighedFigures] = []
        self.patterns = RecordedPatterns(request.settings.patterns, request.seed)
        self.pattern_edges = PatternEdges()
        self.candlestick_nets: list[CandlestickNet] = []
        self.strategies = RecordedStrategies(_troupe(request))

    def add(self, tape: RecordedTape, samples: Samples, band: Sequence[RecordedTape]) -> None:
        request, symbol = self._request, samples.symbol
        self.seconds[symbol] = float(samples.at[-1] - samples.at[0]) / SECOND
        fees = self.fees[symbol] = request.fees(tape.instrument)
        self.figures += feature_figures(samples, fees.taker_bps, request.seed)
        money = money_of(tape, request.settings, request.notional)
        self.notes[symbol] = (*notes_of(tape, samples), *filter(None, (money.stated,)))
        groupings = group_samples(samples, request.plan)
        self.groups += group_figures(samples, groupings, request.seed)
        for deciles, monotony in decile_figures(samples, request.seed):
            self.deciles += deciles
            self.monotonies.append(monotony)
        ground = Ground(
            rows=in_one_stream(tape),
            samples=samples,
            groupings=(*groupings, imbalance_deciles(samples)),
            terms=TripTerms(
                horizons=told_horizons(samples),
                notional=money.notional,
                paper=request.paper,
                taker_fee_bps=fees.taker_bps,
                seed=request.seed,
            ),
        )
        raised = self._add_flash(ground)
        if request.settings.enhanced.enabled:
            asked = (request.settings, request.fees, request.own, request.seed)
            stage = stage_of([tape, *beside(tape, band)], *asked)
            self.weighed.append(measure_weighed(ground, weighed_signals(stage, raised)))
        candles = candles_of(tape, TIMEFRAME_NAMES)
        closes = {series.timeframe: len(series.bars.close) for series in candles}
        seen = self.patterns.look_at(symbol, candles)
        self.candlestick_nets += candlestick_nets(seen.candlesticks, candles, ground)
        said = raised.direction * raised.strength
        speakers = [
            *speaker(FLASH_SPEAKER, raised.at, said, samples),
            *self.strategies.look_at(tape, ground, closes, band),
            *self.pattern_edges.look_at(seen.events, candles, ground),
        ]
        self.decay += decay_points(samples, speakers, request.seed)

    def _add_flash(self, ground: Ground) -> Raised:
        raised = raised_signals(ground.rows, self._request.plan)
        edge = measure_edge(ground, raised)
        self.turnovers.append(edge.turnover)
        self.flash += edge.figures
        return raised

    def told(self) -> SignalEvaluation:
        paper = self._request.paper
        return SignalEvaluation(
            seconds=self.seconds,
            figures=corrected(self.figures, lambda each: each.prediction.chance),
            latency_ms=(paper.latency_ms, paper.latency_ms + paper.latency_jitter_ms),
            fees=self.fees,
            groups=corrected(self.groups, lambda each: None if each.ic is None else each.ic.chance),
            deciles=corrected(self.deciles, lambda each: each.move_bps.chance),
            monotonies=corrected(self.monotonies, lambda each: each.top_less_bottom_bps.chance),
            decay=corrected(self.decay, lambda each: each.ic.chance),
            turnovers=tuple(self.turnovers),
            flash=corrected(
                self.flash, lambda each: each.chance, lambda each: each.group == EVERYTHING
            ),
            weighed=judged_weighed(self.weighed),
            strategies=self.strategies.figures(),
            proposals=self.strategies.proposals(),
            trips=self.strategies.trips(),
            pattern_counts=tuple(self.patterns.counts),
            patterns=self.patterns.moves(),
            candlesticks=self.patterns.candlesticks(),
            candlestick_nets=corrected(self.candlestick_nets, lambda each: each.chance),
            pattern_edges=self.pattern_edges.told(),
            notes=self.notes,
        )


def _troupe(request: EvaluationRequest) -> Troupe:
    settings = request.settings
    return Troupe(
        chosen=chosen_strategies(settings.strategies, standard=request.standard),
        settings=settings,
        own=request.own,
        fees=request.fees,
        seed=request.seed,
        notional=request.notional,
    )


def evaluate_signals(request: EvaluationRequest, say: Say) -> SignalEvaluation:
    """Raises CommandError, ConfigError or FeedError for data that cannot be used."""
    band = read_band(request.data)
    wanted = tapes_of(band, request.symbol)
    return evaluation_of(wanted, request, say, band)


def evaluation_of(
    recorded: Iterable[RecordedTape],
    request: EvaluationRequest,
    say: Say,
    band: Sequence[RecordedTape] = (),
) -> SignalEvaluation:
    """`band`: recordings that may be followed beside those that are evaluated. Raises ConfigError
    when none is long enough, or a strategy cannot be made."""
    found = _Found(request)
    for tape in recorded:
        say(f"{tape.symbol}: {len(tape.depth):,} rows of depth, {len(tape.prints):,} prints")
        samples = sample(tape, request.plan)
        if len(samples.at) < 2:
            say(f"{tape.symbol}: no usable book long enough to warm up")
            continue
        found.add(tape, samples, band)
        for note in found.notes[tape.symbol]:
            say(f"{tape.symbol}: {note}")
    if not found.figures:
        raise ConfigError("no recording is long enough: nothing was left after the warm-up")
    return found.told()


def tapes(data: tuple[Path, ...], symbol: str | None) -> Iterator[RecordedTape]:
    """Of one symbol, or of all. Raises CommandError when no recording holds it."""
    yield from tapes_of(read_band(data), symbol)


def tapes_of(every: Iterable[RecordedTape], symbol: str | None) -> Iterator[RecordedTape]:
    held = set()
    for tape in every:
        held.add(tape.symbol)
        if symbol in (None, tape.symbol):
            yield tape
    if symbol is not None and symbol not in held:
        raise CommandError(f"--symbol {symbol}: the recordings hold {', '.join(sorted(held))}")
