"""The desks beside the desk, made of the same engine, and the tap that feeds them."""

import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.doors.oversight import OVERSEER_FOLDER
from trading_agent.doors.twin import twin_of
from trading_agent.engine.core import Core
from trading_agent.interfaces.oversight.arena import Arena
from trading_agent.interfaces.oversight.library import charges_of
from trading_agent.interfaces.oversight.outcomes import OutcomeStore
from trading_agent.interfaces.oversight.settings import OversightSettings
from trading_agent.interfaces.oversight.verdict_of_trials import OUTCOMES_NAME
from trading_agent.runtime.oversight_ports import BesideCore
from trading_agent.runtime.ports import RecorderPort


class CoreBeside:
    """`runtime.oversight_ports.BesideCore`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def step(self, stamped: Stamped) -> tuple[Fact, ...]:
        return self._core.step(stamped)

    def copy(self) -> "CoreBeside":
        try:
            return CoreBeside(twin_of(self._core))
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise ValueError(f"a strategy holds what cannot be copied: {error}") from error

    @property
    def equity(self) -> Decimal:
        return self._core.equity

    @property
    def fees(self) -> Decimal:
        return self._core.account.tally.fees


def arena_of(
    overseer: OversightSettings, quote: str, assemble: Callable[[], Core], directory: Path
) -> Arena | None:
    """None where nobody measures. `assemble`: a core as that of the run was made, called on the
    arena's thread."""
    if overseer.mode == "off" or not overseer.attribution.enabled:
        return None

    def opening() -> tuple[BesideCore, tuple[Fact, ...]]:
        core = assemble()
        facts = core.open()
        return CoreBeside(core), facts

    folder = directory / OVERSEER_FOLDER
    store = OutcomeStore(folder / OUTCOMES_NAME, quote, overseer.attribution)
    return Arena(overseer.attribution, opening, store, lambda: charges_of(folder))


class Taps:
    """Several who hear every input before the core does."""

    def __init__(self, *taps: RecorderPort) -> None:
        self._taps = taps

    def put(self, stamped: Stamped) -> None:
        for tap in self._taps:
            tap.put(stamped)


def tapped(*taps: RecorderPort | None) -> RecorderPort | None:
    """Those that are there; None for nobody."""
    there = [tap for tap in taps if tap is not None]
    return there[0] if len(there) == 1 else Taps(*there) if there else None
