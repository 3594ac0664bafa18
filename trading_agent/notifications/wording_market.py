"""Feeds, signals, patterns and oddities in words. Pure: memory in, notice out."""

from typing import Final

from trading_agent.domain.chart_facts import PatternSeen, RegimeChanged
from trading_agent.domain.evidence_facts import AnomalySeen, LeadChanged
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import Side
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.notifications import figures
from trading_agent.notifications.late import length_of_time, time_of_day
from trading_agent.notifications.markup import Line, bold, faint, foreign
from trading_agent.notifications.memory import LostFeed, Memory, RuleChanges, Signals
from trading_agent.notifications.notice import Lane, Level, Notice, Topic
from trading_agent.notifications.wording import LOSS_WORDS, Telling, arrow, counted, notice
from trading_agent.runtime.picture_ports import PictureKind, PictureWish

_MOST_NAMED: Final = 12
_PATTERN_DECIMALS: Final = 8


def feeds_lost(memory: Memory, feeds: dict[str, LostFeed], now: int) -> Notice:
    first = min(feeds.values(), key=lambda each: each.first)
    by_reason: dict[str, list[str]] = {}
    for symbol, feed in feeds.items():
        by_reason.setdefault(LOSS_WORDS[LossReason(int(feed.reason))], []).append(symbol)
    everything = len(feeds) >= len(memory.instruments) > 1
    title = "Market data lost" if everything else "Book lost"
    lines: list[Line] = [("📡 ", bold(title), f" for {length_of_time(now - first.at)}")]
    lines.extend((f"{_names(symbols)}: {reason}",) for reason, symbols in by_reason.items())
    lines.append(("no orders are sent on it meanwhile",))
    telling = Telling(
        first=first.first,
        what="feed_lost",
        at=now,
        topic=Topic.FEED,
        lane=Lane.RISK,
        symbol=next(iter(feeds)) if len(feeds) == 1 else "",
        level=Level.WARNING,
    )
    return notice(memory, telling, lines)


def feeds_back(memory: Memory, feeds: dict[str, LostFeed]) -> Notice:
    first = min(feeds.values(), key=lambda each: each.first)
    longest = max(feed.ready_at - feed.at for feed in feeds.values())
    lines: list[Line] = [
        ("📡 ", bold("Market data is back")),
        (_names(list(feeds)),),
        (f"away for {length_of_time(longest)}",),
    ]
    telling = Telling(
        first=first.first,
        what="feed_back",
        at=max(feed.ready_at for feed in feeds.values()),
        topic=Topic.FEED,
        lane=Lane.RISK,
        symbol=next(iter(feeds)) if len(feeds) == 1 else "",
    )
    return notice(memory, telling, lines)


def signals_raised(memory: Memory, signals: Signals) -> Notice:
    number = sum(each.buys + each.sells for each in signals.by_symbol.values())
    lines: list[Line] = [("⚡ ", bold(counted(number, "signal")))]
    for symbol, count in list(signals.by_symbol.items())[:_MOST_NAMED]:
        ways = " ".join(
            f"{sign}{times}" for sign, times in (("▲", count.buys), ("▼", count.sells)) if times
        )
        lines.append((f"{symbol} {ways}, strongest {count.strongest:.2f}",))
    lines.extend(_more(len(signals.by_symbol)))
    telling = Telling(
        first=signals.first,
        what="signals",
        at=signals.at,
        topic=Topic.SIGNAL,
        lane=Lane.SIGNALS,
        symbol=next(iter(signals.by_symbol)) if len(signals.by_symbol) == 1 else "",
    )
    return notice(memory, telling, lines)


def pattern_seen(memory: Memory, first: int, fact: PatternSeen, *, chart: bool) -> Notice:
    decimals = _decimals(memory, fact.symbol)
    lines: list[Line] = [
        (f"{arrow(fact.direction)} ", bold(fact.symbol), f" {foreign(fact.name, 40)}"),
        (f"{foreign(fact.timeframe, 8)} chart, quality {fact.quality:.2f}",),
    ]
    if fact.target is not None:
        lines.append((f"points to {figures.level(fact.target, decimals)}",))
    lines.append((f"wrong beyond {figures.level(fact.invalidation, decimals)}",))
    if fact.experience:
        lines.append((faint(foreign(fact.experience)),))
    wish = PictureWish(
        kind=PictureKind.CHART, symbol=fact.symbol, timeframe=fact.timeframe, until=fact.at
    )
    telling = Telling(
        first=first,
        what=f"pattern:{fact.symbol}:{fact.timeframe}:{fact.name}",
        at=fact.at,
        topic=Topic.PATTERN,
        lane=Lane.SIGNALS,
        symbol=fact.symbol,
        picture=wish if chart else None,
    )
    return notice(memory, telling, lines)


def patterns_seen(memory: Memory, first: int, facts: list[PatternSeen]) -> Notice:
    lines: list[Line] = [("📐 ", bold(counted(len(facts), "pattern")))]
    lines.extend(
        (
            f"{arrow(fact.direction)} {fact.symbol} {foreign(fact.timeframe, 8)} "
            f"{foreign(fact.name, 40)}",
        )
        for fact in facts[:_MOST_NAMED]
    )
    lines.extend(_more(len(facts)))
    return _sighted(memory, first, facts[-1].at, "patterns", Topic.PATTERN, lines)


def regimes_changed(memory: Memory, first: int, facts: list[RegimeChanged]) -> Notice:
    lines: list[Line] = [("🧭 ", bold("Kind of market"))]
    for fact in facts[:_MOST_NAMED]:
        before = f"{foreign(fact.before, 30)} → " if fact.before else ""
        lines.append((f"{fact.symbol} {fact.timeframe}: {before}{foreign(fact.regime, 30)}",))
    lines.extend(_more(len(facts)))
    return _sighted(memory, first, facts[-1].at, "regimes", Topic.PATTERN, lines)


def anomalies_seen(memory: Memory, first: int, facts: list[AnomalySeen]) -> Notice:
    lines: list[Line] = [("🔍 ", bold("Out of the ordinary"))]
    for fact in facts[:_MOST_NAMED]:
        lines.append((f"{fact.symbol}: {foreign(fact.words, 120)}",))
        known = memory.oddities.get(oddity_key(fact))
        if known is not None and known.counted:
            since = time_of_day(Nanos(known.before))[:5]
            lines.append((faint(f"and {counted(known.counted, 'time')} since {since} UTC"),))
    lines.extend(_more(len(facts)))
    return _sighted(memory, first, facts[-1].at, "anomalies", Topic.ANOMALY, lines)


def oddity_key(fact: AnomalySeen) -> str:
    """What is the same oddity when it is seen again."""
    return f"{fact.kind} {fact.symbol}"


def leads_changed(memory: Memory, first: int, facts: list[LeadChanged]) -> Notice:
    lines: list[Line] = [("🔗 ", bold("Who leads whom"))]
    for fact in facts[:_MOST_NAMED]:
        if not fact.leads:
            lines.append((f"{fact.leader} and {fact.follower}: no longer",))
        elif fact.lag_seconds:
            lag = f"{fact.lag_seconds} s"
            told = f", {fact.transfer_bits:.3f} bits a move" if fact.transfer_significant else ""
            lines.append((f"{fact.leader} leads {fact.follower} by {lag}{told}",))
        else:
            lines.append((f"{fact.leader} and {fact.follower} move together",))
    lines.extend(_more(len(facts)))
    return _sighted(memory, first, facts[-1].at, "leads", Topic.SIGNAL, lines)


def rules_changed(memory: Memory, changes: RuleChanges) -> Notice | None:
    """Fees and whether a pair can be traded; None when neither changed."""
    lines: list[Line] = []
    level = Level.INFO
    for symbol, change in changes.by_symbol.items():
        found = _differences(change.before, change.now)
        lines.extend((f"{symbol}: {words}",) for words in found)
        if change.before.tradable > change.now.tradable or _dearer(change.before, change.now):
            level = Level.WARNING
    if not lines:
        return None
    telling = Telling(
        first=changes.first,
        what="rules",
        at=changes.at,
        topic=Topic.FEES,
        lane=Lane.RISK,
        symbol=next(iter(changes.by_symbol)) if len(changes.by_symbol) == 1 else "",
        level=level,
    )
    shown = lines[:_MOST_NAMED]
    title: Line = ("🏷 ", bold("Fees and rules of the exchange"))
    return notice(memory, telling, [title, *shown, *_more(len(lines))])


def session_changed(memory: Memory, before: str, now: int, ends: Nanos | None) -> Notice:
    lines: list[Line] = [("🕑 ", bold(f"Session {_session(memory.session)}"))]
    if ends is not None:
        lines.append(
            (f"until {time_of_day(ends)[:5]} UTC, {length_of_time(_whole_minutes(ends - now))}",)
        )
    lines.append((f"before: {_session(before)}",))
    telling = Telling(
        first=0,
        what=f"session:{memory.session}:{now}",
        at=now,
        topic=Topic.SESSION,
        lane=Lane.SIGNALS,
    )
    return notice(memory, telling, lines)


def _differences(before: Instrument, now: Instrument) -> list[str]:
    words = [
        f"{kind} fee {figures.fee_rate(old)} → {figures.fee_rate(new)}"
        for kind, old, new in (
            ("maker", before.maker_fee, now.maker_fee),
            ("taker", before.taker_fee, now.taker_fee),
        )
        if old != new
    ]
    if _open_to(before) != _open_to(now):
        words.append(_open_to(now))
    return words


def _open_to(instrument: Instrument) -> str:
    if instrument.tradable:
        return "can be traded again"
    return "can only be sold" if instrument.lets(Side.SELL) else "trading is suspended"


def _dearer(before: Instrument, now: Instrument) -> bool:
    return any(
        old is not None and (new is None or new > old)
        for old, new in (
            (before.maker_fee, now.maker_fee),
            (before.taker_fee, now.taker_fee),
        )
    )


def _sighted(
    memory: Memory, first: int, at: int, what: str, topic: Topic, lines: list[Line]
) -> Notice:
    telling = Telling(first=first, what=what, at=at, topic=topic, lane=Lane.SIGNALS)
    return notice(memory, telling, lines)


def _names(symbols: list[str]) -> str:
    shown = ", ".join(symbols[:_MOST_NAMED])
    left = len(symbols) - _MOST_NAMED
    return f"{shown} and {left} more" if left > 0 else shown


def _more(number: int) -> list[Line]:
    left = number - _MOST_NAMED
    return [(f"and {left} more",)] if left > 0 else []


def _decimals(memory: Memory, symbol: str) -> int:
    rules = memory.instruments.get(symbol)
    return _PATTERN_DECIMALS if rules is None else rules.price_decimals


def _session(name: str) -> str:
    return foreign(name.replace("_", " "), 40) or "none"


def _whole_minutes(length: int) -> int:
    """It is told moments after it has begun."""
    return (length + MINUTE // 2) // MINUTE * MINUTE
