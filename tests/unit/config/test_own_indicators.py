"""A person's own indicators: what is good is loaded, what is not is refused and explained."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.signals.indicators.walks import bars_of, walk
from trading_agent.config.engine_parts import engine_settings, own_parts
from trading_agent.config.loading import load
from trading_agent.config.own_indicators import load_own_indicators
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.catalogue import STANDARD

GOOD = """\
import numba
import numpy as np

from trading_agent.signals.indicators.indicator import Parameter


class Gap:
    name = "gap"
    parameters = (Parameter("period", 5, 2, 50),)
    outputs = ("gap", "average")

    def memory_size(self, values):
        return 2 + values["period"]

    def warm_up(self, values):
        return values["period"]

    def update(self, memory, bar, out):
        count, period = int(memory[0]), int(memory[1])
        memory[2 + count % period] = bar.close
        memory[0] = count + 1
        if count + 1 >= period:
            out[1] = memory[2:].mean()
            out[0] = bar.close - out[1]
"""
COMPILED = """\
import numba

from trading_agent.signals.indicators.indicator import Parameter


class Last:
    name = "last"
    parameters = ()
    outputs = ("close",)

    def memory_size(self, values):
        return 1

    def warm_up(self, values):
        return 1

    @staticmethod
    @numba.njit
    def update(memory, bar, out):
        out[0] = bar.close
"""
STRATEGY = """\
from trading_agent.strategies.strategy import Need, Requirements


class Mine:
    name = "mine"
    parameters = ()

    def __init__(self, values):
        self.gap = Need("1m", "gap", (("period", 7),))

    @property
    def requires(self):
        return Requirements(timeframe="1m", needs=(self.gap,))

    def propose(self, view):
        return None
"""
MODULES = ("own_indicator_gap", "own_indicator_faulty", "own_strategy_mine")


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    for name in MODULES:
        sys.modules.pop(name, None)


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def refused(folder: Path, text: str) -> str:
    """What is said about a faulty file, of which nothing may stay."""
    path = folder / "faulty.py"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_own_indicators(folder)
    assert not [name for name in MODULES if name in sys.modules]
    words = str(caught.value)
    assert words.startswith(f"{path}:")
    return words.removeprefix(f"{path}:")


def test_an_indicator_of_ones_own_stands_beside_the_standard_ones(tmp_path: Path) -> None:
    (tmp_path / "gap.py").write_text(GOOD)
    catalogue = load_own_indicators(tmp_path)
    assert [each.name for each in catalogue] == [*STANDARD, "gap"]
    bars = bars_of(walk(30))
    computed = catalogue.compute("gap", bars, period=3)
    assert np.isnan(computed[:2]).all()
    means = [bars.close[place - 2 : place + 1].mean() for place in range(2, 30)]
    np.testing.assert_allclose(computed[2:, 1], means)
    assert [path.name for path in tmp_path.iterdir()] == ["gap.py"], "nothing is left beside it"


def test_a_compiled_one_is_taken_too(tmp_path: Path) -> None:
    (tmp_path / "gap.py").write_text(COMPILED)
    bars = bars_of(walk(5))
    assert load_own_indicators(tmp_path).compute("last", bars)[:, 0].tolist() == list(bars.close)


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path) -> None:
    assert len(list(load_own_indicators(tmp_path / "indicators"))) == len(STANDARD)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1: holds no indicator: write one class with name, parameters, outputs"),
        ("x = 1\nx / 0\n", "2: ZeroDivisionError: division by zero"),
        (GOOD + "\n\nclass Second(Gap):\n    pass\n", "27: holds 2 indicators (Gap, Second)"),
        (changed(('"gap"\n', '"rsi"\n')), "8: Gap.name rsi is that of a standard indicator"),
        (changed(('"gap"\n', '"my gap"\n')), "8: Gap needs a name of small letters"),
        (changed(("5, 2, 50", "1, 2, 50")), "9: Gap: a default is outside its own range"),
        (changed(('("gap", "average")', "()")), "10: Gap needs names of what it computes"),
        (changed(('("gap", "average")', '"gap"')), "10: Gap needs names of what it computes"),
        (changed(("def update(", "def updates(")), "7: Gap has no update"),
        (changed(("(self, memory, bar, out)", "(self, bar)")), "18: Gap.update must be: def upd"),
        (changed(("2 + values[", "values[")), "20: IndexError"),
        (changed(('return 2 + values["period"]', "return 1")), "7: Gap cannot be used: gap: its"),
        (changed(('return values["period"]', "return 0")), "7: Gap cannot be used: gap: nothing"),
        (changed(('return values["period"]', "return 2")), "15: Gap.warm_up says 2 candles, but"),
        (changed(("return values[", "return value[")), "16: NameError: name 'value'"),
        (changed(("out[1] =", "out[2] =")), "23: IndexError"),
        (changed(("bar.close - out[1]", "bar.middle")), "24: AttributeError"),
        (changed(("memory[2:].mean()", "1.0 / 0.0")), "23: ZeroDivisionError"),
        (changed(("memory[2 + count", "bar.close = 1.0; memory[2 + count")), "20: AttributeError"),
        (COMPILED.replace("out[0]", "out[1]"), "20: IndexError"),
    ],
)
def test_what_is_faulty_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    assert refused(tmp_path, text).startswith(words)


@pytest.mark.parametrize(
    "update",
    [
        "self.last = getattr(self, 'last', 0.0) + bar.close; out[0] = out[1] = self.last",
        "import random; out[0] = out[1] = random.random()",
    ],
    ids=["remembers elsewhere", "draws"],
)
def test_one_that_is_more_than_its_memory_is_refused(tmp_path: Path, update: str) -> None:
    text = GOOD[: GOOD.index("        count, period")] + f"        {update}\n"
    words = refused(tmp_path, text)
    assert words.startswith("18: Gap.update remembers or draws what is not in `memory`")


def test_no_good_one_is_half_loaded_beside_a_faulty_one(tmp_path: Path) -> None:
    (tmp_path / "gap.py").write_text(GOOD)
    assert refused(tmp_path, "1 / 0\n").startswith("1: ZeroDivisionError")


def configured(folder: Path, content: dict[str, object]) -> Path:
    path = folder / "base.json"
    path.write_text(json.dumps(content))
    return path


def test_a_strategy_of_ones_own_may_need_it(tmp_path: Path) -> None:
    for folder, name, text in (("inds", "gap.py", GOOD), ("strats", "mine.py", STRATEGY)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    strategies = {"folder": "strats", "active": [{"name": "mine"}]}
    both = {"timeframes": {"folder": "inds"}, "strategies": strategies}
    own = own_parts(engine_settings(load(configured(tmp_path, both), [], {}).config))
    assert list(own.strategies) == ["mine"]
    assert own.catalogue.find("gap").outputs == ("gap", "average")
    alone = engine_settings(load(configured(tmp_path, {"strategies": strategies}), [], {}).config)
    with pytest.raises(ConfigError, match=r"mine\.py:12: Mine\.requires needs an indicator 'gap'"):
        own_parts(alone)


def test_it_may_be_kept_up_to_date_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "gap.py").write_text(GOOD)
    kept = {"folder": ".", "indicators": [{"name": "gap", "parameters": {"period": 9}}]}
    settings = engine_settings(load(configured(tmp_path, {"timeframes": kept}), [], {}).config)
    assert own_parts(settings).catalogue.find("gap").name == "gap"
    kept["indicators"] = [{"name": "gpa"}]
    settings = engine_settings(load(configured(tmp_path, {"timeframes": kept}), [], {}).config)
    with pytest.raises(ConfigError, match="there is no indicator gpa"):
        own_parts(settings)


def test_where_the_folder_is_does_not_make_other_settings(tmp_path: Path) -> None:
    digests = {
        load(configured(tmp_path, {"timeframes": timeframes}), [], {}).digest
        for timeframes in ({}, {"folder": "one"}, {"folder": "other"})
    }
    assert len(digests) == 1
