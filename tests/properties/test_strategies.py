"""What must hold for every strategy: nobody sees ahead or remembers, nothing is sold that is not
held; and for a committee: who wins follows from the weights alone."""

import random
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.unit.signals.indicators.walks import bars_of, walk
from tests.unit.strategies.sight import NAN, a_view
from tests.unit.strategies.test_committee import a_proposal
from trading_agent.domain.decision import Proposal, Quotes
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.units import BASIS_POINTS, Ticks
from trading_agent.signals.enhanced.regime import RegimeKind, RegimeWatch
from trading_agent.signals.enhanced.settings import RegimeParameters
from trading_agent.signals.indicators.bars import Bars, Floats, bar_at
from trading_agent.signals.indicators.catalogue import compute
from trading_agent.strategies.committee import (
    Committee,
    PerformanceWeights,
    StaticWeights,
    Vote,
    net_weight,
)
from trading_agent.strategies.entries import enter
from trading_agent.strategies.momentum import MomentumStrategy
from trading_agent.strategies.regime_filter import RANGES, TRENDS
from trading_agent.strategies.standard import STANDARD, make, read_values
from trading_agent.strategies.strategy import Need, Strategy, StrategyView

pytestmark = pytest.mark.slow

CANDLES = 400
EAGER: Mapping[str, Mapping[str, float]] = {
    "momentum": {"threshold_bps": 20.0, "average_period": 10, "lookback": 3},
    "rsi_bollinger": {"oversold": 45.0, "overbought": 55.0, "band_reach": 0.3},
    "macd_bollinger": {"fast": 3, "slow": 6, "signal": 3},
    "supertrend": {"multiplier": 1.0, "farthest_bps": 1_000.0},
    "mean_reversion": {"period": 10, "entry_score": 1.0},
    "breakout": {"period": 5, "exit_period": 3, "volume_factor": 1.0},
    "lead_lag": {"threshold_bps": 1.0, "seconds": 60.0, "ratio": 1.0},
}
"""So that they speak often within so few candles."""
FILTERED = {
    **dict.fromkeys(("momentum", "breakout", "macd_bollinger", "supertrend"), RANGES),
    **dict.fromkeys(("mean_reversion", "rsi_bollinger"), TRENDS),
}
OF_CANDLES = pytest.mark.parametrize("name", EAGER)


class MarketOfCandles:
    """Computes over every candle there is and looks at one of them: what comes after it must not
    show. The leader's moves are those of the same candles."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.now = 0
        watch = RegimeWatch(RegimeParameters(window=10, range_window=20, candles_to_change=1))
        self.regimes = [watch.update(bar_at(bars, place)).kind for place in range(len(bars.close))]
        self._outputs: dict[Need, Floats] = {}

    def value(self, need: Need) -> tuple[float, ...]:
        return self._at(need, self.now)

    def before(self, need: Need) -> tuple[float, ...]:
        return self._at(need, self.now - 1)

    def last(self, timeframe: str, count: int) -> Bars:
        first = max(self.now + 1 - count, 0)
        return Bars(*(column[first : self.now + 1] for column in self.bars))

    def whole(self, timeframe: str, count: int) -> NDArray[np.bool_]:
        return np.ones(min(count, self.now + 1), np.bool_)

    def move_bps(self, symbol: str, seconds: float) -> float:
        if self.now < 1:
            return NAN
        close = self.bars.close
        move = float(close[self.now] / close[self.now - 1] - 1.0) * BASIS_POINTS
        return move if symbol == "BTCUSDC" else move / 2.0

    def volatility_bps(self) -> float:
        return abs(self.move_bps("BTCUSDC", 1.0)) / 100.0

    def _at(self, need: Need, index: int) -> tuple[float, ...]:
        if need not in self._outputs:
            self._outputs[need] = compute(need.indicator, self.bars, **dict(need.values))
        row = self._outputs[need][index] if index >= 0 else self._outputs[need][0] * NAN
        return tuple(row.tolist())


@cache
def market(changed_after: int = CANDLES) -> MarketOfCandles:
    """The same candles every time; those after one of them replaced by noise."""
    past = walk(CANDLES, seed=21, step=0.003)
    noise = walk(CANDLES, price=7.0, seed=22, step=0.2)
    future = [bar._replace(open_at=was.open_at) for bar, was in zip(noise, past, strict=True)]
    return MarketOfCandles(bars_of(past[: changed_after + 1] + future[changed_after + 1 :]))


def eager(name: str, **more: float) -> Strategy:
    return make(name, {**EAGER[name], "timeframe_seconds": 60, **more}, {})


def view_at(sight: MarketOfCandles, index: int, position: int) -> StrategyView:
    sight.now = index
    bid = Ticks(int(sight.bars.close[index] * 100))
    return a_view(sight, position, bid=bid, ask=Ticks(bid + 2), regime=sight.regimes[index])


Answers = dict[tuple[int, int], Proposal | None]


def proposals(strategy: Strategy) -> Answers:
    """By candle and position, asked of one instance in a random order."""
    asked = [(index, position) for index in range(CANDLES) for position in (0, 50)]
    random.Random(5).shuffle(asked)
    return {key: _proposal(strategy.propose(view_at(market(), *key))) for key in asked}


def _proposal(answer: Proposal | Quotes | None) -> Proposal | None:
    assert not isinstance(answer, Quotes)
    return answer


def moments(known: Answers, position: int) -> list[int]:
    """Of the candles at which something was proposed."""
    return [index for (index, held), each in known.items() if each and held == position]


def sees_ahead(made: Callable[[], Strategy], known: Answers) -> bool:
    """Whether an answer changes with what comes after its candle, or with who was asked before."""
    some = (*moments(known, 0)[:3], *moments(known, 50)[:3])
    return any(
        made().propose(view_at(market(index), index, position)) != known[index, position]
        for index in (0, 1, 30, 200, *some)
        for position in (0, 50)
    )


def test_every_strategy_of_candles_is_looked_at() -> None:
    of_candles = {name for name in STANDARD if make(name, {}, {}).requires.timeframe}
    assert set(EAGER) == of_candles


@OF_CANDLES
def test_nobody_sees_ahead_or_remembers(name: str) -> None:
    known = proposals(eager(name))
    assert len(moments(known, 0)) > 3, "silence would prove nothing"
    assert len(moments(known, 50)) > 3
    assert not sees_ahead(lambda: eager(name), known)


@pytest.mark.parametrize("name", FILTERED)
def test_the_kind_of_market_only_takes_away_and_shows_nothing_of_what_comes(name: str) -> None:
    every, some = proposals(eager(name)), proposals(eager(name, regime_filter=1.0))
    assert not sees_ahead(lambda: eager(name, regime_filter=1.0), some)
    assert 0 < len(moments(some, 0)) < len(moments(every, 0))
    assert set(moments(some, 0)) < set(moments(every, 0))
    assert moments(some, 50) == moments(every, 50), "leaving waits for nothing"
    kinds = {market().regimes[index] for index in moments(some, 0)}
    assert not kinds & {RegimeKind.UNKNOWN, *FILTERED[name]}


class Peeking(MomentumStrategy):
    """Buys before the next candle closes higher."""

    def propose(self, view: StrategyView) -> Proposal | None:
        sight = view.sight
        assert isinstance(sight, MarketOfCandles)
        close, after = (
            sight.bars.close[sight.now :][:2].tolist() if sight.now + 1 < CANDLES else (0, 0)
        )
        return enter(view, self.name, self._barriers, "") if after > close else None


class Remembering(MomentumStrategy):
    """Buys when it has been asked an odd number of times."""

    times = 0

    def propose(self, view: StrategyView) -> Proposal | None:
        self.times += 1
        return enter(view, self.name, self._barriers, "") if self.times % 2 else None


@pytest.mark.parametrize("cheat", [Peeking, Remembering])
def test_who_cheats_is_caught(cheat: type[MomentumStrategy]) -> None:
    def made() -> Strategy:
        return cheat(read_values(MomentumStrategy, EAGER["momentum"]))

    assert sees_ahead(made, proposals(made()))


@OF_CANDLES
def test_a_sale_is_of_what_is_held_and_a_purchase_is_when_flat(name: str) -> None:
    for (_, position), proposal in proposals(eager(name)).items():
        if proposal is None:
            continue
        if position:
            assert (proposal.side, proposal.purpose) == (Side.SELL, OrderPurpose.EXIT)
            assert proposal.size == position
        else:
            assert (proposal.side, proposal.purpose) == (Side.BUY, OrderPurpose.ENTRY)
        assert proposal.reason
        assert "nan" not in proposal.reason


sides = st.sampled_from([Side.BUY, Side.SELL, None])
weights = st.floats(0.0, 100.0, allow_nan=False)
ballots = st.lists(st.tuples(weights, sides), max_size=6)
quorums = st.floats(0.0, 1.0)


def votes_of(ballot: list[tuple[float, Side | None]]) -> list[Vote]:
    return [
        Vote(f"s{place}", weight, side and a_proposal(f"s{place}", side), side)
        for place, (weight, side) in enumerate(ballot)
    ]


def winner(ballot: list[tuple[float, Side | None]], quorum: float) -> Proposal | None:
    return Committee(StaticWeights({}), quorum).decide(votes_of(ballot))


@given(ballots, quorums)
def test_the_winner_is_of_the_heavier_side_and_its_heaviest(
    ballot: list[tuple[float, Side | None]], quorum: float
) -> None:
    votes = votes_of(ballot)
    proposal = winner(ballot, quorum)
    net = net_weight(votes)
    if proposal is None:
        assert net == 0.0 or abs(net) < quorum * sum(weight for weight, _ in ballot) * (1 + 1e-12)
        return
    own_side = [weight for weight, side in ballot if side is proposal.side]
    assert net * proposal.side > 0.0
    assert abs(net) * (1 + 1e-12) >= quorum * sum(weight for weight, _ in ballot)
    assert ballot[int(proposal.strategy[1:])][0] == max(own_side)


@given(ballots, quorums)
def test_turning_all_votes_round_turns_the_decision_round(
    ballot: list[tuple[float, Side | None]], quorum: float
) -> None:
    turned = [(weight, side and side.opposite) for weight, side in ballot]
    one, other = winner(ballot, quorum), winner(turned, quorum)
    assert (one is None) == (other is None)
    if one and other:
        assert (one.strategy, one.side) == (other.strategy, other.side.opposite)


@given(ballots, quorums, weights)
def test_one_more_voter_for_the_winning_side_never_undoes_it(
    ballot: list[tuple[float, Side | None]], quorum: float, weight: float
) -> None:
    before = winner(ballot, quorum)
    if before is not None:
        after = winner([*ballot, (weight, before.side)], quorum * (1 - 1e-9))
        assert after is not None
        assert after.side is before.side


@given(ballots, quorums, quorums)
def test_a_higher_quorum_never_lets_more_through(
    ballot: list[tuple[float, Side | None]], one: float, other: float
) -> None:
    if winner(ballot, max(one, other)) is not None:
        assert winner(ballot, min(one, other)) is not None


results = st.lists(st.floats(-500.0, 500.0), max_size=40)
by_strategy = st.dictionaries(st.sampled_from("abcdef"), results, max_size=6)


@given(by_strategy, st.floats(0.1, 1_000.0))
def test_weights_by_results_are_never_negative_nor_run_away(
    by_name: dict[str, list[float]], prior: float
) -> None:
    found = PerformanceWeights(by_name, prior)
    for name, each in by_name.items():
        weight = found.of(name, "US")
        assert 0.0 <= weight <= len(by_name) * (1 + 1e-9)
        if not each:
            assert weight == 1.0


@given(by_strategy, st.floats(0.1, 1_000.0), st.floats(0.1, 500.0))
def test_better_results_never_weigh_less(
    by_name: dict[str, list[float]], prior: float, gain: float
) -> None:
    for name, each in by_name.items():
        better = {**by_name, name: [result + gain for result in each]}
        was, now = PerformanceWeights(by_name, prior), PerformanceWeights(better, prior)
        assert now.of(name, "US") >= was.of(name, "US") - 1e-9


@given(by_strategy)
def test_the_less_results_are_believed_the_more_equal_all_are(
    by_name: dict[str, list[float]],
) -> None:
    little, much = PerformanceWeights(by_name, 1_000.0), PerformanceWeights(by_name, 1.0)
    for name in by_name:
        assert abs(little.of(name, "US") - 1.0) <= abs(much.of(name, "US") - 1.0) + 1e-9
