"""The board fits its terminal, says what matters, and colours only sides and profits."""

import io
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console
from rich.segment import Segment

from tests.run_statuses import (
    NOW,
    busy_snapshot,
    lead_view,
    order_view,
    position_view,
    run_status,
    symbol_view,
    timeframe_view,
)
from trading_agent.cli.board import line, render
from trading_agent.domain.order import Side
from trading_agent.domain.snapshot import BalanceView, CandlestickView
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.run_terms import RunStatus

SIZES = ((80, 24), (100, 30), (120, 40))
NOTES = ("core started", "mexc-1 restarting: closed", "BTCUSDC MAY BE CLOSED to the API")


def segments(status: RunStatus, width: int, height: int, encoding: str = "utf-8") -> list[Segment]:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(
        file=file, width=width, height=height, force_terminal=True, color_system="truecolor"
    )
    return list(console.render(render(status, 133.0)))


def lines(status: RunStatus, width: int = 80, height: int = 24) -> list[str]:
    text = "".join(segment.text for segment in segments(status, width, height))
    return [each.rstrip() for each in text.split("\n")]


def line_with(board: list[str], start: str) -> str:
    (found,) = (each for each in board if each.startswith(start))
    return " ".join(found.split())


def crowded(pairs: int) -> RunStatus:
    names = [f"COIN{index}USDC" for index in range(pairs)]
    snapshot = busy_snapshot(
        symbols=tuple(symbol_view(name) for name in names),
        positions=tuple(position_view(name) for name in names),
        open_orders=tuple(order_view(index) for index in range(pairs)),
        balances=tuple(
            BalanceView(asset=name, free=Decimal("1.5"), locked=Decimal(0)) for name in names
        ),
    )
    return run_status(snapshot, *NOTES)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    "status",
    [run_status(busy_snapshot(), *NOTES), crowded(1), crowded(8), crowded(50)],
    ids=["busy", "one", "eight", "fifty"],
)
def test_the_board_fits_and_cuts_no_number(status: RunStatus, size: tuple[int, int]) -> None:
    width, height = size
    board = lines(status, width, height)
    assert len(board) < height
    assert max(map(len, board)) <= width
    numbers = [each for each in board if not each.startswith(("COIN", "BTC", "ETH")) or "." in each]
    assert not re.search(r"\d…", "\n".join(numbers))
    assert board[0].startswith("FLASH TRADING")
    assert any(each.startswith("equity") for each in board)


@given(
    width=st.integers(40, 200),
    height=st.integers(24, 80),
    pairs=st.integers(0, 12),
    held=st.integers(0, 12),
    notes=st.lists(st.text(max_size=200), max_size=6),
)
def test_any_desk_fits_any_terminal(
    width: int, height: int, pairs: int, held: int, notes: list[str]
) -> None:
    snapshot = busy_snapshot(
        symbols=tuple(symbol_view(f"S{index}USDC") for index in range(pairs)),
        positions=tuple(position_view(f"S{index}USDC") for index in range(held)),
    )
    board = segments(run_status(snapshot, *notes), width, height)
    drawn = Segment.split_lines(board)
    assert len(list(drawn)) < height
    assert all(Segment.get_line_length(each) <= width for each in Segment.split_lines(board))


def test_a_simulated_market_is_called_so_and_a_live_one_is_not() -> None:
    simulated = run_status(busy_snapshot())
    live = run_status(busy_snapshot(simulated=False, venue="mexc", source="public streams"))
    for width, height in SIZES:
        assert "SIMULATED MARKET" in lines(simulated, width, height)[0]
        assert "SIMULATED" not in "".join(lines(live, width, height))
    assert "mexc, public streams" in lines(live)[0]
    assert "SIMULATED MARKET" in line(simulated, 1.0)
    assert "SIMULATED" not in line(live, 1.0)


def test_a_narrow_board_shows_the_essentials_of_a_pair() -> None:
    board = lines(run_status(busy_snapshot()))
    bitcoin, ether = (
        " ".join(each.split()) for each in board if re.match(r"(BTC|ETH)USDC +\d.*ms$", each)
    )
    assert bitcoin == "BTCUSDC 61,234.50 61,234.51 0.0016 █▌ +0.42 BUY 0.82, 12 s ago 34 ms"
    assert ether == "ETHUSDC 2,612.33 2,612.40 0.27 ██ -0.61 SELL 0.35, 4 min ago 1800 ms"
    assert "EUROPE" in board[1]


@pytest.mark.parametrize("width", [80, 100, 110, 120, 160])
def test_the_session_is_named_whatever_the_width(width: int) -> None:
    board = lines(run_status(busy_snapshot()), width, 40)
    assert any("EUROPE  13:05:00 UTC" in each for each in board)


def test_a_wide_board_shows_everything_of_a_pair() -> None:
    board = lines(run_status(busy_snapshot()), 120, 40)
    assert any("+1.23" in each and "3.21" in each.split() for each in board)
    assert any("Momentum bps" in each and "Volatility bps" in each for each in board)


def test_what_rounds_to_zero_is_not_below_it() -> None:
    quiet = symbol_view(imbalance=-0.001, momentum_bps=-0.004)
    text = "\n".join(lines(run_status(busy_snapshot(symbols=(quiet,))), 120, 40))
    assert text.count("+0.00") == 2
    assert "-0.00" not in text


def test_it_says_why_there_is_no_trade() -> None:
    clear = symbol_view("MXUSDC", obstacles=())
    board = lines(run_status(busy_snapshot(symbols=(symbol_view(), clear))), 120, 40)
    assert "BTCUSDC  a position is open; cooling down for 3.0 s" in board
    assert "MXUSDC   nothing stands in the way" in board


def test_a_desk_that_does_not_trade_says_why() -> None:
    status = run_status(busy_snapshot(trading=False, why_not_trading="paused by\na person"))
    assert lines(status)[1].startswith("NOT TRADING: paused by a person")
    assert "NOT TRADING: paused by a person" in line(status, 1.0)
    assert lines(run_status(busy_snapshot()))[1].startswith("TRADING on paper")


def test_a_position_is_shown_with_its_exits() -> None:
    board = lines(run_status(busy_snapshot()))
    assert line_with(board, "BTCUSDC  0.004") == (
        "BTCUSDC 0.004082 61,230.12 61,234.50 +0.0179 61,352.59 61,168.90 1:05"
    )
    bare = position_view(mark_price=None, take_profit=None, stop=None, deadline=Nanos(0))
    board = lines(run_status(busy_snapshot(positions=(bare,))))
    assert line_with(board, "BTCUSDC  0.004") == "BTCUSDC 0.004082 61,230.12345679 - +0.0179 - - -"


def test_an_open_order_is_shown_in_words() -> None:
    board = lines(run_status(busy_snapshot()), 120, 40)
    assert line_with(board, "ETHUSDC         12") == (
        "ETHUSDC 12 SELL LIMIT MAKER exit waiting 2,612.34 0.0957 0.01"
    )


def test_what_is_left_out_is_counted() -> None:
    board = lines(crowded(50))
    assert any(re.match(r"Symbol \d/50", each) for each in board)
    assert any(re.match(r"Position \d/50", each) for each in board)
    assert any("and 47 more" in each for each in board)


def test_a_lost_book_and_a_silent_one_are_told() -> None:
    lost = symbol_view(book_ready=False, bid=None, ask=None, last_signal=None)
    late = symbol_view("ETHUSDC", book_at=Nanos(NOW - 90 * SECOND))
    old = symbol_view("MXUSDC", book_at=Nanos(NOW - 200 * MINUTE))
    board = lines(run_status(busy_snapshot(symbols=(lost, late, old), positions=())))
    assert line_with(board, "BTCUSDC         -").startswith("BTCUSDC - - ")
    assert any(each.endswith("no book") for each in board)
    assert any(each.endswith("90 s") for each in board)
    assert any(each.endswith("3 h") for each in board)


def test_green_and_red_mean_side_or_profit_only() -> None:
    for segment in segments(run_status(busy_snapshot(), *NOTES), 120, 40):
        colour = segment.style.color if segment.style else None
        if colour is not None and colour.name in ("green", "red"):
            word = segment.text.strip()
            good = colour.name == "green"
            assert word in ("", "█", "██", "█▌", "BUY" if good else "SELL") or word.startswith(
                "+" if good else "-"
            )


def test_money_is_aligned_to_the_right() -> None:
    board = lines(run_status(busy_snapshot()))
    ends = {
        board_line.index(amount) + len(amount)
        for board_line in board
        for amount in ("10,001.2786", "+1.2608", "-0.0179", "0.1250")
        if amount in board_line and board_line.startswith(("equity", "realised", "unreal", "fees"))
    }
    assert len(ends) == 1


def test_counters_latencies_refusals_and_notes_are_there() -> None:
    text = "\n".join(lines(run_status(busy_snapshot(), *NOTES)))
    for words in (
        "123,456 928/s",
        "4,567,890",
        "1, 3",
        "12, 9",
        "p50 3.4 µs, p99 9.9 µs",
        "p50 38.4 µs, p99 313 µs",
        "position open 14",
        "book stale 2",
        *NOTES,
    ):
        assert words in text


def test_before_the_first_snapshot_it_says_that_it_is_starting() -> None:
    status = run_status(None, "one note")
    assert lines(status) == ["FLASH TRADING  starting", "one note"]
    assert line(status, 61.0) == "0:01:01 starting"


def test_foreign_words_can_neither_break_lines_nor_command_the_terminal() -> None:
    status = run_status(busy_snapshot(source="[red]x[/red]"), "a\nb\x1b[2Jc [bold]d")
    board = lines(status)
    assert "[red]x[/red]" in board[0]
    assert "a b\N{REPLACEMENT CHARACTER}[2Jc [bold]d" in board


def test_a_terminal_without_unicode_gets_plain_signs() -> None:
    drawn = segments(run_status(busy_snapshot(), "naïve… ±1"), 80, 24, encoding="ascii")
    text = "".join(segment.text for segment in drawn)
    assert text.isascii()
    assert "## +0.42" not in text
    assert "#" in text
    assert "na?ve~ ?1" in text


@given(
    elapsed=st.floats(0, 1e8),
    source=st.text(max_size=300),
    why=st.text(max_size=300),
    equity=st.decimals(-(10**12), 10**12, allow_nan=False),
)
def test_the_line_is_one_line_shorter_than_160(
    elapsed: float, source: str, why: str, equity: Decimal
) -> None:
    snapshot = busy_snapshot(source=source, why_not_trading=why, trading=False, equity=equity)
    said = line(run_status(snapshot), elapsed)
    assert len(said) < 160
    assert said.isprintable()


def test_the_line_tells_the_run() -> None:
    assert line(run_status(busy_snapshot()), 133.0) == (
        "0:02:13 SIMULATED MARKET | books 2/2, gaps 1 | frames 123456 | "
        "signals 6, orders 12, fills 9, open 1 | "
        "equity 10001.28 USDC, realised +1.2608 | p99 313 µs"
    )


def test_every_timeframe_is_shown_with_its_trend_and_strength() -> None:
    kept = (
        timeframe_view("1s"),
        timeframe_view("1m", trend=-0.4, rsi=30.0),
        timeframe_view("1h", trend=0.05),
        timeframe_view("4h", trend=None, rsi=None, candles=7),
        timeframe_view("1d", trend=None, rsi=None, candles=0),
    )
    view = symbol_view(timeframes=kept, patterns=(), regime="wild")
    board = lines(run_status(busy_snapshot(symbols=(view,))), 120, 40)
    row = board.index(next(each for each in board if each.startswith("Trend, RSI of"))) + 1
    assert board[row].split() == ["BTCUSDC", *["↑", "61", "↓", "30", "→", "61", "7", "bars", "-"]]
    assert line_with(board[row:], ["BTCUSDC", "wild"][0] + "  wild") == "BTCUSDC wild none yet"


def test_one_bar_is_one_and_a_candle_that_misses_trades_is_marked() -> None:
    kept = (
        timeframe_view("1m", whole=False),
        timeframe_view("1h", trend=None, rsi=None, candles=1),
    )
    view = symbol_view(timeframes=kept, patterns=())
    board = lines(run_status(busy_snapshot(symbols=(view,))), 120, 40)
    row = board.index(next(each for each in board if each.startswith("Trend, RSI of"))) + 1
    assert board[row].split() == ["BTCUSDC", "↑", "61", "gap", "1", "bar"]


def test_patterns_are_told_newest_first_with_where_they_point_to() -> None:
    board = lines(run_status(busy_snapshot()), 200, 50)
    told = next(each for each in board if "trending up" in each)
    assert "BUY double bottom, upward 15m to 61,500, 40 s ago; BUY inverse head" in told


def test_candlesticks_take_only_what_charts_leave() -> None:
    named = CandlestickView(
        timeframe="1h",
        name="engulfing",
        direction=Side.SELL,
        confirmed_at=Nanos(NOW - 20 * SECOND),
        invalidation=61_700.0,
    )
    views = tuple(symbol_view(name, candlesticks=(named,)) for name in ("BTCUSDC", "ETHUSDC"))
    status = run_status(busy_snapshot(symbols=views))
    board = lines(status, 120, 50)
    told = [each for each in board if "engulfing" in each]
    assert len(told) == 2
    assert "SELL engulfing 1h, fails at 61,700, 20 s ago" in told[0]
    for height in range(10, 50):
        short = lines(status, 120, height)
        assert len(short) < height
        if any("engulfing" in each for each in short):
            assert sum("trending up" in each for each in short) == 2


def test_a_terminal_of_plain_letters_has_no_arrows() -> None:
    text = "".join(each.text for each in segments(run_status(busy_snapshot()), 120, 40, "ascii"))
    assert text.isascii()
    assert "^ 61" in text


def test_who_leads_whom_is_shown_with_what_it_tells() -> None:
    told = "\n".join(lines(run_status(busy_snapshot()), 200, 60))
    assert "BTCUSDC leads ETHUSDC by 2 s (+0.31, chance 0.11, 840 s; 0.021 bits a move)" in told
    unheard = replace(lead_view(), heard=False)
    told = "\n".join(lines(run_status(busy_snapshot(leads=(unheard,))), 200, 60))
    assert "tells no direction: not heard" in told
