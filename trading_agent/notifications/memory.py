"""What the teller must remember between two facts, and across its death: orders that are not
over, what is held, what waits to be told together. Prices ticks, sizes lots, money `Decimal`.
"""

from decimal import Decimal

import msgspec
from msgspec import Struct, field

from trading_agent.domain.chart_facts import PatternSeen, RegimeChanged
from trading_agent.domain.errors import StorageError
from trading_agent.domain.evidence_facts import AnomalySeen, LeadChanged
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order_facts import OrderSent, OrderShadowed, ShortfallMeasured

NOTHING = Decimal(0)


class Ended(Struct, kw_only=True):
    """A position that an order has closed."""

    at: int
    profit: Decimal
    strategy: str
    position: "HeldPosition"


class WatchedOrder(Struct, kw_only=True):
    """`value`: ticks x lots of what was filled. `due`: when it is to be told, 0: not waiting.
    `told`: lots that people know of; `placed`: they know that it stands."""

    first: int
    sent: OrderSent
    why: str = ""
    filled: int = 0
    value: int = 0
    taken: int = 0
    fills: int = 0
    fees: Decimal = NOTHING
    due: int = 0
    told: int = 0
    told_at: int = 0
    placed: bool = False
    ended_at: int = 0
    end: str = ""
    shortfall: ShortfallMeasured | None = None
    shadow: OrderShadowed | None = None
    closed: Ended | None = None

    @property
    def over(self) -> bool:
        return self.ended_at != 0


class HeldPosition(Struct, kw_only=True):
    """Values in ticks x lots, `spent` and `fees` in the quote asset; `tries`: exits that sold
    nothing; `last_sale`: the order of the last one that did."""

    opened_at: int
    bought: int = 0
    bought_value: int = 0
    sold: int = 0
    sold_value: int = 0
    spent: Decimal = NOTHING
    fees: Decimal = NOTHING
    stop: int = 0
    target: int = 0
    deadline: int = 0
    armed: bool = False
    reason: str = ""
    tries: int = 0
    last_sale: int = 0


class MovedStop(Struct, kw_only=True):
    """Stop and target, before and now."""

    first: int
    at: int
    before: tuple[int, int]
    now: tuple[int, int]
    due: int


class LostFeed(Struct, kw_only=True):
    """`ready_at`: it is back, 0 while it is not."""

    first: int
    at: int
    reason: str
    told: bool = False
    ready_at: int = 0


class SignalCount(Struct, kw_only=True):
    buys: int = 0
    sells: int = 0
    strongest: float = 0.0


class Signals(Struct, kw_only=True):
    """A burst."""

    first: int = 0
    at: int = 0
    due: int = 0
    by_symbol: dict[str, SignalCount] = field(default_factory=dict)


class Sightings(Struct, kw_only=True):
    """Bursts of what the charts and the markets showed."""

    first: int = 0
    due: int = 0
    patterns: list[PatternSeen] = field(default_factory=list)
    regimes: list[RegimeChanged] = field(default_factory=list)
    anomalies: list[AnomalySeen] = field(default_factory=list)
    leads: list[LeadChanged] = field(default_factory=list)


class Oddity(Struct, kw_only=True):
    """Of one kind and pair. `again`: how often it was seen since it was told; `counted`: how often
    between the last two times, since `before`."""

    told_at: int
    again: int = 0
    counted: int = 0
    before: int = 0


class RuleChange(Struct, kw_only=True):
    before: Instrument
    now: Instrument


class RuleChanges(Struct, kw_only=True):
    first: int = 0
    at: int = 0
    due: int = 0
    by_symbol: dict[str, RuleChange] = field(default_factory=dict)


class Beginning(Struct, kw_only=True):
    """What a start brought with it. `crashed`: the run before did not end in order; `held`: lots
    by pair."""

    first: int
    at: int
    due: int
    version: str
    run: int
    crashed: bool
    since: int
    held: dict[str, int] = field(default_factory=dict)
    deposits: list[str] = field(default_factory=list)
    canceled: int = 0
    remarked: tuple[str, ...] = ()


class Earned(Struct, kw_only=True):
    profit: Decimal = NOTHING
    closed: int = 0
    won: int = 0


class Tally(Struct, kw_only=True):
    """Since the last report. Equity 0: not known yet. `drawdown`: the deepest fall, from the peak
    of `fallen_from`."""

    since: int = 0
    first_equity: Decimal = NOTHING
    equity: Decimal = NOTHING
    peak: Decimal = NOTHING
    drawdown: Decimal = NOTHING
    fallen_from: Decimal = NOTHING
    profit: Decimal = NOTHING
    fees: Decimal = NOTHING
    volume: Decimal = NOTHING
    fills: int = 0
    closed: int = 0
    won: int = 0
    refused: int = 0
    trips: int = 0
    feed_losses: int = 0
    by_symbol: dict[str, Earned] = field(default_factory=dict)
    by_exit: dict[str, Earned] = field(default_factory=dict)


class Memory(Struct, kw_only=True):
    """`heard_at`: the time of the last fact, and `run_ended` of a run that ended in order (0: one
    runs). `journal` counts the journals this outbox has followed; `last`: kind and time of the last
    fact, by which the same journal is known again; `reported`: the moment of the last report."""

    journal: int = 1
    last: str = ""
    runs: int = 0
    run_began: int = 0
    run_ended: int = 0
    heard_at: int = 0
    closed_in_order: bool = True
    simulated: bool = False
    venue: str = ""
    source: str = ""
    quote: str = ""
    session: str = ""
    reported: int = 0
    beginning: Beginning | None = None
    instruments: dict[str, Instrument] = field(default_factory=dict)
    orders: dict[int, WatchedOrder] = field(default_factory=dict)
    positions: dict[str, HeldPosition] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    stops: dict[str, MovedStop] = field(default_factory=dict)
    feeds: dict[str, LostFeed] = field(default_factory=dict)
    signals: Signals = field(default_factory=Signals)
    sightings: Sightings = field(default_factory=Sightings)
    oddities: dict[str, Oddity] = field(default_factory=dict)
    rules: RuleChanges = field(default_factory=RuleChanges)
    tally: Tally = field(default_factory=Tally)


_encoder = msgspec.json.Encoder(decimal_format="string")
_decoder = msgspec.json.Decoder(Memory)


def to_text(memory: Memory) -> str:
    return _encoder.encode(memory).decode()


def from_text(text: str) -> Memory:
    """Raises StorageError."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise StorageError(f"the teller's memory cannot be read: {error}") from error
