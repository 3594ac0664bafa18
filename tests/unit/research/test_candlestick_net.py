"""What candlesticks pay in a market whose truth is known."""

import numpy as np
import pytest

from tests.unit.research.planted_market import trailing_tape
from tests.unit.research.test_pattern_edge import ground_of, jumps
from trading_agent.engine.compiled_loop import prepare_batch
from trading_agent.research.candlestick_net import CandlestickNet, candlestick_nets
from trading_agent.research.pattern_evaluation import Events
from trading_agent.research.recorded_candles import candles_of
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_statistics import corrected
from trading_agent.research.signal_verdict import candlestick_pays


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    prepare_batch()


def nets_of(tape: RecordedTape, events: Events) -> dict[int, CandlestickNet]:
    """By candles held."""
    candles = candles_of(tape, ["1s"])
    found = candlestick_nets({("1s", "cdlmarubozu"): [events]}, candles, ground_of(tape))
    return {each.after: each for each in corrected(found, lambda each: each.chance)}


def test_what_prices_follow_pays_more_than_at_other_times() -> None:
    tape = trailing_tape(effect=3)
    told = nets_of(tape, jumps(tape, 7))
    assert set(told) == {1, 5, 10}
    five = told[5]
    assert five.filled >= 30
    assert five.net_bps.low is not None and five.net_bps.low > 0.0
    assert five.shifts >= 20 and five.shifted_net_bps is not None
    assert five.shifted_net_bps.high is not None
    assert five.shifted_net_bps.high < five.net_bps.value
    assert five.chance is not None and five.chance >= 1.0 / (1 + five.shifts)
    assert candlestick_pays(five)


def test_what_prices_ignore_costs_the_spread_and_is_not_traded_again() -> None:
    tape = trailing_tape(effect=0)
    for each in nets_of(tape, jumps(tape, 7)).values():
        assert not candlestick_pays(each)
        assert (each.shifts, each.shifted_net_bps) == (0, None)
    assert nets_of(tape, jumps(tape, 7))[10].net_bps.value == pytest.approx(-1.0, abs=2.0)


def test_of_fewer_than_eight_nothing_is_told() -> None:
    tape = trailing_tape(effect=3)
    many = jumps(tape, 7)
    few = Events(many.places[-7:], np.ones(7), many.open_at, many.close)
    assert nets_of(tape, few) == {}
