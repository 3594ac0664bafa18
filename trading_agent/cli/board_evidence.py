"""What entries are weighed by, on the board: trends, liquidity, oddities, who leads whom."""

from trading_agent.cli.board_layout import FAINT, Column, Line, columns, fitted, said
from trading_agent.cli.board_words import NOTHING, WARNING, one_line
from trading_agent.domain.snapshot import DeskSnapshot, EvidenceView, LeadView, LiquidityView
from trading_agent.domain.units import MILLISECOND, SECOND

_THOUSAND = 1_000.0


def evidence(desk: DeskSnapshot, shown: int, width: int) -> list[Line]:
    """A row a pair. What is out of the ordinary goes to the end, where the line is cut."""
    known = [(view.symbol, view.evidence) for view in desk.symbols[:shown] if view.evidence]
    if not known:
        return []
    names = [said(symbol) for symbol, _ in known]
    views = [view for _, view in known]
    books = [view.liquidity for view in views]
    band = next((f"{book.depths[-1].band_bps:g}" for book in books if book), NOTHING)
    told = [_anomalies(view) for view in views]
    return columns(
        (
            Column("Evidence", names, left=True),
            Column("Trends agree", [_agreement(view) for view in views], least=12),
            Column(f"Bids, asks in {band} bps", [said(_depth(book)) for book in books], rank=2),
            Column("To buy, sell bps", [said(_costs(book)) for book in books], rank=1),
            Column("Back after", [said(_back(book)) for book in books], rank=3),
            Column("Unusual", [fitted(each, max(width - 90, 20)) for each in told], left=True),
        ),
        width,
    )


def leads(desk: DeskSnapshot, width: int) -> list[Line]:
    """One line; nothing when no pair leads another."""
    if not desk.leads:
        return []
    return [fitted(said("; ".join(map(_lead, desk.leads)), FAINT), width)]


def _agreement(view: EvidenceView) -> Line:
    if view.agreement is None:
        return said(NOTHING, FAINT)
    return said(f"{view.agreement:+.2f} {'yes' if view.confirmed else 'no':>3}")


def _depth(book: LiquidityView | None) -> str:
    """Of the widest band."""
    if book is None:
        return NOTHING
    return f"{_short(book.depths[-1].bids)}, {_short(book.depths[-1].asks)}"


def _short(value: float) -> str:
    """An amount of money in three or four characters."""
    for mark in ("", "k", "M", "G"):
        if value < _THOUSAND:
            return f"{value:.0f}{mark}" if value >= 10 or not mark else f"{value:.1f}{mark}"
        value /= _THOUSAND
    return f"{value:.0f}T"


def _costs(book: LiquidityView | None) -> str:
    if book is None:
        return NOTHING
    return ", ".join(
        "too much" if each is None else f"{each:.2f}" for each in (book.buy_bps, book.sell_bps)
    )


def _back(book: LiquidityView | None) -> str:
    if book is None or (book.bids_back_ms is None and book.asks_back_ms is None):
        return NOTHING
    return ", ".join(map(_wait, (book.bids_back_ms, book.asks_back_ms)))


def _wait(milliseconds: float | None) -> str:
    if milliseconds is None:
        return NOTHING
    if milliseconds * MILLISECOND < SECOND:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds * MILLISECOND / SECOND:.1f} s"


def _anomalies(view: EvidenceView) -> Line:
    if not view.anomalies:
        return said("nothing", FAINT)
    return said(one_line("; ".join(view.anomalies)), WARNING)


def _lead(view: LeadView) -> str:
    how = f"{view.correlation:+.2f}, chance {view.bound:.2f}, {view.seconds} s"
    if not view.lag_seconds:
        return f"{view.leader} and {view.follower} move together ({how})"
    told = (
        f"{view.transfer_bits:.3f} bits a move" if view.heard else "tells no direction: not heard"
    )
    return f"{view.leader} leads {view.follower} by {view.lag_seconds} s ({how}; {told})"
