"""A signal to sell where nothing is held or on order is told, and stops nobody."""

from typing import ClassVar

from tests.builders import a_plan, an_opening, engine_settings, joined
from tests.random_market import PAIRS, RandomMarket, Trouble
from trading_agent.domain.decision import Proposal
from trading_agent.domain.facts import Fact, SignalRaised
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Requirements, StrategyView

PLAN = a_plan(signal={"cooldown_ms": 200, "imbalance_threshold": 0.1, "hysteresis": 0.9})
MESSAGES = RandomMarket(7, Trouble(lost=0.01, crossed=0.01)).messages(3_000)


class Asked:
    """Proposes nothing, and remembers what it was asked about."""

    name: ClassVar[str] = "asked"
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, values: Values) -> None:
        self.values = values
        self.about: list[SignalRaised | None] = []

    @property
    def requires(self) -> Requirements:
        return Requirements(signals=True)

    def propose(self, view: StrategyView) -> Proposal | None:
        assert view.signal is not None
        assert (view.bid, view.ask) == (view.signal.bid, view.signal.ask)
        self.about.append(view.signal)
        return None


def hear(*calls: Rows) -> tuple[list[SignalRaised], list[SignalRaised | None]]:
    strategies = StrategySettings(active=(ActiveStrategy(name="asked"),))
    settings = engine_settings(plan=PLAN, strategies=strategies)
    core = assemble(settings, an_opening(*PAIRS), batch=True, own=OwnParts({"asked": Asked}))
    asked = core._state.table.seats[0].strategy
    assert isinstance(asked, Asked)
    facts: list[Fact] = list(core.open())
    for number, rows in enumerate(calls):
        facts += core.step(Stamped(number + 1, Nanos(int(rows["at"][0])), MarketRows(rows)))
    return [fact for fact in facts if isinstance(fact, SignalRaised)], asked.about


def test_a_flat_desk_is_asked_about_purchases_alone_and_told_of_all() -> None:
    told, asked = hear(joined(MESSAGES))
    sides = [fact.direction for fact in told]
    assert sides.count(Side.SELL) > 20 < sides.count(Side.BUY)
    assert asked == [fact for fact in told if fact.direction is Side.BUY]


def test_every_signal_keeps_its_own_figures_however_the_rows_are_handed_over() -> None:
    assert hear(joined(MESSAGES)) == hear(*MESSAGES)
