"""The account as one document: what recovery begins with instead of the first fact.

Folding all facts, and folding the rest onto an image of the first of them, come to the same,
to the last digit of every amount.
"""

from copy import deepcopy
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct

from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import ExitsArmed
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order_facts import Liquidity
from trading_agent.domain.position import Position
from trading_agent.engine.account import Account, Tally
from trading_agent.engine.changes import Changes
from trading_agent.execution.orders import WorkingOrder
from trading_agent.portfolio.execution_quality import MarkSums, ShortfallSums, TripleCount
from trading_agent.portfolio.ledger import Balance
from trading_agent.risk.history import RiskHistory


class QualityImage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As in `portfolio.execution_quality`."""

    triples: dict[str, TripleCount]
    shortfalls: dict[str, ShortfallSums]
    marks: dict[Liquidity, MarkSums]


class AccountImage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every field of `Account` and of what it is made of. No field has a default: an image that
    lacks one was made by another program."""

    ledger: dict[str, Balance]
    positions: tuple[Position, ...]
    realised_profit: Decimal
    orders: tuple[WorkingOrder, ...]
    instruments: tuple[Instrument, ...]
    exits: tuple[ExitsArmed, ...]
    deposited: dict[str, Decimal]
    tally: Tally
    quality: QualityImage
    signals: dict[str, dict[str, int]]
    refusals: dict[str, int]
    paused: str
    killed: str
    leaving: bool
    ended_in_order: bool
    runs: int
    last_order: int
    last_fill: int
    risk: RiskHistory
    changes: Changes


_decoder: Final = msgspec.json.Decoder(AccountImage)


def image_of(account: Account) -> AccountImage:
    """Shares what the account changes: write it down before the next fact."""
    return AccountImage(
        ledger=account.ledger._balances,
        positions=account.positions.all(),
        realised_profit=account.positions.realised_profit,
        orders=account.orders.all(),
        instruments=tuple(account.instruments.values()),
        exits=tuple(account.exits.values()),
        deposited=account.deposited,
        tally=account.tally,
        quality=QualityImage(
            triples=account.quality.triples,
            shortfalls=account.quality.shortfalls,
            marks=account.quality.marks,
        ),
        signals=account.signals,
        refusals=account.refusals,
        paused=account.paused,
        killed=account.killed,
        leaving=account.leaving,
        ended_in_order=account._ended_in_order,
        runs=account.runs,
        last_order=account.last_order,
        last_fill=account.last_fill,
        risk=account.risk,
        changes=account.changes,
    )


def image_from_text(text: str) -> AccountImage:
    """What `documents.to_text` wrote of an image. Raises StorageError when it is not one."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, ValueError) as error:
        raise StorageError(f"an image of the account cannot be read: {error}") from error


def restored(image: AccountImage) -> Account:
    """The account the image was made of. It owns all its values: of one image as many desks may
    begin as one likes, and none of them changes it."""
    image = deepcopy(image)
    account = Account()
    account.ledger._balances.update(image.ledger)
    account.positions._open.update((each.symbol, each) for each in image.positions)
    account.positions.realised_profit = image.realised_profit
    account.orders._open.update((each.sent.order, each) for each in image.orders)
    account.instruments.update((each.symbol, each) for each in image.instruments)
    account.exits.update((each.symbol, each) for each in image.exits)
    account.deposited.update(image.deposited)
    account.tally = image.tally
    account.quality.triples.update(image.quality.triples)
    account.quality.shortfalls.update(image.quality.shortfalls)
    account.quality.marks.update(image.quality.marks)
    account.signals.update(image.signals)
    account.refusals.update(image.refusals)
    account.paused = image.paused
    account.killed = image.killed
    account.leaving = image.leaving
    account._ended_in_order = image.ended_in_order
    account.runs = image.runs
    account.last_order = image.last_order
    account.last_fill = image.last_fill
    account.risk = image.risk
    account.changes = image.changes
    return account
