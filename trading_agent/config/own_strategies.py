"""A person's own strategies: each file of a folder is loaded, looked over, and made once."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

from trading_agent.config.own_files import (
    Draft,
    Faulty,
    Trade,
    accident,
    check_name,
    check_parameters,
    check_shapes,
    load_folder,
)
from trading_agent.config.wording import meant
from trading_agent.domain.errors import ConfigError
from trading_agent.market.candles import TIMEFRAME_NAMES
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.strategies.standard import STANDARD, read_values
from trading_agent.strategies.strategy import Need, Refresh, Requirements, Strategy

_TRADE: Final = Trade(
    "strategy",
    "strategies.folder",
    ("requires", "propose"),
    "write one class with name, parameters, requires and propose; flash-trading new-strategy NAME"
    " writes one to begin with",
)
_LONGEST_REFRESH: Final = 86_400
"""Seconds, or basis points."""
_SHAPES: Final = (("__init__", 2, "(self, values)"), ("propose", 2, "(self, view)"))


def load_own_strategies(folder: Path, catalogue: Catalogue) -> dict[str, type[Strategy]]:
    """Strategies by name; see `load_folder`. `catalogue`: the indicators they may need."""
    found = load_folder(folder, _TRADE, partial(_looked_over, catalogue))
    return {strategy.name: strategy for strategy in found}


def _looked_over(catalogue: Catalogue, draft: Draft, taken: dict[str, Path]) -> type[Strategy]:
    check_name(draft, _TRADE, STANDARD, taken)
    check_parameters(draft)
    check_shapes(draft, _TRADE, _SHAPES)
    _check_made(draft, catalogue)
    strategy: type[Strategy] = draft.written
    return strategy


def _check_made(draft: Draft, catalogue: Catalogue) -> None:
    """Made with its defaults, and asked for what it requires."""
    try:
        required = draft.written(read_values(draft.written, {})).requires
    # Anything can happen in a person's code: all of it is theirs to mend.
    except (Exception, SystemExit) as error:
        line, text = accident(error, draft.path)
        raise Faulty(line, f"{text}, so that it can be made with its defaults") from error
    if not isinstance(required, Requirements):
        raise draft.fault("requires", ".requires must be a property that returns Requirements")
    for problem in chain(_ill_formed(required), _unmet(required, catalogue)):
        raise draft.fault("requires", f".requires {problem}")


def _ill_formed(required: Any) -> Iterator[str]:
    """Types are only hints to a person's code."""
    if not isinstance(required.leaders, tuple):
        yield 'names leaders otherwise than in a tuple: write leaders=("BTCUSDC",)'
    if not isinstance(required.needs, tuple) or not all(
        isinstance(need, Need) for need in required.needs
    ):
        yield "names needs otherwise than in a tuple of Need: write needs=(Need(…),)"
    if required.refresh is not None and not _is_refresh(required.refresh):
        yield "has no such refresh: write Refresh(5.0, 1.0), seconds and basis points of a move"
    try:
        hash(required)
    except TypeError:
        yield 'holds what can change: write values=(("period", 20),), with tuples alone'


def _is_refresh(given: Any) -> bool:
    if not isinstance(given, Refresh):
        return False
    figures = (given.seconds, given.move_bps)
    known = all(type(each) in (int, float) and 0 <= each <= _LONGEST_REFRESH for each in figures)
    return known and given.seconds > 0


def _unmet(required: Requirements, catalogue: Catalogue) -> Iterator[str]:
    if not required.signals and not required.timeframe and required.refresh is None:
        yield (
            'never has it asked: name a timeframe, as in Requirements(timeframe="1m"), say'
            " signals=True, or say when quotes are due: refresh=Refresh(5.0, 1.0)"
        )
    timeframes = chain([required.timeframe or "1m"], (need.timeframe for need in required.needs))
    there_are = f"there are {', '.join(TIMEFRAME_NAMES)}"
    for timeframe in timeframes:
        if timeframe not in TIMEFRAME_NAMES:
            yield f"names a timeframe {timeframe!r}, which there is not: {there_are}"
    for need in required.needs:
        yield from _unmet_need(need, catalogue)


def _unmet_need(need: Need, catalogue: Catalogue) -> Iterator[str]:
    names = [each.name for each in catalogue]
    if need.indicator not in names:
        near = meant(str(need.indicator), names)
        instead = f"did you mean {near}?" if near else f"there are {', '.join(names)}"
        yield f"needs an indicator {need.indicator!r}, which there is not: {instead}"
        return
    try:
        catalogue.find(need.indicator).read(dict(need.values))
    except (ConfigError, TypeError, ValueError) as error:
        yield f"needs an indicator as it cannot be: {error}"
