"""What a journal adds up to, and that a second way of adding up finds what is wrong."""

import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.trade_facts import at, changed, history, opened, sent, write_journal
from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import CashDeposited, Fact, PositionClosed
from trading_agent.domain.order import OrderId, Side
from trading_agent.domain.order_facts import EndReason, OrderCanceled, OrderFilled, OrderSent
from trading_agent.domain.units import Lots
from trading_agent.engine.account import Account
from trading_agent.portfolio.ledger import Balance
from trading_agent.research.reconciliation import Evidence, disagreements
from trading_agent.research.report import BalanceLine, find_journals, read_report


def told(tmp_path: Path, facts: Sequence[Fact]) -> tuple[bool, str]:
    document = read_report(write_journal(tmp_path / "journal.sqlite", facts))
    return document.reconciles, "; ".join(document.disagreements)


def test_the_report_is_what_the_facts_add_up_to(tmp_path: Path) -> None:
    document = read_report(write_journal(tmp_path / "journal.sqlite", history()))

    assert (document.venue, document.source, document.simulated) == ("embedded", "synthetic", True)
    assert (document.runs, document.last_fact_sequence) == (2, 20)
    assert (document.first_at, document.last_at) == (at(0), at(32))
    assert document.deposits == {"USDC": Decimal(10_000)}
    assert document.balances == {
        "BTC": BalanceLine(Decimal("0.0002"), Decimal(0)),
        "USDC": BalanceLine(Decimal("9970.0201501"), Decimal("18.014")),
    }
    assert document.realised_profit == Decimal("0.0401501")
    assert document.fees == Decimal("0.0660499")
    assert document.quote == "USDC"
    assert (document.reconciles, document.disagreements) == (True, ())


def test_open_things_are_listed_in_the_units_people_use(tmp_path: Path) -> None:
    document = read_report(write_journal(tmp_path / "journal.sqlite", history()))

    (position,) = document.positions
    assert (position.symbol, position.size) == ("BTCUSDC", Decimal("0.0002"))
    assert position.average_price == Decimal(60030)
    assert position.cost == Decimal("12.006")
    (waiting,) = document.open_exits
    assert (waiting.take_profit, waiting.stop) == (Decimal("60150.00"), Decimal("59940.00"))
    assert waiting.deadline == at(152)
    (order,) = document.open_orders
    assert (order.order, order.side, order.filled) == (3, "BUY", Decimal("0.0002"))
    assert (order.reserved, order.reserved_asset) == (Decimal("18.014"), "USDC")
    assert [fill.fill for fill in document.fills] == [1, 2, 3, 4]
    assert document.fills[1].value == Decimal("23.9998")


def test_an_empty_journal_is_reported_as_empty(tmp_path: Path) -> None:
    document = read_report(write_journal(tmp_path / "journal.sqlite", ()))
    assert (document.last_fact_sequence, document.fills, document.reconciles) == (0, (), True)
    assert document.simulated


def test_a_fee_taken_from_another_asset_does_not_reconcile(tmp_path: Path) -> None:
    facts = changed(history(), OrderFilled, 0, fee_asset="MX")
    assert told(tmp_path, facts) == (
        False,
        "balance of MX is 0, deposits and fills make -0.018; "
        "balance of USDC is 9988.0341501, deposits and fills make 9988.0521501",
    )


def test_a_round_trip_that_was_never_closed_does_not_reconcile(tmp_path: Path) -> None:
    facts = [fact for fact in history()[:14] if not isinstance(fact, PositionClosed)]
    assert told(tmp_path, facts) == (
        False,
        "closed positions make 0, their fills make 0.0401501",
    )


def test_an_account_that_was_tampered_with_does_not_reconcile() -> None:
    account, evidence = Account(), Evidence()
    for fact in history():
        account.apply(fact)
        evidence.hear(fact)
    assert disagreements(evidence, account) == ()

    account.ledger.deposit("USDC", Decimal("0.5"))
    account.ledger.lock("BTC", Decimal("0.0001"))
    account.positions.realised_profit += 1
    account.positions.fill(replace_fill(history(), size=Lots(100)), Decimal(6))
    assert disagreements(evidence, account) == (
        "balance of USDC is 9988.5341501, deposits and fills make 9988.0341501",
        "position in BTCUSDC is 0.0003, its fills make 0.0002",
        "balance of BTC is 0.0002, deposits and positions make 0.0003",
        "locked BTC is 0.0001, open orders hold back 0",
        "realised profit is 1.0401501, closed positions make 0.0401501",
    )


def replace_fill(facts: Sequence[Fact], size: Lots) -> OrderFilled:
    (*_, last) = (
        fact for fact in changed(facts, OrderFilled, 3, size=size) if isinstance(fact, OrderFilled)
    )
    return last


def test_a_ledger_with_one_sided_entries_is_found() -> None:
    account = Account()
    account.ledger._balances["USDC"] = Balance(free=Decimal(1))
    assert disagreements(Evidence(), account) == (
        "the ledger's two sides differ by 1",
        "balance of USDC is 1, deposits and fills make 0",
    )


def test_what_ended_orders_held_back_is_free_again(tmp_path: Path) -> None:
    facts = [
        *history(),
        OrderCanceled(at=at(40), order=OrderId(3), unfilled=Lots(300), reason=EndReason.BY_REQUEST),
    ]
    document = read_report(write_journal(tmp_path / "journal.sqlite", facts))
    assert document.open_orders == ()
    assert document.balances["USDC"] == BalanceLine(Decimal("9988.0341501"), Decimal(0))
    assert document.reconciles


def test_a_base_asset_owned_from_the_start_is_no_position(tmp_path: Path) -> None:
    facts = list(history())
    facts.insert(2, CashDeposited(at=at(0), asset="BTC", amount=Decimal(1)))
    document = read_report(write_journal(tmp_path / "journal.sqlite", facts))
    assert document.balances["BTC"].free == Decimal("1.0002")
    assert document.reconciles


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (changed(history(), PositionClosed, 0, profit=Decimal(1)), "fact 14 .PositionClosed."),
        (changed(history(), OrderSent, 1, reserved=Decimal(5)), "fact 11 .OrderSent."),
        (changed(history(), OrderFilled, 2, fill=2), "doubled"),
        ([opened(), sent(1, Side.BUY, 1, 1, "1")], "fact 2 .OrderSent.*USDC balance"),
        (
            [*history(), *changed(history(), OrderFilled, 3, fill=9, symbol="X")[17:18]],
            "fact 21 .OrderFilled.",
        ),
    ],
)
def test_facts_that_contradict_one_another_are_named(
    tmp_path: Path, facts: Sequence[Fact], words: str
) -> None:
    with pytest.raises(Exception, match=words) as failure:
        read_report(write_journal(tmp_path / "journal.sqlite", facts))
    assert words == "doubled" or isinstance(failure.value, StorageError)


def test_journals_are_found_newest_first(tmp_path: Path) -> None:
    names = ("journal.sqlite", "embedded-synthetic/journal.sqlite", "mexc/journal.sqlite")
    for age, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1_000 + age, 1_000 + age))
    (tmp_path / "embedded-synthetic" / "journal.sqlite-wal").touch()
    os.utime(tmp_path / "embedded-synthetic" / "journal.sqlite-wal", (2_000, 2_000))

    found = [each.path.relative_to(tmp_path).as_posix() for each in find_journals(tmp_path)]
    assert found == [names[1], names[2], names[0]]
    assert find_journals(tmp_path / "nothing") == ()


def test_a_journal_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no journal"):
        read_report(tmp_path / "journal.sqlite")
    assert not (tmp_path / "journal.sqlite").exists()
