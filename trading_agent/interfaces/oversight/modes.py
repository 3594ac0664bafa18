"""How much the overseer may do. Down by itself, up by a person."""

import json
from pathlib import Path
from typing import Final

from msgspec import Struct

from llm_overseer.brief import Mode
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.domain.units import DAY, HOUR, Nanos
from trading_agent.interfaces.oversight.settings import OversightSettings
from trading_agent.runtime.lasting_file import write_lasting

LADDER: Final = (
    Mode.OFF,
    Mode.SHADOW,
    Mode.ADVISE,
    Mode.APPROVE,
    Mode.RULES,
    Mode.AUTO_TIGHTEN,
    Mode.AUTO,
)
"""By their power over the desk: rules apply what they decide, advice and questions do not."""
WITH_MODEL: Final = tuple(mode for mode in LADDER if mode not in (Mode.OFF, Mode.RULES))
_FILE: Final = "mode.json"
_MODE_BITS: Final = 0o600


class Standing(Struct, frozen=True, kw_only=True):
    """The mode in force. `configured`: what the settings said, and of which models, when it was
    chosen; `locked_until`:
    nobody promotes it before, 0 for no lock."""

    mode: Mode
    configured: str
    why: str = ""
    locked_until: Nanos = Nanos(0)


def configured_mode(
    settings: OversightSettings, *, has_provider: bool, simulated: bool = False
) -> Mode:
    """automatic: shadow with a key, what may be seen at work with simulated models, else rules."""
    if settings.mode == "automatic":
        with_provider = Mode.AUTO_TIGHTEN if simulated else Mode.SHADOW
        return with_provider if has_provider else Mode.RULES
    mode = Mode(settings.mode)
    return Mode.RULES if mode in WITH_MODEL and not has_provider else mode


class ModeKeeper:
    """Kept in a small file beside the decisions; one owner, any reader."""

    def __init__(
        self,
        folder: Path,
        settings: OversightSettings,
        *,
        has_provider: bool,
        simulated: bool = False,
    ) -> None:
        self._path = folder / _FILE
        # What was trusted to simulated models was not trusted to real ones.
        self._configured = f"{settings.mode}, simulated" if simulated else settings.mode
        self._lock_days = settings.attribution.lock_days
        self._has_provider = has_provider
        mode = configured_mode(settings, has_provider=has_provider, simulated=simulated)
        self.standing = Standing(mode=mode, configured=self._configured, why="as configured")

    @property
    def mode(self) -> Mode:
        return self.standing.mode

    def open(self) -> None:
        """What was chosen before counts, unless the settings were changed since. Raises
        StorageError."""
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            before = Standing(
                mode=Mode(document["mode"]),
                configured=str(document["configured"]),
                why=str(document["why"]),
                locked_until=Nanos(int(document["locked_until"])),
            )
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{self._path} cannot be read: {error}") from error
        usable = before.mode not in WITH_MODEL or self._has_provider
        if before.configured == self._configured and usable:
            self.standing = before

    def choose(self, mode: Mode, person: str, now: Nanos) -> None:
        """A person's. Raises CommandError when it cannot be yet, and StorageError."""
        standing = self.standing
        if mode in WITH_MODEL and not self._has_provider:
            raise CommandError(
                f"{mode.value} needs a provider: set OPENROUTER_API_KEY, or overseer.provider to "
                "offline for a simulated one, and overseer.mode to automatic; without there are "
                "off and rules"
            )
        if _rank(mode) > _rank(standing.mode) and now < standing.locked_until:
            hours = (standing.locked_until - now) // HOUR + 1
            raise CommandError(f"it was demoted ({standing.why}); locked for {hours} h more")
        self._keep(Standing(mode=mode, configured=self._configured, why=f"chosen by {person}"))

    def demote(self, why: str, now: Nanos) -> Mode:
        """One down, the same kind of decider: a model is not replaced by rules, which were not
        weighed. Rules, and a model in shadow, which could only cost more, are off then. The mode
        that holds now. Raises StorageError."""
        lower = _below(self.mode)
        until = Nanos(now + self._lock_days * DAY)
        self._keep(Standing(mode=lower, configured=self._configured, why=why, locked_until=until))
        return lower

    def _keep(self, standing: Standing) -> None:
        self.standing = standing
        document = {
            "mode": standing.mode.value,
            "configured": standing.configured,
            "why": standing.why,
            "locked_until": standing.locked_until,
        }
        try:
            write_lasting(self._path, json.dumps(document) + "\n", _MODE_BITS)
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}") from error


def _below(mode: Mode) -> Mode:
    if mode not in WITH_MODEL:
        return Mode.OFF
    kin = (Mode.OFF, *WITH_MODEL)
    return kin[kin.index(mode) - 1]


def _rank(mode: Mode) -> int:
    return LADDER.index(mode)
