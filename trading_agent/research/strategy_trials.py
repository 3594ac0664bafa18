"""One strategy alone on a recording, through the real core: what it proposed and what it earned.

Resting orders fill as under the pessimistic model of the queue, whatever is configured. Breakers
are off: a person would have to re-arm them, and a desk that stops itself measures nothing more.
Every other limit holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace as changed

from trading_agent.domain.facts import (
    Fact,
    PositionClosed,
    PositionOpened,
    ProposalRefused,
    SignalRaised,
    StrategyFailed,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.order import BUY, ENTRY
from trading_agent.domain.order_facts import OrderFilled, OrderSent
from trading_agent.domain.units import BASIS_POINTS, Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.opening import Opening
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_samples import Floats, Integers, in_one_stream
from trading_agent.risk.settings import BreakerLimits
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings

_NO_CHARTS: Final = TimeframeSettings(
    timeframes=(), indicators=(), patterns=(), candlesticks=(), regime=None
)
_LEVELS: Final = ("_soft", "_hard", "_kill")
_NO_BREAKERS: Final = BreakerLimits.model_validate(
    {
        name: 0
        for name in BreakerLimits.model_fields
        if any(level in name for level in _LEVELS) and name != "flatten_on_kill"
    }
)
_UNSTATED_MAXIMUM: Final = Decimal(10) ** 12
_ZERO: Final = Decimal(0)


class Fees(Struct, frozen=True):
    """Of each side, basis points."""

    taker_bps: float
    maker_bps: float


class Stage(Struct, frozen=True, kw_only=True):
    """What a strategy is tried on. `instruments`: of which the first is traded, the others are
    watched; `rows` count them in this order."""

    rows: Rows
    instruments: tuple[Instrument, ...]
    settings: EngineSettings
    own: OwnParts
    seed: int


class Trial(Struct, frozen=True, kw_only=True):
    """`at`, `direction`: every entry that was proposed, nanoseconds UTC and 1 or -1. `refused`:
    how many of them, by reason; `sent` the others, `bought` how many of those were filled, if
    only in part. Round trips, from nothing held to nothing held: `opened_at`, `closed_at`,
    `net_bps` after all costs and `fees_bps`, of what was spent. `signals`: flash signals that
    were raised. `failed`: why it was not asked any more."""

    at: Integers
    direction: Integers
    refused: dict[str, int]
    sent: int
    bought: int
    opened_at: Integers
    closed_at: Integers
    net_bps: Floats
    fees_bps: Floats
    holding: bool
    signals: int
    failed: str


def stage_of(
    tapes: Sequence[RecordedTape],
    settings: EngineSettings,
    fees: Callable[[Instrument], Fees],
    own: OwnParts,
    seed: int,
) -> Stage:
    """`tapes`: the traded symbol's first."""
    streams = []
    for index, tape in enumerate(tapes):
        rows = in_one_stream(tape)
        rows["symbol"] = index
        streams.append(rows)
    together = np.concatenate(streams)
    quote = settings.portfolio.quote
    return Stage(
        rows=together[np.argsort(together["at"], kind="stable")],
        instruments=tuple(_tradable(tape, quote, fees(tape.instrument)) for tape in tapes),
        settings=settings,
        own=own,
        seed=seed,
    )


def opening_of(stage: Stage) -> Opening:
    """Of a desk on it, when its first row comes."""
    return Opening(
        at=Nanos(int(stage.rows["at"][0])),
        venue="evaluation",
        source="recording",
        simulated=True,
        seed=stage.seed,
        settings_digest="",
        version="",
        instruments=stage.instruments,
        history=(),
    )


def try_strategy(active: ActiveStrategy, stage: Stage, least_latency_ms: float = 0.0) -> Trial:
    """`least_latency_ms`: what orders travel at least, whatever is configured. ConfigError for a
    strategy that cannot be made."""
    opening = opening_of(stage)
    settings = _alone(active, stage, least_latency_ms)
    core = assemble(settings, opening, batch=True, own=stage.own)
    listener = _Listener(active.name, stage.instruments[0])
    listener.hear(core.open())
    listener.hear(core.step(Stamped(1, opening.at, MarketRows(stage.rows))))
    return listener.told(holding=len(core.account.positions) > 0)


def _alone(active: ActiveStrategy, stage: Stage, least_latency_ms: float) -> EngineSettings:
    settings, traded = stage.settings, stage.instruments[0]
    paper = {
        "latency_ms": max(settings.paper.latency_ms, least_latency_ms),
        "queue_model": "PESSIMISTIC",
    }
    cash = settings.portfolio.starting_balances
    # A recording of another exchange is paid for with the money there is.
    amount = cash.get(traded.quote, cash.get(settings.portfolio.quote, _ZERO))
    return replace(
        settings,
        limits=settings.limits.model_copy(update={"breakers": _NO_BREAKERS}),
        paper=settings.paper.model_copy(update=paper),
        portfolio=PortfolioSettings(starting_balances={traded.quote: amount}, quote=traded.quote),
        strategies=StrategySettings(
            active=(active.model_copy(update={"symbols": (traded.symbol,)}),)
        ),
        timeframes=_NO_CHARTS.model_copy(update={"regime": settings.timeframes.regime}),
    )


def _tradable(tape: RecordedTape, quote: str, fees: Fees) -> Instrument:
    """What a recording of another exchange does not state must not stand in the way."""
    instrument = tape.instrument
    changes: dict[str, Any] = {
        "symbol": tape.symbol,
        "maker_fee": _fraction(fees.maker_bps),
        "taker_fee": _fraction(fees.taker_bps),
        "tradable": True,
    }
    if not instrument.quote:
        changes |= {"base": tape.symbol, "quote": quote}
    if instrument.max_notional == 0:
        changes["max_notional"] = _UNSTATED_MAXIMUM
    return changed(instrument, **changes)


def _fraction(bps: float) -> Decimal:
    return Decimal(repr(bps)).scaleb(-4)


@dataclass(slots=True)
class _Position:
    opened_at: int = 0
    spent: Decimal = _ZERO
    fees: Decimal = _ZERO


class _Listener:
    """Folds the facts of one trial."""

    def __init__(self, strategy: str, instrument: Instrument) -> None:
        self._strategy = strategy
        self._instrument = instrument
        self._proposed: list[tuple[int, int]] = []
        self._refused: dict[str, int] = {}
        self._sent: set[int] = set()
        self._bought: set[int] = set()
        self._trips: list[tuple[int, int, float, float]] = []
        self._held = _Position()
        self._signals = 0
        self._failed = ""
        self._heeds: dict[type[Fact], Callable[[Any], None]] = {
            OrderSent: self._on_sent,
            ProposalRefused: self._on_refused,
            OrderFilled: self._on_filled,
            PositionOpened: self._on_opened,
            PositionClosed: self._on_closed,
            SignalRaised: self._on_signal,
            StrategyFailed: self._on_failed,
        }

    def hear(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            heed = self._heeds.get(type(fact))
            if heed is not None:
                heed(fact)

    def told(self, *, holding: bool) -> Trial:
        at, direction = np.array(self._proposed, np.int64).reshape(-1, 2).T
        times = np.array([each[:2] for each in self._trips], np.int64).reshape(-1, 2).T
        bps = np.array([each[2:] for each in self._trips], np.float64).reshape(-1, 2).T
        return Trial(
            at=at,
            direction=direction,
            refused=dict(sorted(self._refused.items(), key=lambda each: (-each[1], each[0]))),
            sent=len(self._sent),
            bought=len(self._bought),
            opened_at=times[0],
            closed_at=times[1],
            net_bps=bps[0],
            fees_bps=bps[1],
            holding=holding,
            signals=self._signals,
            failed=self._failed,
        )

    def _on_sent(self, fact: OrderSent) -> None:
        # The second leg of a pair is the same proposal.
        if fact.purpose is ENTRY and fact.group in (0, fact.order):
            self._proposed.append((fact.at, int(fact.side)))
            self._sent.add(fact.order)

    def _on_refused(self, fact: ProposalRefused) -> None:
        if fact.purpose is ENTRY:
            self._proposed.append((fact.at, int(fact.side)))
            self._refused[fact.reason] = self._refused.get(fact.reason, 0) + 1

    def _on_filled(self, fact: OrderFilled) -> None:
        self._held.fees += fact.fee
        if fact.side is BUY:
            self._bought.add(fact.order)
            self._held.spent += self._instrument.notional(fact.price, fact.size) + fact.fee

    def _on_opened(self, fact: PositionOpened) -> None:
        self._held.opened_at = fact.at

    def _on_closed(self, fact: PositionClosed) -> None:
        held, self._held = self._held, _Position()
        self._trips.append(
            (
                held.opened_at,
                fact.at,
                float(fact.profit / held.spent) * BASIS_POINTS,
                float(held.fees / held.spent) * BASIS_POINTS,
            )
        )

    def _on_signal(self, _fact: SignalRaised) -> None:
        self._signals += 1

    def _on_failed(self, fact: StrategyFailed) -> None:
        self._failed = fact.why
