"""What a strategy is: it sees a frozen view, and proposes or stays silent."""

from typing import ClassVar, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from trading_agent.domain.decision import Proposal, Quotes
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.signals.enhanced.regime import RegimeKind
from trading_agent.signals.indicators.bars import Bars
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.signals.settings import ExecutionParameters, SignalParameters


class Need(Struct, frozen=True):
    """An indicator over the finished candles of a timeframe (1s, 5s, 15s, 1m, 5m, 15m, 1h, 4h,
    1d). `values`: its parameters by name, those left out at their defaults."""

    timeframe: str
    indicator: str
    values: tuple[tuple[str, float], ...] = ()


class Refresh(Struct, frozen=True):
    """When a strategy that quotes is asked: with the first message of a pair's book after so many
    `seconds` since it was asked before, or after the middle of the book has moved by more than
    `move_bps` basis points since; and after one of its quotes was filled or has ended."""

    seconds: float
    move_bps: float


class Requirements(Struct, frozen=True):
    """When a strategy is asked, and what it looks at. `signals`: at every flash signal of the
    symbol that somebody can act on. `timeframe`: when a candle of it has closed, empty for never.
    `refresh`: for quotes, None for never. `leaders`: symbols whose moves it follows."""

    signals: bool = False
    timeframe: str = ""
    refresh: Refresh | None = None
    needs: tuple[Need, ...] = ()
    leaders: tuple[str, ...] = ()


class MarketSight(Protocol):
    """The market as of the view's moment, looked at when a strategy asks. Nothing of it changes
    before its candle has closed."""

    def value(self, need: Need) -> tuple[float, ...]:
        """Outputs of a needed indicator as of the newest finished candle; NaN until it is
        ready."""

    def before(self, need: Need) -> tuple[float, ...]:
        """The same as of the finished candle before."""

    def last(self, timeframe: str, count: int) -> Bars:
        """Finished candles, the newest last; fewer where there are no more. At most 256."""

    def whole(self, timeframe: str, count: int) -> NDArray[np.bool_]:
        """Which of those that `last` gives have all their trades: no connection was lost in them,
        or the exchange's own candle has mended them."""

    def move_bps(self, symbol: str, seconds: float) -> float:
        """How far a symbol's mid price has moved over the last so many seconds (at most 60), in
        basis points; NaN while it is not known."""

    def volatility_bps(self) -> float:
        """Realised volatility of one-second returns over the last minute, basis points; NaN while
        it is not known."""


class StrategyView(Struct, frozen=True):
    """One symbol at the moment of a signal or of a candle's close, or when quotes are due.
    `position` in lots, 0 when flat; what cannot be sold by the exchange's rules counts as nothing,
    but for `held`. `closed`: the timeframe whose candle has just closed, empty otherwise.
    `regime`: what kind of market it is by the finished candles of the timeframe that the settings
    name, None where they name none. `allocation`: the share of the session's order value that the
    strategy may use."""

    at: Nanos
    instrument: Instrument
    bid: Ticks
    ask: Ticks
    spread_bps: float
    position: Lots
    held: Lots
    signal: SignalRaised | None
    signal_parameters: SignalParameters
    execution: ExecutionParameters
    closed: str
    regime: RegimeKind | None
    allocation: float
    sight: MarketSight


class Strategy(Protocol):
    """Pure: the same view gives the same answer. Made with its parameters by name, as `read`
    completes them; asked when its requirements say, and never about a signal to sell while
    nothing is held or on order. What a refresh asks for is answered with Quotes, everything else
    with a Proposal or nothing."""

    name: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]

    def __init__(self, values: Values) -> None: ...

    @property
    def requires(self) -> Requirements: ...

    def propose(self, view: StrategyView) -> Proposal | Quotes | None: ...
