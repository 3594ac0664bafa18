"""A deterministic desk with an overseer that looks at it, without threads."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llm_overseer.main import LLMOverseer
from llm_overseer.records import DecisionRecords
from tests.builders import a_core, an_opening
from tests.fakes import ManualClock
from tests.properties.test_core_chunks import busy_settings
from tests.random_market import PAIRS
from trading_agent.domain.commands import Command
from trading_agent.domain.facts import Fact
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.doors.beside import CoreBeside
from trading_agent.doors.oversight import limits_of
from trading_agent.engine.core import Core
from trading_agent.engine.settings import OverlayBounds
from trading_agent.interfaces.oversight.arena import Arena
from trading_agent.interfaces.oversight.library import (
    RECORDS_NAME,
    bounded,
    charges_of,
    open_library,
)
from trading_agent.interfaces.oversight.outcomes import OutcomeStore
from trading_agent.interfaces.oversight.parts import OversightParts
from trading_agent.interfaces.oversight.service import Oversight
from trading_agent.interfaces.oversight.settings import (
    AttributionSettings,
    CadenceSettings,
    DetectorSettings,
    OversightSettings,
)
from trading_agent.interfaces.oversight.verdict_of_trials import OUTCOMES_NAME
from trading_agent.runtime.offer import Offer
from trading_agent.runtime.oversight_ports import BesideCore, Provider
from trading_agent.runtime.ports import RecorderPort
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule

BOUNDS = OverlayBounds(least_ttl_seconds=1)


def new_core() -> Core:
    return a_core(busy_settings("IOC"), an_opening(*PAIRS))


class CoreDesk:
    """`runtime.door_ports.DeskPort` over a core that is stepped by hand. Commands wait for the
    next input, as they do in an inbox."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.core = new_core()
        self.facts: list[Fact] = list(self.core.open())
        self.tap: RecorderPort | None = None
        self.heard: list[Command] = []
        self._commands: list[Command] = []
        self._listeners: list[Subscription] = []
        self._inputs = 0

    def submit(self, command: Command) -> None:
        self.heard.append(command)
        self._commands.append(command)

    def snapshot(self) -> DeskSnapshot:
        return self.core.snapshot(self.clock.now())

    def subscribe(self, rule: SubscriptionRule) -> Subscription:
        subscription = Subscription(rule, rule.capacity or 1_000)
        self._listeners.append(subscription)
        return subscription

    def feed(self, rows: Rows) -> None:
        self.clock.set(int(rows["at"][0]))
        self.flush()
        self.step(MarketRows(rows))

    def flush(self) -> None:
        commands, self._commands = self._commands, []
        for command in commands:
            self.step(command)

    def step(self, body: Any) -> None:
        self._inputs += 1
        stamped = Stamped(self._inputs, self.clock.now(), body)
        if self.tap is not None:
            self.tap.put(stamped)
        told = self.core.step(stamped)
        self.facts += told
        published = [Published(1, fact) for fact in told]
        for listener in self._listeners:
            listener.offer(published)

    def of(self, kind: type[Any]) -> list[Any]:
        return [fact for fact in self.facts if isinstance(fact, kind)]


def arena(folder: Path, **changes: Any) -> Arena:
    def opening() -> tuple[BesideCore, tuple[Fact, ...]]:
        core = new_core()
        return CoreBeside(core), core.open()

    settings = AttributionSettings(**{"settle_minutes": 0, "most_waiting": 10**6, **changes})
    store = OutcomeStore(folder / OUTCOMES_NAME, "USDC", settings)
    made = Arena(settings, opening, store, lambda: charges_of(folder))
    made.start_now()
    return made


def settings(**changes: Any) -> OversightSettings:
    """Nervous: on a market of half a minute everything is a reason."""
    plain: dict[str, Any] = {
        "mode": "rules",
        "detectors": DetectorSettings(
            learn_minutes=1,
            window_minutes=10,
            stress_percentile=60.0,
            stress_seconds=0,
            calm_seconds=2,
            losing_streak=2,
        ),
        "cadence": CadenceSettings(
            look_seconds=0.05,
            coalesce_seconds=0.0,
            stress_minutes=0,
            losses_minutes=0,
            regime_minutes=0,
            heartbeat_minutes=0,
        ),
        "attribution": AttributionSettings(hold_out=0.0),
    }
    return OversightSettings(**(plain | changes))


class Scene:
    """Everything together; `go` feeds the desk and lets the overseer look now and then."""

    def __init__(
        self,
        folder: Path,
        overseer: OversightSettings,
        *,
        provider: Provider | None = None,
        beside: Arena | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = ManualClock()
        self.desk = CoreDesk(self.clock)
        self.desk.tap = beside
        self.told: list[str] = []
        self.offered: list[Offer] = []
        self.parts = OversightParts(
            settings=overseer,
            limits=limits_of(BOUNDS),
            desk=self.desk,
            folder=folder,
            clock=self.clock,
            has_provider=provider is not None,
            simulated=provider is not None and provider.simulated,
            provider=lambda: provider,
            trials=beside,
            say=self.told.append,
            tell=self._hear,
        )
        self.records = DecisionRecords(folder / RECORDS_NAME)
        library = bounded(overseer.library, self.parts.limits)
        self.library: LLMOverseer = open_library(library, provider, folder, self.records)
        self.library.start()

    def _hear(self, words: str, *, rings: bool = False, offers: tuple[Offer, ...] = ()) -> None:
        self.told.append(words)
        self.offered += offers

    async def go(self, messages: Iterable[Rows], every: int = 20) -> None:
        self.service = Oversight(self.parts, self.library, self.records)
        for number, rows in enumerate(messages):
            self.desk.feed(rows)
            if number % every == 0:
                await self.look()
        await self.look()

    async def look(self) -> None:
        self.service.look()
        for _ in range(4):
            await asyncio.sleep(0)

    async def close(self) -> None:
        await self.service.close()
        await self.library.close()
