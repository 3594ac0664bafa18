"""Facts become rows, once, whoever dies or looks meanwhile."""

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.records_databases import KINDS, address_of, everything, opened
from tests.trade_facts import at
from tests.unit.adapters.records.facts import marked, numbered, told
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.opening import prepared
from trading_agent.adapters.records.writer import RecordsWriter, refuse_another_journal
from trading_agent.domain.errors import ConfigError, InvariantError, StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.units import MINUTE


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordsAddress]:
    yield address_of(request.param, tmp_path)


def write(address: RecordsAddress, facts: list[tuple[int, Fact]]) -> None:
    """What a life of the writer does: from where the rows end, in one commit."""
    database = opened(address)
    try:
        writer = prepared(database)
        for sequence, fact in facts[writer.sequence :]:
            writer.add(sequence, fact)
        writer.commit()
    finally:
        database.close()


def rebuilt(address: RecordsAddress, facts: list[tuple[int, Fact]], at_once: int = 1_000) -> int:
    database = opened(address)
    try:
        prepared(database)
        return RecordsWriter(database).rebuild(iter(facts), at_once)
    finally:
        database.close()


def test_every_table_says_what_the_facts_said(address: RecordsAddress) -> None:
    write(address, numbered(told()))
    rows = everything(address)
    assert all(rows.values()), [name for name, found in rows.items() if not found]
    assert [row["closed_at"] for row in rows["runs"]] == [None, at(71)]
    assert rows["progress"][0]["sequence"] == len(told())

    first, second, third, rejected, waited = rows["orders"]
    assert (first["state"], first["side"], first["kind"]) == ("filled", "buy", "ioc")
    assert first["purpose"] == "entry"
    assert first["filled"] == first["size"] == Decimal("0.001")
    assert first["notional"] == Decimal("59.9998")
    assert first["average_price"] == Decimal("59999.8")
    assert (first["fee"], first["fee_asset"]) == (Decimal("0.0299999"), "USDC")
    assert (first["sent_at"], first["arrived_at"], first["ended_at"]) == (at(10), at(11), at(12))
    assert (second["purpose"], second["state"]) == ("exit", "filled")
    assert (third["state"], third["ended_at"]) == ("resting", None)
    assert third["filled"] == Decimal("0.0002")
    assert (rejected["state"], rejected["end_reason"]) == ("rejected", "not_fillable_whole")
    assert rejected["average_price"] is None
    assert (waited["state"], waited["end_reason"]) == ("canceled", "alternative_filled")
    assert (waited["trigger_price"], waited["trail"]) == (Decimal(59_940), Decimal(60))
    assert (waited["triggered_at"], waited["arrived_at"]) == (at(53), at(54))
    assert (waited["sent_bid"], waited["arrived_bid"]) == (Decimal(59_999), Decimal(59_939))
    assert (waited["pair"], waited["filled_pessimistic"]) == (7, 0)
    assert waited["filled_central"] == Decimal("0.00012")

    closed, still_open = rows["positions"]
    assert closed["profit"] == Decimal("0.0401501")
    assert closed["sell_value"] - closed["buy_value"] - closed["fees"] == closed["profit"]
    assert (closed["opened_at"], closed["closed_at"]) == (at(12), at(22))
    assert closed["exit_reason"] == "take_profit"
    assert (still_open["closed_at"], still_open["bought"]) == (None, Decimal("0.0002"))
    assert (still_open["position_id"], still_open["run"]) == (4, 2)

    assert [row["fill_id"] for row in rows["fills"]] == [1, 2, 3, 4]
    marks = [rows["fills"][0][f"after_{it}_bps"] for it in ("1s", "5s", "30s")]
    assert marks == [0.5, None, -2.25]


def test_decisions_incidents_and_costs_are_told_in_their_own_words(
    address: RecordsAddress,
) -> None:
    write(address, numbered(told()))
    rows = everything(address)
    signal, refusal = rows["decisions"]
    assert (signal["kind"], signal["reason"]) == ("signal", "imbalance,momentum")
    assert (signal["strength"], signal["imbalance"]) == (0.1 + 0.2, -1 / 3)
    assert (signal["bid"], signal["session"]) == (Decimal(59999), "EUROPE")
    assert (refusal["kind"], refusal["reason"]) == ("refusal", "spread_too_wide")
    assert "61 bps" in refusal["detail"]
    incidents = [(row["kind"], row["subject"], row["level"]) for row in rows["incidents"]]
    assert incidents == [
        ("EntriesPaused", None, None),
        ("EntriesResumed", None, None),
        ("CommandRefused", "ClosePosition", None),
        ("BreakerTripped", "daily_loss", "hard"),
        ("BreakerRearmed", "daily_loss", None),
        ("DeskKilled", None, None),
        ("DeskRearmed", None, None),
        ("PositionsRemarked", "BTCUSDC,ETHUSDC", None),
        ("SymbolLocked", "BTCUSDC", None),
        ("SymbolUnlocked", "BTCUSDC", None),
        ("StrategySwitched", "flash", None),
        ("ParameterSet", "stop_bps", None),
        ("ParameterUndone", "stop_bps", None),
        ("OverlayApplied", "o1", None),
        ("OverlayRefused", "o2", None),
        ("OverlayReverted", "o1", None),
        ("OverlayExpired", "o3", None),
    ]
    assert [row["detail"] for row in rows["incidents"][8:]] == [
        "person: for 10 s: news",
        "person",
        "person: off",
        "person: as configured to 30",
        "person: 30 to as configured",
        "overseer: risk_multiplier BTCUSDC 0.5 for 600 s tightens: thin",
        "overseer: stale_baseline: too late",
        "overseer: calm",
        "its time is over",
    ]
    (cost,) = rows["shortfalls"]
    parts = ("spread", "impact", "drift", "opportunity", "fees")
    assert sum(cost[part] for part in parts) == cost["total"]
    # One half tick of a cent on one lot of a millionth, and three quarters of the size.
    assert (cost["drift"], cost["filled_share"]) == (Decimal("5E-9"), Decimal("0.75"))


def test_equity_is_kept_by_the_minute_and_adds_up(address: RecordsAddress) -> None:
    write(address, numbered(told()))
    first, last = everything(address)["equity"]
    assert (first["minute"] % MINUTE, last["minute"]) == (0, first["minute"] + MINUTE)
    assert first["at"] == at(35)
    assert (first["realised"], first["unrealised"]) == (Decimal("0.0401501"), 0)
    assert last["unrealised"] == Decimal("10000.03") - 10_000 - Decimal("0.0401501")
    assert last["drawdown"] == Decimal("0.000001999990")


def test_however_it_is_cut_the_rows_are_those_made_at_once(address: RecordsAddress) -> None:
    facts = numbered(told())
    dice = random.Random(5)
    for cut in [*sorted(dice.sample(range(1, len(facts)), 12)), len(facts)]:
        write(address, facts[:cut])
    apart = everything(address)
    assert rebuilt(address, facts) == len(facts)
    assert everything(address) == apart
    rebuilt(address, facts, at_once=3)
    assert everything(address) == apart


def test_telling_a_fact_twice_or_out_of_order_is_our_fault(address: RecordsAddress) -> None:
    facts = numbered(told())
    database = opened(address)
    writer = prepared(database)
    writer.add(*facts[0])
    for wrong in (facts[0], facts[2]):
        with pytest.raises(InvariantError, match="was due"):
            writer.add(*wrong)
    database.close()


def test_of_two_writers_one_is_told_and_nothing_is_doubled(address: RecordsAddress) -> None:
    facts = numbered(told())
    first, second = opened(address), opened(address)
    writers = [prepared(database) for database in (first, second)]
    for writer in writers:
        for sequence, fact in facts[:10]:
            writer.add(sequence, fact)
    writers[0].commit()
    with pytest.raises(StorageError, match="somebody else"):
        writers[1].commit()
    first.close()
    second.close()
    write(address, facts)
    apart = everything(address)
    rebuilt(address, facts)
    assert everything(address) == apart


def test_a_failed_commit_leaves_nothing_behind(address: RecordsAddress) -> None:
    facts = numbered(told())
    write(address, facts[:3])
    before = everything(address)
    database = opened(address)
    writer = prepared(database)
    for sequence, fact in facts[3:]:
        writer.add(sequence, fact)
    with database.transaction() as connection:
        connection.execute(text("DROP TABLE shortfalls"))
    with pytest.raises(StorageError, match="shortfalls"):
        writer.commit()
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE shortfalls AS SELECT 1 AS order_id WHERE 1 = 0"))
        sequence = connection.execute(text("SELECT sequence FROM progress")).scalar()
        orders = connection.execute(text("SELECT COUNT(*) FROM orders")).scalar()
    assert (sequence, orders) == (before["progress"][0]["sequence"], 0)
    database.close()


def test_rows_made_in_another_way_are_made_anew(address: RecordsAddress) -> None:
    facts = numbered(told())
    write(address, facts)
    apart = everything(address)
    database = opened(address)
    with database.transaction() as connection:
        connection.execute(text("UPDATE progress SET projection = 0"))
        connection.execute(text("UPDATE orders SET state = 'wrong'"))
    assert prepared(database).sequence == 0
    database.close()
    write(address, facts)
    assert everything(address) == apart


def test_another_journal_and_one_without_its_end_are_refused(address: RecordsAddress) -> None:
    facts = numbered(told())
    write(address, facts)
    database = opened(address)
    writer = prepared(database)
    first, there, last = facts[0][1], facts[-1][1], len(facts)
    refuse_another_journal(writer, first, there, last)
    refuse_another_journal(writer, first, there, last + 5)
    for other, known in ((marked(0, "1"), last), (None, 0), (first, last - 1)):
        with pytest.raises(ConfigError, match="records rebuild"):
            refuse_another_journal(writer, other, there, known)
    database.close()


def test_a_journal_that_went_on_differently_is_refused(address: RecordsAddress) -> None:
    """As after an older copy of the journal was put back, and the desk has traded since."""
    facts = numbered(told())
    write(address, facts[:10])
    write(address, facts[:20])
    database = opened(address)
    writer = prepared(database)
    refuse_another_journal(writer, facts[0][1], facts[19][1], 30)
    for there in (facts[18][1], marked(0, "1"), None):
        with pytest.raises(ConfigError, match=r"tell fact 20 differently.*records rebuild"):
            refuse_another_journal(writer, facts[0][1], there, 30)
    database.close()
