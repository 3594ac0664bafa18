"""What a run says when it ends."""

import json
from typing import Any

from msgspec.structs import asdict

from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.run_terms import RunStatus
from trading_agent.runtime.latency import LatencyView


def closing_document(status: RunStatus, exit_reason: str) -> dict[str, Any]:
    """The closing object: counts as numbers, money as decimal strings."""
    desk = _desk(status)
    feed = status.feed
    return {
        "frames": feed.frames,
        "rows": feed.rows,
        "gaps": feed.books.gaps,
        "resyncs": feed.books.resyncs,
        "signals": {view.symbol: dict(view.signals) for view in desk.symbols},
        "orders": desk.orders,
        "fills": desk.fills,
        "fees": plain_text(desk.fees),
        "equity": plain_text(desk.equity),
        "realised_profit": plain_text(desk.realised_profit),
        "unrealised_profit": plain_text(desk.unrealised_profit),
        "decision_us": latency(status.latency.decision),
        "socket_us": latency(status.latency.socket),
        "venue": desk.venue,
        "source": desk.source,
        "simulated": desk.simulated,
        "digest": status.digest,
        "exit_reason": exit_reason,
        "top": {
            "checked": sum(view.top_checked for view in desk.symbols),
            "equal": sum(view.top_equal for view in desk.symbols),
        },
        "invalid": dict(feed.invalid),
        "lost_books": dict(feed.losses),
        "snapshots": {
            "fetched": feed.snapshots,
            "failed": feed.failed_snapshots,
            "throttled": feed.throttled_snapshots,
        },
        "duplicates": feed.books.duplicates,
        "refused_subscriptions": feed.refused_subscriptions,
        "reconnects": max(feed.connected - feed.connections, 0),
        "refusals": desk.refusals,
        "fill_triple": {
            symbol: {name: plain_text(lots) for name, lots in asdict(triple).items()}
            for symbol, triple in desk.fill_triple.items()
        },
        "shortfall": {
            name: value if isinstance(value, int) else plain_text(value)
            for name, value in asdict(desk.shortfall).items()
        },
        "mark_outs_bps": {kind: asdict(view) for kind, view in desk.mark_outs.items()},
        "breakers": list(desk.breakers),
        "positions": {view.symbol: plain_text(view.size) for view in desk.positions},
        "notes": list(status.notes),
    }


def closing_line(status: RunStatus, exit_reason: str, more: dict[str, Any]) -> str:
    """The closing object as the last line of a run; empty when nothing was ever released, as
    when the journal failed before its first commit: there is nothing true to say then."""
    if status.snapshot is None:
        return ""
    return json.dumps(closing_document(status, exit_reason) | more) + "\n"


def what_is_open(status: RunStatus) -> tuple[str, ...]:
    """Positions and orders left, in words; empty when the desk is flat."""
    desk = status.snapshot
    if desk is None:
        return ()
    positions = [
        f"open: {view.size} {view.symbol} bought at {view.average_price:.8g}, unrealised "
        f"{view.unrealised_profit} {desk.quote}; exits go on with the next start"
        for view in desk.positions
    ]
    orders = [
        f"open: {view.side.name} {view.size} {view.symbol} at {view.price}, filled {view.filled}; "
        "it is cancelled with the next start"
        for view in desk.open_orders
    ]
    return (*positions, *orders)


def latency(view: LatencyView) -> dict[str, float]:
    return {
        "p50": round(view.p50, 2),
        "p99": round(view.p99, 2),
        "max": round(view.largest, 2),
    }


def _desk(status: RunStatus) -> DeskSnapshot:
    if status.snapshot is None:
        raise InvariantError("the run ended without a single snapshot")
    return status.snapshot
