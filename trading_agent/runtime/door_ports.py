"""What the doors for people ask of those they may not import; the composition root injects it.

Times are nanoseconds UTC, money is `Decimal` in the quote asset. A method that reads a database
or draws may take its time: doors call it on a thread of their own and never on the core's.
`CommandError` everywhere means: a person asked for what cannot be, and the words say what can.
"""

from decimal import Decimal
from typing import Literal, Protocol

from msgspec import Struct

from trading_agent.domain.commands import Command
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import Nanos
from trading_agent.runtime.health import Health
from trading_agent.runtime.latency import LatencyReport
from trading_agent.runtime.oversight_ports import ConsentView
from trading_agent.runtime.subscription import Subscription, SubscriptionRule

PeriodUnit = Literal["day", "week", "month"]


class DeskPort(Protocol):
    """`runtime.desk.Desk`."""

    def submit(self, command: Command) -> None: ...

    def snapshot(self) -> DeskSnapshot: ...

    def subscribe(self, rule: SubscriptionRule) -> Subscription: ...


class ClosedTrade(Struct, frozen=True, kw_only=True):
    """A position that was closed. `number` counts the closed ones; `exit_reason` as in
    `domain.facts.ExitReason`, empty when not known; `entry_value`: what was spent on it."""

    number: int
    symbol: str
    strategy: str
    opened_at: Nanos
    closed_at: Nanos
    entry_value: Decimal
    profit: Decimal
    exit_reason: str


class PeriodProfit(Struct, frozen=True, kw_only=True):
    """Closed trades of one UTC day, week (from Monday) or month. `start_equity`: what the desk
    was worth when it began, None when not known."""

    starts_at: Nanos
    trades: int
    profit: Decimal
    start_equity: Decimal | None


class GroupProfit(Struct, frozen=True, kw_only=True):
    """Closed trades that share a name: a pair, a strategy or an exit reason. `spent`: the sum of
    their entry values; `held_for`: the mean time from opening to closing."""

    name: str
    trades: int
    wins: int
    losses: int
    profit: Decimal
    spent: Decimal
    held_for: Nanos


class ProfitSummary(Struct, frozen=True, kw_only=True):
    """Closed trades since a moment. None where no trade tells it. `drawdown` is the largest fall
    of the equity from a high, a share of that high; `volume`: value of all fills."""

    trades: int
    wins: int
    losses: int
    profit: Decimal
    fees: Decimal
    volume: Decimal
    gained: Decimal
    """Sum of the profits of winning trades."""
    lost: Decimal
    """Sum of the losses of losing trades, zero or less."""
    first_closed_at: Nanos | None
    last_closed_at: Nanos | None
    mean_held_for: Nanos | None
    win_held_for: Nanos | None
    loss_held_for: Nanos | None
    best: GroupProfit | None
    """The pair that earned most."""
    worst: GroupProfit | None
    drawdown: Decimal | None
    drawdown_from: Nanos | None
    drawdown_to: Nanos | None
    start_equity: Decimal | None
    running_since: Nanos | None
    """When the first run began."""


class EquityLevels(Struct, frozen=True, kw_only=True):
    """As `domain.facts.EquityMarked` last said."""

    day_start: Decimal
    high_water: Decimal


class RecordsPort(Protocol):
    """What the records database knows. Raises StorageError when it cannot be asked."""

    def trades(self, count: int) -> tuple[ClosedTrade, ...]:
        """The newest first."""
        ...

    def profit(self, since: Nanos) -> ProfitSummary: ...

    def periods(self, unit: PeriodUnit, count: int, now: Nanos) -> tuple[PeriodProfit, ...]:
        """The one that holds `now` first, without gaps."""
        ...

    def by_symbol(self) -> tuple[GroupProfit, ...]:
        """The best first."""
        ...

    def by_strategy(self, symbol: str) -> tuple[GroupProfit, ...]:
        """Empty `symbol`: all of them. The best first."""
        ...

    def by_exit_reason(self, symbol: str) -> tuple[GroupProfit, ...]: ...

    def equity_levels(self) -> EquityLevels | None: ...


class LogLine(Struct, frozen=True, kw_only=True):
    at: Nanos
    level: str
    logger: str
    words: str


class LogPort(Protocol):
    def tail(self, count: int) -> tuple[LogLine, ...]:
        """The newest last; redacted as the log is."""
        ...


class SettingsPort(Protocol):
    def describe(self, key: str) -> tuple[tuple[str, str], ...]:
        """Keys and values under `key` (empty: the chief ones), secrets left out. CommandError
        for a key that does not exist, naming those that are near."""
        ...

    def reload(self) -> tuple[str, ...]:
        """Reads the files anew; says in words what takes effect now and what at the next start.
        CommandError when they are faulty: nothing is changed then."""
        ...


class PairsPort(Protocol):
    """Which pairs the next start trades."""

    def add(self, symbol: str) -> str:
        """In words what was done. CommandError when it cannot be."""
        ...

    def remove(self, symbol: str) -> str: ...

    def preview(self, action: Literal["add", "remove"], symbol: str) -> str:
        """What it would do; CommandError for what would be refused."""
        ...


class SessionFacts(Struct, frozen=True, kw_only=True):
    """`ends_at` and the next session are None where one session holds all week. `parameters`:
    names and values in the order they are shown."""

    name: str
    ends_at: Nanos | None
    next_name: str | None
    parameters: tuple[tuple[str, str], ...]


class SessionsPort(Protocol):
    def at(self, at: Nanos) -> SessionFacts: ...


class BreakerBounds(Protocol):
    """The part of `risk.settings.BreakerLimits` that a door shows; 0: not at this level."""

    @property
    def daily_loss_soft_percent(self) -> float: ...
    @property
    def daily_loss_hard_percent(self) -> float: ...
    @property
    def daily_loss_kill_percent(self) -> float: ...
    @property
    def drawdown_soft_percent(self) -> float: ...
    @property
    def drawdown_hard_percent(self) -> float: ...
    @property
    def drawdown_kill_percent(self) -> float: ...


class RiskBounds(Protocol):
    """The part of `risk.settings.RiskLimits` that a door shows."""

    @property
    def max_order_notional(self) -> Decimal: ...
    @property
    def max_open_orders(self) -> int: ...
    @property
    def max_open_positions(self) -> int: ...
    @property
    def max_position_notional(self) -> Decimal: ...
    @property
    def max_exposure(self) -> Decimal: ...
    @property
    def breakers(self) -> BreakerBounds: ...


class RunPort(Protocol):
    """The run as a whole."""

    @property
    def version(self) -> str: ...

    @property
    def started_at(self) -> Nanos: ...

    def latency(self) -> LatencyReport: ...

    def health(self) -> Health: ...

    def feed(self) -> tuple[tuple[str, str], ...]:
        """Names and figures of the market feed, in the order they are shown."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What a person must know, the oldest first."""
        ...


class OverseerPort(Protocol):
    def answer(self, arguments: str, person: str) -> str:
        """Plain text for a person; may take as long as a model does. CommandError."""
        ...

    def consents(self) -> tuple[ConsentView, ...]:
        """What waits for a yes or no: `approve NAME` or `reject NAME`. CommandError."""
        ...

    def worth(self) -> str:
        """Whether it helped, in one line; empty where that is not measured."""
        ...
