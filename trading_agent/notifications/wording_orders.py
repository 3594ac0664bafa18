"""Orders, fills and exits in words. Pure: memory in, notice out."""

from decimal import Decimal

from trading_agent.domain.facts import ExitReason
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import BUY, OrderKind
from trading_agent.domain.order_facts import EndReason, OrderShadowed, ShortfallMeasured
from trading_agent.domain.units import BASIS_POINTS, Nanos, Ticks
from trading_agent.notifications import figures
from trading_agent.notifications.late import length_of_time, time_of_day
from trading_agent.notifications.markup import Line, bold, foreign
from trading_agent.notifications.memory import (
    Ended,
    HeldPosition,
    Memory,
    MovedStop,
    WatchedOrder,
)
from trading_agent.notifications.notice import Lane, Level, Notice, Topic
from trading_agent.notifications.wording import (
    END_WORDS,
    EXIT_WORDS,
    Telling,
    bought_or_sold,
    counted,
    notice,
    spoken,
)
from trading_agent.runtime.picture_ports import PictureKind, PictureWish

_TARGET, _STOP = 1, 0
_CHART_TIMEFRAME = "1m"
_LEAST_BPS = 0.005
"""Less is written as nothing."""


def placed(memory: Memory, order: WatchedOrder) -> Notice:
    """An entry that stands and waits."""
    sent = order.sent
    rules = memory.instruments[sent.symbol]
    where = figures.price(rules, sent.trigger or sent.price)
    lines: list[Line] = [
        ("🔹 ", bold(sent.symbol), f" {'buy' if sent.side is BUY else 'sell'} order stands"),
        (f"{figures.size(rules, sent.size)} at {where} ({spoken(sent.kind)})",),
        *_whose(order),
    ]
    return _told(memory, order, "placed", Topic.ENTRY, lines)


def withdrawn(memory: Memory, order: WatchedOrder) -> Notice:
    """An entry that ended without a fill."""
    sent = order.sent
    rules = memory.instruments[sent.symbol]
    side = "buy" if sent.side is BUY else "sell"
    lines: list[Line] = [
        ("⚪ ", bold(sent.symbol), f" {side} not filled"),
        (f"{figures.size(rules, sent.size)} at {figures.price(rules, sent.price)}",),
        (_end(order),),
        *_whose(order),
    ]
    return _told(memory, order, "unfilled", Topic.ENTRY, lines)


def filled(memory: Memory, order: WatchedOrder, position: HeldPosition | None) -> Notice:
    """All an order has filled so far; an entry, when it opened the position."""
    sent = order.sent
    rules = memory.instruments[sent.symbol]
    mark = "🔵" if sent.side is BUY else "🟠"
    lines: list[Line] = [
        (
            f"{mark} ",
            bold(sent.symbol),
            f" {bought_or_sold(sent.side)} {figures.size(rules, order.filled)}",
        ),
        *_rest(order, rules),
        (_paid(order, rules),),
        (_fee(order),),
        *_exits(position, order, rules),
        *_cost(order.shortfall, rules),
        *_triple(order.shadow, rules),
        *_whose(order),
    ]
    opens = position is not None and sent.side is BUY and position.bought == order.filled
    topic = Topic.ENTRY if opens else Topic.FILL
    return _told(memory, order, f"fill{order.filled}", topic, lines)


def exited(memory: Memory, order: WatchedOrder, ended: Ended, chart: bool) -> Notice:
    """A position is closed, by this order."""
    sent, position = order.sent, ended.position
    rules = memory.instruments[sent.symbol]
    whole = figures.share(ended.profit, position.spent)
    lines: list[Line] = [
        (
            f"{figures.mark(ended.profit)} ",
            bold(sent.symbol),
            " closed ",
            bold(f"{figures.gain(ended.profit)} {rules.quote}"),
        ),
        (f"{whole} · {_why(position)}" if whole else _why(position),),
        (f"held {length_of_time(ended.at - position.opened_at)}", _tries(position)),
        (_way(position, rules),),
        (f"{figures.size(rules, position.bought)} {rules.base} · {_fees(position.fees)}",),
        *_cost(order.shortfall, rules),
        *_triple(order.shadow, rules),
        _since_report(memory),
        (f"{foreign(ended.strategy or sent.strategy, 40)} · #{sent.order}",),
    ]
    telling = Telling(
        first=order.first,
        what="exit",
        at=ended.at,
        topic=Topic.EXIT,
        lane=Lane.FILLS,
        symbol=sent.symbol,
        picture=_chart(sent.symbol, ended.at) if chart else None,
    )
    return notice(memory, telling, lines)


def exit_waits(memory: Memory, order: WatchedOrder) -> Notice:
    """An exit sold nothing and is tried again; told once a position."""
    symbol = order.sent.symbol
    rules = memory.instruments[symbol]
    lines: list[Line] = [
        ("🟠 ", bold(symbol), " exit found no buyer"),
        (f"{figures.size(rules, order.sent.size)}: {_end(order)}",),
        ("it is tried again",),
    ]
    telling = Telling(
        first=order.first,
        what="exit_waits",
        at=order.ended_at,
        topic=Topic.EXIT,
        lane=Lane.RISK,
        symbol=symbol,
        level=Level.WARNING,
    )
    return notice(memory, telling, lines)


def stop_moved(memory: Memory, symbol: str, moved: MovedStop) -> Notice:
    rules = memory.instruments[symbol]
    lines: list[Line] = [("🛡 ", bold(symbol), " exits moved")]
    for name, index in (("stop", _STOP), ("target", _TARGET)):
        before, now = moved.before[index], moved.now[index]
        if before != now:
            shown = [
                figures.price(rules, Ticks(each)) if each else "none" for each in (before, now)
            ]
            lines.append((f"{name} {shown[0]} → {shown[1]}",))
    telling = Telling(
        first=moved.first,
        what="stop",
        at=moved.at,
        topic=Topic.STOP_MOVED,
        lane=Lane.FILLS,
        symbol=symbol,
    )
    return notice(memory, telling, lines)


def _told(
    memory: Memory, order: WatchedOrder, what: str, topic: Topic, lines: list[Line]
) -> Notice:
    telling = Telling(
        first=order.first,
        what=what,
        at=order.ended_at or order.told_at,
        topic=topic,
        lane=Lane.FILLS,
        symbol=order.sent.symbol,
    )
    return notice(memory, telling, lines)


def _whose(order: WatchedOrder) -> list[Line]:
    sent = order.sent
    lines: list[Line] = [(order.why,)] if order.why else []
    lines.append((f"{foreign(sent.strategy, 40)} · {spoken(sent.kind)} · #{sent.order}",))
    return lines


def _rest(order: WatchedOrder, rules: Instrument) -> list[Line]:
    """What part of what was wanted, and why no more."""
    sent = order.sent
    if order.filled == sent.size:
        return []
    percent = 100 * order.filled // sent.size
    wanted = f"{percent} % of {figures.size(rules, sent.size)}"
    if sent.kind is OrderKind.MARKET and sent.budget:
        wanted = "as much as its money buys"
    return [(wanted,), (_end(order) if order.over else "the rest stands",)]


def _paid(order: WatchedOrder, rules: Instrument) -> str:
    price = figures.average(rules, order.value, order.filled)
    return f"at {price} · {figures.money(_worth(rules, order.value))} {rules.quote}"


def _worth(rules: Instrument, value: int) -> Decimal:
    return rules.half_notional(2 * value)


def _fee(order: WatchedOrder) -> str:
    kind = "taker" if order.taken == order.filled else "mixed" if order.taken else "maker"
    fee = f"fee {figures.money(order.fees)}" if order.fees else "no fee"
    return f"{fee} ({kind}) · {counted(order.fills, 'fill')}"


def _exits(position: HeldPosition | None, order: WatchedOrder, rules: Instrument) -> list[Line]:
    if position is None or order.sent.side is not BUY:
        return []
    paid = Decimal(position.bought_value) / Decimal(position.bought) * rules.tick
    lines: list[Line] = []
    for name, ticks in (("stop", position.stop), ("target", position.target)):
        if ticks:
            price = rules.price(Ticks(ticks))
            away = figures.bps_between(price, paid)
            lines.append((f"{name} {figures.price(rules, Ticks(ticks))} ({away})",))
    if position.deadline:
        lines.append((f"until {time_of_day(Nanos(position.deadline))} UTC",))
    return lines


def _cost(measured: ShortfallMeasured | None, rules: Instrument) -> list[Line]:
    """Against the mid at the decision; positive is a cost."""
    if measured is None or not measured.notional:
        return []
    unit = BASIS_POINTS / measured.notional
    parts = [measured.spread * unit, measured.impact * unit, measured.drift * unit]
    fees = float(measured.fees / rules.half_notional(measured.notional)) * BASIS_POINTS
    missed = measured.opportunity * unit
    total = sum(parts) + fees + missed
    more = f", fees {_plain_bps(fees)}" if fees else ""
    more += f", missed {_plain_bps(missed)}" if missed else ""
    named = zip(("spread", "impact", "drift"), parts, strict=True)
    split = [f"{name} {_plain_bps(part)}" for name, part in named if abs(part) >= _LEAST_BPS]
    lines: list[Line] = [(f"cost {_plain_bps(total)} bps{more}",)]
    return [*lines, (", ".join(split),)] if split else lines


def _plain_bps(value: float) -> str:
    digits = 1 if abs(value) >= 1 else 2
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", figures.MINUS)


def _triple(shadow: OrderShadowed | None, rules: Instrument) -> list[Line]:
    """What it would have filled under each model of the queue."""
    if shadow is None:
        return []
    lots = (shadow.pessimistic, shadow.central, shadow.optimistic)
    if len(set(lots)) == 1 and lots[0] == shadow.filled:
        return [("queue: every model fills the same",)]
    return [("queue " + " / ".join(figures.size(rules, each) for each in lots),)]


def _why(position: HeldPosition) -> str:
    return EXIT_WORDS[ExitReason(position.reason)] if position.reason else "sold"


def _tries(position: HeldPosition) -> str:
    return f", {counted(position.tries + 1, 'attempt')}" if position.tries else ""


def _way(position: HeldPosition, rules: Instrument) -> str:
    first = figures.average(rules, position.bought_value, position.bought)
    return f"{first} → {figures.average(rules, position.sold_value, position.sold)}"


def _fees(paid: Decimal) -> str:
    return f"fees {figures.money(paid)}" if paid else "no fees"


def _since_report(memory: Memory) -> Line:
    tally = memory.tally
    since = f"since {time_of_day(Nanos(tally.since))[:5]}"
    return (f"{since}: {figures.gain(tally.profit)}, {tally.won} of {tally.closed} won",)


def _end(order: WatchedOrder) -> str:
    return END_WORDS[EndReason(order.end)] if order.end else "filled"


def _chart(symbol: str, at: int) -> PictureWish:
    return PictureWish(
        kind=PictureKind.CHART, symbol=symbol, timeframe=_CHART_TIMEFRAME, until=Nanos(at)
    )
