"""The tables of the board: pairs, what keeps them from trading, positions, open orders."""

from trading_agent.cli.board_layout import FAINT, Column, Line, columns, fitted, said, width_of
from trading_agent.cli.board_words import (
    NOTHING,
    WARNING,
    basis_points,
    countdown,
    decimals_of,
    feed_age,
    imbalance,
    length,
    money_decimals,
    price,
    profit,
    side,
    signed,
    size,
    spoken,
)
from trading_agent.domain.snapshot import DeskSnapshot, PositionView, SymbolView


def symbols(desk: DeskSnapshot, shown: int, width: int) -> list[Line]:
    views = desk.symbols[:shown]
    names = [said(view.symbol, "bold") for view in views]
    return columns(
        (
            Column(_title("Symbol", shown, len(desk.symbols)), names, left=True),
            Column("Bid", [said(price(view.bid)) for view in views]),
            Column("Ask", [said(price(view.ask)) for view in views]),
            Column("Spread bps", [said(basis_points(it.spread_bps)) for it in views], rank=1),
            Column("Imbalance", [imbalance(view.imbalance) for view in views]),
            Column("Momentum bps", [said(signed(it.momentum_bps)) for it in views], rank=3),
            Column("Volatility bps", [said(f"{it.volatility_bps:.2f}") for it in views], rank=4),
            Column("Last signal", [_signal(it, desk) for it in views], left=True, rank=2, least=18),
            Column("Feed", [_feed(view, desk) for view in views], least=7),
        ),
        width,
    )


def obstacles(desk: DeskSnapshot, shown: int, width: int) -> list[Line]:
    """What stands between each pair and a trade, cut at the end of the line."""
    views = desk.symbols[:shown]
    names = [said(view.symbol) for view in views]
    room = width - max(map(width_of, names), default=0) - 2
    told = [
        fitted(said("; ".join(view.obstacles), FAINT), room)
        if view.obstacles
        else said("nothing stands in the way")
        for view in views
    ]
    return columns((Column("", names, left=True), Column("Why no trade", told, left=True)), width)


def positions(desk: DeskSnapshot, shown: int, width: int) -> list[Line]:
    views = desk.positions[:shown]
    names = [said(view.symbol, "bold") for view in views]
    decimals = money_decimals(desk.equity)
    profits = [profit(view.unrealised_profit, decimals) for view in views]
    return columns(
        (
            Column(_title("Position", shown, len(desk.positions)), names, left=True),
            Column("Size", [said(size(view.size)) for view in views]),
            Column("Average", [_average(view) for view in views]),
            Column("Mark", [said(price(view.mark_price)) for view in views], rank=3),
            Column("Unrealised", profits),
            Column("Take-profit", [said(price(view.take_profit)) for view in views], rank=2),
            Column("Stop", [said(price(view.stop)) for view in views], rank=1),
            Column("Time left", [_time_left(view, desk) for view in views]),
        ),
        width,
    )


def orders(desk: DeskSnapshot, shown: int, width: int) -> list[Line]:
    views = desk.open_orders[:shown]
    names = [said(view.symbol, "bold") for view in views]
    kinds = [said(view.kind.name.replace("_", " ")) for view in views]
    purposes = [said(spoken(view.purpose.name)) for view in views]
    states = [said(spoken(view.state.name)) for view in views]
    return columns(
        (
            Column(_title("Open order", shown, len(desk.open_orders)), names, left=True),
            Column("Number", [said(str(view.order)) for view in views], rank=4),
            Column("Side", [side(view.side) for view in views], left=True),
            Column("Kind", kinds, left=True, rank=2),
            Column("Purpose", purposes, left=True, rank=3),
            Column("State", states, left=True, rank=1),
            Column("Price", [said(price(view.price)) for view in views]),
            Column("Size", [said(size(view.size)) for view in views]),
            Column("Filled", [said(size(view.filled)) for view in views]),
        ),
        width,
    )


def _title(words: str, shown: int, there: int) -> str:
    return words if shown == there else f"{words} {shown}/{there}"


def _signal(view: SymbolView, desk: DeskSnapshot) -> Line:
    if view.last_signal is None:
        return said("none yet", FAINT)
    ago = length(desk.at - view.last_signal_at)
    return (*side(view.last_signal), (f" {view.last_signal_strength:.2f}, {ago} ago", ""))


def _feed(view: SymbolView, desk: DeskSnapshot) -> Line:
    if not view.book_ready:
        return said("no book", WARNING)
    return feed_age(desk.at - view.book_at)


def _average(view: PositionView) -> Line:
    decimals = decimals_of(view.mark_price, view.take_profit, view.stop)
    return said(price(view.average_price, decimals))


def _time_left(view: PositionView, desk: DeskSnapshot) -> Line:
    return said(countdown(view.deadline - desk.at) if view.deadline else NOTHING)
