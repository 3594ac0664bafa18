from typing import ClassVar

import pytest

from tests.unit.strategies.sight import NAN, WrittenSight, a_strategy, a_view, bought, left
from trading_agent.strategies.lead_lag import LeadLagStrategy
from trading_agent.strategies.standard import read_values
from trading_agent.strategies.strategy import Requirements, StrategyView

FOLLOWER = a_strategy("lead_lag", threshold_bps=10.0, ratio=0.5, seconds=7.5)


def seen(leader: float, own: float = 0.0, position: int = 0) -> StrategyView:
    sight = WrittenSight(moves={"BTCUSDC": leader, "ETHUSDC": own})
    return a_view(sight, position, closed="1s")


def test_it_is_asked_every_second_and_names_its_leader() -> None:
    assert FOLLOWER.requires == Requirements(timeframe="1s", leaders=("BTCUSDC",))


@pytest.mark.parametrize(
    ("leader", "own", "fires"),
    [
        (10.0, 5.0, True),
        (9.99, 0.0, False),
        (10.0, 5.01, False),
        (20.0, -3.0, True),
        (-20.0, -30.0, False),
        (NAN, 0.0, False),
        (20.0, NAN, False),
    ],
)
def test_what_lags_behind_a_rise_is_bought(leader: float, own: float, fires: bool) -> None:
    assert (FOLLOWER.propose(seen(leader, own)) is not None) is fires


@pytest.mark.parametrize(
    ("leader", "leaves"), [(-10.0, True), (-9.99, False), (50.0, False), (NAN, False)]
)
def test_what_is_held_is_left_when_the_leader_falls(leader: float, leaves: bool) -> None:
    view = seen(leader, position=7)
    assert (FOLLOWER.propose(view) is not None) is leaves
    if leaves:
        assert "BTCUSDC moved -10.0 bps in 7.5 s" in left(FOLLOWER, view).reason


def test_a_leader_does_not_follow_itself() -> None:
    sight = WrittenSight(moves={"BTCUSDC": 50.0})
    assert FOLLOWER.propose(a_view(sight, closed="1s", symbol="BTCUSDC")) is None


def test_moves_are_asked_over_its_own_seconds() -> None:
    sight = WrittenSight(moves={"BTCUSDC": 50.0, "ETHUSDC": 0.0})
    proposal = bought(FOLLOWER, a_view(sight, closed="1s", allocation=0.5))
    assert sight.seconds == [7.5, 7.5]
    assert proposal.size == 49
    assert proposal.reason == "BTCUSDC moved +50.0 bps in 7.5 s, ETHUSDC only +0.0 bps"


class _ManyLeaders(LeadLagStrategy):
    name: ClassVar[str] = "many_leaders"
    leaders: ClassVar[tuple[str, ...]] = ("BTCUSDC", "SOLUSDC", "BNBUSDC")


def test_of_several_leaders_the_farthest_counts_and_unknown_ones_do_not() -> None:
    strategy = _ManyLeaders(read_values(_ManyLeaders, {"threshold_bps": 10.0}))
    moves = {"BTCUSDC": 12.0, "SOLUSDC": -15.0, "ETHUSDC": 0.0}
    assert strategy.propose(a_view(WrittenSight(moves=moves), closed="1s")) is None
    moves["BTCUSDC"] = 16.0
    assert bought(strategy, a_view(WrittenSight(moves=moves), closed="1s")).reason.startswith("BTC")
