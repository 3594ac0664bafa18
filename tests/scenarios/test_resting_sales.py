"""A sale that rests takes nothing away from what protects the position."""

from typing import ClassVar

from tests.builders import START, a_plan, an_opening, engine_settings, joined
from tests.random_market import CALM, PAIRS, RandomMarket
from trading_agent.domain.decision import Proposal
from trading_agent.domain.facts import ExitReason, ExitTriggered, Fact, PositionClosed
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.order import ENTRY, EXIT, Side
from trading_agent.domain.order import OrderKind as Kind
from trading_agent.domain.order_facts import EndReason, OrderCanceled, OrderSent
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.engine.assembly import assemble
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Requirements, StrategyView


class Offering:
    """Buys at once, and offers what it holds far above the market, where nobody takes it."""

    name: ClassVar[str] = "offering"
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, values: Values) -> None:
        self.values = values

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe="1s")

    def propose(self, view: StrategyView) -> Proposal | None:
        held = view.position > 0
        return Proposal(
            strategy=self.name,
            symbol=view.instrument.symbol,
            side=Side.SELL if held else Side.BUY,
            kind=Kind.LIMIT_MAKER if held else Kind.IOC,
            price=Ticks(view.ask + 2_000) if held else Ticks(view.ask + 5),
            size=view.position if held else Lots(200),
            purpose=EXIT if held else ENTRY,
            take_profit_bps=0.0,
            stop_bps=0.0 if held else 4.0,
            hold_for=Nanos(0),
            reason="",
        )


def facts_of(seed: int) -> list[Fact]:
    strategies = StrategySettings(active=(ActiveStrategy(name="offering"),))
    settings = engine_settings(plan=a_plan(resting_seconds=3_600), strategies=strategies)
    core = assemble(settings, an_opening(*PAIRS), batch=True, own=OwnParts({"offering": Offering}))
    rows = joined(RandomMarket(seed, CALM).messages(5_000))
    return [*core.open(), *core.step(Stamped(1, Nanos(START), MarketRows(rows)))]


def test_a_stop_is_kept_beside_an_offer_which_makes_way_for_it() -> None:
    facts = facts_of(1)
    offers = {
        fact.order
        for fact in facts
        if isinstance(fact, OrderSent) and fact.kind is Kind.LIMIT_MAKER and fact.purpose is EXIT
    }
    called = [fact for fact in facts if isinstance(fact, OrderCanceled) and fact.order in offers]
    stops = [
        fact for fact in facts if isinstance(fact, ExitTriggered) and fact.reason is ExitReason.STOP
    ]
    assert len(offers) > 3
    assert {fact.reason for fact in called} == {EndReason.BY_REQUEST}
    assert len(called) > 3 < len(stops)
    closed = [fact for fact in facts if isinstance(fact, PositionClosed)]
    assert {fact.strategy for fact in closed} == {"offering"}
    sold = [fact.at for fact in facts if isinstance(fact, OrderSent) and fact.kind is Kind.MARKET]
    # Now and then the market comes back above the stop before the offer is gone.
    soon = [any(0 <= at - fact.at < SECOND for at in sold) for fact in called]
    assert soon.count(True) > 0.8 * len(soon)
