"""Lines of coloured words, laid out in columns.

The board is drawn several times a second beside a market that must not wait: laying out
plain text costs a tenth of what tables made for any content cost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

Span = tuple[str, str]
"""Text and the name of its style, empty for none."""
Line = tuple[Span, ...]

FAINT: Final = "bright_black"
BLANK: Final[Line] = ()
_CUT: Final = "…"
_WIDEST_GAP: Final = 6
_PLAIN: Final = str.maketrans("█▌▐µ↑↓→" + _CUT, "###u^v-~")
_STYLES: Final[dict[str, Style | None]] = {"": None}


@dataclass(frozen=True, slots=True)
class Column:
    """Cells of one column. `rank`: where there is no room the highest goes first, 0 never.
    `least`: its width does not fall below so many characters, so that it does not dance."""

    title: str
    cells: Sequence[Line]
    left: bool = False
    rank: int = 0
    least: int = 0

    @property
    def width(self) -> int:
        return max(self.least, len(self.title), *map(width_of, self.cells), 0)


def said(text: str, style: str = "") -> Line:
    return ((text, style),)


def width_of(line: Line) -> int:
    return sum(cell_len(text) for text, _ in line)


def fitted(line: Line, width: int) -> Line:
    """Cut where it is too long, with a sign of that."""
    if width_of(line) <= width:
        return line
    kept: list[Span] = []
    left = width - 1
    for text, style in line:
        length = cell_len(text)
        if length > left:
            kept.append((set_cell_size(text, left) + _CUT, style))
            break
        kept.append((text, style))
        left -= length
    return tuple(kept)


def columns(given: Sequence[Column], width: int) -> list[Line]:
    """Titles and rows; a wider gap where there is room for it."""
    kept = list(given)
    while sum(column.width + 1 for column in kept) - 1 > width:
        last = max(kept, key=lambda column: column.rank)
        if last.rank == 0:
            break
        kept.remove(last)
    widths = [column.width for column in kept]
    gap = "  " if sum(widths) + 2 * (len(kept) - 1) <= width else " "
    titles = [said(column.title, FAINT) for column in kept]
    rows = [titles, *zip(*(column.cells for column in kept), strict=True)]
    return [_row(row, kept, widths, gap) for row in rows]


def ends(left: Line, right: Line, width: int) -> Line:
    """One at each end of the line; the left one gives way."""
    taken = width_of(right)
    return (*_padded(fitted(left, width - taken - 1), width - taken, left=True), *right)


def beside(blocks: Sequence[Sequence[Line]], width: int) -> list[Line]:
    """Blocks of lines next to one another."""
    widths = [max(map(width_of, block)) for block in blocks]
    free = width - sum(widths)
    gap = max(1, min(_WIDEST_GAP, free // max(len(blocks) - 1, 1)))
    lines = []
    for number in range(max(map(len, blocks))):
        line: Line = ()
        for index, (block, block_width) in enumerate(zip(blocks, widths, strict=True)):
            part = block[number] if number < len(block) else BLANK
            line += ((" " * gap, ""),) if index else ()
            line += _padded(part, block_width, left=True)
        lines.append(line)
    return lines


def drawn(lines: Sequence[Line], width: int, *, ascii_only: bool) -> Iterator[Segment]:
    """For the terminal; in signs that any terminal has when it knows no others."""
    for number, line in enumerate(lines):
        if number:
            yield Segment.line()
        for text, style in fitted(line, width):
            shown = text
            if ascii_only:
                shown = text.translate(_PLAIN).encode("ascii", "replace").decode("ascii")
            yield Segment(shown, _style(style))


def _row(cells: Sequence[Line], kept: Sequence[Column], widths: Sequence[int], gap: str) -> Line:
    line: Line = ()
    for number, (cell, column, width) in enumerate(zip(cells, kept, widths, strict=True)):
        line += (*(((gap, ""),) if number else ()), *_padded(cell, width, left=column.left))
    return line


def _padded(line: Line, width: int, *, left: bool) -> Line:
    missing = width - width_of(line)
    if missing <= 0:
        return line
    pad = (" " * missing, "")
    return (*line, pad) if left else (pad, *line)


def _style(name: str) -> Style | None:
    if name not in _STYLES:
        _STYLES[name] = Style.parse(name)
    return _STYLES[name]
