"""The catalogue, parameters, a person's own indicators, and candles as columns."""

import numpy as np
import pytest
from numba import njit

from tests.unit.signals.indicators.walks import bars_of, walk
from trading_agent.domain.errors import ConfigError
from trading_agent.market.candles import CANDLE
from trading_agent.signals.indicators import kernel
from trading_agent.signals.indicators.bars import bar_at, bars_of_candles, make_bars
from trading_agent.signals.indicators.catalogue import STANDARD, Catalogue, compute
from trading_agent.signals.indicators.indicator import Parameter, Update, Values, candles


class Spread:
    """High less low, times a factor."""

    name = "spread"
    parameters = (Parameter("factor", 1.0, 0.0, 10.0, whole=False), candles("period", 3))
    outputs = ("spread", "average")

    def __init__(self, update: Update) -> None:
        self.update = update

    def memory_size(self, values: Values) -> int:
        return 4

    def warm_up(self, values: Values) -> int:
        return int(values["period"])


def plain_spread(memory, bar, out):  # type: ignore[no-untyped-def]
    memory[0] += 1.0
    memory[3] += bar.high - bar.low
    ready = memory[0] >= memory[2]
    out[0] = memory[1] * (bar.high - bar.low) if ready else np.nan
    out[1] = memory[3] / memory[0] if ready else np.nan


def test_every_kind_and_name_is_its_own() -> None:
    assert len({indicator.kind for indicator in STANDARD.values()}) == len(STANDARD) == 36


@pytest.mark.parametrize(
    ("name", "parameters", "complaint"),
    [
        ("sma", {"period": 1}, "sma: period = 1: 2 to 10000"),
        ("sma", {"period": float("nan")}, "period = nan"),
        ("sma", {"period": 2.5}, "a whole number"),
        ("sma", {"length": 20}, "sma has no parameter length"),
        ("macd", {"fast": 26}, "macd: fast < slow must hold"),
        ("vwap", {"hour": 24}, "hour = 24: 0 to 23"),
        ("alligator", {}, "there is no indicator alligator"),
    ],
)
def test_what_does_not_fit_is_refused(
    name: str, parameters: dict[str, float], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        Catalogue().open(name, **parameters)


def test_an_instance_says_when_it_is_ready() -> None:
    instance = Catalogue().open("sma", period=3)
    bars = bars_of(walk(4))
    seen = [(instance.update(bar_at(bars, index))[0], instance.ready) for index in range(4)]
    assert [ready for _, ready in seen] == [False, False, True, True]
    assert np.isnan([value for value, _ in seen]).tolist() == [True, True, False, False]
    assert seen[2][0] == pytest.approx(np.mean(bars.close[:3]))


@pytest.mark.parametrize("update", [plain_spread, njit(plain_spread)], ids=["plain", "compiled"])
def test_a_persons_own_indicator(update: Update) -> None:
    catalogue = Catalogue()
    registered = catalogue.register(Spread(update))
    bars = bars_of(walk(50))
    batch = catalogue.compute("spread", bars, factor=2.0)
    instance = catalogue.open("spread", factor=2.0)
    stream = [instance.update(bar_at(bars, index)) for index in range(50)]
    assert catalogue.find("spread") is registered
    assert np.isnan(batch[:2]).all()
    np.testing.assert_allclose(batch[2:, 0], 2.0 * (bars.high - bars.low)[2:])
    assert batch.tobytes() == np.array(stream).tobytes()
    assert instance.ready


def test_own_indicators_belong_to_one_catalogue_and_take_no_name_twice() -> None:
    catalogue = Catalogue()
    catalogue.register(Spread(plain_spread))
    with pytest.raises(ConfigError, match="there is an indicator spread already"):
        catalogue.register(Spread(plain_spread))
    with pytest.raises(ConfigError, match="there is no indicator spread"):
        Catalogue().find("spread")


def test_an_own_indicator_must_have_room_for_its_parameters() -> None:
    class Cramped(Spread):
        def memory_size(self, values: Values) -> int:
            return 2

    with pytest.raises(ConfigError, match="does not hold its parameters"):
        Catalogue().register(Cramped(plain_spread))


def test_a_kind_nobody_compiled_writes_nan() -> None:
    bars, outs = bars_of(walk(3)), np.zeros((3, 2))
    kernel.run(1 << 16, np.zeros(8), bars, outs)
    assert np.isnan(outs).all()


def test_whole_prices_are_prices() -> None:
    instance = Catalogue().open("sma", period=2)
    bar = bar_at(bars_of(walk(1)), 0)
    instance.update(bar._replace(close=100))
    assert instance.update(bar._replace(close=103)) == (101.5,)


def test_candles_of_the_market_in_real_prices() -> None:
    candles_now = np.zeros(30, CANDLE)
    candles_now["open_at"] = np.arange(30)
    for name in ("open", "high", "low", "close"):
        candles_now[name] = 200
    candles_now["volume"] = 7
    bars = bars_of_candles(candles_now, 0.5, 0.25)
    assert bars.close.tolist() == [100.0] * 30
    assert bars.volume.tolist() == [1.75] * 30
    assert compute("sma", bars)[-1, 0] == pytest.approx(100.0)


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ConfigError, match="unequal length"):
        make_bars([1, 2], ([1.0],) * 4, [1.0])
    with pytest.raises(ConfigError, match="dimensions"):
        make_bars([1], ([1.0],) * 4, [[1.0]])


def test_no_candles_no_rows() -> None:
    empty = make_bars([], ([],) * 4, [])
    assert all(len(compute(name, empty)) == 0 for name in STANDARD)


@pytest.mark.slow
def test_the_switch_counts_no_references() -> None:
    """Each would be an atomic write for every candle."""
    fresh = njit(error_model="numpy")(kernel.run_oscillators.py_func)
    memory = STANDARD["rsi"].new_memory({"period": 14})
    fresh(STANDARD["rsi"].kind, memory, bars_of(walk(1)), np.zeros((1, 1)))

    (llvm,) = fresh.inspect_llvm().values()

    begin = llvm.index("define")
    body = llvm[begin : llvm.index("\n}", begin)]
    assert "fadd" in body, "the code was not compiled here"
    # One for each of the eight arrays `borrowed` takes in at the door: none for a candle.
    assert body.count("call void @NRT_incref") <= 8


def test_batches_release_the_lock() -> None:
    for family in kernel.FAMILIES.values():
        assert family.targetoptions["nogil"] is True
        assert family.stats.cache_path is not None
