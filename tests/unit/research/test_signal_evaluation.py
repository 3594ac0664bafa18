"""Features of recordings against what came after."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from tests.unit.research.evaluations import a_request
from trading_agent.domain.errors import CommandError
from trading_agent.domain.market_rows import Rows
from trading_agent.research.recorded_tape import RecordedTape, read_streams
from trading_agent.research.signal_evaluation import evaluate_signals
from trading_agent.research.signal_samples import FEATURES, HORIZONS, sample
from trading_agent.signals.settings import SessionPlan

BTC = Path(__file__).parents[3] / ".." / "shared" / "data" / "depth" / "binance-spot_BTCUSDT"


@pytest.fixture(scope="module")
def recorded() -> RecordedTape:
    if not BTC.is_dir():
        pytest.skip("no recorded market data beside the project")
    return read_streams((BTC / "btcusdt_20240808.gz",))


def test_a_symbol_the_recording_does_not_hold_is_named(recorded: RecordedTape) -> None:
    request = replace(a_request(), data=(BTC,), symbol="DOGEUSDT")
    with pytest.raises(CommandError, match=f"DOGEUSDT: the recordings hold {recorded.symbol}"):
        evaluate_signals(request, lambda _: None)


def before(rows: Rows, at: int) -> Rows:
    return rows[rows["at"] < at]


def test_no_feature_knows_what_came_after(recorded: RecordedTape) -> None:
    whole = sample(recorded, SessionPlan())
    cut = int(whole.at[len(whole.at) // 2])
    shorter = replace(
        recorded, depth=before(recorded.depth, cut), prints=before(recorded.prints, cut)
    )
    half = sample(shorter, SessionPlan())
    count = len(half.at)
    assert 1_000 < count < len(whole.at)
    assert np.array_equal(half.at, whole.at[:count])
    assert np.array_equal(half.mid, whole.mid[:count])
    for name in FEATURES:
        assert np.array_equal(half.features[name], whole.features[name][:count]), name


@pytest.mark.slow
def test_imbalance_foretells_the_next_second_of_a_recorded_market(recorded: RecordedTape) -> None:
    """The known effect; a mistake of sign or time would break it."""
    request = replace(a_request("flash"), data=(BTC,))
    said: list[str] = []
    found = evaluate_signals(request, said.append)
    assert said and recorded.symbol in found.seconds
    by = {(each.feature, each.horizon): each for each in found.figures}
    assert {horizon for _, horizon in by} == set(HORIZONS)
    second = by["imbalance", 1.0]
    assert second.prediction.ic.low is not None and second.prediction.ic.low > 0.3
    assert second.false_share is not None and second.false_share < 0.01
    later = by["imbalance", 10.0]
    assert later.prediction.ic.value < second.prediction.ic.value / 2
    assert second.net_bps.value < second.gross_bps.value
    dearer = evaluate_signals(replace(request, taker_fee_bps=5.0), said.append)
    (paid,) = (e for e in dearer.figures if (e.feature, e.horizon) == ("imbalance", 1.0))
    assert paid.net_bps.value == pytest.approx(second.net_bps.value - 10.0)
