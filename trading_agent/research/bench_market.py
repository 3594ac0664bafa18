"""The market of the benchmark: rows of one busy pair, generated or taken from a file.

Generated: tick 0.01, lot 0.000001, a snapshot of 500 levels a side, then a depth message every
100 ms whose changed levels lie geometrically around the touch (a quarter of those away from it
are removals), a mid price walking at random by three ticks a message, sizes spread by a
logarithm, and half a print a message at the touch. Never crossed; the same seed, the same rows.
"""

import math
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trading_agent.domain.errors import CommandError
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.units import MILLISECOND

MESSAGES: Final = 125_000
LEVELS: Final = 40
SEED: Final = 20_241
FEED_DELAY: Final = 5 * MILLISECOND
"""From the exchange's time of a row to ours; nanoseconds."""

PEER_ROW: Final = np.dtype(
    [
        ("ts", np.int64),
        ("lts", np.int64),
        ("seq", np.int64),
        ("kind", np.int32),
        ("flags", np.int32),
        ("px", np.int64),
        ("qty", np.int64),
    ]
)
"""What the scripts of the peers read: exchange time, local time, message, kind and flags as in
`ROW`, ticks, lots."""

_STARTED: Final = 1_700_000_000_000_000_000
_MIDDLE: Final = 6_000_000
_WINDOW: Final = 1 << 17
_SNAPSHOT_LEVELS: Final = 500
_INTERVAL: Final = 100 * MILLISECOND
_STEP_TICKS: Final = 3.0
_SPREAD_OF_LEVELS: Final = 25.0
_PRINTS_A_MESSAGE: Final = 0.5
_BID: Final = int(RowKind.BID)
_ASK: Final = int(RowKind.ASK)
_BUY: Final = int(RowKind.BUY)
_SELL: Final = int(RowKind.SELL)
_CLEAR: Final = int(RowKind.CLEAR)
_LAST: Final = int(RowFlag.LAST)
_SNAPSHOT: Final = int(RowFlag.SNAPSHOT)
_ROWS, _BEST_BID, _BEST_ASK, _MESSAGE, _AT = range(5)
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)


class _Walk(NamedTuple):
    """`sizes`, `touched`: a line a side (bid, ask), a column a tick of the window; `counts`: by
    the names above; `dice`: the state of the generator."""

    rows: Any
    sizes: NDArray[np.int64]
    touched: NDArray[np.int64]
    counts: NDArray[np.int64]
    dice: NDArray[np.uint64]


@njit(cache=True)
def _uniform(dice: NDArray[np.uint64]) -> float:
    """SplitMix64 (Steele, Lea, Flood 2014), above 0 and below 1."""
    dice[0] += _GOLDEN
    mixed = dice[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    mixed ^= mixed >> np.uint64(31)
    return (float(mixed >> np.uint64(11)) + 0.5) / 9007199254740992.0


@njit(cache=True)
def _normal(dice: NDArray[np.uint64]) -> float:
    radius = math.sqrt(-2.0 * math.log(_uniform(dice)))
    return radius * math.cos(2.0 * math.pi * _uniform(dice))


@njit(cache=True)
def _poisson(dice: NDArray[np.uint64], mean: float) -> int:
    count = 0
    product = _uniform(dice)
    while product > math.exp(-mean):
        product *= _uniform(dice)
        count += 1
    return count


@njit(cache=True)
def _size(dice: NDArray[np.uint64], center: float, spread: float) -> int:
    return int(math.exp(center + spread * _normal(dice))) + 1


@njit(cache=True)
def _add(walk: _Walk, at: int, kind: int, slot: int, size: int) -> None:
    row = walk.rows[walk.counts[_ROWS]]
    row.at = at + FEED_DELAY
    row.venue_at = at
    row.sequence = walk.counts[_MESSAGE]
    row.kind = kind
    row.price = _MIDDLE - _WINDOW // 2 + slot
    row.size = size
    walk.counts[_ROWS] += 1


@njit(cache=True)
def _change(walk: _Walk, side: int, slot: int, size: int) -> None:
    """A level's new size, once a message."""
    if walk.touched[side, slot] != walk.counts[_MESSAGE]:
        walk.touched[side, slot] = walk.counts[_MESSAGE]
        walk.sizes[side, slot] = size
        _add(walk, walk.counts[_AT], _ASK if side == 1 else _BID, slot, size)


@njit(cache=True)
def _open(walk: _Walk) -> None:
    _add(walk, walk.counts[_AT], _CLEAR, 0, 0)
    for side in range(2):
        for depth in range(_SNAPSHOT_LEVELS):
            slot = walk.counts[_BEST_ASK] + depth if side else walk.counts[_BEST_BID] - depth
            _change(walk, side, slot, _size(walk.dice, 10.0, 1.2))
    for row in range(walk.counts[_ROWS]):
        walk.rows[row].flags = _SNAPSHOT
    walk.rows[walk.counts[_ROWS] - 1].flags |= _LAST


@njit(cache=True)
def _print(walk: _Walk, since: int, until: int) -> None:
    """Prints at the touch, none of which takes a level whole."""
    at = since
    for _ in range(_poisson(walk.dice, _PRINTS_A_MESSAGE)):
        at += int((until - at) * 0.9 * _uniform(walk.dice))
        side = 1 if _uniform(walk.dice) < 0.5 else 0
        slot = walk.counts[_BEST_ASK] if side else walk.counts[_BEST_BID]
        size = min(_size(walk.dice, 8.5, 1.3), max(walk.sizes[side, slot] - 1, 1))
        walk.sizes[side, slot] = max(walk.sizes[side, slot] - size, 1)
        _add(walk, at, _BUY if side else _SELL, slot, size)
        walk.rows[walk.counts[_ROWS] - 1].flags = _LAST


@njit(cache=True)
def _move(walk: _Walk, by: int) -> None:
    """The touch moves; what it passed is removed."""
    best_bid = walk.counts[_BEST_BID] + by
    best_ask = best_bid + (1 if _uniform(walk.dice) < 0.8 else 2)
    for slot in range(walk.counts[_BEST_ASK], best_ask):
        if walk.sizes[1, slot] > 0:
            _change(walk, 1, slot, 0)
    for slot in range(best_bid + 1, walk.counts[_BEST_BID] + 1):
        if walk.sizes[0, slot] > 0:
            _change(walk, 0, slot, 0)
    walk.counts[_BEST_BID] = best_bid
    walk.counts[_BEST_ASK] = best_ask


@njit(cache=True)
def _refresh(walk: _Walk, levels: int) -> None:
    """The touch on both sides, then levels around it."""
    for number in range(levels):
        side = number & 1
        depth = 0 if number < 2 else int(-math.log(_uniform(walk.dice)) * _SPREAD_OF_LEVELS)
        slot = walk.counts[_BEST_ASK] + depth if side else walk.counts[_BEST_BID] - depth
        gone = depth > 2 and _uniform(walk.dice) < 0.25
        _change(walk, side, slot, 0 if gone else _size(walk.dice, 10.0, 1.2))


@njit(cache=True)
def _fill(walk: _Walk, messages: int, levels: int) -> int:
    """Returns how many rows were written."""
    _open(walk)
    pending = 0.0
    for message in range(1, messages + 1):
        until = _STARTED + message * _INTERVAL
        walk.counts[_MESSAGE] = message
        _print(walk, walk.counts[_AT], until)
        walk.counts[_AT] = until
        pending += _STEP_TICKS * _normal(walk.dice)
        before = walk.counts[_ROWS]
        _move(walk, int(pending))
        pending -= int(pending)
        wanted = _poisson(walk.dice, levels) - (walk.counts[_ROWS] - before)
        _refresh(walk, max(wanted, 2))
        walk.rows[walk.counts[_ROWS] - 1].flags = _LAST
    return int(walk.counts[_ROWS])


def generate_rows(messages: int = MESSAGES, levels: int = LEVELS, seed: int = SEED) -> Rows:
    """About `messages` × `levels` rows of one symbol, ready for a core."""
    walk = _Walk(
        rows=empty_rows(2_000 + int(messages * (levels * 1.3 + 8))),
        sizes=np.zeros((2, _WINDOW), np.int64),
        touched=np.full((2, _WINDOW), -1, np.int64),
        counts=np.array([0, _WINDOW // 2, _WINDOW // 2 + 1, 0, _STARTED], np.int64),
        dice=np.array([seed], np.uint64),
    )
    count = _fill(walk, messages, levels)
    rows: Rows = walk.rows[:count].copy()
    return rows


def load_rows(path: Path) -> Rows:
    """Rows of a peers' file, a CLEAR row before them. Raises CommandError for another file."""
    try:
        given = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as rows: {error}") from error
    if given.dtype != PEER_ROW or given.ndim != 1 or len(given) == 0:
        raise CommandError(f"{path} holds {given.dtype}, not the rows of gen.py")
    rows = empty_rows(len(given) + 1)
    body = rows[1:]
    for ours, theirs in _PAIRS:
        body[ours] = given[theirs]
    rows[0] = (body["at"][0], body["venue_at"][0], 0, 0, 0, _CLEAR, _SNAPSHOT, 0)
    return rows


def save_for_peers(rows: Rows, path: Path) -> None:
    """The same rows as the peers read them; they know no CLEAR row."""
    body = rows[rows["kind"] != _CLEAR]
    given = np.zeros(len(body), PEER_ROW)
    for ours, theirs in _PAIRS:
        given[theirs] = body[ours]
    np.save(path, given)


_PAIRS: Final = (
    ("venue_at", "ts"),
    ("at", "lts"),
    ("sequence", "seq"),
    ("price", "px"),
    ("size", "qty"),
    ("kind", "kind"),
    ("flags", "flags"),
)
