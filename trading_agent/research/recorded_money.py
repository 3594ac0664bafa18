"""Which money a recording is traded with. Amounts in a configuration are of the desk's own money; a
pair that is quoted in another asset is given as much of that as is worth one usual print."""

from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeVar

import numpy as np
from msgspec import Struct

from trading_agent.domain.market_rows import Rows
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.signals.settings import ExecutionOverrides, ExecutionParameters

DOLLARS: Final = frozenset(
    {"USD", "USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD1", "USDE", "DAI", "USDP"}
)
"""Assets that are one another's worth, near enough for an order's size."""
MOST: Final = 1_000_000.0
"""What the configuration allows for an entry, in whatever asset."""
_AMOUNTS: Final = (
    *("max_order_notional", "max_position_notional"),
    *("max_exposure", "max_cluster_exposure"),
)
"""Limits that are money."""
_ZERO: Final = Decimal(0)

_Entries = TypeVar("_Entries", ExecutionParameters, ExecutionOverrides)


class RecordedMoney(Struct, frozen=True, kw_only=True):
    """`settings`: with amounts in the recording's quote asset. `stated`: what was taken for a
    person's word, empty where the configuration holds as it is."""

    settings: EngineSettings
    stated: str = ""

    @property
    def notional(self) -> float:
        """Of one entry."""
        return self.settings.plan.execution.order_notional


def money_of(tape: RecordedTape, settings: EngineSettings, notional: float | None) -> RecordedMoney:
    """`notional`: of one entry, in the quote asset of the recording; None where nobody says."""
    own = settings.portfolio.quote
    asset = tape.instrument.quote or own
    configured = settings.plan.execution.order_notional
    if asset == own or {asset, own} <= DOLLARS:
        entries = settings if notional is None else _entries(settings, notional / configured)
        return RecordedMoney(settings=entries)
    worth, why = (notional, "as asked for") if notional is not None else _usual(tape)
    factor = worth / configured
    return RecordedMoney(
        settings=_account(_entries(settings, factor), factor, asset),
        stated=f"paid for in {asset}, while the configuration counts in {own}: an entry "
        f"is worth {worth:.4g} {asset}, {why}, and the account and its limits are in proportion",
    )


def _usual(tape: RecordedTape) -> tuple[float, str]:
    """What many others trade fits any book."""
    if len(tape.prints):
        return _middle(tape, tape.prints), "the recording's middle print (--notional sets it)"
    levels = tape.depth[tape.depth["size"] > 0]
    return _middle(tape, levels), "the recording's middle level (--notional sets it)"


def _middle(tape: RecordedTape, rows: Rows) -> float:
    instrument = tape.instrument
    unit = 10.0 ** -(instrument.price_decimals + instrument.size_decimals)
    worth = float(np.median(rows["price"].astype(np.float64) * rows["size"])) * unit
    return min(worth, MOST)


def _entries(settings: EngineSettings, factor: float) -> EngineSettings:
    plan = settings.plan
    sessions = {
        name: session.model_copy(update={"execution": _times(session.execution, factor)})
        for name, session in plan.sessions.items()
    }
    execution = _times(plan.execution, factor)
    plan = plan.model_copy(update={"execution": execution, "sessions": sessions})
    return replace(settings, plan=plan)


def _times(entries: _Entries, factor: float) -> _Entries:
    if entries.order_notional is None:
        return entries
    worth = min(entries.order_notional * factor, MOST)
    return entries.model_copy(update={"order_notional": worth})


def _account(settings: EngineSettings, factor: float, asset: str) -> EngineSettings:
    exact = Decimal(repr(factor))
    limits = {name: getattr(settings.limits, name) * exact for name in _AMOUNTS}
    anomalies = settings.enhanced.anomalies
    anomalies = anomalies.model_copy(update={"least_volume": anomalies.least_volume * factor})
    own = settings.portfolio
    cash = own.starting_balances.get(own.quote, _ZERO) * exact
    return replace(
        settings,
        limits=settings.limits.model_copy(update=limits),
        portfolio=PortfolioSettings(starting_balances={asset: cash}, quote=asset),
        enhanced=settings.enhanced.model_copy(update={"anomalies": anomalies}),
    )
