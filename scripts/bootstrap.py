"""Makes the project's own environment, .venv, at the first start and when requirements change.

Standard library only, and written so that Python 3.6 can still read it: an old interpreter
gets a sentence instead of a syntax error. Everything is said on stderr; stdout belongs to the
program that is started afterwards.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

OLDEST_PYTHON = (3, 11)
FREE_GIB = 1.5
ENVIRONMENT = ".venv"
STAMP = "flash-trading-stamp.json"
REQUIREMENTS = ("setup.cfg", "pyproject.toml", "constraints.txt")
TAIL_LINES = 15
INTERRUPTED = 130

# Settings that would send an installation elsewhere than into .venv.
MISLEADING = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")

# What an installer has said once it may have changed something.
TOUCHED = re.compile("Installing collected packages|No space left on device|^ [+-] ", re.MULTILINE)
UNREACHABLE = re.compile(r"resol(ve|ution)|onnection|[Tt]imed? ?out|No matching distribution")


class SetupError(Exception):
    """Why the environment cannot be made, in words for a person."""


def require_python(version: tuple) -> None:
    """Leaves with one sentence when this Python is too old. `version` is sys.version_info."""
    if tuple(version[:2]) < OLDEST_PYTHON:
        sys.exit(
            f"Flash Trading needs Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer; "
            f"this is {version[0]}.{version[1]}. Install a newer one and start with it, "
            f"for example: python3.11 {' '.join(sys.argv)}"
        )


def python_for(project: Path, extra: str) -> Path:
    """The environment's Python, made ready first if need be; leaves with a message if it
    cannot be. `extra` is "" or "test"; an environment with more than is asked for will do."""
    try:
        return ensure(project, extra)
    except SetupError as error:
        say(str(error))
        sys.exit(1)
    except OSError as error:
        say(f"The environment cannot be made: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("Interrupted. The next start begins the installation again.")
        sys.exit(INTERRUPTED)


def ensure(project: Path, extra: str) -> Path:
    """As `python_for`, but raises SetupError, OSError or KeyboardInterrupt."""
    if not satisfied(project, extra):
        setup = private_directory(project)
        with locked(setup / "lock") as lock:
            if not satisfied(project, extra):
                installed = read_stamp(project).get("extra", "")
                install(project, extra or installed, lock)
    return environment_python(project)


def satisfied(project: Path, extra: str) -> bool:
    """Whether the stamp of the last finished installation still tells the truth."""
    stamp = read_stamp(project)
    return (
        extra in ("", stamp.get("extra"))
        and environment_python(project).exists()
        and {**stamp, **identity(project)} == stamp
    )


def identity(project: Path) -> dict:
    """What an installation depends on: requirements, interpreter, place."""
    interpreter = os.path.realpath(str(environment_python(project)))
    return {
        "requirements": digest(project / name for name in REQUIREMENTS),
        "python": digest([project / ENVIRONMENT / "pyvenv.cfg"], interpreter),
        "place": str(project.resolve()),
    }


def digest(paths: object, start: str = "") -> str:
    """SHA-256 of files; one that is missing counts as empty."""
    total = hashlib.sha256(start.encode())
    for path in paths:
        content = path.read_bytes() if path.exists() else b""
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def read_stamp(project: Path) -> dict:
    """The stamp of the last finished installation; empty when there is none to trust."""
    try:
        stamp = json.loads((project / ENVIRONMENT / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(project: Path, extra: str) -> None:
    path = project / ENVIRONMENT / STAMP
    new = path.with_suffix(".new")
    new.write_text(json.dumps({**identity(project), "extra": extra}), "utf-8")
    new.replace(path)


def install(project: Path, extra: str, lock: object) -> None:
    """`lock` is held, and lies beside marker and log. The marker stands while the environment
    may be half made; the stamp is written last."""
    started = time.monotonic()
    setup = Path(lock.name).parent
    require_disk(shutil.disk_usage(str(project)).free)
    environment, marker, log = project / ENVIRONMENT, setup / "installing", setup / "install.log"
    why = rebuild_reason(project, marker.exists())
    create = create_command(environment) if why else []
    marker.touch()
    log.write_text("", "utf-8")
    if why:
        say(f"{why}: making {ENVIRONMENT}.")
        if environment.is_symlink() or environment.exists():
            shutil.rmtree(str(environment))
        run("Making the environment", create, project, log, lock)
    with contextlib.suppress(FileNotFoundError):
        (environment / STAMP).unlink()
    say("Installing the packages; the first time this takes about a minute.")
    try:
        run("Installing", install_command(project, extra), project, log, lock)
    except SetupError:
        if not TOUCHED.search(log.read_text("utf-8", "replace")):
            marker.unlink()
        raise
    write_stamp(project, extra)
    marker.unlink()
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def rebuild_reason(project: Path, interrupted: bool) -> str:
    """Why the environment must be made from nothing; "" when it can be brought up to date."""
    if interrupted:
        return "The last installation was interrupted"
    python = environment_python(project)
    if not python.exists():
        return "There is no environment yet"
    stamp, now = read_stamp(project), identity(project)
    if stamp.get("place", now["place"]) != now["place"]:
        return "The project has moved"
    if stamp.get("python", now["python"]) != now["python"]:
        return "The environment's Python has changed"
    probe = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON!r})"
    try:
        usable = subprocess.call([str(python), "-c", probe], stderr=subprocess.DEVNULL) == 0
    except OSError:
        usable = False
    return "" if usable else "The environment's Python does not run or is too old"


def create_command(environment: Path) -> list:
    base = getattr(sys, "_base_executable", None) or sys.executable
    uv = shutil.which("uv")
    if uv:
        return [uv, "venv", "--python", base, str(environment)]
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise SetupError(f"This Python cannot make environments. {apt_line()}")
    return [base, "-m", "venv", str(environment)]


def install_command(project: Path, extra: str) -> list:
    python = str(environment_python(project))
    uv = shutil.which("uv")
    if uv:
        tool = [uv, "pip", "install", "--python", python]
    else:
        tool = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        tool += ["--progress-bar", "off"]
    return [*tool, "-c", "constraints.txt", "-e", f".[{extra}]" if extra else "."]


def environment_python(project: Path) -> Path:
    environment = project / ENVIRONMENT
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin/python"


def require_disk(free: int) -> None:
    """`free` in bytes."""
    gib = free / 1024**3
    if gib < FREE_GIB:
        raise SetupError(
            f"The disk has {gib:.1f} GiB free and an installation needs {FREE_GIB}: make room."
        )


def private_directory(project: Path) -> Path:
    """var/setup: the lock, the marker and the log of installations."""
    for directory in (project / "var", project / "var" / "setup"):
        directory.mkdir(mode=0o700, exist_ok=True)
    return project / "var" / "setup"


def run(what: str, command: list, project: Path, log: Path, lock: object) -> None:
    """Runs a tool with its output in the log; shows that time passes; raises SetupError.

    The tool shares the lock: should this process be killed, the next one waits for the tool.
    """
    environment = {key: value for key, value in os.environ.items() if key not in MISLEADING}
    before = signal.signal(signal.SIGTERM, interrupt)
    with log.open("ab") as output:
        begun = output.tell()
        process = subprocess.Popen(
            command,
            cwd=str(project),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=() if os.name == "nt" else (lock.fileno(),),
        )
        try:
            status = wait(what, process)
        finally:
            # Also on Ctrl-C: nothing may go on writing into a half-made environment.
            if process.poll() is None:
                process.terminate()
                process.wait()
            signal.signal(signal.SIGTERM, before)
    if status:
        said = log.read_bytes()[begun:].decode("utf-8", "replace")
        raise SetupError(failure(what, status, said, log))


def interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def wait(what: str, process: subprocess.Popen) -> int:
    """The process's status; meanwhile a moving line on a terminal, a rare one elsewhere."""
    started = shown = time.monotonic()
    terminal = sys.stderr.isatty()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = process.wait(timeout=0.5)
            if terminal:
                sys.stderr.write("\r\x1b[K")
            return status
        now = time.monotonic()
        if terminal:
            sys.stderr.write(f"\r{what} … {now - started:.0f} s ")
            sys.stderr.flush()
        elif now - shown >= 10:
            shown = now
            say(f"{what} … {now - started:.0f} s")


def failure(what: str, status: int, said: str, log: Path) -> str:
    """What to tell a person when a tool failed after it `said` this."""
    tail = re.sub(r"://[^/\s@]+@", "://", "\n".join(said.splitlines()[-TAIL_LINES:]))
    told = f"{what} failed with status {status}. The whole output is in {log}; its end:\n{tail}\n"
    if "No space left on device" in said:
        return f"{told}The disk is full: make room and start again."
    if "ensurepip" in said:
        return f"{told}{apt_line()}"
    if UNREACHABLE.search(said):
        return f"{told}The packages cannot be reached: check the network, then start again."
    return told.rstrip("\n")


def apt_line() -> str:
    major, minor = sys.version_info[:2]
    return f"On Debian and Ubuntu: sudo apt-get install python{major}.{minor}-venv"


@contextlib.contextmanager
def locked(path: Path) -> object:
    """One installation at a time; the others wait and say so."""
    with path.open("ab") as file:
        if not take_lock(file, wait=False):
            say("Another start is installing; waiting for it.")
            while not take_lock(file, wait=True):
                pass
        yield file


def take_lock(file: object, wait: bool) -> bool:
    """The lock ends with the file, or with the process that held it. A wait may be in vain."""
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        # Waits for ten seconds.
        how = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK
        with contextlib.suppress(OSError):
            msvcrt.locking(file.fileno(), how, 1)
            return True
        return False
    import fcntl

    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return True
    return False


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
