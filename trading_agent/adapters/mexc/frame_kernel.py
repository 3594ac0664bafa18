"""Frame to rows, compiled: one pass over the wire bytes, decimals straight to integers.

numba checks no bounds, so every read here stands behind a comparison with the end of what
is read, and every length is compared with what is left before it is used.
"""

# mypy: disallow-untyped-decorators=False
# ruff: noqa: C901, PLR0912, PLR0915
# One long function: a compiled callee that takes an array counts references for every level
# of a book, and inlined ones made it slower by half and its compilation a minute long.

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trading_agent.adapters.mexc.decoded_frame import MAX_MILLISECONDS, MAX_SECONDS, FrameKind
from trading_agent.domain.market_rows import RowFlag, RowKind
from trading_agent.domain.units import MILLISECOND, SECOND

SURPRISE: Final = -1
FULL: Final = -2

# A row as six integers; the sixth holds kind, flags and symbol (16, 16 and 32 bits, lowest
# first). A structured array costs twice as much to pass to a compiled function.
ROW_WORDS: Final = 6
_VENUE_AT: Final = 1
_SEQUENCE: Final = 2
_PRICE: Final = 3
_SIZE: Final = 4
_TAIL: Final = 5
_FLAGS_SHIFT: Final = 16
_SYMBOL_SHIFT: Final = 32
_TIMEFRAME_SHIFT: Final = 24

# A route as integers; its channel's name at the end, a byte each, holds symbol and argument.
ROUTE_BODY: Final = 0
ROUTE_SYMBOL: Final = 1
ROUTE_PRICE_DECIMALS: Final = 2
ROUTE_SIZE_DECIMALS: Final = 3
ROUTE_TIMEFRAME: Final = 4
ROUTE_LENGTH: Final = 5
ROUTE_SYMBOL_AT: Final = 6
ROUTE_SYMBOL_LENGTH: Final = 7
ROUTE_ARGUMENT_AT: Final = 8
ROUTE_ARGUMENT_LENGTH: Final = 9
ROUTE_NAME: Final = 10

_DEPTH: Final = int(FrameKind.DEPTH)
_TRADES: Final = int(FrameKind.TRADES)
_BOOK_TICKER: Final = int(FrameKind.BOOK_TICKER)
_FIRST_BODY: Final = 301
_LAST_BODY: Final = 315

_BID: Final = int(RowKind.BID)
_ASK: Final = int(RowKind.ASK)
_BUY: Final = int(RowKind.BUY)
_BEST_BID: Final = int(RowKind.BEST_BID)
_KLINE_OPEN: Final = int(RowKind.KLINE_OPEN)
_LAST: Final = int(RowFlag.LAST)

# How a field is read. From _TEXT on it has a length, from _WHOLE on it is a decimal.
_UNKNOWN: Final = 0
_INTEGER: Final = 1
_TEXT: Final = 2
_CHANNEL: Final = 3
_SYMBOL: Final = 4
_ARGUMENT: Final = 5
_ITEM: Final = 6
_WHOLE: Final = 7
_PRICES: Final = 8
_SIZES: Final = 9

_LAST_FIELD: Final = 9
_WRAPPER: Final = _LAST_BODY - _FIRST_BODY + 1
_LEVEL: Final = _WRAPPER + 1
_FORMS: Final = np.zeros((_LEVEL + 1, _LAST_FIELD + 1), np.int64)
"""Form of a field by message and field number: bodies by their number less that of the
first, then the wrapper, then levels and deals. A level has no field 3 to 5; whether they are
read or skipped there, nobody looks at them."""
_FORMS[_DEPTH - _FIRST_BODY, 1:6] = _ITEM, _ITEM, _TEXT, _WHOLE, _WHOLE
_FORMS[_TRADES - _FIRST_BODY, 1:3] = _ITEM, _TEXT
_FORMS[_BOOK_TICKER - _FIRST_BODY, 1:6] = _PRICES, _SIZES, _PRICES, _SIZES, _WHOLE
_FORMS[FrameKind.KLINE - _FIRST_BODY, 1:3] = _ARGUMENT, _INTEGER
_FORMS[FrameKind.KLINE - _FIRST_BODY, 3:7] = _PRICES
_FORMS[FrameKind.KLINE - _FIRST_BODY, 7:10] = _SIZES, _TEXT, _INTEGER
_FORMS[_WRAPPER, 1:7] = _CHANNEL, _UNKNOWN, _SYMBOL, _TEXT, _INTEGER, _INTEGER
_FORMS[_LEVEL, 1:6] = _PRICES, _SIZES, _INTEGER, _INTEGER, _TEXT

_PAST_END: Final = 1 << 40


@njit(cache=True, error_model="numpy", nogil=False)
def decode_rows(
    frame: NDArray[np.uint8],
    length: int,
    routes: NDArray[np.int64],
    cells: NDArray[np.int64],
    first_row: int,
) -> tuple[int, int, int, int, int, bool]:
    """Read `frame[:length]` into `cells`, zeros so far, from row `first_row` on.

    Answers with the number of rows, the route, the first and last version, the time of
    sending, and whether the rows stand in the order they must be handed out in: asks before
    bids, deals oldest first. A negative number says why there are none: SURPRISE or FULL.

    One walk over the wrapper finds its parts, in whatever order they stand; the same loop
    then goes over the body, and from there in and out of its levels or deals. Leaving the
    loop is a surprise unless `reply` was told otherwise.
    """
    reply = SURPRISE
    channel = symbol = body = route = -1
    channel_length = symbol_length = body_length = number = 0
    sent = price_decimals = size_decimals = tail = newest = 0
    row = first_row
    in_order = True
    # Fields of a message by number; a level or deal has its own.
    price = size = trade_type = time = side = -1
    field_1 = field_2 = field_3 = field_4 = field_5 = field_6 = field_7 = -1
    field_9 = -1

    at = 0
    end = length
    message = _WRAPPER
    while at <= end:
        if at == end and message == _LEVEL:
            if price < 1 or size < 0:
                break
            if row >= cells.shape[0]:
                reply = FULL
                break
            cells[row, _PRICE] = price
            cells[row, _SIZE] = size
            if number == _DEPTH:
                cells[row, _VENUE_AT] = sent
                cells[row, _TAIL] = tail | (_ASK if side == 1 else _BID)
                order = side
            else:
                if trade_type < 1 or trade_type > 2 or time < 1 or time > MAX_MILLISECONDS:
                    break
                cells[row, _VENUE_AT] = time * MILLISECOND
                cells[row, _TAIL] = tail | (_BUY - 1 + trade_type)
                order = time
            in_order = in_order and order >= newest
            newest = order
            row += 1
            message = number - _FIRST_BODY
            end = body + body_length
            continue
        if at == end and message == _WRAPPER:
            # Which channel is this, and is it what that channel sends?
            sent = field_5 if field_6 <= 0 else field_6
            if channel < 0 or body < 0 or sent > MAX_MILLISECONDS:
                break
            sent = max(sent, 0) * MILLISECOND
            for index in range(routes.shape[0]):
                left = channel_length
                if routes[index, ROUTE_LENGTH] != left:
                    continue
                while left > 0:
                    if routes[index, ROUTE_NAME + left - 1] != frame[channel + left - 1]:
                        break
                    left -= 1
                if left == 0:
                    route = index
                    break
            if route < 0 or routes[route, ROUTE_BODY] != number:
                break
            if symbol >= 0:
                left = symbol_length
                if routes[route, ROUTE_SYMBOL_LENGTH] != left:
                    break
                named = ROUTE_NAME + int(routes[route, ROUTE_SYMBOL_AT]) - 1
                while left > 0 and routes[route, named + left] == frame[symbol + left - 1]:
                    left -= 1
                if left > 0:
                    break
            price_decimals = int(routes[route, ROUTE_PRICE_DECIMALS])
            size_decimals = int(routes[route, ROUTE_SIZE_DECIMALS])
            tail = int(routes[route, ROUTE_SYMBOL]) << _SYMBOL_SHIFT
            field_5 = field_6 = -1
            message = number - _FIRST_BODY
            at = body
            end = body + body_length
            continue
        if at == end:
            reply = 0
            break

        # A field: its tag, of at most 28 bits.
        tag = int(frame[at])
        at += 1
        if tag >= 128:
            tag &= 127
            shift = 7
            byte = 128
            while byte >= 128 and at < end and shift <= 21:
                byte = int(frame[at])
                at += 1
                tag |= (byte & 127) << shift
                shift += 7
            if byte >= 128:
                break
        field = tag >> 3
        wire_type = tag & 7
        form = int(_FORMS[message, field]) if field <= _LAST_FIELD else _UNKNOWN

        # Its value: a varint of at most 63 bits, or the length of what follows, of 28.
        value = _PAST_END
        if wire_type == 0 or wire_type == 2:
            if at == end:
                break
            value = int(frame[at])
            at += 1
            if value >= 128:
                value &= 127
                shift = 7
                most = 56 if wire_type == 0 else 21
                byte = 128
                while byte >= 128 and at < end and shift <= most:
                    byte = int(frame[at])
                    at += 1
                    value |= (byte & 127) << shift
                    shift += 7
                if byte >= 128:
                    break
        elif wire_type == 1:
            value = 8
        elif wire_type == 5:
            value = 4
        if field == 0 or (wire_type != 0 and value > end - at):
            break
        if wire_type == 0 and form != _INTEGER:
            continue
        if wire_type == 1 or wire_type == 5:
            at += value
            continue
        if wire_type == 2:
            start = at
            stop = at + value
            if form >= _WHOLE:
                # ASCII decimal to an integer, exactly, and of no more than 18 digits.
                missing = 0
                if form == _PRICES:
                    missing = price_decimals
                elif form == _SIZES:
                    missing = size_decimals
                most = 18 - missing
                value = 0
                while at < stop:
                    digit = int(frame[at]) - 48
                    if digit < 0 or digit > 9:
                        break
                    value = value * 10 + digit
                    at += 1
                whole = at - start
                if whole == 0 or whole > most or (whole > 1 and frame[start] == 48):
                    break
                if at < stop:
                    if frame[at] != 46 or stop - at < 2 or stop - at > 19:
                        break
                    at += 1
                    while at < stop:
                        digit = int(frame[at]) - 48
                        if digit < 0 or digit > 9 or (missing == 0 and digit > 0):
                            break
                        if missing > 0:
                            value = value * 10 + digit
                            missing -= 1
                        at += 1
                    if at < stop:
                        break
                while missing > 0:
                    value *= 10
                    missing -= 1
            elif form == _ITEM:
                price = size = trade_type = time = -1
                side = field
                message = _LEVEL
                end = stop
                continue
            elif form == _TEXT:
                # Nobody reads it, but the library would refuse a broken encoding.
                seen = 0
                while at < stop:
                    seen |= int(frame[at])
                    at += 1
                if seen >= 128:
                    break
                continue
            elif form == _ARGUMENT:
                left = value
                if routes[route, ROUTE_ARGUMENT_LENGTH] != left:
                    break
                named = ROUTE_NAME + int(routes[route, ROUTE_ARGUMENT_AT]) - 1
                while left > 0 and routes[route, named + left] == frame[start + left - 1]:
                    left -= 1
                if left > 0:
                    break
                at = stop
            else:
                at = stop
                if form == _CHANNEL:
                    if channel >= 0:
                        break
                    channel = start
                    channel_length = value
                elif form == _SYMBOL:
                    if symbol >= 0:
                        break
                    symbol = start
                    symbol_length = value
                elif message == _WRAPPER and _FIRST_BODY <= field <= _LAST_BODY:
                    if body >= 0:
                        break
                    body = start
                    body_length = value
                    number = field
                continue

        if message == _LEVEL:
            if field == 1:
                price = value
            elif field == 2:
                size = value
            elif field == 3:
                trade_type = value
            else:
                time = value
        elif field == 1:
            field_1 = value
        elif field == 2:
            field_2 = value
        elif field == 3:
            field_3 = value
        elif field == 4:
            field_4 = value
        elif field == 5:
            field_5 = value
        elif field == 6:
            field_6 = value
        elif field == 7:
            field_7 = value
        else:
            field_9 = value

    # The body is read: is all there that must be?
    first = last = 0
    if reply < 0:
        pass
    elif number == _DEPTH:
        first, last = field_4, field_5
        if first < 0 or last < first:
            reply = SURPRISE
    elif number == _BOOK_TICKER:
        if field_1 < 1 or field_2 < 0 or field_3 < 1 or field_4 < 0:
            reply = SURPRISE
        elif row + 2 > cells.shape[0]:
            reply = FULL
        else:
            first = last = max(field_5, 0)
            for step in range(2):
                cells[row, _VENUE_AT] = sent
                cells[row, _PRICE] = field_1 if step == 0 else field_3
                cells[row, _SIZE] = field_2 if step == 0 else field_4
                cells[row, _TAIL] = tail | (_BEST_BID + step)
                row += 1
    elif number != _TRADES:
        most = min(field_3, field_4, field_5, field_6)
        timely = 0 < field_2 < field_9 <= MAX_SECONDS
        if field_1 < 0 or most < 1 or field_7 < 0 or not timely:
            reply = SURPRISE
        elif row + 5 > cells.shape[0]:
            reply = FULL
        else:
            tail |= int(routes[route, ROUTE_TIMEFRAME]) << _TIMEFRAME_SHIFT
            for step in range(5):
                cells[row, _VENUE_AT] = field_2 * SECOND
                cells[row, _PRICE] = 0
                cells[row, _SIZE] = 0
                cells[row, _TAIL] = tail | (_KLINE_OPEN + step)
                row += 1
            cells[row - 5, _PRICE] = field_3
            cells[row - 4, _PRICE] = field_5
            cells[row - 3, _PRICE] = field_6
            cells[row - 2, _PRICE] = field_4
            cells[row - 1, _SIZE] = field_7
    if reply == 0 and row > first_row:
        for written in range(first_row, row):
            cells[written, _SEQUENCE] = last
        cells[row - 1, _TAIL] |= _LAST << _FLAGS_SHIFT
        reply = row - first_row
    # The compiler counts no references to arrays that every way through lets go of here.
    _held = frame.size + routes.size + cells.size
    return reply, route, first, last, sent, in_order
