import pytest

from trading_agent.domain.decision import Proposal
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.strategies.committee import (
    Committee,
    PerformanceWeights,
    SessionWeights,
    StaticWeights,
    Vote,
)


def a_proposal(strategy: str, side: Side = Side.BUY) -> Proposal:
    return Proposal(
        strategy=strategy,
        symbol="ETHUSDC",
        side=side,
        kind=OrderKind.IOC,
        price=Ticks(10_000),
        size=Lots(5),
        purpose=OrderPurpose.ENTRY if side is Side.BUY else OrderPurpose.EXIT,
        take_profit_bps=0.0,
        stop_bps=0.0,
        hold_for=Nanos(0),
        reason=f"why {strategy}",
    )


def decided(
    asked: dict[str, Side | None], weights: dict[str, float] | None = None, quorum: float = 0.0
) -> Proposal | None:
    committee = Committee(StaticWeights(weights or {}), quorum)
    proposals = [
        (name, None if side is None else a_proposal(name, side)) for name, side in asked.items()
    ]
    return committee.decide(committee.ballot(proposals, "US"))


def test_one_strategy_alone_decides_and_its_reason_stands() -> None:
    assert decided({"a": Side.BUY}) == a_proposal("a")


def test_silence_proposes_nothing() -> None:
    assert decided({"a": None, "b": None}) is None
    assert decided({}) is None


def test_the_heavier_side_wins_with_its_heaviest_voters_proposal() -> None:
    sides = {"a": Side.BUY, "b": Side.SELL, "c": Side.BUY, "d": None}
    proposal = decided(sides, {"a": 0.5, "b": 1.0, "c": 0.75, "d": 2.0})
    assert proposal is not None
    assert (proposal.strategy, proposal.side) == ("c", Side.BUY)
    assert proposal.reason == "why c [net 0.25 of 4.25: a 0.5 buys, b 1 sells, c 0.75 buys]"


def test_of_equals_the_first_who_was_asked_is_heard() -> None:
    proposal = decided({"a": Side.SELL, "b": Side.SELL})
    assert proposal is not None
    assert proposal.reason == "why a [net 2 of 2: a 1 sells, b 1 sells]"


def test_equal_sides_do_nothing() -> None:
    assert decided({"a": Side.BUY, "b": Side.SELL}) is None
    assert decided({"a": Side.BUY, "b": Side.BUY, "c": Side.SELL}, {"c": 2.0}) is None


@pytest.mark.parametrize(("quorum", "goes_on"), [(0.5, True), (0.51, False)])
def test_the_silent_count_for_the_quorum(quorum: float, goes_on: bool) -> None:
    assert (decided({"a": Side.BUY, "b": None}, quorum=quorum) is not None) is goes_on


def test_a_vote_without_weight_decides_nothing() -> None:
    assert decided({"a": Side.BUY}, {"a": 0.0}) is None
    proposal = decided({"a": Side.BUY, "b": Side.SELL}, {"a": 0.0})
    assert proposal is not None
    assert proposal.side is Side.SELL


def test_a_side_that_nobody_proposes_for_does_nothing() -> None:
    committee = Committee(StaticWeights({}), 0.0)
    holds = Vote("a", 2.0, None, Side.BUY)
    sells = Vote("b", 1.0, a_proposal("b", Side.SELL), Side.SELL)
    assert committee.decide((holds, sells)) is None
    follows = Vote("c", 0.5, a_proposal("c"), Side.BUY)
    proposal = committee.decide((holds, sells, follows))
    assert proposal is not None
    assert proposal.strategy == "c"


def test_weights_of_a_session_stand_before_the_others() -> None:
    weights = SessionWeights({"ASIA": {"a": 3.0}}, StaticWeights({"a": 2.0}))
    assert weights.of("a", "ASIA") == 3.0
    assert weights.of("a", "US") == 2.0
    assert weights.of("b", "ASIA") == 1.0


def test_without_results_all_weigh_the_same() -> None:
    weights = PerformanceWeights({"a": [], "b": []})
    assert [weights.of(name, "US") for name in ("a", "b", "c")] == [1.0, 1.0, 1.0]


def test_results_are_believed_by_their_number() -> None:
    few = PerformanceWeights({"a": [10.0], "b": [-10.0]}, prior=30.0)
    many = PerformanceWeights({"a": [10.0] * 90, "b": [-10.0] * 90}, prior=30.0)
    assert few.of("a", "US") == pytest.approx(1.0 + 1.0 / 31.0)
    assert (many.of("a", "US"), many.of("b", "US")) == (1.75, 0.25)


def test_where_nobody_earns_all_lose_their_voice() -> None:
    weights = PerformanceWeights({"a": [-1.0] * 30, "b": [-9.0] * 30}, prior=30.0)
    assert (weights.of("a", "US"), weights.of("b", "US")) == (0.5, 0.5)


@pytest.mark.parametrize("quorum", [-0.1, 1.1, float("nan")])
def test_a_quorum_is_a_share(quorum: float) -> None:
    with pytest.raises(ConfigError, match="quorum"):
        Committee(StaticWeights({}), quorum)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_are_numbers_that_are_not_negative(weight: float) -> None:
    with pytest.raises(ConfigError, match="weight of a"):
        StaticWeights({"a": weight})
    with pytest.raises(ConfigError, match="weight of a"):
        SessionWeights({"US": {"a": weight}}, StaticWeights({}))


def test_results_are_numbers_and_some_belief_is_needed() -> None:
    with pytest.raises(ConfigError, match="results of a"):
        PerformanceWeights({"a": [float("nan")]})
    with pytest.raises(ConfigError, match="prior"):
        PerformanceWeights({}, prior=0.0)
