"""How often the overseer would have been asked on a recorded day, and what that would cost.

The desk runs over the recording by the exchange's own time, with rules deciding instead of models:
what is a reason to ask does not depend on who answers. Nothing is asked of anybody.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from llm_overseer.brief import Brief
from llm_overseer.core.tiers import Tier, first_tier
from llm_overseer.estimate import Spend, estimate
from llm_overseer.records import DecisionRecords
from llm_overseer.settings import OverseerSettings
from trading_agent.config.engine_parts import engine_settings, own_parts
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.domain.commands import Command
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowFlag, Rows
from trading_agent.domain.message import Input, MarketRows, Stamped
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import HOUR, SECOND, Nanos
from trading_agent.doors.oversight import limits_of
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.interfaces.oversight.library import RECORDS_NAME, bounded, open_library
from trading_agent.interfaces.oversight.parts import OversightParts
from trading_agent.interfaces.oversight.service import Oversight
from trading_agent.interfaces.oversight.settings import OversightSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.strategy_trials import Fees, Stage, opening_of, stage_of
from trading_agent.runtime.offer import Offer
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule

_LOOK: Final = 5 * SECOND
_UNREAD: Final = 100_000
_DAY_HOURS: Final = 24.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverseerDay:
    """`asked`: reasons by kind; `spend`: of twenty-four hours with as many reasons an hour."""

    symbol: str
    hours: float
    asked: dict[str, int]
    spend: Spend


class RecordedClock:
    """`runtime.clock.Clock` by a recording's time."""

    def __init__(self, at: Nanos) -> None:
        self._at = at

    def now(self) -> Nanos:
        return self._at

    def monotonic(self) -> int:
        return self._at

    def reach(self, at: Nanos) -> None:
        self._at = max(self._at, at)


class RecordedDesk:
    """`runtime.door_ports.DeskPort` over a recording. One thread; what is submitted is done before
    the next message."""

    def __init__(self, core: Core, clock: RecordedClock) -> None:
        self._core = core
        self._clock = clock
        self._commands: list[Command] = []
        self._listeners: list[Subscription] = []
        self._inputs = 0
        core.open()

    def submit(self, command: Command) -> None:
        self._commands.append(command)

    def snapshot(self) -> DeskSnapshot:
        return self._core.snapshot(self._clock.now())

    def subscribe(self, rule: SubscriptionRule) -> Subscription:
        subscription = Subscription(rule, _UNREAD)
        self._listeners.append(subscription)
        return subscription

    def feed(self, rows: Rows) -> None:
        self._clock.reach(Nanos(int(rows["at"][0])))
        commands, self._commands = self._commands, []
        for command in commands:
            self._step(command)
        self._step(MarketRows(rows))

    def _step(self, body: Input) -> None:
        self._inputs += 1
        told = self._core.step(Stamped(self._inputs, self._clock.now(), body))
        published = [Published(self._inputs, fact) for fact in told]
        for listener in self._listeners:
            listener.offer(published)


def overseer_day(config: FlashTradingConfig, tape: RecordedTape, say: Say) -> OverseerDay:
    """Raises ConfigError for a recording that is too short to tell."""
    stage = stage_of(
        (tape,), _settings(config, tape), _no_fees, own_parts(engine_settings(config)), 1
    )
    hours = float(stage.rows["at"][-1] - stage.rows["at"][0]) / HOUR
    if hours < 1.0:
        raise ConfigError(f"{tape.symbol}: {hours * 60:.0f} minutes tell nothing of a day")
    settings = config.overseer.model_copy(update={"mode": "rules", "pace": "configured"})
    clock = RecordedClock(Nanos(int(stage.rows["at"][0])))
    desk = RecordedDesk(_core(stage), clock)
    with TemporaryDirectory() as name:
        folder = Path(name)
        parts = OversightParts(
            settings=settings,
            limits=limits_of(config.overlays),
            desk=desk,
            folder=folder,
            clock=clock,
            has_provider=False,
            simulated=False,
            provider=lambda: None,
            trials=None,
            say=say,
            tell=_tell_nobody,
        )
        briefs, sample = asyncio.run(_lived(parts, desk, stage.rows))
    asked = Counter(brief.trigger.kind.value for brief in briefs)
    a_day = _DAY_HOURS / hours
    tiers = Counter(first_tier(brief) for brief in briefs)
    counts: dict[Tier, float] = {tier: count * a_day for tier, count in tiers.items()}
    spend = estimate(_library(settings, parts), sample, counts)
    return OverseerDay(symbol=tape.symbol, hours=hours, asked=dict(asked), spend=spend)


def day_in_words(day: OverseerDay) -> str:
    reasons = ", ".join(f"{count} {kind}" for kind, count in sorted(day.asked.items()))
    head = f"{day.symbol}, {day.hours:.1f} h: {reasons or 'no reason to ask'}"
    tiers = (
        f"  tier {int(each.tier)}: {each.reviews:.1f} a day, {each.prompt_tokens:,} tokens asked "
        f"and {each.answer_tokens:,} answered, ${each.usd_review:.4f} each, "
        f"${each.usd_day:.3f} a day"
        for each in day.spend.tiers
    )
    known = "" if day.spend.by_list else ", at the highest prices that are allowed"
    return "\n".join((head, *tiers, f"  together ${day.spend.usd_day:.2f} a day{known}"))


async def _lived(
    parts: OversightParts, desk: RecordedDesk, rows: Rows
) -> tuple[list[Brief], Brief]:
    """All briefs that were decided about, and that of the end."""
    records = DecisionRecords(parts.folder / RECORDS_NAME)
    library = open_library(_library(parts.settings, parts), None, parts.folder, records)
    library.start()
    try:
        service = Oversight(parts, library, records)
        looked = 0
        for message in _messages(rows):
            desk.feed(message)
            if (at := int(message["at"][0])) - looked >= _LOOK:
                looked = at
                service.look()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        briefs = [record.brief for record in records.latest(10_000)]
        sample = service.brief()
        await service.close()
        return briefs, sample
    finally:
        await library.close()


def _library(settings: OversightSettings, parts: OversightParts) -> OverseerSettings:
    return bounded(settings.library, parts.limits)


def _messages(rows: Rows) -> Iterator[Rows]:
    first = 0
    for end in (np.flatnonzero(rows["flags"] & RowFlag.LAST) + 1).tolist():
        yield rows[first:end]
        first = end


def _settings(config: FlashTradingConfig, tape: RecordedTape) -> EngineSettings:
    """A recording of another exchange is paid for with the money there is."""
    settings = engine_settings(config)
    quote = tape.instrument.quote or settings.portfolio.quote
    cash = settings.portfolio.starting_balances
    amount = cash.get(quote, cash.get(settings.portfolio.quote, Decimal(0)))
    portfolio = PortfolioSettings(starting_balances={quote: amount}, quote=quote)
    return replace(settings, portfolio=portfolio)


def _tell_nobody(_words: str, /, *, rings: bool = False, offers: tuple[Offer, ...] = ()) -> None:
    """Nobody lives in a recording."""


def _no_fees(_instrument: Instrument) -> Fees:
    return Fees(taker_bps=0.0, maker_bps=0.0)


def _core(stage: Stage) -> Core:
    return assemble(stage.settings, opening_of(stage), batch=False, own=stage.own)
