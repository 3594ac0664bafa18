"""Rolling windows and candles against sums over a plain list of prints."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START, a_plan, a_snapshot_message, a_trades_message, joined
from tests.paper_exchange import PaperExchange
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.order import Side
from trading_agent.domain.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from trading_agent.market.candles import HISTORY, TIMEFRAMES
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


Candle = tuple[int, int, int, int, int, int, int, int]
"""open_at, open, high, low, close, volume, prints, whole."""


def one_candle(open_at: int, prints: list[Print], whole: bool) -> Candle:
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
    )


def grouped(prints: Iterable[Print], length: int) -> list[Candle]:
    groups: dict[int, list[Print]] = {}
    for each in prints:
        groups.setdefault(each.venue_at - each.venue_at % length, []).append(each)
    return [
        one_candle(open_at, inside, whole=index > 0)
        for index, (open_at, inside) in enumerate(groups.items())
    ]


def in_time(prints: list[Print]) -> list[Print]:
    """Without those of a second that a later one has already ended."""
    kept: list[Print] = []
    for each in prints:
        if not kept or each.venue_at // SECOND >= kept[-1].venue_at // SECOND:
            kept.append(each)
    return kept


def expected(prints: list[Print], length: int) -> list[Candle]:
    """Finished candles, then the open one. Longer candles hold finished seconds only."""
    kept = in_time(prints)
    if length > SECOND and kept:
        open_second = kept[-1].venue_at // SECOND
        kept = [each for each in kept if each.venue_at // SECOND < open_second]
    return grouped(kept, length)


def remembered(series: Any) -> list[Candle]:
    count = int(series["count"])
    past = [series["past"][n % HISTORY].item() for n in range(max(count - HISTORY, 0), count)]
    return [*past, series["now"].item()] if series["now"]["open_at"] else past


def assert_candles(exchange: PaperExchange, prints: list[Print]) -> None:
    candles = exchange.market()["candles"]
    assert candles["late"] == len(prints) - len(in_time(prints))
    for length, series in zip(TIMEFRAMES, candles["series"], strict=True):
        assert series["length"] == length
        every = expected(prints, length)
        assert remembered(series) == every[-HISTORY - 1 :]
        assert series["count"] == max(len(every) - 1, 0)


# Within a second, across seconds, gaps of every timeframe, and prints that come late.
moves = st.sampled_from(
    (0, 1, 200 * MILLISECOND, SECOND, 4 * SECOND, 40 * SECOND, 3 * MINUTE, HOUR, 5 * HOUR, DAY)
)
lateness = st.sampled_from((0, 0, 0, 300 * MILLISECOND, 2 * SECOND, 10 * MINUTE))


@given(
    script=st.lists(
        st.tuples(moves, lateness, st.integers(9_000, 11_000), signed_lots), max_size=120
    )
)
@settings(max_examples=60)
def test_candles_of_every_timeframe_are_those_of_the_prints(
    script: list[tuple[int, int, int, int]],
) -> None:
    exchange, prints, now = PaperExchange(), list[Print](), int(START)
    for move, late, price, lots in script:
        now += move
        prints.append(Print(now, now - late, price, lots))
    if prints:
        exchange.recorded(joined([each.rows() for each in prints]))
    assert_candles(exchange, prints)


def test_more_candles_than_are_remembered_leave_the_newest() -> None:
    exchange = PaperExchange()
    prints = [
        Print(START, START + number * 700 * MILLISECOND, 10_000 + number % 13, number % 5 + 1)
        for number in range(5 * HISTORY)
    ]
    exchange.recorded(joined([each.rows() for each in prints]))
    assert_candles(exchange, prints)
    assert exchange.market()["candles"]["series"][0]["count"] > HISTORY
