"""A market watched by the compiled loop: seconds, flickers, recoveries, and what is odd of it."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from tests.builders import (
    START,
    a_depth_message,
    a_loss_message,
    a_snapshot_message,
    a_trades_message,
    an_instrument,
)
from tests.paper_exchange import PaperExchange, moment
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.market.seconds import UNSTAMPED
from trading_agent.signals.enhanced.anomalies import Anomaly, AnomalyKind
from trading_agent.signals.enhanced.scrutiny import MarketScrutiny
from trading_agent.signals.enhanced.settings import EnhancedSettings

MIDDLE = 1_000_000
LEVELS = 30
USUAL = EnhancedSettings.model_validate(
    {
        "anomalies": {"flicker_factor": 8.0, "flickers_a_minute": 6},
        "liquidity": {"recovery_band_bps": 1.0},
    }
)


class Watched:
    """Ten lots a level, a hundredth of a basis point apart."""

    def __init__(self, settings: EnhancedSettings = USUAL) -> None:
        self.exchange = PaperExchange(scrutiny=settings)
        self.settings = settings
        self.scrutiny = MarketScrutiny(self.exchange.market(), an_instrument(), settings)

    def snapshot(self, at: float, **large: int) -> None:
        """`large`: lots at bid_5, ask_3, ... in place of ten."""
        self.exchange.rows(
            a_snapshot_message(
                *(
                    [(MIDDLE + sign * (1 + n), large.get(f"{side}_{n}", 10)) for n in range(LEVELS)]
                    for side, sign in (("bid", -1), ("ask", 1))
                )
            ),
            at,
        )

    def depth(self, at: float, venue_at: float | None = None, **levels: int) -> None:
        """Without levels: one far from the touch is told again."""
        levels = levels or {"bid_29": 10}
        rows = {
            side: [
                (MIDDLE + sign * (1 + int(name[4:])), lots)
                for name, lots in levels.items()
                if name.startswith(side)
            ]
            for side, sign in (("bid", -1), ("ask", 1))
        }
        message = a_depth_message(rows["bid"], rows["ask"])
        if venue_at is not None:
            message["venue_at"] = moment(venue_at)
        self.exchange.rows(message, at)

    def trades(self, at: float, *prints: tuple[Side, int, int]) -> None:
        self.exchange.rows(a_trades_message(*prints), at)

    def flickers(self) -> list[tuple[int, int, int]]:
        """Key, lots, milliseconds lived."""
        flicker = self.exchange.market()["flicker"]
        return [
            (int(it["key"]), int(it["lots"]), int(it["lived"]) // MILLISECOND)
            for it in flicker["past"][: flicker["count"]]
        ]

    def half_time(self, side: Side = Side.SELL) -> float | None:
        return self.scrutiny.resilience(side).half_time_ms

    def seconds(self) -> np.ndarray:  # type: ignore[type-arg]
        finished: np.ndarray = self.exchange.market()["seconds"]["past"]  # type: ignore[type-arg]
        return finished[: self.scrutiny.finished]

    def anomalies(self, at: float) -> tuple[Anomaly, ...]:
        return self.scrutiny.anomalies(Nanos(moment(at)))


def watched(settings: EnhancedSettings = USUAL, **large: int) -> Watched:
    made = Watched(settings)
    made.snapshot(0, **large)
    return made


# --- flicker --------------------------------------------------------------------------------------


def test_a_large_level_that_vanishes_untraded_flickers() -> None:
    market = watched()
    market.depth(100, ask_3=100)
    market.depth(200, ask_3=95)
    market.depth(600, ask_3=10)
    market.depth(700, ask_3=0)
    assert market.flickers() == [(-(MIDDLE + 4), 100, 500)]


def test_both_sides_are_watched() -> None:
    market = watched()
    market.depth(100, ask_3=100, bid_7=200)
    market.depth(200, bid_7=0, ask_3=0)
    assert market.flickers() == [(MIDDLE - 8, 200, 100), (-(MIDDLE + 4), 100, 100)]


@pytest.mark.parametrize(("left", "gone"), [(50, False), (49, True)])
def test_a_level_is_gone_with_more_than_half_of_it(left: int, gone: bool) -> None:
    market = watched()
    market.depth(100, ask_3=100)
    market.depth(200, ask_3=left)
    assert bool(market.flickers()) is gone


def test_a_level_that_traded_meant_it() -> None:
    market = watched()
    market.depth(100, ask_0=100)
    market.trades(150, (Side.BUY, MIDDLE + 1, 1))
    market.depth(200, ask_0=0)
    assert market.flickers() == []


@pytest.mark.parametrize(("lived", "flickered"), [(1_500, True), (1_501, False)])
def test_a_level_that_stayed_did_not_flicker(lived: float, flickered: bool) -> None:
    market = watched()
    market.depth(100, ask_3=100)
    market.depth(100 + lived, ask_3=0)
    assert bool(market.flickers()) is flickered


def test_a_level_of_the_first_look_has_no_age() -> None:
    market = watched(ask_3=100)
    market.depth(100, ask_3=110)
    market.depth(200, ask_3=0)
    assert market.flickers() == []


def test_an_ordinary_level_may_come_and_go() -> None:
    market = watched()
    market.depth(100, ask_3=79)
    market.depth(200, ask_3=0)
    assert market.flickers() == []


def test_what_is_large_is_looked_up_again() -> None:
    """Every level grows tenfold: a hundred lots are nothing special any more."""
    market = watched()
    everywhere = {f"{side}_{n}": 100 for n in range(LEVELS) for side in ("bid", "ask")}
    market.depth(5_000, **everywhere)
    market.depth(40_000, bid_0=100)
    market.depth(40_100, ask_3=0)
    market.depth(40_200, ask_3=100)
    market.depth(40_300, ask_3=0)
    assert market.flickers() == []


def test_a_level_that_the_market_left_behind_did_not_vanish() -> None:
    narrow = USUAL.anomalies.model_copy(update={"flicker_band_bps": 0.11})
    market = watched(USUAL.model_copy(update={"anomalies": narrow}))
    market.depth(100, ask_15=100)
    market.depth(200, ask_9=100)
    assert market.exchange.market()["flicker"]["watched"] == 1, "ask_15 is out of the band"
    market.depth(300, **{f"bid_{n}": 0 for n in range(20)})
    market.depth(400, ask_9=0)
    assert market.flickers() == []


def test_a_lost_book_takes_its_levels_along() -> None:
    market = watched()
    market.depth(100, ask_3=100)
    market.exchange.rows(a_loss_message(), 150)
    market.snapshot(200)
    market.depth(300, ask_3=100)
    market.depth(350, **{f"bid_{n}": 0 for n in range(LEVELS)})
    market.depth(360, bid_0=10)
    market.depth(400, ask_3=0)
    assert market.flickers() == []


def test_flickers_are_counted_over_a_minute() -> None:
    market = watched()
    for index in range(6):
        assert market.anomalies(index * 1_000 + 10) == ()
        market.depth(index * 1_000 + 100, bid_2=500)
        market.depth(index * 1_000 + 200, bid_2=10)
    found = market.anomalies(5_200)
    assert [(it.kind, it.at, it.figure) for it in found] == [
        (AnomalyKind.FLICKER, moment(5_200), 6.0)
    ]
    assert market.scrutiny.flickers_a_minute(Nanos(moment(61_200))) == 4


# --- resilience -----------------------------------------------------------------------------------


def test_half_of_what_was_lost_is_back() -> None:
    """300 asks before, 200 after: 250 are half of it."""
    market = watched()
    market.trades(1_000, (Side.BUY, MIDDLE + 1, 10))
    assert market.scrutiny.resilience(Side.SELL).recovering_since == moment(1_000)
    market.depth(1_010, **{f"ask_{n}": 0 for n in range(10)})
    market.depth(1_050, ask_0=49)
    market.depth(1_120, ask_0=50)
    found = market.scrutiny.resilience(Side.SELL)
    assert (found.half_time_ms, found.sweeps, found.given_up) == (120.0, 1, 0)
    assert found.recovering_since is None
    assert market.half_time(Side.BUY) is None


def test_the_deepest_hole_is_what_must_be_filled() -> None:
    market = watched()
    market.trades(1_000, (Side.SELL, MIDDLE - 1, 10))
    market.depth(1_010, bid_0=0, bid_1=0)
    market.depth(1_020, **{f"bid_{n}": 0 for n in range(2, 10)})
    market.depth(1_030, bid_0=49)
    market.depth(1_040, bid_0=50)
    assert market.half_time(Side.BUY) == 40.0


def test_levels_that_the_price_brings_near_are_back() -> None:
    """The band reaches a hundred ticks from the mid price: when that rises, so does the band."""
    market = Watched()
    asks = [(MIDDLE + 1, 100), (MIDDLE + 90, 50), (MIDDLE + 160, 60)]
    market.exchange.rows(a_snapshot_message([(MIDDLE - 1, 100)], asks))
    market.trades(100, (Side.BUY, MIDDLE + 1, 100))
    market.depth(110, ask_0=0)
    assert market.half_time() is None
    market.exchange.rows(a_depth_message(bids=[(MIDDLE + 40, 5)]), 300)
    assert market.half_time() == 300.0 - 100.0


def test_what_was_back_before_the_first_look_took_no_longer() -> None:
    market = watched()
    market.trades(1_000, (Side.BUY, MIDDLE + 1, 10))
    market.depth(1_010, bid_0=10)
    assert market.half_time() == 10.0


def test_the_median_of_sweeps() -> None:
    few = USUAL.liquidity.model_copy(update={"sweeps": 3})
    market = watched(USUAL.model_copy(update={"liquidity": few}))
    for number, milliseconds in enumerate((900, 10, 30, 20)):
        at = 1_000 + 10_000 * number
        market.trades(at, (Side.BUY, MIDDLE + 1, 10))
        market.depth(at + 1, ask_0=0)
        market.depth(at + milliseconds, ask_0=10)
    assert market.half_time() == 20.0
    assert market.scrutiny.resilience(Side.SELL).sweeps == 4


def test_a_side_that_never_comes_back_counts_with_the_patience() -> None:
    hasty = USUAL.liquidity.model_copy(update={"patience_ms": 500})
    market = watched(USUAL.model_copy(update={"liquidity": hasty}))
    market.trades(1_000, (Side.BUY, MIDDLE + 1, 10))
    market.depth(1_499, ask_0=0)
    assert market.half_time() is None
    market.depth(1_800, bid_0=11)
    assert market.half_time() == 500.0
    assert market.scrutiny.resilience(Side.SELL).given_up == 1


@pytest.mark.parametrize(
    ("prints", "sweeps"),
    [
        (((Side.SELL, MIDDLE - 1, 7),), 0),
        (((Side.SELL, MIDDLE - 1, 8),), 1),
        (((Side.SELL, MIDDLE - 1, 4), (Side.SELL, MIDDLE - 1, 4)), 1),
        (((Side.SELL, MIDDLE - 1, 4), (Side.BUY, MIDDLE + 1, 4)), 0),
    ],
)
def test_prints_of_one_message_are_a_sweep_by_their_share_of_the_best_level(
    prints: tuple[tuple[Side, int, int], ...], sweeps: int
) -> None:
    market = watched()
    market.trades(100, *prints)
    assert market.scrutiny.resilience(Side.BUY).sweeps == sweeps
    assert market.scrutiny.resilience(Side.SELL).sweeps == 0


def test_prints_while_a_side_recovers_belong_to_the_first_sweep() -> None:
    market = watched()
    market.trades(1_000, (Side.BUY, MIDDLE + 1, 10))
    market.trades(1_005, (Side.BUY, MIDDLE + 1, 10))
    found = market.scrutiny.resilience(Side.SELL)
    assert (found.sweeps, found.recovering_since) == (1, moment(1_000))


def test_without_a_book_nothing_is_swept_or_comes_back() -> None:
    market = Watched()
    market.trades(0, (Side.BUY, MIDDLE + 1, 10))
    market.snapshot(10)
    market.trades(1_000, (Side.BUY, MIDDLE + 1, 10))
    market.exchange.rows(a_loss_message(), 1_005)
    market.snapshot(1_010)
    market.depth(1_020, ask_0=10)
    assert market.half_time() is None
    assert market.scrutiny.resilience(Side.SELL).recovering_since is None


def test_levels_beyond_the_ladders_window_are_counted_too() -> None:
    """One tick is a third of the price: the band holds both the window and what lies beyond."""
    wide = USUAL.liquidity.model_copy(update={"recovery_band_bps": 1_000.0})
    market = Watched(USUAL.model_copy(update={"liquidity": wide}))
    far = [(MIDDLE - 90_000, 300), (MIDDLE - 95_000, 300)]
    market.exchange.rows(a_snapshot_message([(MIDDLE - 1, 10), *far], [(MIDDLE + 1, 10)]))
    market.trades(100, (Side.SELL, MIDDLE - 1, 10))
    market.exchange.rows(a_depth_message([(MIDDLE - 90_000, 0)]), 110)
    market.exchange.rows(a_depth_message([(MIDDLE - 95_000, 449)]), 120)
    assert market.half_time(Side.BUY) is None
    market.exchange.rows(a_depth_message([(MIDDLE - 95_000, 450)]), 130)
    assert market.half_time(Side.BUY) == 30.0


# --- seconds --------------------------------------------------------------------------------------


def test_a_second_tells_of_its_last_depth_message() -> None:
    market = watched()
    market.depth(300, venue_at=260, bid_0=0)
    market.trades(400, (Side.BUY, MIDDLE + 1, 3), (Side.SELL, MIDDLE - 2, 4))
    market.depth(500, venue_at=470, bid_1=0)
    market.trades(999, (Side.BUY, MIDDLE + 1, 5))
    assert len(market.seconds()) == 0
    market.trades(1_000, (Side.BUY, MIDDLE + 1, 100))
    (second,) = market.seconds()
    assert second["end"] == START + SECOND
    assert second["mid"] == MIDDLE - 1
    assert second["spread_bps"] == pytest.approx(4 / (MIDDLE - 1) * 1e4)
    assert (second["messages"], second["volume"]) == (3, 12)
    assert second["delay"] == 30 * MILLISECOND
    assert (second["back"], second["follows"]) == (0, 0)


def test_seconds_without_depth_messages_are_none() -> None:
    market = Watched()
    market.trades(500, (Side.BUY, MIDDLE + 1, 3))
    market.snapshot(1_500)
    market.trades(2_500, (Side.BUY, MIDDLE + 1, 3))
    market.depth(3_500, bid_0=11)
    market.depth(4_500, bid_0=12)
    assert ((market.seconds()["end"] - START) // SECOND).tolist() == [2, 4]


def test_returns_know_of_holes() -> None:
    market = watched()
    market.depth(1_100, bid_0=0)
    market.depth(2_100, bid_1=0)
    market.exchange.rows(a_loss_message(), 3_100)
    market.snapshot(3_200)
    market.depth(4_100, bid_0=0)
    market.depth(6_100, bid_1=0)
    market.depth(7_100, bid_2=0)
    market.depth(8_100)
    seconds, returns, count = market.scrutiny.returns(0)
    assert (seconds - START // SECOND).tolist() == [1, 2, 3, 4, 5, 7, 8]
    assert count == 7
    step = math.log((MIDDLE - 0.5) / MIDDLE)
    again = math.log((MIDDLE - 1.0) / (MIDDLE - 0.5))
    third = math.log((MIDDLE - 1.5) / (MIDDLE - 1.0))
    nan = math.nan
    expected = [nan, step, again, nan, step, nan, third]
    assert returns.tolist() == pytest.approx(expected, nan_ok=True, rel=1e-6)
    assert market.scrutiny.returns(5)[1].tolist() == pytest.approx(
        expected[5:], nan_ok=True, rel=1e-6
    )
    assert len(market.scrutiny.returns(7)[0]) == 0


def test_a_book_lost_within_a_second_is_a_hole_too() -> None:
    market = watched()
    market.depth(1_100)
    market.exchange.rows(a_loss_message(), 1_200)
    market.snapshot(1_300)
    market.depth(2_100)
    market.depth(3_100)
    assert market.seconds()["follows"].tolist() == [0, 0, 1]


def test_only_the_newest_seconds_are_remembered() -> None:
    market = watched()
    for second in range(1, 700):
        market.depth(second * 1_000, bid_0=second)
    seconds, returns, count = market.scrutiny.returns(0)
    assert (len(seconds), count) == (511, 699)
    assert not np.isnan(returns).any()
    assert seconds[-1] - seconds[0] == 510


def test_the_exchanges_time_may_run_back() -> None:
    market = watched()
    market.depth(100, venue_at=90)
    market.depth(200, venue_at=80)
    market.depth(300, venue_at=85)
    market.depth(400, venue_at=82)
    market.depth(1_000, venue_at=999)
    assert market.seconds()["back"].tolist() == [10 * MILLISECOND]
    found = market.anomalies(1_000)
    assert [(it.kind, it.at, it.figure) for it in found] == [
        (AnomalyKind.BACKWARDS, START + SECOND, 10.0)
    ]
    held = [[it.kind for it in market.anomalies(at)] for at in (11_000, 11_001)]
    assert held == [[AnomalyKind.BACKWARDS, AnomalyKind.SILENCE], [AnomalyKind.SILENCE]]


def test_what_has_no_stamp_says_nothing_of_clocks() -> None:
    market = watched()
    message = a_depth_message(bids=[(MIDDLE - 1, 11)])
    message["venue_at"] = 0
    market.exchange.rows(message, 500)
    market.depth(1_000, bid_0=12)
    assert market.seconds()["delay"].tolist() == [UNSTAMPED]
    assert market.seconds()["back"].tolist() == [0]


# --- what is out of the ordinary ------------------------------------------------------------------


def ordinary(seconds: int) -> Watched:
    """Twenty messages a second and some trades; the mid price a tick to and fro."""
    market = watched()
    for second in range(seconds):
        for part in range(20 + second % 4):
            at = second * 1_000 + part * 40 + 10
            market.depth(at, at - 5, bid_0=10 if second % 2 else 0, bid_5=10 + part)
        market.trades(second * 1_000 + 900, (Side.BUY, MIDDLE + 1, 1_000 + 100 * (second % 5)))
    return market


def test_an_ordinary_market_has_no_anomalies() -> None:
    market = ordinary(80)
    assert market.anomalies(80_000) == ()


@pytest.mark.parametrize(
    "kind",
    [AnomalyKind.SPREAD, AnomalyKind.VOLUME, AnomalyKind.RETURN, AnomalyKind.MESSAGES],
)
def test_what_is_far_from_the_usual_is_an_anomaly(kind: AnomalyKind) -> None:
    market = ordinary(80)
    no_asks = [(MIDDLE + 1 + n, 0) for n in range(LEVELS)]
    if kind is AnomalyKind.SPREAD:
        market.exchange.rows(a_depth_message(asks=[*no_asks, (MIDDLE + 500, 10)]), 80_100)
    elif kind is AnomalyKind.VOLUME:
        market.trades(80_100, (Side.SELL, MIDDLE - 1, 90_000))
    elif kind is AnomalyKind.RETURN:
        moved = a_depth_message([(MIDDLE + 2_000, 10)], [*no_asks, (MIDDLE + 2_002, 10)])
        market.exchange.rows(moved, 80_100)
    for part in range(400 if kind is AnomalyKind.MESSAGES else 19):
        market.depth(80_300 + part, 80_295 + part, bid_25=20 + part)
    market.depth(81_000, 80_995, bid_5=10)
    found = [it for it in market.anomalies(81_000) if it.kind is kind]
    assert [it.at for it in found] == [START + 81 * SECOND]
    assert abs(found[0].figure) > 8.0
    assert "deviations from the usual" in found[0].words
    assert market.anomalies(81_000) == market.anomalies(81_000)


def test_with_few_seconds_nothing_is_out_of_the_ordinary() -> None:
    market = ordinary(USUAL.anomalies.least_seconds - 1)
    at = (USUAL.anomalies.least_seconds - 1) * 1_000
    market.trades(at + 10, (Side.SELL, MIDDLE - 1, 90_000))
    market.depth(at + 20, at + 15, bid_5=10)
    market.depth(at + 1_000, at + 995, bid_5=10)
    assert market.anomalies(at + 1_000) == ()


def test_a_clock_that_jumps() -> None:
    market = watched()
    for second in range(20):
        market.depth(second * 1_000 + 100, second * 1_000 + 50, bid_5=10 + second)
    market.depth(20_100, 18_050, bid_5=10)
    market.depth(21_100, 23_150, bid_5=10)
    market.depth(22_100, 22_050, bid_5=10)
    jumps = {}
    for at in (21_100, 22_100):
        for it in market.anomalies(at):
            if it.kind is AnomalyKind.CLOCK_JUMP:
                jumps[it.at] = (it.figure, it.words)
    assert jumps[Nanos(START + 21 * SECOND)] == (2_000.0, "delay 2050 ms, +2000 ms from the usual")
    assert jumps[Nanos(START + 22 * SECOND)][0] == -2_100.0


def test_a_silence_lasts_until_something_is_heard() -> None:
    market = Watched()
    assert market.anomalies(99_000) == ()
    market.snapshot(100_000)
    assert market.anomalies(109_999) == ()
    for at in (110_000, 125_000):
        (found,) = market.anomalies(at)
        assert (found.kind, found.at) == (AnomalyKind.SILENCE, moment(110_000))
        assert found.figure == at - 100_000
    market.trades(126_000, (Side.BUY, MIDDLE + 1, 1))
    assert market.anomalies(126_000) == ()


def test_only_what_can_be_judged_is_held() -> None:
    with pytest.raises(ValidationError, match="together"):
        EnhancedSettings.model_validate(
            {
                "anomalies": {"window_seconds": 400},
                "sessions": {"ASIA": {"aggregation": {"anomaly_hold_ms": 120_000}}},
            }
        )
    with pytest.raises(ValidationError, match="least_seconds"):
        EnhancedSettings.model_validate({"anomalies": {"window_seconds": 30}})
