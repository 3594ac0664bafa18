"""Looks at everything a run needs, one thing after another, and says what to mend.

Nothing is changed, and nothing waits for long: whatever does not answer in time has failed.
"""

import platform
import shutil
import socket
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from trading_agent.adapters.mexc.data_service import Market, read_market
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.settings import MexcSettings, is_loopback
from trading_agent.adapters.storage.secrets import PAPER_SECRETS, load_secrets
from trading_agent.domain.errors import (
    ConfigError,
    Denied,
    FeedError,
    InvariantError,
    Throttled,
    TradingError,
    Unavailable,
)
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.embedded_exchange.server import serve
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.research.stream_trial import try_streams
from trading_agent.runtime.clock import Clock, SystemClock
from trading_agent.runtime.worker import Heartbeats, Stop, Worker, WorkerEvent

LEAST_PYTHON: Final = (3, 11)
LEAST_FREE_BYTES: Final = 500 * 1024 * 1024
MOST_CLOCK_OFFSET: Final = SECOND
_PROXIES: Final = frozenset({"http", "https", "all"})
_NAME_SECONDS: Final = 5.0
_REST_SECONDS: Final = 15.0
_STREAM_SECONDS: Final = 12.0
_PATIENCE: Final = {
    "connect_timeout_seconds": 3.0,
    "read_timeout_seconds": 5.0,
    "call_deadline_seconds": 6.0,
    "attempts": 1,
    "subscribe_timeout_seconds": 5.0,
}

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `mend` says what to do, and is empty when all is well."""

    subject: str
    words: str
    mend: str = ""

    @property
    def well(self) -> bool:
        return not self.mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What a run would be started with. `embedded` is None when the venue is MEXC itself."""

    symbols: tuple[str, ...]
    data_directory: Path
    secrets_file: Path
    environment: Mapping[str, str]
    mexc: MexcSettings
    embedded: EmbeddedSettings | None


def examine(patient: Patient) -> Iterator[Finding]:
    """Every finding as soon as it is made."""
    yield look_at_python()
    yield look_at_disk(patient.data_directory)
    yield look_at_data_directory(patient.data_directory)
    yield look_at_secrets(patient.secrets_file, patient.environment)
    if patient.embedded is None:
        yield from look_at_exchange(patient.mexc, patient.symbols)
    else:
        yield from look_at_embedded_exchange(patient.mexc, patient.embedded, patient.symbols)


def look_at_python() -> Finding:
    words = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        return Finding("Python", words, f"install Python {least} or newer")
    return Finding("Python", words)


def look_at_disk(folder: Path, least: int = LEAST_FREE_BYTES) -> Finding:
    """Of the file system that holds the data directory, or will."""
    place = _nearest(folder)
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return Finding("disk", f"{place}: {error.strerror}", "choose another data_directory")
    words = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < least:
        return Finding("disk", words, f"make room: {least // 1024**2} MiB are needed")
    return Finding("disk", words)


def look_at_data_directory(folder: Path) -> Finding:
    """Writes a file there, or where the directory would be made, and takes it away again."""
    place = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"flash")
    except OSError as error:
        mend = "give yourself the right to write there, or name another data_directory"
        return Finding("data directory", f"{place}: {error.strerror}", mend)
    words = f"{folder} can be written" if place == folder else f"{folder} can be made"
    return Finding("data directory", words)


def look_at_secrets(file: Path, environment: Mapping[str, str]) -> Finding:
    try:
        secrets = load_secrets(file, environment)
    except ConfigError as error:
        mend = "mend the file as it says; nobody but you may read it"
        return Finding("secrets", str(error), mend)
    names = ", ".join(name for name in PAPER_SECRETS if secrets.get(name) is not None)
    there = f"{file} is yours alone" if file.exists() else f"no {file}, which is fine on paper"
    return Finding("secrets", f"{there}; set: {names or 'none'}")


def look_at_embedded_exchange(
    settings: MexcSettings, embedded: EmbeddedSettings, symbols: tuple[str, ...]
) -> Iterator[Finding]:
    """Starts one on a free port and looks at it as at any exchange."""
    unknown = [symbol for symbol in symbols if symbol not in embedded.synthetic.presets]
    if unknown:
        known = ", ".join(embedded.synthetic.presets)
        mend = f"trade {known}, or describe the others in embedded.synthetic.presets"
        yield Finding("embedded exchange", f"has no market for {', '.join(unknown)}", mend)
        return
    try:
        exchange = serve(embedded.model_copy(update={"port": 0, "pairs": symbols}))
    except TradingError as error:
        yield Finding("embedded exchange", str(error), "let this user open ports on loopback")
        return
    try:
        yield Finding("embedded exchange", f"SIMULATED MARKET at {exchange.rest_url}")
        urls = {"rest_url": exchange.rest_url, "stream_url": exchange.stream_url}
        yield from look_at_exchange(settings.model_copy(update=urls), symbols)
    finally:
        exchange.stop()


def look_at_exchange(settings: MexcSettings, symbols: tuple[str, ...]) -> Iterator[Finding]:
    """REST, the traded pairs, the clock, the streams. What needs REST waits for it."""
    hasty = settings.model_copy(update=_PATIENCE)
    clock = SystemClock()
    client = MexcClient(hasty, clock)
    try:
        rest = _look_at_rest(client, hasty, clock)
        yield rest
        if rest.well:
            yield _look_at_pairs(client, symbols)
            yield _look_at_clock(client, simulated=is_loopback(settings.rest_url))
        else:
            reason = "cannot be looked at without REST"
            yield Finding("pairs", reason, "mend REST first")
            yield Finding("clock", reason, "mend REST first")
    finally:
        client.close()
    yield _look_at_streams(hasty, symbols[0])


def _look_at_rest(client: MexcClient, settings: MexcSettings, clock: Clock) -> Finding:
    def ask() -> str:
        _resolve(settings.rest_url)
        began = clock.monotonic()
        client.ping()
        took = (clock.monotonic() - began) / MILLISECOND
        client.time()
        return f"{settings.rest_url} answers, the first time in {took:.0f} ms"

    return _tried("REST", settings.rest_url, _REST_SECONDS, ask)


def _look_at_pairs(client: MexcClient, symbols: tuple[str, ...]) -> Finding:
    try:
        market = _within(_REST_SECONDS, lambda: read_market(client, symbols))
    except TradingError as error:
        return Finding("pairs", str(error), "try again later: the exchange did not say its rules")
    return _judged(market, symbols)


def _judged(market: Market, symbols: tuple[str, ...]) -> Finding:
    words = " ".join(finding.words for finding in market.findings)
    if len(market.instruments) < len(symbols):
        return Finding("pairs", words, "correct `symbols` in the configuration")
    return Finding("pairs", words or f"{', '.join(symbols)}: listed, tradable, free of fees")


def _look_at_clock(client: MexcClient, *, simulated: bool) -> Finding:
    if simulated:
        return Finding("clock", "the embedded exchange goes by this machine's own")
    try:
        offset = _within(_REST_SECONDS, client.read_clock).offset
    except TradingError as error:
        return Finding("clock", str(error), "try again later: the exchange did not tell its time")
    return judge_clock(offset)


def judge_clock(offset: Nanos) -> Finding:
    words = f"{offset / MILLISECOND:+.0f} ms to the exchange's"
    if abs(offset) > MOST_CLOCK_OFFSET:
        return Finding("clock", words, "set this machine's clock, for instance with chrony or ntpd")
    return Finding("clock", words)


def _look_at_streams(settings: MexcSettings, symbol: str) -> Finding:
    def converse() -> str:
        _resolve(settings.stream_url)
        return try_streams(settings, symbol, SystemClock())

    return _tried("streams", settings.stream_url, _STREAM_SECONDS, converse)


def _tried(subject: str, url: str, seconds: float, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, _within(seconds, attempt))
    except TradingError as error:
        return Finding(subject, f"{url}: {error}", _mend(error, url))


def _mend(error: TradingError, url: str) -> str:
    host = urlsplit(url).hostname
    if isinstance(error, Throttled):
        return "wait: the exchange has had too many requests from this address"
    if isinstance(error, Denied):
        return f"{host} refuses this address or a proxy stands between: use another network"
    if isinstance(error, FeedError) and not str(error).startswith(("unreachable", "closed")):
        return f"something else than the exchange answers as {host}: look for a proxy"
    return (
        f"see that this machine may reach {host} (network, firewall, DNS), or use --venue embedded"
    )


def _resolve(url: str) -> None:
    """Raises Unavailable when the host has no address; a proxy would look it up itself."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(url) or _PROXIES & urllib.request.getproxies().keys():
        return

    def look_up() -> None:
        try:
            socket.getaddrinfo(host, parts.port or 443)
        except OSError as error:
            raise Unavailable(f"the name {host} leads to no address") from error

    _within(_NAME_SECONDS, look_up)


def _within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """The answer, or Unavailable when it takes longer; the asking thread is then left behind."""
    answers: list[Answer] = []
    failures: list[TradingError] = []

    def run(_stop: Stop) -> None:
        try:
            answers.append(ask())
        except TradingError as error:
            failures.append(error)

    events: list[WorkerEvent] = []
    asking = Worker(
        "doctor",
        run,
        restart=None,
        heartbeats=Heartbeats(SystemClock()),
        on_event=events.append,
    )
    asking.start()
    if not asking.join(seconds):
        raise Unavailable(f"no answer within {seconds:g} s")
    if failures:
        raise failures[0]
    if not answers:
        raise InvariantError(f"the check broke off: {events[-1].why}")
    return answers[0]


def _nearest(folder: Path) -> Path:
    """The folder itself, or the closest one above it that is there."""
    for place in (folder, *folder.parents):
        if place.exists():
            return place
    return folder
