"""What the desk says and does is the same whatever comes after: the future is replaced by noise."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import a_plan, an_opening, engine_settings, joined
from tests.properties.test_strategies import EAGER
from tests.random_market import PAIRS, RandomMarket, Trouble
from trading_agent.domain.chart_facts import PatternSeen
from trading_agent.domain.decision import Proposal, Quotes
from trading_agent.domain.facts import Fact
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.standard import STANDARD
from trading_agent.strategies.strategy import Requirements, Strategy, StrategyView

MESSAGES = 3_000
SEEDS = (3, 8)
WATCHED: tuple[Any, ...] = ("1s", "5s", "15s", "1m")
Answer = tuple[int, str, str, str, str]
"""When, who, about what, at the close of which candle, and what."""


def listening(strategy: type[Strategy], answers: list[Answer]) -> type[Strategy]:
    """The same strategy under another name, whose answers are written down."""

    class Listening:
        name: ClassVar[str] = f"heard_{strategy.name}"
        parameters: ClassVar[tuple[Parameter, ...]] = strategy.parameters

        def __init__(self, values: Values) -> None:
            self._strategy = strategy(values)

        @property
        def requires(self) -> Requirements:
            return self._strategy.requires

        def propose(self, view: StrategyView) -> Proposal | Quotes | None:
            said = self._strategy.propose(view)
            symbol = view.instrument.symbol
            answers.append((view.at, strategy.name, symbol, view.closed, repr(said)))
            if isinstance(said, Quotes):
                return Quotes(self._renamed(said.bid), self._renamed(said.ask))
            return self._renamed(said)

        def _renamed(self, said: Proposal | None) -> Proposal | None:
            return said and replace(said, strategy=self.name)

    return Listening


def all_at_work() -> EngineSettings:
    """All nine, eager and on candles of a second; patterns of every kind, and the regime."""
    quick = {"timeframe_seconds": 1.0}
    eager = {**EAGER, "momentum": {**EAGER["momentum"], "threshold_bps": 5.0}}
    active = tuple(
        ActiveStrategy(
            name=f"heard_{name}",
            parameters={**eager[name], **quick} if name in eager else {},
            symbols=("ETHUSDC",) if name == "lead_lag" else (),
        )
        for name in STANDARD
    )
    signal = {"cooldown_ms": 200, "imbalance_threshold": 0.1, "hysteresis": 1.0}
    return engine_settings(
        plan=a_plan(signal=signal, order_notional=70.0, hold_seconds=20),
        strategies=StrategySettings(active=active),
        timeframes=TimeframeSettings(patterns=WATCHED, candlesticks=WATCHED, regime="5s"),
    )


def heard(messages: Sequence[Rows]) -> tuple[list[Answer], list[Fact]]:
    answers: list[Answer] = []
    own = {f"heard_{name}": listening(each, answers) for name, each in STANDARD.items()}
    core = assemble(all_at_work(), an_opening(*PAIRS), batch=True, own=OwnParts(own))
    facts = list(core.open())
    rows = joined(messages)
    facts += core.step(Stamped(1, Nanos(int(rows["at"][0])), MarketRows(rows)))
    return answers, facts


@cache
def market(seed: int) -> list[Rows]:
    return RandomMarket(seed, Trouble(lost=0.002, crossed=0.001)).messages(MESSAGES)


@cache
def truth(seed: int) -> tuple[list[Answer], list[Fact]]:
    return heard(market(seed))


def until(said: tuple[list[Answer], list[Fact]], end: int) -> tuple[list[Answer], list[Fact]]:
    answers, facts = said
    return [each for each in answers if each[0] <= end], [it for it in facts if it.at <= end]


def test_all_nine_speak_and_patterns_are_told() -> None:
    answers, facts = zip(*map(truth, SEEDS), strict=True)
    proposed = Counter(name for said in answers for _, name, _, _, what in said if what != "None")
    assert set(proposed) == set(STANDARD), "silence would prove nothing"
    assert sum(isinstance(fact, PatternSeen) for said in facts for fact in said) > 20


@given(
    seed=st.sampled_from(SEEDS),
    kept=st.integers(MESSAGES // 10, MESSAGES - 200),
    noise=st.integers(100, 1_000_000),
    pause=st.sampled_from((1, 999, 1_001, 70_000)),
)
@settings(max_examples=10)
def test_what_is_proposed_and_told_does_not_depend_on_what_comes_after(
    seed: int, kept: int, noise: int, pause: int
) -> None:
    """`pause` milliseconds before the noise begins."""
    every = market(seed)
    while every[kept]["at"][0] == every[kept - 1]["at"][0]:
        kept += 1  # what comes at the same moment is no future
    past = every[:kept]
    end = int(past[-1]["at"][0])
    future = RandomMarket(noise, Trouble(lost=0.02, crossed=0.02, pause=0.1)).messages(300)
    shift = end + pause * MILLISECOND - int(future[0]["at"][0])
    for rows in future:
        rows["at"] += shift
        rows["venue_at"] += shift
        rows["price"] += 40 * (rows["price"] > 0)
    known = until(truth(seed), end)
    assert until(heard([*past, *future]), end) == known
    assert known[0]
