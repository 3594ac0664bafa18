"""From the socket's bytes to a decision, through the real stream, inbox and core.

Frames are sent by another process, so that the two do not share an interpreter's lock. Both
entry points run in processes of their own and speak through their standard streams.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from trading_agent.adapters.mexc.codec import FrameDecoder
from trading_agent.adapters.mexc.codec import warm_up as prepare_decoder
from trading_agent.adapters.mexc.connection_plan import ConnectionPlan
from trading_agent.adapters.mexc.frame_route import FrameRoute
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.snapshot_wishes import FetchedSnapshot, SnapshotWish
from trading_agent.adapters.mexc.stream import MexcStream
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.domain.errors import InvariantError, TradingError
from trading_agent.domain.units import MILLISECOND
from trading_agent.engine.compiled_loop import prepare_live
from trading_agent.research.bench_drawing import Draughtsman
from trading_agent.research.bench_engine import bench_core, bench_instrument, bench_plan
from trading_agent.research.bench_frames import WalkingBook, bench_channel
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.live import LiveLoop
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.processor import shared_processor, staying_on
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.worker import Heartbeats, Stop, Worker

FRAMES_A_SECOND: Final = 1_000

_SEED: Final = 11
_QUIET_MS: Final = 3_600_000
_SPARE_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.05
_STOP_SECONDS: Final = 5.0


def measure_socket(frames: int, *, drawing: bool = False) -> dict[str, object]:
    """What `engine_main` says, run in a process of its own; with `drawing` charts are drawn all
    the while. Raises TradingError."""
    command = [*_command("engine_main", frames), *(["drawing"] if drawing else [])]
    longest = frames / FRAMES_A_SECOND + 4 * _SPARE_SECONDS
    done = subprocess.run(command, capture_output=True, text=True, timeout=longest, check=False)
    if done.returncode != 0:
        raise TradingError(f"the engine of the measurement failed: {done.stderr.strip()}")
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told


def engine_main() -> None:
    """The engine's process: prints what it measured as JSON."""
    frames = int(sys.argv[1])
    server = subprocess.Popen(_command("server_main", frames), stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        prepare_live()
        prepare_decoder()
        port = int(server.stdout.readline())
        with tempfile.TemporaryDirectory() as folder:
            told = _Engine(port, Path(folder)).measure(frames, drawing=len(sys.argv) > 2)
    finally:
        server.kill()
        server.wait()
    sys.stdout.write(json.dumps(told) + "\n")


def server_main() -> None:
    """The exchange's process: says its port, then sends frames to whoever subscribes."""
    from websockets.exceptions import ConnectionClosed
    from websockets.frames import Frame, Opcode
    from websockets.sync.server import ServerConnection, serve

    book, channel = _book()
    book.snapshot()
    began_ms = SystemClock().now() // MILLISECOND
    # Framed beforehand and sent as they are: what the exchange would do on another machine must
    # not take the processors of this one.
    frames = [
        Frame(Opcode.BINARY, book.frame(began_ms + number)).serialize(mask=False)
        for number in range(int(sys.argv[1]))
    ]

    def handle(connection: ServerConnection) -> None:
        asked = json.loads(connection.recv())
        connection.send(json.dumps({"id": asked["id"], "code": 0, "msg": channel}))
        began = time.perf_counter()
        for number, frame in enumerate(frames):
            ahead = began + number / FRAMES_A_SECOND - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
            connection.socket.sendall(frame)
        with suppress(ConnectionClosed):
            connection.recv()

    with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        sys.stdout.write(f"{server.socket.getsockname()[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


class _Engine:
    """One connection, one book, the core's loop and its journal, wired as a run wires them."""

    def __init__(self, port: int, folder: Path) -> None:
        self._folder = folder
        self._clock = SystemClock()
        self._beats = Heartbeats(self._clock)
        inbox = Inbox(self._clock)
        settings = RuntimeSettings()
        self._journal = Journal.open(
            folder / "journal.sqlite", JournalIdentity("bench", "bench"), self._clock.now()
        )
        self._failures: list[TradingError] = []
        self._outbox = Outbox(self._journal, self._clock, settings, self._failures.append)
        core = bench_core(bench_plan(_QUIET_MS), bench_instrument(), self._clock.now(), batch=False)
        self._outbox.publish(core.open())
        self._loop = LiveLoop(core, inbox, self._outbox, settings=settings)
        book, channel = _book()
        self._snapshot = book.snapshot()
        plan = ConnectionPlan("mexc-1", {channel: 0}, {channel: 0})
        decoder = FrameDecoder((bench_instrument(),), (channel,))
        lane = inbox.feed(plan.name, settings.lane_messages)
        missed: list[int] = []
        wiring = self._fulfil, missed.append
        self._route = FrameRoute(plan, decoder, lane, self._clock, *wiring)
        mexc = MexcSettings(stream_url=f"ws://127.0.0.1:{port}/ws")
        self._stream = MexcStream(mexc, plan, self._route, self._clock, random.Random(_SEED))

    def measure(self, frames: int, *, drawing: bool) -> dict[str, object]:
        shared = shared_processor()
        draughtsman = Draughtsman(self._folder)
        bodies: list[tuple[str, Callable[[Stop], None], Callable[[], None] | None]] = [
            ("journal", self._outbox.run, self._outbox.interrupt),
            ("core", staying_on(shared, self._loop.run), self._loop.interrupt),
            ("mexc-1", staying_on(shared, self._stream.run), self._stream.interrupt),
        ]
        if drawing:
            bodies.append(("draughtsman", draughtsman.run, None))
        workers = [
            Worker(name, run, restart=None, heartbeats=self._beats, interrupt=interrupt)
            for name, run, interrupt in bodies
        ]
        for worker in workers:
            worker.start()
        ends_at = time.perf_counter() + frames / FRAMES_A_SECOND + _SPARE_SECONDS
        while self._route.tally.frames < frames and time.perf_counter() < ends_at:
            time.sleep(_LOOK_SECONDS)
        for worker in reversed(workers):
            worker.stop(_STOP_SECONDS)
        self._journal.close()
        if self._route.tally.frames < frames or self._failures:
            why = self._failures or f"{self._route.tally.frames} of {frames} frames came"
            raise InvariantError(f"nothing was measured: {why}")
        report = self._loop.latency
        drawn: dict[str, object] = {"charts": draughtsman.drawn} if drawing else {}
        return drawn | {
            "p50": round(report.socket.p50, 2),
            "p99": round(report.socket.p99, 2),
            "max": round(report.socket.largest, 2),
            "frames": self._route.tally.frames,
            "decision_p50": round(report.decision.p50, 2),
            "decision_p99": round(report.decision.p99, 2),
        }

    def _fulfil(self, wish: SnapshotWish) -> None:
        """The snapshot is known: the book began in both processes with the same dice."""
        self._stream.leave(FetchedSnapshot(wish, self._snapshot))


def _book() -> tuple[WalkingBook, str]:
    instrument = bench_instrument()
    channel = bench_channel(instrument)
    return WalkingBook(instrument, channel, _SEED), channel


def _command(entry: str, frames: int) -> Sequence[str]:
    return [sys.executable, "-c", f"from {__name__} import {entry}; {entry}()", str(frames)]
