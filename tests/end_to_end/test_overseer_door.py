"""The overseer in its own thread, asking a provider over a real socket."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import ManualClock
from tests.overseer_desk import KEY, NOW, offline, overseer_settings
from tests.oversight_desk import CoreDesk, Scene, settings
from tests.random_market import CALM, RandomMarket
from tests.threads.waiting import PATIENCE, working
from trading_agent.domain.command_facts import OverlayApplied
from trading_agent.domain.errors import CommandError
from trading_agent.domain.facts import Fact
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.interfaces.oversight.counter import ask_running
from trading_agent.interfaces.oversight.door import OversightDoor
from trading_agent.interfaces.oversight.looking_back import answer_from_records
from trading_agent.offline_openrouter.scenarios import Scenario
from trading_agent.offline_openrouter.server import OfflineOpenRouter
from trading_agent.runtime.oversight_ports import Provider

MESSAGES = RandomMarket(5, CALM).messages(4_000)
CHUNK = 100
BAD = (
    Scenario.HANG,
    Scenario.DRIP,
    Scenario.HUGE_BODY,
    Scenario.HTML_200,
    Scenario.NOT_A_NUMBER,
    Scenario.TWO_OBJECTS,
    Scenario.RESET,
    Scenario.UNAUTHORIZED,
)


class ShownDesk(CoreDesk):
    """For a looker on another thread: it gets the last picture, as in a run."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.shown = super().snapshot()

    def snapshot(self) -> DeskSnapshot:
        return self.shown

    def show(self) -> None:
        self.shown = super().snapshot()


@contextmanager
def door_at(folder: Path, overseer: Any, server: OfflineOpenRouter | None) -> Iterator[Any]:
    provider = None
    if server is not None:
        provider = Provider(base_url=server.base_url, key=KEY, simulated=True)
    desk = ShownDesk(ManualClock())
    scene = Scene(folder / "unused", overseer, provider=provider)
    parts = replace(scene.parts, desk=desk, clock=desk.clock, folder=folder, first_pause=0.0)
    door = OversightDoor(parts)
    worker = working(door.run, name="overseer")
    try:
        wait_for(lambda: door.state.mode != "starting")
        if server is not None:
            # The process that asks takes a moment to start.
            wait_for(lambda: any(entry.path.endswith("/models") for entry in server.log))
        yield desk, door, scene
    finally:
        assert worker.stop(PATIENCE)


def wait_for(met: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < until
        time.sleep(0.005)


def fed(desk: ShownDesk, messages: list[Rows], after: Callable[[], None]) -> list[Fact]:
    for number, rows in enumerate(messages):
        desk.feed(rows)
        if number % CHUNK == CHUNK - 1:
            desk.show()
            after()
    return desk.facts


def alone() -> list[Fact]:
    desk = CoreDesk(ManualClock())
    for rows in MESSAGES:
        desk.feed(rows)
    return desk.facts


def models(**changes: Any) -> Any:
    library = overseer_settings(deadline=0.3, rules_in_crisis=False)
    return settings(provider="offline", library=library, **changes)


@pytest.mark.parametrize("scenario", BAD)
def test_whatever_a_provider_does_the_desk_says_the_same_byte_for_byte(
    tmp_path: Path, scenario: Scenario
) -> None:
    """All facts, orders among them, as if there were no overseer."""
    with offline(now=NOW) as server:
        server.script.put(scenario)
        with door_at(tmp_path, models(mode="auto"), server) as (desk, door, _):
            told = fed(desk, MESSAGES, lambda: wait_a_moment(door, 0.12))
            assert any(entry.path.endswith("/chat/completions") for entry in server.log)
        assert not [fact for fact in told if isinstance(fact, OverlayApplied)]
        assert told == alone()


def test_a_simulated_model_decides_and_the_desk_follows(tmp_path: Path) -> None:
    with (
        offline(now=NOW) as server,
        door_at(tmp_path, models(mode="auto_tighten"), server) as (desk, door, _),
    ):

        def look() -> None:
            wait_a_moment(door, 0.3)
            desk.flush()

        told = fed(desk, MESSAGES, look)
        applied = [fact for fact in told if isinstance(fact, OverlayApplied)]
        assert applied
        decision = applied[0].overlay.overlay.partition(".")[0]
        status = door.answer("status", "ann")
        assert "auto_tighten" in status
        assert "simulated provider" in status
        why = door.answer(f"why {decision}", "ann")
        assert "then: active" in why
        assert "SIMULATED" in why
        assert "nobody pays it" in door.answer("budget", "ann")
        assert door.answer("mode shadow", "ann") == "mode shadow from now on"
        answer = door.answer("ask what is the risk of the desk?", "ann")
        assert answer.startswith("SIMULATED: ")
        with pytest.raises(CommandError, match="there are status"):
            door.answer("trade BTCUSDC", "ann")
        with pytest.raises(CommandError, match="does not hold"):
            door.answer("revert nothing", "ann")
        assert "told the desk" in door.answer("revert all", "ann")
        asked = ask_running(tmp_path, "decisions 3")
        assert asked is not None
        assert decision[0] == "d"
        with pytest.raises(CommandError, match="no mode"):
            ask_running(tmp_path, "mode reckless")
    assert ask_running(tmp_path, "status") is None
    assert "no overseer runs here" in answer_from_records(tmp_path, "status")
    assert "then: active" in answer_from_records(tmp_path, f"why {decision}")
    with pytest.raises(CommandError, match="no overseer runs"):
        answer_from_records(tmp_path, "mode auto")


def test_no_secret_and_no_amount_leaves_the_house(tmp_path: Path) -> None:
    with offline(now=NOW) as server:
        with door_at(tmp_path, models(mode="shadow"), server) as (desk, door, _):
            fed(desk, MESSAGES[:3_000], lambda: wait_a_moment(door))
            equity = f"{desk.core.equity:.0f}"
        bodies = [entry.body for entry in server.log if entry.path.endswith("/chat/completions")]
        assert bodies
        for body in bodies:
            assert KEY not in str(body)
            assert equity not in str(body)
            assert str(tmp_path) not in str(body)


def wait_a_moment(door: OversightDoor, seconds: float = 0.1) -> None:
    """Its next look, or no look in that time: the desk waits for nobody, so neither may fail."""
    before = door.state
    until = time.monotonic() + seconds
    while door.state is before and time.monotonic() < until:
        time.sleep(0.005)
