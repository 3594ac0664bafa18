"""A market whose truth is known: every ten seconds buyers (or sellers) come and the book leans
their way; half a second later the price jumps ten ticks, where `honest` the way the book leant,
else either way. A tick is a basis point, and so is the spread."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

import numpy as np

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.units import MILLISECOND, SECOND, Lots
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_samples import Floats, Samples

PRICE = 10_000
JUMP = 10
LEVELS = 5
EPISODE = 10 * SECOND
STEP = 100 * MILLISECOND
FIRST = 1_722_000_000 * SECOND
INSTRUMENT = Instrument(
    symbol="PLANTED",
    base="PLANTED",
    quote="USDT",
    price_decimals=2,
    size_decimals=3,
    min_size=Lots(1),
    min_notional=Decimal(0),
    max_notional=Decimal(0),
    maker_fee=None,
    taker_fee=None,
    tradable=True,
)


def planted_tape(*, honest: bool, episodes: int = 40, seed: int = 1) -> RecordedTape:
    dice = Random(seed)
    book, prints = [], []
    bid = PRICE
    for number in range(episodes):
        start = FIRST + number * EPISODE
        lean = dice.choice((1, -1))
        jump = lean if honest else dice.choice((1, -1))
        for step in range(EPISODE // STEP):
            at = start + step * STEP
            if step == 60:
                bid += lean
                for ago in (30, 20, 10):
                    kind = RowKind.BUY if lean > 0 else RowKind.SELL
                    prints.append((kind, bid, 50, at - ago * MILLISECOND))
            if step == 65:
                bid += JUMP * jump
            book.append((at, bid, lean if 60 <= step < 65 else 0))
        # Back to where it began, long after anything looks.
        bid = PRICE + (bid - PRICE) // 2
    return RecordedTape(
        symbol="PLANTED", instrument=INSTRUMENT, depth=_depth(book), prints=_prints(prints)
    )


def walking_tape(bids: Sequence[int], symbol: str = "PLANTED") -> RecordedTape:
    """A best bid a tenth of a second, a tick below the ask, and a print nine tenths into every
    second: so long after its beginning the candle of the second before is told."""
    book = [(FIRST + place * STEP, bid, 0) for place, bid in enumerate(bids)]
    prints = [(RowKind.BUY, bid, 50, at) for at, bid, _ in book if at % SECOND == 9 * STEP]
    return RecordedTape(
        symbol=symbol, instrument=INSTRUMENT, depth=_depth(book), prints=_prints(prints)
    )


IMPULSE = 8
"""Ticks, within a second."""
TRAIL = 5
"""Seconds after it."""


def trailing_tape(*, effect: int, episodes: int = 40, seed: int = 1) -> RecordedTape:
    """Every fifteen seconds the price jumps either way; in each of the five seconds after it goes
    `effect` ticks the same way, and always a tick up or down by chance."""
    dice = Random(seed)
    bids, bid = [], PRICE
    for _ in range(episodes):
        sign = dice.choice((1, -1))
        for second in range(15):
            if second == 5:
                bid += IMPULSE * sign
            elif 5 < second <= 5 + TRAIL:
                bid += effect * sign + dice.choice((1, -1))
            bids += [bid] * 10
    return walking_tape(bids)


def _depth(book: list[tuple[int, int, int]]) -> Rows:
    """A snapshot a message."""
    each = 1 + 2 * LEVELS
    rows = empty_rows(each * len(book))
    for place, (at, bid, lean) in enumerate(book):
        message = rows[place * each : (place + 1) * each]
        message["at"] = message["venue_at"] = at
        message["sequence"] = place + 1
        message["flags"] = RowFlag.SNAPSHOT
        message["flags"][-1] = RowFlag.SNAPSHOT | RowFlag.LAST
        message["kind"][0] = RowKind.CLEAR
        away = np.arange(LEVELS)
        message["kind"][1 : 1 + LEVELS], message["price"][1 : 1 + LEVELS] = RowKind.BID, bid - away
        message["kind"][1 + LEVELS :], message["price"][1 + LEVELS :] = RowKind.ASK, bid + 1 + away
        message["size"][1 : 1 + LEVELS] = 50_000 + 40_000 * lean
        message["size"][1 + LEVELS :] = 50_000 - 40_000 * lean
    return rows


def _prints(prints: list[tuple[int, int, int, int]]) -> Rows:
    rows = empty_rows(len(prints))
    rows["kind"], rows["price"], rows["size"], rows["at"] = np.array(prints, np.int64).T
    rows["venue_at"] = rows["at"]
    rows["flags"] = RowFlag.LAST
    return rows


def gauss(dice: Random, count: int) -> Floats:
    return np.array([dice.gauss(0.0, 1.0) for _ in range(count)])


def planted_samples(*, effect: float, count: int = 6_000, seed: int = 1) -> Samples:
    """A sample a tenth of a second. `effect`: how much of the next second's move (basis points,
    noise of size one) `imbalance` foretells, when volatility is in its upper third; `momentum_bps`
    foretells nothing."""
    dice = Random(seed)
    signal, other = gauss(dice, count), gauss(dice, count)
    minutes = [dice.uniform(1.0, 4.0) for _ in range(count // 60 + 1)]
    volatility = np.repeat(minutes, 60)[:count]
    wild = volatility > np.quantile(volatility, 2.0 / 3.0)
    steps = 0.3 * gauss(dice, count)
    steps[9:] += effect * (signal * wild)[:-9]
    mid = 1e6 * np.exp(np.cumsum(np.concatenate([[0.0], steps[:-1]])) / 1e4)
    return Samples(
        symbol="PLANTED",
        instrument=INSTRUMENT,
        at=FIRST + np.arange(count) * STEP,
        mid=mid,
        spread_bps=np.where(np.arange(count) % 3 == 0, 2.0, 1.0),
        volatility_bps=volatility,
        session=(np.arange(count) >= count // 2).astype(np.int64),
        features={"imbalance": signal, "momentum_bps": other},
    )
