"""A desk for the overseer's tests: briefs, settings for simulated models, and a library wired to an
offline provider over a real socket."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from llm_overseer.brief import (
    Brief,
    Detector,
    Figure,
    Light,
    Mode,
    ParameterState,
    Presets,
    Rank,
    Section,
    Series,
    Severity,
    Trigger,
    TriggerKind,
    Unit,
    Word,
)
from llm_overseer.core.budget import Budget
from llm_overseer.core.openrouter import OpenRouterTransport
from llm_overseer.core.transport import Transport
from llm_overseer.main import LLMOverseer
from llm_overseer.records import DecisionRecords
from llm_overseer.settings import BudgetSettings, MostPrice, OverseerSettings, TierSettings
from tests.fakes import ManualClock
from trading_agent.offline_openrouter.chat import Author
from trading_agent.offline_openrouter.server import OfflineOpenRouter
from trading_agent.offline_openrouter.settings import OfflineOpenRouterSettings
from trading_agent.offline_openrouter.simulated_model import simulated_answer

NOW = 1_790_000_000 * 10**9
MINUTE = 60 * 10**9
KEY = "sk-or-v1-only-for-tests-0123456789"


def tier(*models: str, deadline: float = 2.0, **changes: Any) -> TierSettings:
    return TierSettings(
        **{
            "models": models,
            "context_tokens": 12_000,
            "max_completion_tokens": 600,
            "deadline_seconds": deadline,
            "effort": "none",
            "max_price": MostPrice(prompt=Decimal(10), completion=Decimal(50)),
            "calls_per_hour": 1_000,
            **changes,
        }
    )


def overseer_settings(*, deadline: float = 2.0, second: bool = False, **changes: Any) -> Any:
    """Every tier with a simulated model, money for hundreds of calls."""
    return OverseerSettings(
        **{
            "tier_1": tier("simulated/swift", deadline=deadline),
            "tier_2": tier("simulated/steady", deadline=deadline),
            "tier_3": tier(
                "simulated/deep",
                deadline=deadline,
                second=("simulated/second",) if second else (),
            ),
            "budget": BudgetSettings(
                usd_day=Decimal(100), usd_hour=Decimal(100), usd_call=Decimal(1), tokens_day=10**9
            ),
            **changes,
        }
    )


KINDS = {
    1: Trigger(TriggerKind.HEARTBEAT, Severity.ROUTINE),
    2: Trigger(TriggerKind.STRESS, Severity.ELEVATED),
    3: Trigger(TriggerKind.DRAWDOWN_SOFT, Severity.CRITICAL),
}
"""A trigger that each tier answers."""


def brief(number: int = 2, **changes: Any) -> Brief:
    """`number`: the tier that answers it."""
    parts: dict[str, Any] = {
        "at": NOW,
        "trigger": KINDS[number],
        "mode": Mode.AUTO_TIGHTEN,
        "baseline_hash": "base01",
        "symbols": ("BTCUSDC", "ETHUSDC"),
        "detectors": (
            Detector("d.vol.BTCUSDC", Light.AMBER, "BTCUSDC"),
            Detector("d.drawdown", Light.GREEN),
        ),
        "sections": (
            Section(
                rank=Rank.LIMITS,
                name="desk",
                figures=(
                    Figure("a.drawdown_pct", Unit.PERCENT, Decimal("1.234")),
                    Figure("a.exposure", Unit.RATIO, Decimal("0.4")),
                ),
                words=(Word("a.session", "europe"),),
            ),
            market("BTCUSDC", held=True, volume_rank=1),
            market("ETHUSDC", volume_rank=2),
        ),
        "parameters": (
            ParameterState(
                name="risk_mult",
                scope="portfolio",
                baseline=Decimal(1),
                current=Decimal(1),
            ),
            ParameterState(
                name="entry_threshold",
                scope="portfolio",
                baseline=Decimal(1),
                current=Decimal(1),
            ),
        ),
        "presets": Presets("balanced", "balanced", ("conservative", "balanced", "aggressive")),
    }
    return Brief(**{**parts, **changes})


def market(symbol: str, *, held: bool = False, volume_rank: int = 1) -> Section:
    return Section(
        rank=Rank.MARKET,
        name=f"m.{symbol}",
        symbol=symbol,
        held=held,
        volume_rank=volume_rank,
        figures=(
            Figure(f"m.{symbol}.price", Unit.PRICE, Decimal("61234.5678")),
            Figure(f"m.{symbol}.vol15_pct", Unit.PERCENT, Decimal("97.3")),
            Figure(f"m.{symbol}.depth", Unit.RATIO, None, stale_s=45),
        ),
        words=(Word(f"m.{symbol}.regime", "high_volatility"),),
        series=(Series(f"m.{symbol}.ret15m", Unit.PERCENT, (Decimal("0.1"), Decimal("-0.25"))),),
    )


@contextmanager
def offline(
    *, author: Author = simulated_answer, now: int = NOW, **settings: Any
) -> Iterator[OfflineOpenRouter]:
    server = OfflineOpenRouter(
        OfflineOpenRouterSettings(**{"answer_seconds": 0.0, **settings}),
        clock=ManualClock(now),
        author=author,
    )
    server.start()
    try:
        yield server
    finally:
        assert server.stop()


def transport_to(server: OfflineOpenRouter) -> OpenRouterTransport:
    return OpenRouterTransport(server.base_url, KEY, time.perf_counter)


async def no_pause(_seconds: float) -> None:
    """Retries do not wait in tests; the time is counted all the same."""


def unsynced(path: Path) -> sqlite3.Connection:
    """Nobody pulls the plug in these tests, and waiting for the disk would be most of them."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def overseer(
    folder: Path, transport: Transport | None, settings: OverseerSettings, **more: Any
) -> LLMOverseer:
    built = LLMOverseer(
        settings,
        transport=transport,
        budget=Budget(folder / "budget.db", settings.budget, unsynced),
        records=DecisionRecords(folder / "decisions.db", unsynced),
        pause=no_pause,
        **more,
    )
    built.start()
    return built
