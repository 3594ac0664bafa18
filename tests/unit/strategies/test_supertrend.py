import pytest

from tests.unit.strategies.sight import (
    NAN,
    WrittenSight,
    a_strategy,
    a_view,
    bars_closing_at,
    bought,
    left,
    no_bars,
)
from trading_agent.strategies.strategy import StrategyView

TREND = a_strategy("supertrend", timeframe_seconds=60, farthest_bps=100.0)


def seen(
    before: float, now: float, line: float = 99.5, position: int = 0, close: float = 100.0
) -> StrategyView:
    sight = WrittenSight(
        {"supertrend": (line, now)},
        {"supertrend": (NAN, before)},
        bars=bars_closing_at(close),
    )
    return a_view(sight, position)


@pytest.mark.parametrize(
    ("before", "now", "line", "fires"),
    [
        (-1.0, 1.0, 99.5, True),
        (-1.0, 1.0, 99.01, True),
        (-1.0, 1.0, 99.0, False),
        (1.0, 1.0, 99.5, False),
        (1.0, -1.0, 99.5, False),
        (NAN, 1.0, 99.5, False),
        (-1.0, NAN, 99.5, False),
        (-1.0, 1.0, NAN, False),
        (-1.0, 1.0, 0.0, False),
    ],
)
def test_a_turn_upwards_near_its_line_is_bought(
    before: float, now: float, line: float, fires: bool
) -> None:
    assert (TREND.propose(seen(before, now, line)) is not None) is fires


@pytest.mark.parametrize(
    ("before", "now", "leaves"),
    [(1.0, -1.0, True), (-1.0, -1.0, False), (-1.0, 1.0, False), (NAN, -1.0, False)],
)
def test_a_turn_downwards_leaves_what_is_held(before: float, now: float, leaves: bool) -> None:
    view = seen(before, now, line=101.0, position=7)
    assert (TREND.propose(view) is not None) is leaves
    if leaves:
        assert left(TREND, view).reason == "supertrend of 1m turned down: close 100, line 101"


def test_no_candles_are_silence() -> None:
    outputs = {"supertrend": (99.5, 1.0)}
    sight = WrittenSight(outputs, {"supertrend": (NAN, -1.0)}, bars=no_bars())
    assert TREND.propose(a_view(sight)) is None


def test_the_size_is_the_strategys_share_and_the_reason_has_figures() -> None:
    proposal = bought(TREND, seen(-1.0, 1.0))
    assert proposal.reason.endswith("close 100, line 99.5, 50.3 bps away, at most 100")
    assert (proposal.take_profit_bps, proposal.stop_bps, proposal.hold_for) == (0.0, 100.0, 0)
    sight = seen(-1.0, 1.0).sight
    assert bought(TREND, a_view(sight, allocation=0.5)).size == 49
