from decimal import Decimal, Inexact

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.money import MONEY, ExactSums
from trading_agent.portfolio.ledger import Ledger


def a_ledger(**deposits: str) -> Ledger:
    ledger = Ledger()
    for asset, amount in deposits.items():
        ledger.deposit(asset, Decimal(amount))
    return ledger


def test_an_empty_ledger_owns_nothing_of_anything() -> None:
    ledger = Ledger()
    assert (ledger.free("BTC"), ledger.locked("BTC"), ledger.total("BTC")) == (0, 0, 0)
    assert ledger.assets() == ()


def test_locking_moves_free_to_locked_and_back() -> None:
    ledger = a_ledger(USDC="100")
    ledger.lock("USDC", Decimal(30))
    assert (ledger.free("USDC"), ledger.locked("USDC")) == (70, 30)
    ledger.unlock("USDC", Decimal(10))
    assert (ledger.free("USDC"), ledger.locked("USDC")) == (80, 20)
    assert ledger.total("USDC") == 100


def test_a_payment_leaves_what_is_locked_and_a_receipt_is_free() -> None:
    ledger = a_ledger(USDC="100")
    ledger.lock("USDC", Decimal(30))
    ledger.pay("USDC", Decimal(25))
    ledger.receive("BTC", Decimal("0.5"))
    assert (ledger.total("USDC"), ledger.locked("USDC"), ledger.free("BTC")) == (
        75,
        5,
        Decimal("0.5"),
    )


@pytest.mark.parametrize("move", ["lock", "unlock", "pay"])
def test_nothing_can_be_owed(move: str) -> None:
    ledger = a_ledger(USDC="10")
    with pytest.raises(InvariantError, match="spot owes nothing"):
        getattr(ledger, move)("USDC", Decimal("10.00000001"))


def test_a_sum_that_cannot_be_exact_is_an_error() -> None:
    ledger = a_ledger(USDC="1e40")
    with ExactSums(), pytest.raises(Inexact):
        ledger.deposit("USDC", Decimal("1e-40"))
    assert MONEY.prec >= 40


def test_assets_are_listed_by_name() -> None:
    assert a_ledger(USDC="1", BTC="1", ETH="1").assets() == ("BTC", "ETH", "USDC")


amounts = st.decimals("0", "1000000", places=8)
moves = st.tuples(
    st.sampled_from(("deposit", "lock", "unlock", "pay", "receive")),
    st.sampled_from(("USDC", "BTC")),
    amounts,
)


@given(script=st.lists(moves, max_size=40))
@settings(max_examples=60)
def test_both_sides_of_any_entries_sum_to_zero(script: list[tuple[str, str, Decimal]]) -> None:
    ledger = Ledger()
    came: dict[str, Decimal] = {"USDC": Decimal(0), "BTC": Decimal(0)}
    for move, asset, wished in script:
        have = {"lock": ledger.free, "unlock": ledger.locked, "pay": ledger.locked}.get(move)
        amount = min(wished, have(asset)) if have else wished
        getattr(ledger, move)(asset, amount)
        came[asset] += {"deposit": amount, "receive": amount, "pay": -amount}.get(move, 0)
    assert ledger.residual() == 0
    for asset, total in came.items():
        assert ledger.total(asset) == total
        assert min(ledger.free(asset), ledger.locked(asset)) >= 0
