"""What the desk is worth, exactly; and one pair as risk sees it, looked at when a rule asks."""

from decimal import Decimal
from typing import Final

import numpy as np

from trading_agent.domain.decision import Proposal, ratio
from trading_agent.domain.money import MONEY, ROUNDED
from trading_agent.domain.order import BUY, ENTRY, OrderKind, Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import BASIS_POINTS, MINUTE, Lots, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.execution.fees import held_back, worst_rate
from trading_agent.portfolio.positions import profit_of
from trading_agent.risk.desk_view import Holding
from trading_agent.risk.history import Entry

_SECONDS_PER_YEAR: Final = 365 * 86_400
_RESTS: Final = OrderKind.LIMIT_MAKER


def best_bid(state: DeskState, symbol: str) -> Ticks:
    """In ticks; 0 when there is none."""
    return state.columns.bid[state.index[symbol]]


def best_ask(state: DeskState, symbol: str) -> Ticks:
    """In ticks; 0 when there is none."""
    return state.columns.ask[state.index[symbol]]


def last_trade(state: DeskState, symbol: str) -> Ticks:
    """In ticks; 0 when there was none."""
    return state.columns.tape_last_price[state.index[symbol]]


def mark_ticks(state: DeskState, symbol: str) -> Ticks | None:
    """What a position could be sold at: the best bid, also of a book lost a moment ago; None where
    there is none, or the book contradicts itself."""
    if state.columns.book_crossed[state.index[symbol]]:
        return None
    return best_bid(state, symbol) or None


def shown_equity(state: DeskState) -> Decimal:
    """Quote balance plus every position at its mark; at its cost while it has none."""
    account = state.account
    worth = account.ledger.total(state.quote)
    for position in account.positions.all():
        mark = mark_ticks(state, position.symbol)
        if mark is None:
            worth = MONEY.subtract(worth, profit_of(position))
        else:
            instrument = account.instruments[position.symbol]
            worth = MONEY.add(worth, instrument.notional(mark, position.size))
    return worth


def known_equity(state: DeskState) -> Decimal | None:
    """The same; None while a position has no mark."""
    for position in state.account.positions.all():
        if mark_ticks(state, position.symbol) is None:
            return None
    return shown_equity(state)


def expected_slippage(state: DeskState, proposal: Proposal, size: Lots) -> int:
    """What taking so many lots of the book as it is would cost beyond its best price, ticks x
    lots; of what the book holds up to the proposal's price."""
    if proposal.trigger or proposal.kind is _RESTS:
        return 0
    index, buys = state.index[proposal.symbol], proposal.side is BUY
    ladder = state.columns.asks if buys else state.columns.bids
    if ladder.holds(index, size):
        return 0
    left, cost = int(size), 0
    for away, lots in ladder.levels(index, -proposal.price if buys else proposal.price):
        taken = min(lots, left)
        cost += away * taken
        left -= taken
        if not left:
            break
    return cost


class PairSight:
    """Reads the desk's state at the moment of the question; see `risk.desk_view.Sight`."""

    __slots__ = ("_index", "_state", "_symbol")

    def __init__(self, state: DeskState, symbol: str) -> None:
        self._state = state
        self._symbol = symbol
        self._index = state.index[symbol]

    def depth(self, side: Side, price: Ticks, enough: float) -> float:
        columns, index = self._state.columns, self._index
        buys = side is BUY
        ladder = columns.asks if buys else columns.bids
        best = ladder.best[index]
        if best < 0:
            return 0.0
        at_best: int = ladder.sizes.item(index, best)
        if at_best >= enough:
            return at_best
        worst = max((-price if buys else price) - ladder.base[index], 0)
        return float(ladder.sizes[index, worst : best + 1].sum())

    def lots_within(self, price: Ticks, size: Lots, most_bps: float) -> Lots:
        ladder, index = self._state.columns.asks, self._index
        if ladder.holds(index, size):
            return size
        # Ticks, exactly as configured, of every lot on average.
        share, whole = ratio(most_bps)
        share *= self._state.columns.ask[index]
        found, cost = 0, 0
        for away, lots in ladder.levels(index, -price):
            taken = min(lots, size - found)
            dearer = away * whole - share
            if dearer > 0:
                taken = min(taken, (share * found - cost * whole) // dearer)
            found += taken
            cost += away * taken
            if found == size or taken < lots:
                return Lots(found)
        # The book holds no more: the rest finds nothing to take.
        return size

    def minute_volume(self) -> int:
        tape = self._state.markets[self._index]["tape"]
        recent = tape["at"] > self._state.now - MINUTE
        return int(np.abs(tape["lots"][recent]).sum())

    def holdings(self) -> tuple[Holding, ...]:
        account = self._state.account
        if not account.positions and not account.orders:
            return ()
        values: dict[str, Decimal | None] = {}
        for position in account.positions.all():
            symbol = position.symbol
            mark = mark_ticks(self._state, symbol)
            instrument = account.instruments[symbol]
            values[symbol] = None if mark is None else instrument.notional(mark, position.size)
        pairs: set[int] = set()
        for working in account.orders.all():
            sent = working.sent
            if sent.purpose is not ENTRY or (sent.group and sent.group in pairs):
                continue
            pairs.add(sent.group)
            _add_order(values, sent, self._leaves(sent, working.leaves))
        return tuple(Holding(account.instruments[name], value) for name, value in values.items())

    def equity(self) -> Decimal | None:
        return known_equity(self._state)

    def tail_loss(self, symbol: str) -> float:
        return self._state.tails.of(self._state.index[symbol])

    def results(self) -> list[float]:
        return [
            float(ROUNDED.divide(profit, spent))
            for profit, spent in self._state.account.risk.results
            if spent > 0
        ]

    def volatility(self) -> float:
        """From that of one second: returns of different seconds are taken as independent."""
        features = self._state.markets[self._index]["features"]
        if features["warm"] == 0:
            return float("nan")
        second = float(features["volatility_bps"]) / BASIS_POINTS
        return float(second * _SECONDS_PER_YEAR**0.5)

    def worst_fee(self) -> Decimal:
        instrument = self._state.account.instruments[self._symbol]
        return worst_rate(instrument, self._state.settings.paper.unknown_fee)

    def reserve(self, value: Decimal) -> Decimal:
        instrument = self._state.account.instruments[self._symbol]
        return held_back(value, worst_rate(instrument, self._state.settings.paper.unknown_fee))

    def recent_entries(self) -> list[Entry]:
        return self._state.account.risk.entries

    def _leaves(self, sent: OrderSent, leaves: Lots) -> Decimal:
        return self._state.account.instruments[sent.symbol].notional(sent.price, leaves)


def _add_order(values: dict[str, Decimal | None], sent: OrderSent, value: Decimal) -> None:
    if sent.symbol not in values:
        values[sent.symbol] = value
        return
    held = values[sent.symbol]
    values[sent.symbol] = None if held is None else held + value
