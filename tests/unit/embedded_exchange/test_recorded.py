"""A recording as a market: times, versions, the order of quotes, the book behind it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_recordings import (
    MS,
    diff,
    line,
    quote,
    snapshot,
    trade,
    usual_lines,
    write_document,
    write_lines,
)
from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.domain.units import Nanos
from trading_agent.embedded_exchange.recorded import RecordedMarket, split_symbol
from trading_agent.embedded_exchange.source import (
    BestQuoted,
    DepthChanged,
    MarketEvent,
    Printed,
)
from trading_agent.embedded_exchange.tempo import AS_FAST_AS_TAKEN, read_speed, tempo_of

NOW = Nanos(1_800_000_000_000_000_000)
END = Nanos(2**62)


def market(*paths: Path, speed: float = 1.0) -> RecordedMarket:
    return RecordedMarket(paths, "BTCUSDC", start_at=NOW, speed=speed)


def usual(folder: Path, speed: float = 1.0) -> RecordedMarket:
    return market(write_lines(folder / "usual.gz", usual_lines()), speed=speed)


def versions(events: Sequence[MarketEvent]) -> list[tuple[int, int]]:
    return [
        (event.first_version, event.last_version)
        for event in events
        if isinstance(event, DepthChanged)
    ]


def test_the_pair_is_the_named_one_with_the_recordings_decimals(tmp_path: Path) -> None:
    (pair,) = usual(tmp_path).instruments()
    assert (pair.symbol, pair.base, pair.quote) == ("BTCUSDC", "BTC", "USDC")
    assert (pair.price_decimals, pair.size_decimals) == (1, 1)
    assert pair.zero_fee
    assert pair.tradable


def test_rows_are_stamped_to_the_start_with_their_own_intervals(tmp_path: Path) -> None:
    played = usual(tmp_path)
    assert played.next_at() == NOW
    events = played.advance(Nanos(NOW + 100 * MS))
    assert [type(event) for event in events] == [DepthChanged, BestQuoted, DepthChanged]
    assert [event.at - NOW for event in events] == [0, 40 * MS, 100 * MS]
    assert {event.symbol for event in events} == {"BTCUSDC"}


def test_recorded_versions_are_kept(tmp_path: Path) -> None:
    assert versions(usual(tmp_path).advance(END)) == [(1, 10), (11, 16), (17, 20), (21, 24)]


def test_the_book_is_unknown_until_its_snapshot_and_then_holds_the_diffs_before_it(
    tmp_path: Path,
) -> None:
    played = usual(tmp_path)
    played.advance(Nanos(NOW + 110 * MS))
    assert played.image("BTCUSDC", 10) is None
    played.advance(Nanos(NOW + 130 * MS))
    image = played.image("BTCUSDC", 10)
    assert image is not None
    assert image.version == 16
    assert image.bids == ((1001, 25), (1000, 10))
    assert image.asks == ((1002, 15), (1003, 40))
    assert played.image("ETHUSDC", 10) is None


def test_the_book_follows_and_is_cut_to_the_levels_asked_for(tmp_path: Path) -> None:
    played = usual(tmp_path)
    played.advance(END)
    image = played.image("BTCUSDC", 1)
    assert image is not None
    assert (image.version, image.bids, image.asks) == (24, ((1001, 5),), ((1002, 10),))
    assert played.next_at() is None
    assert played.advance(END) == []


def test_a_quote_comes_after_the_depth_it_is_newer_than(tmp_path: Path) -> None:
    events = usual(tmp_path).advance(END)
    order = [
        (event.version, "quote") if isinstance(event, BestQuoted) else (event.last_version, "book")
        for event in events
        if not isinstance(event, Printed)
    ]
    assert order == [
        (10, "book"),
        (12, "quote"),
        (16, "book"),
        (18, "quote"),
        (20, "book"),
        (21, "quote"),
        (24, "book"),
    ]
    times = [event.at for event in events]
    assert times == sorted(times)


def test_a_quote_recorded_after_its_depth_comes_before_it(tmp_path: Path) -> None:
    lines = [
        line(0, snapshot(0, [("1.0", "1.0")], [("2.0", "1.0")])),
        line(100, diff(1, 5)),
        line(110, quote(4, ("1.0", "1.0"), ("2.0", "1.0"))),
        line(111, trade("2.0", "1.0")),
        line(200, diff(6, 9)),
    ]
    events = market(write_lines(tmp_path / "late.log", lines)).advance(END)
    assert [type(event) for event in events] == [BestQuoted, DepthChanged, Printed, DepthChanged]
    assert [event.at - NOW for event in events] == [110 * MS, 110 * MS, 111 * MS, 200 * MS]


@pytest.mark.parametrize(("speed", "factor"), [(10.0, 0.1), (0.5, 2.0), (AS_FAST_AS_TAKEN, 1.0)])
def test_speed_divides_the_intervals_and_as_fast_as_taken_keeps_them(
    tmp_path: Path, speed: float, factor: float
) -> None:
    played = usual(tmp_path, speed)
    assert [event.at - NOW for event in played.advance(END)][-1] == 300 * MS * factor
    assert tempo_of(played).hurries is (speed == AS_FAST_AS_TAKEN)


def test_a_recording_can_be_begun_later_but_not_in_the_middle(tmp_path: Path) -> None:
    played = usual(tmp_path)
    assert played.next_at() == NOW
    played.begin(Nanos(NOW + 5_000 * MS))
    assert played.advance(Nanos(NOW + 4_999 * MS)) == []
    assert played.next_at() == NOW + 5_000 * MS
    assert len(played.advance(Nanos(NOW + 5_000 * MS))) == 1
    played.begin(Nanos(NOW + 9_000 * MS))
    assert len(played.advance(Nanos(NOW + 5_040 * MS))) == 1


def test_best_quotes_come_from_the_own_book_when_none_were_recorded(tmp_path: Path) -> None:
    lines = [text for text in usual_lines() if '"u":' not in text or '"U":' in text]
    events = market(write_lines(tmp_path / "a.log", lines)).advance(END)
    kinds = [type(event).__name__ for event in events]
    assert kinds == [
        *("DepthChanged", "DepthChanged", "Printed"),
        *("BestQuoted", "DepthChanged", "Printed", "BestQuoted", "DepthChanged"),
    ]
    quotes = [event for event in events if isinstance(event, BestQuoted)]
    assert [(q.version, q.bid, q.ask) for q in quotes] == [
        (20, (1001, 25), (1002, 10)),
        (24, (1001, 5), (1002, 10)),
    ]


def test_an_unchanged_best_is_not_quoted_again(tmp_path: Path) -> None:
    lines = [
        line(0, snapshot(0, [("1.0", "1.0")], [("2.0", "1.0")])),
        line(100, diff(1, 1, [("0.5", "1.0")])),
        line(200, diff(2, 2, [("0.4", "1.0")])),
    ]
    events = market(write_lines(tmp_path / "a.log", lines)).advance(END)
    assert [type(event) for event in events] == [BestQuoted, DepthChanged, DepthChanged]


def test_several_files_are_one_market_in_the_order_of_time(tmp_path: Path) -> None:
    later = write_lines(tmp_path / "a_later.gz", usual_lines(1_000)[5:])
    earlier = write_lines(tmp_path / "z_earlier.gz", usual_lines(1_000)[:6])
    played = market(later, earlier)
    events = played.advance(END)
    assert versions(events) == [(1, 10), (11, 16), (17, 20), (21, 24)]
    assert events[0].at == NOW
    image = played.image("BTCUSDC", 5)
    assert image is not None
    assert image.version == 24


def test_a_message_recorded_in_two_files_is_played_once(tmp_path: Path) -> None:
    first = write_lines(tmp_path / "a.gz", usual_lines()[:8])
    second = write_lines(tmp_path / "b.gz", usual_lines()[7:])
    assert versions(market(first, second).advance(END)) == [(1, 10), (11, 16), (17, 20), (21, 24)]


def test_lists_and_a_lone_snapshot_are_one_market(tmp_path: Path) -> None:
    updates = [
        diff(1, 4, [("0.028", "1.000")], at_ms=0),
        diff(5, 8, [("0.029", "2.000")], at_ms=1_000),
    ]
    write_document(tmp_path / "x_update.json.gz", updates)
    write_document(tmp_path / "x_trades.json.gz", [trade("0.030", "1.000", at_ms=700)])
    write_document(
        tmp_path / "x_snapshot.json.gz", snapshot(6, [("0.028", "3.000")], [("0.030", "1.005")])
    )
    played = market(tmp_path)
    (pair,) = played.instruments()
    assert (pair.price_decimals, pair.size_decimals) == (3, 3)
    events = played.advance(Nanos(NOW + 700 * MS))
    assert [type(event) for event in events] == [DepthChanged, Printed]
    first = played.image("BTCUSDC", 5)
    assert first is not None
    assert (first.version, first.bids) == (6, ((28, 3000),))
    played.advance(END)
    second = played.image("BTCUSDC", 5)
    assert second is not None
    assert (second.version, second.bids[0]) == (8, (29, 2000))


def holed(folder: Path, *more: str) -> RecordedMarket:
    lines = [
        line(0, snapshot(0, [("1.0", "1.0")], [("2.0", "1.0")])),
        line(100, diff(1, 5, [("0.5", "1.0")])),
        line(200, diff(9, 9, [("3.0", "1.0")], [("4.0", "1.0")])),
        *more,
    ]
    return market(write_lines(folder / "holed.log", lines))


def test_after_a_hole_the_book_is_mended_from_what_follows(tmp_path: Path) -> None:
    played = holed(tmp_path)
    assert versions(played.advance(END)) == [(1, 5), (9, 9)]
    image = played.image("BTCUSDC", 9)
    assert image is not None
    assert (image.version, image.bids[0], image.asks) == (9, (30, 1), ((40, 1),))


def test_after_a_hole_the_book_waits_for_a_snapshot_that_is_yet_to_come(tmp_path: Path) -> None:
    whole = line(300, snapshot(8, [("2.5", "1.0")], [("5.0", "1.0")]))
    played = holed(tmp_path, whole, line(400, diff(10, 10, [("2.6", "1.0")])))
    played.advance(Nanos(NOW + 250 * MS))
    assert played.image("BTCUSDC", 9) is None
    played.advance(END)
    image = played.image("BTCUSDC", 9)
    assert image is not None
    assert image.bids == ((30, 1), (26, 1), (25, 1))
    assert image.asks == ((40, 1), (50, 1))


def test_what_was_read_before_damage_is_played_before_the_error(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "cut.log", [*usual_lines(), "cut off"])
    played = market(path)
    assert len(played.advance(END)) == 9
    assert played.next_at() is not None
    with pytest.raises(FeedError, match=r"cut\.log, line 11"):
        played.advance(END)


def test_a_pair_that_cannot_be_split_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.gz", usual_lines())
    with pytest.raises(ConfigError, match="'USDC' does not end in a quote asset"):
        RecordedMarket([path], "USDC", start_at=NOW).instruments()
    assert split_symbol("ETHBTC") == ("ETH", "BTC")
    assert split_symbol("WBTCUSDC") == ("WBTC", "USDC")


def test_speeds_are_read_as_people_write_them() -> None:
    assert read_speed("max") == AS_FAST_AS_TAKEN
    assert read_speed(" 2.5 ") == 2.5
    for text in ("fast", "0", "-1", "1e9", "nan"):
        with pytest.raises(ConfigError, match="speed"):
            read_speed(text)


@given(cuts=st.lists(st.integers(0, 320), max_size=12))
def test_events_do_not_depend_on_how_advancing_is_cut(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "cuts"
    folder.mkdir(exist_ok=True)
    whole = usual(folder).advance(END)
    pieces = usual(folder)
    events: list[MarketEvent] = []
    for cut in sorted(cuts):
        events += pieces.advance(Nanos(NOW + cut * MS))
    events += pieces.advance(END)
    assert events == list(whole)
