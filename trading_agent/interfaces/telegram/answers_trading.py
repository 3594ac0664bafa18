"""What a person may do: start, pause, enter, leave, cancel, kill, re-arm.

What makes the desk safer is done at once; what risks or costs something shows first what it
would do, and is done after a yes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from trading_agent.domain.commands import (
    CancelEntries,
    CancelOrder,
    CloseAll,
    ClosePosition,
    EnterPosition,
    Kill,
    Origin,
    PauseEntries,
    Rearm,
    StartTrading,
)
from trading_agent.domain.errors import CommandError
from trading_agent.domain.order import OrderPurpose
from trading_agent.domain.snapshot import DeskSnapshot, PositionView
from trading_agent.domain.units import read_decimal
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import Answer, Ask, Button, Group, Reply, Wish, page
from trading_agent.interfaces.telegram.answer import CommandRow as Row
from trading_agent.interfaces.telegram.answers_desk import (
    in_rows,
    known_symbol,
    mood,
    symbol_buttons,
    symbol_view,
)
from trading_agent.interfaces.telegram.people import Role
from trading_agent.interfaces.telegram.verdicts import LIFTED

PERSON: Final = Origin.PERSON
_HALF: Final = Decimal("0.5")
_CENT: Final = Decimal("0.01")
_TENTHS_OF_BPS: Final = Decimal("0.0001")


def start(ask: Ask) -> Reply:
    """Everybody may greet; a trader sets a paused desk going."""
    if ask.desk.trading or ask.role < Role.TRADER:
        hello = f"Hello {words.safe(ask.person)}. /help tells what can be asked."
        return Answer(pages=(f"{mood(ask.desk)}\n{hello}",), keyboard=True)
    return resume(ask)


def resume(ask: Ask) -> Reply:
    desk = ask.desk
    if desk.trading:
        return page(f"{mood(desk)}\nEntries are allowed already.")
    why = words.safe(desk.why_not_trading or "entries were not started")
    preview = words.lines(
        (
            "<b>Allow entries again?</b>",
            f"Stopped now: {why}",
            *(f"⛔ still tripped: {words.safe(each)}" for each in desk.breakers),
            f"Equity {words.money(desk.equity, desk.quote)}, {len(desk.positions)} positions open",
        )
    )
    return Wish(what="resume entries", deed=(StartTrading(origin=PERSON),), preview=preview)


def pause(ask: Ask) -> Reply:
    why = " ".join(ask.words)[:200] or f"by {ask.person}"
    return Wish(what="pause entries", deed=(PauseEntries(origin=PERSON, why=why),))


def force_exit(ask: Ask) -> Reply:
    """One position, or `all` without a pause."""
    held = ask.desk.positions
    if not held:
        return page("No position is open: there is nothing to close.")
    if not ask.words:
        buttons = (
            *symbol_buttons([each.symbol for each in held], "/forceexit"),
            (Button("All of them", "/forceexit all"),),
        )
        return page("Which position is to be closed?", buttons=buttons)
    if ask.word(0).lower() == "all":
        deed = tuple(ClosePosition(origin=PERSON, symbol=each.symbol) for each in held)
        return Wish(
            what=f"close {len(held)} positions",
            deed=deed,
            preview=_closing(ask.desk, held, "Close all positions?", "Entries go on afterwards."),
        )
    symbol = known_symbol(ask.desk, ask.word(0))
    found = tuple(each for each in held if each.symbol == symbol)
    if not found:
        raise CommandError(f"nothing is held in {symbol}; see /positions")
    return Wish(
        what=f"close {symbol}",
        deed=(ClosePosition(origin=PERSON, symbol=symbol),),
        preview=_closing(ask.desk, found, f"Close {symbol}?", "Entries go on afterwards."),
    )


def flatten(ask: Ask) -> Reply:
    """Pause and leave everything, in one step."""
    after = "Entries pause in the same step, and what cannot be sold now is sold as soon as it can."
    return Wish(
        what="close everything and pause",
        deed=(CloseAll(origin=PERSON),),
        preview=_closing(ask.desk, ask.desk.positions, "Close everything and pause?", after),
    )


def kill(ask: Ask) -> Reply:
    """At once; only selling everything as well is asked about."""
    if not is_to_flatten(ask.words):
        return kill_now(ask.words, ask.person)
    why = " ".join(ask.words[1:])[:200] or f"by {ask.person}"
    after = "Everything is cancelled, everything held is sold, and nothing else is sent."
    return Wish(
        what="kill the desk and sell everything",
        deed=(Kill(origin=PERSON, why=why, flatten=True),),
        preview=_closing(ask.desk, ask.desk.positions, "Kill, and sell everything?", after),
    )


def is_to_flatten(arguments: Sequence[str]) -> bool:
    return bool(arguments) and arguments[0].lower() == "flatten"


def kill_now(arguments: Sequence[str], person: str) -> Wish:
    """Needs no look at the desk, and is not asked about."""
    why = " ".join(arguments)[:200] or f"by {person}"
    return Wish(what="kill the desk", deed=(Kill(origin=PERSON, why=why),))


def rearm(ask: Ask) -> Reply:
    """Breakers; a kill and a pause are lifted elsewhere, and that is said."""
    breaker = ask.word(0).lower()
    tripped = [f"⛔ {words.safe(each)}" for each in ask.desk.breakers]
    if not tripped:
        return page(
            f"{mood(ask.desk)}\nNo breaker is tripped.\n/resume ends a pause. {words.safe(LIFTED)}."
        )
    what = f"re-arm {breaker}" if breaker else "re-arm everything"
    head = f"<b>{words.safe(what.capitalize())}?</b>"
    return Wish(
        what=what,
        deed=(Rearm(origin=PERSON, breaker=breaker),),
        preview=words.lines((head, *tripped, "Losses count anew from then on.")),
    )


def force_enter(ask: Ask) -> Reply:
    """Buy now, through every rule of risk."""
    if not ask.words:
        symbols = [view.symbol for view in ask.desk.symbols]
        return page("Which pair is to be bought?", buttons=symbol_buttons(symbols, "/forceenter"))
    view = symbol_view(ask.desk, known_symbol(ask.desk, ask.word(0)))
    notional = _amount(ask.word(1))
    size = "the session's size" if notional is None else words.money(notional, ask.desk.quote)
    rows = [("ask now", words.price(view.ask)), ("spread", words.bps(view.spread_bps))]
    if notional is not None and view.ask:
        rows.append(("about", words.size(round(notional / view.ask, 6))))
    if view.evidence is not None and view.evidence.liquidity is not None:
        cost = view.evidence.liquidity.buy_bps
        rows.append(("to buy costs", "book too thin" if cost is None else words.bps(cost)))
    objections = [f"⚠️ {words.safe(each)}" for each in view.obstacles]
    head = f"<b>Buy {words.safe(view.symbol)} for {words.safe(size)}?</b>"
    tail = "Risk has the last word."
    if objections:
        # Some of them are signals', which a person need not wait for.
        tail = f"{tail} In the way of a usual entry now:"
    return Wish(
        what=f"buy {view.symbol}",
        deed=(EnterPosition(origin=PERSON, symbol=view.symbol, notional=notional),),
        preview=words.lines((head, words.pairs(rows), tail, *objections)),
    )


def cancel(ask: Ask) -> Reply:
    """One order by its number, or every entry (of one pair)."""
    found = ask.desk.open_orders
    if not ask.words:
        if not found:
            return page("No order is open: there is nothing to cancel.")
        buttons = tuple(
            Button(f"#{each.order} {each.symbol}", f"/cancel {each.order}") for each in found[:30]
        )
        grid = (*in_rows(buttons, 2), (Button("All entries", "/cancel entries"),))
        return page("Which order is to be cancelled?", buttons=grid)
    text = ask.word(0).lstrip("#")
    if text.isdecimal():
        return _cancel_one(ask, int(text[:18]))
    symbol = "" if text.lower() in ("all", "entries") else known_symbol(ask.desk, text)
    where = f" of {words.safe(symbol)}" if symbol else ""
    entries = [
        each
        for each in found
        if each.purpose is OrderPurpose.ENTRY and (not symbol or each.symbol == symbol)
    ]
    return Wish(
        what=f"cancel entries{f' of {symbol}' if symbol else ''}",
        deed=(CancelEntries(origin=PERSON, symbol=symbol),),
        preview=f"<b>Cancel entries{where}?</b>\n"
        f"{len(entries) or 'None'} open now. Exits stay as they are.",
    )


def _cancel_one(ask: Ask, number: int) -> Reply:
    order = next((each for each in ask.desk.open_orders if each.order == number), None)
    if order is None:
        raise CommandError(f"no open order has the number {number}; see /orders")
    warning = ""
    if order.purpose is OrderPurpose.EXIT:
        warning = "⚠️ It is an exit: the position is left without it until the next one."
    head = (
        f"<b>Cancel order #{number}?</b>\n{order.side.name} {words.size(order.size)} "
        f"{words.safe(order.symbol)} @ {words.price(order.price)}"
    )
    return Wish(
        what=f"cancel order #{number}",
        deed=(CancelOrder(origin=PERSON, order=number),),
        preview=words.lines((head, warning, "It may still fill on the way.")),
    )


def _closing(desk: DeskSnapshot, held: tuple[PositionView, ...], question: str, after: str) -> str:
    """What would be sold, for about how much, and what leaving costs against the mid."""
    if not held:
        return words.lines((f"<b>{words.safe(question)}</b>", "No position is open.", after))
    rows, gained, cost = [], Decimal(0), Decimal(0)
    unknown = 0
    for view in held:
        pair = symbol_view(desk, view.symbol)
        if pair.bid is None:
            unknown += 1
            rows.append((view.symbol, words.size(view.size), "no bid"))
            continue
        worth = view.size * pair.bid
        gained += worth
        spread = Decimal(repr(max(pair.spread_bps, 0.0)))
        cost += worth * spread * _TENTHS_OF_BPS * _HALF
        rows.append((view.symbol, words.size(round(view.size, 6)), words.price(pair.bid)))
    profit = sum((each.unrealised_profit for each in held), start=Decimal(0))
    return words.lines(
        (
            f"<b>{words.safe(question)}</b>",
            words.table(("Pair", "size", "at about"), rows[:20]),
            f"and {len(rows) - 20} more" if len(rows) > 20 else "",
            f"Brings about {words.money(gained, desk.quote)}",
            f"Costs {_about(cost, desk.quote)} of spread, and fees",
            f"Result now {words.profit(profit, desk.quote)}",
            f"⚠️ {unknown} without a bid wait for one" if unknown else "",
            after,
        )
    )


def _about(cost: Decimal, quote: str) -> str:
    return (
        f"about {words.money(cost, quote)}"
        if cost >= _CENT
        else f"less than {words.money(_CENT, quote)}"
    )


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        value = read_decimal(text.lstrip("$"))
    except ValueError as error:
        raise CommandError(f"{text[:24]} is no amount; write /forceenter BTCUSDC 100") from error
    if not value:
        raise CommandError("nothing can be bought for 0")
    return value


ROWS: Final = (
    Row(
        name="start",
        group=Group.TRADING,
        does="greet; allow entries when they are paused",
        answer=start,
    ),
    Row(
        name="pause",
        aliases=("stop", "stopentry", "stopbuy"),
        group=Group.TRADING,
        role=Role.TRADER,
        usage="[WHY]",
        does="no new entries; exits go on",
        answer=pause,
    ),
    Row(
        name="resume",
        group=Group.TRADING,
        role=Role.TRADER,
        does="allow entries again",
        answer=resume,
    ),
    Row(
        name="forceenter",
        aliases=("forcelong", "forcebuy"),
        group=Group.TRADING,
        role=Role.TRADER,
        usage="[SYMBOL [AMOUNT]]",
        does="buy now",
        answer=force_enter,
    ),
    Row(
        name="forceexit",
        aliases=("close", "forcesell", "fx"),
        group=Group.TRADING,
        role=Role.TRADER,
        usage="[SYMBOL|all]",
        does="close a position",
        answer=force_exit,
    ),
    Row(
        name="closeall",
        aliases=("flatten",),
        group=Group.TRADING,
        role=Role.TRADER,
        does="close everything and pause, in one step",
        answer=flatten,
    ),
    Row(
        name="cancel",
        aliases=("cancel_open_order", "coo"),
        group=Group.TRADING,
        role=Role.TRADER,
        usage="[ORDER|SYMBOL|entries]",
        does="cancel an order or entries",
        answer=cancel,
    ),
    Row(
        name="kill",
        group=Group.TRADING,
        role=Role.TRADER,
        usage="[flatten] [WHY]",
        does="cancel everything, send nothing more; at once",
        answer=kill,
        dated=False,
    ),
    Row(
        name="rearm",
        group=Group.TRADING,
        role=Role.OWNER,
        usage="[BREAKER]",
        does="lift a breaker",
        answer=rearm,
    ),
)
