"""A person's own indicators: each file of a folder is loaded, looked over, and tried on candles."""

import math
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from numba.core.registry import CPUDispatcher

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
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.units import MINUTE
from trading_agent.signals.indicators.bars import Bar, Floats
from trading_agent.signals.indicators.catalogue import STANDARD, Catalogue
from trading_agent.signals.indicators.indicator import Indicator, Update

_TRADE: Final = Trade(
    "indicator",
    "timeframes.folder",
    ("memory_size", "warm_up", "update"),
    "write one class with name, parameters, outputs, memory_size, warm_up and update;"
    " flash-trading new-indicator NAME writes one to begin with",
)
_SHAPES: Final = (("memory_size", 2, "(self, values)"), ("warm_up", 2, "(self, values)"))
_UPDATE: Final = "(self, memory, bar, out)"
_BEYOND: Final = 32
"""Candles that it is tried on after it must be ready."""


def load_own_indicators(folder: Path) -> Catalogue:
    """The standard indicators and those of the folder; see `load_folder`."""
    catalogue = Catalogue()
    for own in load_folder(folder, _TRADE, partial(_looked_over, Catalogue())):
        catalogue.register(own)
    return catalogue


def _looked_over(trial: Catalogue, draft: Draft, taken: dict[str, Path]) -> Any:
    """`trial` is where it is registered to be tried."""
    check_name(draft, _TRADE, STANDARD, taken)
    check_parameters(draft)
    _check_outputs(draft)
    check_shapes(draft, _TRADE, _SHAPES)
    compiled = isinstance(draft.written.update, CPUDispatcher)
    if not compiled:
        check_shapes(draft, _TRADE, (("update", 4, _UPDATE),))
    own, indicator = _made(draft, trial)
    # Compiled code writes beyond what it was given without a word; interpreted it does not.
    _try(draft, indicator, own.update.py_func if compiled else own.update)
    return own


def _check_outputs(draft: Draft) -> None:
    outputs = getattr(draft.written, "outputs", None)
    if (
        not isinstance(outputs, tuple)
        or not outputs
        or not all(isinstance(it, str) for it in outputs)
    ):
        raise draft.fault("outputs", ' needs names of what it computes: outputs = ("gap_bps",)')


def _made(draft: Draft, trial: Catalogue) -> tuple[Any, Indicator]:
    """Made, and asked for memory and warm-up with its defaults."""
    try:
        own = draft.written()
        return own, trial.register(own)
    except ConfigError as error:
        raise draft.fault("", f" cannot be used: {error}") from error
    # Anything can happen in a person's code: all of it is theirs to mend.
    except (Exception, SystemExit) as error:
        line, text = accident(error, draft.path)
        raise Faulty(line, f"{text}, so that it can be made with its defaults") from error


def _try(draft: Draft, indicator: Indicator, update: Update) -> None:
    """Ready when it says so, and without a memory of its own: one that is fed by turns with
    another answers as one that is alone."""
    values = indicator.read({})
    ready = int(indicator.warm_up(values))
    bars = _wandering(ready + _BEYOND)
    alone = _outputs(draft, indicator, update, (bars,))
    other = [bar._replace(close=bar.low, volume=0.0) for bar in bars]
    by_turns = _outputs(draft, indicator, update, (bars, other))
    if alone.tobytes() != by_turns.tobytes():
        raise draft.fault(
            "update",
            ".update remembers or draws what is not in `memory`: the same candles must give the"
            " same values, however many symbols there are",
        )
    for name, value in zip(indicator.outputs, alone[ready - 1].tolist(), strict=True):
        if not math.isfinite(value):
            raise draft.fault(
                "warm_up", f".warm_up says {ready} candles, but then {name} is {value}"
            )


def _outputs(
    draft: Draft, indicator: Indicator, update: Update, series: Iterable[list[Bar]]
) -> Floats:
    """Of the first series; all are taken in by turns, each with a memory of its own."""
    values = indicator.read({})
    fed = [(indicator.new_memory(values), bars) for bars in series]
    rows = np.full((len(fed[0][1]), len(indicator.outputs)), np.nan)
    spare = np.full(len(indicator.outputs), np.nan)
    try:
        for place in range(len(rows)):
            for number, (memory, bars) in enumerate(fed):
                update(memory, bars[place], spare if number else rows[place])
    # Anything can happen in a person's code: all of it is theirs to mend.
    except (Exception, SystemExit) as error:
        line, text = accident(error, draft.path)
        raise Faulty(line, f"{text}; it was tried on {len(rows)} candles") from error
    return rows


def _wandering(count: int) -> list[Bar]:
    """Candles of a price that wanders, the same ones every time."""
    dice, close, bars = Random(1), 100.0, []
    for place in range(count):
        opening, close = close, close * math.exp(dice.gauss(0.0, 1e-3))
        high = max(opening, close) * (1.0 + 1e-4 * dice.random())
        low = min(opening, close) * (1.0 - 1e-4 * dice.random())
        bars.append(Bar(place * MINUTE, opening, high, low, close, 1.0 + dice.random()))
    return bars
