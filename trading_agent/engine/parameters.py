"""The closed table of what a person may set while the desk runs.

A limit of risk is never set above what is configured; what is not in the table cannot be set.
"""

from decimal import Decimal
from enum import Enum
from typing import Final

from msgspec import Struct

from trading_agent.domain.change_views import Tighter
from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.units import read_decimal
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.sessions import Session

ONE: Final = Decimal(1)
RISK_MULTIPLIER: Final = "risk_multiplier"
ENTRY_THRESHOLD: Final = "entry_threshold"


class Place(Enum):
    """Where a parameter stands. Those of SIGNAL, EXECUTION and FACTOR are a session's."""

    DESK = "desk"
    LIMIT = "limit"
    FACTOR = "factor"
    SIGNAL = "signal"
    EXECUTION = "execution"

    @property
    def of_session(self) -> bool:
        return self not in (Place.DESK, Place.LIMIT)


class Row(Struct, frozen=True):
    """`most` None: what is configured, or the limit of risk named in `below`."""

    name: str
    place: Place
    unit: str
    least: Decimal
    most: Decimal | None
    tighter: Tighter
    what: str
    whole: bool = False
    below: str = ""


class Parameter(Struct, frozen=True):
    """A row with its session, empty for all of them or for the desk's own."""

    row: Row
    session: str

    @property
    def key(self) -> str:
        return f"{self.session}.{self.row.name}" if self.session else self.row.name


def _row(name: str, place: Place, unit: str, bounds: tuple[str, str], *about: str) -> Row:
    """`about`: which way is tighter, what it is, and `whole` for a number that is."""
    tighter, what, *rest = about
    least, most = bounds
    return Row(
        name=name,
        place=place,
        unit=unit,
        least=Decimal(least),
        most=Decimal(most) if most[0].isdigit() else None,
        tighter=Tighter(tighter),
        what=what,
        whole=bool(rest),
        below="" if most[0].isdigit() else most,
    )


_ROWS: Final = (
    _row(
        RISK_MULTIPLIER,
        Place.DESK,
        "factor",
        ("0.05", "2"),
        "less",
        "multiplies the size of every entry",
    ),
    _row(
        "max_order_notional",
        Place.LIMIT,
        "quote asset",
        ("1", "max_order_notional"),
        "less",
        "most value of one order",
    ),
    _row(
        "max_position_notional",
        Place.LIMIT,
        "quote asset",
        ("1", "max_position_notional"),
        "less",
        "most value of one pair, held and on order",
    ),
    _row(
        "max_exposure",
        Place.LIMIT,
        "quote asset",
        ("1", "max_exposure"),
        "less",
        "most value of all pairs together, held and on order",
    ),
    _row(
        "max_cluster_exposure",
        Place.LIMIT,
        "quote asset",
        ("1", "max_cluster_exposure"),
        "less",
        "most value of pairs that move together, held and on order",
    ),
    _row(
        "max_open_orders",
        Place.LIMIT,
        "orders",
        ("1", "max_open_orders"),
        "less",
        "most orders travelling or resting at once",
        "whole",
    ),
    _row(
        ENTRY_THRESHOLD,
        Place.FACTOR,
        "factor",
        ("0.5", "3"),
        "more",
        "multiplies the book imbalance at which signals fire",
    ),
    _row(
        "imbalance_threshold",
        Place.SIGNAL,
        "ratio",
        ("0.01", "1"),
        "more",
        "least book imbalance at which a signal fires",
    ),
    _row(
        "momentum_threshold_bps",
        Place.SIGNAL,
        "bps",
        ("0", "1000"),
        "more",
        "least move of the mid price in the signal's direction",
    ),
    _row(
        "trade_flow_threshold",
        Place.SIGNAL,
        "ratio",
        ("0", "1"),
        "more",
        "least signed share of traded volume in the signal's direction",
    ),
    _row(
        "spread_limit_bps",
        Place.SIGNAL,
        "bps",
        ("0", "1000"),
        "less",
        "spread above which nothing fires",
    ),
    _row(
        "volatility_max_bps",
        Place.SIGNAL,
        "bps",
        ("0", "10000"),
        "less",
        "most volatility of one-second returns at which a signal fires",
    ),
    _row(
        "cooldown_ms",
        Place.SIGNAL,
        "ms",
        ("0", "3600000"),
        "more",
        "least time between two signals of one pair",
        "whole",
    ),
    _row(
        "order_notional",
        Place.EXECUTION,
        "quote asset",
        ("1", "max_order_notional"),
        "less",
        "value of one entry before the size factors",
    ),
    _row(
        "max_open_positions",
        Place.EXECUTION,
        "positions",
        ("0", "max_open_positions"),
        "less",
        "most positions open at once",
        "whole",
    ),
    _row(
        "slippage_limit_bps",
        Place.EXECUTION,
        "bps",
        ("1", "500"),
        "neither",
        "how far beyond the best opposite price an order may reach, exits included",
    ),
    _row(
        "take_profit_bps",
        Place.EXECUTION,
        "bps",
        ("0", "10000"),
        "neither",
        "distance of the take-profit of flash entries and those by hand, 0 for none",
    ),
    _row(
        "stop_bps",
        Place.EXECUTION,
        "bps",
        ("1", "5000"),
        "less",
        "distance of the stop of flash entries and those by hand",
    ),
    _row(
        "trail_bps",
        Place.EXECUTION,
        "bps",
        ("0", "5000"),
        "neither",
        "how far below the best bid the stop follows, 0 for a stop that stays",
    ),
    _row(
        "break_even_bps",
        Place.EXECUTION,
        "bps",
        ("0", "10000"),
        "neither",
        "gain at which the stop is lifted to the entry price, 0 for never",
    ),
    _row(
        "hold_seconds",
        Place.EXECUTION,
        "s",
        ("1", "604800"),
        "less",
        "age at which a position of flash entries and those by hand is closed",
        "whole",
    ),
    _row(
        "resting_seconds",
        Place.EXECUTION,
        "s",
        ("1", "86400"),
        "less",
        "age at which a resting entry is called back",
        "whole",
    ),
)

TABLE: Final = {row.name: row for row in _ROWS}
"""By name, in the order in which people are shown them."""


def parameter_of(key: str, sessions: tuple[Session, ...]) -> Parameter | None:
    """None for a key that is not in the table, or of a session there is not."""
    session, _, name = key.rpartition(".")
    row = TABLE.get(name)
    if row is None:
        return None
    known = row.place.of_session and any(each.name == session for each in sessions)
    return Parameter(row, session) if known or key == name else None


def most_of(row: Row, limits: RiskLimits) -> Decimal:
    """`limits`: as configured."""
    return Decimal(getattr(limits, row.below)) if row.most is None else row.most


def configured(parameter: Parameter, session: Session, limits: RiskLimits) -> Decimal:
    """What it is when nobody sets it. `session`: as configured; of no matter to the desk's."""
    row = parameter.row
    match row.place:
        case Place.DESK | Place.FACTOR:
            return ONE
        case Place.LIMIT:
            return Decimal(getattr(limits, row.name))
        case Place.SIGNAL:
            return _exact(getattr(session.signal, row.name))
        case Place.EXECUTION:
            return _exact(getattr(session.execution, row.name))


def read_value(row: Row, text: str, limits: RiskLimits) -> Decimal | str:
    """The number, or why it is none that may be set."""
    try:
        value = read_decimal(text)
    except ValueError:
        return f"{text[:40]!r} is no plain number; write 12 or 0.5"
    if row.whole and value != value.to_integral_value():
        return f"{row.name} is a whole number of {row.unit}"
    least, most = row.least, most_of(row, limits)
    if not least <= value <= most:
        return f"{row.name} is {plain_text(least)} to {plain_text(most)} {row.unit}"
    return value


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))
