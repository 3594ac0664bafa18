"""From files and environment to one configuration, before anything else is touched."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path, PurePath

from pydantic import SecretStr

from trading_agent.config.allowed import Allowed
from trading_agent.config.consistency import conflicts
from trading_agent.config.environment import overlay_environment
from trading_agent.config.files import read_file
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.places import Node, Place, Problem, overlaid
from trading_agent.config.validation import validated
from trading_agent.config.wording import report
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.settings import StrategySettings


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """`config.data_directory` is absolute. `sources` are the files and variables, in the order
    in which they had their say."""

    config: FlashTradingConfig
    digest: str
    sources: tuple[str, ...]


def load(
    config_path: Path, overlays: Sequence[Path], environment: Mapping[str, str]
) -> LoadedConfig:
    """The base file, the overlays in order, then the environment.

    Raises ConfigError with one line for each thing that is wrong, in all sources at once.
    """
    allowed = _allowed()
    tree, problems = _files((config_path, *overlays))
    tree, variables, wrong = overlay_environment(tree, environment, allowed)
    problems += wrong
    sources = (*dict.fromkeys(str(path) for path in (config_path, *overlays)), *variables)
    config, wrong = validated(tree, allowed, partial=bool(problems))
    problems += wrong
    if config is not None and not problems:
        problems += [
            Problem(tree.nearest(path)[1].place, path, text) for path, text in conflicts(config)
        ]
    if config is None or problems:
        raise ConfigError(report(problems, sources))
    return LoadedConfig(_placed(config, config_path), digest(config), sources)


@cache
def _allowed() -> Allowed:
    return Allowed(FlashTradingConfig.model_json_schema())


def digest(config: FlashTradingConfig) -> str:
    """SHA-256 of the settings; equal for equal settings however they were written.

    Directories are left out: where a run is kept does not change what it does.
    """
    settings = config.model_dump(
        exclude={"data_directory": True, "strategies": {"folder"}, "timeframes": {"folder"}}
    )
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), default=_canonical)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, SecretStr):
        return str(value)
    raise TypeError(f"a setting of kind {type(value).__name__} has no canonical form")


def _files(paths: Sequence[Path]) -> tuple[Node, list[Problem]]:
    tree = Node({}, Place(str(paths[0])))
    problems: list[Problem] = []
    for path in paths:
        read, wrong = read_file(path)
        problems += wrong
        if read is not None:
            tree = overlaid(tree, read)
    return tree, problems


def _placed(config: FlashTradingConfig, config_path: Path) -> FlashTradingConfig:
    folder = config_path.resolve().parent
    directory = (folder / config.data_directory.expanduser()).resolve()
    placed: dict[str, object] = {"data_directory": directory}
    for room in ("strategies", "timeframes"):
        settings: StrategySettings | TimeframeSettings = getattr(config, room)
        if settings.folder is not None:
            place = str((folder / settings.folder).resolve())
            placed[room] = settings.model_copy(update={"folder": place})
    return config.model_copy(update=placed)
