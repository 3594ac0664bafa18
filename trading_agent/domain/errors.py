"""One error tree.

TradingError
├── ConfigError            we do not start
├── InvariantError         we are wrong; the desk stops
├── FeedError              market data is unusable; retried
├── VenueError             the exchange answered, or failed to
│   ├── Throttled          too many requests; wait, then retry
│   ├── Denied             the exchange says no; retrying will not help
│   ├── Unavailable        not reachable or not well; safe to retry
│   └── OutcomeUnknown     the request may have been carried out; query first
├── StorageError           disk or journal; entries pause
├── OwnCodeError           what a person wrote broke; who needs it is silent from then on
└── CommandError           a person mistyped; answered kindly
"""


class TradingError(Exception):
    """Everything this project raises on purpose."""


class ConfigError(TradingError):
    """The configuration does not allow a start."""


class InvariantError(TradingError):
    """A rule that must always hold does not: the fault is ours."""


class FeedError(TradingError):
    """Market data that must not be used."""


class VenueError(TradingError):
    """The exchange refused or failed. `code` is the exchange's own, when it gave one."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class Throttled(VenueError):
    """Too many requests. `retry_after` in seconds, when the exchange named it."""

    def __init__(
        self, message: str, *, code: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Denied(VenueError):
    """The exchange says no, and will say no again."""


class Unavailable(VenueError):
    """Not reachable or not well; nothing was carried out."""


class OutcomeUnknown(VenueError):
    """The request may have been carried out: query before any retry."""


class StorageError(TradingError):
    """Disk, journal or recording failed."""


class OwnCodeError(TradingError):
    """A person's own indicator has broken, and knows nothing any more."""


class CommandError(TradingError):
    """A person asked for something that cannot be read or done."""
