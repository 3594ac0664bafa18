"""What a module may be: its size, its name, and what it may reach for."""

import ast
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import LIBRARIES, calls, dotted, imports, modules, name_of

LONGEST_MODULE = 400
# A module may be longer where it says so itself: "# longer than 400 lines: <reason>".
ALLOWED_LONGER = re.compile(r"^# longer than 400 lines: \w.{10,}$", re.MULTILINE)

DRAWERS = frozenset(
    (
        *("util", "utils", "utility", "utilities", "helper", "helpers", "common", "misc"),
        *("base", "manager", "managers", "stuff", "tools", "shared"),
    )
)

PURE_ROOMS = tuple(
    f"trading_agent/{room}"
    for room in (
        *("domain", "market", "signals", "strategies", "risk", "execution", "portfolio", "engine"),
        *(f"adapters/mexc/{name}.py" for name in ("codec", "book_sync", "wire", "signing")),
    )
)
IMPURE = frozenset(
    (
        *("time", "threading", "queue", "socket", "asyncio", "random", "logging", "secrets"),
        *("uuid", "sqlite3", "requests", "websocket", "os", "pathlib", "io", "tempfile"),
        *("subprocess", "multiprocessing", "concurrent", "selectors", "ssl", "http", "httpx"),
        *("shutil", "glob"),
    )
)
IMPURE_CALLS = re.compile(
    r"open|input|print|exec|eval|id|breakpoint|__import__"
    r"|(.+\.)?(now|utcnow|today|fromtimestamp)"
    r"|(.+\.)?(read_text|write_text|read_bytes|write_bytes)"
)
DICE = re.compile(r"(np|numpy)\.random")

THREAD_MAKERS = re.compile(r"(.+\.)?(Thread|Timer|ThreadPoolExecutor|start_new_thread|to_thread)")
PATCHES = re.compile(
    r"(.+\.)?monkeypatch\.(setattr|delattr)|(.+\.)?patch(\.\w+)?|(Magic|Async)?Mock"
)

ALL = modules(*LIBRARIES)


@cache
def parsed(source: str) -> ast.Module:
    """Every file is looked at by several tests."""
    return ast.parse(source)


def pure_modules() -> list[Path]:
    rooms = [room for room in PURE_ROOMS if not room.endswith(".py")]
    files = [path for path in ALL if name_of(path) in PURE_ROOMS]
    return [*modules(*rooms), *files]


def impurities(source: str) -> set[str]:
    tree = parsed(source)
    reached = {name for name in imports(tree) if name.partition(".")[0] in IMPURE}
    called = {name for name in calls(tree) if IMPURE_CALLS.fullmatch(name)}
    dice = {name for name in map(dotted, ast.walk(tree)) if DICE.fullmatch(name)}
    return reached | called | dice | {name for name in imports(tree) if "numpy.random" in name}


def thread_makers(source: str) -> set[str]:
    tree = parsed(source)
    made = {name for name in calls(tree) if THREAD_MAKERS.fullmatch(name)}
    return made | {name for name in imports(tree) if name.startswith("_thread")}


def patches(source: str) -> set[str]:
    tree = parsed(source)
    tools = {
        name for name in imports(tree) if name.startswith(("unittest.mock", "mock", "pytest_mock"))
    }
    return tools | {name for name in calls(tree) if PATCHES.fullmatch(name)}


def too_long(source: str) -> bool:
    return len(source.splitlines()) > LONGEST_MODULE and not ALLOWED_LONGER.search(source)


def found(finder: Callable[[str], set[str]], paths: Iterable[Path]) -> dict[str, set[str]]:
    """What is wrong, by module; one test a rule, because a test a module costs seconds."""
    faults = {name_of(path): finder(path.read_text("utf-8")) for path in paths}
    return {name: fault for name, fault in faults.items() if fault}


def drawers(paths: Iterable[Path]) -> list[str]:
    """A name must exclude something."""
    return [name_of(path) for path in paths if {path.stem, path.parent.name} & DRAWERS]


def test_a_module_fits_in_the_head_and_says_what_it_is() -> None:
    paths = [*ALL, *modules("scripts")]
    sources = {name_of(path): path.read_text("utf-8") for path in paths}
    assert [name for name, source in sources.items() if too_long(source)] == []
    silent = [name for name, text in sources.items() if not ast.get_docstring(parsed(text))]
    assert silent == [], "a module opens with what it is for"
    assert drawers(paths) == []


def test_tests_patch_nothing_and_are_no_drawers() -> None:
    assert found(patches, modules("tests")) == {}, "needing to patch means a seam is missing"
    assert drawers(modules("tests")) == []


def test_the_product_patches_nothing() -> None:
    assert found(patches, ALL) == {}


def test_the_pure_rooms_are_where_they_are_looked_for() -> None:
    rooms = {name_of(path).split("/")[1] for path in pure_modules()}
    assert rooms >= {"domain", "market", "signals", "strategies", "risk", "execution", "engine"}


def test_a_pure_room_has_no_clock_thread_socket_disk_or_dice() -> None:
    assert found(impurities, pure_modules()) == {}


def test_threads_are_made_in_one_place() -> None:
    assert found(thread_makers, ALL).keys() <= {"trading_agent/runtime/worker.py"}


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from os import environ",
        "import concurrent.futures",
        "open('x')",
        "import numpy as np\nnp.random.default_rng(1)",
        "import numpy as np\ndice = np.random",
        "from numpy.random import default_rng",
        "import datetime\ndatetime.datetime.now()",
        "def f():\n    import socket",
        "key = id(object())",
    ],
)
def test_what_is_impure_is_found(source: str) -> None:
    assert impurities(source)


def test_what_is_pure_is_left_alone() -> None:
    source = "import numpy as np\nfrom trading_agent.domain.units import Nanos\nnp.zeros(3)\nx.open"
    assert impurities(source) == set()


@pytest.mark.parametrize(
    ("finder", "source"),
    [
        (thread_makers, "import threading\nthreading.Thread(target=f)"),
        (thread_makers, "from threading import Timer\nTimer(1, f)"),
        (thread_makers, "import _thread"),
        (thread_makers, "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor()"),
        (patches, "from unittest.mock import patch"),
        (patches, "from unittest import mock\nmock.patch('a.b')"),
        (patches, "def t(monkeypatch):\n    monkeypatch.setattr('trading_agent.x', 1)"),
    ],
)
def test_threads_and_patches_are_found(finder, source: str) -> None:  # type: ignore[no-untyped-def]
    assert finder(source)


def test_a_long_module_needs_a_reason() -> None:
    lines = "x = 1\n" * (LONGEST_MODULE + 1)
    assert too_long(lines)
    assert too_long(f"# longer than 400 lines: \n{lines}")
    assert not too_long(f"# longer than 400 lines: one table of the exchange's codes\n{lines}")
    assert not too_long("x = 1\n" * LONGEST_MODULE)
