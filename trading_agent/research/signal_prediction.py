"""Whether one series predicts another: rank correlation, hit rate, and the same with the series
shifted in time, which keeps all that each has of itself and breaks only the tie between the two."""

from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_samples import Flags, Floats, Integers
from trading_agent.research.signal_shifts import LEAST_SHIFTS, across, chance_either_way, room_of
from trading_agent.research.signal_statistics import LEAST_BLOCKS, NOTHING, Estimate, standard_ranks

_MOST_SHIFTS: Final = 2_000


class Question(Struct, frozen=True, kw_only=True):
    """What came of samples at `at` (nanoseconds, rising): `moved` where it is `known`, so many
    seconds (`horizon`) later, in `blocks` of time over `span`."""

    at: Integers
    moved: Floats
    known: Flags
    horizon: float
    span: tuple[int, int]
    blocks: TimeBlocks


class Prediction(Struct, frozen=True, kw_only=True):
    """`n` pairs. `ic`: Spearman's rank correlation; `hit`: of the `moves` that were not zero, and
    of which something was said, the share whose sign was foretold; `first_half`, `second_half`: the
    rank correlation in each, of half of the pairs. `shifted_ic`: of the same series shifted in
    time, `shifts` times: the mean, and where 95 % lie; `chance`: how often such correlates as much,
    None where the recording is too short to shift it so far that nothing is left of the tie."""

    n: int
    ic: Estimate
    hit: Estimate
    moves: int
    first_half: Estimate
    second_half: Estimate
    shifts: int
    shifted_ic: Estimate
    chance: float | None


def predict(signal: Floats, asked: Question) -> Prediction | None:
    """None when either series never changes."""
    known, blocks = asked.known, asked.blocks
    count = int(known.sum())
    if count < 2 * LEAST_BLOCKS:
        return None
    ranked, moved = standard_ranks(signal[known]), standard_ranks(asked.moved[known])
    if ranked is None or moved is None:
        return None
    toward = np.sign(signal) * asked.moved
    told = known & (toward != 0)
    earlier = np.cumsum(known) <= count // 2
    null, room = _shifted(ranked, moved, asked)
    ic = blocks.rank_correlation(signal, asked.moved, known) or NOTHING
    return Prediction(
        n=count,
        ic=ic,
        hit=blocks.share(toward > 0, told),
        moves=int(told.sum()),
        first_half=blocks.rank_correlation(signal, asked.moved, known & earlier) or NOTHING,
        second_half=blocks.rank_correlation(signal, asked.moved, known & ~earlier) or NOTHING,
        shifts=len(null),
        shifted_ic=across(null),
        chance=chance_either_way(ic.value, null, room),
    )


def _shifted(ranked: Floats, moved: Floats, asked: Question) -> tuple[Floats, int]:
    """Rank correlations at other times, at most so many, and how many blocks of time they are
    spread over. Shifts are by samples: by as many as ever came in the least time to shift by."""
    at, count = asked.at[asked.known], len(ranked)
    room = room_of(asked.span, asked.horizon)
    reached = np.searchsorted(at, at + room.least, side="left")
    least = int((reached - np.arange(count)).max())
    usable = count - 2 * least
    if room.blocks < LEAST_BLOCKS or usable < LEAST_SHIFTS:
        return np.empty(0), 0
    transformed = np.fft.rfft(ranked).conj() * np.fft.rfft(moved)
    every = np.fft.irfft(transformed, count) / count
    null: Floats = every[least : count - least : max(usable // _MOST_SHIFTS, 1)]
    return null, min(room.blocks, usable * asked.blocks.count // count)
