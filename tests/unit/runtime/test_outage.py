"""Waiting for an exchange that is away: as long as it takes, told once, ended by a signal."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from trading_agent.domain.errors import (
    ConfigError,
    Denied,
    Throttled,
    TradingError,
    Unavailable,
)
from trading_agent.runtime.crew import End
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.outage import EXTENSION_SECONDS, Outage
from trading_agent.runtime.service_notice import ServiceManager

ENDED = End(ExitCode.OK, "SIGTERM")


class Wait:
    """An outage whose pauses take no time; `ends_after` so many of them the run is to end."""

    def __init__(self, manager: ServiceManager, ends_after: int | None = None) -> None:
        self.pauses: list[float] = []
        self.said: list[str] = []
        self._ends_after = ends_after
        self.outage = Outage(manager, self._rest, self.said.append, lambda: 0.5)

    def _rest(self, seconds: float) -> End | None:
        self.pauses.append(seconds)
        return ENDED if len(self.pauses) == self._ends_after else None


class Exchange:
    """Fails with these, one after the other, then answers."""

    def __init__(self, *errors: TradingError) -> None:
        self._errors = iter(errors)

    def __call__(self) -> str:
        for error in self._errors:
            raise error
        return "the market"


NOBODY = ServiceManager("", None)


def test_an_exchange_that_answers_is_not_waited_for() -> None:
    wait = Wait(NOBODY)
    assert wait.outage.ask(Exchange()) == "the market"
    assert (wait.pauses, wait.said) == ([], [])


def test_an_outage_of_any_length_is_outlived_and_said_once() -> None:
    wait = Wait(NOBODY)
    away = [Unavailable("no route") for _ in range(500)]
    assert wait.outage.ask(Exchange(*away)) == "the market"
    assert wait.pauses[:6] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert set(wait.pauses[6:]) == {30.0} and len(wait.pauses) == 500
    assert wait.said == ["the exchange cannot be reached, waiting for it: no route"]


def test_the_exchanges_own_wish_to_wait_is_heeded() -> None:
    wait = Wait(NOBODY)
    errors = (Throttled("slowly", retry_after=45.0), Throttled("slowly"), Unavailable("away"))
    assert wait.outage.ask(Exchange(*errors)) == "the market"
    assert wait.pauses == [45.0, 2.0, 4.0]


def test_a_run_that_is_ended_meanwhile_asks_no_more() -> None:
    wait = Wait(NOBODY, ends_after=3)
    asked = Exchange(*(Unavailable("away") for _ in range(9)))
    assert wait.outage.ask(asked) is ENDED
    assert len(wait.pauses) == 3


@pytest.mark.parametrize("error", [ConfigError("no such pair"), Denied("no")])
def test_what_will_not_pass_is_said_at_once(error: TradingError) -> None:
    wait = Wait(NOBODY)
    with pytest.raises(type(error)):
        wait.outage.ask(Exchange(Unavailable("away"), error))
    assert len(wait.pauses) == 1


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(10.0)
        yield ear


def test_the_service_manager_is_told_every_time(ear: socket.socket) -> None:
    manager = ServiceManager(str(ear.getsockname()), None)
    wait = Wait(manager)
    wait.outage.ask(Exchange(Unavailable("away\nREADY=1"), Unavailable("gone")))
    manager.close()
    for pause, why in ((1, "away READY=1"), (2, "gone")):
        status, extension = ear.recv(4_096).decode().split("\n")
        assert status == f"STATUS=the exchange cannot be reached, waiting for it: {why}"
        assert extension == f"EXTEND_TIMEOUT_USEC={(EXTENSION_SECONDS + pause) * 1_000_000}"
