"""A long, lawful trading history, made quickly, and a journal of it as a run would write it."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from tests.trade_facts import BEGAN, BTCUSDC, accepted, armed, filled, opened, sent
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.domain.documents import to_text
from trading_agent.domain.facts import (
    CashDeposited,
    ExitReason,
    ExitTriggered,
    Fact,
    InstrumentListed,
    PositionClosed,
    PositionOpened,
    SignalRaised,
)
from trading_agent.domain.order import Side
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.engine.account import Account
from trading_agent.engine.account_image import image_of

IDENTITY = JournalIdentity("embedded", "synthetic")
COMMIT = 1_000


def long_history() -> Iterator[Fact]:
    """Without end: a signal, an entry, its protection, an exit with a profit; and again."""
    at = Nanos(BEGAN)
    yield opened()
    yield CashDeposited(at=at, asset="USDC", amount=Decimal(10_000))
    yield InstrumentListed(at=at, instrument=BTCUSDC)
    number = 0
    while True:
        number += 2
        for fact in _round_trip(number):
            at = Nanos(at + SECOND // 50)
            yield replace(fact, at=at)


def _round_trip(number: int) -> tuple[Fact, ...]:
    entry, leave = number - 1, number
    return (
        SignalRaised(
            at=Nanos(0),
            symbol="BTCUSDC",
            session="european",
            direction=Side.BUY,
            strength=0.1 + number % 7 / 10,
            reasons=("imbalance", "momentum"),
            sequence=number,
            bid=Ticks(5_999_950),
            ask=Ticks(6_000_000),
            imbalance=0.4 + 1 / number,
            momentum_bps=1.5,
            volatility_bps=12.25,
        ),
        sent(entry, Side.BUY, 6_000_000, 1_000, "60.05"),
        accepted(entry),
        filled(entry, entry, Side.BUY, 6_000_000, 1_000, "0.03"),
        PositionOpened(at=Nanos(0), symbol="BTCUSDC", size=Lots(1_000), price=Decimal("60000.00")),
        armed(12),
        ExitTriggered(at=Nanos(0), symbol="BTCUSDC", reason=ExitReason.TAKE_PROFIT),
        sent(leave, Side.SELL, 6_009_000, 1_000, "0.001"),
        accepted(leave),
        filled(leave, leave, Side.SELL, 6_010_000, 1_000, "0.03005"),
        PositionClosed(at=Nanos(0), symbol="BTCUSDC", profit=Decimal("0.03995")),
    )


def write_long_journal(path: Path, facts: int, image_every: int) -> Account:
    """Returns what the facts add up to."""
    journal = Journal.open(path, IDENTITY, BEGAN)
    account = Account()
    history = long_history()
    last = 0
    while last < facts:
        batch = list(islice(history, min(COMMIT, facts - last)))
        journal.append(list(enumerate(batch, last + 1)))
        for fact in batch:
            account.apply(fact)
        last += len(batch)
        if last % image_every == 0:
            journal.keep_image(to_text(image_of(account)))
    journal.close()
    return account
