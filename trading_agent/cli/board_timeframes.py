"""The board's table of timeframes: where each stands, and how strong that is."""

from typing import Final

from trading_agent.cli.board_layout import FAINT, Column, Line, columns, fitted, said
from trading_agent.cli.board_words import NOTHING, length, side
from trading_agent.domain.snapshot import DeskSnapshot, SymbolView, TimeframeView
from trading_agent.notifications.wording import counted

_LEVEL: Final = 0.15
"""Average ranges between the two averages within which neither leads."""


def timeframes(desk: DeskSnapshot, shown: int, width: int) -> list[Line]:
    """A row a pair: trend and RSI of every timeframe, the longest first where room is short."""
    views = [view for view in desk.symbols[:shown] if view.timeframes]
    if not views:
        return []
    names = [said(view.symbol) for view in views]
    kept = [each.timeframe for each in views[0].timeframes]
    return columns(
        (
            Column("Trend, RSI of", names, left=True),
            *(
                Column(name, [_cell(view, place) for view in views], rank=len(kept) - place)
                for place, name in enumerate(kept)
            ),
        ),
        width,
    )


def patterns(desk: DeskSnapshot, shown: int, width: int) -> list[Line]:
    """A row a pair: what kind of market it is, and the newest patterns."""
    views = [view for view in desk.symbols[:shown] if view.regime or view.patterns]
    if not views:
        return []
    names = [said(view.symbol) for view in views]
    regimes = [said(view.regime.replace("_", " ") or NOTHING) for view in views]
    room = width - 34
    told = [fitted(_patterns(view, desk), room) for view in views]
    return columns(
        (
            Column("Charts", names, left=True),
            Column("Market", regimes, left=True, least=13),
            Column("Patterns", told, left=True, rank=1),
        ),
        width,
    )


def candlesticks(desk: DeskSnapshot, shown: int, width: int) -> list[Line]:
    """A row a pair: what the last few candles were called."""
    views = [view for view in desk.symbols if view.candlesticks][:shown]
    if not views:
        return []
    names = [said(view.symbol) for view in views]
    told = [fitted(_candlesticks(view, desk), width - 14) for view in views]
    return columns(
        (Column("Candles", names, left=True), Column("Candlesticks", told, left=True)), width
    )


def _candlesticks(view: SymbolView, desk: DeskSnapshot) -> Line:
    line: Line = ()
    for named in view.candlesticks:
        ago = length(desk.at - named.confirmed_at)
        line += (
            *(said("; ", FAINT) if line else ()),
            *side(named.direction),
            (f" {named.name} {named.timeframe}, fails at {named.invalidation:,.6g}, {ago} ago", ""),
        )
    return line


def _patterns(view: SymbolView, desk: DeskSnapshot) -> Line:
    if not view.patterns:
        return said("none yet", FAINT)
    line: Line = ()
    for pattern in view.patterns:
        ago = length(desk.at - pattern.confirmed_at)
        between = said("; ", FAINT) if line else ()
        line += (
            *between,
            *side(pattern.direction),
            (f" {pattern.name} {pattern.timeframe} to {pattern.target:,.6g}, {ago} ago", ""),
        )
    return line


def _cell(view: SymbolView, place: int) -> Line:
    if place >= len(view.timeframes):
        return said(NOTHING, FAINT)
    return _words(view.timeframes[place])


def _words(view: TimeframeView) -> Line:
    if view.trend is None and view.rsi is None:
        return said(counted(view.candles, "bar") if view.candles else NOTHING, FAINT)
    strength = NOTHING if view.rsi is None else f"{view.rsi:.0f}"
    return said(f"{_arrow(view.trend)} {strength}{'' if view.whole else ' gap'}")


def _arrow(trend: float | None) -> str:
    if trend is None:
        return " "
    if abs(trend) <= _LEVEL:
        return "→"
    return "↑" if trend > 0 else "↓"
