"""The account is a fold over facts; a fact that cannot be true is our own fault."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import START, an_instrument
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import (
    BookReady,
    CashDeposited,
    DeskKilled,
    DeskOpened,
    EntriesPaused,
    EntriesResumed,
    InstrumentListed,
)
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, OrderState, Side
from trading_agent.domain.order_facts import (
    EndReason,
    Liquidity,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderSent,
)
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.engine.account import Account

OPENED = DeskOpened(
    at=START,
    venue="embedded",
    source="synthetic",
    simulated=True,
    seed=1,
    settings_digest="",
    version="",
)
ONE = OrderId(1)


def an_account(*facts: Any) -> Account:
    account = Account()
    for fact in (
        OPENED,
        CashDeposited(at=START, asset="USDC", amount=Decimal(100)),
        InstrumentListed(at=START, instrument=an_instrument()),
        *facts,
    ):
        account.apply(fact)
    return account


def sent(side: Side = Side.BUY, **changes: Any) -> OrderSent:
    plain: dict[str, Any] = {
        "at": START,
        "order": ONE,
        "symbol": "BTCUSDC",
        "strategy": "flash",
        "side": side,
        "kind": OrderKind.LIMIT,
        "purpose": OrderPurpose.ENTRY,
        "price": Ticks(10_000),
        "size": Lots(10),
        "arrives_at": START,
        "reserved_asset": "USDC" if side is Side.BUY else "BTC",
        "reserved": Decimal("10.02") if side is Side.BUY else Decimal("0.1"),
        "take_profit_bps": 0.0,
        "stop_bps": 0.0,
        "hold_for": Nanos(0),
    }
    return OrderSent(**(plain | changes))


def filled(side: Side = Side.BUY, **changes: Any) -> OrderFilled:
    plain: dict[str, Any] = {
        "at": START,
        "fill": 1,
        "order": ONE,
        "symbol": "BTCUSDC",
        "side": side,
        "price": Ticks(10_000),
        "size": Lots(4),
        "liquidity": Liquidity.TAKER,
        "fee": Decimal("0.01"),
        "fee_asset": "USDC",
    }
    return OrderFilled(**(plain | changes))


ACCEPTED = OrderAccepted(at=START, order=ONE)


def balances(account: Account) -> tuple[Decimal, ...]:
    ledger = account.ledger
    return (ledger.free("USDC"), ledger.locked("USDC"), ledger.free("BTC"), ledger.locked("BTC"))


def money(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def test_sending_locks_what_the_order_may_cost() -> None:
    assert balances(an_account(sent())) == money("89.98", "10.02", "0", "0")


def test_a_purchase_is_paid_out_of_what_is_locked() -> None:
    account = an_account(sent(), ACCEPTED, filled())
    assert balances(account) == money("89.98", "6.01", "0.04", "0")
    assert account.orders.get(ONE).reserved == Decimal("6.01")


def test_a_whole_fill_ends_the_order_and_frees_the_rest() -> None:
    account = an_account(sent(), ACCEPTED, filled(size=Lots(10), price=Ticks(9_990)))
    assert balances(account) == money("90.00", "0.00", "0.1", "0")
    assert len(account.orders) == 0


def test_an_end_frees_what_is_left() -> None:
    canceled = OrderCanceled(at=START, order=ONE, unfilled=Lots(6), reason=EndReason.REMAINDER)
    account = an_account(sent(), ACCEPTED, filled(), canceled)
    assert balances(account) == money("95.99", "0", "0.04", "0")


def test_a_sale_pays_in_the_base_and_receives_less_the_fee() -> None:
    account = an_account(sent(), ACCEPTED, filled(size=Lots(10)))
    sale = sent(Side.SELL, order=OrderId(2), purpose=OrderPurpose.EXIT)
    for fact in (
        sale,
        OrderAccepted(at=START, order=OrderId(2)),
        filled(Side.SELL, fill=2, order=OrderId(2), price=Ticks(10_100)),
    ):
        account.apply(fact)
    assert balances(account) == money("94.02", "0", "0", "0.06")
    assert account.ledger.residual() == 0


def test_a_fill_beyond_the_reserve_takes_free_cash_and_no_more() -> None:
    dear = filled(size=Lots(10), fee=Decimal(50))
    account = an_account(sent(), ACCEPTED, dear)
    assert balances(account) == money("40", "0", "0.1", "0")
    with pytest.raises(InvariantError, match="spot owes nothing"):
        an_account(sent(), ACCEPTED, filled(size=Lots(10), fee=Decimal(91)))


@pytest.mark.parametrize(
    "facts",
    [
        (sent(), ACCEPTED, filled(), filled()),
        (sent(), ACCEPTED, filled(fill=2), filled(fill=1)),
        (sent(), ACCEPTED, filled(size=Lots(11))),
        (sent(), filled()),
        (filled(),),
        (ACCEPTED,),
        (sent(), sent()),
        (sent(reserved=Decimal(101)),),
        (sent(Side.SELL),),
    ],
)
def test_facts_that_cannot_be_true_are_refused(facts: tuple[Any, ...]) -> None:
    with pytest.raises(InvariantError):
        an_account(*facts)


def test_numbers_and_tallies_are_kept() -> None:
    account = an_account(sent(order=OrderId(7)), sent(order=OrderId(3), reserved=Decimal(1)))
    assert account.last_order == 7
    assert (account.tally.orders, account.runs) == (2, 1)
    account.apply(OPENED)
    assert (account.tally.orders, account.runs) == (0, 2)
    assert account.orders.get(OrderId(7)).state is OrderState.IN_FLIGHT


def test_permissions_follow_the_last_word() -> None:
    account = an_account(EntriesPaused(at=START, why=""))
    assert account.paused == "paused"
    account.apply(EntriesResumed(at=START))
    assert account.paused == ""
    account.apply(DeskKilled(at=START, why=""))
    assert account.killed == "killed"


def test_facts_that_only_tell_change_nothing() -> None:
    account = an_account(BookReady(at=START, symbol="BTCUSDC"))
    assert balances(account) == money("100", "0", "0", "0")
