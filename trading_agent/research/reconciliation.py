"""Adds a journal up a second time, from its fills alone, and says where the two sums differ."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import CashDeposited, Fact, InstrumentListed, PositionClosed
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.money import MONEY
from trading_agent.domain.order import OrderId, Side
from trading_agent.domain.order_facts import (
    Liquidity,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
)
from trading_agent.domain.units import Lots, Nanos
from trading_agent.engine.account import Account
from trading_agent.portfolio.ledger import ZERO


class Fill(Struct, frozen=True, kw_only=True):
    """One execution in the units people use: `price` in `quote`, `size` in `base`."""

    at: Nanos
    fill: int
    order: int
    symbol: str
    base: str
    quote: str
    side: Side
    price: Decimal
    size: Decimal
    value: Decimal
    fee: Decimal
    fee_asset: str
    liquidity: Liquidity


@dataclass(slots=True)
class Evidence:
    """What facts say outright, collected without adding anything up."""

    deposits: dict[str, Decimal] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    profits: list[Decimal] = field(default_factory=list)
    """Of every position closed."""
    _instruments: dict[str, Instrument] = field(default_factory=dict)
    _orders: dict[OrderId, OrderSent] = field(default_factory=dict)
    _leaves: dict[OrderId, Lots] = field(default_factory=dict)

    def hear(self, fact: Fact) -> None:
        """Raises InvariantError for a fill of what was never listed or sent."""
        match fact:
            case CashDeposited(asset=asset, amount=amount):
                _add(self.deposits, asset, amount)
            case InstrumentListed(instrument=instrument):
                self._instruments[instrument.symbol] = instrument
            case OrderSent(order=order, size=size):
                self._orders[order] = fact
                self._leaves[order] = size
            case OrderFilled():
                self._fill(fact)
            case OrderCanceled(order=order) | OrderRejected(order=order):
                self._leaves.pop(order, None)
            case PositionClosed(profit=profit):
                self.profits.append(profit)
            case _:
                pass

    def reserves(self) -> dict[str, Decimal]:
        """What the orders still open hold back, by asset: all they took less what their fills
        used. A fee raised on the way may use more; the order then holds nothing back."""
        left = {order: self._orders[order].reserved for order in self._leaves}
        for fill in self.fills:
            order = OrderId(fill.order)
            if order in left:
                bought = fill.side is Side.BUY
                used = MONEY.add(fill.value, fill.fee) if bought else fill.size
                left[order] = MONEY.subtract(left[order], used)
        held: dict[str, Decimal] = {}
        for order, amount in left.items():
            _add(held, self._orders[order].reserved_asset, max(amount, ZERO))
        return held

    def _fill(self, fact: OrderFilled) -> None:
        instrument = self._instruments.get(fact.symbol)
        if instrument is None or fact.order not in self._leaves:
            raise InvariantError(f"fill {fact.fill} is of an order or a pair that is not known")
        left = Lots(self._leaves[fact.order] - fact.size)
        if left > 0:
            self._leaves[fact.order] = left
        else:
            del self._leaves[fact.order]
        self.fills.append(_in_units(fact, instrument))


def disagreements(evidence: Evidence, account: Account) -> tuple[str, ...]:
    """Everything in which the account differs from what the fills add up to; empty when sound."""
    return (
        *_of_ledger(account),
        *_of_balances(evidence, account),
        *_of_positions(evidence, account),
        *_of_reserves(evidence, account),
        *_of_profits(evidence, account),
    )


def _of_ledger(account: Account) -> Iterator[str]:
    residual = account.ledger.residual()
    if residual != 0:
        yield f"the ledger's two sides differ by {plain_text(residual)}"


def _of_balances(evidence: Evidence, account: Account) -> Iterator[str]:
    expected = dict(evidence.deposits)
    for fill in evidence.fills:
        sign = 1 if fill.side is Side.BUY else -1
        _add(expected, fill.base, sign * fill.size)
        _add(expected, fill.quote, -sign * fill.value)
        _add(expected, fill.fee_asset, -fill.fee)
    found = {asset: account.ledger.total(asset) for asset in account.ledger.assets()}
    yield from _differences("balance of", found, expected, "deposits and fills make")


def _of_positions(evidence: Evidence, account: Account) -> Iterator[str]:
    found = {
        position.symbol: account.instruments[position.symbol].size(position.size)
        for position in account.positions.all()
    }
    net: dict[str, Decimal] = {}
    held = dict(evidence.deposits)
    for fill in evidence.fills:
        _add(net, fill.symbol, fill.size if fill.side is Side.BUY else -fill.size)
    yield from _differences("position in", found, net, "its fills make")
    quotes = {fill.quote for fill in evidence.fills}
    bases = {fill.base for fill in evidence.fills} - quotes
    for symbol, size in found.items():
        _add(held, account.instruments[symbol].base, size)
    totals = {asset: account.ledger.total(asset) for asset in bases}
    owned = {asset: held.get(asset, ZERO) for asset in bases}
    yield from _differences("balance of", totals, owned, "deposits and positions make")


def _of_reserves(evidence: Evidence, account: Account) -> Iterator[str]:
    found = {asset: account.ledger.locked(asset) for asset in account.ledger.assets()}
    yield from _differences("locked", found, evidence.reserves(), "open orders hold back")


def _of_profits(evidence: Evidence, account: Account) -> Iterator[str]:
    closed = _sum(evidence.profits)
    round_trips = _sum(_profits_of_round_trips(evidence.fills))
    realised = account.positions.realised_profit
    yield from _difference("realised profit is", realised, "closed positions make", closed)
    yield from _difference("closed positions make", closed, "their fills make", round_trips)
    quotes = sorted({fill.quote for fill in evidence.fills})
    if len(quotes) > 1:
        yield f"profits in {', '.join(quotes)} are added up as if they were one asset"


def _profits_of_round_trips(fills: Iterable[Fill]) -> Iterator[Decimal]:
    """Of every stretch from flat to flat in one pair."""
    sizes: dict[str, Decimal] = {}
    gains: dict[str, Decimal] = {}
    for fill in fills:
        sign = 1 if fill.side is Side.BUY else -1
        _add(sizes, fill.symbol, sign * fill.size)
        _add(gains, fill.symbol, -sign * fill.value)
        _add(gains, fill.symbol, -fill.fee)
        if sizes[fill.symbol] == 0:
            yield gains.pop(fill.symbol)


def _differences(
    what: str, found: Mapping[str, Decimal], expected: Mapping[str, Decimal], who: str
) -> Iterator[str]:
    for name in sorted(found.keys() | expected.keys()):
        one, other = found.get(name, ZERO), expected.get(name, ZERO)
        yield from _difference(f"{what} {name} is", one, who, other)


def _difference(what: str, one: Decimal, who: str, other: Decimal) -> Iterator[str]:
    if one != other:
        yield f"{what} {plain_text(one)}, {who} {plain_text(other)}"


def _in_units(fact: OrderFilled, instrument: Instrument) -> Fill:
    price, size = instrument.price(fact.price), instrument.size(fact.size)
    return Fill(
        at=fact.at,
        fill=fact.fill,
        order=fact.order,
        symbol=fact.symbol,
        base=instrument.base,
        quote=instrument.quote,
        side=fact.side,
        price=price,
        size=size,
        value=MONEY.multiply(price, size),
        fee=fact.fee,
        fee_asset=fact.fee_asset,
        liquidity=fact.liquidity,
    )


def _add(sums: dict[str, Decimal], name: str, amount: Decimal) -> None:
    sums[name] = MONEY.add(sums.get(name, ZERO), amount)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = MONEY.add(total, amount)
    return total
