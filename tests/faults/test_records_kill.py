"""Killed before any statement and before any commit, schema and rows are as if never begun, or
whole; beginning again ends as if nothing had happened."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.records_databases import KINDS, address_of, everything, opened
from tests.unit.adapters.records.facts import numbered, told
from tests.unit.adapters.records.test_migrating import later_steps
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.migrating import migrate
from trading_agent.adapters.records.opening import bring_up_to_date, prepared

ROOT = Path(__file__).resolve().parents[2]
EACH_COMMIT = 16
STRIDE = {"sqlite": 1, "postgresql": 4}
"""Every place in turn; a server takes longer to make a database for each."""

VICTIM = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from tests.faults.test_records_kill import EACH_COMMIT, migrate_to, write
from trading_agent.adapters.records.address import find_address

left = 0

def one_less(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "before_cursor_execute", one_less)
event.listen(Engine, "commit", one_less)
work = {"write": write, "migrate": migrate_to}[sys.argv[1]]
print("ready", flush=True)
for line in sys.stdin:
    url, steps, number = line.split()
    child = os.fork()
    if child == 0:
        left = int(number)
        work(find_address("", url, Path("/")), Path(steps))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else f"ended {os.waitstatus_to_exitcode(status)}",
          flush=True)
"""


def write(address: RecordsAddress, _steps: Path) -> None:
    """The facts from where the rows end, a few to a commit."""
    database = opened(address)
    writer = prepared(database)
    for sequence, fact in numbered(told())[writer.sequence :]:
        writer.add(sequence, fact)
        if sequence % EACH_COMMIT == 0:
            writer.commit()
    writer.commit()
    database.close()


def migrate_to(address: RecordsAddress, steps: Path) -> None:
    database = opened(address)
    migrate(database, steps)
    database.close()


@contextmanager
def victim(work: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, work],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def killed(
    process: subprocess.Popen[str], address: RecordsAddress, steps: Path, number: int
) -> bool:
    """Before statement or commit `number`; False when it came to its end sooner."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{address.url} {steps} {number}\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer in ("killed\n", "ended 0\n")
    return answer == "killed\n"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_writer_killed_anywhere_goes_on_as_if_nothing_had_happened(
    kind: str, tmp_path: Path
) -> None:
    plain = address_of(kind, tmp_path / "plain")
    (tmp_path / "plain").mkdir()
    write(plain, tmp_path)
    expected = everything(plain)
    number = 1
    with victim("write") as process:
        while True:
            folder = tmp_path / str(number)
            folder.mkdir()
            address = blank(kind, folder, tmp_path / "blank")
            if not killed(process, address, tmp_path, number):
                break
            check_is_whole(address)
            write(address, tmp_path)
            assert everything(address) == expected, number
            number += STRIDE[kind]
    assert number > 20


def blank(kind: str, folder: Path, kept: Path) -> RecordsAddress:
    """Tables without rows. A file is made once, and copied."""
    address = address_of(kind, folder)
    if address.file is not None and kept.exists():
        shutil.copy(kept, address.file)
        return address
    database = opened(address)
    bring_up_to_date(database)
    database.close()
    if address.file is not None:
        shutil.copy(address.file, kept)
    return address


def check_is_whole(address: RecordsAddress) -> None:
    """The rows are those of exactly as many facts as they say."""
    rows = everything(address)
    sequence = rows["progress"][0]["sequence"]
    assert sequence % EACH_COMMIT == 0 or sequence == len(told())
    assert len(rows["orders"]) == sum(
        type(fact).__name__ == "OrderSent" for fact in told()[:sequence]
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_migration_killed_anywhere_is_done_when_it_is_done_again(
    kind: str, tmp_path: Path
) -> None:
    steps = later_steps(tmp_path)
    plain = address_of(kind, tmp_path)
    write(plain, tmp_path)
    expected = everything(plain)
    number = 1
    with victim("migrate") as process:
        while True:
            folder = tmp_path / str(number)
            folder.mkdir()
            address = address_of(kind, folder)
            write(address, tmp_path)
            if not killed(process, address, steps, number):
                break
            assert everything(address) == expected
            migrate_to(address, steps)
            assert everything(address) == expected
            check_revision(address, "0002")
            number += STRIDE[kind]
    assert number > 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_first_schema_killed_anywhere_is_whole_when_it_is_made_again(
    kind: str, tmp_path: Path
) -> None:
    steps = later_steps(tmp_path)
    number = 1
    with victim("migrate") as process:
        while True:
            folder = tmp_path / str(number)
            folder.mkdir()
            address = address_of(kind, folder)
            if not killed(process, address, steps, number):
                break
            migrate_to(address, steps)
            check_revision(address, "0002")
            assert [len(rows) for rows in everything(address).values()].count(1) == 1
            number += STRIDE[kind]
    assert number > 20


def check_revision(address: RecordsAddress, revision: str) -> None:
    database = opened(address)
    assert database.revision() == revision
    database.close()
