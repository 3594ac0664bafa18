"""Open positions by symbol, moved by fills."""

from decimal import Decimal
from typing import Final

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.money import MONEY
from trading_agent.domain.order import BUY
from trading_agent.domain.order_facts import OrderFilled
from trading_agent.domain.position import Position
from trading_agent.domain.units import Lots
from trading_agent.portfolio.ledger import ZERO

_NONE: Final = Lots(0)


class Positions:
    """Spot: positions are long or flat."""

    def __init__(self) -> None:
        self._open: dict[str, Position] = {}
        self.realised_profit = ZERO

    def get(self, symbol: str) -> Position | None:
        return self._open.get(symbol)

    def size(self, symbol: str) -> Lots:
        position = self._open.get(symbol)
        return _NONE if position is None else position.size

    def all(self) -> tuple[Position, ...]:
        return tuple(self._open.values())

    def __len__(self) -> int:
        return len(self._open)

    def fill(self, fact: OrderFilled, money: Decimal, strategy: str = "") -> None:
        """`strategy`: whose order it was. `money`: what the purchase cost or the sale brought, its
        fee included. A sale beyond the position is our fault."""
        position = self._open.get(fact.symbol)
        if fact.side is BUY:
            if position is None:
                self._open[fact.symbol] = _opened(fact, money, strategy)
            else:
                _buy_more(position, fact, money)
            return
        if position is None or position.size < fact.size:
            raise InvariantError(f"{fact.symbol}: sold {fact.size} lots without owning them")
        position.size = Lots(position.size - fact.size)
        position.earned += money
        position.entry_size = _NONE
        position.entry_value = 0

    def close(self, symbol: str, profit: Decimal) -> None:
        """The flat position leaves, while `money.ExactSums` is held; its profit is realised."""
        position = self._open.pop(symbol)
        if position.size != 0 or position.earned - position.spent != profit:
            raise InvariantError(f"{symbol}: closed with {position.size} lots left or wrong profit")
        self.realised_profit += profit


def profit_of(position: Position) -> Decimal:
    """What a position has earned so far, its remaining size worth nothing."""
    return MONEY.subtract(position.earned, position.spent)


def _opened(fact: OrderFilled, money: Decimal, strategy: str) -> Position:
    return Position(
        symbol=fact.symbol,
        opened_at=fact.at,
        bought=fact.size,
        size=fact.size,
        spent=money,
        earned=ZERO,
        entered_at=fact.at,
        entry_size=fact.size,
        entry_value=fact.price * fact.size,
        strategy=strategy,
    )


def _buy_more(position: Position, fact: OrderFilled, money: Decimal) -> None:
    if position.entry_size == 0:
        position.entered_at = fact.at
    position.bought = Lots(position.bought + fact.size)
    position.size = Lots(position.size + fact.size)
    position.spent += money
    position.entry_size = Lots(position.entry_size + fact.size)
    position.entry_value += fact.price * fact.size
