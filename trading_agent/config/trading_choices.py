"""Strategies and indicators that are named in the configuration: whether there are such."""

from collections.abc import Iterable, Iterator

from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.places import Conflict, Path
from trading_agent.config.wording import meant
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.catalogue import STANDARD as STANDARD_INDICATORS
from trading_agent.signals.sessions import OFF_HOURS
from trading_agent.signals.timeframe_settings import IndicatorChoice
from trading_agent.strategies.roster import missing_leaders
from trading_agent.strategies.settings import ActiveStrategy
from trading_agent.strategies.standard import STANDARD, make


def choice_conflicts(config: FlashTradingConfig) -> Iterator[Conflict]:
    """Each at the setting a person would change. A person's own strategies and indicators are
    looked at when their folders are loaded."""
    names: set[str] = set()
    for place, active in enumerate(config.strategies.active):
        path: Path = ("strategies", "active", place)
        if active.name in names:
            yield (*path, "name"), f"{active.name} is given twice"
        names.add(active.name)
        yield from _of_strategy(path, active, config)
    yield from _of_session_weights(config, names)
    for place, choice in enumerate(config.timeframes.indicators):
        if choice.name in STANDARD_INDICATORS or config.timeframes.folder is None:
            yield from _of_indicator(("timeframes", "indicators", place), choice)


def _of_session_weights(config: FlashTradingConfig, names: set[str]) -> Iterator[Conflict]:
    path: Path = ("strategies", "session_weights")
    sessions = (*config.trading.sessions, OFF_HOURS)
    for session, weights in config.strategies.session_weights.items():
        if session not in sessions:
            yield (*path, session), f"there is no session {session}{_hint(session, sessions)}"
        for name in weights:
            if name not in names:
                yield (*path, session, name), f"{name} is not active{_hint(name, names)}"


def _of_indicator(path: Path, choice: IndicatorChoice) -> Iterator[Conflict]:
    indicator = STANDARD_INDICATORS.get(choice.name)
    if indicator is None:
        hint = _hint(choice.name, STANDARD_INDICATORS)
        yield (*path, "name"), f"there is no indicator {choice.name}{hint}"
        return
    try:
        indicator.read(choice.parameters)
    except ConfigError as error:
        known = [parameter.name for parameter in indicator.parameters]
        unknown = next((name for name in choice.parameters if name not in known), "")
        yield (*path, "parameters"), f"{error}{_hint(unknown, known)}"


def _hint(word: str, choices: Iterable[str]) -> str:
    near = meant(word, choices)
    return f"; did you mean {near}?" if near else ""


def _of_strategy(
    path: Path, active: ActiveStrategy, config: FlashTradingConfig
) -> Iterator[Conflict]:
    for place, symbol in enumerate(active.symbols):
        if symbol not in config.symbols:
            yield (*path, "symbols", place), f"{symbol} is not among the symbols of the run"
    if active.name not in STANDARD and config.strategies.folder is not None:
        return
    try:
        strategy = make(active.name, active.parameters, {})
    except ConfigError as error:
        place_of = "parameters" if active.name in STANDARD else "name"
        yield (*path, place_of), str(error)
        return
    if words := missing_leaders(strategy, config.symbols):
        yield (*path, "name"), words
