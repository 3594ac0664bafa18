"""How long things take: percentiles in bounded memory, within one percent."""

from dataclasses import dataclass
from typing import Final

_EXACT_BITS: Final = 7
"""Values below 2**7 have a bucket each; every octave above is cut into 2**6 = 64 buckets,
so the middle of a bucket is within 1/128 of every value in it."""
_LARGEST_BITS: Final = 40
"""Longer than eighteen minutes counts as that."""
_LARGEST: Final = (1 << _LARGEST_BITS) - 1
_HALF: Final = 1 << (_EXACT_BITS - 1)
_BUCKETS: Final = (_LARGEST_BITS - _EXACT_BITS + 2) * _HALF


@dataclass(frozen=True, slots=True)
class LatencyView:
    """Microseconds; all zero while `count` is."""

    count: int
    p50: float
    p99: float
    largest: float


class Latency:
    """One thread records, any thread reads."""

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self._largest = 0

    def record(self, nanos: int) -> None:
        """A length of time in nanoseconds; a negative one counts as zero."""
        if nanos > self._largest:
            self._largest = nanos
        if nanos > _LARGEST:
            nanos = _LARGEST
        if nanos < 0:
            nanos = 0
        shift = nanos.bit_length() - _EXACT_BITS
        if shift > 0:
            self._counts[shift * _HALF + (nanos >> shift)] += 1
        else:
            self._counts[nanos] += 1

    def percentile(self, share: float) -> float:
        """Nanoseconds that `share` (0 to 1) of the recorded values do not exceed."""
        return _percentile(self._counts.copy(), share, self._largest)

    def view(self) -> LatencyView:
        counts, largest = self._counts.copy(), self._largest
        return LatencyView(
            count=sum(counts),
            p50=_percentile(counts, 0.50, largest) / 1_000,
            p99=_percentile(counts, 0.99, largest) / 1_000,
            largest=largest / 1_000,
        )


def _percentile(counts: list[int], share: float, largest: int) -> float:
    wanted = share * sum(counts)
    seen = 0
    for bucket, count in enumerate(counts):
        seen += count
        if count and seen >= wanted:
            return min(_middle(bucket), largest)
    return 0.0


def _middle(bucket: int) -> float:
    if bucket < 2 * _HALF:
        return float(bucket)
    shift = bucket // _HALF - 1
    lower = (bucket - shift * _HALF) << shift
    return lower + ((1 << shift) - 1) / 2


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """`decision`: reading a frame plus the core's step for it. `socket`: from the bytes
    being there to the step being done. `decided`: the same, for steps that took a decision."""

    decision: LatencyView
    socket: LatencyView
    decided: LatencyView
