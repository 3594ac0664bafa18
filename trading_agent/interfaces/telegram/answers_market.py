"""What the market looks like, and why nothing is bought: /why, /signals, /patterns, /book,
/session, /whitelist."""

from typing import Final

from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.order import Side
from trading_agent.domain.snapshot import LeadView, PatternView, SymbolView
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import Answer, Ask, Group, needed, page
from trading_agent.interfaces.telegram.answer import CommandRow as Row
from trading_agent.interfaces.telegram.answers_desk import (
    chosen,
    known_symbol,
    mood,
    symbol_buttons,
    symbol_view,
)
from trading_agent.runtime.door_ports import SessionFacts
from trading_agent.runtime.picture_ports import BookData, PictureData, PictureKind, PictureWish

_ON_A_PAGE: Final = 6
_BOOK_LEVELS: Final = 8


def why(ask: Ask) -> Answer:
    """What stands between a pair and a trade."""
    views = chosen(ask)
    blocks = [_obstacles(each) for each in views]
    head = mood(ask.desk)
    return Answer(pages=_pages(blocks, head), live=True)


def _obstacles(view: SymbolView) -> str:
    if not view.obstacles:
        return f"{words.title(view.symbol)}\n✅ nothing: the next full signal is traded"
    listed = "\n".join(f"• {words.safe(each)}" for each in view.obstacles)
    return f"{words.title(view.symbol)}\n{listed}"


def signals(ask: Ask) -> Answer:
    """What the order flow says now, and the last signal."""
    return Answer(pages=_pages([_signal(each, ask) for each in chosen(ask)]), live=True)


def _signal(view: SymbolView, ask: Ask) -> str:
    if view.last_signal is None:
        last = "no signal yet"
    else:
        arrow = "🟢 BUY" if view.last_signal is Side.BUY else "🔴 SELL"
        ago = words.length(ask.now - view.last_signal_at)
        last = f"{arrow} {view.last_signal_strength:.2f}, {ago} ago"
    rows = [
        ("imbalance", f"{view.imbalance:+.2f}"),
        ("trade flow", f"{view.trade_flow:+.2f}"),
        ("momentum", f"{view.momentum_bps:+.2f} bps"),
        ("volatility", words.bps(view.volatility_bps)),
        ("spread", words.bps(view.spread_bps)),
    ]
    if view.regime:
        rows.append(("market", words.spoken(view.regime)))
    if view.evidence is not None and view.evidence.agreement is not None:
        rows.append(("trends agree", f"{view.evidence.agreement:+.2f}"))
    for lead in ask.desk.leads:
        if lead.follower == view.symbol:
            rows += _led(lead)
    total = sum(view.signals.values())
    head = f"{words.title(view.symbol)} · {last}"
    tail = f"{total} signals: {', '.join(f'{k} {v}' for k, v in view.signals.items())}"
    return words.lines((head, words.pairs(rows), words.safe(tail) if total else ""))


def _led(lead: LeadView) -> list[tuple[str, str]]:
    """By whom, and whether that is weighed."""
    if not lead.lag_seconds:
        return [("moves with", f"{lead.leader} {lead.correlation:+.2f}")]
    told = f"{lead.transfer_bits:.3f} bits a move" if lead.heard else "no direction: not heard"
    return [
        (f"led, {lead.lag_seconds} s", f"{lead.leader} {lead.correlation:+.2f}"),
        ("which tells", told),
    ]


def patterns(ask: Ask) -> Answer:
    blocks = [_patterns(each, ask) for each in chosen(ask) if each.patterns or each.candlesticks]
    if not blocks:
        return page("No chart pattern is alive now.", live=True)
    return Answer(pages=_pages(blocks), live=True)


def _patterns(view: SymbolView, ask: Ask) -> str:
    shown = [_pattern(each, ask) for each in view.patterns]
    shown += [
        f"{_arrow(each.direction)} {words.safe(each.name)}\n"
        f"<i>{each.timeframe} candle, {words.length(ask.now - each.confirmed_at)} ago</i>"
        for each in view.candlesticks
    ]
    return "\n".join((words.title(view.symbol), *shown))


def _pattern(view: PatternView, ask: Ask) -> str:
    ago = words.length(ask.now - view.confirmed_at)
    return (
        f"{_arrow(view.direction)} {words.safe(view.name)}\n"
        f"<i>{view.timeframe}, {ago} ago, quality {view.quality:.2f}</i>\n"
        f"<code>target {view.target:,.6g} · void {view.invalidation:,.6g}</code>"
    )


def _arrow(direction: Side) -> str:
    return "▲" if direction is Side.BUY else "▼"


def book(ask: Ask) -> Answer:
    """Depth as a picture and in numbers."""
    if not ask.words:
        return _which(ask, "/book")
    view = symbol_view(ask.desk, known_symbol(ask.desk, ask.word(0)))
    wish = PictureWish(kind=PictureKind.BOOK, symbol=view.symbol)
    source, drawn = ask.sources.picture_data, ask.sources.pictures
    levels = "" if source is None else _levels(source.gather(wish))
    picture = None if drawn is None else drawn.draw(wish)
    return Answer(pages=(words.lines((_top(view, ask), levels)),), picture=picture)


def _top(view: SymbolView, ask: Ask) -> str:
    seen = f"{words.clock(ask.desk.at)} UTC, seen by the desk"
    state = seen if view.book_ready else f"⚠️ not ready, {seen}"
    rows = [
        ("ask", words.price(view.ask)),
        ("bid", words.price(view.bid)),
        ("spread", words.bps(view.spread_bps)),
        ("imbalance", f"{view.imbalance:+.2f}"),
    ]
    liquidity = None if view.evidence is None else view.evidence.liquidity
    if liquidity is not None:
        for depth in liquidity.depths:
            name = f"within {depth.band_bps:g} bps"
            rows.append((name, f"{_short(depth.bids)} / {_short(depth.asks)}"))
        rows.append(("to buy costs", _cost(liquidity.buy_bps)))
        rows.append(("to sell costs", _cost(liquidity.sell_bps)))
    return f"{words.title(view.symbol)}\n{state}\n{words.pairs(rows)}"


def _cost(bps: float | None) -> str:
    return "book too thin" if bps is None else words.bps(bps)


def _short(value: float) -> str:
    """As 1.23M."""
    for size, sign in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{sign}"
    return f"{value:.0f}"


def _levels(data: PictureData) -> str:
    """As the exchange gives them when it is asked, which is a moment after the desk was."""
    if not isinstance(data, BookData):
        return ""
    digits = min(data.price_decimals, 6)
    rows = [
        ("ask", f"{each.price:,.{digits}f}", f"{each.size:.6g}")
        for each in reversed(data.asks[:_BOOK_LEVELS])
    ]
    rows += [
        ("bid", f"{each.price:,.{digits}f}", f"{each.size:.6g}")
        for each in data.bids[:_BOOK_LEVELS]
    ]
    head = f"{words.clock(data.at)} UTC, asked of the exchange" if data.at else ""
    return words.lines((head, words.table(("side", "price", "size"), rows)))


def chart(ask: Ask) -> Answer:
    if not ask.words:
        return _which(ask, "/chart")
    symbol = known_symbol(ask.desk, ask.word(0))
    wish = PictureWish(kind=PictureKind.CHART, symbol=symbol, timeframe=ask.word(1).lower())
    frame = f" · {words.safe(wish.timeframe, 8)}" if wish.timeframe else ""
    view = symbol_view(ask.desk, symbol)
    text = f"{words.title(symbol)}{frame} · {words.price(view.bid)}"
    return Answer(pages=(text,), picture=needed(ask.sources.pictures, "drawing").draw(wish))


def equity(ask: Ask) -> Answer:
    days = int(ask.word(0)) if ask.word(0).isdecimal() else 1
    wish = PictureWish(kind=PictureKind.EQUITY, days=max(1, min(days, 365)))
    text = f"Equity <b>{words.money(ask.desk.equity, ask.desk.quote)}</b>"
    return Answer(pages=(text,), picture=needed(ask.sources.pictures, "drawing").draw(wish))


def session(ask: Ask) -> Answer:
    facts = needed(ask.sources.sessions, "the session plan").at(ask.now)
    line = f"Now <b>{words.safe(facts.name)}</b>"
    if facts.ends_at is not None:
        line += f", for {words.length(facts.ends_at - ask.now)} more"
    following = ""
    if facts.next_name is not None and facts.ends_at is not None:
        at = f"{words.moment(facts.ends_at):%H:%M}"
        following = f"Next <b>{words.safe(facts.next_name)}</b> at {at} UTC"
    rows, changed = _parameters_now(facts, ask)
    note = "* is not as configured; /set shows both" if changed else ""
    return page(words.lines((line, following, words.pairs(rows), note)), live=True)


def _parameters_now(facts: SessionFacts, ask: Ask) -> tuple[list[tuple[str, str]], bool]:
    """What holds now, and whether some of it is other than configured."""
    other = {
        each.key.rpartition(".")[2]: plain_text(each.value)
        for each in ask.desk.changes.parameters
        if each.session == facts.name and each.value != each.configured
    }
    rows = [
        (f"*{name}", other[name]) if name in other else (name, value)
        for name, value in facts.parameters
    ]
    return rows, bool(other)


def whitelist(ask: Ask) -> Answer:
    symbols = [view.symbol for view in ask.desk.symbols]
    return page(f"{len(symbols)} pairs are traded:\n{words.code(', '.join(symbols))}")


def _which(ask: Ask, command: str) -> Answer:
    symbols = [view.symbol for view in ask.desk.symbols]
    return page("Which pair?", buttons=symbol_buttons(symbols[:60], command))


def _pages(blocks: list[str], head: str = "") -> tuple[str, ...]:
    groups = [blocks[at : at + _ON_A_PAGE] for at in range(0, len(blocks), _ON_A_PAGE)] or [[]]
    return tuple(words.lines((head, "\n\n".join(each))) or "Nothing." for each in groups)


ROWS: Final = (
    Row(
        name="why",
        group=Group.MARKET,
        usage="[SYMBOL]",
        does="what stands between a pair and a trade",
        answer=why,
    ),
    Row(
        name="signals",
        group=Group.MARKET,
        usage="[SYMBOL]",
        does="order flow and last signals",
        answer=signals,
    ),
    Row(
        name="patterns",
        group=Group.MARKET,
        usage="[SYMBOL]",
        does="chart patterns that are alive",
        answer=patterns,
    ),
    Row(
        name="chart",
        group=Group.MARKET,
        usage="SYMBOL [1m|5m|15m|1h|4h|1d]",
        does="candles with trades and patterns",
        answer=chart,
        slow=True,
    ),
    Row(
        name="book",
        group=Group.MARKET,
        usage="SYMBOL",
        does="depth in a picture and numbers",
        answer=book,
        slow=True,
    ),
    Row(
        name="equity",
        group=Group.RESULTS,
        usage="[DAYS]",
        does="equity as a picture",
        answer=equity,
        slow=True,
    ),
    Row(name="session", group=Group.MARKET, does="session now and next", answer=session),
    Row(name="whitelist", group=Group.MARKET, does="pairs that are traded", answer=whitelist),
)
