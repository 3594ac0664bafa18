"""The library as this desk uses it: bounds no wider than the desk's, and models of its provider."""

import sqlite3
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llm_overseer.settings import OverseerSettings, ParameterSettings
from trading_agent.domain.errors import StorageError
from trading_agent.runtime.oversight_ports import OverlayLimits, Provider

if TYPE_CHECKING:
    from llm_overseer.core.budget import Charge
    from llm_overseer.main import LLMOverseer
    from llm_overseer.records import DecisionRecords

RECORDS_NAME: Final = "decisions.sqlite"
BUDGET_NAME: Final = "budget.sqlite"
_MINUTE: Final = 60
_DIGITS: Final = Decimal("0.0001")
_SIMULATED: Final = (
    ("simulated/swift", ""),
    ("simulated/steady", ""),
    ("simulated/deep", "simulated/second"),
)
"""What the offline provider calls its models, by tier, with those of second opinions."""

_SIMULATED_CALLS: Final = 120


def bounded(settings: OverseerSettings, limits: OverlayLimits) -> OverseerSettings:
    """No proposal that the desk would have to refuse."""
    library = settings.limits
    minutes = {
        "tighten_ttl": limits.tighten_seconds,
        "loosen_ttl": limits.loosen_seconds,
        "pause_ttl": limits.pause_seconds,
        "halt_ttl": limits.halt_seconds,
    }
    counts = {
        "active": limits.active,
        "active_per_symbol": limits.active_a_symbol,
        "changes_per_day": limits.changes_a_day,
        "snapshot_seconds": limits.snapshot_seconds,
        "halted_per_day": limits.halted_seconds_a_day // _MINUTE,
    }
    update: dict[str, object] = {
        name: max(1, min(getattr(library, name), seconds // _MINUTE))
        for name, seconds in minutes.items()
    } | {name: min(getattr(library, name), most) for name, most in counts.items()}
    update["presets"] = limits.presets
    alone = Decimal(repr(limits.loosens_percent)) / 100
    update["loosen_auto"] = min(library.loosen_auto, alone)
    update["least_ttl"] = max(library.least_ttl, -(-limits.least_ttl_seconds // _MINUTE))
    ranges = {
        "risk_mult": (limits.least_risk, limits.most_risk),
        "entry_threshold": (limits.least_threshold, limits.most_threshold),
    }
    parameters = {
        name: _within(spec, *ranges[name])
        for name, spec in settings.parameters.items()
        if name in ranges
    }
    return settings.model_copy(
        update={"limits": library.model_copy(update=update), "parameters": parameters}
    )


def _within(spec: ParameterSettings, least: Decimal, most: Decimal) -> ParameterSettings:
    """To the digits that the desk takes."""
    least, most = least.quantize(_DIGITS, ROUND_CEILING), most.quantize(_DIGITS, ROUND_FLOOR)
    low, high = max(spec.overlay[0], least), min(spec.overlay[1], most)
    if low >= high:
        low, high = least, most
    hard = min(spec.hard[0], low), max(spec.hard[1], high)
    return spec.model_copy(update={"overlay": (low, high), "hard": hard})


def simulated(settings: OverseerSettings) -> OverseerSettings:
    """With the models of the offline provider, whose prices nobody pays and who may be asked
    often."""
    tiers = {
        f"tier_{number}": tier.model_copy(
            update={
                "models": (model,),
                "second": (second,) if second and tier.second else (),
                "calls_per_hour": _SIMULATED_CALLS,
            }
        )
        for number, (tier, (model, second)) in enumerate(
            zip(settings.tiers(), _SIMULATED, strict=True), 1
        )
    }
    return settings.model_copy(update=tiers)


def open_records(folder: Path) -> "DecisionRecords":
    """To read them, too, while a run writes. Raises llm_overseer.errors.RecordsDamaged."""
    from llm_overseer.records import DecisionRecords

    records = DecisionRecords(folder / RECORDS_NAME)
    records.open()
    return records


def charges_of(folder: Path) -> "tuple[Charge, ...]":
    """All that asking ever cost there. Raises StorageError."""
    from llm_overseer.core.budget import read_charges

    path = folder / BUDGET_NAME
    try:
        return read_charges(path)
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error


def open_library(
    settings: OverseerSettings,
    provider: Provider | None,
    folder: Path,
    records: "DecisionRecords",
) -> "LLMOverseer":
    """Called on the overseer's thread: what it loads weighs tens of mebibytes where there is a
    provider. `records` are open already."""
    from llm_overseer.core.budget import Budget
    from llm_overseer.main import LLMOverseer

    transport = None
    if provider is not None:
        from llm_overseer.core.messenger import Messenger

        transport = Messenger(provider.base_url, provider.key, title="Flash Trading")
        if provider.simulated:
            settings = simulated(settings)
    return LLMOverseer(
        settings,
        transport=transport,
        budget=Budget(folder / BUDGET_NAME, settings.budget),
        records=records,
    )
