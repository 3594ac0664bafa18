"""The run as a whole, for a door: `runtime.door_ports.RunPort`."""

from collections.abc import Callable

from msgspec import Struct

from trading_agent import __version__
from trading_agent.adapters.mexc.stream_counters import StreamCounters
from trading_agent.domain.units import Nanos
from trading_agent.runtime.health import Health
from trading_agent.runtime.latency import LatencyReport


class RunSources(Struct, frozen=True, kw_only=True):
    """Where the figures come from; each may be called from any thread."""

    latency: Callable[[], LatencyReport]
    health: Callable[[], Health]
    feed: Callable[[], StreamCounters]
    notes: Callable[[], tuple[str, ...]]


class RunFacts:
    def __init__(self, sources: RunSources, started_at: Nanos) -> None:
        self._sources = sources
        self._started_at = started_at

    @property
    def version(self) -> str:
        return __version__

    @property
    def started_at(self) -> Nanos:
        return self._started_at

    def latency(self) -> LatencyReport:
        return self._sources.latency()

    def health(self) -> Health:
        return self._sources.health()

    def notes(self) -> tuple[str, ...]:
        return self._sources.notes()

    def feed(self) -> tuple[tuple[str, str], ...]:
        """What is wrong is shown only where it is."""
        feed = self._sources.feed()
        books = feed.books
        always = (
            ("connections", f"{feed.connections}"),
            ("streams", f"{feed.granted} of {feed.streams}"),
            ("books ready", f"{books.ready} of {books.books}"),
            ("frames", f"{feed.frames:,}"),
            ("rows", f"{feed.rows:,}"),
            ("gaps", f"{books.gaps}"),
            ("clock ahead", f"{feed.server_offset_ns / 1e6:+.0f} ms"),
        )
        troubles = {
            "resyncs": books.resyncs,
            "overflows": feed.overflows,
            "silent books": feed.silent_books,
            "disconnected": feed.disconnected,
            "failed connections": feed.failed_connections,
            "refused subscriptions": feed.refused_subscriptions,
            "failed snapshots": feed.failed_snapshots,
            "refused frames": sum(feed.invalid.values()),
        }
        return (*always, *((name, f"{count:,}") for name, count in troubles.items() if count))
