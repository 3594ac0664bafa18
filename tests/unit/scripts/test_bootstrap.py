"""The environment is made once, remade when it must be, and never half."""

import ast
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.scripts.loading import SCRIPTS, begin, script

pytestmark = pytest.mark.slow

ENSURE = """
import bootstrap, pathlib, signal, sys
# Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
print(bootstrap.python_for(pathlib.Path(sys.argv[1]), sys.argv[2]))
"""
VENV = "venv"
NO_ENSUREPIP = f"import sys; sys.modules['ensurepip'] = None\n{ENSURE}"

FAKE_UV = f"""#!{sys.executable}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
with open(here / "calls", "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "venv":
    made = pathlib.Path(sys.argv[-1])
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python").symlink_to(sys.executable)
    (made / "pyvenv.cfg").write_text("version = 3\\n")
    (made / "made").touch()
elif (here / "say").exists():
    print((here / "say").read_text())
    sys.exit(4)
elif (here / "gate").exists():
    (here / "reached").write_bytes(b"x")
    (here / "gate").read_bytes()
"""


@dataclass(frozen=True)
class Ended:
    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Start:
    """A start under way; calling it waits for the end, after a signal if one is given."""

    process: "subprocess.Popen[str]"

    def line(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def __call__(self, number: int | None = None) -> Ended:
        if number is not None:
            self.process.send_signal(number)
        stdout, stderr = self.process.communicate(timeout=60)
        return Ended(self.process.returncode, stdout, stderr)


@dataclass(frozen=True)
class Workshop:
    """A project with nothing but requirements, and an installer that only takes notes."""

    project: Path
    tools: Path

    def begin(self, extra: str = "", code: str = ENSURE) -> "Start":
        return Start(begin(code, str(self.project), extra, environment={"PATH": str(self.tools)}))

    def ensure(self, extra: str = "", code: str = ENSURE) -> Ended:
        return self.begin(extra, code)()

    def calls(self) -> list[str]:
        """What was asked of the installer: "venv", or what it should install."""
        lines = (self.tools / "calls").read_text().splitlines()
        asked = [json.loads(line) for line in lines]
        return [VENV if call[0] == VENV else call[-1] for call in asked]

    def say(self, text: str) -> None:
        (self.tools / "say").write_text(text)

    def close_gate(self) -> None:
        """The installer waits at it until somebody opens."""
        for name in ("gate", "reached"):
            os.mkfifo(self.tools / name)

    def wait_at_gate(self) -> None:
        (self.tools / "reached").read_bytes()

    def open_gate(self) -> None:
        """For whoever waits there; later ones find no gate."""
        with (self.tools / "gate").open("wb"):
            self.remove_gate()

    def remove_gate(self) -> None:
        for name in ("gate", "reached"):
            (self.tools / name).unlink()


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    project, tools = tmp_path / "project", tmp_path / "tools"
    project.mkdir()
    tools.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
        (project / name).write_text(name)
    uv = tools / "uv"
    uv.write_text(FAKE_UV)
    uv.chmod(0o755)
    return Workshop(project, tools)


def test_the_first_start_makes_the_environment_and_later_ones_do_not(workshop: Workshop) -> None:
    ended = workshop.ensure()
    assert ended.status == 0
    assert ended.stdout == f"{workshop.project / '.venv' / 'bin' / 'python'}\n"
    assert "Ready after" in ended.stderr
    assert workshop.calls() == [VENV, "."]
    again = workshop.ensure()
    assert (again.status, again.stdout, again.stderr) == (0, ended.stdout, "")
    assert workshop.calls() == [VENV, "."]


def test_an_environment_for_tests_will_do_for_a_start_but_not_the_other_way(
    workshop: Workshop,
) -> None:
    workshop.ensure("test")
    workshop.ensure("")
    assert workshop.calls() == [VENV, ".[test]"]


def test_tests_add_to_the_environment_of_a_start(workshop: Workshop) -> None:
    workshop.ensure("")
    workshop.ensure("test")
    assert workshop.calls() == [VENV, ".", ".[test]"]


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed_over_what_there_is(
    workshop: Workshop, name: str
) -> None:
    workshop.ensure("test")
    (workshop.project / name).write_text("changed")
    workshop.ensure("")
    assert workshop.calls() == [VENV, ".[test]", ".[test]"]
    assert (workshop.project / ".venv" / "made").exists()


def test_a_moved_project_gets_a_new_environment(workshop: Workshop, tmp_path: Path) -> None:
    workshop.ensure()
    moved = Workshop(workshop.project.rename(tmp_path / "moved"), workshop.tools)
    ended = moved.ensure()
    assert "The project has moved" in ended.stderr
    assert workshop.calls() == [VENV, ".", VENV, "."]


@pytest.mark.parametrize("damage", ["python gone", "python changed", "no stamp", "bad stamp"])
def test_a_damaged_environment_is_mended(workshop: Workshop, damage: str) -> None:
    workshop.ensure()
    environment = workshop.project / ".venv"
    stamp = environment / "flash-trading-stamp.json"
    if damage == "python gone":
        (environment / "bin" / "python").unlink()
    elif damage == "python changed":
        (environment / "pyvenv.cfg").write_text("version = 4\n")
    elif damage == "no stamp":
        stamp.unlink()
    else:
        stamp.write_text('{"extra": ')
    assert workshop.ensure().status == 0
    remade = [VENV, "."] if "python" in damage else ["."]
    assert workshop.calls() == [VENV, ".", *remade]


def test_an_interrupted_installation_begins_again_from_nothing(workshop: Workshop) -> None:
    workshop.close_gate()
    end = workshop.begin()
    workshop.wait_at_gate()
    ended = end(signal.SIGINT)
    assert ended.status == 130
    assert "Interrupted" in ended.stderr
    assert not (workshop.project / ".venv" / "flash-trading-stamp.json").exists()
    workshop.remove_gate()
    again = workshop.ensure()
    assert again.status == 0
    assert "interrupted" in again.stderr
    assert workshop.calls() == [VENV, ".", VENV, "."]


def test_after_a_kill_the_installer_is_waited_for_and_all_begins_again(
    workshop: Workshop,
) -> None:
    workshop.close_gate()
    end = workshop.begin()
    workshop.wait_at_gate()
    end(signal.SIGKILL)
    again = workshop.begin()
    assert again.line() == "Another start is installing; waiting for it.\n"
    workshop.open_gate()
    ended = again()
    assert ended.status == 0
    assert "interrupted" in ended.stderr
    assert workshop.calls() == [VENV, ".", VENV, "."]


def test_two_starts_at_once_install_once(workshop: Workshop) -> None:
    workshop.close_gate()
    first = workshop.begin()
    workshop.wait_at_gate()
    second = workshop.begin()
    assert second.line() == "Another start is installing; waiting for it.\n"
    workshop.open_gate()
    one, two = first(), second()
    assert (one.status, two.status) == (0, 0)
    assert one.stdout == two.stdout
    assert workshop.calls() == [VENV, "."]


def test_a_failed_installation_shows_the_end_of_what_the_tool_said(workshop: Workshop) -> None:
    workshop.say("\n".join(f"line {n}" for n in range(50)) + "\nfrom proto://me:pass@there/x")
    ended = workshop.ensure()
    assert ended.status == 1
    assert ended.stdout == ""
    assert "status 4" in ended.stderr
    assert "line 49" in ended.stderr
    assert "line 20" not in ended.stderr
    assert "pass" not in ended.stderr
    assert "install.log" in ended.stderr
    (workshop.tools / "say").unlink()
    assert workshop.ensure().status == 0
    assert workshop.calls() == [VENV, ".", "."]


@pytest.mark.parametrize(
    ("said", "advice", "again"),
    [
        ("OSError: [Errno 28] No space left on device", "make room", [VENV, "."]),
        ("Temporary failure in name resolution", "check the network", ["."]),
        ("ERROR: No matching distribution found for x", "check the network", ["."]),
        ("Installing collected packages: a\nbang", "status 4", [VENV, "."]),
    ],
)
def test_a_failure_with_a_known_cause_says_what_to_do(
    workshop: Workshop, said: str, advice: str, again: list[str]
) -> None:
    workshop.say(said)
    assert advice in workshop.ensure().stderr
    (workshop.tools / "say").unlink()
    workshop.ensure()
    assert workshop.calls() == [VENV, ".", *again]


def test_a_python_without_the_parts_to_make_environments_names_the_package(
    workshop: Workshop,
) -> None:
    (workshop.tools / "uv").unlink()
    ended = workshop.ensure(code=NO_ENSUREPIP)
    assert ended.status == 1
    assert f"sudo apt-get install python3.{sys.version_info[1]}-venv" in ended.stderr
    assert not (workshop.project / ".venv").exists()


def test_a_project_that_cannot_be_written_to_is_said_in_a_sentence(workshop: Workshop) -> None:
    (workshop.project / "var").write_text("a file")
    ended = workshop.ensure()
    assert ended.status == 1
    assert "Traceback" not in ended.stderr
    assert "cannot be made" in ended.stderr


def test_too_little_room_is_said_before_anything_is_done() -> None:
    bootstrap = script("bootstrap")
    bootstrap.require_disk(2 * 1024**3)
    with pytest.raises(bootstrap.SetupError, match=r"1\.0 GiB free"):
        bootstrap.require_disk(1024**3)


def test_an_old_python_is_told_so_in_one_sentence() -> None:
    bootstrap = script("bootstrap")
    bootstrap.require_python((3, 11, 0))
    bootstrap.require_python((4, 0, 0))
    for old in ((3, 10, 9), (3, 6, 0), (2, 7, 18)):
        with pytest.raises(SystemExit) as caught:
            bootstrap.require_python(old)
        assert f"this is {old[0]}.{old[1]}" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["bootstrap", "start", "test"])
def test_an_old_python_can_read_the_scripts(name: str) -> None:
    source = (SCRIPTS / f"{name}.py").read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        str(node.module).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert imported <= set(sys.stdlib_module_names) | {"bootstrap"}
    # Signatures are evaluated when the script is read, before the version is looked at.
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            hints = [node.returns, *(arg.annotation for arg in node.args.args)]
            assert not any(isinstance(hint, ast.Subscript | ast.BinOp) for hint in hints)
