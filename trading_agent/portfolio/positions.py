"""Open positions by symbol, moved by fills."""

from decimal import Decimal

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import OrderFilled
from trading_agent.domain.order import Side
from trading_agent.domain.position import Position
from trading_agent.domain.units import Lots
from trading_agent.portfolio.ledger import MONEY, ZERO


class Positions:
    """Spot: positions are long or flat."""

    def __init__(self) -> None:
        self._open: dict[str, Position] = {}
        self.realised_profit = ZERO

    def get(self, symbol: str) -> Position | None:
        return self._open.get(symbol)

    def size(self, symbol: str) -> Lots:
        position = self._open.get(symbol)
        return position.size if position else Lots(0)

    def all(self) -> tuple[Position, ...]:
        return tuple(self._open.values())

    def __len__(self) -> int:
        return len(self._open)

    def fill(self, fact: OrderFilled, value: Decimal) -> None:
        """`value` is the fill's notional. A sale beyond the position is our fault."""
        position = self._open.get(fact.symbol)
        if fact.side is Side.BUY:
            self._open[fact.symbol] = _bought(position, fact, MONEY.add(value, fact.fee))
            return
        if position is None or position.size < fact.size:
            raise InvariantError(f"{fact.symbol}: sold {fact.size} lots without owning them")
        self._open[fact.symbol] = Position(
            symbol=position.symbol,
            opened_at=position.opened_at,
            bought=position.bought,
            sold=Lots(position.sold + fact.size),
            spent=position.spent,
            earned=MONEY.add(position.earned, MONEY.subtract(value, fact.fee)),
            entered_at=position.entered_at,
            entry_size=Lots(0),
            entry_cost=ZERO,
        )

    def close(self, symbol: str, profit: Decimal) -> None:
        """The flat position leaves; its profit is realised."""
        position = self._open.pop(symbol)
        if position.size != 0 or profit_of(position) != profit:
            raise InvariantError(f"{symbol}: closed with {position.size} lots left or wrong profit")
        self.realised_profit = MONEY.add(self.realised_profit, profit)


def profit_of(position: Position) -> Decimal:
    """What a position has earned so far, its remaining size worth nothing."""
    return MONEY.subtract(position.earned, position.spent)


def _bought(position: Position | None, fact: OrderFilled, cost: Decimal) -> Position:
    if position is None:
        return Position(
            symbol=fact.symbol,
            opened_at=fact.at,
            bought=fact.size,
            sold=Lots(0),
            spent=cost,
            earned=ZERO,
            entered_at=fact.at,
            entry_size=fact.size,
            entry_cost=cost,
        )
    return Position(
        symbol=position.symbol,
        opened_at=position.opened_at,
        bought=Lots(position.bought + fact.size),
        sold=position.sold,
        spent=MONEY.add(position.spent, cost),
        earned=position.earned,
        entered_at=position.entered_at if position.entry_size else fact.at,
        entry_size=Lots(position.entry_size + fact.size),
        entry_cost=MONEY.add(position.entry_cost, cost),
    )
