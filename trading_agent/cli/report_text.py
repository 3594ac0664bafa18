"""A report as JSON for programs, and as tables for people."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import asdict
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.order import Side
from trading_agent.domain.units import SECOND, Nanos

if TYPE_CHECKING:
    from trading_agent.research.report import ReportDocument

_MOST_FILLS: Final = 20
_PIPE_WIDTH: Final = 140


def as_json(document: "ReportDocument", others: Sequence[Path], overseer: Sequence[str]) -> str:
    """Money, prices and sizes are decimal strings, times nanoseconds UTC. `overseer`: whether it
    helped, in lines."""
    content = _plain(document)
    content["fills_count"] = len(document.fills)
    content["overseer"] = list(overseer)
    content["other_journals"] = [str(path) for path in others]
    return json.dumps(content, indent=2, ensure_ascii=False)


def show(document: "ReportDocument", others: Sequence[Path], overseer: Sequence[str]) -> None:
    """On stdout."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    console.print(_title(document))
    console.print(Text(str(document.journal), "bright_black"), soft_wrap=True)
    console.print(
        f"runs {document.runs}, facts {document.last_fact_sequence}, "
        f"{time_of(document.first_at)} to {time_of(document.last_at)}"
    )
    for drawn in (
        _balances(document),
        _positions(document),
        _orders(document),
        _fills(document),
        _strategies(document),
        _evidence(document),
        _triple(document),
        _mark_outs(document),
        _costs(document),
    ):
        if drawn.row_count:
            console.print()
            console.print(drawn)
    console.print()
    console.print(_sums(document))
    if overseer:
        console.print(Text("\nOverseer", "bright_black"))
    for line in overseer:
        console.print(line, markup=False, soft_wrap=True)
    _say_whether_sound(console, document)
    for path in others:
        console.print(f"also there: {path.parent}", style="bright_black", soft_wrap=True)


def time_of(at: Nanos) -> str:
    """2025-11-20 13:05:00 UTC; a dash for no time."""
    if not at:
        return "-"
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, Struct):
        value = asdict(value)
    match value:
        case dict():
            value = {name: _plain(item) for name, item in value.items()}
        case tuple():
            value = [_plain(item) for item in value]
        case Decimal():
            value = plain_text(value)
        case Side():
            value = value.name
        case Path() | StrEnum():
            value = str(value)
        case _:
            pass
    return value


def _title(document: "ReportDocument") -> Text:
    title = Text.assemble(("FLASH TRADING REPORT", "bold"), "  ")
    if document.simulated:
        title.append(" SIMULATED MARKET ", "bold black on yellow")
        title.append("  ")
    title.append(f"{document.venue}, {document.source}, orders on paper")
    return title


def _sums(document: "ReportDocument") -> Table:
    drawn = _table(f"Account {document.quote}", "")
    drawn.add_row("realised profit", _profit(document.realised_profit))
    drawn.add_row("fees", plain_text(document.fees))
    drawn.add_row("fills", f"{len(document.fills):,}")
    return drawn


def _costs(document: "ReportDocument") -> Table:
    """Against the mid at each order's decision."""
    cost = document.shortfall
    drawn = _table(f"Cost {document.quote}", "", "bps")
    if not cost.orders:
        return drawn
    for name in ("spread", "impact", "expected_impact", "drift", "opportunity", "fees", "total"):
        amount = getattr(cost, name)
        said = "  as expected" if name == "expected_impact" else name
        drawn.add_row(said, _profit(-amount), _share(amount, cost.notional))
    return drawn


def _triple(document: "ReportDocument") -> Table:
    drawn = _table("Filled if the queue is", "pessimistic", "central", "optimistic")
    for symbol, triple in document.fill_triple.items():
        amounts = (triple.pessimistic, triple.central, triple.optimistic)
        drawn.add_row(symbol, *(f"{amount:f}" for amount in amounts))
    return drawn


def _strategies(document: "ReportDocument") -> Table:
    drawn = _table("Strategy", "closed", "won", "profit")
    for name, earned in document.by_strategy.items():
        counts = f"{earned.positions:,}", f"{earned.won:,}"
        drawn.add_row(name or "-", *counts, _profit(earned.profit))
    return drawn


def _evidence(document: "ReportDocument") -> Table:
    """What each kind of evidence earned by its share in the entries."""
    drawn = _table("Evidence", "profit")
    for family, profit in document.by_evidence.items():
        drawn.add_row(family.replace("_", " "), _profit(profit))
    return drawn


def _mark_outs(document: "ReportDocument") -> Table:
    drawn = _table("Mid after a fill, bps", "fills", "1 s", "5 s", "30 s")
    for kind, view in document.mark_outs_bps.items():
        moves = (view.after_1s, view.after_5s, view.after_30s)
        drawn.add_row(kind, f"{view.fills:,}", *("-" if m is None else f"{m:+.2f}" for m in moves))
    return drawn


def _share(amount: Decimal, notional: Decimal) -> str:
    return f"{-amount / notional * 10_000:+.2f}" if notional else "-"


def _balances(document: "ReportDocument") -> Table:
    drawn = _table("Balance", "free", "locked", "deposited")
    for asset, line in document.balances.items():
        deposited = document.deposits.get(asset, Decimal(0))
        drawn.add_row(asset, *map(plain_text, (line.free, line.locked, deposited)))
    return drawn


def _positions(document: "ReportDocument") -> Table:
    drawn = _table("Position", "size", "average", "cost", "take-profit", "stop", "closes at")
    exits = {line.symbol: line for line in document.open_exits}
    for line in document.positions:
        armed = exits.get(line.symbol)
        drawn.add_row(
            line.symbol,
            f"{line.size:f}",
            f"{line.average_price:.10g}",
            plain_text(line.cost),
            _or_dash(armed.take_profit if armed else None),
            _or_dash(armed.stop if armed else None),
            time_of(armed.deadline) if armed else "-",
        )
    return drawn


def _orders(document: "ReportDocument") -> Table:
    drawn = _table("Open order", "symbol", "side", "kind", "state", "price", "size", "filled")
    for line in document.open_orders:
        sizes = (f"{value:f}" for value in (line.price, line.size, line.filled))
        kind = f"{line.kind} {line.purpose}".lower().replace("_", " ")
        state = line.state.lower().replace("_", " ")
        drawn.add_row(str(line.order), line.symbol, line.side, kind, state, *sizes)
    return drawn


def _fills(document: "ReportDocument") -> Table:
    drawn = _table("Fill", "time", "order", "symbol", "side", "price", "size", "value", "fee")
    shown = document.fills[-_MOST_FILLS:]
    if len(shown) < len(document.fills):
        drawn.title = f"the last {len(shown)} of {len(document.fills):,} fills; --json has all"
    for fill in shown:
        drawn.add_row(
            str(fill.fill),
            time_of(fill.at),
            str(fill.order),
            fill.symbol,
            Text(fill.side.name, "green" if fill.side is Side.BUY else "red"),
            f"{fill.price:f}",
            f"{fill.size:f}",
            plain_text(fill.value),
            plain_text(fill.fee),
        )
    return drawn


def _say_whether_sound(console: Console, document: "ReportDocument") -> None:
    if document.reconciles:
        console.print("reconciles: deposits and fills make the same account as the facts")
        return
    console.print("DOES NOT RECONCILE", style="bold yellow")
    for words in document.disagreements:
        console.print(f"  {words}", markup=False, soft_wrap=True)


def _table(*titles: str) -> Table:
    drawn = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bright_black",
        title_justify="left",
        title_style="bright_black",
    )
    for title in titles:
        words = title in _WORDS or title == titles[0]
        drawn.add_column(title, justify="left" if words else "right", no_wrap=True)
    return drawn


_WORDS: Final[Iterable[str]] = frozenset({"symbol", "side", "kind", "state", "time", "closes at"})


def _profit(value: Decimal) -> Text:
    text = plain_text(value)
    if value == 0:
        return Text(text)
    return Text(f"+{text}" if value > 0 else text, "green" if value > 0 else "red")


def _or_dash(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:f}"
