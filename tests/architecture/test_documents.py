"""What is committed speaks of no machine, no account and no registry."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT, name_of, tracked_files

LONGEST_ARCHITECTURE = 150
LARGEST_TEXT = 4 * 1024 * 1024

# Written in pieces, so that this file does not find itself.
HOMES = re.compile(
    r"(?<![\w.~-])/(?:" + "|".join(("ro" + "ot", "wo" + "rk")) + r")/"
    r"|(?<![\w.~-])/(?:ho" + r"me|Us" + r"ers)/[a-z][\w.-]*/"
    r"|[A-Z]:\\Us" + r"ers\\"
)
REGISTRIES = re.compile("index-" + "url|trusted-" + "host|find-" + "links")
ADDRESS = re.compile(r"://[\w.-]+\.[a-z]{2,}")
PACKAGING = ("setup.cfg", "pyproject.toml", "constraints.txt", "scripts/bootstrap.py")


def texts() -> list[Path]:
    """Tracked files that are text; recorded market data and pictures are not."""
    return [
        path
        for path in tracked_files()
        if path.stat().st_size <= LARGEST_TEXT and b"\0" not in path.read_bytes()[:8192]
    ]


def test_no_file_names_a_persons_machine() -> None:
    found = {
        f"{name_of(path)}: {match.group()}"
        for path in texts()
        if (match := HOMES.search(path.read_text("utf-8", "replace")))
    }
    assert found == set()


def test_no_file_names_a_registry() -> None:
    assert [
        name_of(path) for path in texts() if REGISTRIES.search(path.read_text("utf-8", "replace"))
    ] == []


@pytest.mark.parametrize("name", PACKAGING)
def test_packaging_names_no_host_and_no_place(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    assert ADDRESS.search(text) is None
    assert " @ " not in text
    assert "-e /" not in text


def test_every_constraint_is_one_exact_version() -> None:
    lines = (PROJECT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins == sorted(pins, key=str.lower)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][\w.]*", pin) for pin in pins)
    assert not [pin for pin in pins if pin.lower().startswith("flash")]


def test_every_requirement_has_a_tested_version() -> None:
    lines = (PROJECT / "setup.cfg").read_text("utf-8").splitlines()
    wanted = {
        match[1] for line in lines if (match := re.fullmatch(r"    ([\w-]+)>=[\w.,<>=]+", line))
    }
    pinned = (PROJECT / "constraints.txt").read_text("utf-8").lower().replace("_", "-")
    assert [name for name in sorted(wanted) if f"\n{name.lower()}==" not in pinned] == []


def test_the_map_of_the_house_fits_on_a_few_pages() -> None:
    path = PROJECT / "ARCHITECTURE.md"
    if not path.exists():
        pytest.skip("ARCHITECTURE.md is not there yet")
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_ARCHITECTURE


@pytest.mark.parametrize(
    "text",
    [
        "see /ro" + "ot/x",
        "'/wo" + "rk/main'",
        "/ho" + "me/anna/project",
        "/Us" + "ers/anna/x",
        "C:\\Us" + "ers\\anna",
    ],
)
def test_a_machine_path_is_found(text: str) -> None:
    assert HOMES.search(text)


@pytest.mark.parametrize("text", ["https://host/ho" + "me/", "framewo" + "rk/x", "../wo" + "rk/x"])
def test_an_ordinary_path_is_left_alone(text: str) -> None:
    assert HOMES.search(text) is None
