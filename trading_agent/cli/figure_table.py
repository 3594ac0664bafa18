"""Tables of figures, as a terminal shows them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from trading_agent.research.signal_tables import FigureTable


def rich_table(before: str, figures: "FigureTable") -> "Table":
    """For the screen."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=before + figures.title, caption=figures.note, box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for place, name in enumerate(figures.columns):
        table.add_column(name, justify="left" if place < figures.names else "right", no_wrap=True)
    previous = ""
    for row in figures.rows:
        table.add_row(row[0] if row[0] != previous else "", *row[1:])
        previous = row[0]
    return table
