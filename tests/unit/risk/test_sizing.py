"""Caps of an entry's size: figures worked out by hand, and what is not sound is nothing."""

import math
from decimal import Decimal
from fractions import Fraction
from statistics import fmean, variance
from typing import Final

import pytest

from tests.builders import an_instrument
from trading_agent.risk.sizing import (
    BELOW_ONE_LOT,
    LARGEST_KELLY,
    NO_CAP,
    NO_EDGE,
    NOT_FINITE,
    NOT_POSITIVE,
    OUT_OF_RANGE,
    TOO_FEW_TRADES,
    SizeCap,
    SizingAnswer,
    Stake,
    StopRisk,
    fixed_cap,
    fixed_fraction_cap,
    kelly_cap,
    kelly_continuous,
    kelly_discrete,
    kelly_share,
    size_for,
    volatility_cap,
    win_rate_at_least,
)

EXACT: Final = 1e-9
NAN: Final = Decimal("NaN")
INFINITE: Final = Decimal("Infinity")


def a_stake(equity: str = "10000", price: str = "100") -> Stake:
    """A lot is 0.01 of the base asset: one of the quote asset at this price."""
    return Stake(instrument=an_instrument(), equity=Decimal(equity), price=Decimal(price))


def a_stop(stop: str = "98", fee: str = "0", slippage: str = "0", entry: str = "100") -> StopRisk:
    return StopRisk(
        entry=Decimal(entry), stop=Decimal(stop), fee=Decimal(fee), slippage=Decimal(slippage)
    )


def a_cap(name: str, lots: int) -> SizeCap:
    return fixed_cap(name, lots)


def test_kelly_of_known_odds() -> None:
    assert kelly_discrete(0.55, 1.2) == pytest.approx(0.175, rel=EXACT)
    assert kelly_continuous(0.3, 0.8) == pytest.approx(0.46875, rel=EXACT)
    assert kelly_continuous(0.35, 0.8, riskless=0.05) == pytest.approx(0.46875, rel=EXACT)


def test_kelly_s_share_is_where_growth_is_greatest() -> None:
    def growth(share: float) -> float:
        return 0.55 * math.log1p(1.2 * share) + 0.45 * math.log1p(-share)

    best = kelly_discrete(0.55, 1.2)
    assert growth(best) > max(growth(best - 1e-4), growth(best + 1e-4))


@pytest.mark.parametrize(
    ("win_rate", "payoff"), [(-0.1, 1.0), (1.1, 1.0), (0.5, 0.0), (0.5, math.inf), (math.nan, 1.0)]
)
def test_what_is_no_bet_has_no_share(win_rate: float, payoff: float) -> None:
    assert math.isnan(kelly_discrete(win_rate, payoff))


@pytest.mark.parametrize(("mean", "deviation"), [(0.1, 0.0), (0.1, -1.0), (math.nan, 1.0)])
def test_what_is_no_distribution_has_no_share(mean: float, deviation: float) -> None:
    assert math.isnan(kelly_continuous(mean, deviation))


def test_the_win_rate_that_is_believed_is_the_root_of_the_score_test() -> None:
    # Wilson's bound solves rate - p = z·sqrt(p(1 - p)/n) for p.
    bound = win_rate_at_least(60, 100)
    z = (0.6 - bound) / math.sqrt(bound * (1 - bound) / 100)
    assert z == pytest.approx(1.6448536269514722, rel=EXACT)
    assert win_rate_at_least(0, 40) == 0.0
    assert 0.9 < win_rate_at_least(40, 40) < 1.0
    assert math.isnan(win_rate_at_least(0, 0))
    assert math.isnan(win_rate_at_least(2, 1))


def good_trades(count: int = 200) -> list[float]:
    """Seven of ten win 2 %, three lose 1 %."""
    return [0.02 if number % 10 < 7 else -0.01 for number in range(count)]


def test_kelly_from_trades_is_the_smaller_share_shrunk() -> None:
    trades = [0.2 if number % 10 < 6 else -0.18 for number in range(200)]
    payoff = 0.2 / 0.18
    discrete = kelly_discrete(win_rate_at_least(120, 200), payoff)
    spread = variance(trades)
    cautious = fmean(trades) - 1.6448536269514722 * math.sqrt(spread / 200)
    expected = 0.5 * min(discrete, cautious / spread)
    assert 0.0 < expected < LARGEST_KELLY
    assert kelly_share(trades) == pytest.approx(expected, rel=EXACT)
    assert kelly_share(trades, 0.25) == pytest.approx(expected / 2, rel=EXACT)
    assert kelly_share(trades, 1.0) == kelly_share(trades)


def test_kelly_never_bets_more_than_a_quarter() -> None:
    trades = [0.02 if number % 100 < 95 else -0.01 for number in range(2_000)]
    assert kelly_share(trades) == LARGEST_KELLY
    assert kelly_cap(a_stake(), trades) == SizeCap(name="kelly", lots=2_500)


def test_kelly_bets_nothing_on_few_trades_or_without_an_edge() -> None:
    assert kelly_cap(a_stake(), good_trades(29)).reason == TOO_FEW_TRADES
    assert kelly_cap(a_stake(), good_trades(30)).lots > 0
    even = [0.01 if number % 2 else -0.01 for number in range(500)]
    assert kelly_cap(a_stake(), even).reason == NO_EDGE
    assert kelly_cap(a_stake(), [-0.01] * 50).reason == NO_EDGE
    assert kelly_cap(a_stake(), [0.01] * 50).reason == NO_EDGE
    assert kelly_cap(a_stake(), [*good_trades(), math.nan]).reason == NOT_FINITE
    assert kelly_cap(a_stake(), good_trades(), math.nan).reason == NOT_FINITE
    assert kelly_cap(a_stake("0"), good_trades()).reason == NOT_POSITIVE


def test_a_fixed_fraction_is_what_the_stop_costs() -> None:
    cap = fixed_fraction_cap(a_stake(), Decimal("0.01"), a_stop())
    assert cap == SizeCap(name="fixed_fraction", lots=5_000)


def test_fees_and_slippage_are_part_of_what_the_stop_costs() -> None:
    risk = a_stop(stop="98.7", fee="0.0005", slippage="0.0003")
    lost = Fraction("1.3") + Fraction("0.0005") * (100 + Fraction("98.7")) + Fraction("0.03")
    exact = Fraction(100) / lost * 100
    assert fixed_fraction_cap(a_stake(), Decimal("0.01"), risk).lots == math.floor(exact)


def test_a_stop_above_the_entry_counts_as_far_as_one_below() -> None:
    above = fixed_fraction_cap(a_stake(), Decimal("0.01"), a_stop("102"))
    assert above.lots == fixed_fraction_cap(a_stake(), Decimal("0.01"), a_stop("98")).lots


@pytest.mark.parametrize(
    ("fraction", "risk", "reason"),
    [
        ("0.01", a_stop("100"), OUT_OF_RANGE),
        ("1.01", a_stop(), OUT_OF_RANGE),
        ("0", a_stop(), NOT_POSITIVE),
        ("-0.01", a_stop(), NOT_POSITIVE),
        ("NaN", a_stop(), NOT_FINITE),
        ("0.01", a_stop("NaN"), NOT_FINITE),
        ("0.01", a_stop("-1"), NOT_POSITIVE),
        ("0.01", a_stop(entry="Infinity"), NOT_FINITE),
        ("0.01", a_stop(fee="-0.001"), OUT_OF_RANGE),
        ("0.01", a_stop(slippage="NaN"), NOT_FINITE),
        ("1E-40", a_stop(), OUT_OF_RANGE),
        ("0.0000001", a_stop(), BELOW_ONE_LOT),
    ],
)
def test_a_fixed_fraction_of_what_is_not_sound_is_nothing(
    fraction: str, risk: StopRisk, reason: str
) -> None:
    cap = fixed_fraction_cap(a_stake(), Decimal(fraction), risk)
    assert (cap.lots, cap.reason) == (0, reason)


def test_a_volatility_target_is_a_share_of_equity() -> None:
    cap = volatility_cap(a_stake(), 0.2, 0.8, floor=0.1, largest_share=1.0)
    assert cap == SizeCap(name="volatility", lots=2_500)


def test_a_calm_market_is_not_believed_below_the_floor_nor_beyond_the_largest_share() -> None:
    floored = volatility_cap(a_stake(), 0.2, 0.001, floor=0.4, largest_share=1.0)
    assert floored.lots == 5_000
    capped = volatility_cap(a_stake(), 0.2, 0.001, floor=0.001, largest_share=0.75)
    assert capped.lots == 7_500


@pytest.mark.parametrize("poison", [math.nan, math.inf, 0.0, -0.2])
@pytest.mark.parametrize("place", range(4))
def test_a_volatility_that_is_no_number_allows_nothing(place: int, poison: float) -> None:
    numbers = [0.2, 0.8, 0.1, 1.0]
    numbers[place] = poison
    target, volatility, floor, share = numbers
    cap = volatility_cap(a_stake(), target, volatility, floor=floor, largest_share=share)
    assert cap.lots == 0
    assert cap.reason == (NOT_POSITIVE if math.isfinite(poison) else NOT_FINITE)


@pytest.mark.parametrize("equity", ["0", "-1", "NaN", "Infinity", "-Infinity", "1E+999999"])
def test_equity_that_is_no_amount_allows_nothing(equity: str) -> None:
    stake = a_stake(equity)
    caps = [
        fixed_fraction_cap(stake, Decimal("0.01"), a_stop()),
        kelly_cap(stake, good_trades()),
        volatility_cap(stake, 0.2, 0.8, floor=0.1, largest_share=1.0),
    ]
    assert [cap.lots for cap in caps] == [0, 0, 0]
    assert all(cap.reason for cap in caps)


def test_the_smallest_cap_wins_and_is_named() -> None:
    caps = [a_cap("cash", 900), a_cap("depth", 120), a_cap("kelly", 300)]
    assert size_for(caps) == SizingAnswer(size=120, bound_by="depth")
    assert size_for(reversed(caps)).bound_by == "depth"
    assert size_for([a_cap("first", 7), a_cap("second", 7)]).bound_by == "first"


def test_a_cap_without_lots_says_why() -> None:
    caps = [a_cap("cash", 900), kelly_cap(a_stake(), [])]
    assert size_for(caps) == SizingAnswer(size=0, bound_by="kelly", reason=TOO_FEW_TRADES)
    assert size_for([a_cap("depth", -5)]).reason == NOT_POSITIVE
    assert size_for([]) == SizingAnswer(size=0, bound_by="", reason=NO_CAP)


@pytest.mark.parametrize(("factor", "size"), [(0.5, 60), (0.333, 40), (1.0, 121), (3.0, 121)])
def test_a_factor_makes_smaller_never_larger(factor: float, size: int) -> None:
    assert size_for([a_cap("cash", 121)], factor) == SizingAnswer(size=size, bound_by="cash")


@pytest.mark.parametrize(
    ("factor", "reason"),
    [
        (0.0, NOT_POSITIVE),
        (-1.0, NOT_POSITIVE),
        (math.nan, NOT_FINITE),
        (math.inf, NOT_FINITE),
        (0.001, BELOW_ONE_LOT),
    ],
)
def test_a_factor_that_leaves_nothing_says_why(factor: float, reason: str) -> None:
    answer = size_for([a_cap("cash", 121)], factor, "session")
    assert answer == SizingAnswer(size=0, bound_by="session", reason=reason)
