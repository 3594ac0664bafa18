"""What a run is given beside its configuration, and what it shows of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from trading_agent.adapters.mexc.stream_counters import StreamCounters
from trading_agent.adapters.storage.secrets import NO_SECRETS, Secrets
from trading_agent.config.kernels import compile_live
from trading_agent.config.loading import LoadedConfig
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.interfaces.oversight.parts import OversightState
from trading_agent.market_access import NOTHING_PLAYED, Played
from trading_agent.runtime.latency import LatencyReport


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the command line adds to the configuration."""

    played: Played = NOTHING_PLAYED
    record_to: Path | None = None
    data_directory: Path | None = None
    compile_kernels: Callable[[Callable[[str], None]], None] = compile_live
    secrets: Secrets = NO_SECRETS
    load_again: Callable[[], LoadedConfig] | None = None
    """Reads the configuration as it was read for this run; None: it cannot be read again."""


class RunStatus(Struct, frozen=True):
    """The run at one moment, for a board or a closing report. `notes`: what a person must know."""

    snapshot: DeskSnapshot | None
    latency: LatencyReport
    feed: StreamCounters
    notes: tuple[str, ...]
    digest: str
    market_is_over: bool
    overseer: OversightState | None = None
    """None where there is none."""
