"""The deterministic core: stamped inputs in, facts out. No thread, no clock, no disk."""

from dataclasses import replace
from decimal import Decimal

from trading_agent.domain.documents import to_text
from trading_agent.domain.facts import DeskClosed, Fact, InstrumentListed
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.message import (
    CandlesKnown,
    Closing,
    Input,
    InstrumentUpdated,
    MarketRows,
    RoundTripMeasured,
    Stamped,
    Woke,
)
from trading_agent.domain.money import ExactSums
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import Nanos
from trading_agent.engine import (
    breaker_flow,
    command_flow,
    equity,
    evidence_flow,
    market_flow,
    order_flow,
    risk_flow,
    strategy_flow,
)
from trading_agent.engine.account import Account
from trading_agent.engine.account_image import image_of
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.opening import Opening, open_desk
from trading_agent.engine.passing_time import pass_time, take_rows
from trading_agent.engine.sight import shown_equity
from trading_agent.engine.snapshot import take_snapshot
from trading_agent.execution.venue import NEVER
from trading_agent.signals.enhanced.aggregator import Aggregate
from trading_agent.signals.enhanced.flash_signals import Flash


class Core:
    """One step for live, replay and backtest."""

    def __init__(self, state: DeskState, opening: Opening) -> None:
        self._state = state
        self._opening = opening
        self._fact_sequence = opening.folded + len(opening.history)
        self.decided = False
        """Whether the last step said anything."""

    def open(self) -> tuple[Fact, ...]:
        """Once, before the first step."""
        with ExactSums():
            open_desk(self._state, self._opening)
            breaker_flow.begin(self._state)
        # The account holds what matters of it; a month of facts fills a gigabyte.
        self._opening = replace(self._opening, history=(), image=None)
        return self._told()

    def step(self, stamped: Stamped) -> tuple[Fact, ...]:
        """Everything that becomes true because of this input, in order."""
        at, body = stamped.at, stamped.body
        with ExactSums():
            if not isinstance(body, MarketRows):
                pass_time(self._state, at)
                self._hear(body, at)
            elif self._state.tuning.ends_at == NEVER:
                market_flow.on_rows(self._state, body.rows, at)
            else:
                take_rows(self._state, body.rows, at)
        return self._told()

    def _hear(self, body: Input, at: Nanos) -> None:
        """What is no market row, after all that was due before it."""
        state = self._state
        match body:
            case MarketRows() | Woke():
                pass
            case RoundTripMeasured(nanos):
                state.venue.observe(nanos)
            case CandlesKnown(symbol, timeframe, candles):
                strategy_flow.on_known(state, state.index[symbol], timeframe, candles)
            case InstrumentUpdated(instrument):
                self._list(instrument, at)
            case Closing():
                self._close(at)
            case command:
                command_flow.on_command(state, command)

    def _list(self, instrument: Instrument, at: Nanos) -> None:
        state, symbol = self._state, instrument.symbol
        before = state.account.instruments.get(symbol)
        if before != instrument:
            state.emit(InstrumentListed(at=at, instrument=instrument))
            if before is not None:
                state.venue.cut_to_reserves(state.account.orders, before, instrument, at)
            if symbol in state.index:
                equity.know_units(state, symbol)

    def wakeup(self) -> Nanos | None:
        """When the core wants to be woken, nanoseconds UTC; None while nothing is pending."""
        columns, ends_at = self._state.columns, self._state.tuning.ends_at
        earliest: int = min(columns.next_due[0], columns.next_deadline[0], ends_at)
        return Nanos(earliest) if earliest < NEVER else None

    def snapshot(self, at: Nanos) -> DeskSnapshot:
        """The desk as it is, with the sequence of the last fact it includes."""
        return take_snapshot(self._state, self._opening, at, self._fact_sequence)

    def image(self) -> str:
        """What all facts so far add up to, as text that `image_from_text` reads."""
        return to_text(image_of(self._state.account))

    def opinion(self, symbol: str, flash: Flash | None) -> Aggregate:
        """What all evidence about a pair comes to now, this flash signal included. It changes
        nothing."""
        state = self._state
        return evidence_flow.opinion_about(state, state.index[symbol], flash, "")

    @property
    def flat(self) -> bool:
        """Nothing held and nothing under way."""
        return not self._state.account.positions and not self._state.account.orders

    @property
    def equity(self) -> Decimal:
        """What the desk is worth, positions at their marks."""
        with ExactSums():
            return shown_equity(self._state)

    @property
    def account(self) -> Account:
        """For readers on the core's own thread."""
        return self._state.account

    def _close(self, at: Nanos) -> None:
        desk = self._state.desk
        order_flow.tell_marks(self._state)
        risk_flow.tell_stops(self._state)
        self._state.emit(
            DeskClosed(
                at=at,
                frames=int(desk["messages"]),
                rows=int(desk["rows"]),
                state_digest=self._state.compiled.digest(),
            )
        )

    def _told(self) -> tuple[Fact, ...]:
        told = tuple(self._state.facts)
        self._state.facts.clear()
        self._fact_sequence += len(told)
        self.decided = bool(told)
        return told
