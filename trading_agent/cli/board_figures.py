"""The foot of the board: account, balances, activity, latency, refusals."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from trading_agent.cli.board_layout import FAINT, Column, Line, beside, columns, said
from trading_agent.cli.board_words import (
    WARNING,
    microseconds,
    money,
    money_decimals,
    profit,
    size,
    spoken,
)
from trading_agent.domain.snapshot import DeskSnapshot

if TYPE_CHECKING:
    from trading_agent.run_terms import RunStatus

_ROWS: Final = 4
_WIDE: Final = 110
_TALL: Final = 36


def foot(
    status: "RunStatus", desk: DeskSnapshot, elapsed: float, size_of_terminal: tuple[int, int]
) -> list[Line]:
    """`size_of_terminal`: columns and lines."""
    width, height = size_of_terminal
    most = 2 * _ROWS if height >= _TALL else _ROWS
    blocks = [_account(desk), _balances(desk, most), _activity(status, desk, elapsed)]
    latencies = _latencies(status)
    if width >= _WIDE:
        blocks.append(_latency_block(latencies))
    lines = beside(blocks, width)
    if width < _WIDE:
        lines.append(_latency_line(latencies))
    if desk.shortfall.orders:
        lines.append(_costs(desk))
    lines += [
        ((" TRIPPED ", WARNING), (f" {words}; a person must re-arm it", ""))
        for words in desk.breakers
    ]
    if desk.refusals:
        lines.append(_refusals(desk))
    return lines


def _account(desk: DeskSnapshot) -> list[Line]:
    decimals = money_decimals(desk.equity)
    names = ("equity", "realised", "unrealised", "fees")
    amounts = (
        said(money(desk.equity, decimals), "bold"),
        profit(desk.realised_profit, decimals),
        profit(desk.unrealised_profit, decimals),
        said(money(desk.fees, decimals)),
    )
    return _block(Column("Account", _all(names), left=True), Column(desk.quote, amounts))


def _balances(desk: DeskSnapshot, most: int) -> list[Line]:
    decimals = money_decimals(desk.equity)
    rows = [
        (view.asset, money(view.free, decimals), money(view.locked, decimals))
        if view.asset == desk.quote
        else (view.asset, size(view.free), size(view.locked))
        for view in desk.balances
    ]
    if len(rows) > most:
        left_out = len(rows) - most + 1
        rows = [*rows[: most - 1], (f"and {left_out} more", "", "")]
    return _block(
        Column("Balance", _all(row[0] for row in rows), left=True),
        Column("free", _all(row[1] for row in rows)),
        Column("locked", _all(row[2] for row in rows)),
    )


def _activity(status: "RunStatus", desk: DeskSnapshot, elapsed: float) -> list[Line]:
    feed = status.feed
    rate = feed.frames / elapsed if elapsed > 0 else 0.0
    names = ("frames", "rows", "gaps, resyncs", "orders, fills")
    counts = (
        f"{feed.frames:,}",
        f"{feed.rows:,}",
        f"{feed.books.gaps:,}, {feed.books.resyncs:,}",
        f"{desk.orders:,}, {desk.fills:,}",
    )
    rates = (said(f"{rate:,.0f}/s", FAINT), *_all(("", "", "")))
    return _block(
        Column("Activity", _all(names), left=True), Column("", _all(counts)), Column("", rates)
    )


def _latency_block(latencies: Sequence[tuple[str, str, str]]) -> list[Line]:
    return _block(
        Column("Latency", _all(each[0] for each in latencies), left=True),
        Column("p50", _all(each[1] for each in latencies)),
        Column("p99", _all(each[2] for each in latencies)),
    )


def _latency_line(latencies: Sequence[tuple[str, str, str]]) -> Line:
    line = said("Latency", FAINT)
    for name, half, most in latencies:
        line += ((f"  {name} ", FAINT), (f"p50 {half}, p99 {most}", ""))
    return line


def _latencies(status: "RunStatus") -> Sequence[tuple[str, str, str]]:
    """Name, p50 and p99."""
    named = (("tick to decision", status.latency.decision), ("socket", status.latency.socket))
    return [(name, microseconds(view.p50), microseconds(view.p99)) for name, view in named]


def _refusals(desk: DeskSnapshot) -> Line:
    line = said("Refused", FAINT)
    for code, count in sorted(desk.refusals.items(), key=lambda item: -item[1]):
        line += ((f"  {spoken(code)} ", FAINT), (f"{count:,}", ""))
    return line


def _costs(desk: DeskSnapshot) -> Line:
    """Against the mid at each decision, and where the mid was half a minute after fills."""
    cost = desk.shortfall
    decimals = money_decimals(desk.equity)
    line: Line = (*said("Cost against mid", FAINT), (" ", ""), *profit(-cost.total, decimals))
    for name in ("spread", "impact", "drift", "opportunity"):
        line += ((f"  {name} ", FAINT), *profit(-getattr(cost, name), decimals))
        if name == "impact":
            line += (
                (" of ", FAINT),
                *profit(-cost.expected_impact, decimals),
                (" expected", FAINT),
            )
    for kind, view in desk.mark_outs.items():
        if view.after_30s is not None:
            line += ((f"  {kind} fills after 30 s ", FAINT), (f"{view.after_30s:+.2f} bps", ""))
    return line


def _block(*given: Column) -> list[Line]:
    return columns(given, sum(column.width + 1 for column in given) - 1)


def _all(words: Iterable[str]) -> list[Line]:
    return [said(word) for word in words]
