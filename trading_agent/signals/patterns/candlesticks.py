"""Candlestick patterns of the newest candle, by TA-Lib's recognition functions.

TA-Lib's package loads pandas where that is installed: a live engine imports this room only when
candlesticks are wanted.
"""

from typing import Final

import talib
from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos
from trading_agent.signals.indicators.bars import Bars

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


class Candlestick(Struct, frozen=True, kw_only=True):
    """`function`: TA-Lib's name. `at`: opening of the candle that completes it. `direction`: what
    it points to, None where it only says that the market hesitates. `strength`: 1, or 2 where the
    function counts the next candle as a confirmation, 0.8 where two candles only touch."""

    function: str
    name: str
    at: Nanos
    direction: Side | None
    strength: float


def candlesticks(bars: Bars) -> tuple[Candlestick, ...]:
    """All that the newest candle completes; looks at the last `WINDOW` candles."""
    if not len(bars.close):
        return ()
    prices = [column[-WINDOW:] for column in (bars.open, bars.high, bars.low, bars.close)]
    at = Nanos(int(bars.open_at[-1]))
    found = ((function, int(getattr(talib, function)(*prices)[-1])) for function in NAMES)
    return tuple(_candlestick(function, value, at) for function, value in found if value)


def _candlestick(function: str, value: int, at: Nanos) -> Candlestick:
    direction = Side.BUY if value > 0 else Side.SELL
    return Candlestick(
        function=function,
        name=NAMES[function],
        at=at,
        direction=None if function in _UNDECIDED else direction,
        strength=abs(value) / 100.0,
    )
