"""What the features said at every depth message of a recording, and the mid prices that followed.

The compiled loop itself runs over the recording, so the features are those that trade.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import PRINT_KINDS, RowFlag, Rows
from trading_agent.domain.units import SECOND
from trading_agent.engine.compiled_loop import entry_point
from trading_agent.engine.kernel import advance_batch
from trading_agent.engine.state import open_state
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

FEATURES: Final = (
    "top_imbalance",
    "imbalance",
    "weighted_imbalance",
    "microprice_bps",
    "trade_flow",
    "momentum_bps",
)
"""`microprice_bps`: how far the microprice lies above the mid; the others as in the kernel."""

HORIZONS: Final = (0.5, 1.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds that outcomes are told after."""

_READ: Final = ("mid", "spread_bps", "volatility_bps", "microprice", "warm", "session")
_EVEN: Final = 2.0
_NEVER: Final = np.iinfo(np.int64).max


class Samples(Struct, frozen=True, kw_only=True):
    """One entry a depth message on a usable book, oldest first: `at` nanoseconds UTC, `mid` in
    ticks, `session` an index into the plan's sessions."""

    symbol: str
    instrument: Instrument
    at: Integers
    mid: Floats
    spread_bps: Floats
    volatility_bps: Floats
    session: Integers
    features: dict[str, Floats]


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of every sample so much later: `known` marks the samples whose future the
    recording holds, `after` is the sample that stood then (-1 where unknown), `moved` the mid's
    move in basis points (0 where unknown)."""

    known: Flags
    after: Integers
    moved: Floats


def sample(tape: RecordedTape, plan: SessionPlan) -> Samples:
    """Every message through the loop, by the exchange's own time; features are measured with
    each depth message, however short the plan's interval."""
    rows = in_one_stream(tape)
    ends = np.flatnonzero(rows["flags"] & RowFlag.LAST) + 1
    state = open_state(1, TradingSessionManager(_every_message(plan)))
    advance, features = entry_point(advance_batch), state.markets[0]["features"]
    seen: list[tuple[Any, ...]] = []
    names = ("at", *_READ, *(name for name in FEATURES if name != "microprice_bps"))
    outcomes = state.desk["venue"]["outcome_count"]
    first, last_at = 0, -1
    for end in ends.tolist():
        message = rows[first:end]
        at = int(message["at"][0])
        position = 0
        while position < len(message):
            position = advance(message, position, at, state.markets, state.desk)
            outcomes[0] = 0
        if message["kind"][-1] not in PRINT_KINDS and features["at"] != last_at:
            last_at = int(features["at"])
            seen.append(tuple(features[name].item() for name in names))
        first = end
    return _samples(tape, names, seen)


def _samples(tape: RecordedTape, names: tuple[str, ...], seen: list[tuple[Any, ...]]) -> Samples:
    columns = dict(zip(names, np.array(seen, np.float64).reshape(-1, len(names)).T, strict=True))
    warm = columns["warm"] > 0
    columns = {name: np.ascontiguousarray(column[warm]) for name, column in columns.items()}
    # Nanoseconds do not fit a float's 53 bits.
    at = np.array([each[0] for each in seen], np.int64)[warm]
    mid = columns["mid"]
    columns["microprice_bps"] = (columns["microprice"] / mid - 1.0) * 1e4
    return Samples(
        symbol=tape.symbol,
        instrument=tape.instrument,
        at=at,
        mid=mid,
        spread_bps=columns["spread_bps"],
        volatility_bps=columns["volatility_bps"],
        session=columns["session"].astype(np.int64),
        features={name: columns[name] for name in FEATURES},
    )


def outcome_after(samples: Samples, seconds: float) -> Outcome:
    """The last sample at or before so much later says what is known then."""
    wanted = samples.at + round(seconds * SECOND)
    known = wanted <= samples.at[-1]
    found = np.searchsorted(samples.at, wanted, side="right") - 1
    moved = np.where(known, (samples.mid[found] / samples.mid - 1.0) * 1e4, 0.0)
    return Outcome(known=known, after=np.where(known, found, -1), moved=moved)


def told_horizons(samples: Samples, horizons: Iterable[float] = HORIZONS) -> tuple[float, ...]:
    """Those at which a recording can have told anything new."""
    spacing = spacing_of(samples)
    return tuple(each for each in horizons if each >= spacing)


def spacing_of(samples: Samples) -> float:
    """Seconds from one message of the book to the next. Where they come evenly, as by a clock, the
    usual time; where they come as the book changes, the time of those that come soonest."""
    soon, usual = np.quantile(np.diff(samples.at), (0.1, 0.5)) / SECOND
    return float(usual if usual < _EVEN * soon else soon)


def in_one_stream(tape: RecordedTape) -> Rows:
    """Depth and prints in one stream; of one moment, depth first."""
    rows = np.concatenate([tape.depth, tape.prints])
    # A snapshot before everything else has no time of its own: it stands at the first there is.
    told = rows["at"] > 0
    rows["at"] = np.maximum(rows["at"], rows["at"].min(where=told, initial=_NEVER))
    return rows[np.argsort(rows["at"], kind="stable")]


def _every_message(plan: SessionPlan) -> SessionPlan:
    """The plan with signals that never fire and features at every message."""
    signal = plan.signal.model_copy(update={"evaluation_interval_ms": 0, "cooldown_ms": 3_600_000})
    sessions = {
        name: settings.model_copy(
            update={"signal": settings.signal.model_copy(update={"evaluation_interval_ms": 0})}
        )
        for name, settings in plan.sessions.items()
    }
    return plan.model_copy(update={"signal": signal, "sessions": sessions})
