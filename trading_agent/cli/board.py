"""The live board of a run, and the one line that stands for it where there is no terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

from trading_agent.cli import board_tables
from trading_agent.cli.board_evidence import evidence, leads
from trading_agent.cli.board_figures import foot
from trading_agent.cli.board_layout import BLANK, FAINT, Line, drawn, ends, said
from trading_agent.cli.board_overseer import overseer_lines
from trading_agent.cli.board_timeframes import candlesticks, patterns, timeframes
from trading_agent.cli.board_words import WARNING, microseconds, money_decimals, one_line
from trading_agent.cli.board_words import running_time as time_text
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import DAY, SECOND

if TYPE_CHECKING:
    from trading_agent.run_terms import RunStatus

SIMULATED: Final = "SIMULATED MARKET"
_LONGEST_LINE: Final = 159
_MOST_NOTES: Final = 4


def render(status: "RunStatus", elapsed_seconds: float) -> RenderableType:
    """The whole board; it fits itself into whatever terminal it is printed on."""
    return _Board(status, elapsed_seconds)


def line(status: "RunStatus", elapsed_seconds: float) -> str:
    """The run in one line of fewer than 160 characters."""
    desk = status.snapshot
    if desk is None:
        return f"{time_text(elapsed_seconds)} starting"
    decimals = money_decimals(desk.equity)
    signals = sum(sum(view.signals.values()) for view in desk.symbols)
    ready = sum(view.book_ready for view in desk.symbols)
    parts = (
        f"{time_text(elapsed_seconds)} {SIMULATED if desk.simulated else desk.venue}",
        "" if desk.trading else f"NOT TRADING: {one_line(desk.why_not_trading)}",
        f"books {ready}/{len(desk.symbols)}, gaps {status.feed.books.gaps}",
        f"frames {status.feed.frames}",
        f"signals {signals}, orders {desk.orders}, fills {desk.fills}, open {len(desk.positions)}",
        f"equity {desk.equity:.2f} {desk.quote}, realised {desk.realised_profit:+.{decimals}f}",
        f"p99 {microseconds(status.latency.socket.p99)}",
    )
    told = " | ".join(part for part in parts if part)
    return told if len(told) <= _LONGEST_LINE else f"{told[: _LONGEST_LINE - 1]}…"


@dataclass(frozen=True, slots=True)
class _Board:
    status: "RunStatus"
    elapsed: float

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        lines = self._lines(width, options.size.height - 1)
        yield from drawn(lines, width, ascii_only=options.ascii_only)

    def _lines(self, width: int, height: int) -> list[Line]:
        """At most `height` of them, unless that is too few for anything."""
        notes = [said(one_line(note), WARNING) for note in self.status.notes[-_MOST_NOTES:]]
        desk = self.status.snapshot
        if desk is None:
            return [(("FLASH TRADING", "bold"), ("  starting", FAINT)), *notes]
        header = _header(desk, self.elapsed, width)
        figures = foot(self.status, desk, self.elapsed, (width, height))
        figures += overseer_lines(self.status.overseer, width)
        pairs = len(desk.symbols)
        kept = sum(bool(view.timeframes) for view in desk.symbols)
        charted = sum(bool(view.regime or view.patterns) for view in desk.symbols)
        wants = (pairs, len(desk.positions), pairs, len(desk.open_orders), len(notes))
        room = height - len(header) - len(figures)
        rows = _allot(room, wants)
        # Charts take what is left: a warning is worth more.
        weighed = sum(view.evidence is not None for view in desk.symbols)
        charts = _allot(room - _cost(rows), (kept, charted, weighed, 1 if desk.leads else 0))
        # Candlesticks come and go with every candle: they take what charts leave.
        named = sum(bool(view.candlesticks) for view in desk.symbols)
        candles = _allot(room - _cost(rows) - _cost(charts), (named, 0))[0]
        sections = [
            header,
            board_tables.symbols(desk, rows[0], width) if rows[0] else [],
            board_tables.obstacles(desk, rows[2], width) if rows[2] else [],
            board_tables.positions(desk, rows[1], width) if rows[1] else [],
            board_tables.orders(desk, rows[3], width) if rows[3] else [],
            timeframes(desk, charts[0], width) if charts[0] else [],
            patterns(desk, charts[1], width) if charts[1] else [],
            evidence(desk, charts[2], width) if charts[2] else [],
            leads(desk, width) if charts[3] else [],
            candlesticks(desk, candles, width) if candles else [],
            figures,
            notes[len(notes) - rows[4] :],
        ]
        return _aired([section for section in sections if section], height)


def _header(desk: DeskSnapshot, elapsed: float, width: int) -> list[Line]:
    title = said("FLASH TRADING", "bold")
    if desk.simulated:
        title += (("  ", ""), (f" {SIMULATED} ", "bold black on yellow"))
    title += ((f"  {desk.venue}, {one_line(desk.source)}", ""),)
    state = said("TRADING on paper", "bold")
    if not desk.trading:
        state = said(f"NOT TRADING: {one_line(desk.why_not_trading)}", f"bold {WARNING}")
    sessions = ", ".join(dict.fromkeys(view.session for view in desk.symbols))
    clock = time_text(desk.at % DAY // SECOND).zfill(8)
    return [
        ends(title, said(f"running {time_text(elapsed)}"), width),
        ends(state, said(f"{sessions}  {clock} UTC", FAINT), width),
    ]


def _allot(lines: int, wants: Sequence[int]) -> list[int]:
    """Lines for the rows of each section, one by one in turn. The first row of a section
    brings a line of titles with it, except in the last one."""
    granted = [0] * len(wants)
    progress = True
    while progress:
        progress = False
        for index, want in enumerate(wants):
            titled = granted[index] == 0 and index < len(wants) - 1
            cost = 2 if titled else 1
            if granted[index] < want and cost <= lines:
                granted[index] += 1
                lines -= cost
                progress = True
    return granted


def _cost(granted: Sequence[int]) -> int:
    """Lines, titles included."""
    return sum(granted) + sum(bool(each) for each in granted[:-1])


def _aired(sections: Sequence[Sequence[Line]], height: int) -> list[Line]:
    """A blank line after each section, from the top, as far as there is room."""
    spare = height - sum(map(len, sections))
    lines: list[Line] = []
    for index, section in enumerate(sections):
        lines += section
        if index < min(spare, len(sections) - 1):
            lines.append(BLANK)
    return lines
