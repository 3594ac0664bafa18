"""What is written for people beside decisions: when, and until it is refuted."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from llm_overseer.brief import Figure, Rank, Section, Unit
from llm_overseer.errors import ModelUnavailable
from llm_overseer.roles import Thesis
from tests.oversight_desk import Scene as DeskScene
from tests.oversight_desk import settings
from tests.run_statuses import busy_snapshot
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.oversight.settings import CadenceSettings
from trading_agent.interfaces.oversight.staff import Scene, Staff


class Writers:
    """Stands for the library; notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.silent = False

    async def report(self, table: Sequence[Section], now: int) -> str:
        return self._said("report")

    async def note(self, table: Sequence[Section], now: int) -> str:
        return self._said("note")

    async def thesis(self, symbol: str, table: Sequence[Section], now: int) -> Thesis:
        self._said(f"thesis {symbol}")
        return Thesis(
            symbol=symbol,
            view=1,
            text="calm.",
            leaf="m.x",
            wrong_when="above",
            threshold=Decimal(5),
            expires_at=now + 60 * MINUTE,
        )

    def _said(self, what: str) -> str:
        if self.silent:
            raise ModelUnavailable("timeout")
        self.asked.append(what)
        return f"the {what}"


class Office:
    """A staff that is looked at minute by minute."""

    def __init__(self, folder: Path, **cadence: Any) -> None:
        plain = {"report_minutes": 0, "thesis_minutes": 0, "notes": False}
        desk = DeskScene(folder, settings(cadence=CadenceSettings(**(plain | cadence))))
        self.told = desk.told
        self.writers = Writers()
        self.staff = Staff(replace(desk.parts, simulated=True), self.writers)  # type: ignore[arg-type]

    async def look(self, minute: float, value: int = 1, *alarms: str, breakers: Any = ()) -> None:
        at = Nanos(int(minute * MINUTE))
        desk = changed(busy_snapshot(), at=at, breakers=breakers)
        figure = Figure("m.x", Unit.PERCENT, Decimal(value))
        table = (Section(rank=Rank.MARKET, name="m", figures=(figure,)),)
        self.staff.look(Scene(desk, alarms, lambda: table))
        for _ in range(3):
            await asyncio.sleep(0)


def test_a_report_is_written_when_its_time_is_over_and_marked_as_simulated(tmp_path: Path) -> None:
    office = Office(tmp_path, report_minutes=60)

    async def live() -> None:
        for minute in (61, 90, 119, 120, 121, 180):
            await office.look(minute)

    asyncio.run(live())
    assert office.writers.asked == ["report", "report"]
    assert office.told == ["overseer, SIMULATED report: the report"] * 2
    assert office.staff.notes() == ("report: the report",)


@pytest.mark.parametrize(
    ("values", "refuted", "stands"), [((1, 5), False, True), ((1, 6), True, False)]
)
def test_a_thesis_stands_until_its_condition_says_otherwise(
    tmp_path: Path, values: tuple[int, int], refuted: bool, stands: bool
) -> None:
    office = Office(tmp_path, thesis_minutes=1_000)

    async def live() -> None:
        await office.look(1_999)
        for number, value in enumerate(values):
            await office.look(2_001 + number, value)

    asyncio.run(live())
    symbol = office.writers.asked[0].removeprefix("thesis ")
    assert any("was wrong: m.x is 6, above 5" in each for each in office.told) is refuted
    assert any(f"{symbol}, view +1" in each for each in office.staff.notes()) is stands


def test_a_thesis_that_was_never_wrong_ends_with_its_time(tmp_path: Path) -> None:
    office = Office(tmp_path, thesis_minutes=1_000)

    async def live() -> None:
        await office.look(1_999)
        assert office.writers.asked == [], "a start costs nothing"
        await office.look(2_001)
        assert office.staff.notes()
        await office.look(2_062)

    asyncio.run(live())
    assert office.staff.notes() == ()
    assert office.told == []


def test_a_note_follows_what_was_grave_when_it_is_over(tmp_path: Path) -> None:
    office = Office(tmp_path, notes=True)

    async def live() -> None:
        await office.look(1, 1, "d.streak")
        await office.look(2)
        assert office.writers.asked == []
        await office.look(3, 1, "d.swan.BTCUSDC")
        await office.look(4, 1, breakers=("daily loss",))
        assert office.writers.asked == []
        await office.look(5)

    asyncio.run(live())
    assert office.writers.asked == ["note"]
    assert office.told == ["overseer, SIMULATED after breaker daily loss: the note"]


def test_what_no_model_answers_is_left_out(tmp_path: Path) -> None:
    office = Office(tmp_path, report_minutes=60, thesis_minutes=60)
    office.writers.silent = True

    async def live() -> None:
        for minute in (61, 120, 121, 180):
            await office.look(minute)

    asyncio.run(live())
    assert office.told == []
    assert office.staff.notes() == ()
