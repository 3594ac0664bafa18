"""What the desk holds and is about: /status, /positions, /orders, /balance, /count."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from trading_agent.domain.errors import CommandError
from trading_agent.domain.snapshot import DeskSnapshot, OrderView, PositionView, SymbolView
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import Answer, Ask, Button, Buttons, Group, page
from trading_agent.interfaces.telegram.answer import CommandRow as Row
from trading_agent.interfaces.telegram.people import Role

_ON_A_PAGE: Final = 5
_TABLE_ON_A_PAGE: Final = 25
_IN_A_ROW: Final = 3


def status(ask: Ask) -> Answer:
    """The desk in a few lines, then every position; `table`: a line each."""
    if ask.word(0).lower() == "table":
        return positions_table(ask)
    if ask.words:
        symbol = known_symbol(ask.desk, ask.word(0))
        held = [each for each in ask.desk.positions if each.symbol == symbol]
        if not held:
            return page(f"Nothing is held in {words.title(symbol)}.", live=True)
        return page("\n".join(position_block(each, ask) for each in held), live=True)
    desk = ask.desk
    head = words.lines((mood(desk), _equity_lines(desk), _books_line(desk)))
    blocks = [position_block(each, ask) for each in desk.positions]
    pages = [blocks[at : at + _ON_A_PAGE] for at in range(0, len(blocks), _ON_A_PAGE)] or [[]]
    shown = [[head, *pages[0]], *pages[1:]]
    return Answer(pages=tuple("\n\n".join(each) for each in shown), live=True)


def mood(desk: DeskSnapshot) -> str:
    """Whether it trades, and why not."""
    if desk.trading:
        line = "🟢 <b>Trading</b> on paper"
    else:
        why = words.safe(desk.why_not_trading or "entries have not been started")
        line = f"⏸ <b>Not trading</b>: {why}"
    tripped = (f"⛔ {words.safe(each)}: /rearm" for each in desk.breakers)
    return words.lines((line, *tripped))


def positions_table(ask: Ask) -> Answer:
    desk = ask.desk
    if not desk.positions:
        return page("No open position.", live=True)
    rows = [_table_row(each) for each in desk.positions]
    total = f"Together {words.profit(desk.unrealised_profit, desk.quote)}"
    return Answer(
        pages=tuple(
            f"{words.table(('Pair', 'P&L', '%'), rows[at : at + _TABLE_ON_A_PAGE])}\n{total}"
            for at in range(0, len(rows), _TABLE_ON_A_PAGE)
        ),
        live=True,
    )


def positions(ask: Ask) -> Answer:
    """Each with its exits and a button to close it."""
    held = ask.desk.positions
    if not held:
        return page("No open position.", live=True)
    blocks = [position_block(each, ask) for each in held]
    closing = symbol_buttons([each.symbol for each in held], "/forceexit", "✖ ")
    return Answer(
        pages=tuple(
            "\n\n".join(blocks[at : at + _ON_A_PAGE]) for at in range(0, len(blocks), _ON_A_PAGE)
        ),
        buttons=closing if ask.role >= Role.TRADER else (),
        live=True,
    )


def position_block(view: PositionView, ask: Ask) -> str:
    quote = ask.desk.quote
    share = _share(view)
    percent = "" if share is None else f" ({words.percent(share)})"
    rows = [
        ("size", words.size(view.size)),
        ("entry", words.price(view.average_price)),
        ("now", words.price(view.mark_price)),
        ("value", NO_PRICE if view.mark_price is None else words.money(_value(view), quote)),
        ("take profit", _level(view.take_profit, view.mark_price)),
        ("stop", _level(view.stop, view.mark_price)),
    ]
    if view.deadline:
        rows.append(("closes in", _countdown(view.deadline, ask.now)))
    head = f"{words.title(view.symbol)} {words.profit(view.unrealised_profit, quote)}{percent}"
    return f"{head}\n{words.pairs(rows)}"


NO_PRICE: Final = "no price now"


def orders(ask: Ask) -> Answer:
    found = ask.desk.open_orders
    if not found:
        return page("No open order.", live=True)
    blocks = [_order_block(each) for each in found]
    buttons = tuple(Button(f"✖ {each.order}", f"/cancel {each.order}") for each in found[:12])
    return Answer(
        pages=tuple("\n".join(blocks[at : at + 10]) for at in range(0, len(blocks), 10)),
        buttons=in_rows(buttons) if ask.role >= Role.TRADER else (),
        live=True,
    )


def _order_block(view: OrderView) -> str:
    side = "🟢 BUY" if view.side > 0 else "🔴 SELL"
    kind = words.spoken(view.kind.name)
    state = words.spoken(view.state.name)
    filled = f", {words.size(view.filled)} filled" if view.filled else ""
    return (
        f"<b>#{view.order}</b> {side} {words.safe(view.symbol)} ({view.purpose.name.lower()})\n"
        f"<code>{words.size(view.size)} @ {words.price(view.price)}</code>\n"
        f"<i>{kind}, {state}{filled}</i>"
    )


def balance(ask: Ask) -> Answer:
    desk = ask.desk
    worth = {view.symbol.removesuffix(desk.quote): view.bid for view in desk.symbols}
    rows = []
    for view in desk.balances:
        total = view.free + view.locked
        if not total:
            continue
        if view.asset == desk.quote:
            rows.append((view.asset, words.money(total), words.money(total)))
        else:
            bid = worth.get(view.asset)
            value = words.NOTHING if bid is None else words.money(total * bid)
            rows.append((view.asset, _short_size(total), value))
    locked = sum(
        (each.locked for each in desk.balances if each.asset == desk.quote), start=Decimal(0)
    )
    tail = [f"Worth together: <b>{words.money(desk.equity, desk.quote)}</b>"]
    if locked:
        tail.append(f"held back for orders: {words.money(locked, desk.quote)}")
    tail.append(f"fees paid: {words.money(desk.fees, desk.quote)}")
    head = ("Asset", "amount", desk.quote)
    return page(words.lines((words.table(head, rows), *tail)), live=True)


def count(ask: Ask) -> Answer:
    """How much of what is allowed at once is open."""
    desk, limits = ask.desk, ask.sources.limits
    value = sum((_value(view) for view in desk.positions), start=Decimal(0))
    rows = [
        (
            "positions",
            _of(len(desk.positions), None if limits is None else limits.max_open_positions),
        ),
        (
            "open orders",
            _of(len(desk.open_orders), None if limits is None else limits.max_open_orders),
        ),
        ("value held", words.money(value, desk.quote)),
    ]
    return page(words.pairs(rows), live=True)


def known_symbol(desk: DeskSnapshot, text: str) -> str:
    """BTC/USDC, btc-usdc and btc are BTCUSDC where that is traded. CommandError."""
    wanted = text.upper().replace("/", "").replace("-", "").replace("_", "")
    symbols = [view.symbol for view in desk.symbols]
    for symbol in symbols:
        if wanted in (symbol, symbol.removesuffix(desk.quote)):
            return symbol
    shown = ", ".join(symbols[:8]) + (" …" if len(symbols) > 8 else "")
    raise CommandError(f"{text[:24]} is not traded here; there are {shown}")


def symbol_view(desk: DeskSnapshot, symbol: str) -> SymbolView:
    return next(view for view in desk.symbols if view.symbol == symbol)


def chosen(ask: Ask, index: int = 0) -> tuple[SymbolView, ...]:
    """The pair that was named, or all."""
    if not ask.word(index):
        return ask.desk.symbols
    return (symbol_view(ask.desk, known_symbol(ask.desk, ask.word(index))),)


def symbol_buttons(symbols: Sequence[str], command: str, sign: str = "") -> Buttons:
    """A grid, three in a row."""
    return in_rows(tuple(Button(f"{sign}{each}", f"{command} {each}") for each in symbols))


def in_rows(buttons: Sequence[Button], wide: int = _IN_A_ROW) -> Buttons:
    return tuple(tuple(buttons[at : at + wide]) for at in range(0, len(buttons), wide))


def _equity_lines(desk: DeskSnapshot) -> str:
    return words.lines(
        (
            f"Equity <b>{words.money(desk.equity, desk.quote)}</b>",
            f"Closed {words.profit(desk.realised_profit)} · "
            f"open {words.profit(desk.unrealised_profit)}",
            f"Positions {len(desk.positions)} · orders {len(desk.open_orders)} · "
            f"fills {desk.fills:,}",
        )
    )


def _books_line(desk: DeskSnapshot) -> str:
    ready = sum(view.book_ready for view in desk.symbols)
    sessions = sorted({view.session for view in desk.symbols})
    mark = "" if ready == len(desk.symbols) else "⚠️ "
    return f"{mark}{ready} of {len(desk.symbols)} books ready · {words.safe(', '.join(sessions))}"


def _table_row(view: PositionView) -> tuple[str, str, str]:
    share = _share(view)
    percent = words.NOTHING if share is None else words.percent(share)
    return view.symbol, words.signed(view.unrealised_profit), percent


def _share(view: PositionView) -> Decimal | None:
    cost = view.average_price * view.size
    return view.unrealised_profit / cost if cost and view.mark_price is not None else None


def _value(view: PositionView) -> Decimal:
    return view.size * (view.average_price if view.mark_price is None else view.mark_price)


def _level(level: Decimal | None, now: Decimal | None) -> str:
    if level is None:
        return "none"
    away = "" if not now else f" ({words.percent(level / now - 1)})"
    return f"{words.price(level)}{away}"


def _countdown(deadline: Nanos, now: Nanos) -> str:
    left = -(-(deadline - now) // SECOND)
    if left <= 0:
        return "due"
    hours, rest = divmod(left, 3_600)
    return (f"{hours}:" if hours else "") + f"{rest // 60:02d}:{rest % 60:02d}"


def _short_size(value: Decimal) -> str:
    return words.size(round(value, 6)) if value >= Decimal("0.000001") else words.size(value)


def _of(used: int, most: int | None) -> str:
    return f"{used}" if most is None else f"{used} of {most}"


ROWS: Final = (
    Row(
        name="status",
        aliases=("st",),
        group=Group.DESK,
        usage="[table|SYMBOL]",
        does="the desk and its positions",
        answer=status,
    ),
    Row(
        name="positions",
        aliases=("pos",),
        group=Group.DESK,
        does="open positions with their exits",
        answer=positions,
    ),
    Row(name="orders", aliases=("order",), group=Group.DESK, does="open orders", answer=orders),
    Row(name="balance", group=Group.DESK, does="assets and what they are worth", answer=balance),
    Row(name="count", group=Group.DESK, does="open against allowed", answer=count),
)
