"""Days of an overseer with models at a desk whose market goes by a hundred times as fast and more:
it stays within its money, holds nothing open, and does not grow."""

import asyncio
import resource
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from llm_overseer.settings import NANO, BudgetSettings
from tests.fakes import ManualClock
from tests.overseer_desk import KEY
from tests.oversight_desk import Scene
from tests.random_market import CALM, RandomMarket
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.units import MINUTE
from trading_agent.interfaces.oversight.settings import (
    AttributionSettings,
    CadenceSettings,
    DetectorSettings,
    OversightSettings,
)
from trading_agent.offline_openrouter.server import OfflineOpenRouter
from trading_agent.offline_openrouter.settings import OfflineOpenRouterSettings
from trading_agent.runtime.oversight_ports import Provider

SPACING = 2 * MINUTE
MESSAGES_A_DAY = 24 * 60 * MINUTE // SPACING
CAP = Decimal("0.01")
MOST_GROWTH = 12 * 1024 * 1024
MOST_A_DECISION = 24 * 1024
SECONDS = 0.004
"""Real time after each message: an answer takes a few milliseconds."""


def market(days: int) -> Iterator[Rows]:
    """The messages of a lively half minute, told every two minutes."""
    messages = RandomMarket(5, CALM).messages(days * MESSAGES_A_DAY)
    first = int(messages[0]["at"][0])
    for number, rows in enumerate(messages):
        for name in ("at", "venue_at"):
            rows[name] = first + number * SPACING
        yield rows


def resident() -> int:
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * resource.getpagesize()


def lived(folder: Path, days: int) -> None:
    clock = ManualClock()
    server = OfflineOpenRouter(OfflineOpenRouterSettings(key=KEY, answer_seconds=0.0), clock=clock)
    server.start()
    settings = OversightSettings(
        mode="auto_tighten",
        detectors=DetectorSettings(stress_percentile=90.0, stress_seconds=0, losing_streak=2),
        cadence=CadenceSettings(review_trades=20),
        attribution=AttributionSettings(enabled=False),
    )
    budget = BudgetSettings(usd_day=CAP, usd_hour=CAP, tokens_day=10**9)
    library = settings.library.model_copy(update={"budget": budget})
    scene = Scene(
        folder,
        settings.model_copy(update={"library": library}),
        provider=Provider(base_url=server.base_url, key=KEY, simulated=True),
    )
    most = 0
    sizes: list[int] = []

    async def live() -> None:
        nonlocal most
        await scene.go(())
        for number, rows in enumerate(market(days)):
            scene.desk.feed(rows)
            clock.set(scene.clock.now())
            await scene.look()
            await asyncio.sleep(SECONDS)
            most = max(most, scene.library.standing(scene.clock.now()).day)
            if number % (MESSAGES_A_DAY // 2) == MESSAGES_A_DAY // 2 - 1:
                sizes.append(resident())
        scene.desk.flush()
        await asyncio.sleep(0.5)
        standing = scene.library.standing(scene.clock.now())
        assert standing.unresolved == standing.disputed == 0
        assert scene.service.carrying.consents.waiting(scene.clock.now()) == ()
        await scene.close()

    try:
        asyncio.run(live())
    finally:
        assert server.stop()
    asked = sum(entry.path.endswith("/chat/completions") for entry in server.log)
    assert asked >= 10 * days, f"{asked} questions in {days} days"
    assert 0 < most <= CAP * NANO
    decided = scene.records.last_sequence
    size = sum(path.stat().st_size for path in folder.glob("decisions.sqlite*"))
    assert size < 1_000_000 + decided * MOST_A_DECISION
    assert max(sizes[len(sizes) // 2 :]) - sizes[len(sizes) // 2 - 1] < MOST_GROWTH, sizes


def test_a_day_costs_what_it_may_and_leaves_nothing_open(tmp_path: Path) -> None:
    lived(tmp_path, 2)


@pytest.mark.long
def test_a_week_leaves_no_more_behind_than_a_day(tmp_path: Path) -> None:
    lived(tmp_path, 7)
