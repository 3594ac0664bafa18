"""Rolling windows and candles against sums over a plain list of prints."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import (
    START,
    a_depth_message,
    a_loss_message,
    a_plan,
    a_snapshot_message,
    a_trades_message,
    joined,
)
from tests.paper_exchange import PaperExchange
from trading_agent.domain.market_rows import LossReason, Rows
from trading_agent.domain.order import Side
from trading_agent.domain.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from trading_agent.market.candles import ALLOWANCE, HISTORY, TIMEFRAMES
from trading_agent.market.tape import FIXED_WINDOWS, PRINTS, SESSION_WINDOW, WINDOWS
from trading_agent.signals.settings import SessionSettings, SignalOverrides

SESSION_WINDOW_MS = 700
PLAN = a_plan(signal={"trade_flow_window_ms": SESSION_WINDOW_MS})
LENGTHS = (*FIXED_WINDOWS, SESSION_WINDOW_MS * MILLISECOND)


@dataclass(frozen=True)
class Print:
    at: int
    venue_at: int
    price: int
    signed: int

    def rows(self) -> Rows:
        side = Side.BUY if self.signed > 0 else Side.SELL
        rows = a_trades_message((side, self.price, abs(self.signed)), venue_at=self.venue_at)
        rows["at"] = self.at
        return rows


def flows(exchange: PaperExchange) -> list[tuple[int, int]]:
    recorded = exchange.market()["tape"]["flows"]
    return [(int(flow["bought"]), int(flow["sold"])) for flow in recorded]


def sums(prints: list[Print], now: int) -> list[tuple[int, int]]:
    """Bought and sold in each window; only the newest prints are remembered."""
    newest = prints[-PRINTS:]
    totals = []
    for length in LENGTHS:
        inside = [each.signed for each in newest if each.at >= now - length]
        totals.append(
            (sum(lots for lots in inside if lots > 0), -sum(lots for lots in inside if lots < 0))
        )
    return totals


signed_lots = st.integers(-90, 90).filter(bool)
pauses = st.sampled_from((0, 1, 50, 300, 701, 2_000, 31_000))


@given(bursts=st.lists(st.tuples(pauses, st.lists(signed_lots, max_size=6)), max_size=40))
@settings(max_examples=60)
def test_windows_hold_exactly_the_prints_of_their_length(
    bursts: list[tuple[int, list[int]]],
) -> None:
    exchange, prints, now = PaperExchange(plan=PLAN), list[Print](), int(START)
    for pause, lots in bursts:
        now += pause * MILLISECOND
        for each in lots:
            prints.append(Print(now, now, 10_000, each))
            exchange.recorded(prints[-1].rows())
        exchange.recorded(a_snapshot_message(at=now))
        assert flows(exchange) == sums(prints, now)
        bought, sold = sums(prints, now)[SESSION_WINDOW]
        share = (bought - sold) / (bought + sold) if bought + sold else 0.0
        assert exchange.market()["features"]["trade_flow"] == share


@pytest.mark.parametrize("spacing", [0, 100_000, 1_000_000, 12_000_000])
def test_windows_start_at_the_oldest_print_remembered(spacing: int) -> None:
    exchange = PaperExchange(plan=PLAN)
    prints = [
        Print(START + number * spacing, START + number * spacing, 10_000, number % 7 - 3 or 5)
        for number in range(PRINTS + 1_500)
    ]
    for first in range(0, len(prints), 1_399):
        part = prints[first : first + 1_399]
        exchange.recorded(joined([each.rows() for each in part]))
        exchange.recorded(a_snapshot_message(at=part[-1].at))
        assert flows(exchange) == sums(prints[: first + len(part)], part[-1].at)
    assert len(flows(exchange)) == WINDOWS


def test_windows_overrun_between_two_evaluations_still_add_up() -> None:
    """No depth message for longer than the tape remembers."""
    exchange = PaperExchange(plan=PLAN)
    prints = [Print(START + number, START + number, 10_000, 1) for number in range(3 * PRINTS)]
    exchange.recorded(joined([each.rows() for each in prints]))
    exchange.recorded(a_snapshot_message(at=prints[-1].at))
    assert flows(exchange) == sums(prints, prints[-1].at) == [(PRINTS, 0)] * WINDOWS


def test_a_session_with_a_longer_window_counts_prints_from_before_it_began() -> None:
    late = SessionSettings(
        start_hour=13, end_hour=14, signal=SignalOverrides(trade_flow_window_ms=60_000)
    )
    plan = PLAN.model_copy(update={"sessions": {"LATE": late}})
    exchange, one_o_clock = PaperExchange(plan=plan), START + HOUR
    prints = [Print(at, at, 10_000, 2) for at in range(START, one_o_clock, 10 * SECOND)]
    exchange.recorded(joined([each.rows() for each in prints]))
    windows = []
    for at in (one_o_clock - 1, one_o_clock):
        exchange.recorded(a_snapshot_message(at=at))
        windows.append(flows(exchange)[SESSION_WINDOW])
    assert windows == [(0, 0), (2 * 6, 0)]


Candle = tuple[int, int, int, int, int, int, int, int, int]
"""open_at, open, high, low, close, volume, prints, whole, missing."""


@dataclass
class Heard:
    """A message. `time`: what ends by then has ended with it. `since`, `away`: when the stream of
    trades had come last, and whether it was away, before it; `since_then`: and after it."""

    time: int
    since: int
    away: bool
    since_then: int


class PlainCandles:
    """What candles have to be, worked out anew from everything that was heard."""

    def __init__(self) -> None:
        self.prints: list[tuple[int, Print]] = []
        """Those in time, each with the number of its message."""
        self.late = 0
        self._heard: list[Heard] = []
        self._since, self._away = 0, True

    def take_print(self, each: Print) -> None:
        second = beginning(each, SECOND)
        if second < self._over():
            self.late += 1
            self._note(each.venue_at, each.venue_at - ALLOWANCE)
            return
        self.prints.append((len(self._heard), each))
        self._note(each.venue_at, second)

    def take_depth(self, venue_at: int) -> None:
        self._note(venue_at, venue_at - ALLOWANCE)

    def lose(self) -> None:
        self._away = True
        self._heard.append(Heard(0, self._since, True, self._since))

    def _note(self, venue_at: int, time: int) -> None:
        self._heard.append(Heard(time, self._since, self._away, self._since))
        if self._away:
            self._since, self._away = max(venue_at, self._over()), False
            self._heard[-1].since_then = self._since

    def _over(self) -> int:
        """Where the newest print's second begins, or the newest finished candle ends."""
        begun = [beginning(each, SECOND) for _, each in self.prints[-1:]]
        ends = [length + each[0] for length in TIMEFRAMES for each in self.of(length)[0][-1:]]
        return max([SECOND, *begun, *ends])

    def of(self, length: int) -> tuple[list[Candle], Candle | None]:
        """The finished ones, and the open one: a longer one holds finished seconds alone."""
        groups: dict[int, list[tuple[int, Print]]] = {}
        for number, each in self.prints:
            begun = number if length == SECOND else self._end(number, each, SECOND)
            if begun is not None:
                groups.setdefault(beginning(each, length), []).append((begun, each))
        finished: list[Candle] = []
        for open_at, inside in groups.items():
            begun, first = inside[0]
            heard = self._heard[begun]
            since = heard.since_then if length == SECOND else heard.since
            missing = 0
            if finished:
                known = min(since - since % length, open_at)
                missing = max(known - finished[-1][0] - length, 0) // length
            ended = self._end(begun, first, length)
            whole = self._whole(open_at, None if ended is None else self._heard[ended])
            candle = one_candle(open_at, [each for _, each in inside], whole, missing)
            if ended is None:
                return finished, candle
            finished.append(candle)
        return finished, None

    def _end(self, begun: int, each: Print, length: int) -> int | None:
        """The number of the message that ended the candle of this print."""
        end = beginning(each, length) + length
        later = range(begun, len(self._heard))
        return next((number for number in later if self._heard[number].time >= end), None)

    def _whole(self, open_at: int, ended: Heard | None) -> bool:
        if ended is None:
            return not self._away and open_at > self._since
        return not ended.away and open_at > ended.since


def beginning(each: Print, length: int) -> int:
    """Of its candle."""
    return each.venue_at - each.venue_at % length


def one_candle(open_at: int, prints: list[Print], whole: bool, missing: int) -> Candle:
    prices = [each.price for each in prints]
    volume = sum(abs(each.signed) for each in prints)
    return (
        open_at,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        volume,
        len(prints),
        int(whole),
        missing,
    )


def remembered(series: Any) -> tuple[list[Candle], Candle | None]:
    count = int(series["count"])
    past = [series["past"][n % HISTORY].item() for n in range(max(count - HISTORY, 0), count)]
    return past, series["now"].item() if series["now"]["open_at"] else None


def assert_candles(exchange: PaperExchange, plain: PlainCandles) -> None:
    candles = exchange.market()["candles"]
    assert candles["late"] == plain.late
    for length, series in zip(TIMEFRAMES, candles["series"], strict=True):
        assert series["length"] == length
        finished, now = plain.of(length)
        assert remembered(series) == (finished[-HISTORY:], now)
        assert series["count"] == len(finished)


# Within a second, across seconds, gaps of every timeframe, and what comes late.
moves = st.sampled_from(
    (0, 1, 200 * MILLISECOND, SECOND, 4 * SECOND, 40 * SECOND, 3 * MINUTE, HOUR, 5 * HOUR, DAY)
)
lateness = st.sampled_from((0, 0, 0, 300 * MILLISECOND, 2 * SECOND, 10 * MINUTE))
kinds = st.sampled_from(("print", "print", "print", "depth", "depth", "lost", "gap"))


@given(
    script=st.lists(
        st.tuples(moves, lateness, kinds, st.integers(9_000, 11_000), signed_lots), max_size=60
    ),
    at_once=st.booleans(),
)
@settings(max_examples=300)
def test_candles_of_every_timeframe_are_those_of_what_was_heard(
    script: list[tuple[int, int, str, int, int]], at_once: bool
) -> None:
    exchange, plain, now = PaperExchange(), PlainCandles(), int(START)
    messages = []
    for move, late, kind, price, lots in script:
        now += move
        if kind == "print":
            each = Print(now, now - late, price, lots)
            plain.take_print(each)
            messages.append(each.rows())
        elif kind == "depth":
            plain.take_depth(now - late)
            messages.append(a_depth_message(bids=[(1, 1)], at=now, venue_at=now - late))
        elif kind == "lost":
            plain.lose()
            messages.append(a_loss_message(LossReason.DISCONNECTED, at=now, venue_at=0))
        else:
            messages.append(a_loss_message(LossReason.GAP, at=now))
    for rows in [joined(messages)] if at_once and messages else messages:
        exchange.recorded(rows)
    assert_candles(exchange, plain)


def test_more_candles_than_are_remembered_leave_the_newest() -> None:
    exchange, plain = PaperExchange(), PlainCandles()
    prints = [
        Print(START, START + number * 700 * MILLISECOND, 10_000 + number % 13, number % 5 + 1)
        for number in range(0, 3 * HISTORY, 2)
    ]
    for each in prints:
        plain.take_print(each)
    exchange.recorded(joined([each.rows() for each in prints]))
    assert_candles(exchange, plain)
    assert exchange.market()["candles"]["series"][0]["count"] > HISTORY
