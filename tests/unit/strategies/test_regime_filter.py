import pytest

from tests.unit.strategies.sight import WrittenSight, a_strategy, a_view, bought
from trading_agent.domain.order import Side
from trading_agent.signals.enhanced.regime import RegimeKind
from trading_agent.strategies.strategy import Strategy, StrategyView

UP, DOWN = RegimeKind.TRENDING_UP, RegimeKind.TRENDING_DOWN
RANGING, QUIET, WILD, UNKNOWN = (
    RegimeKind.RANGING,
    RegimeKind.QUIET,
    RegimeKind.WILD,
    RegimeKind.UNKNOWN,
)


def follower(on: float) -> Strategy:
    return a_strategy(
        "momentum", average_period=0, volume_factor=0.0, threshold_bps=10.0, regime_filter=on
    )


def reverter(on: float) -> Strategy:
    return a_strategy("mean_reversion", timeframe_seconds=60, regime_filter=on)


def risen(regime: RegimeKind | None) -> StrategyView:
    return a_view(WrittenSight({"roc": (0.5,)}), regime=regime)


def fallen(regime: RegimeKind | None) -> StrategyView:
    return a_view(WrittenSight({"z_score": (-3.0,)}), regime=regime)


@pytest.mark.parametrize("regime", [*RegimeKind, None])
def test_without_the_filter_any_market_will_do(regime: RegimeKind | None) -> None:
    assert "market" not in bought(follower(0), risen(regime)).reason
    assert bought(reverter(0), fallen(regime)).side is Side.BUY


@pytest.mark.parametrize("regime", [UP, DOWN, WILD])
def test_who_follows_a_trend_enters_where_something_moves_and_says_so(regime: RegimeKind) -> None:
    assert f"; the market is {regime.value.replace('_', ' ')}" in (
        bought(follower(1), risen(regime)).reason
    )


@pytest.mark.parametrize("regime", [RANGING, QUIET, UNKNOWN, None])
def test_who_follows_a_trend_does_not_enter_a_range(regime: RegimeKind | None) -> None:
    assert follower(1).propose(risen(regime)) is None


@pytest.mark.parametrize("regime", [RANGING, QUIET, WILD])
def test_who_waits_for_the_way_back_enters_a_range(regime: RegimeKind) -> None:
    assert bought(reverter(1), fallen(regime)).reason.endswith(f"the market is {regime.value}")


@pytest.mark.parametrize("regime", [UP, DOWN, UNKNOWN, None])
def test_who_waits_for_the_way_back_does_not_enter_a_trend(regime: RegimeKind | None) -> None:
    assert reverter(1).propose(fallen(regime)) is None


@pytest.mark.parametrize("regime", [*RegimeKind, None])
def test_leaving_waits_for_nothing(regime: RegimeKind | None) -> None:
    view = a_view(WrittenSight({"roc": (-0.5,)}), position=50, regime=regime)
    answer = follower(1).propose(view)
    assert answer is not None
