import pytest

from tests.unit.strategies.sight import NAN, WrittenSight, a_strategy, a_view, bought, left
from trading_agent.domain.errors import ConfigError

SCALPER = a_strategy("mean_reversion", timeframe_seconds=60, entry_score=2.0, exit_score=-0.5)


def seen(now: float, before: float = NAN) -> WrittenSight:
    return WrittenSight({"z_score": (now,)}, {"z_score": (before,)})


@pytest.mark.parametrize(
    ("score", "fires"), [(-2.0, True), (-1.99, False), (-9.0, True), (2.5, False), (NAN, False)]
)
def test_what_is_far_below_its_mean_is_bought(score: float, fires: bool) -> None:
    assert (SCALPER.propose(a_view(seen(score))) is not None) is fires


@pytest.mark.parametrize(
    ("before", "now", "leaves"),
    [
        (-2.0, -0.5, True),
        (-0.51, 3.0, True),
        (-2.0, -0.51, False),
        (-0.5, 0.0, False),
        (NAN, 0.0, False),
        (-2.0, NAN, False),
    ],
)
def test_the_way_back_leaves_what_is_held(before: float, now: float, leaves: bool) -> None:
    view = a_view(seen(now, before), position=7)
    assert (SCALPER.propose(view) is not None) is leaves
    if leaves:
        left(SCALPER, view)


def test_what_is_held_is_not_bought_again_and_nothing_else_is_sold() -> None:
    assert SCALPER.propose(a_view(seen(-3.0, -2.5), position=7)) is None
    assert SCALPER.propose(a_view(seen(1.0, -2.5))) is None


def test_the_size_is_the_strategys_share_and_the_reason_has_figures() -> None:
    proposal = bought(SCALPER, a_view(seen(-2.25), allocation=0.5))
    assert proposal.size == 49
    assert proposal.reason == "-2.25 deviations from the mean of 1m, at most -2"


def test_an_exit_below_the_entry_is_refused() -> None:
    with pytest.raises(ConfigError, match="-entry_score < exit_score"):
        a_strategy("mean_reversion", entry_score=1.0, exit_score=-1.0)
