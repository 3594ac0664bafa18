"""The tables of the board: which columns there are, and from which width of terminal on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from rich.table import Table
from rich.text import Text

from trading_agent.cli.board_words import (
    FAINT,
    NOTHING,
    WARNING,
    countdown,
    decimals_of,
    feed_age,
    imbalance,
    length,
    money_decimals,
    price,
    profit,
    side,
    size,
    spoken,
)
from trading_agent.domain.snapshot import DeskSnapshot, OrderView, PositionView, SymbolView

Row = TypeVar("Row")
Cell = str | Text

_GAP: Final = 1
_FINE_BPS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """`rank`: where there is no room the highest goes first, 0 never. `least`: its width does
    not fall below so many characters, so that a column does not dance."""

    title: str
    cell: Callable[[Row, DeskSnapshot], Cell]
    justify: Literal["left", "right"] = "right"
    rank: int = 0
    least: int = 0


def table(
    columns: Sequence[Column[Row]],
    rows: Sequence[Row],
    shown: int,
    desk: DeskSnapshot,
    width: int,
) -> Table:
    """One line a row under one line of titles. The first title tells when rows are left out."""
    titles = [column.title for column in columns]
    if shown < len(rows):
        titles[0] = f"{titles[0]} {shown}/{len(rows)}"
    cells = [[_text(column.cell(row, desk)) for row in rows[:shown]] for column in columns]
    widths = [
        max(column.least, len(title), *(text.cell_len for text in texts))
        for column, title, texts in zip(columns, titles, cells, strict=True)
    ]
    kept = _fitting(columns, widths, width)
    roomy = _width([widths[index] for index in kept], 2 * _GAP) <= width
    gap = 2 * _GAP if roomy else _GAP
    drawn = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style=FAINT)
    for index in kept:
        drawn.add_column(
            titles[index],
            justify=columns[index].justify,
            min_width=columns[index].least,
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in range(shown):
        drawn.add_row(*(cells[index][row] for index in kept))
    return drawn


def _fitting(columns: Sequence[Column[Row]], widths: Sequence[int], width: int) -> list[int]:
    """Indices of the columns there is room for."""
    kept = list(range(len(columns)))
    while _width([widths[index] for index in kept], _GAP) > width:
        last = max(kept, key=lambda index: columns[index].rank)
        if columns[last].rank == 0:
            break
        kept.remove(last)
    return kept


def _width(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1)


def _text(cell: Cell) -> Text:
    return Text(cell) if isinstance(cell, str) else cell


def _signal(view: SymbolView, desk: DeskSnapshot) -> Cell:
    if view.last_signal is None:
        return Text("none yet", FAINT)
    ago = length(desk.at - view.last_signal_at)
    return Text.assemble(side(view.last_signal), f" {view.last_signal_strength:.2f}, {ago} ago")


def _spread(view: SymbolView, _desk: DeskSnapshot) -> Cell:
    return f"{view.spread_bps:.{2 if view.spread_bps >= _FINE_BPS else 4}f}"


def _feed(view: SymbolView, desk: DeskSnapshot) -> Cell:
    if not view.book_ready:
        return Text("no book", WARNING)
    return feed_age(desk.at - view.book_at)


def _unrealised(view: PositionView, desk: DeskSnapshot) -> Cell:
    return profit(view.unrealised_profit, money_decimals(desk.equity))


def _average(view: PositionView, _desk: DeskSnapshot) -> Cell:
    decimals = decimals_of(view.mark_price, view.take_profit, view.stop)
    return price(view.average_price, decimals)


def _time_left(view: PositionView, desk: DeskSnapshot) -> Cell:
    return countdown(view.deadline - desk.at) if view.deadline else NOTHING


SYMBOLS: Sequence[Column[SymbolView]] = (
    Column("Symbol", lambda view, _: Text(view.symbol, "bold"), "left"),
    Column("Bid", lambda view, _: price(view.bid)),
    Column("Ask", lambda view, _: price(view.ask)),
    Column("Spread bps", _spread, rank=1),
    Column("Imbalance  ", lambda view, _: imbalance(view.imbalance)),
    Column("Momentum bps", lambda view, _: f"{view.momentum_bps:+.2f}", rank=3),
    Column("Volatility bps", lambda view, _: f"{view.volatility_bps:.2f}", rank=4),
    Column("Session", lambda view, _: view.session, "left", rank=5, least=9),
    Column("Last signal", _signal, "left", rank=2, least=18),
    Column("Feed", _feed, least=7),
)

POSITIONS: Sequence[Column[PositionView]] = (
    Column("Position", lambda view, _: Text(view.symbol, "bold"), "left"),
    Column("Size", lambda view, _: size(view.size)),
    Column("Average", _average),
    Column("Mark", lambda view, _: price(view.mark_price), rank=3),
    Column("Unrealised", _unrealised),
    Column("Take-profit", lambda view, _: price(view.take_profit), rank=2),
    Column("Stop", lambda view, _: price(view.stop), rank=1),
    Column("Time left", _time_left),
)

ORDERS: Sequence[Column[OrderView]] = (
    Column("Open order", lambda view, _: Text(view.symbol, "bold"), "left"),
    Column("Number", lambda view, _: str(view.order), rank=4),
    Column("Side", lambda view, _: side(view.side), "left"),
    Column("Kind", lambda view, _: view.kind.name.replace("_", " "), "left", rank=2),
    Column("Purpose", lambda view, _: spoken(view.purpose.name), "left", rank=3),
    Column("State", lambda view, _: spoken(view.state.name), "left", rank=1),
    Column("Price", lambda view, _: price(view.price)),
    Column("Size", lambda view, _: size(view.size)),
    Column("Filled", lambda view, _: size(view.filled)),
)


def obstacles(views: Sequence[SymbolView], shown: int) -> Table:
    """What stands between each symbol and a trade."""
    drawn = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style=FAINT, expand=True)
    drawn.add_column("Why no trade", no_wrap=True)
    drawn.add_column("", ratio=1, no_wrap=True, overflow="ellipsis")
    for view in views[:shown]:
        words = "; ".join(view.obstacles) or "nothing stands in the way"
        drawn.add_row(Text(view.symbol), Text(words, FAINT if view.obstacles else ""))
    return drawn
