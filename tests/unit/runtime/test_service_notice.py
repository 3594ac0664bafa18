"""What a service manager hears, over a real socket, and what the health file says meanwhile."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.fakes import ManualClock, quiet_snapshot
from tests.threads.waiting import PATIENCE, working
from trading_agent.domain.errors import ConfigError, StorageError
from trading_agent.domain.snapshot import DeskSnapshot, SymbolView
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.runtime.health import (
    HEALTH_NAME,
    complaints,
    read_health,
    take_health,
    write_health,
)
from trading_agent.runtime.service_notice import ServiceManager, ServiceNotice
from trading_agent.runtime.worker import Heartbeats, Worker

WATCHED = 0.2
PROCESS = 77


def book(*, ready: bool) -> SymbolView:
    return SymbolView(
        symbol="BTCUSDC",
        session="ASIA",
        book_ready=ready,
        bid=None,
        ask=None,
        spread_bps=0.0,
        imbalance=0.0,
        microprice=None,
        momentum_bps=0.0,
        volatility_bps=0.0,
        trade_flow=0.0,
        last_signal=None,
        last_signal_at=Nanos(0),
        last_signal_strength=0.0,
        signals={},
        book_at=Nanos(0),
        gaps=0,
        top_checked=0,
        top_equal=0,
        obstacles=(),
    )


class Service:
    """A notice with a manager that listens at `address`, a desk and a clock moved by hand."""

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self.clock = ManualClock()
        self.heartbeats = Heartbeats(self.clock)
        self.heartbeats.expect("core", 5.0, critical=True)
        self.desk: DeskSnapshot | None = None
        self.health_file = folder / HEALTH_NAME
        self.said: list[str] = []
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.ear.settimeout(PATIENCE)
        self.notice = ServiceNotice(
            ServiceManager(address, WATCHED),
            self.health_file,
            self.heartbeats,
            lambda: self.desk,
            self.said.append,
        )

    def show(self, *, ready: bool) -> None:
        self.desk = replace(quiet_snapshot(at=self.clock.now()), symbols=(book(ready=ready),))

    def later(self, seconds: float, *, core_lives: bool = True) -> None:
        self.clock.advance(int(seconds * SECOND))
        if core_lives:
            self.heartbeats.beat("core")

    def hears(self) -> dict[str, str]:
        lines = self.ear.recv(4096).decode().split("\n")
        return dict(line.split("=", 1) for line in lines)

    @contextmanager
    def attended(self) -> Iterator[Worker]:
        with closing(self.ear):
            worker = working(self.notice.run)
            yield worker
            assert worker.stop(PATIENCE)


@pytest.fixture(params=["path", "abstract"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    path = str(tmp_path / "notify")
    return Service(tmp_path, path if request.param == "path" else f"@{path}")


def test_ready_is_said_once_and_only_when_a_book_is(service: Service) -> None:
    with service.attended():
        assert service.hears() == {"WATCHDOG": "1", "STATUS": "opening the desk"}
        service.show(ready=False)
        service.later(5.0)
        told = service.hears()
        assert "READY" not in told
        assert "0 of 1 books ready" in told["STATUS"]
        service.show(ready=True)
        told = service.hears()
        assert told["READY"] == "1"
        assert "1 of 1 books ready" in told["STATUS"]
        service.later(5.0)
        assert "READY" not in service.hears()


def test_signs_of_life_come_at_half_the_time_and_stop_with_a_vital_thread(
    service: Service,
) -> None:
    with service.attended():
        assert service.hears()["WATCHDOG"] == "1"
        for _ in range(3):
            service.later(WATCHED / 2)
            assert service.hears() == {"WATCHDOG": "1"}
        service.later(5.1, core_lives=False)
        assert set(service.hears()) == {"STATUS"}
        service.later(5.1, core_lives=False)
        assert set(service.hears()) == {"STATUS"}
        health, _ = read_health(service.health_file, Nanos(0))
        assert health.silent == ("core",)
        service.heartbeats.beat("core")
        assert service.hears() == {"WATCHDOG": "1"}


def test_a_manager_that_is_gone_costs_nothing_and_is_told_again_when_it_is_back(
    tmp_path: Path,
) -> None:
    address = tmp_path / "notify"
    service = Service(tmp_path, str(address))
    service.show(ready=True)
    address.rename(tmp_path / "moved")
    with service.attended() as worker:
        while not service.said:
            assert worker.alive
        address.symlink_to(tmp_path / "moved")
        assert service.hears()["READY"] == "1"
    assert service.said == ["the service manager does not take what it is told"]


def test_a_manager_that_does_not_read_is_never_waited_for(tmp_path: Path) -> None:
    service = Service(tmp_path, str(tmp_path / "notify"))
    with closing(service.ear):
        manager = ServiceManager(str(tmp_path / "notify"), None)
        told = [manager.tell("STATUS=" + "x" * 400) for _ in range(10_000)]
        manager.close()
    assert told[0]
    assert not told[-1]


def test_a_status_is_one_line(service: Service) -> None:
    with closing(service.ear):
        manager = ServiceManager(service.address, None)
        assert manager.tell("STATUS=a\nREADY=1")
        assert service.hears() == {"STATUS": "a READY=1"}
        manager.close()


def test_nobody_listens_and_nothing_fails() -> None:
    manager = ServiceManager.of({}, PROCESS)
    assert not manager.there
    assert manager.watchdog_seconds is None
    assert manager.tell("READY=1")


@pytest.mark.parametrize(
    ("environment", "watched"),
    [
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000"}, 30.0),
        ({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "500000", "WATCHDOG_PID": "77"}, 0.5),
        ({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "500000", "WATCHDOG_PID": "78"}, None),
        ({"NOTIFY_SOCKET": "@x"}, None),
    ],
)
def test_the_environment_says_who_watches_whom(
    environment: dict[str, str], watched: float | None
) -> None:
    manager = ServiceManager.of(environment, PROCESS)
    assert manager.there
    assert manager.watchdog_seconds == watched


@pytest.mark.parametrize(
    "environment",
    [
        {"NOTIFY_SOCKET": "vsock:2:1234"},
        {"NOTIFY_SOCKET": "relative"},
        {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "0"},
        {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "-5"},
    ],
)
def test_a_manager_that_cannot_be_spoken_to_forbids_the_start(
    environment: dict[str, str],
) -> None:
    with pytest.raises(ConfigError):
        ServiceManager.of(environment, PROCESS)


def test_the_health_file_lives_as_long_as_the_engine(service: Service) -> None:
    with service.attended():
        service.hears()
        service.show(ready=True)
        assert service.hears()["READY"] == "1"
        service.later(5.0)
        service.hears()
        assert service.health_file.stat().st_mode & 0o777 == 0o600
        health, _ = read_health(service.health_file, Nanos(0))
        assert (health.books, health.books_ready) == (1, 1)
    assert not service.health_file.exists()
    with pytest.raises(StorageError, match="no engine"):
        read_health(service.health_file, Nanos(0))


def test_a_disk_that_takes_no_health_is_said_once(tmp_path: Path) -> None:
    service = Service(tmp_path, str(tmp_path / "notify"))
    service.health_file.mkdir()
    with service.attended():
        for _ in range(3):
            service.hears()
            service.later(5.0)
    assert len(service.said) == 1
    assert "cannot be written" in service.said[0]


@pytest.mark.parametrize(
    ("age", "snapshot_age", "silent", "wrong"),
    [
        (0.5, 0.3, (), 0),
        (4.9, 4.9, (), 0),
        (5.1, 0.3, (), 1),
        (-60.0, 0.3, (), 1),
        (0.5, 5.1, (), 1),
        (0.5, 0.3, ("core",), 1),
        (60.0, 60.0, ("core", "journal"), 3),
    ],
)
def test_who_is_well_is_a_matter_of_age_and_of_vital_threads(
    age: float, snapshot_age: float, silent: tuple[str, ...], wrong: int
) -> None:
    clock = ManualClock()
    snapshot = quiet_snapshot(at=clock.now())
    clock.advance(int(snapshot_age * SECOND))
    health = replace(take_health(Heartbeats(clock), snapshot, clock.now()), silent=silent)
    assert len(complaints(health, age)) == wrong


def test_before_the_first_snapshot_the_engine_is_opening_and_well(tmp_path: Path) -> None:
    health = take_health(Heartbeats(ManualClock()), None, Nanos(0))
    write_health(tmp_path / HEALTH_NAME, health)
    found, _ = read_health(tmp_path / HEALTH_NAME, Nanos(0))
    assert found == health
    assert complaints(found, 0.1) == ()
    assert found.words == "opening the desk"


def test_half_a_health_file_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / HEALTH_NAME).write_text('{"process": 1')
    with pytest.raises(StorageError, match="cannot be read"):
        read_health(tmp_path / HEALTH_NAME, Nanos(0))
