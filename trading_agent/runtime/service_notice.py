"""What a service manager is told: ready, alive, how it goes, stopping; and the health file.

systemd names a datagram socket in NOTIFY_SOCKET (`sd_notify(3)`) and how long it waits for a
sign of life in WATCHDOG_USEC. The sign is given at half of that, and only while every vital
thread gives its own: a manager that hears nothing ends the process and starts it again.
"""

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import SECOND
from trading_agent.runtime.health import Health, take_health, write_health
from trading_agent.runtime.worker import Heartbeats, Stop

SOCKET_VARIABLE: Final = "NOTIFY_SOCKET"
WATCHDOG_VARIABLE: Final = "WATCHDOG_USEC"
WATCHDOG_PROCESS_VARIABLE: Final = "WATCHDOG_PID"
_LOOK_SECONDS: Final = 0.5
_STATUS_SECONDS: Final = 5.0
_MICROSECONDS: Final = 1_000_000
_MOST_STATUS: Final = 500


class ServiceManager:
    """The other end of the socket; without one, everything said is said to nobody."""

    def __init__(self, address: str, watchdog_seconds: float | None) -> None:
        """`address`: a path, or a name that begins with @; empty for none."""
        self.watchdog_seconds = watchdog_seconds
        """Longest silence it bears; None when it does not watch."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._socket: socket.socket | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str], process: int) -> "ServiceManager":
        """As the environment names it to this process. ConfigError: it cannot be spoken to."""
        address = environment.get(SOCKET_VARIABLE, "")
        if address and address[0] not in "@/":
            raise ConfigError(
                f"{SOCKET_VARIABLE}={address}: it must be the path or the @name of a Unix socket"
            )
        meant = environment.get(WATCHDOG_PROCESS_VARIABLE, str(process)) == str(process)
        microseconds = environment.get(WATCHDOG_VARIABLE, "") if meant else ""
        if not microseconds:
            return cls(address, None)
        if not (microseconds.isascii() and microseconds.isdigit() and int(microseconds)):
            raise ConfigError(f"{WATCHDOG_VARIABLE}={microseconds}: is not a number of µs above 0")
        return cls(address, int(microseconds) / _MICROSECONDS)

    @property
    def there(self) -> bool:
        return bool(self._address)

    def tell(self, *states: str) -> bool:
        """Each NAME=VALUE; never waits. Whether it was taken, or nobody listens."""
        if not self.there:
            return True
        text = "\n".join(state.replace("\n", " ") for state in states)
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(text.encode(), self._address)
        except OSError:
            return False
        return True

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class ServiceNotice:
    """`run` is the body of its worker. `say` hears of what could not be told, once."""

    def __init__(
        self,
        manager: ServiceManager,
        health_file: Path,
        heartbeats: Heartbeats,
        snapshot: Callable[[], DeskSnapshot | None],
        say: Callable[[str], None],
    ) -> None:
        self._manager = manager
        self._health_file = health_file
        self._heartbeats = heartbeats
        self._clock = heartbeats.clock
        self._snapshot = snapshot
        self._say = say
        self._ready = False
        self._status_due = 0
        self._sign_due = 0
        self._said: set[str] = set()

    def run(self, stop: Stop) -> None:
        watched = self._manager.watchdog_seconds
        pause = _LOOK_SECONDS if watched is None else min(_LOOK_SECONDS, watched / 4)
        try:
            while True:
                snapshot = self._snapshot()
                self._tell(take_health(self._heartbeats, snapshot, self._clock.now()))
                if stop.wait(pause):
                    return
        finally:
            with suppress(OSError):
                self._health_file.unlink(missing_ok=True)
            self._manager.close()

    def _tell(self, health: Health) -> None:
        now = self._clock.monotonic()
        states = [*self._readiness(health), *self._sign(health, now), *self._status(health, now)]
        if states:
            taken = self._manager.tell(*states)
            self._ready = self._ready or (taken and "READY=1" in states)
            if not taken:
                self._sign_due = self._status_due = now
                self._complain("the service manager does not take what it is told")
        try:
            write_health(self._health_file, health)
        except OSError as error:
            self._complain(f"{self._health_file} cannot be written: {error.strerror}")

    def _readiness(self, health: Health) -> tuple[str, ...]:
        """Once a book is there to trade on."""
        return ("READY=1",) if health.books_ready and not self._ready else ()

    def _sign(self, health: Health, now: int) -> tuple[str, ...]:
        watched = self._manager.watchdog_seconds
        if watched is None or now < self._sign_due or health.silent:
            return ()
        self._sign_due = now + int(watched / 2 * SECOND)
        return ("WATCHDOG=1",)

    def _status(self, health: Health, now: int) -> tuple[str, ...]:
        if now < self._status_due and not (health.books_ready and not self._ready):
            return ()
        self._status_due = now + int(_STATUS_SECONDS * SECOND)
        return (f"STATUS={health.words[:_MOST_STATUS]}",)

    def _complain(self, words: str) -> None:
        if words not in self._said:
            self._said.add(words)
            self._say(words)
