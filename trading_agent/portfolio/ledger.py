"""Balances by asset: free and locked, exact. Every entry has two sides that sum to zero."""

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Final

from trading_agent.domain.errors import InvariantError

MONEY: Final = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])
"""Sums of money are exact or they are an error."""

ZERO: Final = Decimal(0)


class Ledger:
    """What the account owns. `free` can be spent, `locked` backs open orders."""

    def __init__(self) -> None:
        self._free: dict[str, Decimal] = {}
        self._locked: dict[str, Decimal] = {}
        self._outside: dict[str, Decimal] = {}

    def free(self, asset: str) -> Decimal:
        return self._free.get(asset, ZERO)

    def locked(self, asset: str) -> Decimal:
        return self._locked.get(asset, ZERO)

    def total(self, asset: str) -> Decimal:
        return MONEY.add(self.free(asset), self.locked(asset))

    def assets(self) -> tuple[str, ...]:
        return tuple(sorted(self._free.keys() | self._locked.keys()))

    def deposit(self, asset: str, amount: Decimal) -> None:
        self._move(self._outside, self._free, asset, amount)

    def lock(self, asset: str, amount: Decimal) -> None:
        if self._move(self._free, self._locked, asset, amount) < 0:
            raise _debt(asset, self._free[asset])

    def unlock(self, asset: str, amount: Decimal) -> None:
        if self._move(self._locked, self._free, asset, amount) < 0:
            raise _debt(asset, self._locked[asset])

    def pay(self, asset: str, amount: Decimal) -> None:
        """To the market, out of what is locked."""
        if self._move(self._locked, self._outside, asset, amount) < 0:
            raise _debt(asset, self._locked[asset])

    def receive(self, asset: str, amount: Decimal) -> None:
        """From the market."""
        self._move(self._outside, self._free, asset, amount)

    def residual(self) -> Decimal:
        """Sum over both sides of every entry ever made: zero, or the ledger is wrong."""
        sides = (self._free, self._locked, self._outside)
        return sum((amount for side in sides for amount in side.values()), ZERO)

    @staticmethod
    def _move(
        source: dict[str, Decimal], target: dict[str, Decimal], asset: str, amount: Decimal
    ) -> Decimal:
        """Returns what is left at the source."""
        left = MONEY.subtract(source.get(asset, ZERO), amount)
        source[asset] = left
        target[asset] = MONEY.add(target.get(asset, ZERO), amount)
        return left


def _debt(asset: str, balance: Decimal) -> InvariantError:
    return InvariantError(f"{asset} balance fell to {balance}: spot owes nothing")
