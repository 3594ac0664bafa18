"""A made-up market through a whole core, and one number for what was said and one for the state.

Run as a program it prints both: in another process, with another hash seed, without the
garbage collector, they must be the same.
"""

import gc
import sys

from msgspec.structs import replace

from tests.builders import a_core, a_plan, an_opening, engine_settings, joined
from tests.random_market import PAIRS, RandomMarket, Trouble
from trading_agent.domain.commands import ClosePosition, Origin, PauseEntries, StartTrading
from trading_agent.domain.facts import DeskClosed, Fact
from trading_agent.domain.message import Closing, Input, MarketRows, Stamped
from trading_agent.domain.units import Nanos
from trading_agent.execution.settings import PaperSettings
from trading_agent.runtime.digest import FactsDigest

MESSAGES = 6_000
SEED = 20_240_605


def golden_facts() -> list[Fact]:
    """Fast and slow entries, both pairs, losses, crossings, pauses and commands."""
    settings = engine_settings(
        plan=a_plan(
            signal={"cooldown_ms": 200, "imbalance_threshold": 0.1, "hysteresis": 0.9},
            order_kind="LIMIT",
            order_notional=120.0,
            hold_seconds=3,
            take_profit_bps=3.0,
            stop_bps=9.0,
            resting_seconds=1,
        ),
        paper=PaperSettings(latency_ms=15.0, latency_jitter_ms=10.0),
    )
    core = a_core(settings, an_opening(*PAIRS, seed=SEED), batch=True)
    facts = list(core.open())
    messages = RandomMarket(SEED, Trouble(lost=0.012, crossed=0.012)).messages(MESSAGES)
    quarter = MESSAGES // 4
    commands: tuple[Input, ...] = (
        PauseEntries(origin=Origin.OVERSEER, why="a quiet hour"),
        StartTrading(origin=Origin.PERSON),
        ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"),
        Closing(),
    )
    for number, command in enumerate(commands):
        rows = joined(messages[number * quarter : (number + 1) * quarter])
        first, last = Nanos(int(rows["at"][0])), Nanos(int(rows["at"][-1]))
        facts += core.step(Stamped(2 * number + 1, first, MarketRows(rows)))
        facts += core.step(Stamped(2 * number + 2, last, command))
    return facts


def digests(facts: list[Fact]) -> tuple[str, str]:
    """Of the facts without what the state's layout decides, and of the state."""
    closed = facts[-1]
    assert isinstance(closed, DeskClosed)
    said = FactsDigest()
    said.add([*facts[:-1], replace(closed, state_digest="")])
    return said.hexdigest(), closed.state_digest


if __name__ == "__main__":
    if "--without-gc" in sys.argv:
        gc.disable()
    sys.stdout.write(" ".join(digests(golden_facts())))
