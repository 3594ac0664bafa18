"""Facts become rows: the same rows whether they are told one by one or all at once."""

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any, Final

from trading_agent.adapters.records import tables
from trading_agent.adapters.records.changes import Changes
from trading_agent.adapters.records.changes_told import TOLD, subject_and_words
from trading_agent.adapters.records.order_rows import OrderRows
from trading_agent.domain import facts
from trading_agent.domain.facts import Fact
from trading_agent.domain.money import MONEY
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import ShortfallMeasured
from trading_agent.domain.units import MINUTE
from trading_agent.portfolio.ledger import ZERO

_ROUNDED: Final = Context(prec=28)
_SHARE: Final = Decimal(1).scaleb(-12)


class Projection:
    """What must be remembered between facts is itself a row, so that it can be loaded again.

    `apply` puts what changes into `changes`. A kind of fact that is not recorded changes nothing.
    """

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.run = 0
        self.realised = ZERO
        self.deposited: dict[str, Decimal] = {}
        self.trades = OrderRows(changes)
        self._rules: dict[type[Any], Callable[[int, Any], None]] = {
            facts.DeskOpened: self._opened,
            facts.DeskClosed: self._closed,
            facts.CashDeposited: self._deposited,
            facts.InstrumentListed: self._listed,
            facts.SignalRaised: self._signal,
            facts.ProposalRefused: self._refusal,
            ShortfallMeasured: self._shortfall,
            facts.EquityMarked: self._equity,
            facts.PositionClosed: self._position_closed,
            facts.PositionsRemarked: self._remarked,
            facts.EntriesPaused: self._incident,
            facts.EntriesResumed: self._incident,
            facts.DeskKilled: self._incident,
            facts.DeskRearmed: self._incident,
            facts.CommandRefused: self._incident,
            facts.BreakerTripped: self._incident,
            facts.BreakerRearmed: self._incident,
            **dict.fromkeys(TOLD, self._change),
        }

    def apply(self, sequence: int, fact: Fact) -> None:
        """Add one fact; `sequence` is its place in the journal."""
        rule = self._rules.get(type(fact))
        if rule is None:
            self.trades.apply(self.run, fact)
        else:
            rule(sequence, fact)

    def _opened(self, _sequence: int, fact: facts.DeskOpened) -> None:
        self.run += 1
        row = {
            "run": self.run,
            "opened_at": fact.at,
            "venue": fact.venue,
            "source": fact.source,
            "simulated": fact.simulated,
            "seed": fact.seed,
            "settings_digest": fact.settings_digest,
            "version": fact.version,
            "closed_at": None,
            "frames": None,
            "market_rows": None,
            "state_digest": None,
        }
        self.changes.put(tables.runs, row)

    def _closed(self, _sequence: int, fact: facts.DeskClosed) -> None:
        end = {
            "closed_at": fact.at,
            "frames": fact.frames,
            "market_rows": fact.rows,
            "state_digest": fact.state_digest,
        }
        self.changes.amend(tables.runs, self.run, end)

    def _deposited(self, sequence: int, fact: facts.CashDeposited) -> None:
        self.deposited[fact.asset] = MONEY.add(self.deposited.get(fact.asset, ZERO), fact.amount)
        row = {"sequence": sequence, "at": fact.at, "asset": fact.asset, "amount": fact.amount}
        self.changes.put(tables.deposits, row)

    def _listed(self, _sequence: int, fact: facts.InstrumentListed) -> None:
        instrument = fact.instrument
        self.trades.instruments[instrument.symbol] = instrument
        row = {
            "symbol": instrument.symbol,
            "base": instrument.base,
            "quote": instrument.quote,
            "price_decimals": instrument.price_decimals,
            "size_decimals": instrument.size_decimals,
            "min_size": instrument.size(instrument.min_size),
            "min_notional": instrument.min_notional,
            "max_notional": instrument.max_notional,
            "maker_fee": instrument.maker_fee,
            "taker_fee": instrument.taker_fee,
            "tradable": instrument.tradable,
            "listed_at": fact.at,
        }
        self.changes.put(tables.instruments, row)

    def _signal(self, sequence: int, fact: facts.SignalRaised) -> None:
        instrument = self.trades.instruments[fact.symbol]
        row = _decision(sequence, fact, self.run, fact.direction) | {
            "kind": "signal",
            "session": fact.session,
            "reason": ",".join(fact.reasons),
            "strength": fact.strength,
            "bid": instrument.price(fact.bid),
            "ask": instrument.price(fact.ask),
            "imbalance": fact.imbalance,
            "momentum_bps": fact.momentum_bps,
            "volatility_bps": fact.volatility_bps,
        }
        self.changes.put(tables.decisions, row)

    def _refusal(self, sequence: int, fact: facts.ProposalRefused) -> None:
        row = _decision(sequence, fact, self.run, fact.side) | {
            "kind": "refusal",
            "strategy": fact.strategy,
            "purpose": fact.purpose.name.lower(),
            "reason": fact.reason.value,
            "detail": fact.detail,
        }
        self.changes.put(tables.decisions, row)

    def _shortfall(self, _sequence: int, fact: ShortfallMeasured) -> None:
        value = self.trades.instruments[fact.symbol].half_notional
        parts = fact.spread + fact.impact + fact.drift + fact.opportunity
        row = {
            "order_id": fact.order,
            "at": fact.at,
            "symbol": fact.symbol,
            "side": fact.side.name.lower(),
            "filled_share": _ROUNDED.divide(Decimal(fact.filled), Decimal(fact.size)),
            "notional": value(fact.notional),
            "spread": value(fact.spread),
            "impact": value(fact.impact),
            "drift": value(fact.drift),
            "opportunity": value(fact.opportunity),
            "fees": fact.fees,
            "total": MONEY.add(value(parts), fact.fees),
        }
        self.changes.put(tables.shortfalls, row)

    def _equity(self, _sequence: int, fact: facts.EquityMarked) -> None:
        quotes = {instrument.quote for instrument in self.trades.instruments.values()}
        deposited = sum((self.deposited.get(quote, ZERO) for quote in quotes), ZERO)
        profit = MONEY.subtract(fact.equity, deposited)
        row = {
            "minute": fact.at - fact.at % MINUTE,
            "at": fact.at,
            "run": self.run,
            "equity": fact.equity,
            "realised": self.realised,
            "unrealised": MONEY.subtract(profit, self.realised),
            "day_start": fact.day_start,
            "high_water": fact.high_water,
            "drawdown": _drawdown(fact.equity, fact.high_water),
        }
        self.changes.put(tables.equity, row)

    def _position_closed(self, _sequence: int, fact: facts.PositionClosed) -> None:
        self.realised = MONEY.add(self.realised, fact.profit)
        self.trades.apply(self.run, fact)

    def _remarked(self, sequence: int, fact: facts.PositionsRemarked) -> None:
        self._note(sequence, fact, subject=",".join(fact.symbols))

    def _incident(self, sequence: int, fact: Any) -> None:
        level = getattr(fact, "level", None)
        self._note(
            sequence,
            fact,
            subject=getattr(fact, "breaker", None) or getattr(fact, "command", None),
            level=None if level is None else str(level),
            detail=getattr(fact, "why", None),
        )

    def _change(self, sequence: int, fact: Any) -> None:
        subject, words = subject_and_words(fact)
        self._note(sequence, fact, subject=subject, detail=words)

    def _note(self, sequence: int, fact: Fact, **columns: str | None) -> None:
        row = {
            "sequence": sequence,
            "at": fact.at,
            "run": self.run,
            "kind": type(fact).__name__,
            "subject": None,
            "level": None,
            "detail": None,
        }
        self.changes.put(tables.incidents, row | columns)


def _decision(
    sequence: int, fact: facts.SignalRaised | facts.ProposalRefused, run: int, side: Side
) -> dict[str, Any]:
    """A whole row, of which neither kind fills all columns."""
    row: dict[str, Any] = dict.fromkeys(tables.decisions.columns.keys())
    row.update(sequence=sequence, at=fact.at, run=run, symbol=fact.symbol, side=side.name.lower())
    return row


def _drawdown(equity: Decimal, high_water: Decimal) -> Decimal:
    if high_water <= 0:
        return ZERO
    below = MONEY.subtract(high_water, equity)
    return _ROUNDED.divide(below, high_water).quantize(_SHARE, context=_ROUNDED)
