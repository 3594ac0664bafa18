"""Who is asked when, and the indicators they look at."""

from collections.abc import Iterable

from trading_agent.engine.timeframes import INDEX, SymbolTimeframes
from trading_agent.market.candles import NOBODY
from trading_agent.strategies.roster import Seat
from trading_agent.strategies.strategy import Refresh


class StrategyTable:
    """Owned by the core; made once. By symbol, in the order of the run's symbols."""

    def __init__(
        self, seats: tuple[Seat, ...], symbols: tuple[str, ...], timeframes: list[SymbolTimeframes]
    ) -> None:
        self.seats = seats
        self.names = tuple(seat.strategy.name for seat in seats)
        self.timeframes = timeframes
        self.failed: dict[str, str] = {}
        """Why, by the name of a strategy that is not asked any more."""
        self.at_signal = [
            tuple(seat for seat in at_table if seat.strategy.requires.signals)
            for at_table in _by_symbol(seats, symbols)
        ]
        self.at_close = [_by_timeframe(at_table) for at_table in _by_symbol(seats, symbols)]
        """By the index of the timeframe."""
        self.quoting = [
            tuple(seat for seat in at_table if seat.strategy.requires.refresh is not None)
            for at_table in _by_symbol(seats, symbols)
        ]
        self.refreshes = [_soonest(at_table) for at_table in self.quoting]

    def heard(self, index: int) -> int:
        """The shortest timeframe of a symbol at whose close somebody is asked."""
        return min(self.at_close[index], default=NOBODY)


def _by_symbol(seats: Iterable[Seat], symbols: tuple[str, ...]) -> list[list[Seat]]:
    return [[seat for seat in seats if seat.trades(symbol)] for symbol in symbols]


def _soonest(seats: Iterable[Seat]) -> Refresh:
    """Whoever wants to be asked first is, and the others with it; never where nobody quotes."""
    found = [refresh for seat in seats if (refresh := seat.strategy.requires.refresh) is not None]
    return Refresh(
        seconds=min((each.seconds for each in found), default=0.0),
        move_bps=min((each.move_bps for each in found), default=0.0),
    )


def _by_timeframe(seats: Iterable[Seat]) -> dict[int, tuple[Seat, ...]]:
    found: dict[int, tuple[Seat, ...]] = {}
    for seat in seats:
        timeframe = seat.strategy.requires.timeframe
        if timeframe:
            index = INDEX[timeframe]
            found[index] = (*found.get(index, ()), seat)
    return found
