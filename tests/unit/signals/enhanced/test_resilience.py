"""How fast a swept side comes back."""

import pytest

from tests.unit.signals.enhanced.books import a_book
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.signals.enhanced.resilience import ResilienceWatch
from trading_agent.signals.enhanced.settings import LiquidityParameters

USUAL = LiquidityParameters()


def ms(milliseconds: float) -> Nanos:
    return Nanos(int(milliseconds * MILLISECOND))


def swept(watch: ResilienceWatch, at: float = 1_000) -> None:
    """The asks, 100 deep before."""
    watch.looked(ms(at - 1), Side.SELL, 100.0)
    assert watch.printed(ms(at), Side.BUY, lots=10, top_lots=10)


def test_half_of_what_was_lost_is_back() -> None:
    watch = ResilienceWatch(USUAL)
    swept(watch)
    assert watch.now(Side.SELL).recovering_since == ms(1_000)
    assert watch.looked(ms(1_010), Side.SELL, 40.0) is None
    assert watch.looked(ms(1_050), Side.SELL, 69.0) is None
    assert watch.looked(ms(1_120), Side.SELL, 70.0) == 120.0
    found = watch.now(Side.SELL)
    assert (found.half_time_ms, found.sweeps, found.given_up) == (120.0, 1, 0)
    assert found.recovering_since is None
    assert watch.now(Side.BUY).half_time_ms is None


def test_the_deepest_hole_is_what_must_be_filled() -> None:
    watch = ResilienceWatch(USUAL)
    swept(watch)
    assert watch.looked(ms(1_010), Side.SELL, 80.0) is None
    assert watch.looked(ms(1_020), Side.SELL, 20.0) is None
    assert watch.looked(ms(1_030), Side.SELL, 59.0) is None
    assert watch.looked(ms(1_040), Side.SELL, 60.0) == 40.0


def test_what_was_back_before_the_first_look_took_no_longer() -> None:
    watch = ResilienceWatch(USUAL)
    swept(watch)
    assert watch.looked(ms(1_010), Side.SELL, 100.0) == 10.0


def test_the_median_of_sweeps() -> None:
    watch = ResilienceWatch(LiquidityParameters(sweeps=3))
    for number, milliseconds in enumerate((900, 10, 30, 20)):
        at = 1_000 + 10_000 * number
        swept(watch, at)
        watch.looked(ms(at + 1), Side.SELL, 0.0)
        assert watch.looked(ms(at + milliseconds), Side.SELL, 50.0) == milliseconds
    assert watch.now(Side.SELL).half_time_ms == 20.0
    assert watch.now(Side.SELL).sweeps == 4


def test_a_side_that_never_comes_back_counts_with_the_patience() -> None:
    watch = ResilienceWatch(LiquidityParameters(patience_ms=500))
    swept(watch)
    assert watch.looked(ms(1_499), Side.SELL, 1.0) is None
    assert watch.looked(ms(1_800), Side.SELL, 1.0) == 500.0
    assert watch.now(Side.SELL).given_up == 1


@pytest.mark.parametrize(("lots", "is_sweep"), [(7, False), (8, True), (20, True)])
def test_a_print_is_a_sweep_by_its_share_of_the_best_level(lots: int, is_sweep: bool) -> None:
    watch = ResilienceWatch(USUAL)
    watch.looked(ms(1), Side.BUY, 100.0)
    assert watch.printed(ms(2), Side.SELL, lots, top_lots=10) is is_sweep


def test_prints_while_a_side_recovers_belong_to_the_first_sweep() -> None:
    watch = ResilienceWatch(USUAL)
    swept(watch)
    assert not watch.printed(ms(1_005), Side.BUY, 10, 10)
    assert watch.now(Side.SELL).sweeps == 1


def test_without_a_depth_before_there_is_nothing_to_come_back_to() -> None:
    watch = ResilienceWatch(USUAL)
    assert not watch.printed(ms(1), Side.BUY, 10, 10)
    swept(watch)
    watch.forget()
    assert watch.looked(ms(1_010), Side.SELL, 100.0) is None
    assert watch.now(Side.SELL).half_time_ms is None


def test_depth_is_that_of_the_recovery_band() -> None:
    """The level at 11 basis points is beyond the band."""
    before = a_book([(9_999, 100)], [(10_001, 100), (10_011, 900)])
    after = a_book([(9_999, 100)], [(10_001, 20), (10_011, 900)])
    watch = ResilienceWatch(USUAL)
    watch.looked_at(ms(999), before)
    assert watch.printed(ms(1_000), Side.BUY, lots=80, top_lots=100)
    watch.looked_at(ms(1_010), after)
    assert watch.now(Side.SELL).recovering_since == ms(1_000)
    watch.looked_at(ms(1_200), before)
    assert watch.now(Side.SELL).half_time_ms == 200.0
    assert watch.now(Side.BUY).sweeps == 0
