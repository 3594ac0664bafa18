"""Rows, commands, rule changes and wake-ups in any order: nothing breaks, no law is broken."""

from decimal import Decimal
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import a_core, an_opening
from tests.fact_laws import assert_lawful, folded, picture
from tests.properties.test_core_chunks import busy_settings
from tests.random_market import PAIRS, RandomMarket, Trouble
from tests.story import audit
from trading_agent.domain.commands import (
    CloseAll,
    ClosePosition,
    Kill,
    Origin,
    PauseEntries,
    StartTrading,
)
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import (
    Closing,
    Input,
    InstrumentUpdated,
    MarketRows,
    Stamped,
    Woke,
)
from trading_agent.domain.units import Nanos
from trading_agent.engine.core import Core

TROUBLE: Final = Trouble(lost=0.004, crossed=0.004, one_sided=0.03, pause=0.02)
KINDS: Final = ("IOC", "LIMIT", "LIMIT_MAKER", "MARKET")
FEES: Final = (Decimal(0), Decimal("0.0001"), Decimal("0.002"), None)


def an_interruption(dice: Random) -> Input:
    """Something that is not a row. Killing is rare: little happens after it."""
    pair = PAIRS[int(dice.random() * len(PAIRS))]
    rules = replace(
        pair,
        taker_fee=FEES[int(dice.random() * len(FEES))],
        maker_fee=FEES[int(dice.random() * len(FEES))],
        tradable=dice.random() < 0.8,
        min_notional=Decimal(1 + int(dice.random() * 30)),
    )
    choices: tuple[tuple[float, Input], ...] = (
        (0.4, Woke()),
        (0.5, ClosePosition(origin=Origin.PERSON, symbol=pair.symbol)),
        (0.55, PauseEntries(origin=Origin.OVERSEER, why="thinking")),
        (0.75, StartTrading(origin=Origin.PERSON)),
        (0.8, StartTrading(origin=Origin.OVERSEER)),
        (0.84, CloseAll(origin=Origin.PERSON)),
        (0.841, Kill(origin=Origin.CLI, why="enough")),
    )
    drawn = dice.random()
    return next((body for limit, body in choices if drawn < limit), InstrumentUpdated(rules))


class Desk:
    """Audits after every step."""

    def __init__(self, kind: str, history: list[Fact], at: int, **execution: Any) -> None:
        opening = an_opening(*PAIRS, at=at, history=history)
        self.core: Core = a_core(busy_settings(kind, **execution), opening)
        self.at = at
        self.inputs = 0
        self.facts = [*history, *self.core.open()]
        audit(self.core, at)

    def step(self, at: int, body: Input) -> None:
        self.at = max(self.at, at)
        self.inputs += 1
        told = self.core.step(Stamped(self.inputs, Nanos(self.at), body))
        assert self.core.decided == bool(told)
        self.facts += told
        audit(self.core, self.at)
        if isinstance(body, Woke):
            due = self.core.wakeup()
            assert due is None or due > self.at, "waking the core leaves nothing due"


def live(seed: int, kind: str, dice: Random, count: int = 350) -> Desk:
    """A run of one market with interruptions and restarts at random moments."""
    market = RandomMarket(seed, TROUBLE)
    size = {"order_notional": 20.0 + dice.random() * 900.0}
    desk = Desk(kind, [], market.at, **size)
    for message in market.messages(count):
        at = int(message["at"][0])
        while dice.random() < 0.25:
            desk.step(desk.at + int(dice.random() * (at - desk.at + 1)), an_interruption(dice))
        if dice.random() < 0.005:
            assert picture(folded(desk.facts)) == picture(desk.core.account)
            desk = Desk(kind, desk.facts, at, **size)
        while (due := desk.core.wakeup()) is not None and due < at and dice.random() < 0.9:
            desk.step(due, Woke())
        desk.step(at, MarketRows(message))
    desk.step(market.at, Closing())
    return desk


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS))
@settings(max_examples=15)
def test_any_run_keeps_its_books_and_the_facts_alone_rebuild_them(seed: int, kind: str) -> None:
    desk = live(seed, kind, Random(seed))
    assert_lawful(desk.facts)
    assert picture(folded(desk.facts)) == picture(desk.core.account)
