"""The configuration in words, for a door: `runtime.door_ports.SettingsPort`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.loading import LoadedConfig
from trading_agent.config.wording import meant
from trading_agent.domain.errors import CommandError

CHIEF: Final = (
    "venue",
    "symbols",
    "portfolio.starting_balances",
    "risk.max_order_notional",
    "risk.max_open_positions",
    "risk.max_exposure",
    "paper.queue_model",
    "paper.latency_ms",
    "enhanced.enabled",
    "data_directory",
)
_LONGEST: Final = 200


class SettingsWords:
    """`load_again`: reads the same files and variables as the start did."""

    def __init__(self, loaded: LoadedConfig, load_again: Callable[[], LoadedConfig]) -> None:
        self._loaded = loaded
        self._load_again = load_again

    def describe(self, key: str) -> tuple[tuple[str, str], ...]:
        """Of a slice, everything below it. CommandError for a key that is none."""
        every = flat(self._loaded.config)
        if not key:
            return tuple((name, every[name]) for name in CHIEF if name in every)
        inside = tuple(
            (name, value)
            for name, value in every.items()
            if name == key or name.startswith(f"{key}.")
        )
        if not inside:
            raise CommandError(f"there is no setting {key}{_near(key, every)}")
        return inside

    def reload(self) -> tuple[str, ...]:
        """ConfigError for faulty files. A run keeps to what it began with, or it could not be
        replayed: what has changed is for the next start."""
        before, after = flat(self._loaded.config), flat(self._load_again().config)
        changed = [
            f"{name}: {before.get(name, 'not set')} → {after.get(name, 'not set')}"
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name)
        ]
        if not changed:
            return ("the files are sound and say what this run began with",)
        return ("from the next start on:", *changed)


def flat(config: FlashTradingConfig) -> dict[str, str]:
    """Every setting by its dotted name; what is secret shows as stars."""
    return dict(_leaves("", config.model_dump()))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), inner)
    else:
        yield name, _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        words = ", ".join(_plain(each) for each in value)
    else:
        words = f"{value:g}" if isinstance(value, float) else str(value)
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _near(key: str, every: Mapping[str, str]) -> str:
    last = next((name for name in every if name.rsplit(".", 1)[-1] == key), None)
    near = meant(key, every) or last
    return f"; did you mean {near}?" if near else ""
