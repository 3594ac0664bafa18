"""Everything the core owns, in one place, for the flows that act on it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from trading_agent.domain.change_views import ChangesView
from trading_agent.domain.facts import Fact
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import OrderId, Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import MINUTE, Lots, Nanos
from trading_agent.engine.account import Account
from trading_agent.engine.charts import Charts
from trading_agent.engine.leads import Leads
from trading_agent.engine.pair_evidence import PairEvidence
from trading_agent.engine.quote_table import StandingQuote
from trading_agent.engine.settings import OverlayBounds
from trading_agent.engine.state import Columns, CompiledState
from trading_agent.engine.strategy_table import StrategyTable
from trading_agent.engine.tail_losses import TailLosses
from trading_agent.engine.tuning import Baseline, Tuning, tune
from trading_agent.execution.orders import WorkingOrder
from trading_agent.execution.paper import PaperTradingSystem
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.desk_view import Sight
from trading_agent.risk.gate import RiskGate
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.flash import FlashTradingSignals
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.sessions import Session, TradingSessionManager
from trading_agent.signals.settings import SessionPlan
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.settings import StrategySettings

_BOUNDS: Final = OverlayBounds()


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The slices the core works by."""

    plan: SessionPlan
    limits: RiskLimits
    paper: PaperSettings
    portfolio: PortfolioSettings
    strategies: StrategySettings
    timeframes: TimeframeSettings
    patterns: PatternSettings
    enhanced: EnhancedSettings
    overlays: OverlayBounds = _BOUNDS


@dataclass(slots=True)
class DeskState:
    """Owned by the core; flows read and change it, nobody else holds it.

    `markets` and `desk` are the records of `compiled`, `columns` fields of theirs; `now` is how
    far the compiled loop has come; `facts` collects what the present step has found out;
    `to_protect` the entries that have just filled, by symbol; `too_small` the sizes of which an
    exit was told to be too small for the exchange, by symbol; `ended` the orders whose shadows
    may still be told; `quotes` those that stand for a strategy that quotes, `quotes_refused` until
    when none is proposed again, by strategy, symbol and side; `to_quote` the symbols, by index,
    whose quotes are due; `drawn` what rules last said of an entry, by symbol, and as of
    which second and how many facts; `changes_drawn` what people last saw of changes, by which
    tuning and how many failures; `tuning`: how the desk trades by now, `sessions` among it;
    `charts`, `sights` and `evidence` by symbol, in the order of the run's.
    """

    settings: EngineSettings
    symbols: tuple[str, ...]
    sessions: TradingSessionManager
    baseline: Baseline
    compiled: CompiledState
    columns: Columns
    venue: PaperTradingSystem
    signals: FlashTradingSignals
    table: StrategyTable
    charts: list[Charts]
    evidence: list[PairEvidence]
    leads: Leads
    tails: TailLosses
    gate: RiskGate
    advance: Callable[..., int]
    now: Nanos
    account: Account = field(init=False)
    emit: Callable[[Fact], None] = field(init=False)
    """It has happened: add it to the account and to what is told."""
    index: dict[str, int] = field(default_factory=dict)
    sights: list[Sight] = field(default_factory=list)
    markets: list[Any] = field(default_factory=list)
    desk: Any = None
    tuning: Tuning = field(init=False)
    quote: str = field(init=False)
    """The asset that the desk is worth so much of."""
    _session: Session = field(init=False)
    _session_until: int = 0
    facts: list[Fact] = field(default_factory=list)
    to_protect: dict[str, OrderSent] = field(default_factory=dict)
    too_small: dict[str, Lots] = field(default_factory=dict)
    ended: dict[OrderId, WorkingOrder] = field(default_factory=dict)
    quotes: dict[OrderId, StandingQuote] = field(default_factory=dict)
    quotes_refused: dict[tuple[str, str, Side], Nanos] = field(default_factory=dict)
    to_quote: list[int] = field(default_factory=list)
    drawn: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = field(default_factory=dict)
    changes_drawn: tuple[Tuning, int, ChangesView] | None = None

    def __post_init__(self) -> None:
        self.quote = self.settings.portfolio.quote
        self.own(Account())
        self.tuning = tune(self.baseline, self.account.changes)

    def own(self, account: Account) -> None:
        """The account that facts are added to from now on."""
        self.account = account
        self.emit = _teller(account.folds, self.facts.append)

    def session(self) -> Session:
        """That of now. Sessions begin and end with a minute, and time does not fall."""
        if self.now >= self._session_until:
            self._session = self.sessions.session_at(self.now)
            self._session_until = self.now - self.now % MINUTE + MINUTE
        return self._session

    def forget_session(self) -> None:
        """Its parameters are others now."""
        self._session_until = 0

    def instrument(self, symbol: str) -> Instrument:
        return self.account.instruments[symbol]


def _teller(
    folds: dict[type[Fact], Callable[[Any], None]], tell: Callable[[Fact], None]
) -> Callable[[Fact], None]:
    """A closure: every fact comes through here, and each attribute looked up costs."""

    def emit(fact: Fact) -> None:
        folds[type(fact)](fact)
        tell(fact)

    return emit
