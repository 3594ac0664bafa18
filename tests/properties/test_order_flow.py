"""Features of random markets against a plain reference."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START, a_depth_message, a_plan, a_snapshot_message
from tests.paper_exchange import PaperExchange
from tests.plain_features import PlainFeatures
from tests.random_market import RandomMarket, Trouble
from trading_agent.domain.units import MILLISECOND, SECOND


@given(
    seed=st.integers(0, 2**32),
    levels=st.sampled_from((1, 3, 10)),
    interval_ms=st.sampled_from((0, 50, 700)),
    window_ms=st.sampled_from((100, 1_000, 3_000)),
)
@settings(max_examples=15)
def test_features_are_those_of_the_reference(
    seed: int, levels: int, interval_ms: int, window_ms: int
) -> None:
    plan = a_plan(
        signal={
            "book_levels": levels,
            "evaluation_interval_ms": interval_ms,
            "momentum_window_ms": window_ms,
            "trade_flow_window_ms": window_ms,
        }
    )
    exchange, plain = PaperExchange(plan=plan), PlainFeatures(plan.signal)
    market = RandomMarket(seed, Trouble(lost=0.01, crossed=0.01, one_sided=0.05), pairs=1)
    evaluations = warm = 0
    for message in market.messages(300):
        exchange.recorded(message)
        plain.take(message)
        features = exchange.market()["features"]
        assert exchange.market()["book"]["ready"] == plain.ready
        if plain.evaluated:
            evaluations += 1
            warm += plain.now["warm"] > 0
            assert features["at"] == message["at"][0]
            seen = {name: float(features[name]) for name in plain.now}
            assert seen == pytest.approx(plain.now, rel=1e-9, abs=1e-9)
    assert evaluations > 0


def test_volatility_does_not_drift() -> None:
    """The running sum of squares is added to and taken from every second."""
    exchange, plain = PaperExchange(), PlainFeatures(a_plan().signal)
    for second in range(1_300):
        at = START + second * SECOND
        middle = 1_000_000 + (second * 7_919) % 5_000 * (1 if second < 1_100 else 0)
        message = a_snapshot_message([(middle, 5)], [(middle + 1, 5)], at=at)
        exchange.recorded(message)
        plain.take(message)
    assert exchange.market()["features"]["volatility_bps"] == pytest.approx(
        plain.now["volatility_bps"], abs=1e-5
    )


def test_momentum_over_more_mids_than_are_remembered_starts_at_the_oldest() -> None:
    """A long window over a fast market: never warm with less than its whole window."""
    plan = a_plan(signal={"momentum_window_ms": 60_000})
    exchange = PaperExchange(plan=plan)
    exchange.rows(a_snapshot_message([(10_000, 5)], [(10_001, 5)]))
    for number in range(4_200):
        at = START + number * 20 * MILLISECOND
        exchange.recorded(a_depth_message(bids=[(9_990, 1 + number % 5)], at=at))
    features = exchange.market()["features"]
    assert features["warm"] == 1
    assert features["mid_count"] - features["mid_tail"] <= 60_000 / 20 + 1
    assert features["momentum_bps"] == 0.0


def test_a_coin_worth_almost_nothing_has_a_microprice() -> None:
    """Twelve decimals of price, two of size: ticks times lots do not fit 64 bits."""
    exchange = PaperExchange()
    bid, ask = 1_200_000_000, 1_200_100_000
    exchange.rows(a_snapshot_message([(bid, 3 * 10**12)], [(ask, 10**12)]))
    assert exchange.market()["features"]["microprice"] == pytest.approx(bid + 75_000, rel=1e-12)
