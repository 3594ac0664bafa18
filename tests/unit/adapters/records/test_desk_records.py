"""Closed trades in sums, as doors for people show them."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.records_databases import KINDS, address_of, opened
from tests.unit.adapters.records.facts import numbered, told
from trading_agent.adapters.records import tables
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.desk_records import DeskRecords
from trading_agent.adapters.records.opening import prepared
from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND, Nanos

_NOON = 1_725_451_200 * SECOND
"""Wednesday, 2024-09-04, 12:00 UTC."""
_WAITS = 5.0

_TRADES = (
    # closed at, pair, strategy, spent, profit, reason, held
    (_NOON, "BTCUSDC", "flash", "100", "1.5", "take_profit", 10 * MINUTE),
    (_NOON + HOUR, "BTCUSDC", "momentum", "200", "-0.5", "stop", 20 * MINUTE),
    (_NOON + DAY, "ETHUSDC", "flash", "50", "-0.25", "stop", 30 * MINUTE),
    (_NOON + 6 * DAY, "ETHUSDC", "flash", "50", "0", "time", 40 * MINUTE),
)
_EQUITY = (
    (_NOON - HOUR, "1000"),
    (_NOON, "1001.5"),
    (_NOON + HOUR, "981.47"),
    (_NOON + DAY, "1000.75"),
)


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordsAddress]:
    yield address_of(request.param, tmp_path)


def _position(number: int) -> dict[str, object]:
    closed_at, symbol, _, spent, profit, reason, held = _TRADES[number]
    return {
        "position_id": number + 1,
        "run": 1,
        "symbol": symbol,
        "opened_at": closed_at - held,
        "closed_at": closed_at,
        "bought": Decimal(1),
        "sold": Decimal(1),
        "buy_value": Decimal(spent),
        "sell_value": Decimal(spent) + Decimal(profit) + Decimal("0.1"),
        "fees": Decimal("0.1"),
        "profit": Decimal(profit),
        "exit_reason": reason,
    }


def _order(number: int) -> dict[str, object]:
    closed_at, symbol, strategy, spent, _, _, held = _TRADES[number]
    return {
        "order_id": number + 11,
        "run": 1,
        "symbol": symbol,
        "strategy": strategy,
        "side": "buy",
        "kind": "ioc",
        "purpose": "entry",
        "price": Decimal(1),
        "size": Decimal(1),
        "filled": Decimal(1),
        "notional": Decimal(spent),
        "fee": Decimal("0.05"),
        "state": "filled",
        "sent_at": closed_at - held,
        "arrives_at": closed_at - held,
        "take_profit_bps": 1.0,
        "stop_bps": 1.0,
        "hold_for": 0,
    }


def _fill(number: int) -> dict[str, object]:
    closed_at, symbol, _, spent, _, _, held = _TRADES[number]
    return {
        "fill_id": number + 1,
        "order_id": number + 11,
        "at": closed_at - held,
        "symbol": symbol,
        "side": "buy",
        "price": Decimal(spent),
        "size": Decimal(1),
        "notional": Decimal(spent),
        "liquidity": "taker",
        "fee": Decimal("0.05"),
        "fee_asset": "USDC",
    }


def _mark(place: int) -> dict[str, object]:
    at, equity = _EQUITY[place]
    return {
        "minute": at - at % MINUTE,
        "at": at,
        "run": 1,
        "equity": Decimal(equity),
        "realised": Decimal(0),
        "unrealised": Decimal(0),
        "day_start": Decimal(1_000),
        "high_water": Decimal("1001.5"),
        "drawdown": Decimal(0),
    }


@pytest.fixture
def records(address: RecordsAddress) -> DeskRecords:
    database = opened(address)
    try:
        prepared(database)
        with database.transaction() as connection:
            numbers = range(len(_TRADES))
            connection.execute(insert(tables.orders), [_order(number) for number in numbers])
            connection.execute(insert(tables.fills), [_fill(number) for number in numbers])
            connection.execute(insert(tables.positions), [_position(number) for number in numbers])
            connection.execute(insert(tables.equity), [_mark(it) for it in range(len(_EQUITY))])
    finally:
        database.close()
    return DeskRecords(address, _WAITS)


def test_the_newest_trades_come_first_with_their_numbers_and_strategies(
    records: DeskRecords,
) -> None:
    last, before = records.trades(2)
    assert (last.number, before.number) == (4, 3)
    assert (before.symbol, before.strategy, before.exit_reason) == ("ETHUSDC", "flash", "stop")
    assert (before.profit, before.entry_value) == (Decimal("-0.25"), Decimal(50))
    assert before.closed_at - before.opened_at == 30 * MINUTE
    assert len(records.trades(100)) == len(_TRADES)


def test_a_summary_adds_up_to_the_last_digit(records: DeskRecords) -> None:
    found = records.profit(Nanos(0))
    assert (found.trades, found.wins, found.losses) == (4, 1, 2)
    assert found.profit == Decimal("0.75") == found.gained + found.lost
    assert (found.fees, found.volume) == (Decimal("0.4"), Decimal(400))
    assert found.best is not None and found.worst is not None
    assert (found.best.name, found.worst.name) == ("BTCUSDC", "ETHUSDC")
    assert (found.mean_held_for, found.win_held_for) == (25 * MINUTE, 10 * MINUTE)
    assert found.drawdown == pytest.approx(Decimal("0.02"), abs=Decimal("0.0001"))
    assert (found.drawdown_from, found.drawdown_to) == (_NOON, _NOON + HOUR)
    assert found.start_equity == Decimal(1_000)


def test_a_summary_knows_nothing_from_before_its_time(records: DeskRecords) -> None:
    found = records.profit(Nanos(_NOON + DAY))
    assert (found.trades, found.wins, found.losses) == (2, 0, 1)
    assert found.volume == Decimal(50)
    assert records.profit(Nanos(_NOON + 30 * DAY)).best is None


def test_days_weeks_and_months_have_no_gaps(records: DeskRecords) -> None:
    days = records.periods("day", 8, Nanos(_NOON + 6 * DAY))
    assert [each.trades for each in days] == [1, 0, 0, 0, 0, 1, 2, 0]
    assert days[6].profit == Decimal("1.0")
    assert days[6].start_equity == Decimal(1_000)
    assert days[5].start_equity == Decimal("981.47")
    assert days[0].starts_at % DAY == 0

    weeks = records.periods("week", 2, Nanos(_NOON + 6 * DAY))
    assert [each.trades for each in weeks] == [1, 3]
    assert all((each.starts_at // DAY + 3) % 7 == 0 for each in weeks)

    months = records.periods("month", 3, Nanos(_NOON))
    assert [each.trades for each in months] == [4, 0, 0]
    assert (months[1].starts_at - months[2].starts_at) // DAY == 31


def test_groups_come_the_best_first(records: DeskRecords) -> None:
    pairs = records.by_symbol()
    assert [(each.name, each.profit, each.trades) for each in pairs] == [
        ("BTCUSDC", Decimal("1.0"), 2),
        ("ETHUSDC", Decimal("-0.25"), 2),
    ]
    assert [each.name for each in records.by_strategy("")] == ["flash", "momentum"]
    (only,) = records.by_strategy("ETHUSDC")
    assert (only.name, only.wins, only.losses, only.spent) == ("flash", 0, 1, Decimal(100))
    assert [each.name for each in records.by_exit_reason("")] == ["take_profit", "time", "stop"]


def test_levels_and_marks_of_equity(records: DeskRecords) -> None:
    levels = records.equity_levels()
    assert levels is not None
    assert (levels.day_start, levels.high_water) == (Decimal(1_000), Decimal("1001.5"))
    assert records.equity_since(Nanos(_NOON)) == tuple(
        (at, Decimal(equity)) for at, equity in _EQUITY[1:]
    )


def test_what_the_writer_wrote_is_understood(address: RecordsAddress) -> None:
    database = opened(address)
    try:
        writer = prepared(database)
        for sequence, fact in numbered(told()):
            writer.add(sequence, fact)
        writer.commit()
    finally:
        database.close()
    (trade,) = DeskRecords(address, _WAITS).trades(10)
    assert (trade.symbol, trade.strategy, trade.profit) == (
        "BTCUSDC",
        "flash",
        Decimal("0.0401501"),
    )


def test_empty_records_know_nothing_and_say_so(address: RecordsAddress) -> None:
    database = opened(address)
    prepared(database)
    database.close()
    records = DeskRecords(address, _WAITS)
    assert records.trades(5) == ()
    found = records.profit(Nanos(0))
    assert (found.trades, found.profit, found.drawdown) == (0, 0, None)
    assert records.equity_levels() is None
    assert [each.trades for each in records.periods("week", 2, Nanos(_NOON))] == [0, 0]


def test_records_that_are_not_there_are_a_storage_error(tmp_path: Path) -> None:
    records = DeskRecords(address_of("sqlite", tmp_path), _WAITS)
    with pytest.raises(StorageError, match="no records"):
        records.trades(1)
