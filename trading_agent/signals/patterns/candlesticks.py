"""Candlestick patterns of the newest candle, by TA-Lib's recognition functions."""

import sys
from collections.abc import Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos
from trading_agent.signals.indicators.bars import Bars

Marks = np.ndarray[Any, np.dtype[np.int32]]

WINDOW: Final = 40
"""Candles that all functions together look at: more change nothing."""

NAMES: Final = {
    "CDL2CROWS": "two crows",
    "CDL3BLACKCROWS": "three black crows",
    "CDL3INSIDE": "three inside up/down",
    "CDL3LINESTRIKE": "three-line strike",
    "CDL3OUTSIDE": "three outside up/down",
    "CDL3STARSINSOUTH": "three stars in the south",
    "CDL3WHITESOLDIERS": "three advancing white soldiers",
    "CDLABANDONEDBABY": "abandoned baby",
    "CDLADVANCEBLOCK": "advance block",
    "CDLBELTHOLD": "belt-hold",
    "CDLBREAKAWAY": "breakaway",
    "CDLCLOSINGMARUBOZU": "closing marubozu",
    "CDLCONCEALBABYSWALL": "concealing baby swallow",
    "CDLCOUNTERATTACK": "counterattack",
    "CDLDARKCLOUDCOVER": "dark cloud cover",
    "CDLDOJI": "doji",
    "CDLDOJISTAR": "doji star",
    "CDLDRAGONFLYDOJI": "dragonfly doji",
    "CDLENGULFING": "engulfing",
    "CDLEVENINGDOJISTAR": "evening doji star",
    "CDLEVENINGSTAR": "evening star",
    "CDLGAPSIDESIDEWHITE": "up/down-gap side-by-side white lines",
    "CDLGRAVESTONEDOJI": "gravestone doji",
    "CDLHAMMER": "hammer",
    "CDLHANGINGMAN": "hanging man",
    "CDLHARAMI": "harami",
    "CDLHARAMICROSS": "harami cross",
    "CDLHIGHWAVE": "high-wave candle",
    "CDLHIKKAKE": "hikkake",
    "CDLHIKKAKEMOD": "modified hikkake",
    "CDLHOMINGPIGEON": "homing pigeon",
    "CDLIDENTICAL3CROWS": "identical three crows",
    "CDLINNECK": "in-neck",
    "CDLINVERTEDHAMMER": "inverted hammer",
    "CDLKICKING": "kicking",
    "CDLKICKINGBYLENGTH": "kicking by the longer marubozu",
    "CDLLADDERBOTTOM": "ladder bottom",
    "CDLLONGLEGGEDDOJI": "long legged doji",
    "CDLLONGLINE": "long line candle",
    "CDLMARUBOZU": "marubozu",
    "CDLMATCHINGLOW": "matching low",
    "CDLMATHOLD": "mat hold",
    "CDLMORNINGDOJISTAR": "morning doji star",
    "CDLMORNINGSTAR": "morning star",
    "CDLONNECK": "on-neck",
    "CDLPIERCING": "piercing",
    "CDLRICKSHAWMAN": "rickshaw man",
    "CDLRISEFALL3METHODS": "rising/falling three methods",
    "CDLSEPARATINGLINES": "separating lines",
    "CDLSHOOTINGSTAR": "shooting star",
    "CDLSHORTLINE": "short line candle",
    "CDLSPINNINGTOP": "spinning top",
    "CDLSTALLEDPATTERN": "stalled",
    "CDLSTICKSANDWICH": "stick sandwich",
    "CDLTAKURI": "takuri",
    "CDLTASUKIGAP": "tasuki gap",
    "CDLTHRUSTING": "thrusting",
    "CDLTRISTAR": "tristar",
    "CDLUNIQUE3RIVER": "unique 3 river",
    "CDLUPSIDEGAP2CROWS": "upside gap two crows",
    "CDLXSIDEGAP3METHODS": "upside/downside gap three methods",
}
"""TA-Lib's functions, and words for people."""

_UNDECIDED: Final = frozenset(
    (
        *("CDLDOJI", "CDLDRAGONFLYDOJI", "CDLGRAVESTONEDOJI", "CDLHIGHWAVE", "CDLLONGLEGGEDDOJI"),
        *("CDLRICKSHAWMAN", "CDLSPINNINGTOP"),
    )
)
"""Their sign is that of a body that hardly is one, or always the same."""
_ORDINARY: Final = frozenset(
    ("CDLBELTHOLD", "CDLCLOSINGMARUBOZU", "CDLLONGLINE", "CDLMARUBOZU", "CDLSHORTLINE")
)
"""Every other candle is one of these: they say what a body looks like, and nothing new."""

POINTING: Final = tuple(function for function in NAMES if function not in _UNDECIDED)
TELLING: Final = tuple(function for function in POINTING if function not in _ORDINARY)
"""What is worth telling a person."""

_LENGTHS: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {
        1: (
            *("BELTHOLD", "CLOSINGMARUBOZU", "DOJI", "DRAGONFLYDOJI", "GRAVESTONEDOJI", "HAMMER"),
            *("HANGINGMAN", "HIGHWAVE", "INVERTEDHAMMER", "LONGLEGGEDDOJI", "LONGLINE"),
            *("MARUBOZU", "RICKSHAWMAN", "SHOOTINGSTAR", "SHORTLINE", "SPINNINGTOP", "TAKURI"),
        ),
        2: (
            *("COUNTERATTACK", "DARKCLOUDCOVER", "DOJISTAR", "ENGULFING", "HARAMI"),
            *("HARAMICROSS", "HOMINGPIGEON", "INNECK", "KICKING", "KICKINGBYLENGTH"),
            *("MATCHINGLOW", "ONNECK", "PIERCING", "SEPARATINGLINES", "THRUSTING"),
        ),
        4: ("3LINESTRIKE", "CONCEALBABYSWALL", "HIKKAKEMOD"),
        5: ("BREAKAWAY", "LADDERBOTTOM", "MATHOLD", "RISEFALL3METHODS"),
    }
)
_USUAL_LENGTH: Final = 3
_LENGTH_OF: Final = dict(
    chain.from_iterable(
        ((f"CDL{name}", length) for name in names) for length, names in _LENGTHS.items()
    )
)
_CONFIRMED: Final = 2.0
_CONFIRMED_WITHIN: Final = 3
"""Candles after the pattern."""


def _recognition() -> Any:
    """TA-Lib. It wraps its functions for pandas wherever that can be imported, which costs 30 MiB
    and a third of a second: a process without pandas stays without."""
    if {"talib", "pandas"} & sys.modules.keys():
        import talib

        return talib
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        import talib
    finally:
        del sys.modules["pandas"]
    return talib


_TALIB: Final = _recognition()
_FUNCTIONS: Final = {function: getattr(_TALIB, function) for function in NAMES}


class Candlestick(Struct, frozen=True, kw_only=True):
    """`function`: TA-Lib's name. `at`: opening of the candle that completes it. `direction`: what
    it points to, None where it only says that the market hesitates. `strength`: 1, or 2 where the
    function counts the next candle as a confirmation, 0.8 where two candles only touch.
    `invalidation`: the far end of its candles, beyond which it has failed."""

    function: str
    name: str
    at: Nanos
    direction: Side | None
    strength: float
    invalidation: float | None

    @property
    def kind(self) -> str:
        """Among the kinds of patterns."""
        return kind_of(self.function)


def kind_of(function: str) -> str:
    return function.lower()


def candlesticks(bars: Bars, functions: Iterable[str] = NAMES) -> tuple[Candlestick, ...]:
    """All that the newest candle completes; looks at the last `WINDOW` candles, and at no more:
    TA-Lib's running sums would round differently."""
    if not len(bars.close):
        return ()
    newest = Bars._make(column[-WINDOW:] for column in bars)
    prices = (newest.open, newest.high, newest.low, newest.close)
    found = ((function, int(_FUNCTIONS[function](*prices)[-1])) for function in functions)
    return tuple(_candlestick(function, value, newest) for function, value in found if value)


def marks(bars: Bars, function: str) -> Marks:
    """Of every candle of a long series: above zero upward, below zero downward."""
    found: Marks = _FUNCTIONS[function](bars.open, bars.high, bars.low, bars.close)
    return found


def _candlestick(function: str, value: int, bars: Bars) -> Candlestick:
    direction = None
    if function not in _UNDECIDED:
        direction = Side.BUY if value > 0 else Side.SELL
    strength = abs(value) / 100.0
    return Candlestick(
        function=function,
        name=NAMES[function],
        at=Nanos(int(bars.open_at[-1])),
        direction=direction,
        strength=strength,
        invalidation=_far_end(function, direction, strength, bars),
    )


def _far_end(function: str, direction: Side | None, strength: float, bars: Bars) -> float | None:
    length = _LENGTH_OF.get(function, _USUAL_LENGTH)
    if strength == _CONFIRMED:
        length += _CONFIRMED_WITHIN
    if direction is None:
        return None
    return float(bars.low[-length:].min() if direction is Side.BUY else bars.high[-length:].max())
