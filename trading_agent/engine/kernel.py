"""The compiled loop: due orders, row, matching, features, signals. Live, replay and backtest.

Live calls it with the rows of one frame, replay with millions; the result is the same to the
bit, because it stops wherever something needs a decision and time is only what rows say.

The rare stages of this loop are woven into it: typed by themselves, then made part of its machine
code. What every row of a book does, and short helpers that have one caller, are inlined by numba
itself (`inline="always"`): the loop runs faster, but the whole caller is copied for each, which is
slow where it is long. Helpers with several callers are left to LLVM: inlining them too makes type
inference slow and the loop no faster.
"""

from types import FunctionType
from typing import Final

import numpy as np
from numba import njit

from trading_agent.domain.market_rows import PRINTS_LOST, ROW, LossReason, RowFlag, RowKind
from trading_agent.domain.order import Side
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.domain.units import MINUTE
from trading_agent.engine.state import DESK, MARKET, MOST_UNHEARD
from trading_agent.execution.mark_outs import (
    HORIZONS,
    mark_at,
    mark_to_take,
    note_mark,
)
from trading_agent.execution.matching import (
    act,
    match_crossing,
    match_print,
    show_book,
    show_levels,
)
from trading_agent.execution.taken import best_left, level_changed, snapshot_shown
from trading_agent.execution.triggers import watch_print, watch_touch
from trading_agent.execution.venue import (
    NEVER,
    OUTCOMES,
    SPARE,
    find_next_due,
    next_to_act,
    say,
)
from trading_agent.market.book import (
    apply_level,
    best_ask,
    best_bid,
    empty_book,
    level_key,
    settle_book,
)
from trading_agent.market.candles import (
    add_kline_row,
    add_print_to_candles,
    closings_to_tell,
    lose_prints,
    pass_time,
)
from trading_agent.market.compiling import borrowed, part, woven
from trading_agent.market.quotes import add_quote, check_top
from trading_agent.market.tape import add_print
from trading_agent.risk.exits import NO_EXIT, exit_due, stop_to_tell, weigh
from trading_agent.signals.enhanced.flicker import note_print
from trading_agent.signals.enhanced.watching import (
    look_away,
    watch_depth,
    watch_level,
    watch_prints,
)
from trading_agent.signals.flash import copy_signal, judge
from trading_agent.signals.orderflow import forget, measure
from trading_agent.signals.sessions import session_at
from trading_agent.strategies.quote_watch import quotes_are_due

_BID: Final = int(RowKind.BID)
_ASK: Final = int(RowKind.ASK)
_BUY: Final = int(RowKind.BUY)
_SELL: Final = int(RowKind.SELL)
_CLEAR: Final = int(RowKind.CLEAR)
_LOST: Final = int(RowKind.LOST)
_BEST_BID: Final = int(RowKind.BEST_BID)
_BEST_ASK: Final = int(RowKind.BEST_ASK)
_LAST: Final = int(RowFlag.LAST)
_BUYER: Final = int(Side.BUY)
_SELLER: Final = int(Side.SELL)
_DEPTH: Final = 1
_PRINTS: Final = 2
_KLINE: Final = 4
_MARKET_TIME: Final = _DEPTH | _PRINTS
"""The stamps of other messages are not the moment they speak of."""
_PRINTS_LOST: Final = sum(1 << reason for reason in PRINTS_LOST)
_CROSSED: Final = int(LossReason.CROSSED)
_BOOK_READY: Final = int(OutcomeKind.BOOK_READY)
_BOOK_LOST: Final = int(OutcomeKind.BOOK_LOST)
_SIGNAL: Final = int(OutcomeKind.SIGNAL)
_EXIT_DUE: Final = int(OutcomeKind.EXIT_DUE)
_HORIZONS: Final = len(HORIZONS)
_MOST_SAID: Final = OUTCOMES - SPARE
_EXIT_MOVED: Final = int(OutcomeKind.EXIT_MOVED)
_CLOCK: Final = int(OutcomeKind.CLOCK)
_CANDLES: Final = int(OutcomeKind.CANDLES)
_QUOTES_DUE: Final = int(OutcomeKind.QUOTES_DUE)


def _advance(given_rows, first, now, given_markets, given_desk):
    """Consume rows from index `first` until something was said, or to the end.

    Returns the index of the next row. What was said before has been heard, and signals that ask
    nothing stop nobody. `now`: nanoseconds UTC known to have passed; whatever is
    due by then, or before a row, acts first. Outcomes lie in the desk's venue record.
    """
    rows = borrowed(given_rows, ROW)
    markets = borrowed(given_markets, MARKET)
    desk = borrowed(given_desk, DESK)[0]
    venue = desk.venue
    venue.outcome_count = 0
    desk.raised = 0
    desk.unheard = 0
    count = rows.shape[0]
    index = first
    while True:
        at = rows[index].at if index < count else now
        due = min(venue.next_event, desk.next_deadline)
        if due <= at:
            desk.now = max(desk.now, due)
            if venue.next_event <= due:
                slot = next_to_act(venue, due)
                while slot != -1 and venue.outcome_count < _MOST_SAID:
                    traded = markets[venue.orders[slot].symbol]
                    act(venue, slot, traded.book, traded.taken)
                    slot = next_to_act(venue, due)
                for horizon in range(_HORIZONS):
                    while mark_at(venue, horizon) <= due:
                        mark = mark_to_take(venue, horizon)
                        note_mark(venue, horizon, markets[mark.symbol].book)
                find_next_due(venue)
            if desk.next_deadline <= due:
                desk.next_deadline = NEVER
                for symbol in range(markets.shape[0]):
                    watch_deadline(desk, markets[symbol], symbol, due)
        elif index < count:
            desk.now = max(desk.now, at)
            market = markets[rows[index].symbol]
            concerns = np.int64(0)
            while True:
                row = rows[np.uint64(index)]
                index += 1
                if row.kind <= _ASK:
                    concerns |= take_level(market, venue, row)
                else:
                    concerns |= take_other(market, venue, row)
                if (row.flags & _LAST != 0) | (index >= count):
                    break
            end_of_message(desk, market, rows[index - 1], concerns)
        if (venue.outcome_count > desk.unheard) | (desk.unheard == MOST_UNHEARD):
            for said in range(venue.outcome_count):
                outcome = venue.outcomes[said]
                add_touch(outcome, markets[outcome.symbol].book)
            break
        if (index >= count) & (min(venue.next_event, desk.next_deadline) > now):
            break
    if venue.outcome_count == 0:
        desk.now = max(desk.now, now)
    desk.rows += index - first
    return index


@njit(error_model="numpy", inline="always")
def add_touch(outcome, book):
    """No book changes between two things that are said at once."""
    ready = book.ready == 1 and book.crossed == 0
    outcome.bid = book.bid if ready else np.int64(0)
    outcome.ask = book.ask if ready else np.int64(0)


@woven
def watch_deadline(desk, market, symbol, now):
    """Let a time exit trigger and weigh the desk; keep the earliest of what is still to come. An
    exit that is due but has no usable book is looked at again with the book's next message."""
    exits = market.exits
    if exits.deadline == now:
        watch_exit(desk.venue, market, symbol, now)
    if exits.armed == 1 and exits.deadline > now:
        desk.next_deadline = min(desk.next_deadline, exits.deadline)
    watch = desk.watch
    bid = best_bid(market.book) if market.book.crossed == 0 else np.int64(0)
    if watch.due <= now and weigh(watch, market.stake, symbol, bid, now) == 1:
        say(desk.venue, _CLOCK, symbol, now, 0, 0, 0, 0)
    if symbol == watch.last_symbol:
        desk.next_deadline = min(desk.next_deadline, watch.due)


@part
def watch_exit(venue, market, symbol, at):
    bid = bid_for_exits(market, at)
    reason = exit_due(market.exits, bid, at)
    if reason != NO_EXIT:
        say(venue, _EXIT_DUE, symbol, at, 0, bid, 0, reason)
    elif stop_to_tell(market.exits, at) == 1:
        say(venue, _EXIT_MOVED, symbol, at, 0, 0, 0, 0)


@part
def bid_for_exits(market, at):
    """The best bid that earlier exits have not used up; 0 when there is no usable one."""
    book = market.book
    if book.ready == 0 or book.crossed == 1:
        return np.int64(0)
    if market.taken.count == 0:
        return best_bid(book)
    market.taken.now = max(market.taken.now, at)
    cursor = best_left(market.taken, book.bids)
    return level_key(book.bids, cursor) if cursor != -1 else np.int64(0)


@njit(error_model="numpy", inline="always")
def take_level(market, venue, row):
    if row.size >= market.heeded:
        watch_level(market, row)
    apply_level(market.book, row.kind, row.price, row.size)
    if venue.resting > 0:
        show_levels(venue, row)
    if market.taken.mask != 0:
        key = row.price if row.kind == _BID else -row.price
        if market.taken.mask >> np.uint64(key & 63) & np.uint64(1) != 0:
            level_changed(market.taken, key, row.size, row.at)
    return np.int64(_DEPTH)


@woven
def take_print(market, venue, row):
    aggressor = _BUYER if row.kind == _BUY else _SELLER
    add_print(market.tape, row.at, row.price, row.size * aggressor)
    add_print_to_candles(market.candles, row.venue_at, row.price, row.size)
    if market.flicker.watched != 0:
        note_print(market.flicker, row.price)
    if venue.used > 0 and market.book.ready == 1:
        match_print(venue, row)
        if venue.waiting > 0:
            watch_print(venue, row)


@woven
def take_other(market, venue, row):
    """Prints, snapshots, losses, quotes, the exchange's candles. Returns what is concerned."""
    kind = row.kind
    if kind <= _SELL:
        take_print(market, venue, row)
        return np.int64(_PRINTS)
    if kind == _CLEAR:
        empty_book(market.book)
        market.snapshot_pending = 1
        look_away(market)
        return np.int64(_DEPTH)
    if kind == _LOST:
        lose(market, venue, row.symbol, row.at, row.size)
        if _PRINTS_LOST >> (row.size & 63) & 1 != 0:
            lose_prints(market.candles)
    elif kind == _BEST_BID:
        market.quotes.pending_bid = row.price
    elif kind == _BEST_ASK:
        add_quote(market.quotes, row.sequence, market.quotes.pending_bid, row.price)
    else:
        add_kline_row(market.candles, kind, row.flags, row.venue_at, row.price, row.size)
        return np.int64(_KLINE)
    return np.int64(0)


@part
def lose(market, venue, symbol, at, reason):
    book = market.book
    book.loss_reason = reason
    market.snapshot_pending = 0
    market.quotes.count = 0
    if book.ready == 1:
        book.ready = 0
        book.losses += 1
        forget(market.features)
        look_away(market)
        say(venue, _BOOK_LOST, symbol, at, 0, 0, 0, reason)


@woven
def end_of_message(desk, market, row, concerns):
    """`row`: the last of the message."""
    desk.messages += 1
    if concerns & _DEPTH != 0:
        end_of_depth(desk, market, row)
    elif concerns & _PRINTS != 0 and market.exits.armed == 1:
        watch_exit(desk.venue, market, row.symbol, row.at)
    if concerns & _PRINTS != 0 and market.seconds.on == 1:
        watch_prints(market, row.at)
    due = row.venue_at >= market.candles.due
    if (concerns > _DEPTH) | ((concerns == _DEPTH) & due):
        end_of_candles(desk, market, row, concerns)


@woven
def end_of_candles(desk, market, row, concerns):
    """Once a message, when its fills have been told: who is asked knows of them."""
    # A stamp that is far ahead of us would end candles that have hardly begun.
    due = market.candles.due <= row.venue_at <= row.at + MINUTE
    if due and concerns & _MARKET_TIME != 0:
        pass_time(market.candles, row.venue_at)
    closed = closings_to_tell(market.candles)
    if closed != 0:
        say(desk.venue, _CANDLES, row.symbol, row.at, 0, 0, 0, closed)


@woven
def end_of_depth(desk, market, row):
    """A depth message is whole: settle the book, watch exits, measure, judge."""
    venue = desk.venue
    book = market.book
    settle_book(book)
    at = row.at
    book.at = at
    book.venue_at = row.venue_at
    book.version = row.sequence
    if book.crossed == 1:
        # A snapshot that comes to nothing is a loss like any other: somebody must hear of it.
        book.ready |= market.snapshot_pending
        lose(market, venue, row.symbol, at, _CROSSED)
        return
    if market.snapshot_pending == 1 and book.bids.best >= 0 and book.asks.best >= 0:
        market.snapshot_pending = 0
        book.ready = 1
        say(venue, _BOOK_READY, row.symbol, at, 0, 0, 0, 0)
        snapshot_shown(market.taken, book, at)
        if venue.resting > 0:
            show_book(venue, row.symbol, book, market.taken)
    if book.ready == 0 or book.bids.best < 0 or book.asks.best < 0:
        look_away(market)
        return
    if market.seconds.on == 1:
        watch_depth(market, at, row.venue_at)
    if market.quotes.count > 0:
        check_top(market.quotes, row.sequence, best_bid(book), best_ask(book))
    if venue.resting > 0:
        match_crossing(venue, row.symbol, at, book, market.taken)
    if venue.waiting > 0:
        watch_touch(venue, row.symbol, at, book)
    if market.exits.armed == 1:
        watch_exit(venue, market, row.symbol, at)
    # After the exits: what is to be left is not quoted again.
    if market.quoting.on == 1 and quotes_are_due(market.quoting, book, at):
        say(venue, _QUOTES_DUE, row.symbol, at, 0, 0, 0, 0)
    features = market.features
    if at < features.next_evaluation_at:
        return
    session = session_at(desk.schedule, at)
    parameters = desk.schedule.parameters[session]
    features.session = session
    measure(features, book, market.tape, parameters, at)
    direction = judge(market.flash, features, book, parameters, at)
    if direction != 0:
        tell_signal(desk, market, row.symbol, at, direction)


@woven
def tell_signal(desk, market, symbol, at, direction):
    """To sell where nothing is held or on order asks nothing of anybody: it is told with what is
    said next."""
    venue = desk.venue
    number = desk.raised
    desk.raised += 1
    copy_signal(market.flash, desk.signals[number])
    heard = np.int64(direction == _BUYER or market.stake.held > 0 or venue.open > 0)
    desk.unheard += 1 - heard
    say(venue, _SIGNAL, symbol, at, number, 0, heard, direction)


def _advance_named(name, *, nogil):
    """numba's cache tells functions apart by name and code alone: one body compiled under two
    options would load whichever was compiled first. A door that calls the loop would have all of
    it optimised twice."""
    code = _advance.__code__.replace(co_name=name, co_qualname=name)
    return njit(cache=True, error_model="numpy", nogil=nogil)(FunctionType(code, globals()))


advance_live = _advance_named("advance_live", nogil=False)
"""For one frame: holding the GIL spares a hand-over that a busy thread would stretch."""

advance_batch = _advance_named("advance_batch", nogil=True)
"""For millions of rows: other threads run meanwhile."""
