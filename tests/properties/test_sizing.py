"""More risk is never a larger size, and nothing given to sizing makes it fail."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import an_instrument
from trading_agent.risk.sizing import (
    SizeCap,
    Stake,
    StopRisk,
    fixed_cap,
    fixed_fraction_cap,
    kelly_cap,
    kelly_share,
    size_for,
    volatility_cap,
    win_rate_at_least,
)

money = st.decimals(Decimal("0.01"), Decimal(10**9), places=4)
rates = st.decimals(Decimal(0), Decimal("0.05"), places=5)
shares = st.decimals(Decimal("0.0001"), Decimal(1), places=4)
positive = st.floats(1e-6, 1e3, allow_nan=False)
anything = st.decimals(allow_nan=True, allow_infinity=True) | st.sampled_from(
    [Decimal("1E+999999"), Decimal("-1E-999999"), Decimal("sNaN"), Decimal("9.9E+40")]
)
any_float = st.floats(allow_nan=True, allow_infinity=True)
results = st.lists(st.floats(-0.5, 0.5, allow_nan=False), min_size=30, max_size=60)


def stake(equity: Decimal, price: Decimal = Decimal(100)) -> Stake:
    return Stake(instrument=an_instrument(), equity=equity, price=price)


def a_cap(
    equity: Decimal, fraction: Decimal, entry: Decimal, distance: Decimal, costs: Decimal
) -> SizeCap:
    risk = StopRisk(entry=entry, stop=entry + distance, fee=costs, slippage=costs)
    return fixed_fraction_cap(stake(equity), fraction, risk)


@given(money, shares, money, money, money, rates, rates)
def test_a_farther_stop_or_higher_costs_are_never_a_larger_size(
    equity: Decimal,
    fraction: Decimal,
    entry: Decimal,
    distance: Decimal,
    farther: Decimal,
    costs: Decimal,
    higher: Decimal,
) -> None:
    size = a_cap(equity, fraction, entry, distance, costs).lots
    assert a_cap(equity, fraction, entry, distance + farther, costs).lots <= size
    assert a_cap(equity, fraction, entry, distance, min(costs + higher, Decimal(1))).lots <= size
    assert a_cap(equity / 2, fraction, entry, distance, costs).lots <= size
    assert a_cap(equity, fraction / 2, entry, distance, costs).lots <= size


@given(money, shares, money, money, rates)
def test_a_stop_never_costs_more_than_the_fraction_and_a_lot_more_would(
    equity: Decimal, fraction: Decimal, entry: Decimal, distance: Decimal, costs: Decimal
) -> None:
    lots = a_cap(equity, fraction, entry, distance, costs).lots
    unit = Fraction(distance) + Fraction(costs) * Fraction(entry + entry + distance)
    unit += Fraction(costs) * Fraction(entry)
    budget = Fraction(equity) * Fraction(fraction) * 100
    assert lots * unit <= budget < (lots + 1) * unit


@given(money, positive, positive, positive, positive, positive)
def test_more_volatility_or_a_higher_floor_is_never_a_larger_size(
    equity: Decimal, target: float, volatility: float, more: float, floor: float, share: float
) -> None:
    def lots(volatility: float, floor: float, share: float) -> int:
        about = stake(equity)
        return volatility_cap(about, target, volatility, floor=floor, largest_share=share).lots

    size = lots(volatility, floor, share)
    assert lots(volatility + more, floor, share) <= size
    assert lots(volatility, floor + more, share) <= size
    assert lots(volatility, floor, share / 2) <= size
    assert size <= Fraction(equity) * Fraction(share)


@given(results, st.floats(0.0, 0.4, allow_nan=False))
def test_kelly_stays_within_a_quarter_and_bets_nothing_on_losers(
    trades: list[float], loss: float
) -> None:
    share = kelly_share(trades)
    assert 0.0 <= share <= 0.25
    assert kelly_share(trades, 0.1) <= share
    wins = sum(trade > 0.0 for trade in trades)
    assert win_rate_at_least(max(wins - 1, 0), len(trades)) <= win_rate_at_least(wins, len(trades))
    worst = [-abs(trade) - loss for trade in trades]
    assert kelly_share(worst) == 0.0


@given(st.lists(st.integers(-5, 10**12), min_size=1, max_size=8), st.integers(0, 10**12))
def test_another_cap_never_makes_larger(lots: list[int], another: int) -> None:
    caps = [fixed_cap(str(place), each) for place, each in enumerate(lots)]
    answer = size_for(caps)
    assert answer.size == max(min(lots), 0)
    assert answer.bound_by == str(lots.index(min(lots))) or answer.size == 0
    assert size_for([*caps, fixed_cap("another", another)]).size <= answer.size


@given(st.integers(1, 10**15), positive, positive)
def test_a_smaller_factor_is_never_a_larger_size(lots: int, factor: float, more: float) -> None:
    caps = [fixed_cap("cash", lots)]
    assert size_for(caps, factor).size <= size_for(caps, factor + more).size <= lots


@given(st.lists(anything, min_size=7, max_size=7), st.lists(any_float, max_size=40))
def test_whatever_is_given_is_answered_with_lots_or_a_reason(
    amounts: list[Decimal], numbers: list[float]
) -> None:
    equity, price, fraction, *risks = amounts
    entry, stop, fee, slippage = risks
    about = stake(equity, price)
    target, volatility, floor, share = [*numbers, 1.0, 1.0, 1.0, 1.0][:4]
    risk = StopRisk(entry=entry, stop=stop, fee=fee, slippage=slippage)
    caps = [
        fixed_fraction_cap(about, fraction, risk),
        kelly_cap(about, numbers, share),
        volatility_cap(about, target, volatility, floor=floor, largest_share=share),
    ]
    for cap in caps:
        assert 0 <= cap.lots < 1 << 62
        assert bool(cap.reason) == (cap.lots == 0)
    answer = size_for(caps, target)
    assert bool(answer.reason) == (answer.size == 0)
