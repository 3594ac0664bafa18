"""What the container image promises: rules read from its recipe, and its own commands run here.

No builder runs in these tests. A linter of recipes does where it is installed; the rules below
are the ones we rely on.
"""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.served import DEADLINE_SECONDS, PROJECT, installed, served
from trading_agent.cli.app import app
from trading_agent.runtime.exit_codes import ExitCode

RECIPE = PROJECT / "deploy" / "Dockerfile"
IGNORED = PROJECT / "deploy" / "Dockerfile.dockerignore"
VOLUME = "/data"

Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """Name and words of each, continued lines joined, without comments."""
    lines = [line for line in RECIPE.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        (line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines() if line
    ]


def last_stage() -> list[Instruction]:
    steps = instructions()
    begins = max(index for index, (name, _) in enumerate(steps) if name == "FROM")
    return steps[begins + 1 :]


def the(name: str) -> str:
    (words,) = [words for found, words in last_stage() if found == name]
    return words


def copied() -> Iterator[str]:
    """What comes from the project's folder."""
    for name, words in instructions():
        if name == "COPY" and "--from=" not in words:
            yield from words.split()[:-1]


def program(words: str) -> list[str]:
    """The exec form, as it is run here."""
    command: list[Any] = json.loads(words)
    assert all(isinstance(word, str) for word in command)
    return command


def test_it_is_built_in_one_image_and_run_in_another() -> None:
    stages = [words for name, words in instructions() if name == "FROM"]
    assert stages == ["${PYTHON} AS build", "${PYTHON}"]
    (base,) = [words for name, words in instructions() if name == "ARG"]
    assert re.fullmatch(r"PYTHON=python:3\.\d+-slim-\w+", base)
    assert not any(name == "RUN" and "pip" in words for name, words in last_stage())


def test_packages_are_the_versions_we_tested() -> None:
    (install,) = [words for name, words in instructions() if name == "RUN" and "pip" in words]
    assert "-c constraints.txt" in install


def test_it_never_runs_as_root() -> None:
    steps = last_stage()
    (user,) = [index for index, (name, _) in enumerate(steps) if name == "USER"]
    number, _, group = steps[user][1].partition(":")
    assert int(number) > 0
    assert int(group) > 0
    after = {name for name, _ in steps[user:]}
    assert {"HEALTHCHECK", "ENTRYPOINT", "CMD"} <= after
    assert not after & {"RUN", "COPY", "ADD"}


def test_there_is_one_volume_and_it_is_the_traders_own() -> None:
    assert json.loads(the("VOLUME")) == [VOLUME]
    made = next(words for name, words in last_stage() if name == "RUN")
    assert re.search(rf"install --directory --owner trader .*--mode 0700 {VOLUME}", made)


def test_nothing_comes_in_that_is_not_named() -> None:
    assert not any(name == "ADD" for name, _ in instructions())
    sources = [source.removeprefix("./") for source in copied()]
    assert all((PROJECT / source).exists() for source in sources)
    lines = [line for line in IGNORED.read_text().splitlines() if not line.startswith("#")]
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert lines[0] == "*"
    assert allowed == set(sources)
    assert "**/.env*" in lines[lines.index("!llm_overseer") :]


def test_no_secret_is_baked_in() -> None:
    named = " ".join(words for name, words in instructions() if name in ("ENV", "ARG")).upper()
    assert not re.search(r"KEY|TOKEN|SECRET|PASSWORD", named)


def test_its_commands_are_verbs_of_the_program() -> None:
    verbs = {command.callback.__name__ for command in app.registered_commands if command.callback}
    health = program(the("HEALTHCHECK").split("CMD", 1)[1])
    assert program(the("ENTRYPOINT")) == ["flash-trading"] == health[:1]
    assert {program(the("CMD"))[0], health[1]} <= verbs


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_it_starts_is_well_and_ends_in_order(tmp_path: Path) -> None:
    data = tmp_path / "data"
    here = {"flash-trading": installed("flash-trading"), VOLUME: str(data)}
    start = [here.get(word, word) for word in program(the("ENTRYPOINT")) + program(the("CMD"))]
    health = program(the("HEALTHCHECK").split("CMD", 1)[1])
    health = [here.get(word, word) for word in health]
    with served(start, tmp_path, {"XDG_CACHE_HOME": str(data / "cache")}) as it:
        it.hears("READY=1")
        assert subprocess.run(health, cwd=PROJECT, timeout=60, check=False).returncode == 0
        it.process.send_signal(signal.SIGTERM)
        assert it.process.wait(DEADLINE_SECONDS) == ExitCode.OK, it.output
    assert subprocess.run(health, cwd=PROJECT, timeout=60, check=False).returncode == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed")
def test_a_linter_of_recipes_finds_nothing() -> None:
    found = subprocess.run(
        ["hadolint", str(RECIPE)], capture_output=True, text=True, timeout=60, check=False
    )
    assert found.returncode == 0, found.stdout
