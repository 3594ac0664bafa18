"""The desk at one moment as the library wants to be told it: shares and ranks, no amounts.

Nothing of a person, no account, no secret and no text of strangers is in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from llm_overseer.brief import (
    Brief,
    Figure,
    Mode,
    ParameterState,
    Presets,
    Rank,
    Section,
    Series,
    Topic,
    Trigger,
    Unit,
    Word,
)
from trading_agent.domain.overlays import OverlayKind, Preset
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import SECOND
from trading_agent.interfaces.oversight.deeds import Deeds, active
from trading_agent.interfaces.oversight.pair_watch import PairWatch
from trading_agent.interfaces.oversight.watch import PORTFOLIO, DeskWatch

BALANCED: Final = "balanced"
PRESETS: Final = (
    Preset.DEFENSIVE.value,
    Preset.CONSERVATIVE.value,
    BALANCED,
    Preset.AGGRESSIVE.value,
)
"""Most cautious first."""
_ONE: Final = Decimal(1)
_HORIZONS: Final = (1, 5, 15, 60)
_STEP_MINUTES, _POINTS = 5, 11


@dataclass(frozen=True, slots=True)
class Resolved:
    """A decision of earlier and what it came to, percent of the desk's worth."""

    decision: str
    effect_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a brief is about."""

    trigger: Trigger
    mode: Mode
    trust: int = 0
    topic: Topic | None = None
    resolved: tuple[Resolved, ...] = ()
    mood: tuple[Section, ...] = ()
    """Scores of what strangers wrote."""


def brief_of(question: Question, desk: DeskSnapshot, watch: DeskWatch, deeds: Deeds) -> Brief:
    changes = desk.changes
    return Brief(
        at=desk.at,
        trigger=question.trigger,
        mode=question.mode,
        baseline_hash=changes.baseline,
        symbols=tuple(view.symbol for view in desk.symbols),
        detectors=watch.detectors(),
        sections=tuple(_sections(question, desk, watch)),
        parameters=tuple(_parameters(desk, deeds)),
        presets=Presets(BALANCED, _preset(desk), PRESETS),
        overlays=tuple(active(view) for view in changes.overlays),
        changes_today=deeds.changes_today,
        halted_minutes_today=deeds.halted_minutes(desk.at),
        trust_level=question.trust,
        topic=question.topic,
    )


def rough(brief: Brief) -> bytes:
    """What a person would call the same picture is the same: whole percents, no clock."""
    parts = [f"{it.id}={it.light}" for it in brief.detectors]
    parts += [f"{it.name}.{it.scope}={it.current}" for it in brief.parameters]
    parts += [it.id for it in brief.overlays]
    for section in brief.sections:
        parts += [f"{word.id}={word.value}" for word in section.words]
        if section.rank is not Rank.OVERLAYS:
            parts += [
                f"{it.id}={None if it.value is None else round(it.value)}"
                for it in section.figures
                if not it.id.endswith("_rank")
            ]
    return "\n".join(parts).encode()


def _preset(desk: DeskSnapshot) -> str:
    """The most cautious one that holds."""
    held = [
        view.preset.value
        for view in desk.changes.overlays
        if view.kind is OverlayKind.PRESET and view.preset is not None
    ]
    return min(held, key=PRESETS.index, default=BALANCED)


def _parameters(desk: DeskSnapshot, deeds: Deeds) -> Iterator[ParameterState]:
    changes = desk.changes
    thresholds = changes.entry_thresholds.values()
    values = [("risk_mult", PORTFOLIO, changes.risk_multiplier)]
    values += [
        ("risk_mult", view.symbol, changes.risk_multipliers.get(view.symbol, _ONE))
        for view in desk.symbols
    ]
    values.append(("entry_threshold", PORTFOLIO, max(thresholds, default=_ONE)))
    for name, scope, value in values:
        yield ParameterState(
            name=name,
            scope=scope,
            baseline=_ONE,
            current=value,
            changed_at=deeds.changed_at(name, scope),
            changes_today=deeds.changes(name, scope, desk.at),
        )


def _sections(question: Question, desk: DeskSnapshot, watch: DeskWatch) -> Iterator[Section]:
    yield _clock(question, desk)
    yield _limits(desk, watch)
    held = {view.symbol for view in desk.positions}
    for rank, symbol in enumerate(_by_volume(desk, watch), 1):
        if symbol in watch.pairs:
            yield _market(desk, watch.pairs[symbol], symbol, symbol in held, rank)
    yield _performance(desk, watch)
    if desk.changes.overlays:
        yield _overlays(desk)
    if question.resolved:
        yield _decisions(question.resolved)
    yield from question.mood


def _by_volume(desk: DeskSnapshot, watch: DeskWatch) -> list[str]:
    """Most traded first; those that nobody told of last, as they are configured."""
    nothing = Decimal(-1)
    symbols = [view.symbol for view in desk.symbols]
    return sorted(symbols, key=lambda symbol: -watch.volumes.get(symbol, nothing))


def _clock(question: Question, desk: DeskSnapshot) -> Section:
    sessions = sorted({view.session for view in desk.symbols})
    words = (
        Word("c.market", "simulated" if desk.simulated else "real"),
        Word("c.mode", question.mode.value),
        Word("c.session", sessions[0] if sessions else None),
    )
    return Section(rank=Rank.CLOCK, name="clock", words=words)


def _limits(desk: DeskSnapshot, watch: DeskWatch) -> Section:
    results, equity = watch.results, desk.equity
    held = sum(
        (view.size * (view.mark_price or view.average_price) for view in desk.positions),
        start=Decimal(0),
    )
    exposure = float(100 * held / equity) if equity > 0 else None
    return Section(
        rank=Rank.LIMITS,
        name="desk",
        figures=(
            _figure("a.fall_pct", results.fall_percent(equity)),
            _figure("a.day_loss_pct", results.day_loss_percent(equity)),
            _figure("a.exposure_pct", exposure),
            _count("a.positions", len(desk.positions)),
            _count("a.open_orders", len(desk.open_orders)),
            _count("a.breakers", len(desk.breakers)),
        ),
        words=(Word("a.entries", "allowed" if desk.trading else "stopped"),),
    )


def _market(desk: DeskSnapshot, pair: PairWatch, symbol: str, held: bool, rank: int) -> Section:
    view = pair.view
    assert view is not None
    name = f"m.{symbol}"
    stale = None if view.book_ready else int((desk.at - view.book_at) / SECOND)
    evidence = view.evidence
    figures = [_figure(f"{name}.r{each}m_pct", pair.moved(each)) for each in _HORIZONS]
    figures += [
        _figure(f"{name}.volatility_rank", pair.volatility_rank),
        _figure(f"{name}.spread_rank", pair.spread_rank),
        _figure(f"{name}.depth_rank", pair.depth_rank),
        _figure(f"{name}.imbalance", view.imbalance, Unit.RATIO, stale),
        _figure(f"{name}.agreement", evidence.agreement if evidence else None, Unit.RATIO),
    ]
    path = tuple(_decimal(each) for each in pair.path(_STEP_MINUTES, _POINTS))
    return Section(
        rank=Rank.MARKET,
        name=name,
        symbol=symbol,
        held=held,
        volume_rank=rank,
        figures=tuple(figures),
        words=(Word(f"{name}.regime", view.regime or None),),
        series=(Series(f"{name}.r5m_path", Unit.PERCENT, path),) if path else (),
    )


def _performance(desk: DeskSnapshot, watch: DeskWatch) -> Section:
    results = watch.results
    mean = results.mean_profit()
    rate = results.hit_rate
    figures = [
        _count("t.trades", results.trades),
        _count("t.losing_streak", results.streak),
        _figure("t.hit_rate_pct", None if rate is None else 100.0 * rate),
        _figure("t.slippage_times", results.slippage, Unit.RATIO),
    ]
    if mean is not None and desk.equity > 0:
        per_cent = 100.0 / float(desk.equity)
        figures.append(_figure("t.mean_pct", mean[0] * per_cent, Unit.RATIO))
        figures.append(_figure("t.mean_error_pct", mean[1] * per_cent, Unit.RATIO))
    return Section(rank=Rank.PERFORMANCE, name="trades", figures=tuple(figures))


def _overlays(desk: DeskSnapshot) -> Section:
    overlays = desk.changes.overlays
    left = tuple(
        Figure(f"o.{number}.minutes_left", Unit.MINUTES, Decimal(view.remaining // (60 * SECOND)))
        for number, view in enumerate(overlays, 1)
    )
    return Section(rank=Rank.OVERLAYS, name="overlays", figures=left)


def _decisions(resolved: Sequence[Resolved]) -> Section:
    figures = tuple(
        _figure(f"e.{each.decision}_pct", each.effect_percent, Unit.RATIO) for each in resolved
    )
    return Section(rank=Rank.DECISIONS, name="decisions", figures=figures)


def _count(name: str, value: int) -> Figure:
    return Figure(name, Unit.COUNT, Decimal(value))


def _figure(
    name: str, value: float | None, unit: Unit = Unit.PERCENT, stale: int | None = None
) -> Figure:
    return Figure(name, unit, None if value is None else _decimal(value), stale)


def _decimal(value: float) -> Decimal:
    return Decimal(repr(round(value, 6)))
