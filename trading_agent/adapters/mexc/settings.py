"""Settings of the MEXC adapter: where, how much, how patient."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from trading_agent.domain.settings_slice import SettingsSlice

KlineTimeframe = Literal["1m", "5m", "15m", "1h", "4h", "1d"]
Seconds = Annotated[float, Field(gt=0.0, le=86_400.0)]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def is_loopback(url: str) -> bool:
    """Whether a URL stays on this machine."""
    return urlsplit(url).hostname in _LOOPBACK


class MexcSettings(SettingsSlice):
    """The exchange's public side. No key is needed, and none is known here."""

    rest_url: str = "https://api.mexc.com"
    """Where REST is, without path; URL, https unless it stays on this machine."""
    stream_url: str = "wss://wbs-api.mexc.com/ws"
    """Where the streams are; URL, wss unless it stays on this machine."""

    pace_ms: Literal[10, 100] = 100
    """How often the exchange batches trades, depth and best quotes; milliseconds."""
    kline_timeframes: tuple[KlineTimeframe, ...] = ("1m",)
    """The exchange's own candles to listen to; names of timeframes."""
    subscribe_best_quotes: bool = True
    """Whether to listen to the exchange's best bid and ask, against which books are checked."""
    streams_per_connection: Annotated[int, Field(ge=1, le=30)] = 30
    """Most streams on one connection; count. The exchange allows 30."""

    ping_seconds: Annotated[float, Field(gt=0.0, le=20.0)] = 15.0
    """Between two pings on a connection; seconds."""
    dead_after_seconds: Seconds = 30.0
    """A connection with neither data nor an answer to pings this long is dead; seconds."""
    silent_after_seconds: Seconds = 60.0
    """A depth stream without a message this long is not trusted, although quiet markets
    exist: its book is lost, subscribed anew and rebuilt; seconds."""
    rotate_after_hours: Annotated[float, Field(gt=0.0, lt=24.0)] = 23.0
    """A connection older than this is replaced on purpose; hours. The exchange ends one
    after 24."""
    subscribe_timeout_seconds: Seconds = 10.0
    """A subscription not confirmed within this has failed; seconds."""
    reconnect_first_seconds: Seconds = 0.5
    """Wait before the first attempt to connect again; seconds, give or take a quarter.
    Doubles with every failure."""
    reconnect_most_seconds: Seconds = 30.0
    """Longest wait between two attempts to connect; seconds."""
    frame_limit_bytes: Annotated[int, Field(ge=1_024, le=4 * 1024 * 1024)] = 4 * 1024 * 1024
    """Largest message taken from a stream, refused before its payload is read; bytes."""

    snapshot_levels: Annotated[int, Field(ge=5, le=5_000)] = 1_000
    """Levels a side of a book snapshot; count. The exchange allows 5000."""
    snapshot_first_seconds: Seconds = 0.2
    """Wait before a snapshot is asked for again; seconds, give or take a quarter. Doubles
    with every attempt that left the book not ready."""
    snapshot_most_seconds: Seconds = 1.0
    """Longest wait between two attempts at one snapshot; seconds."""

    weight_budget: Annotated[int, Field(ge=50, le=500)] = 300
    """Request weight the exchange allows in 10 seconds for one address; weight."""
    budget_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.8
    """How much of `weight_budget` is used; ratio. The largest call weighs 25."""
    requests_per_second: Annotated[int, Field(ge=1, le=20)] = 20
    """Most requests in one second, whatever they weigh; count."""
    stop_seconds: Seconds = 60.0
    """Full stop after the exchange said too many and named no time; seconds."""
    firewall_stop_seconds: Seconds = 300.0
    """Full stop after the exchange's firewall refused us (status 403); seconds."""

    connect_timeout_seconds: Seconds = 3.0
    """To reach the exchange, name look-up not counted; seconds."""
    read_timeout_seconds: Seconds = 5.0
    """From a request sent to the last byte of its answer; seconds."""
    call_deadline_seconds: Seconds = 15.0
    """For one call with all its waits and retries; seconds."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    """Most attempts of one call within its deadline; count."""
    pool_connections: Annotated[int, Field(ge=1, le=32)] = 4
    """REST connections kept open; count."""
    answer_limit_bytes: Annotated[int, Field(ge=65_536, le=256 * 1024 * 1024)] = 32 * 1024 * 1024
    """Largest answer taken, unpacked; bytes."""

    rules_ttl_seconds: Seconds = 60.0
    """How long rules and lists of pairs are taken from the cache; seconds."""
    quotes_ttl_seconds: Seconds = 1.0
    """How long tickers and average prices are taken from the cache; seconds."""
    rules_refresh_seconds: Annotated[float, Field(ge=0.2, le=86_400.0)] = 300.0
    """Between two looks at the rules and fees of the traded pairs; seconds."""

    expect_zero_fee: bool = True
    """Whether traded pairs are expected to be free of fees; one that is not is reported."""

    @field_validator("rest_url")
    @classmethod
    def _rest_url_is_safe(cls, url: str) -> str:
        return _safe_url(url, "https", "http")

    @field_validator("stream_url")
    @classmethod
    def _stream_url_is_safe(cls, url: str) -> str:
        return _safe_url(url, "wss", "ws")


def _safe_url(url: str, secure: str, plain: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(f"{url!r} is not a URL with a host")
    if parts.username or parts.password:
        raise ValueError("a URL must not hold a name or a password")
    if parts.scheme != secure and not (parts.scheme == plain and is_loopback(url)):
        raise ValueError(f"only {secure}:// may leave this machine; {parts.scheme}:// may not")
    return url.rstrip("/")
