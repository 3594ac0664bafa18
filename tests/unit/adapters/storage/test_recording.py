import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import ManualClock
from tests.threads.waiting import PATIENCE, working
from tests.unit.adapters.storage.facts import BTCUSDC
from trading_agent.adapters.storage.recording import (
    RecordingManifest,
    RecordingReader,
    RecordingWriter,
)
from trading_agent.adapters.storage.recording_format import Ending
from trading_agent.adapters.storage.settings import StorageSettings
from trading_agent.domain.commands import Kill, Origin, PauseEntries
from trading_agent.domain.errors import StorageError, TradingError
from trading_agent.domain.market_rows import RowKind, empty_rows
from trading_agent.domain.message import (
    Closing,
    Input,
    InstrumentUpdated,
    MarketRows,
    Stamped,
    Woke,
)
from trading_agent.domain.units import Nanos
from trading_agent.runtime.clock import Clock, SystemClock
from trading_agent.runtime.ports import RecorderPort
from trading_agent.runtime.worker import Stop

ROOT = Path(__file__).resolve().parents[4]

MANIFEST = RecordingManifest(
    venue="embedded",
    source="synthetic seed 7",
    simulated=True,
    seed=7,
    settings_digest="ab12",
    settings='{"risk": {"max_order_notional": "100"}}',
    version="0.1.0",
    started_at=Nanos(1_700_000_000_000_000_000),
    history=(("EntriesResumed", '{"at":1}'),),
    instruments=(BTCUSDC,),
)


class Run:
    """A writer whose thread is the test's own."""

    def __init__(
        self, path: Path, *, clock: Clock | None = None, settings: StorageSettings | None = None
    ) -> None:
        self.errors: list[TradingError] = []
        self.writer = RecordingWriter(
            path,
            MANIFEST,
            settings or StorageSettings(),
            clock or ManualClock(),
            self.errors.append,
        )
        self.inputs: list[Stamped] = []
        self._sequence = 0

    def put(self, body: Input) -> None:
        self._sequence += 1
        at = Nanos(10_000 + 7 * self._sequence)
        if isinstance(body, MarketRows):
            body.rows["at"] = at
        self.inputs.append(Stamped(self._sequence, at, body))
        self.writer.put(self.inputs[-1])

    def write(self) -> None:
        stop = Stop()
        stop.set()
        self.writer.run(stop)


def market(count: int, version: int) -> MarketRows:
    rows = empty_rows(count)
    rows["kind"] = RowKind.BID
    rows["sequence"] = version
    rows["price"] = 6_000_000 + np.arange(count) * 3
    rows["size"] = np.arange(count) ** 2
    return MarketRows(rows)


def some_inputs() -> list[Input]:
    return [
        InstrumentUpdated(BTCUSDC),
        market(34, 1),
        market(1, 2),
        PauseEntries(origin=Origin.PERSON, why="lunch"),
        market(7, 3),
        Woke(),
        Woke(),
        Kill(origin=Origin.OVERSEER, why="n=1|x"),
        market(200, 4),
        Closing(),
    ]


def assert_same(back: list[Stamped], inputs: list[Stamped]) -> None:
    assert len(back) == len(inputs)
    for left, right in zip(back, inputs, strict=True):
        assert (left.sequence, left.at, type(left.body)) == (
            right.sequence,
            right.at,
            type(right.body),
        )
        if isinstance(left.body, MarketRows) and isinstance(right.body, MarketRows):
            assert np.array_equal(left.body.rows, right.body.rows)
        else:
            assert left.body == right.body


def recorded(path: Path, *, settings: StorageSettings | None = None) -> Run:
    """A run that ended in order."""
    run = Run(path, settings=settings)
    for body in some_inputs():
        run.put(body)
    run.writer.finish(31, "d1935c")
    run.write()
    assert run.errors == []
    return run


def test_a_run_comes_back_as_the_core_saw_it(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one.recording"
    run = recorded(path)
    reader = RecordingReader(path)
    assert reader.manifest() == MANIFEST
    assert_same(list(reader.inputs()), run.inputs)
    assert reader.ending() == Ending(inputs=10, rows=242, facts=31, digest="d1935c")
    assert reader.why_broken() == ""


@pytest.mark.parametrize("chunk_rows", [1, 8, 35, 1_000])
def test_the_size_of_chunks_changes_nothing_that_is_read(tmp_path: Path, chunk_rows: int) -> None:
    path = tmp_path / "one.recording"
    run = recorded(path, settings=StorageSettings(chunk_rows=chunk_rows))
    assert_same(list(RecordingReader(path).inputs()), run.inputs)


def test_a_finished_recording_is_one_private_file(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one.recording"
    recorded(path)
    assert [file.name for file in path.parent.iterdir()] == ["one.recording"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_it_can_be_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "one.recording"
    run = recorded(path)
    reader = RecordingReader(path)
    assert_same(list(reader.inputs()), run.inputs)
    assert_same(list(reader.inputs()), run.inputs)


def test_a_run_that_did_not_close_has_no_ending(tmp_path: Path) -> None:
    path = tmp_path / "one.recording"
    run = Run(path)
    for body in some_inputs()[:-1]:
        run.put(body)
    run.writer.finish(31, "d1935c")
    run.write()
    reader = RecordingReader(path)
    assert reader.ending() is None
    assert_same(list(reader.inputs()), run.inputs)


class Onlooker(Stop):
    """Reads the recording each time its writer looks whether to stop."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._reader = RecordingReader(path)
        self.seen: list[list[Stamped]] = []

    def is_set(self) -> bool:
        self.seen.append(list(self._reader.inputs()))
        if len(self.seen[-1]) == 5:
            self.set()
        return super().is_set()


def test_a_growing_recording_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "one.recording"
    run = Run(path, settings=StorageSettings(chunk_rows=1))
    for body in [market(3, version) for version in range(1, 7)]:
        run.put(body)
    stop = Onlooker(path)
    run.writer.run(stop)
    assert [len(seen) for seen in stop.seen[:7]] == [0, 0, 1, 2, 3, 4, 5]
    assert_same(stop.seen[6], run.inputs[:5])
    assert_same(list(RecordingReader(path).inputs()), run.inputs)


def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "one.recording"
    recorded(path)
    before = path.read_bytes()
    run = Run(path)
    run.put(Woke())
    run.write()
    assert "never written over" in str(run.errors[0])
    assert path.read_bytes() == before


def test_a_disk_that_is_too_slow_breaks_the_recording_loudly(tmp_path: Path) -> None:
    path = tmp_path / "one.recording"
    run = Run(path, settings=StorageSettings(waiting_rows=1_000))
    for version in range(1, 12):
        run.put(market(100, version))
    assert run.writer.broken
    run.put(Closing())
    run.writer.finish(1, "aa")
    run.write()
    assert len(run.errors) == 1
    assert "too slow" in str(run.errors[0])
    reader = RecordingReader(path)
    assert "too slow" in reader.why_broken()
    assert reader.ending() is None
    assert_same(list(reader.inputs()), run.inputs[:10])


def test_a_broken_recording_goes_on_taking_inputs_and_stops_when_asked(tmp_path: Path) -> None:
    told = threading.Event()
    writer = RecordingWriter(
        tmp_path / "file" / "one.recording",
        MANIFEST,
        StorageSettings(),
        SystemClock(),
        lambda _error: told.set(),
    )
    (tmp_path / "file").write_text("in the way")
    worker = working(writer.run, name="recorder", interrupt=writer.interrupt)
    assert told.wait(PATIENCE)
    for sequence in range(1, 100):
        writer.put(Stamped(sequence, Nanos(1), Woke()))
    assert worker.stop(PATIENCE)
    assert writer.broken


def test_rows_that_changed_after_they_were_put_break_the_recording(tmp_path: Path) -> None:
    run = Run(tmp_path / "one.recording")
    body = market(3, 1)
    run.put(body)
    body.rows["at"] = 5
    run.write()
    assert "stamp" in str(run.errors[0])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chunks SET body = zeroblob(length(body)) WHERE number = 2",
        "DELETE FROM chunks WHERE number = 2",
        "DELETE FROM chunks WHERE number = 1",
        "UPDATE chunks SET inputs = inputs + 1 WHERE number = 3",
        "UPDATE chunks SET number = number + 10",
        "UPDATE manifest SET body = replace(body, '\"seed\": 7', '\"seed\": 8')",
        "UPDATE last_word SET body = replace(body, 'd1935c', 'd1935d')",
        "DELETE FROM chunks WHERE number = (SELECT max(number) FROM chunks)",
        "DROP TABLE chunks",
        "DELETE FROM manifest",
    ],
)
def test_damage_is_noticed(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "one.recording"
    recorded(path, settings=StorageSettings(chunk_rows=30))
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="damaged"):
        list(RecordingReader(path).inputs())


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "one.recording"
    with pytest.raises(StorageError, match="cannot be opened"):
        RecordingReader(path).manifest()
    path.write_bytes(b"a photo" * 1_000)
    with pytest.raises(StorageError):
        RecordingReader(path).manifest()
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE manifest (body TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="not a recording"):
        list(RecordingReader(path).inputs())


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_a_truncated_recording_is_an_error_and_nothing_else(tmp_path: Path, share: float) -> None:
    path = tmp_path / "one.recording"
    recorded(path, settings=StorageSettings(chunk_rows=30))
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))
    with pytest.raises(StorageError):
        list(RecordingReader(path).inputs())


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.recording"
    recorded(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="newer version"):
        RecordingReader(path).ending()


def test_a_killed_recorder_leaves_what_it_had_written(tmp_path: Path) -> None:
    path = tmp_path / "one.recording"
    program = f"""
import sys, os
from pathlib import Path
from tests.unit.adapters.storage.test_recording import Run, market, StorageSettings
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.worker import Stop

class Killed(Stop):
    def is_set(self):
        if run.writer._chunks >= 5:
            os.kill(os.getpid(), 9)
        return super().is_set()

run = Run(Path({str(path)!r}), clock=SystemClock(), settings=StorageSettings(chunk_rows=100))
for version in range(1, 100):
    run.put(market(50, version))
run.writer.run(Killed())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == -9
    reader = RecordingReader(path)
    back = list(reader.inputs())
    assert [stamped.sequence for stamped in back] == list(range(1, 11))
    assert reader.ending() is None


def test_the_writer_is_what_the_runtime_asks_for(tmp_path: Path) -> None:
    port: RecorderPort = Run(tmp_path / "one.recording").writer
    port.put(Stamped(1, Nanos(1), Woke()))
