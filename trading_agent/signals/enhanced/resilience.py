"""How fast a side of the book comes back after it was swept."""

from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.signals.enhanced.liquidity import BookSides, depth_within
from trading_agent.signals.enhanced.robust import SortedWindow
from trading_agent.signals.enhanced.settings import LiquidityParameters


class Resilience(Struct, frozen=True):
    """Of one side. `half_time_ms`: median over the last sweeps, None before the first; a side that
    never came back counts with the patience it was given. `recovering_since`: a sweep that is
    still being watched."""

    half_time_ms: float | None
    sweeps: int
    given_up: int
    recovering_since: Nanos | None


class _Recovery(Struct):
    since: Nanos
    before: float
    least: float


class _Side:
    def __init__(self, sweeps: int) -> None:
        self.depth: float | None = None
        self.recovery: _Recovery | None = None
        self.times = SortedWindow(sweeps)
        self.sweeps = 0
        self.given_up = 0


class ResilienceWatch:
    """Both sides of one symbol's book. Depth is looked at when the caller looks, so a time is as
    coarse as the looks. BUY is the side of the bids, which sellers sweep."""

    def __init__(self, parameters: LiquidityParameters) -> None:
        self._parameters = parameters
        self._sides = {side: _Side(parameters.sweeps) for side in Side}

    def printed(self, at: Nanos, aggressor: Side, lots: int, top_lots: int) -> bool:
        """A print, and the best level it met. Whether it is a new sweep; those that follow while
        the side recovers belong to the first, and so do those before any depth is known."""
        side = self._sides[aggressor.opposite]
        if top_lots <= 0 or lots < self._parameters.sweep_share * top_lots:
            return False
        if side.recovery is not None or side.depth is None:
            return False
        side.recovery = _Recovery(at, side.depth, side.depth)
        side.sweeps += 1
        return True

    def looked_at(self, at: Nanos, book: BookSides) -> None:
        """Both sides of a book as of now."""
        band = self._parameters.recovery_band_bps
        for side in Side:
            self.looked(at, side, depth_within(book, side, band))

    def looked(self, at: Nanos, resting: Side, depth: float) -> float | None:
        """The depth of a side within the recovery band, as of now. The time in milliseconds when
        with this look a recovery ends, else None."""
        side = self._sides[resting]
        side.depth = depth
        recovery = side.recovery
        if recovery is None or at <= recovery.since:
            return None
        recovery.least = min(recovery.least, depth)
        waited = (at - recovery.since) / MILLISECOND
        lost = recovery.before - recovery.least
        target = recovery.least + self._parameters.recovered_share * lost
        # Depth that was seen whole and never less was back before the first look.
        if lost <= 0.0 or (depth >= target and depth > recovery.least):
            return self._end(side, waited)
        if waited >= self._parameters.patience_ms:
            side.given_up += 1
            return self._end(side, float(self._parameters.patience_ms))
        return None

    def forget(self) -> None:
        """After the book was lost: what comes back then is another book."""
        for side in self._sides.values():
            side.depth = None
            side.recovery = None

    def now(self, resting: Side) -> Resilience:
        side = self._sides[resting]
        return Resilience(
            half_time_ms=side.times.median() if len(side.times) else None,
            sweeps=side.sweeps,
            given_up=side.given_up,
            recovering_since=side.recovery.since if side.recovery else None,
        )

    @staticmethod
    def _end(side: _Side, waited: float) -> float:
        side.recovery = None
        side.times.add(waited)
        return waited
