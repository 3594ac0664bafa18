"""What is said of a moment is the same whatever comes after it: every strategy inside the whole
engine, which holds the rows of the future while it is asked about the present."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.builders import a_plan, an_opening, engine_settings, joined
from tests.own_strategies import AT_SIGNALS, an_own_strategy
from tests.properties.test_strategies import EAGER
from tests.random_market import CALM, PAIRS, RandomMarket
from trading_agent.domain.decision import Proposal
from trading_agent.domain.facts import DeskOpened, Fact, ProposalRefused
from trading_agent.domain.market_rows import RowKind, Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.strategies.entries import Barriers, enter
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.standard import STANDARD
from trading_agent.strategies.strategy import Requirements, Strategy, StrategyView

pytestmark = pytest.mark.slow

MESSAGES = 5_000
CUTS = (2_200, 3_800)
QUICK: Mapping[str, float] = {"timeframe_seconds": 1}
PARAMETERS: Mapping[str, Mapping[str, float]] = {
    **{name: parameters | QUICK for name, parameters in EAGER.items()},
    "momentum": QUICK | {"threshold_bps": 1.0, "average_period": 0, "volume_factor": 0.0},
    "flash": {},
    "market_making": {"half_spread_bps": 0.5, "spread_share": 0.0, "volatility_factor": 0.0},
}
"""So that they speak often."""

Own = Callable[[Rows], dict[str, type[Strategy]]]


def nobody(_: Rows) -> dict[str, type[Strategy]]:
    return {}


@cache
def market(cut: int = MESSAGES) -> list[Rows]:
    """The same every time; what comes after so many messages is another market."""
    messages = RandomMarket(11, CALM).messages(MESSAGES)
    other = RandomMarket(97, CALM)
    other.at = int(messages[cut - 1]["at"][0])
    return [*messages[:cut], *other.messages(MESSAGES - cut)]


def facts_of(active: ActiveStrategy, messages: list[Rows], own: Own) -> list[Fact]:
    """All rows are handed over at once, as to a backtest."""
    rows = joined(messages)
    signal = {"cooldown_ms": 200, "imbalance_threshold": 0.1, "hysteresis": 1.0}
    plan = a_plan(signal=signal, order_notional=70.0, hold_seconds=3, resting_seconds=5)
    settings = engine_settings(plan=plan, strategies=StrategySettings(active=(active,)))
    core = assemble(settings, an_opening(*PAIRS), batch=True, own=OwnParts(own(rows)))
    at = Nanos(int(rows["at"][0]))
    return [*core.open(), *core.step(Stamped(1, at, MarketRows(rows)))]


def sees_ahead(active: ActiveStrategy, own: Own = nobody) -> bool:
    """Whether anything that is said before a moment changes with what comes after it."""
    known = facts_of(active, market(), own)
    for cut in CUTS:
        messages = market(cut)
        moment = int(messages[cut]["at"][0])
        before = [fact for fact in known if fact.at < moment]
        wishes = [fact for fact in before if isinstance(fact, OrderSent | ProposalRefused)]
        assert len(wishes) > 5, "silence would prove nothing"
        if before != [fact for fact in facts_of(active, messages, own) if fact.at < moment]:
            return True
    return False


def test_two_futures_of_one_past_differ() -> None:
    """Else nothing here would prove anything."""
    known, other = joined(market()), joined(market(CUTS[0]))
    first = int(np.flatnonzero(known["at"][: len(other)] != other["at"][: len(known)])[0])
    assert known["at"][first] >= market()[CUTS[0]]["at"][0]
    assert isinstance(facts_of(ActiveStrategy(name="flash"), market(), nobody)[0], DeskOpened)


@pytest.mark.parametrize("name", STANDARD)
def test_no_strategy_sees_ahead_in_the_engine(name: str) -> None:
    assert not sees_ahead(ActiveStrategy(name=name, parameters=dict(PARAMETERS[name])))


def who_peeks(seconds: float, requires: Requirements) -> Own:
    """Buys when the last print within so many seconds from now is above the ask: it was handed
    the very rows that the engine works through."""

    def own(rows: Rows) -> dict[str, type[Strategy]]:
        prints = rows[np.isin(rows["kind"], (RowKind.BUY, RowKind.SELL))]

        def answer(view: StrategyView) -> Proposal | None:
            ahead = prints[prints["at"] <= view.at + int(seconds * SECOND)]
            risen = len(ahead) > 0 and int(ahead["price"][-1]) > view.ask
            if view.position or not risen:
                return None
            return enter(view, "peeking", Barriers(0.0, 5.0, Nanos(SECOND)), "it will rise")

        return {"peeking": an_own_strategy("peeking", answer, requires)}

    return own


@pytest.mark.parametrize("requires", [AT_SIGNALS, Requirements(timeframe="1s")])
@pytest.mark.parametrize(("seconds", "caught"), [(60.0, True), (5.0, True), (0.0, False)])
def test_who_peeks_is_caught_and_who_looks_back_is_not(
    seconds: float, caught: bool, requires: Any
) -> None:
    assert sees_ahead(ActiveStrategy(name="peeking"), who_peeks(seconds, requires)) is caught
