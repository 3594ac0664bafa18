"""What goes out in one frame, when, and in which order."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.adapters.mexc.wire import Channel, Topic
from trading_agent.domain.units import MILLISECOND, SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.aggregation import Aggregation, Batch
from trading_agent.embedded_exchange.candle_history import Candle, CandleHistory
from trading_agent.embedded_exchange.source import (
    BestQuoted,
    DepthChanged,
    Level,
    MarketEvent,
    Printed,
)
from trading_agent.embedded_exchange.tempo import Tempo

START = 1_800_000_000 * SECOND
PAIR = "BTCUSDC"
PACED = (Topic.AGGRE_DEALS, Topic.AGGRE_DEPTH, Topic.AGGRE_BOOK_TICKER)


def at(ms: float) -> Nanos:
    return Nanos(START + round(ms * MILLISECOND))


def level(price: int, size: int) -> Level:
    return Ticks(price), Lots(size)


def depth(
    ms: float, first: int, last: int, bids: Sequence[Level] = (), asks: Sequence[Level] = ()
) -> DepthChanged:
    return DepthChanged(PAIR, at(ms), first, last, tuple(bids), tuple(asks))


def quote(ms: float, version: int) -> BestQuoted:
    return BestQuoted(PAIR, at(ms), version, level(100, version), level(101, 1))


def printed(ms: float, price: int = 100) -> Printed:
    return Printed(PAIR, at(ms), Ticks(price), Lots(1), True)


class Heard:
    """An aggregation with listeners, and all it made."""

    def __init__(
        self,
        paces: Sequence[str] = ("100ms",),
        topics: Sequence[Topic] = PACED,
        tempo: Tempo = Tempo(),  # noqa: B008 - frozen
    ) -> None:
        self.candles = CandleHistory()
        self.aggregation = Aggregation()
        self.aggregation.add_pair(PAIR, tempo, self.candles)
        for pace in paces:
            for topic in topics:
                self.aggregation.listen(Channel(topic, PAIR, pace))

    def hear(self, events: Sequence[MarketEvent], until: float) -> list[Batch]:
        batches: list[Batch] = []
        for event in events:
            batches += self.aggregation.add(event)
            if isinstance(event, Printed):
                self.candles.add(event)
        return [*batches, *self.aggregation.close(at(until))]


def told(batches: Sequence[Batch]) -> list[tuple[str, float]]:
    """Topic and closing time in milliseconds since the start."""
    return [(batch.channel.topic.name, (batch.at - START) / MILLISECOND) for batch in batches]


def test_changes_of_one_window_are_one_frame_with_the_last_sizes() -> None:
    batches = Heard().hear(
        [
            depth(1, 1, 4, [level(100, 5), level(99, 2)], [level(103, 1)]),
            depth(60, 5, 9, [level(100, 0), level(98, 7)], [level(102, 3)]),
        ],
        100,
    )
    (batch,) = batches
    assert batch.at == at(100)
    assert batch.content == DepthChanged(
        PAIR,
        at(60),
        1,
        9,
        (level(100, 0), level(99, 2), level(98, 7)),
        (level(102, 3), level(103, 1)),
    )


def test_a_window_closes_on_multiples_of_its_pace_and_holds_its_end() -> None:
    events = [depth(99, 1, 1), depth(100, 2, 2), depth(100.001, 3, 3)]
    batches = Heard().hear(events, 200)
    versions = [
        (batch.content.first_version, batch.content.last_version)
        for batch in batches
        if isinstance(batch.content, DepthChanged)
    ]
    assert versions == [(1, 2), (3, 3)]
    assert [batch.at for batch in batches] == [at(100), at(200)]


def test_nothing_is_sent_before_its_window_is_over() -> None:
    heard = Heard()
    assert heard.hear([depth(10, 1, 1), quote(11, 1)], 99.9) == []
    assert heard.aggregation.next_due == at(100)
    assert len(heard.hear([], 100)) == 2
    assert heard.aggregation.next_due is None


def test_all_trades_of_a_window_are_one_frame_oldest_first() -> None:
    events = [printed(1, 100), printed(50, 101), printed(99, 102)]
    (batch,) = Heard().hear(events, 100)
    assert batch.content == tuple(events)


def test_a_frame_of_depth_comes_between_the_quote_it_holds_and_the_newer_one() -> None:
    events = [
        quote(1, 3),
        quote(5, 6),
        depth(10, 1, 6),
        quote(20, 8),
        depth(30, 7, 9),
        printed(40),
        quote(50, 12),
    ]
    batches = Heard().hear(events, 100)
    assert told(batches) == [
        ("AGGRE_DEALS", 100),
        ("AGGRE_BOOK_TICKER", 100),
        ("AGGRE_DEPTH", 100),
        ("AGGRE_BOOK_TICKER", 100),
    ]
    quotes = [b.content.version for b in batches if isinstance(b.content, BestQuoted)]
    assert quotes == [8, 12]


def test_a_quote_told_after_the_depth_of_its_own_version_comes_before_it() -> None:
    batches = Heard().hear([depth(10, 1, 6), quote(10, 6)], 100)
    assert [type(batch.content) for batch in batches] == [BestQuoted, DepthChanged]


def test_both_paces_hear_the_same_market() -> None:
    heard = Heard(paces=("10ms", "100ms"), topics=(Topic.AGGRE_DEPTH,))
    batches = heard.hear([depth(5, 1, 2), depth(15, 3, 4), depth(95, 5, 6)], 100)
    ends = [(batch.channel.argument, batch.at) for batch in batches]
    assert ends == [("10ms", at(10)), ("10ms", at(20)), ("10ms", at(100)), ("100ms", at(100))]
    assert heard.aggregation.is_fine


def test_depth_that_comes_paced_is_passed_on_at_once_and_one_by_one() -> None:
    heard = Heard(tempo=Tempo(1.0, depth_is_paced=True))
    events = [quote(1, 2), depth(2, 1, 2), depth(3, 3, 4), quote(4, 7)]
    batches = [batch for event in events for batch in heard.aggregation.add(event)]
    assert told(batches) == [("AGGRE_BOOK_TICKER", 2), ("AGGRE_DEPTH", 2), ("AGGRE_DEPTH", 3)]
    assert told(heard.aggregation.close(at(100))) == [("AGGRE_BOOK_TICKER", 100)]


def test_a_market_played_ten_times_as_fast_has_windows_ten_times_as_short() -> None:
    heard = Heard(topics=(Topic.AGGRE_DEALS,), tempo=Tempo(10.0))
    assert told(heard.hear([printed(1), printed(9), printed(11)], 20)) == [
        ("AGGRE_DEALS", 10),
        ("AGGRE_DEALS", 20),
    ]


def test_an_open_candle_is_sent_once_a_second_while_it_changes() -> None:
    heard = Heard(paces=("Min1",), topics=(Topic.KLINE,))
    events = [printed(100, 100), printed(900, 105), printed(3_500, 95)]
    batches = heard.hear(events, 9_000)
    assert [batch.at for batch in batches] == [at(1_000), at(4_000)]
    closes = [batch.content.close for batch in batches if isinstance(batch.content, Candle)]
    assert closes == [105, 95]


def test_only_what_is_listened_to_is_made() -> None:
    heard = Heard(topics=(Topic.AGGRE_DEALS,))
    assert told(heard.hear([quote(1, 1), depth(2, 1, 1), printed(3)], 100)) == [
        ("AGGRE_DEALS", 100)
    ]
    heard.aggregation.forget(Channel(Topic.AGGRE_DEALS, PAIR, "100ms"))
    assert heard.hear([printed(103)], 200) == []


@pytest.mark.parametrize(
    ("channel", "offered"),
    [
        (Channel(Topic.AGGRE_DEPTH, PAIR, "10ms"), True),
        (Channel(Topic.KLINE, PAIR, "Week1"), True),
        (Channel(Topic.KLINE, PAIR, "Min2"), False),
        (Channel(Topic.AGGRE_DEPTH, "ETHUSDC", "10ms"), False),
        (Channel(Topic.LIMIT_DEPTH, PAIR, "20"), False),
        (Channel(Topic.PRIVATE_ORDERS), False),
    ],
)
def test_what_can_be_listened_to(channel: Channel, offered: bool) -> None:
    assert Heard().aggregation.offers(channel) is offered


def market(steps: Sequence[tuple[int, str]]) -> list[MarketEvent]:
    """Depth and quotes in the order of versions, at growing times."""
    events: list[MarketEvent] = []
    version, now = 0, 0
    for gap, kind in steps:
        now += gap
        if kind == "depth":
            events.append(depth(now, version + 1, version + 3, [level(100 + gap, gap)]))
            version += 3
        else:
            events.append(quote(now, version + 1))
    return events


@given(
    steps=st.lists(st.tuples(st.integers(0, 70), st.sampled_from(["depth", "quote"])), max_size=60),
    pace=st.sampled_from(["10ms", "100ms"]),
    paced=st.booleans(),
)
def test_no_version_is_lost_and_quotes_stand_right_around_every_depth_frame(
    steps: list[tuple[int, str]], pace: str, paced: bool
) -> None:
    events = market(steps)
    batches = Heard(paces=(pace,), tempo=Tempo(1.0, paced)).hear(events, 10_000)
    quoted = [event.version for event in events if isinstance(event, BestQuoted)]
    expected, newest = 1, 0
    for content in (batch.content for batch in batches):
        if isinstance(content, BestQuoted):
            assert content.version >= newest
            newest = content.version
        elif isinstance(content, DepthChanged):
            assert content.first_version == expected
            expected = content.last_version + 1
            assert newest <= content.last_version
            held = [version for version in quoted if version <= content.last_version]
            assert newest == max(held, default=0)
    changes = [event for event in events if isinstance(event, DepthChanged)]
    assert expected == (changes[-1].last_version + 1 if changes else 1)
