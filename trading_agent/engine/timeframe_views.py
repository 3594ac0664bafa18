"""What the timeframes of a pair look like, for people."""

from typing import Final

from trading_agent.domain.snapshot import PatternView, TimeframeView
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.timeframes import SymbolTimeframes
from trading_agent.strategies.strategy import Need

_SHOWN: Final = 4
_FAST: Final = ("ema", (("period", 12),))
_SLOW: Final = ("ema", (("period", 26),))


def timeframe_views(state: DeskState, index: int) -> tuple[TimeframeView, ...]:
    """Of those that are kept up to date, the shortest first."""
    timeframes = state.table.timeframes[index]
    timeframes.catch_up()
    return tuple(_drawn(timeframes, name) for name in state.settings.timeframes.timeframes)


def _drawn(timeframes: SymbolTimeframes, timeframe: str) -> TimeframeView:
    """Anew when a candle has finished, or was mended."""
    stamp = timeframes.stamp(timeframe)
    drawn = timeframes.drawn.get(timeframe)
    if drawn is None or drawn[0] != stamp:
        drawn = timeframes.drawn[timeframe] = stamp, _view(timeframes, timeframe)
    view: TimeframeView = drawn[1]
    return view


def pattern_views(state: DeskState, index: int) -> tuple[PatternView, ...]:
    """The newest first."""
    return tuple(
        PatternView(
            timeframe=pattern.timeframe,
            name=pattern.name,
            direction=pattern.direction,
            confirmed_at=pattern.confirmed_at,
            target=pattern.target,
            invalidation=pattern.invalidation,
            quality=pattern.quality,
        )
        for pattern in state.charts[index].patterns[: -_SHOWN - 1 : -1]
    )


def _view(timeframes: SymbolTimeframes, timeframe: str) -> TimeframeView:
    newest = timeframes.last(timeframe, 1)
    if not len(newest.close):
        return TimeframeView(timeframe=timeframe)
    fast = timeframes.known(Need(timeframe, *_FAST))
    slow = timeframes.known(Need(timeframe, *_SLOW))
    atr = timeframes.known(Need(timeframe, "atr"))
    close, opened = float(newest.close[0]), float(newest.open[0])
    return TimeframeView(
        timeframe=timeframe,
        candles=timeframes.count(timeframe),
        change_bps=(close / opened - 1.0) * 1e4 if opened else None,
        trend=_number((fast - slow) / atr if atr else float("nan")),
        rsi=_number(timeframes.known(Need(timeframe, "rsi"))),
        range_bps=_number(atr / close * 1e4 if close else float("nan")),
        whole=bool(timeframes.whole(timeframe, 1)[0]),
    )


def _number(value: float) -> float | None:
    return value if value == value else None
