"""The synthetic market has been there before anybody looked."""

from itertools import pairwise

import pytest

from trading_agent.domain.units import HOUR, MINUTE, Nanos
from trading_agent.embedded_exchange.candle_history import FIXED_INTERVALS, CandleHistory
from trading_agent.embedded_exchange.past import WINDOWS
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.embedded_exchange.synthetic import SyntheticMarket

NOW = Nanos(1_732_180_000_000_000_000)


def past(symbol: str = "BTCUSDC", at: int = NOW):  # type: ignore[no-untyped-def]
    return SyntheticMarket(EmbeddedSettings(), Nanos(at)).past(symbol, Nanos(at))


@pytest.mark.parametrize("symbol", ["BTCUSDC", "ETHUSDC"])
def test_every_interval_has_whole_windows_without_holes_that_end_before_now(symbol: str) -> None:
    found = past(symbol)
    assert found.keys() == FIXED_INTERVALS.keys()
    for interval, candles in found.items():
        length = FIXED_INTERVALS[interval]
        assert len(candles) == WINDOWS
        assert 0 <= NOW - candles[-1].closes_at < length
        for candle, following in pairwise(candles):
            assert candle.closes_at == following.opens_at == candle.opens_at + length
            assert candle.close == following.open
            assert candle.low <= min(candle.open, candle.close)
            assert candle.high >= max(candle.open, candle.close)
            assert candle.volume > 0


def test_intervals_tell_of_the_same_prices() -> None:
    found = past()
    closes = {candle.closes_at: candle.close for candle in found["Min1"]}
    shared = [c for c in found["Min5"] if c.closes_at in closes]
    assert len(shared) > 50
    assert all(closes[candle.closes_at] == candle.close for candle in shared)


def test_it_is_the_same_past_whenever_it_is_asked_for() -> None:
    earlier = {c.opens_at: (c.open, c.close) for c in past()["Min1"]}
    later = {c.opens_at: (c.open, c.close) for c in past(at=NOW + HOUR)["Min1"]}
    shared = earlier.keys() & later.keys()
    assert len(shared) == WINDOWS - HOUR // MINUTE
    assert all(earlier[at] == later[at] for at in shared)


def test_it_leads_to_where_the_market_begins() -> None:
    market = SyntheticMarket(EmbeddedSettings(), NOW)
    image = market.image("BTCUSDC", 1)
    assert image is not None
    last = market.past("BTCUSDC", NOW)["Min1"][-1].close
    assert abs(last / image.bids[0][0] - 1.0) < 0.005


def test_it_can_be_asked_for_before_anything_has_traded() -> None:
    history = CandleHistory()
    history.begin_with(past())
    rows = history.rows("Min5", NOW)
    assert rows[-2] == past()["Min5"][-1]
    assert (rows[-1].open, rows[-1].volume) == (rows[-2].close, 0)
