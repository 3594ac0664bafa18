"""Finds chart patterns, one finished candle at a time."""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos
from trading_agent.market.candles import TIMEFRAME_NAMES, TIMEFRAMES
from trading_agent.signals.indicators.bars import Bar, Bars
from trading_agent.signals.patterns.edges import between_lines, either_way, flag
from trading_agent.signals.patterns.pattern import MIRROR, Pattern, PatternPoint, name_of
from trading_agent.signals.patterns.reversals import bottom, cup, resistance
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.shape import Ground, Shape, upside_down
from trading_agent.signals.patterns.swings import Swing, SwingWatch

LONGEST_CUP: Final = 500
"""Candles whose closes are remembered."""
_LEAST_WAIT: Final = 5
"""Candles that every shape may wait to be broken."""

Finder = Callable[[Sequence[Swing], Ground], Shape | None]

_FINDERS: Final[tuple[tuple[Finder, bool], ...]] = (
    (bottom, True),
    (cup, True),
    (resistance, True),
    (between_lines, True),
    (flag, True),
    (either_way, False),
)
"""Each finder, and whether the mirrored series is looked at as well. A finder's latest shape
takes the place of the one before."""


def timeframe_length(timeframe: str) -> int:
    """Nanoseconds; ConfigError for a name the desk has no candles of."""
    if timeframe not in TIMEFRAME_NAMES:
        raise ConfigError(f"timeframe {timeframe}: one of {', '.join(TIMEFRAME_NAMES)}")
    return TIMEFRAMES[TIMEFRAME_NAMES.index(timeframe)]


class PatternWatch:
    """One series of candles, in the order of time. Flat memory."""

    def __init__(self, timeframe: str, settings: PatternSettings) -> None:
        self.timeframe = timeframe
        self._length = timeframe_length(timeframe)
        self._settings = settings
        self._last_at = 0
        self._forget()

    def _forget(self) -> None:
        self._swing_watch = SwingWatch(self._settings)
        self._swings: deque[Swing] = deque(maxlen=self._settings.level_swings)
        self._closes: deque[float] = deque(maxlen=LONGEST_CUP)
        self._index = -1
        self._armed: dict[tuple[Finder, int], Shape] = {}

    def update(self, bar: Bar) -> tuple[Pattern, ...]:
        """What this candle's close has confirmed. FeedError for a candle out of order."""
        if self._index >= 0:
            passed = bar.open_at - self._last_at
            if passed <= 0:
                raise FeedError(f"candle of {bar.open_at} after that of {self._last_at}")
            if passed > (self._settings.longest_gap + 1) * self._length:
                self._forget()
        self._last_at = bar.open_at
        self._index += 1
        swing = self._swing_watch.update(bar)
        if swing is not None:
            self._swings.append(swing)
            self._arm()
        self._closes.append(bar.close)
        return self._broken_by(bar) if self._armed else ()

    def _arm(self) -> None:
        """A shape whose edge was broken before its last swing was known is none."""
        before, index = self._closes[-1], self._index - 1
        upright = list(self._swings)
        seen = {1: upright, -1: upside_down(upright)}
        grounds = {sign: self._ground(sign) for sign in seen}
        for finder, both in _FINDERS:
            for sign in (1, -1) if both else (1,):
                shape = finder(seen[sign], grounds[sign])
                if shape is None:
                    continue
                close = sign * before
                if shape.other.at(index) <= close <= shape.edge.at(index):
                    self._armed[finder, sign] = shape

    def _ground(self, sign: int) -> Ground:
        # While shapes are looked for, the closes end with the candle before this one.
        oldest = self._index - len(self._closes)

        def closes(first: int, last: int) -> Sequence[float]:
            if first < oldest:
                return ()
            return [sign * it for it in islice(self._closes, first - oldest, last - oldest + 1)]

        return Ground(self._settings, self._swing_watch.average_range, closes)

    def _broken_by(self, bar: Bar) -> tuple[Pattern, ...]:
        found: list[Pattern] = []
        margin = self._settings.break_ranges * self._swing_watch.average_range
        ended = []
        for key, shape in self._armed.items():
            sign = key[1]
            edge, other = shape.edge.at(self._index), shape.other.at(self._index)
            close = sign * bar.close
            if edge <= other or self._index - shape.last > self._wait(shape):
                ended.append(key)
            elif close > edge + margin:
                ended.append(key)
                found.append(self._pattern(shape, sign, True, bar))
            elif close < other - (margin if shape.both_ways else 0.0):
                ended.append(key)
                if shape.both_ways:
                    found.append(self._pattern(shape, sign, False, bar))
        for key in ended:
            del self._armed[key]
        return tuple(found)

    def _wait(self, shape: Shape) -> float:
        return max(self._settings.patience * (shape.last - shape.first), _LEAST_WAIT)

    def _pattern(self, shape: Shape, sign: int, onward: bool, bar: Bar) -> Pattern:
        edge, other = shape.edge.at(self._index), shape.other.at(self._index)
        target = edge + shape.height if onward else other - shape.height
        direction = Side(sign if onward else -sign)
        kind = shape.kind if sign > 0 else MIRROR[shape.kind]
        return Pattern(
            kind=kind,
            timeframe=self.timeframe,
            direction=direction,
            confirmed_at=Nanos(bar.open_at + self._length),
            points=(
                *(_point(swing, role, sign) for swing, role in shape.roles),
                PatternPoint(Nanos(bar.open_at), bar.close, "break"),
            ),
            target=max(sign * target, 0.0),
            invalidation=sign * (other if onward else edge),
            quality=shape.quality,
            name=name_of(kind, direction),
        )


def _point(swing: Swing, role: str, sign: int) -> PatternPoint:
    words = role.format("top" if sign * swing.side > 0 else "bottom")
    return PatternPoint(swing.at, sign * swing.price, words)


def find_patterns(
    bars: Bars, timeframe: str, settings: PatternSettings | None = None
) -> tuple[Pattern, ...]:
    """All of a series, as a watch says them one candle after another."""
    watch = PatternWatch(timeframe, settings or PatternSettings())
    columns = (column.tolist() for column in bars)
    return tuple(
        pattern for values in zip(*columns, strict=True) for pattern in watch.update(Bar(*values))
    )
