"""The benchmark: what is measured, in which order, and the document it comes to."""

import platform
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from trading_agent.domain.errors import TradingError
from trading_agent.domain.market_rows import Rows
from trading_agent.research.bench_candles import as_document, measure_candles
from trading_agent.research.bench_engine import (
    CHARTED,
    EVERYTHING,
    bench_instrument,
    measure_engine,
)
from trading_agent.research.bench_frames import measure_frames
from trading_agent.research.bench_live import measure_live
from trading_agent.research.bench_market import generate_rows, load_rows, save_for_peers
from trading_agent.research.bench_peers import (
    PeerResult,
    Speed,
    measure_peers,
    measure_prototype,
)
from trading_agent.research.bench_recorded import RECORDING, recorded_rows
from trading_agent.research.bench_socket import measure_socket
from trading_agent.research.bench_symbols import measure_symbols

FRAMES: Final = 5_000
SOCKET_FRAMES: Final = 8_000
PEER_FILE: Final = "ev.npy"


class Part(StrEnum):
    """What can be measured on its own."""

    REPLAY = "replay"
    FRAMES = "frames"
    CANDLES = "candles"
    SYMBOLS = "symbols"
    SOCKET = "socket"
    LIVE = "live"
    PEERS = "peers"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRequest:
    """`rows`: a peers' file to take the rows from; `data`: a folder of recorded data, used
    when it is there; `parts`: what to measure."""

    rows: Path | None
    peers: Path | None
    prototype: Path | None
    data: Path
    parts: frozenset[Part]


class Bench:
    """Measures one part after another and keeps what each came to."""

    def __init__(self, request: BenchRequest, say: Callable[[str], None]) -> None:
        self._request = request
        self._say = say
        self._notes: list[str] = []
        self._rows: Rows | None = None

    def run(self) -> dict[str, Any]:
        """Parts that were not asked for, or could not be measured, are None; `notes` says why."""
        document: dict[str, Any] = {
            "replay": self._part(Part.REPLAY, self._replay),
            "decision_us": None,
            "socket_us": self._part(Part.SOCKET, self._socket),
            "decode_us": None,
            "rss_mib": None,
            "start_s": {"warm": None, "cold": None},
            "peers": self._part(Part.PEERS, self._peers) or {},
            "prototype": self._part(Part.PEERS, self._prototype),
            "symbols": self._part(Part.SYMBOLS, measure_symbols),
            "python": platform.python_version(),
        }
        document |= self._part(Part.FRAMES, self._frames) or {}
        document |= self._part(Part.CANDLES, self._candles) or {}
        document |= self._part(Part.LIVE, self._live) or {}
        return document | {"notes": self._notes}

    def _part(self, part: Part, measure: Callable[[], dict[str, Any] | None]) -> Any:
        if part not in self._request.parts:
            return None
        self._say(f"measuring: {part}")
        try:
            return measure()
        except TradingError as error:
            self._notes.append(f"{part}: {error}")
            self._say(f"{part} could not be measured: {error}")
            return None

    def _market(self) -> Rows:
        if self._rows is None:
            given = self._request.rows
            self._rows = generate_rows() if given is None else load_rows(given)
        return self._rows

    def _replay(self) -> dict[str, Any]:
        generated = measure_engine(self._market(), bench_instrument())
        document: dict[str, Any] = {
            "generated_rows_per_s": round(generated.rows_per_s),
            "generated_rows_per_cpu_s": round(generated.rows_per_cpu_s),
            "recorded_rows_per_s": None,
            "rows": generated.rows,
            "orders": generated.orders,
            "fills": generated.fills,
        }
        recording = self._request.data / RECORDING
        if not recording.exists():
            self._notes.append(f"recorded_rows_per_s: there is no {recording}")
            return document
        rows, instrument = recorded_rows(recording)
        recorded = measure_engine(rows, instrument)
        charted = measure_engine(rows, instrument, extent=CHARTED)
        whole = measure_engine(rows, instrument, extent=EVERYTHING)
        return document | {
            "recorded_with_charts_rows_per_s": round(charted.rows_per_s),
            "recorded_with_everything_rows_per_s": round(whole.rows_per_s),
            "recorded_rows_per_s": round(recorded.rows_per_s),
            "recorded_rows_per_cpu_s": round(recorded.rows_per_cpu_s),
            "recorded_rows": recorded.rows,
            "recorded_orders": recorded.orders,
        }

    def _socket(self) -> dict[str, Any]:
        alone = measure_socket(SOCKET_FRAMES)
        return alone | {"while_drawing": measure_socket(SOCKET_FRAMES, drawing=True)}

    def _frames(self) -> dict[str, Any]:
        speed = measure_frames(FRAMES)
        return {
            "decision_us": asdict(speed.decision) | {"with_facts": asdict(speed.with_facts)},
            "decode_us": {
                "compiled": speed.compiled.p50,
                "library": speed.library.p50,
                "compiled_p99": speed.compiled.p99,
                "library_p99": speed.library.p99,
            },
        }

    def _candles(self) -> dict[str, Any]:
        return {"candles": as_document(measure_candles())}

    def _live(self) -> dict[str, Any]:
        cost = measure_live()
        return {
            "rss_mib": cost.rss_mib,
            "start_s": {"warm": cost.warm, "cold": cost.cold},
            "live": {
                name: cost.closing[name] for name in ("frames", "rows", "decision_us", "socket_us")
            },
        }

    def _peers(self) -> dict[str, Any] | None:
        folder = self._request.peers
        if folder is None:
            return None
        with ExitStack() as stack:
            results = measure_peers(folder, self._peer_data(stack), self._ours, self._say)
        return {name: _told(result) for name, result in results.items()}

    def _prototype(self) -> dict[str, Any] | None:
        script = self._request.prototype
        if script is None:
            return None
        with ExitStack() as stack:
            data = self._peer_data(stack)
            return _told(measure_prototype(script, data, self._ours, self._say))

    def _peer_data(self, stack: ExitStack) -> Path:
        """A folder with the rows as the peers read them."""
        given = self._request.rows
        if given is not None and given.name == PEER_FILE:
            return given.parent
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        save_for_peers(self._market(), folder / PEER_FILE)
        return folder

    def _ours(self) -> Speed:
        speed = measure_engine(self._market(), bench_instrument(), runs=7)
        return speed.rows_per_s, speed.rows_per_cpu_s


def _told(result: PeerResult) -> dict[str, Any]:
    document = asdict(result)
    return {name: value for name, value in document.items() if value != ""}
