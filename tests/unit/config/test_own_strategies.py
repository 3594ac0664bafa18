"""A person's own strategies: what is good is loaded, what is not is refused and explained."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.strategies.sight import a_view
from trading_agent.config.own_strategies import load_own_strategies
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.strategies.standard import make

GOOD = """\
from dataclasses import dataclass

from trading_agent.domain.decision import Proposal
from trading_agent.signals.indicators.indicator import Parameter
from trading_agent.strategies.entries import barrier_parameters, enter, read_barriers
from trading_agent.strategies.momentum import MomentumStrategy
from trading_agent.strategies.strategy import Need, Requirements


@dataclass
class Reading:
    figure: float


class Mine:
    name = "mine"
    parameters = (Parameter("period", 5, 2, 50), *barrier_parameters(1.0, 2.0, 3))

    def __init__(self, values):
        self.values = values

    @property
    def requires(self):
        need = Need("1m", "sma", (("period", self.values["period"]),))
        return Requirements(timeframe="1m", needs=(need,))

    def propose(self, view):
        return enter(view, self.name, read_barriers(self.values), f"always {Reading(1.0).figure}")
"""
MODULES = ("own_strategy_mine", "own_strategy_other", "own_strategy_faulty")


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


def refused(folder: Path, text: str | bytes) -> str:
    """What is said about a faulty file, of which nothing may stay."""
    path = folder / "faulty.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_own_strategies(folder, Catalogue())
    assert not [name for name in MODULES if name in sys.modules]
    words = str(caught.value)
    assert words.startswith(f"{path}:")
    return words.removeprefix(f"{path}:")


def test_a_strategy_of_ones_own_is_loaded_and_works(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GOOD)
    own = load_own_strategies(tmp_path, Catalogue())
    assert list(own) == ["mine"]
    proposal = make("mine", {"period": 7}, own).propose(a_view())
    assert proposal is not None
    assert (proposal.strategy, proposal.reason) == ("mine", "always 1.0")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"], "nothing is left beside it"


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("other", "mine"):
        (tmp_path / f"{name}.py").write_text(changed(('"mine"', f'"{name}"')))
    (tmp_path / "_notes.py").write_text("this is left alone")
    (tmp_path / "notes.txt").write_text("and this")
    assert list(load_own_strategies(tmp_path, Catalogue())) == ["mine", "other"]


def test_what_is_read_is_what_stands_there_now(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    for name in ("mine", "line", "mine"):
        path.write_text(changed(('"mine"', f'"{name}"')))
        assert list(load_own_strategies(tmp_path, Catalogue())) == [name]


def test_one_that_extends_a_standard_strategy_is_ones_own(tmp_path: Path) -> None:
    text = "from trading_agent.strategies.lead_lag import LeadLagStrategy\n\n\n"
    text += 'class Mine(LeadLagStrategy):\n    name = "mine"\n    leaders = ("BTCUSDT",)\n'
    (tmp_path / "mine.py").write_text(text)
    own = load_own_strategies(tmp_path, Catalogue())
    assert make("mine", {}, own).requires.leaders == ("BTCUSDT",)


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path) -> None:
    assert load_own_strategies(tmp_path / "strategies", Catalogue()) == {}
    (tmp_path / "strategies").write_text("")
    with pytest.raises(ConfigError, match="is no folder"):
        load_own_strategies(tmp_path / "strategies", Catalogue())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1: holds no strategy: write one class"),
        ("import os\n\nclass Mine\n", "3: is not Python: expected ':'"),
        (b"x = 1\ny = '\xff'\n", "2: is not Python"),
        (b"x = 1\n\0\n", "1: "),
        ("x = 1\nx / 0\n", "2: ZeroDivisionError: division by zero"),
        ("def f():\n    raise ValueError\n\n\nf()\n", "2: ValueError; correct this line"),
        ("import sys\nsys.exit(3)\n", "2: SystemExit: 3"),
        ("import no_such_module\n", "1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("from trading_agent.strategies.flash import FlashStrategy\n", "1: holds no strategy"),
        (GOOD + "\n\nclass Second(Mine):\n    pass\n", "31: holds 2 strategies (Mine, Second)"),
        (changed(('    name = "mine"\n', "")), "15: Mine needs a name of small letters"),
        (changed(('"mine"', '"Mine!"')), "16: Mine needs a name of small letters"),
        (changed(('"mine"', "7")), "16: Mine needs a name of small letters"),
        (changed(('"mine"', '"momentum"')), "16: Mine.name momentum is that of a standard"),
        (changed(("parameters = (", "parameters = [7] or (")), "17: Mine needs a tuple of Param"),
        (changed(("    parameters = ", "    others = ")), "15: Mine needs a tuple of Parameter"),
        (changed(('"period", 5, 2', '"stop_bps", 5, 2')), "17: Mine.parameters holds stop_bps tw"),
        (changed(('"period", 5, 2', '"period", 1, 2')), "17: Mine: a default is outside its own"),
        (changed(("def propose(", "def proposes(")), "15: Mine has no propose"),
        (changed(("def requires(", "def required(")), "15: Mine has no requires"),
        (changed(("def propose(self, view)", "def propose(self)")), "27: Mine.propose must be: d"),
        (changed(("def propose(", "async def propose(")), "27: Mine.propose must be: def propose("),
        (changed(("        return enter", "        yield enter")), "27: Mine.propose must be: def"),
        (changed(("(self, values)", "(self)")), "19: Mine.__init__ must be: def __init__(self, va"),
        (changed(("def __init__", "def made")), "15: Mine.__init__ must be: def __init__(self"),
        (changed(("values[", "value[")), None),
        (changed(("        self.values = values", "        self.it = values.x")), "20: Attribute"),
        (
            changed(("        return Requirements", "        Requirements")),
            "23: Mine.requires must",
        ),
        (changed(("    @property\n", "")), "22: Mine.requires must be a property"),
        (changed(('timeframe="1m", ', "")), "23: Mine.requires never has it asked"),
        (changed(('timeframe="1m"', "refresh=5.0")), "23: Mine.requires has no such refresh"),
        (changed(('timeframe="1m"', 'timeframe="2m"')), "23: Mine.requires names a timeframe '2m'"),
        (changed(('"sma"', '"smaa"')), "23: Mine.requires needs an indicator 'smaa', which there"),
        (changed(('(("period"', '(("perio"')), "23: Mine.requires needs an indicator as it cannot"),
        (changed(("needs=(need,)", "needs=need")), "23: Mine.requires names needs otherwise"),
        (changed(("needs=(need,)", 'leaders="BTC"')), "23: Mine.requires names leaders otherwise"),
        (
            changed(('(("period", self.values["period"]),)', "{}")),
            "23: Mine.requires holds what ca",
        ),
    ],
)
def test_what_is_faulty_is_refused_with_its_line_and_nothing_of_it_stays(
    tmp_path: Path, text: str | bytes, words: str | None
) -> None:
    said = refused(tmp_path, text)
    assert said.startswith(words or "24: AttributeError: 'Mine' object has no attribute 'value'")


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "earlier.py").write_text(GOOD)
    assert f"Mine.name mine is that of {tmp_path / 'earlier.py'} too" in refused(tmp_path, GOOD)
    assert "own_strategy_earlier" not in sys.modules


def test_every_faulty_file_has_its_line_and_no_good_one_is_half_loaded(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GOOD)
    (tmp_path / "other.py").write_text("x = \n")
    words = refused(tmp_path, "1 / 0\n").splitlines()
    assert [line.split(" ")[0] for line in words] == ["1:", f"{tmp_path / 'other.py'}:1:"]
