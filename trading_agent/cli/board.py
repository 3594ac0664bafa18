"""The live board of a run, and the one line that stands for it where there is no terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from trading_agent.cli.board_tables import ORDERS, POSITIONS, SYMBOLS, obstacles, table
from trading_agent.cli.board_words import (
    FAINT,
    WARNING,
    microseconds,
    money,
    money_decimals,
    one_line,
    profit,
    running_time,
    size,
    spoken,
)
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import SECOND

if TYPE_CHECKING:
    from trading_agent.flash_trading import RunStatus

SIMULATED: Final = "SIMULATED MARKET"
_LONGEST_LINE: Final = 159
_MOST_NOTES: Final = 4
_WIDE: Final = 110
_TALL: Final = 36
_FIGURES: Final = 4
"""Lines of figures below their titles."""
_PLAIN: Final = str.maketrans({"█": "#", "▌": "#", "▐": "#", "µ": "u", "·": "-", "…": "~"})


def render(status: "RunStatus", elapsed_seconds: float) -> RenderableType:
    """The whole board; it fits itself into whatever terminal it is printed on."""
    return _Board(status, elapsed_seconds)


def line(status: "RunStatus", elapsed_seconds: float) -> str:
    """The run in one line of fewer than 160 characters."""
    desk = status.snapshot
    if desk is None:
        return f"{running_time(elapsed_seconds)} starting"
    decimals = money_decimals(desk.equity)
    signals = sum(sum(view.signals.values()) for view in desk.symbols)
    ready = sum(view.book_ready for view in desk.symbols)
    parts = (
        f"{running_time(elapsed_seconds)} {SIMULATED if desk.simulated else desk.venue}",
        "" if desk.trading else f"NOT TRADING: {one_line(desk.why_not_trading)}",
        f"books {ready}/{len(desk.symbols)}, gaps {status.feed.books.gaps}",
        f"frames {status.feed.frames}",
        f"signals {signals}, orders {desk.orders}, fills {desk.fills}, open {len(desk.positions)}",
        f"equity {desk.equity:.2f} {desk.quote}, realised {desk.realised_profit:+.{decimals}f}",
        f"p99 {microseconds(status.latency.socket.p99)}",
    )
    said = " | ".join(part for part in parts if part)
    return said if len(said) <= _LONGEST_LINE else f"{said[: _LONGEST_LINE - 1]}…"


@dataclass(frozen=True, slots=True)
class _Board:
    status: "RunStatus"
    elapsed: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        sections = self._sections(options.max_width, options.size.height - 1)
        for index, section in enumerate(sections):
            lines = console.render_lines(section, options.update(height=None), pad=False)
            for position, segments in enumerate(lines):
                if index or position:
                    yield Segment.line()
                yield from _readable(segments, ascii_only=options.ascii_only)

    def _sections(self, width: int, height: int) -> Sequence[RenderableType]:
        desk = self.status.snapshot
        if desk is None:
            starting = Text.assemble(("FLASH TRADING", "bold"), ("  starting", FAINT))
            return [starting, *_notes(self.status.notes, _MOST_NOTES)]
        notes = self.status.notes[-_MOST_NOTES:]
        foot = self._foot(desk, width, height)
        wants = (len(desk.symbols), len(desk.positions), len(desk.symbols), len(desk.open_orders))
        foot_height = sum(section_height for _, section_height in foot)
        room = height - 2 - foot_height
        symbols, held, why, orders, noted = _allot(room, (*wants, len(notes)))
        body: list[RenderableType] = [
            _header(desk, self.elapsed, width),
            table(SYMBOLS, desk.symbols, symbols, desk, width),
            obstacles(desk.symbols, why),
            table(POSITIONS, desk.positions, held, desk, width) if held else "",
            table(ORDERS, desk.open_orders, orders, desk, width) if orders else "",
            *(section for section, _ in foot),
        ]
        shown = [section for section in body if section != ""]
        used = 2 + foot_height + sum(rows + 1 for rows in (symbols, held, why, orders) if rows)
        notes_shown = _notes(notes, noted)
        spare = height - used - noted
        aired = [part for section in shown[: max(spare, 0)] for part in (section, "")]
        return [*aired, *shown[max(spare, 0) :], *notes_shown]

    def _foot(
        self, desk: DeskSnapshot, width: int, height: int
    ) -> list[tuple[RenderableType, int]]:
        """Figures, with the height of each part."""
        most = 2 * _FIGURES if height >= _TALL else _FIGURES
        rows = max(_FIGURES, min(len(desk.balances), most))
        wide = width >= _WIDE
        blocks = [_account(desk), _balances(desk, rows), self._activity(desk)]
        if wide:
            blocks.append(self._latency_block())
        foot: list[tuple[RenderableType, int]] = [(_beside(blocks), rows + 1)]
        if not wide:
            foot.append((self._latency_line(), 1))
        if desk.refusals:
            foot.append((_refusals(desk), 1))
        return foot

    def _activity(self, desk: DeskSnapshot) -> Table:
        feed = self.status.feed
        rate = feed.frames / self.elapsed if self.elapsed > 0 else 0.0
        drawn = _figures("Activity")
        drawn.add_row("frames", f"{feed.frames:,}", Text(f"{rate:,.0f}/s", FAINT))
        drawn.add_row("rows", f"{feed.rows:,}", "")
        drawn.add_row("gaps, resyncs", f"{feed.books.gaps:,}, {feed.books.resyncs:,}", "")
        drawn.add_row("orders, fills", f"{desk.orders:,}, {desk.fills:,}", "")
        return drawn

    def _latency_block(self) -> Table:
        drawn = _figures("Latency", "p50", "p99")
        for name, view in self._latencies():
            drawn.add_row(name, microseconds(view[0]), microseconds(view[1]))
        return drawn

    def _latency_line(self) -> Text:
        words = Text("Latency", FAINT, no_wrap=True, overflow="ellipsis")
        for name, (half, most) in self._latencies():
            words.append(f"  {name} ", FAINT)
            words.append(f"p50 {microseconds(half)}, p99 {microseconds(most)}", "default")
        return words

    def _latencies(self) -> Sequence[tuple[str, tuple[float, float]]]:
        latency = self.status.latency
        return (
            ("tick to decision", (latency.decision.p50, latency.decision.p99)),
            ("socket", (latency.socket.p50, latency.socket.p99)),
        )


def _allot(lines: int, wants: Sequence[int]) -> list[int]:
    """Lines for the rows of each section, one by one in turn; a section's first row brings a
    line of titles with it, except in the last section."""
    granted = [0] * len(wants)
    progress = True
    while progress:
        progress = False
        for index, want in enumerate(wants):
            titled = index < len(wants) - 1
            cost = 2 if granted[index] == 0 and titled else 1
            if granted[index] < want and cost <= lines:
                granted[index] += 1
                lines -= cost
                progress = True
    return granted


def _header(desk: DeskSnapshot, elapsed: float, width: int) -> Table:
    drawn = Table.grid(expand=True, padding=(0, 1))
    drawn.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    drawn.add_column(justify="right", no_wrap=True)
    market = (f" {SIMULATED} ", "bold black on yellow") if desk.simulated else ("", "")
    source = Text.assemble(("FLASH TRADING", "bold"), "  ", market, "  " if market[0] else "")
    source.append(f"{desk.venue}, {one_line(desk.source)}")
    drawn.add_row(source, f"running {running_time(elapsed)}")
    state = Text("TRADING on paper", "bold")
    if not desk.trading:
        state = Text(f"NOT TRADING: {one_line(desk.why_not_trading)}", f"bold {WARNING}")
    sessions = (
        "" if width >= _WIDE else ", ".join(dict.fromkeys(view.session for view in desk.symbols))
    )
    clock = running_time(desk.at // SECOND % 86_400).zfill(8)
    drawn.add_row(state, Text(f"{sessions}  {clock} UTC".strip(), FAINT))
    return drawn


def _figures(title: str, *titles: str) -> Table:
    drawn = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style=FAINT)
    drawn.add_column(title, no_wrap=True)
    for other in titles or ("", ""):
        drawn.add_column(other, justify="right", no_wrap=True)
    return drawn


def _account(desk: DeskSnapshot) -> Table:
    decimals = money_decimals(desk.equity)
    drawn = _figures("Account", desk.quote)
    drawn.add_row("equity", Text(money(desk.equity, decimals), "bold"))
    drawn.add_row("realised", profit(desk.realised_profit, decimals))
    drawn.add_row("unrealised", profit(desk.unrealised_profit, decimals))
    drawn.add_row("fees", money(desk.fees, decimals))
    return drawn


def _balances(desk: DeskSnapshot, rows: int) -> Table:
    decimals = money_decimals(desk.equity)
    drawn = _figures("Balance", "free", "locked")
    whole = len(desk.balances) <= rows
    for view in desk.balances[: rows if whole else rows - 1]:
        quote = view.asset == desk.quote
        free, locked = (
            money(amount, decimals) if quote else size(amount)
            for amount in (view.free, view.locked)
        )
        drawn.add_row(view.asset, free, locked)
    if not whole:
        drawn.add_row(Text(f"and {len(desk.balances) - rows + 1} more", FAINT), "", "")
    return drawn


def _beside(blocks: Sequence[Table]) -> Table:
    drawn = Table.grid(expand=True)
    for _ in blocks:
        drawn.add_column()
    drawn.add_row(*blocks)
    return drawn


def _refusals(desk: DeskSnapshot) -> Text:
    words = Text("Refused", FAINT, no_wrap=True, overflow="ellipsis")
    for code, count in sorted(desk.refusals.items(), key=lambda item: -item[1]):
        words.append(f"  {spoken(code)} ", FAINT)
        words.append(f"{count:,}", "default")
    return words


def _notes(notes: Sequence[str], shown: int) -> list[Text]:
    """The last ones."""
    return [
        Text(one_line(note), WARNING, no_wrap=True, overflow="ellipsis")
        for note in notes[len(notes) - shown :]
    ]


def _readable(segments: Sequence[Segment], *, ascii_only: bool) -> Sequence[Segment]:
    """As they are, or in signs that any terminal has."""
    if not ascii_only:
        return segments
    return [
        Segment(text.translate(_PLAIN).encode("ascii", "replace").decode("ascii"), style, control)
        for text, style, control in segments
    ]
